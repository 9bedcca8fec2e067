//! Mother wavelets, in the frequency domain and in units of their own period.
//!
//! Formulas: Torrence and Compo 1998, table 1. A scale is named by the frequency at which its wavelet answers most.

use std::f64::consts::{SQRT_2, TAU};

use super::super::settings::Wavelet;

/// Bins where a wavelet's answer is below this share of its peak are left out.
pub(super) const BAND_CUT: f64 = 1e-4;
/// A wavelet ends where it is below this share of its peak.
const TIME_CUT: f64 = 1e-5;

/// Where `sin(x)^2 / x` is largest: `tan(x) = 2 x`.
const HAAR_PEAK: f64 = 1.165_561_185_207_211;

impl Wavelet {
    /// The answer to a frequency `ratio` times the scale's own, relative to the peak; not negative.
    pub(super) fn response(self, ratio: f64) -> f64 {
        if ratio <= 0.0 {
            return 0.0;
        }
        match self {
            Self::Morlet { cycles } => {
                let x = f64::from(cycles) * (ratio - 1.0);
                (-0.5 * x * x).exp()
            }
            Self::Dog { order } => {
                let m = order as f64;
                (m * ratio.ln() + 0.5 * m * (1.0 - ratio * ratio)).exp()
            }
            Self::Paul { order } => {
                let m = order as f64;
                (m * ratio.ln() + m * (1.0 - ratio)).exp()
            }
            Self::Haar => {
                let shape = |x: f64| x.sin() * x.sin() / x;
                shape(HAAR_PEAK * ratio) / shape(HAAR_PEAK)
            }
        }
    }

    /// The frequencies, in units of the scale's own, between which the answer is not negligible.
    pub(super) fn band(self) -> (f64, f64) {
        let edge = |mut inside: f64, mut outside: f64| {
            for _ in 0..60 {
                let middle = f64::midpoint(inside, outside);
                if self.response(middle) > BAND_CUT { inside = middle } else { outside = middle }
            }
            outside
        };
        match self {
            Self::Haar => (0.0, f64::INFINITY),
            _ => (edge(1.0, 0.0), edge(1.0, 60.0)),
        }
    }

    /// Half of the wavelet's length, in periods of the scale's frequency.
    pub(super) fn half_length(self) -> f64 {
        match self {
            Self::Morlet { cycles } => (-2.0 * TIME_CUT.ln()).sqrt() * f64::from(cycles) / TAU,
            Self::Dog { order } => {
                // Where the highest power of the polynomial under the Gaussian has fallen.
                let m = order as f64;
                let mut x = (-2.0 * TIME_CUT.ln()).sqrt();
                for _ in 0..20 {
                    x = (2.0 * (m * x.ln() - TIME_CUT.ln())).sqrt();
                }
                x * m.sqrt() / TAU
            }
            Self::Paul { order } => {
                let m = order as f64;
                (TIME_CUT.powf(-2.0 / (m + 1.0)) - 1.0).sqrt() * m / TAU
            }
            Self::Haar => 2.0 * HAAR_PEAK / TAU,
        }
    }

    /// The time in which the wavelet's answer to an edge falls by e, in periods of the scale's frequency; for Haar's half
    /// of its length, as it ends there.
    pub(super) fn cone(self) -> f64 {
        match self {
            Self::Morlet { cycles } => SQRT_2 * f64::from(cycles) / TAU,
            Self::Dog { order } => SQRT_2 * (order as f64).sqrt() / TAU,
            Self::Paul { order } => order as f64 / SQRT_2 / TAU,
            Self::Haar => 2.0 * HAAR_PEAK / TAU,
        }
    }

    /// Whether the wavelet is a real function.
    pub(super) fn is_real(self) -> bool {
        matches!(self, Self::Dog { .. } | Self::Haar)
    }

    /// The value of a real wavelet's transform, from the analytic signal in its band: `(re, im)` weights.
    pub(super) fn real_part(self) -> (f32, f32) {
        match self {
            Self::Dog { order: 4 } => (-1.0, 0.0),
            // The transform of a step up and a step down is imaginary.
            Self::Haar => (0.0, 1.0),
            _ => (1.0, 0.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Wavelet; 8] = [
        Wavelet::Morlet { cycles: 6.0 },
        Wavelet::Morlet { cycles: 40.0 },
        Wavelet::Dog { order: 2 },
        Wavelet::Dog { order: 4 },
        Wavelet::Dog { order: 6 },
        Wavelet::Paul { order: 2 },
        Wavelet::Paul { order: 20 },
        Wavelet::Haar,
    ];

    #[test]
    fn the_answer_peaks_at_the_scales_own_frequency() {
        for wavelet in ALL {
            assert!((wavelet.response(1.0) - 1.0).abs() < 1e-12, "{wavelet:?}");
            for i in 1..400 {
                assert!(wavelet.response(f64::from(i) * 0.02) <= 1.0 + 1e-12, "{wavelet:?} {i}");
            }
            let (low, high) = wavelet.band();
            assert!(low < 1.0 && high > 1.0);
            if wavelet != Wavelet::Haar {
                assert!(wavelet.response(high) <= BAND_CUT && wavelet.response(high * 0.99) > BAND_CUT);
            }
        }
    }
}
