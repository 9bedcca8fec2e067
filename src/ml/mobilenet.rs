//! MobileNetV1 1.0 (A. Howard et al. 2017) on log-mel patches, with YAMNet's front end (M. Plakal and D. Ellis 2019).
//!
//! Batch norm is folded into weight and bias, activations are channels last. It runs on the CPU: 62 patches cost less
//! than one MusiCNN window, so a GPU would win nothing.

use candle_core::{Device, Tensor, Var};
use rayon::prelude::*;

use super::error::MlError;
use super::genre_file::Stored;
use super::ops::Activation;
use super::ops::conv3x3::{Conv3x3, Kind, Padding};
use super::ops::pointwise::Pointwise;
use super::weights::Weights;
use crate::dsp::mel::MelBank;
use crate::dsp::stft::{Framing, Stft};
use crate::dsp::window::hann_periodic;

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

/// One convolution: its weight as its operation wants it, and its bias.
#[derive(Clone, Debug)]
pub(super) struct Layer {
    pub weight: Tensor,
    pub bias: Tensor,
}

impl Layer {
    /// Copies that can be trained, and their variables.
    pub fn trainable(layers: &[Self]) -> Result<(Vec<Self>, Vec<Var>), MlError> {
        let (mut copies, mut vars) = (Vec::new(), Vec::new());
        for layer in layers {
            let (weight, bias) = (Var::from_tensor(&layer.weight)?, Var::from_tensor(&layer.bias)?);
            copies.push(Self { weight: weight.as_tensor().clone(), bias: bias.as_tensor().clone() });
            vars.extend([weight, bias]);
        }
        Ok((copies, vars))
    }
}

/// The convolutions; a linear head on the embedding is kept apart.
#[derive(Clone)]
pub struct MobileNet {
    layers: Vec<Layer>,
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
            let weight = Tensor::from_vec(weight, (outputs, columns), &Device::Cpu)?.t()?.contiguous()?;
            let bias = Tensor::from_vec(weights.get(&format!("{prefix}{i}.bias"), &[outputs])?, outputs, &Device::Cpu)?;
            layers.push(Layer { weight, bias });
        }
        Ok(Self { layers })
    }

    /// The tensors as [`MobileNet::read`] reads them, in half precision.
    ///
    /// # Errors
    /// When the tensors cannot be read.
    pub fn store(&self, prefix: &str) -> Result<Vec<Stored>, MlError> {
        let mut stored = Vec::new();
        for (i, layer) in self.layers.iter().enumerate() {
            let (_, inputs, outputs) = shape_of(i);
            let side = if inputs.is_some() { 1 } else { 3 };
            stored.push(Stored {
                name: format!("{prefix}{i}.weight"),
                shape: vec![outputs, inputs.unwrap_or(1), side, side],
                values: layer.weight.t()?.flatten_all()?.to_vec1()?,
                half: true,
            });
            let values = layer.bias.to_vec1()?;
            stored.push(Stored { name: format!("{prefix}{i}.bias"), shape: vec![outputs], values, half: true });
        }
        Ok(stored)
    }

    /// A copy whose layers can be trained, and its variables.
    ///
    /// # Errors
    /// When the tensors cannot be copied.
    pub fn trainable(&self) -> Result<(Self, Vec<Var>), MlError> {
        let (layers, vars) = Layer::trainable(&self.layers)?;
        Ok((Self { layers }, vars))
    }

    /// A copy without variables, for inference.
    pub fn frozen(&self) -> Self {
        let detach = |layer: &Layer| Layer { weight: layer.weight.detach(), bias: layer.bias.detach() };
        Self { layers: self.layers.iter().map(detach).collect() }
    }

    /// The embedding `[n, 1024]` of `patches` `[n, frames, bands]`.
    ///
    /// # Errors
    /// When the shape does not fit.
    pub fn forward(&self, patches: &Tensor) -> Result<Tensor, MlError> {
        let mut x = patches.unsqueeze(3)?;
        for (i, layer) in self.layers.iter().enumerate() {
            let (stride, inputs, _) = shape_of(i);
            x = match (i, inputs) {
                (0, _) => layer3x3(Kind::Stem, stride).apply(&x, &layer.weight, &layer.bias)?,
                (_, None) => layer3x3(Kind::Depthwise, stride).apply(&x, &layer.weight, &layer.bias)?,
                (_, Some(_)) => Pointwise(Activation::Relu).apply(&x, &layer.weight, &layer.bias)?,
            };
        }
        Ok(x.mean((1, 2))?)
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

fn layer3x3(kind: Kind, stride: usize) -> Conv3x3 {
    Conv3x3 { kind, stride, padding: Padding::Needed, activation: Activation::Relu }
}

#[cfg(test)]
impl MobileNet {
    /// A network that has learned nothing.
    pub(crate) fn random(seed: u64) -> Self {
        let mut rng = super::rng::Rng::new(seed);
        let layer = |i: usize| {
            let (_, inputs, outputs) = shape_of(i);
            let rows = inputs.unwrap_or(9);
            // Uniform with the variance that keeps the signal's power through a ReLU (K. He et al. 2015).
            let width = (6.0 / rows as f64).sqrt();
            let values: Vec<f32> = (0..rows * outputs).map(|_| ((rng.uniform() * 2.0 - 1.0) * width) as f32).collect();
            Layer {
                weight: Tensor::from_vec(values, (rows, outputs), &Device::Cpu).unwrap(),
                bias: Tensor::zeros(outputs, candle_core::DType::F32, &Device::Cpu).unwrap(),
            }
        };
        Self { layers: (0..LAYERS).map(layer).collect() }
    }

    /// Whether every layer differs from the other's.
    pub(crate) fn differs_everywhere(&self, other: &Self) -> bool {
        let values = |layer: &Layer| layer.weight.flatten_all().unwrap().to_vec1::<f32>().unwrap();
        self.layers.iter().zip(&other.layers).all(|(a, b)| values(a) != values(b))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ml::weights::Weights;

    #[test]
    fn what_is_stored_is_read_back_in_half_precision() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("n.safetensors");
        let network = MobileNet::random(2);
        let card = crate::ml::genre_file::example_card("0");
        crate::ml::genre_file::write(&path, &card, &network.store("network.").unwrap()).unwrap();
        let bytes = std::fs::read(&path).unwrap();
        let read = MobileNet::read(&Weights::parse("n", &bytes).unwrap(), "network.").unwrap();
        let patch = vec![(0..FRAMES * BANDS).map(|i| (i as f32 * 0.01).sin()).collect::<Vec<f32>>()];
        let (a, b) = (network.mean_embedding(&patch).unwrap(), read.mean_embedding(&patch).unwrap());
        let size = a.iter().fold(0.0f64, |m, x| m.max(x.abs()));
        assert!(size > 0.0 && a.iter().zip(&b).all(|(a, b)| (a - b).abs() < 0.02 * size));
        assert!(MobileNet::read(&Weights::parse("n", &bytes).unwrap(), "other.").is_err());
        assert!(network.mean_embedding(&[]).is_err());
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
