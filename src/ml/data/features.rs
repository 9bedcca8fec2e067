//! What a network sees of a clip.

use serde::{Deserialize, Serialize};

/// How a clip becomes numbers. Each kind can be made from sound; some also from pictures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FrontEnd {
    /// The article's input: the spectrogram picture as it was plotted, margins and colours included, `[256, 256, 3]`, 0..1.
    /// From a picture file, or plotted the same way from sound.
    Picture,
    /// A scalogram (Morlet) plotted the same way, `[256, 256, 3]`, 0..1. From a wavelet picture file or from sound.
    WaveletPicture,
    /// The log-mel grid under the Kaggle pictures: `[columns, 128]`, 336 columns for 30 s, 0 (-80 dB below the loudest) to 1.
    /// From a picture's plot box or from sound.
    LogMel,
    /// YAMNet's log-mel at 16 kHz, `[frames, 64]`, 100 frames a second. From sound; from a picture as well as its resolution
    /// allows.
    Patches,
    /// Morlet scalogram levels for networks, `[columns, scales]`, 0..1. From sound only.
    Scalogram,
}

/// The numbers of one clip, row by row, in half precision: they are many.
#[derive(Clone, Debug, PartialEq)]
pub struct Features {
    /// Sizes of the axes; time first.
    pub shape: Vec<usize>,
    /// IEEE half-precision bits.
    pub values: Vec<u16>,
}
