//! The article's plain network.

use candle_core::Tensor;

use super::Network;
use crate::ml::data::front_end::picture::SIDE;
use crate::ml::error::MlError;
use crate::ml::plain::PlainCnn;
use crate::ml::rng::Rng;
use crate::ml::train::variables::Variables;

pub(super) struct Plain {
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
