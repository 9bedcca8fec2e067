//! Joint time-frequency wavelet scattering of the log-mel grid (J. Andén, V. Lostanlen and S. Mallat, *Joint time-frequency
//! scattering*, IEEE Transactions on Signal Processing 67, 2019), first order: the grid is filtered by two-dimensional Morlet
//! wavelets, each tuned to a rate (changes over time) and a scale (changes over the bands) and, by its sign, to rising or
//! falling patterns; what stays is the mean modulus of each in sixteen groups of bands, as a logarithm.
//!
//! The mean over time makes it blind to when something happens; the wavelets keep how it pulses, glides and is spaced.

use std::sync::LazyLock;

use rustfft::num_complex::Complex32;
use rustfft::{Fft, FftPlanner};
use std::sync::Arc;

use super::log_mel::{BANDS, COLUMNS, Grid};
use crate::ml::features::Features;
use crate::ml::networks::input::SCATTERING_FEATURES;

/// Rates, cycles a column; a column is 30/336 s: from 4.5 Hz down to 0.14 Hz.
const RATES: [f32; 6] = [0.4, 0.2, 0.1, 0.05, 0.025, 0.0125];
/// Scales, cycles a band.
const SCALES: [f32; 4] = [0.35, 0.18, 0.09, 0.045];
/// Waves under the wavelets' envelope, as the width of a Gaussian in the frequency's own units.
const SHARPNESS: f32 = 2.5;
/// Padded by reflection, so that the ends do not look like beginnings.
const PADDED_BANDS: usize = 256;
const PADDED_COLUMNS: usize = 384;
/// Groups of bands whose means are kept.
const GROUPS: usize = 16;
/// Added before the logarithm.
const FLOOR: f32 = 1e-3;
/// Windows of one clip's length that are taken of a long sound at most.
const MOST_WINDOWS: usize = 8;
/// Values of a window: 6 rates, each with no scale or with one of 4 in 2 directions; 4 scales without rate.
pub const FEATURES: usize = (RATES.len() * (1 + 2 * SCALES.len()) + SCALES.len()) * GROUPS;
// The networks take just this many.
const _: () = assert!(FEATURES == SCATTERING_FEATURES);

/// One wavelet: its gain at each frequency over time, and over the bands; `None`: all pass.
struct Path {
    time: Option<Vec<f32>>,
    bands: Option<Vec<f32>>,
}

struct Plan {
    paths: Vec<Path>,
    bands: Arc<dyn Fft<f32>>,
    bands_back: Arc<dyn Fft<f32>>,
    time: Arc<dyn Fft<f32>>,
    /// By length.
    time_back: Vec<(usize, Arc<dyn Fft<f32>>)>,
}

static PLAN: LazyLock<Plan> = LazyLock::new(|| {
    let mut paths = Vec::new();
    for rate in RATES {
        paths.push(Path { time: Some(morlet(PADDED_COLUMNS, rate)), bands: None });
        for scale in SCALES {
            for sign in [1.0, -1.0] {
                let bands = Some(morlet(PADDED_BANDS, sign * scale));
                paths.push(Path { time: Some(morlet(PADDED_COLUMNS, rate)), bands });
            }
        }
    }
    paths.extend(SCALES.map(|scale| Path { time: None, bands: Some(morlet(PADDED_BANDS, scale)) }));
    let mut planner = FftPlanner::new();
    Plan {
        paths,
        bands: planner.plan_fft_forward(PADDED_BANDS),
        bands_back: planner.plan_fft_inverse(PADDED_BANDS),
        time: planner.plan_fft_forward(PADDED_COLUMNS),
        time_back: [48, 96, 192, 384].map(|length| (length, planner.plan_fft_inverse(length))).to_vec(),
    }
});

/// The gain of a Morlet wavelet at the frequencies of a Fourier transform of `length`: one at `frequency` (cycles a step), none
/// on the other side of zero.
fn morlet(length: usize, frequency: f32) -> Vec<f32> {
    let gain = |bin: usize| {
        let signed = if bin < length.div_ceil(2) { bin as f32 } else { bin as f32 - length as f32 };
        let at = signed / length as f32;
        if at * frequency <= 0.0 {
            return 0.0;
        }
        (-(at / frequency - 1.0).powi(2) * SHARPNESS * SHARPNESS / 2.0).exp()
    };
    (0..length).map(gain).collect()
}

/// `[windows, 928]` of a grid: windows of 30 s, evenly spread; a shorter grid is repeated.
pub(in crate::ml) fn features(grid: &Grid) -> Features {
    let windows = grid.columns.div_ceil(COLUMNS).clamp(1, MOST_WINDOWS);
    let room = grid.columns.saturating_sub(COLUMNS);
    let mut values = Vec::with_capacity(windows * FEATURES);
    for window in 0..windows {
        let start = if windows > 1 { room * window / (windows - 1) } else { 0 };
        let column = |i: usize| (start + i) % grid.columns.max(1) * grid.bands;
        let levels: Vec<f32> =
            (0..COLUMNS).flat_map(|i| grid.levels[column(i)..column(i) + grid.bands].iter().copied()).collect();
        values.extend(scatter(&levels));
    }
    Features::from_f32(&[windows, FEATURES], &values)
}

/// Position that reflection puts at `i`.
fn reflect(i: usize, length: usize) -> usize {
    let at = i % (2 * (length - 1));
    if at < length { at } else { 2 * (length - 1) - at }
}

/// Of levels `[336, 128]`.
fn scatter(levels: &[f32]) -> Vec<f32> {
    let plan = &*PLAN;
    let mean = levels.iter().sum::<f32>() / levels.len().max(1) as f32;
    // `[padded columns, padded bands]`, transformed over the bands, then turned and transformed over time.
    let mut columns: Vec<Complex32> = Vec::with_capacity(PADDED_COLUMNS * PADDED_BANDS);
    for column in 0..PADDED_COLUMNS {
        let row = &levels[reflect(column, COLUMNS) * BANDS..][..BANDS];
        columns.extend((0..PADDED_BANDS).map(|band| Complex32::new(row[reflect(band, BANDS)] - mean, 0.0)));
    }
    plan.bands.process(&mut columns);
    let mut spectrum = vec![Complex32::default(); columns.len()];
    for (column, row) in columns.chunks_exact(PADDED_BANDS).enumerate() {
        for (band, value) in row.iter().enumerate() {
            spectrum[band * PADDED_COLUMNS + column] = *value;
        }
    }
    plan.time.process(&mut spectrum);
    plan.paths.iter().flat_map(|path| path_means(plan, path, &spectrum)).collect()
}

/// The logarithm of the mean modulus behind one wavelet, in each group of bands.
fn path_means(plan: &Plan, path: &Path, spectrum: &[Complex32]) -> Vec<f32> {
    // Only the rates that the wavelet lets through, moved to zero: the modulus does not change, and few columns are enough.
    let passes = |gain: &f32| *gain > 1e-3;
    let (low, high) = match &path.time {
        Some(gain) => {
            let low = gain.iter().position(passes).unwrap_or(0);
            (low, gain.iter().rposition(passes).map_or(PADDED_COLUMNS, |last| last + 1))
        }
        None => (0, PADDED_COLUMNS),
    };
    let whole = plan.time_back.last();
    let Some((length, time_back)) = plan.time_back.iter().find(|(length, _)| *length >= high - low).or(whole) else {
        return vec![0.0; GROUPS];
    };
    let mut rows = vec![Complex32::default(); PADDED_BANDS * length];
    for (band, row) in rows.chunks_exact_mut(*length).enumerate() {
        let band_gain = path.bands.as_ref().map_or(1.0, |gain| gain[band]);
        if band_gain == 0.0 {
            continue;
        }
        for (out, bin) in row.iter_mut().zip(low..high) {
            let gain = path.time.as_ref().map_or(1.0, |gain| gain[bin]) * band_gain;
            *out = spectrum[band * PADDED_COLUMNS + bin] * gain;
        }
    }
    time_back.process(&mut rows);
    let scale = 1.0 / (PADDED_BANDS * PADDED_COLUMNS) as f32;
    let kept = length * COLUMNS / PADDED_COLUMNS;
    let (mut sums, mut column) = (vec![0.0f32; GROUPS], vec![Complex32::default(); PADDED_BANDS]);
    for time in 0..kept {
        for (band, value) in column.iter_mut().enumerate() {
            *value = rows[band * length + time];
        }
        plan.bands_back.process(&mut column);
        for (sum, group) in sums.iter_mut().zip(column[..BANDS].chunks_exact(BANDS / GROUPS)) {
            *sum += group.iter().map(|value| value.norm()).sum::<f32>();
        }
    }
    let count = (kept * BANDS / GROUPS) as f32;
    sums.into_iter().map(|sum| (sum * scale / count + FLOOR).ln()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A grid whose level waves along time and bands, from a column on.
    fn wave(rate: f32, scale: f32, from: usize) -> Vec<f32> {
        let mut levels = Vec::new();
        for column in from..from + COLUMNS {
            for band in 0..BANDS {
                let phase = std::f32::consts::TAU * (rate * column as f32 + scale * band as f32);
                levels.push(0.5 + 0.4 * phase.cos());
            }
        }
        levels
    }

    /// The path with the largest mean, of all or of those that have both a rate and a scale.
    fn strongest(levels: &[f32], joint: bool) -> usize {
        let values = scatter(levels);
        assert_eq!(values.len(), FEATURES);
        let sums: Vec<f32> = values.chunks_exact(GROUPS).map(|path| path.iter().map(|x| x.exp()).sum()).collect();
        // For each rate one path without scale comes first; the paths without rate come last.
        let of = (0..sums.len()).filter(|path| !joint || (path % 9 != 0 && *path < RATES.len() * 9));
        of.max_by(|a, b| sums[*a].total_cmp(&sums[*b])).unwrap()
    }

    #[test]
    fn each_wavelet_answers_to_its_own_pattern() {
        assert_eq!(strongest(&wave(0.1, 0.0, 0), false), 2 * 9);
        assert_eq!(strongest(&wave(0.0, 0.09, 0), false), 6 * 9 + 2);
        assert_eq!(strongest(&wave(0.1, 0.18, 0), true), 2 * 9 + 3);
        assert_eq!(strongest(&wave(0.1, -0.18, 0), true), 2 * 9 + 4);
    }

    #[test]
    fn time_does_not_matter_and_short_sound_is_repeated() {
        // Half a wave later.
        let (now, later) = (scatter(&wave(0.05, 0.09, 0)), scatter(&wave(0.05, 0.09, 10)));
        for (a, b) in now.iter().zip(&later) {
            assert!((a - b).abs() < 1e-2, "{a} {b}");
        }
        let grid = Grid { columns: 20, bands: BANDS, levels: vec![0.5; 20 * BANDS] };
        assert_eq!(features(&grid).shape, [1, FEATURES]);
        let grid = Grid { columns: 1000, bands: BANDS, levels: vec![0.5; 1000 * BANDS] };
        assert_eq!(features(&grid).shape, [3, FEATURES]);
    }
}
