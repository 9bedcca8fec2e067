//! How much memory a training takes, before it begins: by the sizes of its layers, its batches and its clips.
//!
//! It counts what is large: the network, its gradients and Adam's two moments, the layers' values of one batch, the
//! batches that are made ahead, the clips as the network takes them, and the copy of everything that a checkpoint is
//! written from. What a kernel needs for a moment is not counted, nor what the program takes without a training.
//!
//! Measured (the largest resident size of `timbre train cnn`, one epoch on 692 pictures of GTZAN, two cores): 955 MB for the
//! article's values, estimated 890; 185 MB for the best ones, estimated 153. A program that does nothing takes 15 MB.

use super::fit::AHEAD;
use crate::ml::features::{scattering, tags};
use crate::ml::model::FROZEN_BATCH;
use crate::ml::model::batches::Example;
use crate::ml::model::config::Config;
use crate::ml::networks::backbone::Cost;
use crate::ml::networks::input::{FrontEnd, SIDE, bands};
use crate::ml::networks::{CompactSpec, NetworkSpec, mobilenet, mobilenet_v2};

/// Bytes of a value of a layer, and of one in half precision.
const VALUE: u64 = 4;
const HALF: u64 = 2;
/// Clips are looked at for so long at most, seconds.
const LONGEST_SECS: f64 = 600.0;

/// What a training takes, bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Memory {
    /// Parameters, gradients, both moments, and the best epoch's copy where one is kept.
    pub network: u64,
    /// The layers' values of one batch and those that are being propagated back, and the batches made ahead.
    pub batches: u64,
    /// The clips.
    pub clips: u64,
    /// What a checkpoint is written from; the batches are gone then.
    pub checkpoint: u64,
}

impl Memory {
    /// The most at one time.
    pub fn peak(&self) -> u64 {
        self.network + self.clips + self.batches.max(self.checkpoint)
    }
}

/// What the training of `config` takes with this many clips of `clip_secs` seconds, on the CPU.
pub fn memory(config: &Config, clips: usize, clip_secs: f64, labels: usize) -> Memory {
    // The sizes of a configuration from anywhere may be beyond all counting.
    if config.trouble().is_some() {
        return Memory::default();
    }
    let size = Size::of(&config.network, labels);
    let (all, trained) = ((size.stored + size.trained) as u64 * VALUE, size.trained as u64 * VALUE);
    let best = if config.training.keep_best { all } else { 0 };
    let batch = config.training.batch as u64;
    let ahead = (AHEAD as u64 + 2) * batch * size.input as u64 * VALUE;
    // Going back, a layer's gradient is as large as its values.
    let values = batch * (2 * size.kept + size.widest) as u64 * VALUE;
    let listening = FROZEN_BATCH as u64 * size.listening as u64 * VALUE;
    let secs = if clip_secs > 0.0 { clip_secs.min(LONGEST_SECS) } else { 30.0 };
    let of_clip: u64 = config.network.inputs().iter().map(|input| clip_bytes(input.front_end, secs)).sum();
    Memory {
        network: all + best + 3 * trained,
        batches: (ahead + values).max(listening),
        clips: clips as u64 * (of_clip + size_of::<Example>() as u64),
        // The tensors as vectors, and those as the bytes of a file.
        checkpoint: 2 * (all + best + 2 * trained),
    }
}

/// Bytes that a clip takes as a network sees it.
fn clip_bytes(front_end: FrontEnd, secs: f64) -> u64 {
    let rows = |per_sec: f64| (secs * per_sec).ceil();
    let values = match front_end {
        FrontEnd::Picture | FrontEnd::WaveletPicture => (SIDE * SIDE * 3) as f64,
        FrontEnd::LogMel => rows(336.0 / 30.0) * bands(front_end) as f64,
        FrontEnd::Patches => rows(100.0) * bands(front_end) as f64,
        FrontEnd::Scalogram => rows(1024.0 / 30.0) * bands(front_end) as f64,
        FrontEnd::Scattering => (secs / 30.0).ceil() * scattering::FEATURES as f64,
        FrontEnd::Tags => tags::FEATURES as f64,
    };
    values as u64 * HALF
}

/// Numbers in a network.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Size {
    /// That training changes.
    trained: usize,
    /// That it does not.
    stored: usize,
    /// Values of an example's layers that the backward pass needs.
    kept: usize,
    /// The most values that a layer has on both sides.
    widest: usize,
    /// Values of an example.
    input: usize,
    /// Of the widest frozen layer on both sides, 0 where nothing is frozen.
    listening: usize,
}

impl Size {
    fn of(network: &NetworkSpec, labels: usize) -> Self {
        match network {
            NetworkSpec::Plain => {
                let mut size = Self { input: SIDE * SIDE * 3, ..Self::default() };
                let side = size.convolutions(&[32, 32, 64], 3, (SIDE, SIDE));
                size.dense(side.0 * side.1 * 64, 128);
                size.dense(128, labels);
                size
            }
            NetworkSpec::Pair => {
                let mut size = Self { input: 2 * SIDE * SIDE * 3, ..Self::default() };
                for _ in 0..2 {
                    let side = size.convolutions(&[32, 64], 3, (SIDE, SIDE));
                    size.dense(side.0 * side.1 * 64, 128);
                }
                size.dense(256, 32);
                size.dense(32, labels);
                size
            }
            NetworkSpec::Compact(CompactSpec { front_end, window, channels, .. }) => {
                let bands = bands(*front_end);
                let mut size = Self { input: window * bands, ..Self::default() };
                size.convolutions(channels, 1, (*window, bands));
                // Batch norm: gain and offset, mean and variance, and its result beside its input.
                let sum: usize = channels.iter().sum();
                size.trained += 2 * sum;
                size.stored += 2 * sum;
                size.kept += size.kept * 4 / 5;
                size.dense(2 * channels.last().copied().unwrap_or(0), labels);
                size
            }
            NetworkSpec::MobileNetV1 { front_end, frozen, .. } => {
                let input = mobilenet::FRAMES * bands(*front_end);
                let cost = mobilenet::cost(mobilenet::FRAMES, mobilenet::BANDS);
                Self::pretrained(cost, mobilenet::EMBEDDING, *frozen, input, labels)
            }
            NetworkSpec::MobileNetV2 { frozen, .. } => {
                let cost = mobilenet_v2::cost(SIDE, SIDE);
                Self::pretrained(cost, mobilenet_v2::FEATURES, *frozen, SIDE * SIDE * 3, labels)
            }
            NetworkSpec::Perceptron(spec) => {
                let inputs = bands(spec.front_end);
                let mut size = Self { input: inputs, stored: 2 * inputs, kept: 3 * inputs, ..Self::default() };
                if spec.hidden > 0 {
                    size.dense(inputs, spec.hidden);
                }
                size.dense(if spec.hidden > 0 { spec.hidden } else { inputs }, labels);
                size
            }
            NetworkSpec::Fusion(spec) => {
                spec.branches.iter().map(|branch| Self::of(&branch.network, labels)).fold(Self::default(), |a, b| {
                    Self {
                        trained: a.trained + b.trained,
                        // How frequent each genre is.
                        stored: a.stored + b.stored + labels,
                        kept: a.kept + b.kept,
                        widest: a.widest.max(b.widest),
                        input: a.input + b.input,
                        listening: a.listening.max(b.listening),
                    }
                })
            }
        }
    }

    /// Layers that learnt elsewhere, and a new last one.
    fn pretrained(cost: Cost, features: usize, frozen: bool, input: usize, labels: usize) -> Self {
        // One more number says whose conventions the weights follow.
        let mut size = Self { stored: 1, ..Self::default() };
        if frozen {
            size.stored += cost.parameters;
            (size.listening, size.input) = (cost.widest, features);
        } else {
            size.trained += cost.parameters;
            (size.kept, size.widest, size.input) = (cost.kept, cost.widest, input);
        }
        size.dense(features, labels);
        size
    }

    /// 3x3 convolutions, each pooled; gives what is left of the height and width. Of each pooled value the place that won is
    /// kept, a byte.
    fn convolutions(
        &mut self,
        outputs: &[usize],
        mut inputs: usize,
        (mut height, mut width): (usize, usize),
    ) -> (usize, usize) {
        for &outputs in outputs {
            self.trained += 9 * inputs * outputs + outputs;
            let before = height * width * inputs;
            (height, width) = (height / 2, width / 2);
            let values = height * width * outputs;
            self.kept += values + values / 4;
            self.widest = self.widest.max(before + values);
            inputs = outputs;
        }
        (height, width)
    }

    /// A dense layer behind dropout: its input, what is left of it, and its result.
    fn dense(&mut self, inputs: usize, outputs: usize) {
        self.trained += inputs * outputs + outputs;
        self.kept += 2 * inputs + 2 * outputs;
        self.widest = self.widest.max(inputs + outputs);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ml::Device;
    use crate::ml::model::config::{Architecture, Preset};
    use crate::ml::nn::rng::Rng;

    #[test]
    fn every_preset_has_as_many_parameters_as_its_estimate_counts() {
        let labels: Vec<String> = (0..7).map(|label| format!("genre {label}")).collect();
        for architecture in Architecture::ALL {
            for preset in [Preset::Article, Preset::Best] {
                let config = Config::preset(architecture, preset);
                let size = Size::of(&config.network, labels.len());
                let network = config.network.build(&labels, None, &mut Rng::new(1), &Device::Cpu).unwrap();
                let (all, trained) = network.variables().count();
                assert_eq!((size.stored + size.trained, size.trained), (all, trained), "{architecture:?} {preset:?}");
            }
        }
    }

    #[test]
    fn an_estimate_is_near_what_was_measured() {
        for (preset, measured_mb) in [(Preset::Article, 955.0), (Preset::Best, 185.0)] {
            let estimate = memory(&Config::preset(Architecture::Cnn, preset), 692, 30.0, 10);
            let mb = estimate.peak() as f64 / 1e6 + 15.0;
            assert!(
                (mb / measured_mb - 1.0).abs() < 0.15,
                "{preset:?}: {mb:.0} MB instead of {measured_mb}: {estimate:?}"
            );
        }
    }

    #[test]
    fn more_clips_and_larger_batches_take_more() {
        let mut config = Config::preset(Architecture::Cnn, Preset::Article);
        let at = |config: &Config, clips| memory(config, clips, 30.0, 10);
        let small = at(&config, 100);
        assert_eq!(at(&config, 1000).clips, 10 * small.clips);
        config.training.batch *= 2;
        assert!(at(&config, 100).batches > small.batches && at(&config, 100).network == small.network);
        assert!(small.peak() < 1 << 30 && small.peak() > 200 << 20, "{small:?}");
    }
}
