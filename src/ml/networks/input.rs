//! What networks take of a clip: the kinds of input and their sizes. `features` makes them.

use serde::{Deserialize, Serialize};

use super::{mobilenet, musicnn};

/// Pixels along a side of a picture.
pub const SIDE: usize = 256;
/// Sample rate of the sound that all inputs but [`FrontEnd::Patches`] and [`FrontEnd::Tags`] are made of, Hz.
pub const MEL_RATE_HZ: u32 = 22_050;
/// Length of a window of [`FrontEnd::Scattering`].
pub const SCATTERING_FEATURES: usize = 928;
/// Length of [`FrontEnd::Tags`].
pub const TAG_FEATURES: usize = musicnn::TAGS.len();

/// How a clip becomes numbers. Each kind can be made from sound; some also from pictures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FrontEnd {
    /// The article's input: the spectrogram picture as it was plotted, margins and colours included, `[256, 256, 3]`, 0..1.
    /// From a picture file, or plotted the same way from sound.
    Picture,
    /// A scalogram (Morlet) plotted the same way, `[256, 256, 3]`, 0..1. From a wavelet picture file or from sound.
    WaveletPicture,
    /// The log-mel grid under the Kaggle pictures: `[columns, 128]`, 336 columns for 30 s, 0 (40 dB or more below the
    /// loudest) to 1. From a picture's plot box or from sound.
    LogMel,
    /// YAMNet's log-mel at 16 kHz, `[frames, 64]`, 100 frames a second. From sound only.
    Patches,
    /// Morlet scalogram levels for networks, `[columns, 96]`, 1024 columns for 30 s, 0 (80 dB or more below the loudest) to
    /// 1. From sound only.
    Scalogram,
    /// What two-dimensional Morlet wavelets find in the log-mel grid (joint time-frequency scattering), `[windows, 928]`, one
    /// window for 30 s. From a picture's plot box or from sound.
    Scattering,
    /// The mean logits of MusiCNN's tags, `[1, 50]`. From sound or from a file of tags.
    Tags,
}

impl FrontEnd {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Picture,
        Self::WaveletPicture,
        Self::LogMel,
        Self::Patches,
        Self::Scalogram,
        Self::Scattering,
        Self::Tags,
    ];

    /// Its name in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Picture => "picture",
            Self::WaveletPicture => "wavelet_picture",
            Self::LogMel => "log_mel",
            Self::Patches => "patches",
            Self::Scalogram => "scalogram",
            Self::Scattering => "scattering",
            Self::Tags => "tags",
        }
    }

    /// Changes whenever the same clip would give other numbers than before.
    pub fn version(self) -> u32 {
        match self {
            Self::Picture
            | Self::WaveletPicture
            | Self::LogMel
            | Self::Patches
            | Self::Scalogram
            | Self::Scattering
            | Self::Tags => 1,
        }
    }

    /// The sample rate of the sound that it takes, Hz.
    pub fn sample_rate_hz(self) -> u32 {
        match self {
            Self::Patches => 16_000,
            Self::Tags => musicnn::RATE_HZ,
            _ => MEL_RATE_HZ,
        }
    }
}

/// Values of a column of the grid.
pub(in crate::ml) fn bands(front_end: FrontEnd) -> usize {
    match front_end {
        FrontEnd::Patches => mobilenet::BANDS,
        FrontEnd::Scalogram => 96,
        FrontEnd::Scattering => SCATTERING_FEATURES,
        FrontEnd::Tags => TAG_FEATURES,
        FrontEnd::Picture | FrontEnd::WaveletPicture | FrontEnd::LogMel => 128,
    }
}

/// What a network takes of a clip.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Input {
    /// How the clip becomes numbers.
    pub front_end: FrontEnd,
    /// Frames (columns) of one example; `None`: the whole is one example.
    pub window: Option<usize>,
    /// Whether the network also takes an example without this input. If any is optional, the last tensor of
    /// [`Network::forward`](super::Network::forward)'s inputs tells which are there: `[n, inputs]` of ones and zeros.
    pub optional: bool,
}
