//! Frequency axes: where a frequency lies in a picture.

use serde::{Deserialize, Serialize};

/// How frequencies are spread over an axis.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FrequencyScale {
    /// Equal steps of Hz.
    Linear,
    /// Equal steps of pitch.
    #[default]
    Log,
    /// Mel, `2595 log10(1 + f / 700)` (O'Shaughnessy 1987).
    Mel,
    /// Bark, `26.81 f / (1960 + f) - 0.53` (Traunmüller 1990, equation 6).
    Bark,
}

/// A range of frequencies on a scale.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct FrequencyAxis {
    /// How frequencies are spread.
    pub scale: FrequencyScale,
    /// The lower end, Hz.
    pub low_hz: f32,
    /// The upper end, Hz.
    pub high_hz: f32,
}

impl Default for FrequencyAxis {
    fn default() -> Self {
        Self { scale: FrequencyScale::Log, low_hz: 30.0, high_hz: 16_000.0 }
    }
}

impl FrequencyAxis {
    /// Where a frequency lies, 0 at the lower end and 1 at the upper one; beyond them below 0 and above 1.
    pub fn position(&self, hz: f32) -> f32 {
        let (low, high) = (self.scale.warp(self.low_hz), self.scale.warp(self.high_hz));
        (self.scale.warp(hz) - low) / (high - low)
    }

    /// The frequency at a position; the inverse of [`FrequencyAxis::position`].
    pub fn hz(&self, position: f32) -> f32 {
        let (low, high) = (self.scale.warp(self.low_hz), self.scale.warp(self.high_hz));
        self.scale.unwarp(low + (high - low) * position)
    }
}

impl FrequencyScale {
    fn warp(self, hz: f32) -> f32 {
        match self {
            Self::Linear => hz,
            Self::Log => hz.max(1e-3).ln(),
            Self::Mel => 2595.0 * (1.0 + hz / 700.0).log10(),
            Self::Bark => 26.81 * hz / (1960.0 + hz) - 0.53,
        }
    }

    fn unwarp(self, value: f32) -> f32 {
        match self {
            Self::Linear => value,
            Self::Log => value.exp(),
            Self::Mel => 700.0 * (10f32.powf(value / 2595.0) - 1.0),
            Self::Bark => 1960.0 * (value + 0.53) / (26.28 - value),
        }
    }
}

/// The smallest of 1, 2, 5 times a power of ten that is not below `least`: a step that reads well on an axis.
pub fn round_step(least: f64) -> f64 {
    let power = 10f64.powf(least.max(1e-9).log10().floor());
    [1.0, 2.0, 5.0, 10.0].into_iter().map(|digit| digit * power).find(|step| *step >= least * 0.999).unwrap_or(power)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_and_frequencies_are_inverse() {
        for scale in [FrequencyScale::Linear, FrequencyScale::Log, FrequencyScale::Mel, FrequencyScale::Bark] {
            let axis = FrequencyAxis { scale, low_hz: 30.0, high_hz: 16_000.0 };
            assert!(axis.position(30.0).abs() < 1e-6 && (axis.position(16_000.0) - 1.0).abs() < 1e-6);
            for hz in [31.0, 100.0, 440.0, 5_000.0, 15_999.0] {
                assert!((axis.hz(axis.position(hz)) / hz - 1.0).abs() < 1e-3, "{scale:?} {hz}");
            }
        }
    }
}
