//! The values that each architecture starts from.

use super::batches::Augmentation;
use super::config::{Architecture, CONFIG_FORMAT, Config, Preset, Schedule, Training};
use crate::ml::dataset::{Protocol, Sources};
use crate::ml::networks::input::FrontEnd;
use crate::ml::networks::{BranchSpec, CompactSpec, FusionSpec, NetworkSpec, PerceptronSpec};
use crate::ml::nn::device::DeviceChoice;

impl Config {
    /// A preset, on clips that are still to be named.
    pub fn preset(architecture: Architecture, preset: Preset) -> Self {
        let (network, training) = match preset {
            Preset::Article => article(architecture),
            Preset::Best => best(architecture),
        };
        Self {
            format: CONFIG_FORMAT,
            architecture,
            preset,
            network,
            training,
            sources: Sources::default(),
            protocol: Protocol::Holdout { train_share: 0.6 },
            valid_share: 0.1,
            final_model: false,
            seed: 1,
            base: None,
            lesson: None,
            allow_contradictions: false,
            device: DeviceChoice::Auto,
        }
    }
}

/// The article's network and training: 500 epochs of Adam at 1e-4, batches of 32, no
/// augmentation, the weights of the last epoch.
fn article(architecture: Architecture) -> (NetworkSpec, Training) {
    let network = match architecture {
        Architecture::Cnn => NetworkSpec::Plain,
        Architecture::Mobilenet => NetworkSpec::MobileNetV2 { frozen: true, dropout: 0.2 },
        Architecture::Multimodal => NetworkSpec::Pair,
    };
    let training = Training {
        epochs: 500,
        batch: 32,
        examples_per_clip: 1,
        learning_rate: 1e-4,
        schedule: Schedule::Constant,
        weight_decay: 0.0,
        label_smoothing: 0.0,
        class_balance: 0.0,
        augmentation: Augmentation::default(),
        keep_best: false,
        patience: None,
        windows: 1,
    };
    (network, training)
}

/// What was found to judge unknown artists best within minutes on two cores.
fn best(architecture: Architecture) -> (NetworkSpec, Training) {
    let scratch = Training {
        epochs: 30,
        batch: 32,
        examples_per_clip: 1,
        learning_rate: 3e-3,
        schedule: Schedule::OneCycle,
        weight_decay: 0.05,
        label_smoothing: 0.1,
        class_balance: 0.5,
        augmentation: Augmentation { mixup: 0.3, mask_bands: 0.2, mask_time: 0.2, gain_db: 0.0 },
        keep_best: false,
        patience: None,
        windows: 10,
    };
    match architecture {
        Architecture::Cnn => (grid(), scratch),
        Architecture::Mobilenet => {
            let branches = vec![
                branch("sound", listener(FrontEnd::Patches), 0.1, 1.0),
                branch("grid", listener(FrontEnd::LogMel), 1.0, 1.0),
            ];
            let training = Training {
                epochs: 16,
                examples_per_clip: 2,
                learning_rate: 5e-4,
                weight_decay: 0.01,
                windows: 12,
                ..scratch
            };
            (NetworkSpec::Fusion(FusionSpec { branches }), training)
        }
        Architecture::Multimodal => {
            let dense =
                |front_end, hidden, dropout| NetworkSpec::Perceptron(PerceptronSpec { front_end, hidden, dropout });
            let branches = vec![
                branch("spectrogram", grid(), 1.0, 1.0),
                branch("wavelet", dense(FrontEnd::Scattering, 256, (0.2, 0.5)), 0.7, 1.0),
                branch("grid", listener(FrontEnd::LogMel), 0.17, 1.0),
                branch("sound", listener(FrontEnd::Patches), 0.017, 2.0),
                branch("tags", dense(FrontEnd::Tags, 0, (0.1, 0.0)), 1.0, 3.0),
            ];
            (NetworkSpec::Fusion(FusionSpec { branches }), Training { windows: 12, ..scratch })
        }
    }
}

const CHANNELS: [usize; 5] = [16, 32, 64, 96, 128];

/// Small convolutions on eleven seconds of the log-mel grid. Without batch norm the same network learns far worse.
fn grid() -> NetworkSpec {
    let front_end = FrontEnd::LogMel;
    NetworkSpec::Compact(CompactSpec { front_end, window: 128, channels: CHANNELS.to_vec(), dropout: 0.3 })
}

/// One branch of a multimodal network: its name, its network, its share of the learning rate, and how much it counts.
fn branch(name: &str, network: NetworkSpec, rate: f64, weight: f64) -> BranchSpec {
    BranchSpec { name: name.into(), network, rate, weight }
}

/// YAMNet's MobileNetV1, tuned in every layer.
fn listener(front_end: FrontEnd) -> NetworkSpec {
    NetworkSpec::MobileNetV1 { front_end, frozen: false, dropout: 0.2 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_preset_makes_sense() {
        for architecture in Architecture::ALL {
            for preset in [Preset::Article, Preset::Best] {
                assert_eq!(Config::preset(architecture, preset).network.trouble(), None, "{architecture:?} {preset:?}");
            }
        }
    }
}
