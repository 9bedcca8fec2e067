//! MobileNetV2 1.0 (M. Sandler et al. 2018, table 2) on pictures, batch norm folded, channels last.

use candle_core::{Device, Tensor, Var};

use super::backbone::{Backbone, Convolution, Cost, Step};
use crate::ml::error::MlError;
use crate::ml::nn::ops::Activation;
use crate::ml::nn::ops::conv3x3::Padding;
use crate::ml::nn::weights::Weights;

/// Length of the features.
pub const FEATURES: usize = 1280;
/// Colours of a picture.
pub const COLOURS: usize = 3;
/// Expansion, output channels, repeats, stride of the first.
const BLOCKS: [(usize, usize, usize, usize); 7] =
    [(1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1)];
const STEM: usize = 32;
/// What batch norm adds to the variance, in PyTorch and timm.
const EPSILON: f32 = 1e-5;

/// What one convolution is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    Stem,
    /// Stage and block of timm, block of torchvision (from 1), and whether the block expands first.
    Expand(Place),
    Depthwise(Place),
    Project(Place),
    Last,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Place {
    stage: usize,
    repeat: usize,
    block: usize,
    expands: bool,
}

/// All convolutions in their order.
fn steps() -> Vec<(Role, Step)> {
    let step = |role, inputs, outputs, stride| {
        let (convolution, activation) = match role {
            Role::Stem => (Convolution::Stem, Activation::Relu6),
            Role::Depthwise(_) => (Convolution::Depthwise, Activation::Relu6),
            Role::Expand(_) | Role::Last => (Convolution::Pointwise, Activation::Relu6),
            Role::Project(_) => (Convolution::Pointwise, Activation::None),
        };
        (role, Step { convolution, inputs, outputs, stride, activation, shortcut: None })
    };
    let mut steps = vec![step(Role::Stem, COLOURS, STEM, 2)];
    let (mut channels, mut block) = (STEM, 0);
    for (stage, (expansion, outputs, repeats, first_stride)) in BLOCKS.into_iter().enumerate() {
        for repeat in 0..repeats {
            block += 1;
            let stride = if repeat == 0 { first_stride } else { 1 };
            let place = Place { stage, repeat, block, expands: expansion > 1 };
            let inner = channels * expansion;
            // What came out of the block before.
            let block_input = steps.len() - 1;
            if place.expands {
                steps.push(step(Role::Expand(place), channels, inner, 1));
            }
            steps.push(step(Role::Depthwise(place), inner, inner, stride));
            let shortcut = (stride == 1 && channels == outputs).then_some(block_input);
            let (role, project) = step(Role::Project(place), inner, outputs, 1);
            steps.push((role, Step { shortcut, ..project }));
            channels = outputs;
        }
    }
    steps.push(step(Role::Last, channels, FEATURES, 1));
    steps
}

/// What the convolutions cost with a picture of that size.
pub(in crate::ml) fn cost(height: usize, width: usize) -> Cost {
    Cost::of(steps().into_iter().map(|(_, step)| step), height, width)
}

/// Whose names a weight file has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Naming {
    /// `layers.0` and so on, batch norm folded.
    Folded,
    TorchVision,
    Timm,
}

impl Naming {
    fn of(weights: &Weights<'_>, prefix: &str) -> Result<Self, MlError> {
        let has = |name: &str| weights.shape(&format!("{prefix}{name}")).is_ok();
        match () {
            () if has("layers.0.weight") => Ok(Self::Folded),
            () if has("features.0.0.weight") => Ok(Self::TorchVision),
            () if has("conv_stem.weight") => Ok(Self::Timm),
            () => Err(weights.error("its tensors are named neither as torchvision's nor as timm's MobileNetV2")),
        }
    }

    /// The convolution and the batch norm after it.
    fn names(self, index: usize, role: Role) -> (String, Option<String>) {
        let pair = |conv: String, norm: String| (conv, Some(norm));
        match (self, role) {
            (Self::Folded, _) => (format!("layers.{index}"), None),
            (Self::TorchVision, Role::Stem) => pair("features.0.0".into(), "features.0.1".into()),
            (Self::TorchVision, Role::Last) => pair("features.18.0".into(), "features.18.1".into()),
            (Self::TorchVision, Role::Expand(Place { block, .. })) => {
                pair(format!("features.{block}.conv.0.0"), format!("features.{block}.conv.0.1"))
            }
            (Self::TorchVision, Role::Depthwise(Place { block, expands, .. })) => {
                let at = usize::from(expands);
                pair(format!("features.{block}.conv.{at}.0"), format!("features.{block}.conv.{at}.1"))
            }
            (Self::TorchVision, Role::Project(Place { block, expands, .. })) => {
                let at = 1 + usize::from(expands);
                pair(format!("features.{block}.conv.{at}"), format!("features.{block}.conv.{}", at + 1))
            }
            (Self::Timm, Role::Stem) => pair("conv_stem".into(), "bn1".into()),
            (Self::Timm, Role::Last) => pair("conv_head".into(), "bn2".into()),
            (Self::Timm, Role::Expand(Place { stage, repeat, .. })) => {
                pair(format!("blocks.{stage}.{repeat}.conv_pw"), format!("blocks.{stage}.{repeat}.bn1"))
            }
            (Self::Timm, Role::Depthwise(Place { stage, repeat, expands, .. })) => {
                let norm = 1 + usize::from(expands);
                pair(format!("blocks.{stage}.{repeat}.conv_dw"), format!("blocks.{stage}.{repeat}.bn{norm}"))
            }
            (Self::Timm, Role::Project(Place { stage, repeat, expands, .. })) => {
                let (conv, norm) = if expands { ("conv_pwl", 3) } else { ("conv_pw", 2) };
                pair(format!("blocks.{stage}.{repeat}.{conv}"), format!("blocks.{stage}.{repeat}.bn{norm}"))
            }
        }
    }
}

/// The network up to its features.
#[derive(Clone, Debug)]
pub struct MobileNetV2 {
    backbone: Backbone,
}

impl MobileNetV2 {
    /// Reads the tensors whose names begin with `prefix`: those of torchvision's or timm's file, whose batch norm is folded
    /// into weight and bias, or `{prefix}layers.N.weight` and `.bias` with batch norm folded already. Weights are
    /// `[outputs, inputs or 1, height, width]`.
    ///
    /// # Errors
    /// When a tensor is missing or does not fit.
    pub fn read(weights: &Weights<'_>, prefix: &str) -> Result<Self, MlError> {
        let naming = Naming::of(weights, prefix)?;
        let mut layers = Vec::new();
        let (roles, steps): (Vec<Role>, Vec<Step>) = steps().into_iter().unzip();
        for (index, (role, step)) in roles.into_iter().zip(&steps).enumerate() {
            let (conv, norm) = naming.names(index, role);
            let (side, fan_in) = match role {
                Role::Stem => (3, COLOURS),
                Role::Depthwise(_) => (3, 1),
                Role::Expand(_) | Role::Project(_) | Role::Last => (1, step.inputs),
            };
            let shape = [step.outputs, fan_in, side, side];
            let mut weight = weights.get(&format!("{prefix}{conv}.weight"), &shape)?;
            let bias = match norm {
                None => weights.get(&format!("{prefix}{conv}.bias"), &[step.outputs])?,
                Some(norm) => {
                    let get = |part| weights.get(&format!("{prefix}{norm}.{part}"), &[step.outputs]);
                    let (gamma, beta) = (get("weight")?, get("bias")?);
                    let (mean, variance) = (get("running_mean")?, get("running_var")?);
                    fold(&mut weight, &gamma, &beta, &mean, &variance)
                }
            };
            // Taps and inputs first, outputs last.
            let weight = Tensor::from_vec(weight, (step.outputs, fan_in, side * side), &Device::Cpu)?;
            layers.push((weight.permute((2, 1, 0))?.flatten_all()?.to_vec1()?, bias));
        }
        let padding = if naming == Naming::Folded { Padding::Needed } else { Padding::One };
        Ok(Self { backbone: Backbone::new(steps, padding, &layers)? })
    }

    /// A network of zeros, to be filled with folded weights.
    ///
    /// # Errors
    /// When memory is short.
    pub fn zeros() -> Result<Self, MlError> {
        let (_, steps): (Vec<Role>, Vec<Step>) = steps().into_iter().unzip();
        let zeros = |step: &Step| (vec![0.0; step.rows() * step.outputs], vec![0.0; step.outputs]);
        let layers: Vec<_> = steps.iter().map(zeros).collect();
        Ok(Self { backbone: Backbone::new(steps, Padding::Needed, &layers)? })
    }

    /// A copy without variables, for inference.
    pub fn frozen(&self) -> Self {
        Self { backbone: self.backbone.frozen() }
    }

    /// Whether the weights follow PyTorch's conventions (its padding; colours normalised by ImageNet's statistics) instead of
    /// Google's (padding where needed; colours in [-1, 1]).
    pub fn is_pytorch(&self) -> bool {
        self.backbone.padding() == Padding::One
    }

    /// The features of pictures `[n, height, width, 3]` in 0..1, prepared as the weights' convention wants.
    ///
    /// # Errors
    /// When the shape does not fit.
    pub fn features(&self, pictures: &Tensor, pytorch: bool) -> Result<Tensor, MlError> {
        if !pytorch {
            return Ok(self.backbone.with_padding(Padding::Needed).forward(&pictures.affine(2.0, -1.0)?)?);
        }
        // Mean and deviation of ImageNet's colours, as torchvision and timm state them.
        let (mean, deviation) = ([0.485f32, 0.456, 0.406], [0.229f32, 0.224, 0.225]);
        let (mean, deviation) = (Tensor::new(&mean, pictures.device())?, Tensor::new(&deviation, pictures.device())?);
        let prepared = pictures.broadcast_sub(&mean)?.broadcast_div(&deviation)?;
        Ok(self.backbone.with_padding(Padding::One).forward(&prepared)?)
    }

    /// A copy whose layers can be trained on a device, and the variable of all of them.
    ///
    /// # Errors
    /// When the tensors cannot be copied.
    pub fn trainable(&self, device: &Device) -> Result<(Self, Var), MlError> {
        let (backbone, var) = self.backbone.trainable(device)?;
        Ok((Self { backbone }, var))
    }

    /// The features `[n, 1280]` of pictures `[n, height, width, 3]` in [-1, 1] (Google's weights), or normalised as the weights'
    /// makers say.
    ///
    /// # Errors
    /// When the shape does not fit.
    pub fn forward(&self, pictures: &Tensor) -> Result<Tensor, MlError> {
        Ok(self.backbone.forward(pictures)?)
    }
}

/// Folds a batch norm into a weight, outputs first, and gives the bias.
fn fold(weight: &mut [f32], gamma: &[f32], beta: &[f32], mean: &[f32], variance: &[f32]) -> Vec<f32> {
    let each = weight.len() / gamma.len().max(1);
    let mut bias = Vec::with_capacity(gamma.len());
    for (output, kernel) in weight.chunks_exact_mut(each.max(1)).enumerate() {
        let scale = gamma[output] / (variance[output] + EPSILON).sqrt();
        kernel.iter_mut().for_each(|w| *w *= scale);
        bias.push(beta[output] - mean[output] * scale);
    }
    bias
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ml::nn::ops::portable::{assert_portable, drawn};
    use crate::ml::nn::rng::Rng;

    #[test]
    fn the_whole_network_is_the_same_from_candles_own_operations() {
        let mut rng = Rng::new(3);
        // An odd side, too.
        for (padding, height, width) in [(Padding::Needed, 64, 64), (Padding::One, 75, 64)] {
            let steps = steps().into_iter().map(|(_, step)| step).collect();
            let (network, var) = Backbone::random(steps, padding, &mut rng).trainable(&Device::Cpu).unwrap();
            let pictures = drawn(&[2, height, width, COLOURS], 1.0, &mut rng);
            assert_portable("MobileNetV2", &[&var], || network.forward(&pictures));
        }
    }

    #[test]
    fn it_has_the_layers_and_parameters_of_the_paper() {
        let steps = steps();
        assert_eq!(steps.len(), 52);
        let weights: usize = steps
            .iter()
            .map(|(role, step)| match role {
                Role::Stem => 27 * step.outputs,
                Role::Depthwise(_) => 9 * step.outputs,
                _ => step.inputs * step.outputs,
            })
            .sum();
        let outputs: usize = steps.iter().map(|(_, step)| step.outputs).sum();
        // torchvision's count: weights and two learned vectors of each batch norm.
        assert_eq!(weights + 2 * outputs, 2_223_872);
        // Keras counts the two running vectors as well; with a head of ten classes it is the article's.
        assert_eq!(weights + 4 * outputs + FEATURES * 10 + 10, 2_270_794);
        assert_eq!(FEATURES * 10 + 10, 12_810);
    }

    #[test]
    fn folding_is_batch_norm() {
        let (w, x) = (0.7, 2.0);
        let (gamma, beta, mean, variance) = (1.5, -0.2, 0.4, 0.09);
        let mut weight = [w];
        let bias = fold(&mut weight, &[gamma], &[beta], &[mean], &[variance]);
        let expected = (w * x - mean) / (variance + EPSILON).sqrt() * gamma + beta;
        assert!((weight[0] * x + bias[0] - expected).abs() < 1e-5);
    }

    #[test]
    fn names_are_those_of_the_libraries() {
        let steps = steps();
        let name = |naming: Naming, index: usize| naming.names(index, steps[index].0);
        assert_eq!(name(Naming::TorchVision, 1), ("features.1.conv.0.0".into(), Some("features.1.conv.0.1".into())));
        assert_eq!(name(Naming::TorchVision, 2), ("features.1.conv.1".into(), Some("features.1.conv.2".into())));
        assert_eq!(name(Naming::TorchVision, 5), ("features.2.conv.2".into(), Some("features.2.conv.3".into())));
        assert_eq!(name(Naming::Timm, 1), ("blocks.0.0.conv_dw".into(), Some("blocks.0.0.bn1".into())));
        assert_eq!(name(Naming::Timm, 5), ("blocks.1.0.conv_pwl".into(), Some("blocks.1.0.bn3".into())));
        assert_eq!(name(Naming::Timm, 51), ("conv_head".into(), Some("bn2".into())));
    }
}
