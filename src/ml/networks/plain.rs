//! The article's plain network.

use candle_core::Tensor;

use super::Network;
use crate::ml::error::MlError;
use crate::ml::networks::input::SIDE;
use crate::ml::networks::plain_cnn::PlainCnn;
use crate::ml::nn::rng::Rng;
use crate::ml::nn::variables::Variables;

pub(in crate::ml) struct Plain {
    layers: PlainCnn,
    variables: Variables,
}

impl Plain {
    pub fn new(labels: usize, rng: &mut Rng, mut variables: Variables) -> Result<Self, MlError> {
        let layers = PlainCnn::new(SIDE, labels, &mut variables, rng)?;
        Ok(Self { layers, variables })
    }
}

impl Network for Plain {
    fn variables(&self) -> &Variables {
        &self.variables
    }

    fn forward(&self, inputs: &[Tensor], training: Option<&mut Rng>) -> Result<Tensor, MlError> {
        self.layers.forward(&inputs[0], training)
    }
}
