//! What a person can choose about a picture of sound.

use serde::{Deserialize, Serialize};

use super::axis::FrequencyAxis;
use crate::base::Channel;

use crate::dsp::window::WindowShape;

/// A spectrogram: short-time Fourier transform.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct SpectrogramSettings {
    /// The window's shape.
    pub window: WindowShape,
    /// Of the Kaiser window, 0 (rectangle) to 20.
    pub kaiser_beta: f32,
    /// Samples in the window: a power of two, 256 to 32768.
    pub window_len: usize,
    /// How much of a window the next one shares, per cent: 0 to 98.
    pub overlap_percent: f32,
    /// The transform is this many times longer than the window: 1, 2, 4 or 8.
    pub zero_padding: usize,
    /// Energy is drawn where it really is (time and frequency reassignment, Auger and Flandrin 1995).
    pub reassigned: bool,
}

impl Default for SpectrogramSettings {
    fn default() -> Self {
        Self {
            window: WindowShape::Hann,
            kaiser_beta: 8.6,
            window_len: 2048,
            overlap_percent: 75.0,
            zero_padding: 2,
            reassigned: false,
        }
    }
}

impl SpectrogramSettings {
    /// Samples from one window to the next.
    pub fn hop_len(&self) -> usize {
        ((self.window_len as f32 * (1.0 - self.overlap_percent / 100.0)).round() as usize).max(1)
    }

    fn clamped(mut self) -> Self {
        self.window_len = self.window_len.clamp(256, 32_768).next_power_of_two();
        self.zero_padding = self.zero_padding.clamp(1, 8).next_power_of_two();
        self.overlap_percent = finite_or(self.overlap_percent, 75.0).clamp(0.0, 98.0);
        self.kaiser_beta = finite_or(self.kaiser_beta, 8.6).clamp(0.0, 20.0);
        self
    }
}

/// A mother wavelet.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Wavelet {
    /// A wave under a Gaussian: the best sharpness in time and frequency together.
    Morlet {
        /// The centre's angular frequency times the Gaussian's width (`w0`), 4 to 40: more are sharper in frequency.
        cycles: f32,
    },
    /// A derivative of a Gaussian, real: 2 is the Mexican hat.
    Dog {
        /// Which derivative, 2, 4 or 6.
        order: usize,
    },
    /// Paul's: very sharp in time.
    Paul {
        /// Its order, 2 to 20.
        order: usize,
    },
    /// A step up and a step down.
    Haar,
}

impl Default for Wavelet {
    fn default() -> Self {
        Self::Morlet { cycles: 16.0 }
    }
}

/// How the wavelets of different scales compare.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Norm {
    /// A sine has the same height at every scale.
    #[default]
    L1,
    /// White noise has the same height at every scale.
    L2,
}

/// What of a wavelet transform is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// dB of the magnitude.
    #[default]
    Magnitude,
    /// The squared magnitude on a linear scale, shown as a share of full scale.
    Power,
    /// The angle.
    Phase,
}

/// A scalogram: continuous wavelet transform.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ScalogramSettings {
    /// The mother wavelet.
    pub wavelet: Wavelet,
    /// Scales in an octave, 4 to 48.
    pub voices_per_octave: usize,
    /// How scales compare.
    pub norm: Norm,
    /// What is shown.
    pub part: Part,
}

impl Default for ScalogramSettings {
    fn default() -> Self {
        Self { wavelet: Wavelet::default(), voices_per_octave: 24, norm: Norm::L1, part: Part::Magnitude }
    }
}

impl ScalogramSettings {
    fn clamped(mut self) -> Self {
        self.voices_per_octave = self.voices_per_octave.clamp(4, 48);
        self.wavelet = match self.wavelet {
            Wavelet::Morlet { cycles } => Wavelet::Morlet { cycles: finite_or(cycles, 16.0).clamp(4.0, 40.0) },
            Wavelet::Dog { order } => Wavelet::Dog { order: (order.clamp(2, 6) / 2) * 2 },
            Wavelet::Paul { order } => Wavelet::Paul { order: order.clamp(2, 20) },
            Wavelet::Haar => Wavelet::Haar,
        };
        self
    }
}

/// The kinds of pictures.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Transform {
    /// Short-time Fourier transform.
    Spectrogram(SpectrogramSettings),
    /// Continuous wavelet transform.
    Scalogram(ScalogramSettings),
}

/// Everything that the levels of a picture depend on.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct PictureSpec {
    /// How sound becomes levels.
    pub transform: Transform,
    /// The whole range of frequencies; a view may show a part of it.
    pub axis: FrequencyAxis,
    /// Which signal of the song is analysed. The usual one is not written, so that what was kept before is still found.
    #[serde(default, skip_serializing_if = "is_usual")]
    pub channel: Channel,
}

fn is_usual(channel: &Channel) -> bool {
    *channel == Channel::default()
}

/// Which levels are the darkest and the brightest.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Levels {
    /// The loudest of what is there is brightest, this many dB below it is darkest.
    Auto {
        /// The distance, dB.
        range_db: f32,
    },
    /// Always the same, so that pictures can be compared.
    Fixed {
        /// Darkest, dB full scale.
        low_db: f32,
        /// Brightest, dB full scale.
        high_db: f32,
    },
}

impl Levels {
    /// The darkest and the brightest level, dB full scale. `loudest` is the highest of all levels that are shown, hundredths
    /// of a dB; `None` if nothing is known.
    pub fn range_db(self, loudest: Option<i16>) -> (f32, f32) {
        match self {
            Self::Fixed { low_db, high_db } => (low_db, high_db),
            Self::Auto { range_db } => {
                let high_db = loudest.map_or(0.0, |level| f32::from(level) / 100.0);
                (high_db - range_db, high_db)
            }
        }
    }
}

/// How levels become colours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Colormap {
    /// Black, violet, orange, pale yellow.
    #[default]
    Magma,
    /// Violet, green, yellow.
    Viridis,
    /// Black, red, yellow.
    Inferno,
    /// Blue to yellow, the same for people who see fewer colours.
    Cividis,
    /// Black to white.
    Grey,
}

/// All that is chosen about one picture.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct PictureSettings {
    /// What its levels depend on.
    #[serde(flatten)]
    pub spec: PictureSpec,
    /// Darkest and brightest.
    pub levels: Levels,
    /// Colours.
    pub colormap: Colormap,
    /// Colours turned round: loud is dark.
    pub inverted: bool,
    /// The left side above the right one, instead of the one signal that the spec names.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub both_sides: bool,
}

impl PictureSettings {
    /// A spectrogram as it is at first.
    pub fn spectrogram() -> Self {
        Self::of(Transform::Spectrogram(SpectrogramSettings::default()))
    }

    /// A scalogram as it is at first.
    pub fn scalogram() -> Self {
        Self::of(Transform::Scalogram(ScalogramSettings::default()))
    }

    fn of(transform: Transform) -> Self {
        Self {
            spec: PictureSpec { transform, axis: FrequencyAxis::default(), channel: Channel::default() },
            levels: Levels::Fixed { low_db: -90.0, high_db: 0.0 },
            colormap: Colormap::default(),
            inverted: false,
            both_sides: false,
        }
    }

    /// The pictures of one signal each that are drawn for it, from the top: itself, or those of both sides.
    pub fn lanes(&self) -> Vec<Self> {
        let of = |channel| Self { spec: PictureSpec { channel, ..self.spec }, both_sides: false, ..*self };
        if self.both_sides { vec![of(Channel::Left), of(Channel::Right)] } else { vec![*self] }
    }

    /// The same with every number inside its range.
    #[must_use]
    pub fn clamped(mut self) -> Self {
        self.spec.transform = match self.spec.transform {
            Transform::Spectrogram(settings) => Transform::Spectrogram(settings.clamped()),
            Transform::Scalogram(settings) => Transform::Scalogram(settings.clamped()),
        };
        let axis = &mut self.spec.axis;
        axis.low_hz = finite_or(axis.low_hz, 30.0).clamp(1.0, 90_000.0);
        axis.high_hz = finite_or(axis.high_hz, 16_000.0).clamp(axis.low_hz * 1.5, 200_000.0);
        self.levels = match self.levels {
            Levels::Auto { range_db } => Levels::Auto { range_db: finite_or(range_db, 80.0).clamp(10.0, 180.0) },
            Levels::Fixed { low_db, high_db } => {
                let low_db = finite_or(low_db, -90.0).clamp(-180.0, 0.0);
                Levels::Fixed { low_db, high_db: finite_or(high_db, 0.0).clamp(low_db + 5.0, 60.0) }
            }
        };
        self
    }
}

fn finite_or(value: f32, default: f32) -> f32 {
    if value.is_finite() { value } else { default }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_kept_and_brought_into_range() {
        for settings in [PictureSettings::spectrogram(), PictureSettings::scalogram()] {
            let text = serde_json::to_string(&settings).unwrap();
            assert_eq!(serde_json::from_str::<PictureSettings>(&text).unwrap(), settings);
            assert_eq!(settings.clamped(), settings);
        }
        let mut wild = PictureSettings::spectrogram();
        wild.spec.transform = Transform::Spectrogram(SpectrogramSettings {
            window_len: 3,
            overlap_percent: f32::NAN,
            zero_padding: 99,
            ..SpectrogramSettings::default()
        });
        wild.spec.axis.high_hz = 1.0;
        wild.levels = Levels::Fixed { low_db: 10.0, high_db: -10.0 };
        let tame = wild.clamped();
        let Transform::Spectrogram(spectrogram) = tame.spec.transform else { panic!() };
        assert_eq!((spectrogram.window_len, spectrogram.overlap_percent, spectrogram.zero_padding), (256, 75.0, 8));
        assert!(tame.spec.axis.high_hz > tame.spec.axis.low_hz);
        assert_eq!(tame.levels, Levels::Fixed { low_db: 0.0, high_db: 5.0 });
    }

    #[test]
    fn both_sides_are_two_pictures_and_written_only_when_chosen() {
        let usual = PictureSettings::spectrogram();
        assert_eq!(usual.lanes(), [usual]);
        assert!(!serde_json::to_string(&usual).unwrap().contains("both_sides"));
        let both = PictureSettings { both_sides: true, inverted: true, ..usual };
        let text = serde_json::to_string(&both).unwrap();
        assert_eq!(serde_json::from_str::<PictureSettings>(&text).unwrap(), both);
        let [left, right] = both.lanes()[..] else { panic!() };
        assert_eq!((left.spec.channel, right.spec.channel), (Channel::Left, Channel::Right));
        assert!(left.inverted && !left.both_sides && !right.both_sides);
        assert_eq!(left.spec.transform, usual.spec.transform);
    }
}
