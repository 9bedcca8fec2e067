//! Examples and batches: what is cut from clips, how it is varied, what the network should say to it.

use std::collections::BTreeMap;
use std::sync::Arc;

use candle_core::{Device, Tensor};
use serde::{Deserialize, Serialize};

use crate::ml::error::MlError;
use crate::ml::features::Features;
use crate::ml::features::windows::window_starts;
use crate::ml::networks::input::{FrontEnd, Input};
use crate::ml::nn::rng::Rng;

/// A clip as the network takes it.
#[derive(Clone, Debug)]
pub struct Example {
    /// Index of its genre.
    pub label: usize,
    /// One an input, in the network's order; only optional ones may be missing.
    pub inputs: Vec<Option<Arc<Features>>>,
}

/// How examples are varied while training.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Augmentation {
    /// Parameter of the beta distribution that mixes two examples (H. Zhang et al., *mixup*, 2018); 0: none are mixed.
    pub mixup: f64,
    /// Largest share of the bands that is blanked (D. Park et al., *SpecAugment*, 2019).
    pub mask_bands: f64,
    /// Largest share of the time that is blanked.
    pub mask_time: f64,
    /// Louder or softer by at most this, in dB.
    pub gain_db: f64,
}

impl Default for Augmentation {
    fn default() -> Self {
        Self { mixup: 0.0, mask_bands: 0.0, mask_time: 0.0, gain_db: 0.0 }
    }
}

/// One batch, ready for [`RawBatch::tensors`].
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RawBatch {
    inputs: Vec<(Vec<usize>, Vec<f32>)>,
    /// For each example the share of each label, `[n, labels]`.
    pub targets: Vec<f32>,
    /// For each example the label that counts most.
    pub labels: Vec<usize>,
}

/// Cuts and mixes.
#[derive(Clone, Copy)]
pub struct BatchMaker<'a> {
    /// All clips.
    pub examples: &'a [Example],
    /// What the network takes.
    pub inputs: &'a [Input],
    /// Number of labels.
    pub labels: usize,
}

impl BatchMaker<'_> {
    /// A batch for training: random windows, varied and mixed.
    pub fn training(&self, clips: &[usize], how: &Augmentation, rng: &mut Rng) -> RawBatch {
        let mut batch = RawBatch::default();
        for (i, input) in self.inputs.iter().enumerate() {
            let mut values = Vec::new();
            let mut shape = Vec::new();
            for &clip in clips {
                let mut example = match &self.examples[clip].inputs[i] {
                    Some(features) => {
                        let start = rng.below(room(features, *input) + 1);
                        cut(features, *input, start)
                    }
                    None => Vec::new(),
                };
                // Bands and times can be blanked where there are such axes.
                if input.window.is_some_and(|window| window > 1) && !example.is_empty() {
                    vary(&mut example, width(&self.examples[clip].inputs[i]), input.front_end, how, rng);
                }
                if shape.is_empty() {
                    shape = self.shape(i);
                    values.reserve(clips.len() * shape.iter().product::<usize>());
                }
                push_or_zero(&mut values, example, &shape);
            }
            batch.inputs.push((shape, values));
        }
        self.push_presence(clips, &mut batch);
        for &clip in clips {
            let label = self.examples[clip].label;
            batch.labels.push(label);
            batch.targets.extend((0..self.labels).map(|l| if l == label { 1.0 } else { 0.0 }));
        }
        if how.mixup > 0.0 {
            self.mix(clips, &mut batch, how.mixup, rng);
        }
        batch
    }

    /// Windows for judging: `(clip, window of this many)` each.
    pub fn judging(&self, windows: &[(usize, usize, usize)]) -> RawBatch {
        let mut batch = RawBatch::default();
        for (i, input) in self.inputs.iter().enumerate() {
            let shape = self.shape(i);
            let mut values = Vec::with_capacity(windows.len() * shape.iter().product::<usize>());
            for &(clip, window, of) in windows {
                let example = match &self.examples[clip].inputs[i] {
                    Some(features) => {
                        let room = room(features, *input);
                        cut(features, *input, if of > 1 { room * window / (of - 1) } else { room / 2 })
                    }
                    None => Vec::new(),
                };
                push_or_zero(&mut values, example, &shape);
            }
            batch.inputs.push((shape, values));
        }
        let clips: Vec<usize> = windows.iter().map(|window| window.0).collect();
        self.push_presence(&clips, &mut batch);
        batch
    }

    /// One window of each clip.
    pub fn first_windows(&self, clips: &[usize]) -> RawBatch {
        self.judging(&clips.iter().map(|clip| (*clip, 0, 1)).collect::<Vec<_>>())
    }

    /// Windows of a clip that are worth judging, at most `most`: they overlap by half.
    pub fn windows(&self, clip: usize, most: usize) -> usize {
        let counts = self.inputs.iter().zip(&self.examples[clip].inputs).map(|(input, features)| match features {
            Some(features) => match input.window {
                Some(window) => window_starts(features.shape.first().copied().unwrap_or(0), window, most).len(),
                None => 1,
            },
            None => 1,
        });
        counts.max().unwrap_or(1)
    }

    /// Shape of one example of an input, by the first clip that has it.
    fn shape(&self, input: usize) -> Vec<usize> {
        let features = self.examples.iter().find_map(|example| example.inputs[input].as_ref());
        let mut shape = features.map(|features| features.shape.clone()).unwrap_or_default();
        if let (Some(window), Some(first)) = (self.inputs[input].window, shape.first_mut()) {
            *first = window;
        }
        shape
    }

    fn push_presence(&self, clips: &[usize], batch: &mut RawBatch) {
        if self.inputs.iter().any(|input| input.optional) {
            let there =
                |clip: &usize| self.examples[*clip].inputs.iter().map(|input| if input.is_some() { 1.0 } else { 0.0 });
            batch.inputs.push((vec![self.inputs.len()], clips.iter().flat_map(there).collect()));
        }
    }

    /// Each example with one of those that have the same inputs: the one half their number further on.
    fn mix(&self, clips: &[usize], batch: &mut RawBatch, alpha: f64, rng: &mut Rng) {
        let n = batch.labels.len();
        let mut groups: BTreeMap<Vec<bool>, Vec<usize>> = BTreeMap::new();
        for (i, clip) in clips.iter().enumerate() {
            let there = self.examples[*clip].inputs.iter().map(Option::is_some).collect();
            groups.entry(there).or_default().push(i);
        }
        let mut partners = vec![0; n];
        for group in groups.values() {
            for (place, i) in group.iter().enumerate() {
                partners[*i] = group[(place + group.len() / 2) % group.len()];
            }
        }
        let shares: Vec<f32> = (0..n)
            .map(|_| {
                let share = beta(alpha, rng);
                share.max(1.0 - share) as f32
            })
            .collect();
        let mixed = |values: &[f32]| {
            let each = values.len() / n.max(1);
            let mut out = Vec::with_capacity(values.len());
            for i in 0..n {
                let (a, b) = (&values[i * each..(i + 1) * each], &values[partners[i] * each..(partners[i] + 1) * each]);
                out.extend(a.iter().zip(b).map(|(a, b)| shares[i] * a + (1.0 - shares[i]) * b));
            }
            out
        };
        for (_, values) in &mut batch.inputs {
            *values = mixed(values);
        }
        batch.targets = mixed(&batch.targets);
    }
}

impl RawBatch {
    /// Shape of one example of an input.
    pub fn shape(&self, input: usize) -> &[usize] {
        &self.inputs[input].0
    }

    /// The values of an input.
    pub fn values(&self, input: usize) -> &[f32] {
        &self.inputs[input].1
    }

    /// The same batch this many times.
    #[must_use]
    pub fn repeated(&self, times: usize) -> Self {
        let inputs = self.inputs.iter().map(|(shape, values)| (shape.clone(), values.repeat(times)));
        Self { inputs: inputs.collect(), targets: self.targets.repeat(times), labels: self.labels.repeat(times) }
    }

    /// The same with other values of an input.
    #[must_use]
    pub fn with_values(mut self, input: usize, values: Vec<f32>) -> Self {
        self.inputs[input].1 = values;
        self
    }

    /// The inputs as tensors `[n, ...]` on a device.
    ///
    /// # Errors
    /// When memory is short.
    pub fn tensors(&self, device: &Device) -> Result<Vec<Tensor>, MlError> {
        let tensor = |(shape, values): &(Vec<usize>, Vec<f32>)| {
            let each = shape.iter().product::<usize>().max(1);
            let mut dims = vec![values.len() / each];
            dims.extend(shape);
            Ok(Tensor::from_slice(values, dims, device)?)
        };
        self.inputs.iter().map(tensor).collect()
    }
}

fn push_or_zero(values: &mut Vec<f32>, example: Vec<f32>, shape: &[usize]) {
    if example.is_empty() {
        values.resize(values.len() + shape.iter().product::<usize>(), 0.0);
    } else {
        values.extend(example);
    }
}

/// Values of one frame.
fn width(features: &Option<Arc<Features>>) -> usize {
    features.as_ref().map_or(1, |features| features.shape.iter().skip(1).product::<usize>().max(1))
}

/// Starts that a window can have besides the first.
fn room(features: &Features, input: Input) -> usize {
    let frames = features.shape.first().copied().unwrap_or(0);
    input.window.map_or(0, |window| frames.saturating_sub(window))
}

/// A window; what is too short is repeated.
fn cut(features: &Features, input: Input, start: usize) -> Vec<f32> {
    let Some(window) = input.window else { return features.to_f32() };
    let width = features.shape.iter().skip(1).product::<usize>().max(1);
    let have = window.min(features.rows().saturating_sub(start));
    let mut values = vec![0.0; have * width];
    features.rows_to_f32(start, &mut values);
    if have > 0 && have < window {
        values = values.iter().copied().cycle().take(window * width).collect();
    }
    values
}

/// What one dB is in a front end's values, and their range.
fn gain_units(front_end: FrontEnd) -> (f32, (f32, f32)) {
    match front_end {
        FrontEnd::Patches => (std::f32::consts::LN_10 / 20.0, (f32::MIN, f32::MAX)),
        FrontEnd::LogMel => (1.0 / 40.0, (0.0, 1.0)),
        FrontEnd::Picture | FrontEnd::WaveletPicture | FrontEnd::Scalogram => (1.0 / 80.0, (0.0, 1.0)),
        // Blind to loudness: it sees what remains after the mean is taken away.
        FrontEnd::Scattering | FrontEnd::Tags => (0.0, (f32::MIN, f32::MAX)),
    }
}

/// Louder or softer, with a band of frequencies and a stretch of time blanked by the mean.
fn vary(example: &mut [f32], width: usize, front_end: FrontEnd, how: &Augmentation, rng: &mut Rng) {
    let gain_db = (rng.uniform() * 2.0 - 1.0) * how.gain_db;
    if gain_db != 0.0 {
        let (per_db, limits) = gain_units(front_end);
        let gain = gain_db as f32 * per_db;
        example.iter_mut().for_each(|x| *x = (*x + gain).clamp(limits.0, limits.1));
    }
    let frames = example.len() / width.max(1);
    let bands = rng.below((how.mask_bands * width as f64) as usize + 1);
    let times = rng.below((how.mask_time * frames as f64) as usize + 1);
    if bands + times == 0 {
        return;
    }
    let mean = example.iter().sum::<f32>() / example.len().max(1) as f32;
    let (first_band, first_time) = (rng.below(width + 1 - bands), rng.below(frames + 1 - times));
    for (time, row) in example.chunks_exact_mut(width).enumerate() {
        if (first_time..first_time + times).contains(&time) {
            row.fill(mean);
        } else {
            row[first_band..first_band + bands].fill(mean);
        }
    }
}

/// Beta distributed with both parameters `alpha` (M. Jöhnk 1964; best below one).
fn beta(alpha: f64, rng: &mut Rng) -> f64 {
    for _ in 0..1000 {
        let (u, v) = (rng.uniform().powf(1.0 / alpha), rng.uniform().powf(1.0 / alpha));
        if u + v > 0.0 && u + v <= 1.0 {
            return u / (u + v);
        }
    }
    0.5
}

#[cfg(test)]
mod tests {
    use super::*;

    fn example(label: usize, value: f32) -> Example {
        let values = vec![value; 20 * 4];
        Example { label, inputs: vec![Some(Arc::new(Features::from_f32(&[20, 4], &values)))] }
    }

    const INPUT: Input = Input { front_end: FrontEnd::Patches, window: Some(8), optional: false };

    #[test]
    fn batches_have_the_windows_and_the_labels() {
        let examples = [example(0, 1.0), example(2, 2.0)];
        let maker = BatchMaker { examples: &examples, inputs: &[INPUT], labels: 3 };
        let batch = maker.training(&[0, 1], &Augmentation::default(), &mut Rng::new(1));
        assert_eq!(batch.labels, [0, 2]);
        assert_eq!(batch.targets, [1.0, 0.0, 0.0, 0.0, 0.0, 1.0]);
        let tensors = batch.tensors(&Device::Cpu).unwrap();
        assert_eq!(tensors[0].dims(), [2, 8, 4]);
        assert_eq!(tensors[0].mean_all().unwrap().to_scalar::<f32>().unwrap(), 1.5);
        assert_eq!(maker.windows(0, 10), 4);
    }

    #[test]
    fn mixing_keeps_the_sum_of_the_targets() {
        let examples = [example(0, 1.0), example(2, 2.0)];
        let maker = BatchMaker { examples: &examples, inputs: &[INPUT], labels: 3 };
        let how = Augmentation { mixup: 0.4, ..Augmentation::default() };
        let mut rng = Rng::new(3);
        for _ in 0..20 {
            let batch = maker.training(&[0, 1], &how, &mut rng);
            assert!((batch.targets[..3].iter().sum::<f32>() - 1.0).abs() < 1e-6);
            assert!(batch.targets[0] >= 0.5, "the first counts most: {:?}", batch.targets);
        }
    }

    #[test]
    fn masks_blank_a_band_and_a_stretch() {
        let mut values: Vec<f32> = (0..100 * 10).map(|i| i as f32).collect();
        let before = values.clone();
        let how = Augmentation { mask_bands: 0.5, mask_time: 0.5, ..Augmentation::default() };
        vary(&mut values, 10, FrontEnd::Patches, &how, &mut Rng::new(5));
        let changed = values.iter().zip(&before).filter(|(a, b)| a != b).count();
        assert!(changed > 0 && changed < 900, "{changed}");
    }

    #[test]
    fn a_beta_distribution_lies_where_it_should() {
        let mut rng = Rng::new(1);
        let draws: Vec<f64> = (0..4000).map(|_| beta(0.3, &mut rng)).collect();
        let mean = draws.iter().sum::<f64>() / 4000.0;
        let variance = draws.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / 4000.0;
        // Variance 1 / (4 (2 alpha + 1)).
        assert!((mean - 0.5).abs() < 0.02 && (variance - 0.15625).abs() < 0.01, "{mean} {variance}");
    }

    #[test]
    fn what_is_too_short_is_repeated() {
        let features = Features::from_f32(&[3, 1], &[1.0, 2.0, 3.0]);
        assert_eq!(cut(&features, Input { window: Some(5), ..INPUT }, 0), [1.0, 2.0, 3.0, 1.0, 2.0]);
    }
}
