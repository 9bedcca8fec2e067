//! Analysis windows, periodic: `w[i]` of `length` samples is the shape at `i / length`, with its middle at `length / 2`.

use serde::{Deserialize, Serialize};
use std::f64::consts::{PI, TAU};

/// The shape of an analysis window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WindowShape {
    /// A good compromise.
    #[default]
    Hann,
    /// A little sharper, with more leakage far away.
    Hamming,
    /// Very little leakage (four terms, -92 dB; Harris 1978).
    BlackmanHarris,
    /// Sharpness against leakage by its `beta`.
    Kaiser,
    /// Levels of tones are exact, frequencies are wide.
    FlatTop,
}

/// The periodic Hann window `0.5 - 0.5 cos(2 pi i / length)`, the usual one for a short-time Fourier transform.
pub fn hann_periodic(length: usize) -> Vec<f32> {
    cosines(length, &[0.5, 0.5])
}

/// A window of a shape; `kaiser_beta` matters to the Kaiser window only.
pub fn window(shape: WindowShape, kaiser_beta: f32, length: usize) -> Vec<f32> {
    match shape {
        WindowShape::Hann => hann_periodic(length),
        WindowShape::Hamming => cosines(length, &[0.54, 0.46]),
        // Harris 1978, minimum 4-term.
        WindowShape::BlackmanHarris => cosines(length, &[0.358_75, 0.488_29, 0.141_28, 0.011_68]),
        // The usual five terms (ISO 18431-1), scaled to a peak of 1.
        WindowShape::FlatTop => {
            cosines(length, &[0.215_578_95, 0.416_631_58, 0.277_263_158, 0.083_578_947, 0.006_947_368])
        }
        WindowShape::Kaiser => kaiser(length, f64::from(kaiser_beta)),
    }
}

/// `a0 - a1 cos(x) + a2 cos(2 x) - ...`, `x` going once round.
fn cosines(length: usize, terms: &[f64]) -> Vec<f32> {
    let step = TAU / length.max(1) as f64;
    let value = |i: usize| {
        let signed = terms.iter().enumerate().map(|(k, a)| {
            let sign = if k % 2 == 0 { 1.0 } else { -1.0 };
            sign * a * (step * (i * k) as f64).cos()
        });
        signed.sum::<f64>() as f32
    };
    (0..length).map(value).collect()
}

/// Kaiser and Schafer 1980: `I0(beta sqrt(1 - r^2)) / I0(beta)`, `r` from -1 to 1.
fn kaiser(length: usize, beta: f64) -> Vec<f32> {
    let value = |i: usize| {
        let r = 2.0 * i as f64 / length as f64 - 1.0;
        (bessel_i0(beta * (1.0 - r * r).max(0.0).sqrt()) / bessel_i0(beta)) as f32
    };
    (0..length).map(value).collect()
}

/// The modified Bessel function of the first kind and order 0, by its series.
fn bessel_i0(x: f64) -> f64 {
    let quarter = x * x / 4.0;
    let (mut term, mut sum) = (1.0, 1.0);
    for k in 1..200 {
        term *= quarter / f64::from(k * k);
        sum += term;
        if term < sum * 1e-17 {
            break;
        }
    }
    sum
}

/// The slope of a window at each sample, per sample: of its trigonometric interpolation where the shape is a sum of
/// cosines, and by central differences for Kaiser's.
pub fn window_slope(shape: WindowShape, kaiser_beta: f32, length: usize) -> Vec<f32> {
    let terms: &[f64] = match shape {
        WindowShape::Hann => &[0.5],
        WindowShape::Hamming => &[0.46],
        WindowShape::BlackmanHarris => &[0.488_29, 0.141_28, 0.011_68],
        WindowShape::FlatTop => &[0.416_631_58, 0.277_263_158, 0.083_578_947, 0.006_947_368],
        WindowShape::Kaiser => {
            let fine = kaiser(length * 16, f64::from(kaiser_beta));
            let at = |i: usize| f64::from(*fine.get(i).unwrap_or(&fine[0]));
            let slope = |i: usize| {
                let i = (16 * i).max(1);
                ((at(i + 1) - at(i - 1)) * 8.0) as f32
            };
            return (0..length).map(slope).collect();
        }
    };
    let step = 2.0 * PI / length.max(1) as f64;
    let value = |i: usize| {
        let slopes = terms.iter().zip(1..).map(|(a, k)| {
            let sign = if k % 2 == 0 { -1.0 } else { 1.0 };
            sign * a * step * f64::from(k) * (step * i as f64 * f64::from(k)).sin()
        });
        slopes.sum::<f64>() as f32
    };
    (0..length).map(value).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHAPES: [WindowShape; 5] = [
        WindowShape::Hann,
        WindowShape::Hamming,
        WindowShape::BlackmanHarris,
        WindowShape::Kaiser,
        WindowShape::FlatTop,
    ];

    #[test]
    fn shifted_copies_add_up_to_one() {
        let window = hann_periodic(400);
        assert_eq!(window[0], 0.0);
        assert_eq!(window[200], 1.0);
        for i in 0..200 {
            assert!((window[i] + window[i + 200] - 1.0).abs() < 1e-6);
        }
        assert!(hann_periodic(0).is_empty());
    }

    #[test]
    fn every_shape_is_even_with_its_peak_of_one_in_the_middle() {
        for shape in SHAPES {
            let w = window(shape, 8.6, 512);
            assert!((w[256] - 1.0).abs() < 1e-6, "{shape:?} {}", w[256]);
            for i in 1..256 {
                assert!((w[i] - w[512 - i]).abs() < 1e-6 && w[i] <= 1.0, "{shape:?} {i}");
            }
        }
    }

    #[test]
    fn side_lobes_are_as_low_as_the_books_say() {
        // The highest side lobe, dB, and the first bin after the main lobe (Harris 1978, table 1; Kaiser beta 8.6).
        let expected = [-31.5, -42.7, -92.0, -63.0, -93.0];
        let main_lobe = [2.0, 2.0, 4.0, 2.95, 5.0];
        for ((shape, expected), main_lobe) in SHAPES.into_iter().zip(expected).zip(main_lobe) {
            let w = window(shape, 8.6, 256);
            let total: f64 = w.iter().map(|x| f64::from(*x)).sum();
            let level = |bin: f64| {
                let (mut re, mut im) = (0.0, 0.0);
                for (n, x) in w.iter().enumerate() {
                    let angle = TAU * bin * n as f64 / 256.0;
                    re += f64::from(*x) * angle.cos();
                    im += f64::from(*x) * angle.sin();
                }
                20.0 * (re.hypot(im) / total).log10()
            };
            let highest = (0..800).map(|i| level(main_lobe + f64::from(i) * 0.05)).fold(-300.0, f64::max);
            assert!((highest - expected).abs() < 1.5, "{shape:?}: {highest} dB");
        }
    }

    #[test]
    fn slopes_are_those_of_the_window() {
        for shape in SHAPES {
            let (w, slope) = (window(shape, 8.6, 1024), window_slope(shape, 8.6, 1024));
            for i in 1..1023 {
                let difference = (w[i + 1] - w[i - 1]) / 2.0;
                assert!((slope[i] - difference).abs() < 2e-6, "{shape:?} {i}: {} {difference}", slope[i]);
            }
        }
    }
}
