//! Clips that are there twice.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rayon::prelude::*;
use realfft::num_complex::Complex;
use realfft::{ComplexToReal, RealFftPlanner};

use super::look::Look;

/// Clips that correlate at least so much come from one recording. Of the 692 pictures of GTZAN 45 pairs do (0.71 to 1), each
/// of one title by one artist in B. L. Sturm's index; the first pair that is not reaches 0.67. Excerpts of one recording
/// that overlap by less than half are not found.
pub const SIMILAR: f64 = 0.7;

/// Bands, and columns of the front end in one step: 0.18 s.
const BANDS: usize = 16;
const POOLED: usize = 2;
/// Steps that are compared at most: a minute from the middle.
const MOST_STEPS: usize = 336;
/// Fewer are too few to tell.
const FEWEST_STEPS: usize = 28;
/// Clips that are compared with each clip: those whose bands have the most similar means and spreads.
const NEIGHBOURS: usize = 60;
const STEP_SECS: f64 = 30.0 / 168.0;

/// Two clips of one recording, `a < b`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::ml) struct Pair {
    pub a: usize,
    pub b: usize,
    pub similarity: f64,
    pub shift_secs: f64,
}

/// Groups of clips whose sound or whose picture is the same.
pub(in crate::ml) fn exact(looks: &[Look]) -> Vec<Vec<usize>> {
    let mut groups: BTreeMap<(bool, u128), BTreeSet<usize>> = BTreeMap::new();
    for (clip, look) in looks.iter().enumerate() {
        for (sound, hash) in [(true, look.sound_hash), (false, look.picture_hash)] {
            if let Some(hash) = hash {
                groups.entry((sound, hash)).or_default().insert(clip);
            }
        }
    }
    let mut merged: Vec<BTreeSet<usize>> = Vec::new();
    for mut group in groups.into_values().filter(|group| group.len() > 1) {
        // Sound and picture of the same clips make one group.
        let (touched, apart) = merged.into_iter().partition(|known: &BTreeSet<usize>| !known.is_disjoint(&group));
        let touched: Vec<BTreeSet<usize>> = touched;
        merged = apart;
        touched.into_iter().for_each(|known| group.extend(known));
        merged.push(group);
    }
    let mut groups: Vec<Vec<usize>> = merged.into_iter().map(|group| group.into_iter().collect()).collect();
    groups.sort();
    groups
}

/// Levels of few bands without what is loud altogether and what a band always has, so that neither gain nor filters matter.
struct Print {
    steps: usize,
    /// Of each band.
    spectra: Vec<Vec<Complex<f32>>>,
    /// Sum of squares before each step.
    energy: Vec<f32>,
    /// Mean and spread of each band.
    summary: Vec<f32>,
}

/// Pairs above [`SIMILAR`], the most similar first, without those in `exact`.
pub(in crate::ml) fn similar(looks: &[Look], exact: &[Vec<usize>]) -> Vec<Pair> {
    let same = |a: usize, b: usize| exact.iter().any(|group| group.contains(&a) && group.contains(&b));
    let fft_len = 2 * MOST_STEPS.next_power_of_two();
    let mut planner = RealFftPlanner::<f32>::new();
    let forward = planner.plan_fft_forward(fft_len);
    let inverse = planner.plan_fft_inverse(fft_len);
    let prints: Vec<Option<Print>> = looks.par_iter().map(|look| Print::new(look, &*forward)).collect();
    let known: Vec<usize> = (0..prints.len()).filter(|clip| prints[*clip].is_some()).collect();
    let scale = scales(prints.iter().flatten());
    let mut candidates: Vec<(usize, usize)> = known
        .par_iter()
        .flat_map_iter(|a| {
            let far = |b: &usize| match (&prints[*a], &prints[*b]) {
                (Some(x), Some(y)) => {
                    let terms = x.summary.iter().zip(&y.summary).zip(&scale);
                    terms.map(|((x, y), scale)| ((x - y) / scale).powi(2)).sum::<f32>()
                }
                _ => f32::INFINITY,
            };
            let mut others: Vec<(f32, usize)> = known.iter().filter(|b| *b != a).map(|b| (far(b), *b)).collect();
            let count = NEIGHBOURS.min(others.len());
            if count > 0 {
                others.select_nth_unstable_by(count - 1, |x, y| x.0.total_cmp(&y.0));
            }
            others.into_iter().take(count).map(|(_, b)| (*a.min(&b), *a.max(&b))).collect::<Vec<_>>()
        })
        .collect();
    candidates.sort_unstable();
    candidates.dedup();
    let mut pairs: Vec<Pair> = candidates
        .into_par_iter()
        .filter(|(a, b)| !same(*a, *b))
        .filter_map(|(a, b)| {
            let (similarity, shift) = best_shift(prints[a].as_ref()?, prints[b].as_ref()?, &inverse, fft_len)?;
            (similarity >= SIMILAR).then_some(Pair { a, b, similarity, shift_secs: shift as f64 * STEP_SECS })
        })
        .collect();
    pairs.sort_by(|x, y| y.similarity.total_cmp(&x.similarity).then((x.a, x.b).cmp(&(y.a, y.b))));
    pairs
}

/// The spread of each number of the summaries.
fn scales<'a>(prints: impl Iterator<Item = &'a Print>) -> Vec<f32> {
    let rows: Vec<&Vec<f32>> = prints.map(|print| &print.summary).collect();
    let count = rows.len().max(1) as f32;
    (0..2 * BANDS)
        .map(|i| {
            let mean = rows.iter().map(|row| row[i]).sum::<f32>() / count;
            (rows.iter().map(|row| (row[i] - mean).powi(2)).sum::<f32>() / count).sqrt().max(1e-6)
        })
        .collect()
}

impl Print {
    fn new(look: &Look, fft: &dyn realfft::RealToComplex<f32>) -> Option<Self> {
        let grid = look.grid.as_ref()?.pooled(BANDS, POOLED);
        let first = grid.columns.saturating_sub(MOST_STEPS) / 2;
        let steps = grid.columns.min(MOST_STEPS);
        if steps < FEWEST_STEPS {
            return None;
        }
        let mut levels = grid.levels[first * BANDS..(first + steps) * BANDS].to_vec();
        let mean_of = |levels: &[f32], band: usize| levels.iter().skip(band).step_by(BANDS).sum::<f32>() / steps as f32;
        let mut summary: Vec<f32> = (0..BANDS).map(|band| mean_of(&levels, band)).collect();
        for band in 0..BANDS {
            let squares = levels.iter().skip(band).step_by(BANDS).map(|x| (x - summary[band]).powi(2)).sum::<f32>();
            summary.push((squares / steps as f32).sqrt());
        }
        for column in levels.chunks_exact_mut(BANDS) {
            let mean = column.iter().sum::<f32>() / BANDS as f32;
            column.iter_mut().for_each(|x| *x -= mean);
        }
        let means: Vec<f32> = (0..BANDS).map(|band| mean_of(&levels, band)).collect();
        let mut energy = vec![0.0f32];
        for column in levels.chunks_exact_mut(BANDS) {
            column.iter_mut().zip(&means).for_each(|(x, mean)| *x -= mean);
            energy.push(energy.last().copied().unwrap_or(0.0) + column.iter().map(|x| x * x).sum::<f32>());
        }
        // Silence and steady tones have nothing to compare.
        if energy.last().is_none_or(|energy| *energy < 1e-3 * steps as f32) {
            return None;
        }
        let mut spectra = Vec::with_capacity(BANDS);
        for band in 0..BANDS {
            let mut input = fft.make_input_vec();
            input.iter_mut().zip(levels.iter().skip(band).step_by(BANDS)).for_each(|(x, level)| *x = *level);
            let mut spectrum = fft.make_output_vec();
            fft.process(&mut input, &mut spectrum).ok()?;
            spectra.push(spectrum);
        }
        Some(Self { steps, spectra, energy, summary })
    }
}

/// The highest correlation of all shifts at which at least half of the shorter clip overlaps, and that shift of `a`.
fn best_shift(a: &Print, b: &Print, inverse: &Arc<dyn ComplexToReal<f32>>, fft_len: usize) -> Option<(f64, isize)> {
    let mut product = inverse.make_input_vec();
    for (x, y) in a.spectra.iter().zip(&b.spectra) {
        for ((sum, x), y) in product.iter_mut().zip(x).zip(y) {
            *sum += x * y.conj();
        }
    }
    // Exactly real, whatever the rounding.
    for at in [0, fft_len / 2] {
        product[at].im = 0.0;
    }
    let mut sums = inverse.make_output_vec();
    inverse.process(&mut product, &mut sums).ok()?;
    let least = a.steps.min(b.steps).div_ceil(2);
    let mut best: Option<(f64, isize)> = None;
    for shift in -(b.steps as isize) + 1..a.steps as isize {
        let (from_a, from_b) = (shift.max(0) as usize, (-shift).max(0) as usize);
        let overlap = (a.steps - from_a).min(b.steps - from_b);
        if overlap < least {
            continue;
        }
        let energy_a = a.energy[from_a + overlap] - a.energy[from_a];
        let energy_b = b.energy[from_b + overlap] - b.energy[from_b];
        let sum = sums[shift.rem_euclid(fft_len as isize) as usize] / fft_len as f32;
        // A nearly silent overlap would correlate by chance.
        let quiet = energy_a < 0.1 * overlap as f32 / a.steps as f32 * a.energy[a.steps]
            || energy_b < 0.1 * overlap as f32 / b.steps as f32 * b.energy[b.steps];
        let similarity = f64::from(sum) / f64::from(energy_a * energy_b).sqrt().max(1e-12);
        if !quiet && best.is_none_or(|(found, _)| similarity > found) {
            best = Some((similarity, shift));
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::super::look::Look;
    use super::*;
    use crate::ml::features::log_mel::Grid;
    use crate::ml::nn::rng::Rng;

    /// 400 columns of noise that is smooth over frequency.
    fn levels(seed: u64) -> Vec<f32> {
        let mut rng = Rng::new(seed);
        (0..400 * 16).flat_map(|_| [rng.uniform() as f32 * 0.8; 8]).collect()
    }

    fn clip(levels: &[f32], from: usize, gain: f32) -> Look {
        let levels: Vec<f32> = levels[from * 128..(from + 336) * 128].iter().map(|x| x + gain).collect();
        Look { grid: Some(Grid { columns: 336, bands: 128, levels }), ..Look::default() }
    }

    #[test]
    fn a_recording_is_found_again_shifted_and_louder_and_others_are_not() {
        let (one, other) = (levels(1), levels(2));
        let mut looks = vec![clip(&one, 0, 0.0), clip(&other, 0, 0.0), clip(&one, 60, 0.1), clip(&levels(3), 0, 0.0)];
        looks.push(Look::default());
        let found = similar(&looks, &[]);
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!((found[0].a, found[0].b), (0, 2));
        assert!(found[0].similarity > 0.95 && (found[0].shift_secs - 60.0 * 30.0 / 336.0).abs() < 0.1, "{found:?}");
        assert_eq!(similar(&looks, &[vec![0, 2]]), []);
        assert_eq!(similar(&[], &[]), []);
    }

    #[test]
    fn equal_sound_or_pixels_make_a_group() {
        let look = |sound, picture| Look { sound_hash: sound, picture_hash: picture, ..Look::default() };
        let looks = [
            look(Some(1), Some(7)),
            look(Some(2), None),
            look(Some(1), Some(7)),
            look(None, Some(7)),
            look(None, None),
        ];
        assert_eq!(exact(&looks), [vec![0, 2, 3]]);
        assert_eq!(exact(&looks[..2]), Vec::<Vec<usize>>::new());
    }
}
