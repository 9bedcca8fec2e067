//! A small network from scratch: 3x3 convolutions with pooling and batch norm, mean and maximum over the picture, one dense layer.

use std::sync::{Mutex, PoisonError};

use candle_core::{DType, Device, Tensor, Var};
use serde::{Deserialize, Serialize};

use super::Network;
use crate::ml::error::MlError;
use crate::ml::networks::input::FrontEnd;
use crate::ml::nn::layers::dropout;
use crate::ml::nn::ops::batch_norm::{EPSILON, batch_norm};
use crate::ml::nn::ops::conv_pool::ConvPool;
use crate::ml::nn::ops::dense::Dense;
use crate::ml::nn::rng::Rng;
use crate::ml::nn::variables::{Layer, Variables};

/// How slowly the remembered statistics follow those of the batches.
const MOMENTUM: f64 = 0.9;

/// Its sizes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CompactSpec {
    /// What it sees.
    pub front_end: FrontEnd,
    /// Columns of one example; a multiple of two to the number of blocks.
    pub window: usize,
    /// Outputs of each block.
    pub channels: Vec<usize>,
    /// Share of the features that dropout leaves out while training.
    pub dropout: f64,
}

struct Block {
    convolution: Layer,
    scale: Var,
    shift: Var,
    /// Statistics of the batches, for inference.
    mean: Var,
    variance: Var,
}

/// The blocks and the features they give; the head is the owner's.
pub(in crate::ml) struct Blocks {
    blocks: Vec<Block>,
    /// Statistics move one batch at a time.
    moving: Mutex<()>,
}

pub(in crate::ml) struct Compact {
    blocks: Blocks,
    output: Layer,
    dropout: f64,
    variables: Variables,
}

impl Blocks {
    pub fn new(name: &str, channels: &[usize], variables: &mut Variables, rng: &mut Rng) -> Result<Self, MlError> {
        let (mut inputs, mut blocks) = (1, Vec::new());
        for (i, &outputs) in channels.iter().enumerate() {
            let name = format!("{name}{i}");
            let convolution = variables.glorot(&format!("{name}.convolution"), inputs, outputs, 9, rng)?;
            let (ones, zeros) =
                (Tensor::ones(outputs, DType::F32, &Device::Cpu)?, Tensor::zeros(outputs, DType::F32, &Device::Cpu)?);
            blocks.push(Block {
                convolution,
                scale: variables.add(format!("{name}.scale"), &ones, true)?,
                shift: variables.add(format!("{name}.shift"), &zeros, true)?,
                mean: variables.add(format!("{name}.mean"), &zeros, false)?,
                variance: variables.add(format!("{name}.variance"), &ones, false)?,
            });
            inputs = outputs;
        }
        Ok(Self { blocks, moving: Mutex::new(()) })
    }

    /// Features `[n, 2 * channels]` (mean over the picture; maximum over time of the mean over the bands) of pictures
    /// `[n, columns, bands, 1]`.
    pub fn forward(&self, pictures: &Tensor, training: bool) -> Result<Tensor, MlError> {
        let mut x = pictures.clone();
        for (i, block) in self.blocks.iter().enumerate() {
            let (_, height, width, _) = x.dims4()?;
            // Pooling halves: an odd rest is left out.
            x = x.narrow(1, 0, height - height % 2)?.narrow(2, 0, width - width % 2)?;
            x = ConvPool::new(i == 0).apply(&x, &block.convolution.weight, &block.convolution.bias)?;
            x = if training { self.normalise(block, &x)? } else { block.remembered(&x)? };
        }
        let bands = x.mean(2)?;
        Ok(Tensor::cat(&[bands.mean(1)?, bands.max(1)?], 1)?)
    }

    fn normalise(&self, block: &Block, x: &Tensor) -> Result<Tensor, MlError> {
        let normalised = batch_norm(x, &block.scale, &block.shift)?;
        let _guard = self.moving.lock().unwrap_or_else(PoisonError::into_inner);
        for (var, now) in [(&block.mean, normalised.mean), (&block.variance, normalised.variance)] {
            var.set(&((var.as_detached_tensor() * MOMENTUM)? + (now * (1.0 - MOMENTUM))?)?)?;
        }
        Ok(normalised.y)
    }
}

impl Block {
    fn remembered(&self, x: &Tensor) -> Result<Tensor, MlError> {
        let inverse = (self.variance.as_detached_tensor() + f64::from(EPSILON))?.sqrt()?.recip()?;
        let gain = (self.scale.as_detached_tensor() * inverse)?;
        let offset = (self.shift.as_detached_tensor() - (self.mean.as_detached_tensor() * &gain)?)?;
        Ok(x.broadcast_mul(&gain)?.broadcast_add(&offset)?)
    }
}

impl CompactSpec {
    /// Length of the features.
    pub fn features(&self) -> usize {
        2 * self.channels.last().copied().unwrap_or(0)
    }
}

impl Compact {
    pub fn new(spec: &CompactSpec, labels: usize, rng: &mut Rng, mut variables: Variables) -> Result<Self, MlError> {
        let blocks = Blocks::new("block", &spec.channels, &mut variables, rng)?;
        let output = variables.glorot("output", spec.features(), labels, 1, rng)?;
        Ok(Self { blocks, output, dropout: spec.dropout, variables })
    }
}

impl Network for Compact {
    fn variables(&self) -> &Variables {
        &self.variables
    }

    fn forward(&self, inputs: &[Tensor], training: Option<&mut Rng>) -> Result<Tensor, MlError> {
        let features = self.blocks.forward(&inputs[0].unsqueeze(3)?, training.is_some())?;
        let features = dropout(features, self.dropout, training)?;
        Ok(Dense.apply(&features, &self.output.weight, &self.output.bias)?)
    }
}
