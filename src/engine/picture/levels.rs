//! The levels of a stretch of a song, from streamed sound.

use std::path::{Path, PathBuf};

use crate::audio::{AudioError, AudioReader};
use crate::base::{CancelToken, Channel};
use crate::dsp::picture::{Analyzer, Columns, Rows, Sound};
use crate::engine::tiles::sound::SoundStore;
use crate::engine::tiles::{levels_of, reach};

use super::{PictureError, PictureRequest};

/// Decoded sound that is kept: a stretch and what lies around it.
const SOUND_BYTES: usize = 16 << 20;
/// Sound that is made into columns at a time, seconds.
const GROUP_SECS: f64 = 8.0;

/// A song whose sound is read piece by piece.
pub(super) struct Song {
    pub path: PathBuf,
    pub rate_hz: u32,
    pub duration_secs: f64,
    store: SoundStore,
    cancel: CancelToken,
}

impl Song {
    pub fn open(path: &Path, cancel: &CancelToken) -> Result<Self, AudioError> {
        let reader = AudioReader::open_with(path, cancel)?;
        let rate_hz = reader.spec().sample_rate_hz;
        // What some containers say of their length is an estimate, or true of their first stream only.
        let trusted = !matches!(reader.spec().container.as_str(), "mp3" | "mp2" | "mp1" | "aac" | "ogg");
        let duration_secs = match reader.spec().duration_secs.filter(|_| trusted) {
            Some(secs) => secs,
            None => reader.measure()?,
        };
        let store = SoundStore::new(SOUND_BYTES, cancel.clone());
        Ok(Self { path: path.to_path_buf(), rate_hz, duration_secs, store, cancel: cancel.clone() })
    }

    /// Cuts the request to what there is.
    pub fn cut(&self, request: &mut PictureRequest) -> Result<(), PictureError> {
        let nothing = |what: String| Err(PictureError::Nothing { path: self.path.clone(), what });
        request.from_secs = if request.from_secs.is_finite() { request.from_secs.max(0.0) } else { 0.0 };
        request.to_secs = request.to_secs.min(self.duration_secs);
        if request.from_secs >= request.to_secs || request.to_secs.is_nan() {
            return nothing(format!("it lasts {:.2} seconds", self.duration_secs));
        }
        if request.low_hz >= self.nyquist_hz() || request.low_hz >= request.high_hz {
            return nothing(format!("it has frequencies up to {} Hz", self.nyquist_hz()));
        }
        Ok(())
    }

    pub fn nyquist_hz(&self) -> f32 {
        self.rate_hz as f32 / 2.0
    }

    /// The sound of one signal that columns depend on, and the place of its first sample.
    pub fn sound(&self, channel: Channel, columns: Columns, reach_secs: f64) -> Result<(Vec<f32>, i64), AudioError> {
        if self.cancel.is_cancelled() {
            return Err(AudioError::Cancelled { path: self.path.clone() });
        }
        let (first, len) = reach(columns, reach_secs, self.rate_hz);
        Ok((self.store.span(&self.path, ([0; 16], channel), first, len)?.samples, first))
    }

    /// All levels of a grid for the signal that the request's spec names, column by column.
    pub fn levels(
        &self,
        request: &PictureRequest,
        columns: Columns,
        rows: Rows,
        progress: &mut dyn FnMut(f64, f64),
    ) -> Result<Vec<i16>, AudioError> {
        let mut analyzer = Analyzer::new(&request.settings.spec.transform, self.rate_hz);
        let reach_secs = analyzer.reach_secs(rows.edge_hz(0.0));
        let group = ((GROUP_SECS / columns.step_secs) as usize).clamp(1, 256);
        let mut levels = Vec::with_capacity(columns.count * rows.count);
        for first_column in (0..columns.count).step_by(group) {
            let part = Columns {
                start_secs: columns.start_secs + first_column as f64 * columns.step_secs,
                step_secs: columns.step_secs,
                count: group.min(columns.count - first_column),
            };
            let (samples, first) = self.sound(request.settings.spec.channel, part, reach_secs)?;
            let sound = Sound { samples: &samples, first };
            levels.extend(levels_of(&mut analyzer, sound, part, rows, part.count));
            progress(first_column as f64 * columns.step_secs, columns.count as f64 * columns.step_secs);
        }
        Ok(levels)
    }
}
