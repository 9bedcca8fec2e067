//! MobileNetV1 1.0 (A. Howard et al. 2017) on log-mel patches, with YAMNet's front end (M. Plakal and D. Ellis 2019).
//!
//! Batch norm is folded into weight and bias.

use candle_core::{Device, Tensor, Var};
use rayon::prelude::*;

use super::backbone::{Backbone, Convolution, Cost, Step};
use crate::dsp::mel::MelBank;
use crate::dsp::stft::{Framing, Stft};
use crate::dsp::window::hann_periodic;
use crate::ml::error::MlError;
use crate::ml::nn::ops::Activation;
use crate::ml::nn::ops::conv3x3::Padding;
use crate::ml::nn::weights::Weights;

/// Frames of a patch, 10 ms apart.
pub const FRAMES: usize = 96;
/// Mel bands of a frame.
pub const BANDS: usize = 64;
/// Length of the embedding.
pub const EMBEDDING: usize = 1024;
/// Samples at 16 kHz that one patch covers.
pub const PATCH_SAMPLES: usize = (FRAMES - 1) * HOP + WINDOW;

const WINDOW: usize = 400;
const HOP: usize = 160;
const FFT: usize = 512;
/// Output channels and stride of each of the 13 blocks (depthwise 3x3, then pointwise) after the stem of 32 channels.
const BLOCKS: [(usize, usize); 13] = [
    (64, 1),
    (128, 2),
    (128, 1),
    (256, 2),
    (256, 1),
    (512, 2),
    (512, 1),
    (512, 1),
    (512, 1),
    (512, 1),
    (512, 1),
    (1024, 2),
    (1024, 1),
];
const STEM: usize = 32;

/// The front end: 16 kHz sound to `ln(mel + 0.001)` of magnitudes, 64 bands from 125 to 7500 Hz.
#[derive(Clone)]
pub struct FrontEnd {
    stft: Stft,
    bank: MelBank,
}

impl Default for FrontEnd {
    fn default() -> Self {
        Self::new()
    }
}

impl FrontEnd {
    /// Plans the transform.
    pub fn new() -> Self {
        Self {
            stft: Stft::new(FFT, hann_periodic(WINDOW), HOP, Framing::Inside),
            bank: MelBank::tensorflow(16_000.0, FFT, BANDS, 125.0, 7500.0),
        }
    }

    /// The log-mel spectrogram `[frames, 64]`, row by row, of samples at 16 kHz in [-1, 1].
    pub fn log_mel(&self, samples: &[f32]) -> Vec<f32> {
        self.bank.spectrogram(&self.stft, samples, f32::sqrt, |mel| (mel + 0.001).ln())
    }

    /// The whole patches `[96, 64]` of a window of sound that follow each other without overlap; a window shorter than
    /// one patch is repeated.
    pub fn patches(&self, samples: &[f32]) -> Vec<Vec<f32>> {
        let mel = if samples.len() >= PATCH_SAMPLES || samples.is_empty() {
            self.log_mel(samples)
        } else {
            self.log_mel(&samples.iter().copied().cycle().take(PATCH_SAMPLES).collect::<Vec<_>>())
        };
        mel.chunks_exact(FRAMES * BANDS).map(<[f32]>::to_vec).collect()
    }
}

/// The convolutions; a linear head on the embedding is kept apart.
#[derive(Clone)]
pub struct MobileNet {
    backbone: Backbone,
}

/// Stride, inputs and outputs of layer `i` of 27; `None` inputs: depthwise or stem.
fn shape_of(i: usize) -> (usize, Option<usize>, usize) {
    if i == 0 {
        return (2, None, STEM);
    }
    let (outputs, stride) = BLOCKS[(i - 1) / 2];
    let inputs = if i <= 2 { STEM } else { BLOCKS[(i - 1) / 2 - 1].0 };
    if i % 2 == 1 { (stride, None, inputs) } else { (1, Some(inputs), outputs) }
}

/// Layer `i` as a step of the network.
fn step(i: usize) -> Step {
    let (stride, inputs, outputs) = shape_of(i);
    let (convolution, inputs) = match (i, inputs) {
        (0, _) => (Convolution::Stem, 1),
        (_, None) => (Convolution::Depthwise, outputs),
        (_, Some(inputs)) => (Convolution::Pointwise, inputs),
    };
    Step { convolution, inputs, outputs, stride, activation: Activation::Relu, shortcut: None }
}

/// What the convolutions cost with a patch of that size.
pub(in crate::ml) fn cost(frames: usize, bands: usize) -> Cost {
    Cost::of((0..LAYERS).map(step), frames, bands)
}

/// Number of convolutions.
const LAYERS: usize = 1 + 2 * BLOCKS.len();

impl MobileNet {
    /// Reads `{prefix}{i}.weight` (PyTorch's order: `[out, in / groups, height, width]`) and `{prefix}{i}.bias`.
    ///
    /// # Errors
    /// When a tensor is missing or does not fit.
    pub fn read(weights: &Weights<'_>, prefix: &str) -> Result<Self, MlError> {
        let mut layers = Vec::new();
        for i in 0..LAYERS {
            let (_, inputs, outputs) = shape_of(i);
            let side = if inputs.is_some() { 1 } else { 3 };
            let columns = inputs.unwrap_or(1) * side * side;
            let shape = [outputs, inputs.unwrap_or(1), side, side];
            let weight = weights.get(&format!("{prefix}{i}.weight"), &shape)?;
            let weight = Tensor::from_vec(weight, (outputs, columns), &Device::Cpu)?.t()?.flatten_all()?.to_vec1()?;
            layers.push((weight, weights.get(&format!("{prefix}{i}.bias"), &[outputs])?));
        }
        Self::of(&layers)
    }

    fn of(layers: &[(Vec<f32>, Vec<f32>)]) -> Result<Self, MlError> {
        let steps = (0..LAYERS).map(step).collect();
        Ok(Self { backbone: Backbone::new(steps, Padding::Needed, layers)? })
    }

    /// A network of zeros, to be filled.
    ///
    /// # Errors
    /// When memory is short.
    pub fn zeros() -> Result<Self, MlError> {
        let zeros = |i| {
            let step = step(i);
            (vec![0.0; step.rows() * step.outputs], vec![0.0; step.outputs])
        };
        Self::of(&(0..LAYERS).map(zeros).collect::<Vec<_>>())
    }

    /// A copy whose layers can be trained on a device, and the variable of all of them.
    ///
    /// # Errors
    /// When the tensors cannot be copied.
    pub fn trainable(&self, device: &Device) -> Result<(Self, Var), MlError> {
        let (backbone, var) = self.backbone.trainable(device)?;
        Ok((Self { backbone }, var))
    }

    /// A copy without variables, for inference.
    pub fn frozen(&self) -> Self {
        Self { backbone: self.backbone.frozen() }
    }

    /// The embedding `[n, 1024]` of `patches` `[n, frames, bands]`.
    ///
    /// # Errors
    /// When the shape does not fit.
    pub fn forward(&self, patches: &Tensor) -> Result<Tensor, MlError> {
        Ok(self.backbone.forward(&patches.unsqueeze(3)?)?)
    }

    /// The mean embedding of patches, a few at a time, so that a long song needs no more memory than a short one.
    ///
    /// # Errors
    /// When there is no patch.
    pub fn mean_embedding(&self, patches: &[Vec<f32>]) -> Result<Vec<f64>, MlError> {
        if patches.is_empty() {
            return Err(MlError::Input("there is no sound in it".into()));
        }
        let parts: Vec<Vec<f64>> = patches
            .par_chunks(8)
            .map(|chunk| {
                let batch = Tensor::from_vec(chunk.concat(), (chunk.len(), FRAMES, BANDS), &Device::Cpu)?;
                let sum: Vec<f32> = self.forward(&batch)?.sum(0)?.to_vec1()?;
                Ok(sum.into_iter().map(f64::from).collect())
            })
            .collect::<Result<_, MlError>>()?;
        let total = |j: usize| parts.iter().map(|part| part[j]).sum::<f64>() / patches.len() as f64;
        Ok((0..EMBEDDING).map(total).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ml::nn::ops::portable::{assert_portable, drawn};
    use crate::ml::nn::rng::Rng;

    #[test]
    fn the_whole_network_is_the_same_from_candles_own_operations() {
        let mut rng = Rng::new(3);
        let network = Backbone::random((0..LAYERS).map(step).collect(), Padding::Needed, &mut rng);
        let (network, var) = network.trainable(&Device::Cpu).unwrap();
        let patches = drawn(&[2, FRAMES, BANDS, 1], 1.0, &mut rng);
        assert_portable("MobileNetV1", &[&var], || network.forward(&patches));
    }

    #[test]
    fn layers_chain_and_windows_make_patches() {
        let mut channels = STEM;
        for i in 1..LAYERS {
            let (_, inputs, outputs) = shape_of(i);
            assert_eq!(inputs.unwrap_or(outputs), channels);
            channels = outputs;
        }
        assert_eq!(channels, EMBEDDING);
        let front_end = FrontEnd::new();
        assert_eq!(front_end.patches(&vec![0.1; 48_000]).len(), 3);
        assert_eq!(front_end.patches(&[0.1; 100]).len(), 1);
        assert_eq!(front_end.patches(&[]).len(), 0);
    }
}
