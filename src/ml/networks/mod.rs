//! The networks: one enum to describe those that can be trained, one trait to run them, and the pre-trained ones.

pub(in crate::ml) mod backbone;
mod bounds;
mod compact;
mod fusion;
pub mod input;
mod mlp;
pub mod mobilenet;
pub mod mobilenet_v2;
pub mod musicnn;
mod pair;
mod plain;
pub mod plain_cnn;
mod pretrained;
pub mod regression;
mod tuned;

use candle_core::{Device, Tensor};
use serde::{Deserialize, Serialize};

use crate::ml::error::MlError;
use crate::ml::networks::input::FrontEnd;
use crate::ml::nn::rng::Rng;
use crate::ml::nn::variables::Variables;
use crate::ml::nn::weights::Weights;

pub use compact::CompactSpec;
pub use fusion::{BranchSpec, FusionSpec};
use input::Input;
pub use mlp::PerceptronSpec;

/// The version of the model files that this program writes and reads.
pub const MODEL_FORMAT: u32 = 1;
/// The metadata key under which a model file says what it is.
pub(in crate::ml) const MODEL_KEY: &str = "timbre.model";
/// Prefix of the tensors of a model file.
pub(in crate::ml) const NETWORK_PREFIX: &str = "network.";

/// What a network is, without its weights; stored in model files.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum NetworkSpec {
    /// The article's plain network on plotted spectrograms.
    Plain,
    /// Convolutions with batch norm and global average pooling on windows of the log-mel grid.
    Compact(CompactSpec),
    /// MobileNetV2 on plotted spectrograms.
    MobileNetV2 {
        /// Only the head is trained, on features that are computed once.
        frozen: bool,
        /// Share of the features that dropout leaves out while training.
        dropout: f64,
    },
    /// MobileNetV1 on YAMNet's patches, or on the log-mel grid as if it were one: a column a frame, two bands one.
    MobileNetV1 {
        /// YAMNet's patches or the log-mel grid.
        #[serde(default = "patches")]
        front_end: FrontEnd,
        /// Only the head is trained, on features that are computed once.
        frozen: bool,
        /// Share of the features that dropout leaves out while training.
        dropout: f64,
    },
    /// The article's two plain branches, on plotted spectrograms and plotted scalograms.
    Pair,
    /// One or two dense layers on a vector of features: what wavelets found, or the tags that MusiCNN heard.
    Perceptron(PerceptronSpec),
    /// Several networks, each on its own view of the clip, whose opinions are averaged.
    Fusion(FusionSpec),
}

fn patches() -> FrontEnd {
    FrontEnd::Patches
}

impl NetworkSpec {
    /// What it takes, in the order of [`Network::forward`]'s inputs.
    pub fn inputs(&self) -> Vec<Input> {
        let whole = |front_end| Input { front_end, window: None, optional: false };
        match self {
            Self::Plain | Self::MobileNetV2 { .. } => vec![whole(FrontEnd::Picture)],
            Self::Compact(spec) => {
                vec![Input { front_end: spec.front_end, window: Some(spec.window), optional: false }]
            }
            Self::MobileNetV1 { front_end, .. } => {
                let window = Some(mobilenet::FRAMES);
                vec![Input { front_end: *front_end, window, optional: false }]
            }
            Self::Pair => vec![whole(FrontEnd::Picture), whole(FrontEnd::WaveletPicture)],
            Self::Perceptron(spec) => {
                vec![Input { front_end: spec.front_end, window: Some(1), optional: false }]
            }
            Self::Fusion(spec) => spec.inputs(),
        }
    }

    /// The same network with these branches only: the ablation.
    ///
    /// # Errors
    /// When it has no such branches.
    pub fn only(&self, names: &[String]) -> Result<Self, MlError> {
        let Self::Fusion(spec) = self else {
            return Err(MlError::Training("this network has no branches".into()));
        };
        let known: Vec<&str> = spec.branches.iter().map(|branch| branch.name.as_str()).collect();
        if let Some(unknown) = names.iter().find(|name| !known.contains(&name.as_str())) {
            return Err(MlError::Training(format!("there is no branch {unknown}; there are {}", known.join(", "))));
        }
        let branches = spec.branches.iter().filter(|branch| names.contains(&branch.name)).cloned().collect();
        Ok(Self::Fusion(FusionSpec { branches }))
    }

    /// Whether [`Network::observe`] does anything.
    pub fn observes(&self) -> bool {
        match self {
            Self::MobileNetV1 { frozen, .. } => !frozen,
            Self::Perceptron(_) => true,
            Self::Fusion(_) => true,
            Self::Plain | Self::Compact(_) | Self::MobileNetV2 { .. } | Self::Pair => false,
        }
    }

    /// The pre-trained weights that it cannot be trained without.
    pub fn base(&self) -> Option<Base> {
        match self {
            Self::MobileNetV2 { .. } => Some(Base::MobileNetV2),
            Self::MobileNetV1 { .. } => Some(Base::MobileNetV1),
            Self::Fusion(spec) => spec.base(),
            Self::Plain | Self::Compact(_) | Self::Pair | Self::Perceptron(_) => None,
        }
    }

    /// A new network on a device: random where nothing is known, else from the pre-trained weights `base`.
    ///
    /// # Errors
    /// When weights are missing or do not fit, or memory is short.
    pub fn build(
        &self,
        labels: &[String],
        base: Option<&Weights<'_>>,
        rng: &mut Rng,
        device: &Device,
    ) -> Result<Box<dyn Network>, MlError> {
        self.build_in(Variables::on(device), labels, base, rng)
    }

    /// The same with `variables`, which are none yet.
    fn build_in(
        &self,
        variables: Variables,
        labels: &[String],
        base: Option<&Weights<'_>>,
        rng: &mut Rng,
    ) -> Result<Box<dyn Network>, MlError> {
        if let Some(trouble) = self.trouble() {
            return Err(MlError::Training(trouble));
        }
        Ok(match self {
            Self::Plain => Box::new(plain::Plain::new(labels.len(), rng, variables)?),
            Self::Compact(spec) => Box::new(compact::Compact::new(spec, labels.len(), rng, variables)?),
            Self::MobileNetV2 { frozen, dropout } => {
                Box::new(tuned::Tuned::new(tuned::Backbone::V2, labels, *frozen, *dropout, base, rng, variables)?)
            }
            Self::MobileNetV1 { frozen, dropout, .. } => {
                Box::new(tuned::Tuned::new(tuned::Backbone::V1, labels, *frozen, *dropout, base, rng, variables)?)
            }
            Self::Pair => Box::new(pair::Pair::new(labels.len(), rng, variables)?),
            Self::Perceptron(spec) => Box::new(mlp::Perceptron::new(spec, labels.len(), rng, variables)?),
            Self::Fusion(spec) => Box::new(fusion::Fusion::new(spec, labels, base, rng, variables)?),
        })
    }

    /// The network of a file, whose tensors begin with `prefix`, on a device.
    ///
    /// # Errors
    /// When they are missing or do not fit.
    pub fn read(
        &self,
        labels: &[String],
        weights: &Weights<'_>,
        prefix: &str,
        device: &Device,
    ) -> Result<Box<dyn Network>, MlError> {
        if let Some(trouble) = self.trouble() {
            return Err(weights.error(trouble));
        }
        // Nothing is made that the file does not have, so that no network takes more memory than its file promises.
        let variables = Variables::of_file(device, weights, prefix);
        let network = self.build_in(variables, labels, None, &mut Rng::new(0))?;
        network.variables().read(weights, prefix)?;
        Ok(network)
    }
}

/// Pre-trained weights.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Base {
    /// ImageNet's MobileNetV2.
    MobileNetV2,
    /// YAMNet's MobileNetV1.
    MobileNetV1,
}

/// What a network, or a branch of it, says of a batch while it learns.
pub struct Answer {
    /// `[rows, labels]`.
    pub logits: Tensor,
    /// The indices of the batch's rows that are answered; `None`: all.
    pub rows: Option<Tensor>,
}

impl Base {
    /// What it is, for a person.
    pub fn describe(self) -> &'static str {
        match self {
            Self::MobileNetV2 => "ImageNet's MobileNetV2, with torchvision's or timm's names",
            Self::MobileNetV1 => "MobileNetV1, of YAMNet or of a model that has one",
        }
    }
}

/// A network that can be trained.
pub trait Network: Send + Sync {
    /// Its variables.
    fn variables(&self) -> &Variables;

    /// Logits `[n, labels]` of examples; one tensor an input, `[n, ...]`, on the device of the variables. `training` draws what dropout leaves out.
    ///
    /// # Errors
    /// When the shapes do not fit.
    fn forward(&self, inputs: &[Tensor], training: Option<&mut Rng>) -> Result<Tensor, MlError>;

    /// What the loss of a batch is taken of: its logits, or those of several branches that learn each for itself.
    ///
    /// # Errors
    /// When the shapes do not fit.
    fn answers(&self, inputs: &[Tensor], rng: &mut Rng) -> Result<Vec<Answer>, MlError> {
        Ok(vec![Answer { logits: self.forward(inputs, Some(rng))?, rows: None }])
    }

    /// Learns what it must know of the training clips before the first step (mean and deviation of its input, where its opinions
    /// lie); one example a clip, and its label.
    ///
    /// # Errors
    /// When the shapes do not fit.
    fn observe(&self, _inputs: &[Tensor], _truth: &[usize]) -> Result<(), MlError> {
        Ok(())
    }

    /// The logits of each branch, by its name; empty unless there are several.
    ///
    /// # Errors
    /// When the shapes do not fit.
    fn opinions(&self, _inputs: &[Tensor]) -> Result<Vec<(String, Tensor)>, MlError> {
        Ok(Vec::new())
    }

    /// Whether a part of it is frozen, so that [`Network::frozen_features`] has something to say.
    fn has_frozen_part(&self) -> bool {
        false
    }

    /// What the frozen part makes of examples `[n, ...]`; the result takes their place as input of [`Network::forward`]. `None`:
    /// nothing is frozen.
    ///
    /// # Errors
    /// When the shapes do not fit.
    fn frozen_features(&self, _inputs: &[Tensor]) -> Result<Option<Tensor>, MlError> {
        Ok(None)
    }
}
