//! What lies under the cursor, as numbers and as a sentence.

use crate::dsp::picture::pitch::nearest_note;
use crate::dsp::picture::{Part, PictureSettings, Transform};
use crate::state::AppState;

use super::views::{Side, View};
use super::{Cursor, Mode};

/// The numbers of one place.
#[derive(Clone, Debug, PartialEq)]
pub struct ReadOut {
    /// The time, as it is written.
    pub time: String,
    /// The frequency, as it is written.
    pub frequency: String,
    /// The nearest note and the distance from it.
    pub note: String,
    /// What each picture says there: its name and its level.
    pub levels: Vec<(String, String)>,
}

impl ReadOut {
    /// One line, for the clipboard and for screen readers.
    pub fn text(&self) -> String {
        let mut text = format!("{}, {}, {}", self.time, self.frequency, self.note);
        for (name, level) in &self.levels {
            text.push_str(&format!(", {name} {level}"));
        }
        text
    }
}

impl AppState {
    /// What lies under the cursor.
    pub fn read_out(&self) -> Option<ReadOut> {
        let Cursor { secs, hz, .. } = self.inspect.cursor?;
        let views = self.inspect_views();
        let levels = views.iter().map(|view| (name(view, &views), self.level_text(view, secs, hz))).collect();
        let time = match self.inspect.mode {
            Mode::Whole => time_text(secs, self.inspect_span().len()),
            Mode::Live => {
                let now = self.inspect.frozen_secs.or_else(|| self.inspect.live.now_secs()).unwrap_or(secs);
                format!("{:.2} s ago", (now - secs).max(0.0))
            }
        };
        Some(ReadOut { time, frequency: hz_text(hz), note: note_text(hz), levels })
    }

    fn level_text(&self, view: &View, secs: f64, hz: f32) -> String {
        let level = self.picture_level(view, secs, hz);
        level.map_or_else(|| "–".to_owned(), |level| level_text(&view.settings, level))
    }
}

fn name(view: &View, all: &[View]) -> String {
    let compared = all.iter().any(|other| other.side == Side::B);
    let side = match (view.side, compared) {
        (_, false) => "",
        (Side::A, true) => " A",
        (Side::B, true) => " B",
    };
    format!("{}{side}{}", view.kind.name().to_lowercase(), view.lane_name())
}

/// Whether a picture shows angles instead of levels.
pub fn shows_phase(settings: &PictureSettings) -> bool {
    matches!(settings.spec.transform, Transform::Scalogram(scalogram) if scalogram.part == Part::Phase)
}

/// A level as it is written: dB, or degrees for a phase.
pub fn level_text(settings: &PictureSettings, level: i16) -> String {
    let value = f32::from(level) / 100.0;
    let sign = if value < -0.05 { "−" } else { "" };
    if shows_phase(settings) { format!("{sign}{:.0}°", value.abs()) } else { format!("{sign}{:.1} dB", value.abs()) }
}

/// A frequency as it is written.
pub fn hz_text(hz: f32) -> String {
    if hz < 1_000.0 { format!("{hz:.1} Hz") } else { format!("{:.3} kHz", hz / 1_000.0) }
}

/// The nearest note and the distance from it, as they are written.
pub fn note_text(hz: f32) -> String {
    let Some((note, cents)) = nearest_note(hz) else { return "–".to_owned() };
    format!("{note} {}{} ct", if cents < 0 { '−' } else { '+' }, cents.abs())
}

/// A time within a song, as exact as a view of that length can show it.
pub fn time_text(secs: f64, span_secs: f64) -> String {
    let secs = secs.max(0.0);
    let digits = if span_secs < 2.0 {
        4
    } else if span_secs < 60.0 {
        3
    } else {
        2
    };
    let scale = 10_f64.powi(digits);
    let rounded = (secs * scale).round() / scale;
    let fraction = format!("{:.*}", digits as usize, rounded.fract());
    format!("{}{}", crate::base::time::clock_text(rounded), fraction.trim_start_matches('0'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_as_exact_as_the_view() {
        assert_eq!(time_text(83.4, 240.0), "1:23.40");
        assert_eq!(time_text(83.4567, 30.0), "1:23.457");
        assert_eq!(time_text(59.9999, 240.0), "1:00.00");
        assert_eq!(time_text(0.01234, 0.5), "0:00.0123");
        assert_eq!(level_text(&PictureSettings::spectrogram(), -2304), "−23.0 dB");
        assert_eq!(hz_text(12_345.0), "12.345 kHz");
        assert_eq!(
            (note_text(445.0), note_text(435.0), note_text(-1.0)),
            ("A4 +20 ct".into(), "A4 −20 ct".into(), "–".into())
        );
    }
}
