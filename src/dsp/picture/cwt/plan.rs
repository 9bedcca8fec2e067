//! What is worked out before any sound comes: blocks, bands, filters and Fourier plans.

use std::sync::Arc;

use realfft::{RealFftPlanner, RealToComplex};
use rustfft::{Fft, FftPlanner};

use super::super::settings::{Norm, Wavelet};

/// A block has at least this many samples when the sound is long.
pub(super) const LONG_BLOCK: usize = 1 << 16;
/// Samples beside those of the wavelet itself, for the ringing of a band that ends at half of the sample rate.
const MARGIN: usize = 64;
/// Above this share of half of the rate filters are faded out, so that nothing rings.
const FADE_FROM: f64 = 0.9;
/// White noise has the same height in L1 and L2 here.
const L2_REFERENCE_HZ: f64 = 1000.0;

/// One scale of a group.
pub(super) struct Scale {
    /// Its place among the frequencies of the transform.
    pub(super) index: usize,
    /// The first bin of its band.
    pub(super) first_bin: usize,
    /// Its filter, a weight for each bin of the band.
    pub(super) filter: Vec<f32>,
    /// The bin that becomes frequency 0 of the short signal: its own for a complex wavelet, 0 for a real one.
    pub(super) carrier: usize,
    /// Of a real wavelet: the weights that make its value of the short signal.
    real: Option<(f32, f32)>,
    /// Back to time, at the length that covers the band.
    pub(super) inverse: Arc<dyn Fft<f32>>,
}

/// Neighbouring scales that share their blocks of sound.
pub(super) struct Group {
    /// Samples in a block.
    pub(super) block: usize,
    /// Samples at either end of a block in which the block's end is felt.
    pub(super) reach: usize,
    pub(super) forward: Arc<dyn RealToComplex<f32>>,
    pub(super) scales: Vec<Scale>,
}

/// How finely the transform is wanted.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Fineness {
    /// Samples of sound that a request spans.
    pub(super) span: usize,
    /// The short signals are at least this many times longer than their bands ask for.
    pub(super) oversampling: f64,
    /// The widest distance of their samples, in samples of sound.
    pub(super) spacing: f64,
}

/// Plans for a set of rising frequencies.
pub(super) struct Plan {
    pub(super) fineness: Fineness,
    pub(super) groups: Vec<Group>,
}

/// Samples before and after a moment that a scale's value there depends on.
pub(super) fn reach_len(wavelet: Wavelet, hz: f64, rate_hz: f64) -> usize {
    (wavelet.half_length() * rate_hz / hz).ceil() as usize + MARGIN
}

impl Plan {
    pub(super) fn new(wavelet: Wavelet, norm: Norm, rate_hz: f64, frequencies_hz: &[f32], fineness: Fineness) -> Self {
        let mut planners = (RealFftPlanner::new(), FftPlanner::new());
        let mut groups: Vec<Group> = Vec::new();
        for (index, hz) in frequencies_hz.iter().enumerate() {
            let hz = f64::from(*hz);
            let reach = reach_len(wavelet, hz, rate_hz);
            let block = block_len(reach, fineness.span);
            // A shorter block is worth another transform of the sound only when it is much shorter.
            if groups.last().is_none_or(|group| block * 5 < group.block * 3) {
                let forward = planners.0.plan_fft_forward(block);
                groups.push(Group { block, reach, forward, scales: Vec::new() });
            }
            if let Some(group) = groups.last_mut() {
                let scale = Scale::new(wavelet, norm, rate_hz, hz, index, group.block, fineness, &mut planners.1);
                group.scales.push(scale);
            }
        }
        Self { fineness, groups }
    }
}

impl Scale {
    fn new(
        wavelet: Wavelet,
        norm: Norm,
        rate_hz: f64,
        hz: f64,
        index: usize,
        block: usize,
        fineness: Fineness,
        planner: &mut FftPlanner<f32>,
    ) -> Self {
        let bin_hz = rate_hz / block as f64;
        let nyquist = block as f64 / 2.0;
        let (low, high) = wavelet.band();
        let own = hz / bin_hz;
        let first_bin = ((low * own).floor().max(1.0) as usize).min(block / 2);
        let end_bin = ((high * own).ceil().min(nyquist) as usize).max(first_bin) + 1;
        let height = match norm {
            Norm::L1 => 1.0,
            Norm::L2 => (L2_REFERENCE_HZ / hz).sqrt(),
        };
        // Twice, as only one of the two mirror images is kept.
        let gain = 2.0 * height / block as f64;
        let filter = (first_bin..end_bin)
            .map(|bin| (gain * wavelet.response(bin as f64 / own) * fade(bin as f64 / nyquist)) as f32)
            .collect();
        let carrier = if wavelet.is_real() { 0 } else { (own.round() as usize).clamp(first_bin, end_bin - 1) };
        // The real part of a short signal has both mirror images of the band, and its peaks are as narrow as its waves.
        let covered = if wavelet.is_real() { 4.0 * end_bin as f64 } else { (end_bin - first_bin) as f64 };
        let widest = block as f64 / fineness.spacing.max(0.5);
        // Where few samples meet a column, its edges fall between them and count too.
        let finer = if covered < 16.0 * widest { 1.5 } else { 1.0 };
        let least = (covered * fineness.oversampling * finer).max(widest);
        let inverse = planner.plan_fft_inverse(smooth_len(least.ceil() as usize));
        let real = wavelet.is_real().then(|| wavelet.real_part());
        Self { index, first_bin, filter, carrier, real, inverse }
    }
}

impl Scale {
    /// Of a real wavelet: the weights of the real and the imaginary part that make its value of the short signal.
    pub(super) fn real_part(&self) -> Option<(f32, f32)> {
        self.real
    }
}

/// A weight that falls from 1 to 0 below half of the sample rate.
fn fade(share_of_nyquist: f64) -> f64 {
    let along = (share_of_nyquist - FADE_FROM) / (1.0 - FADE_FROM);
    if along <= 0.0 { 1.0 } else { 0.5 + 0.5 * (std::f64::consts::PI * along.min(1.0)).cos() }
}

/// Long enough that the ends of a block cost little, no longer than the request needs.
fn block_len(reach: usize, span: usize) -> usize {
    let whole = smooth_len(span.saturating_add(2 * reach));
    let long = LONG_BLOCK.max(smooth_len(8 * reach));
    let block = whole.min(long);
    block.next_multiple_of(2)
}

/// The next length whose Fourier transform is fast.
pub(super) fn smooth_len(least: usize) -> usize {
    let least = least.max(8);
    let power = least.next_power_of_two();
    // 9/16, 5/8, 3/4, 7/8 (of a power of two) and the power itself.
    [(9, 16), (5, 8), (3, 4), (7, 8), (1, 1)]
        .into_iter()
        .map(|(up, down)| power * up / down)
        .find(|len| *len >= least && *len * 16 % power == 0 && len % 2 == 0)
        .unwrap_or(power)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_smooth_and_close() {
        for least in [1, 8, 9, 100, 1000, 4097, 99_999] {
            let len = smooth_len(least);
            assert!(len >= least && len.is_multiple_of(2));
            assert!(least < 64 || (len as f64) < least as f64 * 1.2, "{least} {len}");
            let mut rest = len;
            for factor in [2, 3, 5, 7] {
                while rest.is_multiple_of(factor) {
                    rest /= factor;
                }
            }
            assert_eq!(rest, 1);
        }
    }

    #[test]
    fn long_sound_has_one_group_and_short_sound_shorter_blocks_for_higher_scales() {
        let frequencies: Vec<f32> = (0..128).map(|i| 40.0 * 250f32.powf(i as f32 / 127.0)).collect();
        let plan = |span| {
            let fineness = Fineness { span, oversampling: 1.0, spacing: 500.0 };
            Plan::new(Wavelet::default(), Norm::L1, 22_050.0, &frequencies, fineness)
        };
        assert_eq!(plan(661_500).groups.len(), 1);
        let short = plan(800);
        assert!(short.groups.len() > 3);
        assert!(short.groups.windows(2).all(|pair| pair[0].block > pair[1].block));
        assert_eq!(short.groups.iter().map(|group| group.scales.len()).sum::<usize>(), 128);
    }
}
