//! The live spectrogram: what is heard, as columns of log-spaced frequency bands.

/// Bands of a live column.
pub const LIVE_BANDS: usize = 160;

/// One column of the live spectrogram.
#[derive(Clone, Debug, PartialEq)]
pub struct LiveColumn {
    /// Level of each band in dB full scale (a full-scale sine is 0 dB), lowest frequency first;
    /// bands are spaced logarithmically from [`LIVE_LOW_HZ`] to [`LIVE_HIGH_HZ`].
    pub levels_db: Vec<f32>,
}

/// Centre of the lowest band.
pub const LIVE_LOW_HZ: f32 = 40.0;
/// Centre of the highest band.
pub const LIVE_HIGH_HZ: f32 = 16_000.0;
