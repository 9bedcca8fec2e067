//! The grid of levels under the spectrogram pictures of GTZAN's Kaggle distribution.
//!
//! Those were drawn with librosa: a mel spectrogram with its default settings (22,050 Hz, FFT 2048, hop 512, centred periodic
//! Hann window, power, 128 Slaney bands), `amplitude_to_db` of it, plotted into 336 x 218 pixels. As that function expects
//! amplitudes but was given powers, its 80 dB are 40 dB of the sound: the level is `1 + 2 P / 80`, `P` in dB below the
//! loudest value. A column of pixels shows one frame, the last that touches it.

use std::sync::LazyLock;

use crate::dsp::mel::MelBank;
use crate::dsp::stft::{Framing, Stft};
use crate::dsp::window::hann_periodic;
use crate::ml::features::Features;
use crate::ml::networks::input::MEL_RATE_HZ;

/// Sample rate, Hz.
pub const RATE_HZ: u32 = MEL_RATE_HZ;
/// Bands of a column.
pub const BANDS: usize = 128;
/// Columns of a clip of 30 s.
pub const COLUMNS: usize = 336;
/// Pixels that the frames of a clip are spread over: the plot's box is 334.8 pixels wide.
const BOX_COLUMNS: f64 = 334.8;
/// Samples between frames.
pub(in crate::ml) const HOP: usize = 512;
const FFT: usize = 2048;
/// From the faintest level (0) to the loudest (1), dB of power.
pub(in crate::ml) const RANGE_DB: f32 = 40.0;

/// Levels 0..1 over time (rows) and frequency, the lowest first.
#[derive(Clone, Debug, PartialEq)]
pub struct Grid {
    /// Steps of time.
    pub columns: usize,
    /// Levels of a column.
    pub bands: usize,
    /// `[columns, bands]`.
    pub levels: Vec<f32>,
}

static PLAN: LazyLock<(Stft, MelBank)> = LazyLock::new(|| {
    let rate = f64::from(RATE_HZ);
    let stft = Stft::new(FFT, hann_periodic(FFT), HOP, Framing::Centred);
    (stft, MelBank::slaney(rate, FFT, BANDS, 0.0, rate / 2.0))
});

impl Grid {
    /// Of samples at [`RATE_HZ`]. A clip within a second of 30 s gets the 336 columns of the pictures, another as many a second.
    pub fn of_sound(samples: &[f32]) -> Self {
        let (stft, bank) = &*PLAN;
        let power = bank.spectrogram(stft, samples, |p| p, |mel| mel);
        let frames = power.len() / BANDS;
        let columns = columns(samples.len());
        // The loudest of all frames, shown or not.
        let loudest = power.iter().copied().fold(0.0f32, f32::max);
        let mut levels = Vec::with_capacity(columns * BANDS);
        for column in 0..columns {
            let frame = frame_of(column, columns, frames);
            levels.extend(power[frame * BANDS..(frame + 1) * BANDS].iter().map(|p| level(*p, loudest)));
        }
        Self { columns, bands: BANDS, levels }
    }

    /// Means over neighbouring bands and columns: `bands` bands and one column for every `columns`; what is left over at the
    /// end is left out.
    #[must_use]
    pub fn pooled(&self, bands: usize, columns: usize) -> Self {
        let (high, wide) = ((self.bands / bands.max(1)).max(1), columns.max(1));
        let count = self.columns / wide;
        let mut levels = vec![0.0; count * bands];
        for (column, row) in self.levels.chunks_exact(self.bands).take(count * wide).enumerate() {
            for (band, group) in row.chunks_exact(high).take(bands).enumerate() {
                levels[column / wide * bands + band] += group.iter().sum::<f32>() / (high * wide) as f32;
            }
        }
        Self { columns: count, bands, levels }
    }

    /// For networks.
    pub fn features(&self) -> Features {
        Features::from_f32(&[self.columns, self.bands], &self.levels)
    }
}

/// Columns for a number of samples.
fn columns(samples: usize) -> usize {
    let clip = 30 * RATE_HZ as usize;
    if samples.abs_diff(clip) <= RATE_HZ as usize {
        return COLUMNS;
    }
    (samples as f64 * COLUMNS as f64 / clip as f64).round().max(1.0) as usize
}

/// The frame that a column shows.
pub(in crate::ml) fn frame_of(column: usize, columns: usize, frames: usize) -> usize {
    let width = columns as f64 * BOX_COLUMNS / COLUMNS as f64;
    (((column + 1) as f64 * frames as f64 / width) as usize).min(frames.saturating_sub(1))
}

/// Silence has level 0 throughout.
fn level(power: f32, loudest: f32) -> f32 {
    if power <= 0.0 || loudest <= 0.0 {
        return 0.0;
    }
    (1.0 + 10.0 / RANGE_DB * (power / loudest).log10()).clamp(0.0, 1.0)
}
