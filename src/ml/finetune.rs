//! Fine-tunes all layers of a MobileNet on clips of sound.

use candle_core::{D, Device, Tensor, Var};
use serde::Serialize;

use super::adam::{Adam, AdamOptions};
use super::error::MlError;
use super::mobilenet::{BANDS, EMBEDDING, FRAMES, MobileNet};
use super::regression::{Linear, balanced_weights};
use super::rng::Rng;
use crate::base::CancelToken;

/// How the network is tuned. The defaults change it little: a few hundred clips cannot teach much more than which of
/// what it knows counts.
#[derive(Clone, Debug, Serialize)]
pub struct TuneOptions {
    /// Passes over the clips.
    pub epochs: usize,
    /// Random patches of each clip in a pass, on average.
    pub patches: usize,
    /// Patches of one step.
    pub batch: usize,
    /// Largest step of Adam; it rises over the first tenth and falls to zero.
    pub learning_rate: f64,
    /// Share of the target that is spread over all genres.
    pub smoothing: f64,
    /// 1: each genre is drawn equally often, 0: each clip is.
    pub balance: f64,
    /// Decides the patches, masks and their order.
    pub seed: u64,
}

impl Default for TuneOptions {
    fn default() -> Self {
        Self { epochs: 5, patches: 4, batch: 32, learning_rate: 3e-5, smoothing: 0.1, balance: 0.5, seed: 1 }
    }
}

/// A clip for tuning: its label and the log-mel spectrograms `[frames, 64]` of its windows.
#[derive(Clone, Copy)]
pub struct Example<'a> {
    /// Index into the labels.
    pub label: usize,
    /// Log-mel spectrograms of at least one patch each.
    pub windows: &'a [Vec<f32>],
}

/// Tunes a copy of `base` on `clips`; the genres' logits are `head` on the embedding. A genre without clips is left
/// out of the competition, so that it is not unlearned. `step(done, total)` is called after every step.
///
/// # Errors
/// When there are no clips, or `cancel` was set.
pub fn tune(
    base: &MobileNet,
    head: &Linear,
    clips: &[Example<'_>],
    options: &TuneOptions,
    cancel: &CancelToken,
    step: &mut dyn FnMut(usize, usize),
) -> Result<MobileNet, MlError> {
    let labels = head.bias.len();
    let (network, mut vars) = base.trainable()?;
    let (weight, bias) = head_variables(head)?;
    vars.extend([weight.clone(), bias.clone()]);
    let mut adam = Adam::new(vars, AdamOptions::default());
    let truth: Vec<usize> = clips.iter().map(|clip| clip.label).collect();
    let chances: Vec<f64> = balanced_weights(&truth, labels).into_iter().map(|w| w.powf(options.balance)).collect();
    let present: Vec<bool> = (0..labels).map(|label| truth.contains(&label)).collect();
    let closed: Vec<f32> = present.iter().map(|present| if *present { 0.0 } else { -1e9 }).collect();
    let closed = Tensor::from_vec(closed, (1, labels), &Device::Cpu)?;
    let batch = options.batch.max(1);
    let total = (clips.len() * options.epochs * options.patches).div_ceil(batch);
    let mut rng = Rng::new(options.seed);
    for done in 0..total {
        if cancel.is_cancelled() {
            return Err(MlError::Cancelled);
        }
        let (mut pixels, mut targets) =
            (Vec::with_capacity(batch * FRAMES * BANDS), Vec::with_capacity(batch * labels));
        for _ in 0..batch {
            let clip = &clips[draw(&chances, &mut rng)];
            pixels.extend(random_patch(clip.windows, &mut rng));
            targets.extend(smooth_target(clip.label, &present, options.smoothing));
        }
        let x = Tensor::from_vec(pixels, (batch, FRAMES, BANDS), &Device::Cpu)?;
        let targets = Tensor::from_vec(targets, (batch, labels), &Device::Cpu)?;
        let logits =
            network.forward(&x)?.matmul(weight.as_tensor())?.broadcast_add(bias.as_tensor())?.broadcast_add(&closed)?;
        let log_p = candle_nn::ops::log_softmax(&logits, D::Minus1)?;
        let loss = (log_p.clamp(-1e4, 0.0)? * targets)?.sum_all()?.affine(-1.0 / batch as f64, 0.0)?;
        adam.step(&loss.backward()?, options.learning_rate * ramp(done, total))?;
        step(done + 1, total);
    }
    Ok(network.frozen())
}

/// Weight `[1024, labels]` and bias `[labels]`.
fn head_variables(head: &Linear) -> Result<(Var, Var), MlError> {
    let labels = head.bias.len();
    let weight: Vec<f32> = (0..EMBEDDING * labels).map(|i| head.weight[i % labels][i / labels] as f32).collect();
    let bias: Vec<f32> = head.bias.iter().map(|b| *b as f32).collect();
    Ok((Var::from_vec(weight, (EMBEDDING, labels), &Device::Cpu)?, Var::from_vec(bias, labels, &Device::Cpu)?))
}

/// Rises linearly over the first tenth, then falls linearly to zero.
fn ramp(done: usize, total: usize) -> f64 {
    let at = (done as f64 + 0.5) / total.max(1) as f64;
    (at / 0.1).min((1.0 - at) / 0.9)
}

/// An index, each as likely as its share of the weights.
fn draw(weights: &[f64], rng: &mut Rng) -> usize {
    let mut at = rng.uniform() * weights.iter().sum::<f64>();
    for (i, weight) in weights.iter().enumerate() {
        at -= weight;
        if at < 0.0 {
            return i;
        }
    }
    weights.len().saturating_sub(1)
}

fn smooth_target(label: usize, present: &[bool], smoothing: f64) -> Vec<f32> {
    let share = smoothing / present.iter().filter(|present| **present).count().max(1) as f64;
    let one = |(i, present): (usize, &bool)| {
        let spread = if *present { share } else { 0.0 };
        (spread + if i == label { 1.0 - smoothing } else { 0.0 }) as f32
    };
    present.iter().enumerate().map(one).collect()
}

/// A patch from anywhere, a little louder or softer, with a band of frequencies and a stretch of time blanked
/// (D. Park et al., *SpecAugment*, 2019).
fn random_patch(windows: &[Vec<f32>], rng: &mut Rng) -> Vec<f32> {
    let Some(window) = windows.get(rng.below(windows.len())) else {
        return vec![0.0; FRAMES * BANDS];
    };
    let frames = window.len() / BANDS;
    let first = rng.below((frames + 1).saturating_sub(FRAMES));
    let mut patch: Vec<f32> = window.iter().skip(first * BANDS).take(FRAMES * BANDS).copied().collect();
    patch.resize(FRAMES * BANDS, 0.0);
    // +-3 dB on magnitudes, as a shift of the natural logarithm.
    let gain = ((rng.uniform() * 2.0 - 1.0) * 3.0 / 20.0 * std::f64::consts::LN_10) as f32;
    patch.iter_mut().for_each(|x| *x += gain);
    let mean = patch.iter().sum::<f32>() / patch.len() as f32;
    let (bands, times) = (rng.below(9), rng.below(13));
    let (first_band, first_time) = (rng.below(BANDS - bands), rng.below(FRAMES - times));
    for (time, row) in patch.chunks_exact_mut(BANDS).enumerate() {
        if (first_time..first_time + times).contains(&time) {
            row.fill(mean);
        } else {
            row[first_band..first_band + bands].fill(mean);
        }
    }
    patch
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_targets_and_patches_are_in_range() {
        let steps: Vec<f64> = (0..100).map(|i| ramp(i, 100)).collect();
        assert!(steps.iter().all(|s| (0.0..=1.0).contains(s)) && steps[0] < 0.1 && steps[99] < 0.01 && steps[10] > 0.9);
        let target = smooth_target(1, &[true, true, false], 0.1);
        assert!((target.iter().sum::<f32>() - 1.0).abs() < 1e-6 && target[2] == 0.0 && target[1] > 0.9);
        let mut rng = Rng::new(4);
        let counts = (0..3000).fold([0; 3], |mut counts, _| {
            counts[draw(&[1.0, 0.0, 2.0], &mut rng)] += 1;
            counts
        });
        assert!(counts[1] == 0 && (800..1200).contains(&counts[0]));
        for frames in [FRAMES, FRAMES + 50] {
            let patch = random_patch(&[vec![1.0; frames * BANDS]], &mut rng);
            assert_eq!(patch.len(), FRAMES * BANDS);
            assert!(patch.iter().all(|x| (0.6..1.4).contains(x)), "a constant picture's mean is the constant");
        }
        assert_eq!(random_patch(&[], &mut rng).len(), FRAMES * BANDS);
    }

    #[test]
    fn tuning_moves_every_layer_the_same_way_for_the_same_seed() {
        let base = MobileNet::random(7);
        let window = |slope: f32| vec![(0..FRAMES * BANDS).map(|i| (i % BANDS) as f32 * slope).collect::<Vec<f32>>()];
        let (rising, falling) = (window(0.05), window(-0.05));
        let clips = [Example { label: 0, windows: &rising }, Example { label: 1, windows: &falling }];
        let head = Linear { weight: vec![vec![0.01; EMBEDDING], vec![-0.01; EMBEDDING]], bias: vec![0.0; 2] };
        let options = TuneOptions { epochs: 1, patches: 2, batch: 2, learning_rate: 1e-3, ..TuneOptions::default() };
        let mut steps = Vec::new();
        let mut run =
            || tune(&base, &head, &clips, &options, &CancelToken::default(), &mut |d, t| steps.push((d, t))).unwrap();
        let (one, two) = (run(), run());
        assert_eq!(steps, [(1, 2), (2, 2), (1, 2), (2, 2)]);
        assert!(one.differs_everywhere(&base));
        let embedding = |network: &MobileNet| network.mean_embedding(&rising).unwrap();
        assert_eq!(embedding(&one), embedding(&two));
        let cancel = CancelToken::default();
        cancel.cancel();
        assert!(matches!(tune(&base, &head, &clips, &options, &cancel, &mut |_, _| ()), Err(MlError::Cancelled)));
    }
}
