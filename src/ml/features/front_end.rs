//! From sound or a picture to what a network sees, one file for each kind.

use std::borrow::Cow;
use std::cell::OnceCell;

use image::RgbImage;

use super::log_mel::{self, Grid};
use super::{patches, picture, plot, scalogram, scattering, tags};
use crate::ml::dataset::Clip;
use crate::ml::features::{Features, Source};
use crate::ml::networks::input::FrontEnd;

/// Sound longer than this is not looked at whole but in its middle, seconds.
const LONGEST_SECS: usize = 600;
/// Length of GTZAN's clips, which pictures show, seconds.
const CLIP_SECS: usize = 30;

/// Mono samples, nominally -1 to 1, and what several front ends of the same rate make of them, made once.
pub struct Sound<'a> {
    samples: Cow<'a, [f32]>,
    grid: OnceCell<Grid>,
}

impl<'a> Sound<'a> {
    /// Of samples at [`FrontEnd::sample_rate_hz`].
    pub fn new(samples: impl Into<Cow<'a, [f32]>>) -> Self {
        Self { samples: samples.into(), grid: OnceCell::new() }
    }

    /// The log-mel grid of what is looked at.
    fn grid(&self) -> &Grid {
        self.grid.get_or_init(|| Grid::of_sound(middle(&self.samples, LONGEST_SECS * log_mel::RATE_HZ as usize)))
    }
}

impl FrontEnd {
    /// Whether the clip has something that it reads.
    pub fn can_read(self, clip: &Clip) -> bool {
        self.sources(clip).next().is_some()
    }

    /// What it reads of a clip, the best first. Where a picture is the origin of what it shows it needs no decoding; where
    /// it is an approximation sound comes first.
    pub(in crate::ml) fn sources(self, clip: &Clip) -> impl Iterator<Item = Source<'_>> {
        let sound = clip.audio.as_deref().map(Source::Sound);
        let spectrogram = clip.spectrogram.as_deref().map(Source::Picture);
        let wavelet = clip.wavelet.as_deref().map(Source::Picture);
        let sources = match self {
            Self::Picture | Self::LogMel | Self::Scattering => [spectrogram, sound],
            Self::WaveletPicture => [wavelet, sound],
            Self::Patches | Self::Scalogram => [sound, None],
            Self::Tags => [sound, clip.tags.as_deref().map(Source::Tags)],
        };
        sources.into_iter().flatten()
    }

    /// What a network sees of mono samples at [`FrontEnd::sample_rate_hz`], nominally -1 to 1.
    ///
    /// # Errors
    /// Why there is nothing to see.
    pub fn of_sound(self, samples: &[f32]) -> Result<Features, String> {
        self.of(&Sound::new(samples))
    }

    /// The same of sound that other front ends of the same rate look at, too.
    ///
    /// # Errors
    /// Why there is nothing to see.
    pub fn of(self, sound: &Sound<'_>) -> Result<Features, String> {
        let rate = self.sample_rate_hz() as usize;
        let samples = middle(&sound.samples, LONGEST_SECS * rate);
        if samples.is_empty() {
            return Err("there is no sound in it".into());
        }
        if samples.iter().any(|x| !x.is_finite()) {
            return Err("its samples are not numbers".into());
        }
        Ok(match self {
            Self::Picture => picture::features(&plot::draw(&Grid::of_sound(&as_clip(samples, rate)))),
            Self::WaveletPicture => picture::features(&plot::draw(&scalogram::picture_grid(&as_clip(samples, rate)))),
            Self::LogMel => sound.grid().features(),
            Self::Patches => patches::of_sound(samples),
            Self::Scalogram => scalogram::grid(samples).features(),
            Self::Scattering => scattering::features(sound.grid()),
            Self::Tags => tags::of_sound(samples)?,
        })
    }

    /// What a network sees of a spectrogram picture, or of a wavelet picture.
    ///
    /// # Errors
    /// When the picture is not one of those that this front end understands.
    pub fn of_picture(self, picture: &RgbImage) -> Result<Features, String> {
        match self {
            Self::Picture | Self::WaveletPicture => Ok(picture::features(picture)),
            Self::LogMel => Ok(plot::read(picture)?.features()),
            Self::Scattering => Ok(scattering::features(&plot::read(picture)?)),
            Self::Patches | Self::Scalogram | Self::Tags => {
                Err("a picture is too coarse for this input: it needs sound".into())
            }
        }
    }
}

/// At most `count` samples from the middle.
fn middle(samples: &[f32], count: usize) -> &[f32] {
    let from = samples.len().saturating_sub(count) / 2;
    &samples[from..samples.len().min(from + count)]
}

/// What a picture shows: 30 s. Sound within a second of that is shown as it is, of longer sound the middle, and shorter sound
/// is repeated.
fn as_clip(samples: &[f32], rate: usize) -> Vec<f32> {
    let length = CLIP_SECS * rate;
    if samples.len().abs_diff(length) <= rate {
        samples.to_vec()
    } else if samples.len() > length {
        middle(samples, length).to_vec()
    } else {
        samples.iter().copied().cycle().take(length).collect()
    }
}
