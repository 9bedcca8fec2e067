//! The loop over epochs: one network, one set of training clips, one set of validation clips.

use std::time::Instant;

use candle_core::{Device, Tensor};
use xxhash_rust::xxh3::xxh3_64;

use super::control::{BatchRecord, Control, TrainEvent};
use super::history::EpochRecord;
use crate::ml::error::MlError;
use crate::ml::model::batches::{BatchMaker, RawBatch};
use crate::ml::model::config::{Schedule, Training};
use crate::ml::model::judging::judge;
use crate::ml::networks::regression::balanced_weights;
use crate::ml::networks::{Answer, Network};
use crate::ml::nn::adam::{Adam, AdamOptions};
use crate::ml::nn::layers::cross_entropy;
use crate::ml::nn::logits::{best, softmax};
use crate::ml::nn::rng::Rng;

/// A loss beyond this is called divergence: it is that of a classifier that is certain and wrong every time, many times over.
const DIVERGED: f64 = 1e4;
/// Batches that are made ahead.
pub(in crate::ml) const AHEAD: usize = 3;
/// What is trained on what.
pub struct Fit<'a> {
    /// The network; its variables change.
    pub network: &'a dyn Network,
    /// Cuts the examples.
    pub maker: BatchMaker<'a>,
    /// How it is trained.
    pub training: &'a Training,
    /// Clips that train.
    pub train: &'a [usize],
    /// Clips that validate.
    pub valid: &'a [usize],
    /// The run's seed.
    pub seed: u64,
    /// Which part of the split this is.
    pub part: usize,
    /// Genres without training clips are learned as what these clips are not; else they take no part.
    pub open: bool,
}

/// How far a fit is: all that a checkpoint needs besides the network's variables.
pub struct FitState {
    /// Epochs done.
    pub epoch: usize,
    /// The optimiser.
    pub adam: Adam,
    /// The best epoch so far.
    pub best: Option<Best>,
}

/// The epoch with the lowest validation loss.
#[derive(Clone, Debug)]
pub struct Best {
    /// Which.
    pub epoch: usize,
    /// Its validation loss.
    pub loss: f64,
    /// The variables after it.
    pub variables: Vec<Tensor>,
}

impl FitState {
    /// The state before the first epoch.
    ///
    /// # Errors
    /// When memory is short.
    pub fn new(network: &dyn Network, training: &Training) -> Result<Self, MlError> {
        let options = AdamOptions { weight_decay: training.weight_decay as f32, ..AdamOptions::default() };
        let variables = network.variables();
        let adam = Adam::new(variables.trained(), options)?.with_rates(variables.rates());
        Ok(Self { epoch: 0, adam, best: None })
    }
}

/// A random generator for one purpose, so that a training that goes on from a checkpoint draws the same.
pub(in crate::ml) fn rng_for(seed: u64, part: usize, epoch: usize, batch: usize, purpose: &str) -> Rng {
    Rng::new(xxh3_64(format!("{seed} {part} {epoch} {batch} {purpose}").as_bytes()))
}

impl Fit<'_> {
    /// Trains to the end and leaves the network with the weights to keep. `epoch_done` is called after each epoch, before the next
    /// begins, to write checkpoints.
    ///
    /// # Errors
    /// When it was cancelled, the loss is no longer a number, or `epoch_done` fails.
    pub fn run(
        &self,
        state: &mut FitState,
        control: &Control,
        tell: &mut dyn FnMut(TrainEvent),
        epoch_done: &mut dyn FnMut(&FitState, &EpochRecord) -> Result<(), MlError>,
    ) -> Result<(), MlError> {
        while state.epoch < self.training.epochs && !self.is_over(state) && !control.is_finishing() {
            control.wait()?;
            let started = Instant::now();
            let mut record = self.epoch(state, control, tell)?;
            state.epoch += 1;
            self.validate(&mut record, state)?;
            record.seconds = started.elapsed().as_secs_f64();
            epoch_done(state, &record)?;
            tell(TrainEvent::Epoch(record));
        }
        if let (true, Some(best)) = (self.training.keep_best, &state.best) {
            self.network.variables().restore(&best.variables)?;
        }
        Ok(())
    }

    fn device(&self) -> &Device {
        self.network.variables().device()
    }

    /// Whether the patience is at its end.
    fn is_over(&self, state: &FitState) -> bool {
        match (self.training.patience, &state.best) {
            (Some(patience), Some(best)) => state.epoch >= best.epoch + patience,
            _ => false,
        }
    }

    fn epoch(
        &self,
        state: &mut FitState,
        control: &Control,
        tell: &mut dyn FnMut(TrainEvent),
    ) -> Result<EpochRecord, MlError> {
        let epoch = state.epoch + 1;
        let mut order: Vec<usize> =
            self.train.iter().copied().cycle().take(self.train.len() * self.training.examples_per_clip).collect();
        rng_for(self.seed, self.part, epoch, 0, "order").shuffle(&mut order);
        let batches: Vec<&[usize]> = order.chunks(self.training.batch.max(1)).collect();
        let steps = batches.len() * self.training.epochs;
        let weights = self.class_weights()?;
        let (mut loss_sum, mut right, mut seen, mut rate) = (0.0, 0.0, 0usize, 0.0);
        let started = Instant::now();
        let (sender, receiver) = crossbeam_channel::bounded::<RawBatch>(AHEAD);
        std::thread::scope(|scope| {
            let (ready, maker, how) = (&batches, self.maker, &self.training.augmentation);
            let (seed, part) = (self.seed, self.part);
            let make = move || {
                for (i, clips) in ready.iter().enumerate() {
                    let mut rng = rng_for(seed, part, epoch, i, "examples");
                    if sender.send(maker.training(clips, how, &mut rng)).is_err() {
                        break;
                    }
                }
            };
            let thread = std::thread::Builder::new().name("batches".into()).spawn_scoped(scope, make);
            thread.map_err(|error| MlError::Training(format!("no thread for the batches: {error}")))?;
            // Taken into the loop: whoever leaves it early drops it, and the thread stops making batches.
            for (i, raw) in receiver.into_iter().enumerate() {
                control.wait()?;
                rate = self.rate(state.epoch * batches.len() + i, steps);
                let mut rng = rng_for(self.seed, self.part, epoch, i, "dropout");
                let (loss, share_right) = self.step(&raw, &weights, rate, &mut state.adam, &mut rng)?;
                if !loss.is_finite() || loss > DIVERGED {
                    return Err(MlError::Training(format!(
                        "the loss became {loss} in epoch {epoch}, step {} of {}; the last checkpoint is from before this epoch. Try a lower learning rate",
                        i + 1,
                        batches.len()
                    )));
                }
                loss_sum += loss * raw.labels.len() as f64;
                right += share_right * raw.labels.len() as f64;
                seen += raw.labels.len();
                tell(TrainEvent::Batch(BatchRecord {
                    part: self.part,
                    epoch,
                    epochs: self.training.epochs,
                    batch: i + 1,
                    batches: batches.len(),
                    loss: loss_sum / seen as f64,
                    accuracy: right / seen as f64,
                    clips_per_second: seen as f64 / started.elapsed().as_secs_f64().max(1e-9),
                }));
            }
            Ok(())
        })?;
        Ok(EpochRecord {
            part: self.part,
            epoch,
            learning_rate: rate,
            train_loss: loss_sum / seen.max(1) as f64,
            train_accuracy: right / seen.max(1) as f64,
            clips_per_second: seen as f64 / started.elapsed().as_secs_f64().max(1e-9),
            ..EpochRecord::default()
        })
    }

    /// One step of the optimiser; gives the loss and the share of answers that were right.
    pub(in crate::ml) fn step(
        &self,
        raw: &RawBatch,
        weights: &ClassWeights,
        rate: f64,
        adam: &mut Adam,
        rng: &mut Rng,
    ) -> Result<(f64, f64), MlError> {
        let labels = self.maker.labels;
        let n = raw.labels.len();
        let targets = weights.targets(&raw.targets, self.training.label_smoothing);
        let targets = Tensor::from_vec(targets, (n, labels), self.device())?;
        let answers = self.network.answers(&raw.tensors(self.device())?, rng)?;
        let (mut losses, mut right, mut answered) = (Vec::new(), 0, 0);
        for Answer { logits, rows } in &answers {
            let (targets, rows) = match rows {
                Some(rows) => (targets.index_select(rows, 0)?, rows.to_vec1()?),
                None => (targets.clone(), (0..n as u32).collect()),
            };
            losses.push(cross_entropy(&logits.broadcast_add(&weights.closed)?, &targets)?);
            let decided = logits.to_vec2::<f32>()?;
            right += decided.iter().zip(&rows).filter(|(row, at)| most(row) == raw.labels[**at as usize]).count();
            answered += rows.len();
        }
        let loss = Tensor::stack(&losses, 0)?.mean_all()?;
        adam.step(&loss.backward()?, rate)?;
        Ok((f64::from(loss.to_scalar::<f32>()?), right as f64 / answered.max(1) as f64))
    }

    /// The learning rate of a step.
    fn rate(&self, step: usize, steps: usize) -> f64 {
        let top = self.training.learning_rate;
        match self.training.schedule {
            Schedule::Constant => top,
            Schedule::OneCycle => {
                let at = (step as f64 + 0.5) / steps.max(1) as f64;
                let falling = 0.5 * (1.0 + (std::f64::consts::PI * ((at - 0.1) / 0.9).max(0.0)).cos());
                top * (at / 0.1).min(falling)
            }
        }
    }

    pub(in crate::ml) fn class_weights(&self) -> Result<ClassWeights, MlError> {
        let labels = self.maker.labels;
        let truth: Vec<usize> = self.train.iter().map(|clip| self.maker.examples[*clip].label).collect();
        let mut of_label = vec![0.0; labels];
        for (label, weight) in truth.iter().zip(balanced_weights(&truth, labels)) {
            of_label[*label] = weight.powf(self.training.class_balance);
        }
        // Mean one over the clips, whatever the balance.
        let mean = truth.iter().map(|label| of_label[*label]).sum::<f64>() / truth.len().max(1) as f64;
        let of_label: Vec<f32> = of_label.iter().map(|weight| (weight / mean.max(1e-12)) as f32).collect();
        let closed: Vec<f32> =
            of_label.iter().map(|weight| if self.open || *weight > 0.0 { 0.0 } else { -1e9 }).collect();
        Ok(ClassWeights { of_label, closed: Tensor::from_vec(closed, (1, labels), self.device())? })
    }

    /// Fills in the validation figures and remembers the epoch if it is the best.
    fn validate(&self, record: &mut EpochRecord, state: &mut FitState) -> Result<(), MlError> {
        if self.valid.is_empty() {
            return Ok(());
        }
        let logits = judge(self.network, &self.maker, self.valid, self.training.windows, &mut |_| Ok(()))?;
        let truth: Vec<usize> = self.valid.iter().map(|clip| self.maker.examples[*clip].label).collect();
        let mut confusion = vec![vec![0u32; self.maker.labels]; self.maker.labels];
        let mut loss = 0.0;
        for (row, label) in logits.iter().zip(&truth) {
            loss -= softmax(row, 1.0)[*label].max(1e-12).ln();
            confusion[*label][best(row)] += 1;
        }
        let loss = loss / truth.len() as f64;
        let right: u32 = (0..self.maker.labels).map(|label| confusion[label][label]).sum();
        record.valid_loss = Some(loss);
        record.valid_accuracy = Some(f64::from(right) / truth.len() as f64);
        record.valid_f1 = (0..self.maker.labels)
            .map(|label| {
                let decided: u32 = confusion.iter().map(|row| row[label]).sum();
                let real: u32 = confusion[label].iter().sum();
                2.0 * f64::from(confusion[label][label]) / f64::from((decided + real).max(1))
            })
            .collect();
        let wanted = self.training.keep_best || self.training.patience.is_some();
        if wanted && state.best.as_ref().is_none_or(|best| loss < best.loss) {
            let variables = self.network.variables().snapshot()?;
            state.best = Some(Best { epoch: state.epoch, loss, variables });
        }
        Ok(())
    }
}

/// How much each genre's clips count.
pub(in crate::ml) struct ClassWeights {
    /// Zero: no clip trains it.
    of_label: Vec<f32>,
    /// Added to the logits: a genre without training clips takes no part, so that it is not unlearned.
    closed: Tensor,
}

impl ClassWeights {
    /// Targets smoothed over the genres that take part, and weighted.
    fn targets(&self, targets: &[f32], smoothing: f64) -> Vec<f32> {
        let labels = self.of_label.len();
        let present = self.of_label.iter().filter(|weight| **weight > 0.0).count().max(1);
        let (keep, spread) = ((1.0 - smoothing) as f32, (smoothing / present as f64) as f32);
        let mut out = Vec::with_capacity(targets.len());
        for row in targets.chunks_exact(labels.max(1)) {
            let weight: f32 = row.iter().zip(&self.of_label).map(|(share, weight)| share * weight).sum();
            out.extend(
                row.iter()
                    .zip(&self.of_label)
                    .map(|(share, of_label)| weight * (keep * share + if *of_label > 0.0 { spread } else { 0.0 })),
            );
        }
        out
    }
}

fn most(row: &[f32]) -> usize {
    (1..row.len()).fold(0, |best, i| if row[i] > row[best] { i } else { best })
}

#[cfg(test)]
mod tests {
    use super::super::trial::noise;
    use super::*;
    use crate::ml::model::batches::Example;
    use crate::ml::model::config::{Architecture, Config, Preset};
    use crate::ml::nn::variables::Variables;
    use crate::ml::nn::weights::Weights;

    /// Its loss is not a number from the second step on.
    struct Diverging {
        variables: Variables,
        steps: std::sync::atomic::AtomicUsize,
    }

    impl Network for Diverging {
        fn variables(&self) -> &Variables {
            &self.variables
        }

        fn forward(&self, _inputs: &[Tensor], _training: Option<&mut Rng>) -> Result<Tensor, MlError> {
            let step = self.steps.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            let factor = if step == 0 { 1.0 } else { f64::NAN };
            Ok((self.variables.all()[0].var.as_tensor() * factor)?)
        }
    }

    #[test]
    fn a_loss_that_is_no_number_ends_the_training_with_advice() {
        let mut variables = Variables::on(&Device::Cpu);
        variables.add("a", &Tensor::ones((1, 2), candle_core::DType::F32, &Device::Cpu).unwrap(), true).unwrap();
        let network = Diverging { variables, steps: std::sync::atomic::AtomicUsize::new(0) };
        let examples = vec![Example { label: 0, inputs: Vec::new() }, Example { label: 1, inputs: Vec::new() }];
        let training = Training { batch: 1, ..Config::preset(Architecture::Cnn, Preset::Best).training };
        let maker = BatchMaker { examples: &examples, inputs: &[], labels: 2 };
        let fit = Fit {
            network: &network,
            maker,
            training: &training,
            train: &[0, 1],
            valid: &[],
            seed: 1,
            part: 0,
            open: false,
        };
        let mut state = FitState::new(&network, &training).unwrap();
        let ended = fit.run(&mut state, &Control::default(), &mut |_| (), &mut |_, _| Ok(()));
        let error = ended.unwrap_err().to_string();
        assert!(error.contains("NaN in epoch 1, step 2 of 2") && error.contains("learning rate"), "{error}");
    }

    /// The losses of the first steps of a preset, on clips of noise.
    fn first_losses(architecture: Architecture) -> Vec<f64> {
        let config = Config::preset(architecture, Preset::Best);
        let labels = ["blues", "jazz", "rock"].map(String::from);
        let base = Weights::parse("the built-in model", crate::ml::model::BUILT_IN).unwrap();
        let base = config.network.base().map(|_| &base);
        let network = config.network.build(&labels, base, &mut Rng::new(1), &Device::Cpu).unwrap();
        let inputs = config.network.inputs();
        let examples = noise(&inputs, 3, 3);
        let maker = BatchMaker { examples: &examples, inputs: &inputs, labels: 3 };
        let all = [0, 1, 2];
        let training = &config.training;
        let (train, open) = (&all, false);
        let fit = Fit { network: &*network, maker, training, train, valid: &[], seed: 1, part: 0, open };
        let weights = fit.class_weights().unwrap();
        let mut adam = FitState::new(&*network, training).unwrap().adam;
        let step = |step| {
            let mut rng = Rng::new(step);
            let batch = maker.training(&all, &training.augmentation, &mut rng);
            fit.step(&batch, &weights, 1e-4, &mut adam, &mut rng).unwrap().0
        };
        (0..3).map(step).collect()
    }

    #[test]
    fn training_steps_are_the_same_from_candles_own_operations() {
        for architecture in Architecture::ALL {
            let kernels = first_losses(architecture);
            let portable = crate::ml::nn::ops::portable::forced(|| first_losses(architecture));
            assert!(kernels.iter().any(|loss| (loss - kernels[0]).abs() > 1e-3), "it learns: {kernels:?}");
            let differ: Vec<f64> = kernels.iter().zip(&portable).map(|(a, b)| (a / b - 1.0).abs()).collect();
            // Adam's first steps are as large for a gradient that is nearly zero, so that what rounding did to it grows.
            let near = differ[0] < 1e-4 && differ.iter().all(|difference| *difference < 3e-3);
            assert!(near, "{architecture:?}: {differ:?} of {kernels:?}");
        }
    }

    #[test]
    fn targets_are_smoothed_and_weighted_over_the_genres_that_take_part() {
        let weights = ClassWeights {
            of_label: vec![2.0, 0.0, 0.5],
            closed: Tensor::zeros((1, 3), candle_core::DType::F32, &Device::Cpu).unwrap(),
        };
        assert_eq!(weights.targets(&[1.0, 0.0, 0.0], 0.0), [2.0, 0.0, 0.0]);
        let smooth = weights.targets(&[0.0, 0.0, 1.0], 0.2);
        assert_eq!(smooth[1], 0.0);
        assert!((smooth[0] - 0.05).abs() < 1e-6 && (smooth[2] - 0.45).abs() < 1e-6, "{smooth:?}");
    }

    #[test]
    fn one_cycle_rises_and_falls() {
        let training = Config::preset(Architecture::Cnn, Preset::Best).training;
        let variables = Variables::on(&Device::Cpu);
        let network = Diverging { variables, steps: std::sync::atomic::AtomicUsize::new(0) };
        let maker = BatchMaker { examples: &[], inputs: &[], labels: 2 };
        let fit = Fit {
            network: &network,
            maker,
            training: &training,
            train: &[],
            valid: &[],
            seed: 1,
            part: 0,
            open: false,
        };
        let rates: Vec<f64> = (0..100).map(|step| fit.rate(step, 100)).collect();
        let top = rates.iter().copied().fold(0.0, f64::max);
        assert!(rates[0] < 0.1 * top && rates[99] < 0.01 * top && top <= training.learning_rate);
        assert!(rates[9] > 0.9 * training.learning_rate);
    }
}
