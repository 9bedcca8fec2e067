//! The spectrum of one moment, and the highest levels it ever had.

use crate::dsp::picture::PictureSpec;
use crate::engine::tiles::NO_LEVEL;
use crate::state::AppState;

use super::Mode;
use super::views::View;

/// Points of a curve over its whole axis.
pub const POINTS: usize = 512;

/// The highest levels of a picture's curve since it was begun.
#[derive(Clone, Debug, Default)]
pub struct Peaks {
    of: Option<PictureSpec>,
    /// Hundredths; empty when nothing was held yet.
    pub levels: Vec<i16>,
}

impl Peaks {
    /// Forgets all.
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    /// Holds what is higher than before.
    pub fn hold(&mut self, spec: &PictureSpec, levels: &[i16]) {
        if self.of != Some(*spec) || self.levels.len() != levels.len() {
            self.of = Some(*spec);
            self.levels = levels.to_vec();
            return;
        }
        for (held, level) in self.levels.iter_mut().zip(levels) {
            *held = (*held).max(*level);
        }
    }
}

impl AppState {
    /// The moment of the curve: the cursor's, else the playhead's, else the newest or the middle of the view.
    pub fn curve_secs(&self) -> f64 {
        let span = self.inspect_span();
        let live =
            || (self.inspect.mode == Mode::Live).then_some(span.to - 1.5 / crate::engine::tiles::LIVE_COLUMNS_PER_SEC);
        let cursor = self.inspect.cursor.map(|cursor| cursor.secs);
        cursor.or_else(|| self.inspect_playhead()).or_else(live).unwrap_or(span.centre())
    }

    /// The levels of a moment at [`POINTS`] places of the axis, hundredths; [`NO_LEVEL`] where nothing is known.
    pub fn curve(&self, view: &View, secs: f64) -> Vec<i16> {
        let axis = view.settings.spec.axis;
        (0..POINTS)
            .map(|point| {
                let hz = axis.hz((point as f32 + 0.5) / POINTS as f32);
                self.picture_level(view, secs, hz).unwrap_or(NO_LEVEL)
            })
            .collect()
    }

    pub(super) fn hold_peaks(&mut self) {
        if !(self.inspect.curve && self.inspect.peak_hold) {
            return;
        }
        let secs = self.curve_secs();
        for (index, kind) in super::Kind::ALL.into_iter().enumerate() {
            let views = self.inspect_views();
            let Some(view) = views.iter().find(|view| view.kind == kind) else { continue };
            let levels = self.curve(view, secs);
            self.inspect.peaks[index].hold(&view.settings.spec, &levels);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::dsp::picture::PictureSettings;

    use super::*;

    #[test]
    fn the_highest_stays_until_the_picture_changes() {
        let spec = PictureSettings::spectrogram().spec;
        let mut peaks = Peaks::default();
        peaks.hold(&spec, &[-100, -900]);
        peaks.hold(&spec, &[-500, -200]);
        assert_eq!(peaks.levels, [-100, -200]);
        peaks.hold(&PictureSettings::scalogram().spec, &[-700, -800]);
        assert_eq!(peaks.levels, [-700, -800]);
        peaks.clear();
        assert!(peaks.levels.is_empty());
    }
}
