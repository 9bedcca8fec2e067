//! The continuous wavelet transform.
//!
//! The sound is cut into overlapping blocks. Of a block's Fourier transform each scale needs only the bins in the band of
//! its wavelet; they are weighted, moved to frequency 0 and transformed back at the short length that covers the band
//! (the filter bank of a non-stationary Gabor transform, Balazs et al. 2011). The short signal is the transform at that
//! scale, sampled as densely as its band asks for. In short pictures high scales get blocks of their own, as short as
//! their wavelets.

mod mother;
mod plan;
mod read;

use rayon::prelude::*;
use realfft::num_complex::Complex;

use self::plan::{Fineness, Group, Plan, Scale};
use self::read::ShortSignal;
use super::grid::{Columns, Sound};
use super::levels::{db_of_power, wrapped_degrees};
use super::settings::{Part, ScalogramSettings, Wavelet};

/// Short signals are this many times longer than their bands where only the peaks of their magnitude count; the peak is
/// found between the samples.
const PEAK_OVERSAMPLING: f64 = 1.5;
/// A column has at least this many of their samples.
const SAMPLES_PER_COLUMN: f64 = 4.0;
/// The same where values between the samples are read.
const VALUE_OVERSAMPLING: f64 = 4.0;
/// Work on less is not worth sharing among threads, samples times scales.
const WORTH_SHARING: usize = 4 << 20;

/// A continuous wavelet transform at given frequencies. Values are amplitudes: with L1 a full-scale sine at a scale's
/// frequency has the magnitude 1 there.
pub struct Cwt {
    settings: ScalogramSettings,
    rate_hz: f64,
    frequencies_hz: Vec<f32>,
    plan: Option<Plan>,
    input: Vec<f32>,
    spectrum: Vec<Complex<f32>>,
    scratch: Vec<Complex<f32>>,
    workers: Vec<Worker>,
}

/// Buffers of one thread.
#[derive(Default)]
struct Worker {
    short: Vec<Complex<f32>>,
    scratch: Vec<Complex<f32>>,
    power: Vec<f32>,
}

impl Cwt {
    /// For rising frequencies, each above 0 and at most half of the rate; others are left out.
    pub fn new(settings: &ScalogramSettings, rate_hz: u32, mut frequencies_hz: Vec<f32>) -> Self {
        let rate_hz = f64::from(rate_hz.max(1));
        frequencies_hz.retain(|hz| *hz > 0.0 && f64::from(*hz) <= rate_hz / 2.0);
        Self {
            settings: *settings,
            rate_hz,
            frequencies_hz,
            plan: None,
            input: Vec::new(),
            spectrum: Vec::new(),
            scratch: Vec::new(),
            workers: Vec::new(),
        }
    }

    /// The frequencies of the scales.
    pub fn frequencies_hz(&self) -> &[f32] {
        &self.frequencies_hz
    }

    /// The largest power (squared magnitude) in each column, `[frequency, column]`.
    pub fn peaks(&mut self, sound: Sound<'_>, columns: Columns) -> Vec<f32> {
        let (start, step) = (columns.start_secs * self.rate_hz, columns.step_secs * self.rate_hz);
        self.run(
            sound,
            (start, step, columns.count),
            PEAK_OVERSAMPLING,
            step / SAMPLES_PER_COLUMN,
            |short, scale, worker, out| {
                short.peaks(scale, worker, start, step, out);
            },
        )
    }

    /// Angles at the columns' middles, radians, `[frequency, column]`. Those of a real wavelet are 0 and pi.
    pub fn angles(&mut self, sound: Sound<'_>, columns: Columns) -> Vec<f32> {
        let step = columns.step_secs * self.rate_hz;
        let start = columns.start_secs * self.rate_hz + step / 2.0;
        self.values(sound, start, step, columns.count, |z| z.im.atan2(z.re))
    }

    /// Exact values at exact times, `[frequency, time]`: dB of the magnitude, or degrees for a phase.
    pub fn sample(&mut self, sound: Sound<'_>, start_secs: f64, step_secs: f64, count: usize) -> Vec<f32> {
        let (start, step) = (start_secs * self.rate_hz, step_secs * self.rate_hz);
        if self.settings.part == Part::Phase {
            self.values(sound, start, step, count, |z| wrapped_degrees(z.im.atan2(z.re)))
        } else {
            self.values(sound, start, step, count, |z| db_of_power(z.norm_sqr()))
        }
    }

    /// The transform itself at evenly spaced times, given in samples; what a closure makes of it, `[frequency, time]`.
    fn values(
        &mut self,
        sound: Sound<'_>,
        start: f64,
        step: f64,
        count: usize,
        what: impl Fn(Complex<f32>) -> f32 + Sync,
    ) -> Vec<f32> {
        self.run(sound, (start, step, count), VALUE_OVERSAMPLING, f64::INFINITY, |short, scale, worker, out| {
            short.values(scale, worker, start, step, out, &what);
        })
    }

    /// Goes over the blocks that a stretch of sound needs and lets `read` take the short signal of each scale.
    fn run(
        &mut self,
        sound: Sound<'_>,
        (start, step, count): (f64, f64, usize),
        oversampling: f64,
        spacing: f64,
        read: impl Fn(ShortSignal, &Scale, &mut Worker, &mut [f32]) + Sync,
    ) -> Vec<f32> {
        let mut out = vec![0.0; self.frequencies_hz.len() * count];
        if count == 0 || self.frequencies_hz.is_empty() {
            return out;
        }
        let first = start.floor() as i64 - 1;
        let end = (start + step * count as f64).ceil() as i64 + 1;
        let span = (end - first) as usize;
        // Rounded, so that requests of nearly the same length share a plan.
        let rounded = plan::smooth_len(span);
        let fineness = Fineness { span: rounded, oversampling, spacing };
        let plan = match self.plan.take() {
            Some(plan) if plan.fineness == fineness => plan,
            _ => {
                let ScalogramSettings { wavelet, norm, .. } = self.settings;
                Plan::new(wavelet, norm, self.rate_hz, &self.frequencies_hz, fineness)
            }
        };
        let threads = if span * self.frequencies_hz.len() >= WORTH_SHARING { rayon::current_num_threads() } else { 1 };
        self.workers.resize_with(threads.max(self.workers.len()), Worker::default);
        for group in &plan.groups {
            self.run_group(group, sound, first..end, count, threads, &mut out, &read);
        }
        self.plan = Some(plan);
        out
    }

    fn run_group(
        &mut self,
        group: &Group,
        sound: Sound<'_>,
        stretch: std::ops::Range<i64>,
        count: usize,
        threads: usize,
        out: &mut [f32],
        read: &(impl Fn(ShortSignal, &Scale, &mut Worker, &mut [f32]) + Sync),
    ) {
        let Some(first_index) = group.scales.first().map(|scale| scale.index) else { return };
        let out = &mut out[first_index * count..(first_index + group.scales.len()) * count];
        self.input.resize(group.block, 0.0);
        self.spectrum.resize(group.block / 2 + 1, Complex::default());
        self.scratch.resize(group.forward.get_scratch_len(), Complex::default());
        let valid_len = (group.block - 2 * group.reach) as i64;
        let mut from = stretch.start;
        while from < stretch.end {
            let begin = from - group.reach as i64;
            let valid = from..from + valid_len;
            from += valid_len;
            if !cut_out(sound, begin, &mut self.input) {
                continue;
            }
            let (input, spectrum) = (&mut self.input[..], &mut self.spectrum[..]);
            // The lengths are those of the plan, so this cannot fail.
            if group.forward.process_with_scratch(input, spectrum, &mut self.scratch).is_err() {
                continue;
            }
            let spectrum = &*spectrum;
            let one = |scale: &Scale, worker: &mut Worker, out: &mut [f32]| {
                scale.to_time(spectrum, worker);
                let short = ShortSignal { begin, block: group.block, valid: valid.clone() };
                read(short, scale, worker, out);
            };
            if threads < 2 {
                let worker = &mut self.workers[0];
                for (scale, out) in group.scales.iter().zip(out.chunks_mut(count)) {
                    one(scale, worker, out);
                }
                continue;
            }
            // Dealt out in turn, so that each thread gets long and short ones.
            let mut hands: Vec<Vec<_>> = (0..threads).map(|_| Vec::new()).collect();
            for (at, pair) in group.scales.iter().zip(out.chunks_mut(count)).enumerate() {
                hands[at % threads].push(pair);
            }
            hands.into_par_iter().zip(self.workers.par_iter_mut()).for_each(|(hand, worker)| {
                for (scale, out) in hand {
                    one(scale, worker, out);
                }
            });
        }
    }
}

impl Scale {
    /// Leaves the short signal of this scale in `worker.short`.
    fn to_time(&self, spectrum: &[Complex<f32>], worker: &mut Worker) {
        let len = self.inverse.len();
        let short = &mut worker.short;
        short.resize(len, Complex::default());
        let bins = &spectrum[self.first_bin..self.first_bin + self.filter.len()];
        let weigh = |out: &mut [Complex<f32>], bins: &[Complex<f32>], filter: &[f32]| {
            for ((slot, x), w) in out.iter_mut().zip(bins).zip(filter) {
                *slot = Complex::new(x.re * w, x.im * w);
            }
        };
        if self.carrier < self.first_bin {
            // A real wavelet: bins stay where they are.
            short.fill(Complex::default());
            weigh(&mut short[self.first_bin..], bins, &self.filter);
        } else {
            let below = self.carrier - self.first_bin;
            let above = self.filter.len() - below;
            weigh(&mut short[..above], &bins[below..], &self.filter[below..]);
            short[above..len - below].fill(Complex::default());
            weigh(&mut short[len - below..], &bins[..below], &self.filter[..below]);
        }
        worker.scratch.resize(self.inverse.get_inplace_scratch_len(), Complex::default());
        self.inverse.process_with_scratch(short, &mut worker.scratch);
    }
}

/// Copies a stretch of sound; outside of it is silence. `false`: there is only silence.
fn cut_out(sound: Sound<'_>, begin: i64, out: &mut [f32]) -> bool {
    let sound_end = sound.first.saturating_add(sound.samples.len() as i64);
    let end = begin.saturating_add(out.len() as i64);
    let (from, to) = (begin.max(sound.first), end.min(sound_end));
    if from >= to {
        return false;
    }
    let inside = (from - begin) as usize..(to - begin) as usize;
    out[..inside.start].fill(0.0);
    out[inside.end..].fill(0.0);
    out[inside].copy_from_slice(&sound.samples[(from - sound.first) as usize..(to - sound.first) as usize]);
    true
}

/// Seconds before and after a moment that the transform at a frequency depends on.
pub(super) fn reach_secs(wavelet: Wavelet, hz: f64, rate_hz: f64) -> f64 {
    plan::reach_len(wavelet, hz, rate_hz) as f64 / rate_hz
}

/// Half-width of the cone of influence, seconds.
pub(super) fn cone_secs(wavelet: Wavelet, hz: f64) -> f64 {
    wavelet.cone() / hz
}
