//! The article's multimodal network: two plain branches, joined by dense layers.

use candle_core::Tensor;

use super::Network;
use crate::ml::error::MlError;
use crate::ml::networks::input::SIDE;
use crate::ml::nn::layers::dropout;
use crate::ml::nn::ops::conv_pool::ConvPool;
use crate::ml::nn::ops::dense::Dense;
use crate::ml::nn::rng::Rng;
use crate::ml::nn::variables::{Layer, Variables};

/// Outputs of a branch's convolutions, of its dense layer, and of the layer that joins both.
const CONVOLUTIONS: [usize; 2] = [32, 64];
const HIDDEN: usize = 128;
const JOINED: usize = 32;
const DROPOUT: f64 = 0.4;

struct Branch {
    convolutions: Vec<Layer>,
    hidden: Layer,
}

pub(in crate::ml) struct Pair {
    branches: [Branch; 2],
    joined: Layer,
    output: Layer,
    variables: Variables,
}

impl Pair {
    pub fn new(labels: usize, rng: &mut Rng, mut variables: Variables) -> Result<Self, MlError> {
        let mut branch = |name: &str| -> Result<Branch, MlError> {
            let (mut inputs, mut side, mut convolutions) = (3, SIDE, Vec::new());
            for (i, outputs) in CONVOLUTIONS.into_iter().enumerate() {
                convolutions.push(variables.glorot(&format!("{name}.conv{i}"), inputs, outputs, 9, rng)?);
                (inputs, side) = (outputs, side / 2);
            }
            let hidden = variables.glorot(&format!("{name}.hidden"), side * side * inputs, HIDDEN, 1, rng)?;
            Ok(Branch { convolutions, hidden })
        };
        let branches = [branch("spectrogram")?, branch("wavelet")?];
        let joined = variables.glorot("joined", 2 * HIDDEN, JOINED, 1, rng)?;
        let output = variables.glorot("output", JOINED, labels, 1, rng)?;
        Ok(Self { branches, joined, output, variables })
    }
}

impl Branch {
    fn forward(&self, pictures: &Tensor, training: Option<&mut Rng>) -> Result<Tensor, MlError> {
        let mut x = pictures.clone();
        for (i, layer) in self.convolutions.iter().enumerate() {
            x = ConvPool::new(i == 0).apply(&x, &layer.weight, &layer.bias)?;
        }
        let x = dropout(x.flatten_from(1)?, DROPOUT, training)?;
        Ok(Dense.apply(&x, &self.hidden.weight, &self.hidden.bias)?.relu()?)
    }
}

impl Network for Pair {
    fn variables(&self) -> &Variables {
        &self.variables
    }

    fn forward(&self, inputs: &[Tensor], mut training: Option<&mut Rng>) -> Result<Tensor, MlError> {
        let [spectrogram, wavelet] = &self.branches;
        let a = spectrogram.forward(&inputs[0], training.as_deref_mut())?;
        let b = wavelet.forward(&inputs[1], training)?;
        let x = Tensor::cat(&[a, b], 1)?;
        let x = Dense.apply(&x, &self.joined.weight, &self.joined.bias)?.relu()?;
        Ok(Dense.apply(&x, &self.output.weight, &self.output.bias)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parameters_are_the_articles() {
        let pair = Pair::new(10, &mut Rng::new(1), Variables::on(&candle_core::Device::Cpu)).unwrap();
        assert_eq!(pair.variables().count(), (67_156_458, 67_156_458));
    }
}
