//! Reading the short signal of a scale: peaks of its magnitude, values between its samples.

use std::f64::consts::TAU;
use std::ops::Range;

use realfft::num_complex::Complex;

use super::Worker;
use super::plan::Scale;

/// Where a short signal lies. Its samples are in the worker.
pub(super) struct ShortSignal {
    /// The block's first sample, counted from the song's start.
    pub(super) begin: i64,
    /// Samples in the block.
    pub(super) block: usize,
    /// The samples at which nothing of the block's ends is felt.
    pub(super) valid: Range<i64>,
}

impl ShortSignal {
    /// Raises each of the columns, which begin at `start` and last `step` samples, to its largest power.
    pub(super) fn peaks(&self, scale: &Scale, worker: &mut Worker, start: f64, step: f64, out: &mut [f32]) {
        let len = worker.short.len();
        let spacing = self.block as f64 / len as f64;
        let place = |sample: f64| (sample - self.begin as f64) / spacing;
        worker.power.resize(len, 0.0);
        if let Some((re, im)) = scale.real_part() {
            for (power, z) in worker.power.iter_mut().zip(&worker.short) {
                let value = z.re * re + z.im * im;
                *power = value * value;
            }
        } else {
            for (power, z) in worker.power.iter_mut().zip(&worker.short) {
                *power = z.re * z.re + z.im * z.im;
            }
        }
        let power = &worker.power[..len];
        let (valid_from, valid_to) = (self.valid.start as f64, self.valid.end as f64);
        let first = ((valid_from - start) / step).floor().max(0.0) as usize;
        let end = (((valid_to - start) / step).ceil().max(0.0) as usize).min(out.len());
        let mut at_edge = None;
        for column in first..end {
            let from = place((start + step * column as f64).max(valid_from));
            let to = place((start + step * (column + 1) as f64).min(valid_to));
            // The peak of a column may lie on its edge.
            let left = at_edge.unwrap_or_else(|| between(power, from));
            let right = between(power, to);
            at_edge = Some(right);
            out[column] = out[column].max(left).max(right).max(peak(power, from, to));
        }
    }

    /// What a closure makes of the transform at times from `start`, `step` samples apart.
    pub(super) fn values(
        &self,
        scale: &Scale,
        worker: &Worker,
        start: f64,
        step: f64,
        out: &mut [f32],
        what: impl Fn(Complex<f32>) -> f32,
    ) {
        let spacing = self.block as f64 / worker.short.len() as f64;
        let real = scale.real_part();
        let first = ((self.valid.start as f64 - start) / step).ceil().max(0.0) as usize;
        let end = ((self.valid.end as f64 - start) / step).ceil().max(0.0) as usize;
        let end = end.min(out.len());
        for time in first..end {
            let sample = start + step * time as f64 - self.begin as f64;
            let z = interpolate(&worker.short, sample / spacing);
            let value = if let Some((re, im)) = real {
                Complex::new(z.re * re + z.im * im, 0.0)
            } else {
                // Back from frequency 0 to the scale's own.
                let turns = scale.carrier as f64 * sample / self.block as f64;
                let (sin, cos) = (TAU * turns.fract()).sin_cos();
                z * Complex::new(cos as f32, sin as f32)
            };
            out[time] = what(value);
        }
    }
}

/// The largest value from one place to another: of the samples inside, and of the peaks between samples.
fn peak(power: &[f32], from: f64, to: f64) -> f32 {
    let first = (from.ceil().max(0.0) as usize).min(power.len());
    let end = (to.ceil().max(0.0) as usize).clamp(first, power.len());
    let top = largest(&power[first..end]);
    // One that fell between its samples may be higher than the one with the largest sample; it may also have its largest
    // sample just outside.
    let worth = top * 0.9;
    let mut highest = top;
    for at in first.saturating_sub(1)..(end + 1).min(power.len()) {
        if power[at] > worth {
            let found = gaussian(power, at).filter(|(place, _)| *place >= from && *place <= to);
            highest = highest.max(found.map_or(0.0, |(_, height)| height));
        }
    }
    highest
}

/// Place and height of the Gaussian through a sample that is larger than its neighbours, and them.
fn gaussian(power: &[f32], at: usize) -> Option<(f64, f32)> {
    let &[before, top, after] = power.get(at.checked_sub(1)?..at + 2)? else { return None };
    if top < before || top < after || before <= 0.0 || after <= 0.0 {
        return None;
    }
    let (left, right) = ((before / top).ln(), (after / top).ln());
    let bend = left + right;
    if bend > -1e-4 {
        return None;
    }
    let shift = (left - right) / (2.0 * bend);
    let rise = (right - left) * shift / 4.0;
    Some((at as f64 + f64::from(shift), top * rise.min(0.5).exp()))
}

/// The largest of some values, by eight at once; NaN does not count.
fn largest(values: &[f32]) -> f32 {
    let mut tops = [0.0_f32; 8];
    let eights = values.chunks_exact(8);
    let rest = eights.remainder();
    for eight in eights {
        for (top, value) in tops.iter_mut().zip(eight) {
            *top = if *value > *top { *value } else { *top };
        }
    }
    tops.iter().chain(rest).copied().fold(0.0, f32::max)
}

/// A power between samples: the cubic through the four around it, not below 0.
fn between(power: &[f32], place: f64) -> f32 {
    let below = place.floor().max(0.0) as usize;
    let t = (place - below as f64) as f32;
    let Some([a, b, c, d]) = below.checked_sub(1).and_then(|first| power.get(first..first + 4)) else {
        return power.get(below).copied().unwrap_or(0.0);
    };
    let value = -a * t * (t - 1.0) * (t - 2.0) / 6.0 + b * (t + 1.0) * (t - 1.0) * (t - 2.0) / 2.0
        - c * (t + 1.0) * t * (t - 2.0) / 2.0
        + d * (t + 1.0) * t * (t - 1.0) / 6.0;
    value.max(0.0)
}

/// A value between samples: Lagrange's polynomial through the six around it.
fn interpolate(short: &[Complex<f32>], place: f64) -> Complex<f32> {
    const OFFSETS: [f64; 6] = [-2.0, -1.0, 0.0, 1.0, 2.0, 3.0];
    let len = short.len() as i64;
    let below = place.floor();
    let along = place - below;
    let mut value = Complex::new(0.0, 0.0);
    for (i, at) in OFFSETS.into_iter().enumerate() {
        let mut weight = 1.0;
        for (j, other) in OFFSETS.into_iter().enumerate() {
            if i != j {
                weight *= (along - other) / (at - other);
            }
        }
        // The short signal is periodic.
        let index = (below as i64 + at as i64).rem_euclid(len) as usize;
        value += short[index] * weight as f32;
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_peak_of_a_gaussian_is_found_between_its_samples() {
        for shift in [0.0, 0.2, 0.5, 0.8] {
            let power: Vec<f32> = (0..9).map(|i| 3.0 * (-(i as f32 - 4.0 - shift).powi(2) * 0.5).exp()).collect();
            assert!((peak(&power, 0.0, 9.0) - 3.0).abs() < 1e-3, "{shift}");
        }
        assert_eq!(peak(&[0.0; 4], 0.0, 4.0), 0.0);
        assert_eq!(peak(&[1.0; 4], 0.0, 4.0), 1.0);
        assert_eq!(peak(&[f32::NAN; 4], 0.0, 4.0), 0.0);
    }

    #[test]
    fn values_between_samples_are_those_of_a_slow_wave() {
        let wave: Vec<_> =
            (0..64).map(|i| Complex::from_polar(1.0, (TAU * f64::from(i) * 4.0 / 64.0) as f32)).collect();
        for place in [0.0, 3.3, 31.5, 63.9] {
            let exact = Complex::from_polar(1.0, (TAU * place * 4.0 / 64.0) as f32);
            assert!((interpolate(&wave, place) - exact).norm() < 1e-4, "{place}");
        }
    }
}
