//! One or two dense layers on a vector of features, for features that hold the knowledge already.

use candle_core::{DType, Device, Tensor, Var};
use serde::{Deserialize, Serialize};

use super::Network;
use crate::ml::error::MlError;
use crate::ml::networks::input::{FrontEnd, SCATTERING_FEATURES, TAG_FEATURES};
use crate::ml::nn::layers::dropout;
use crate::ml::nn::ops::dense::Dense;
use crate::ml::nn::rng::Rng;
use crate::ml::nn::variables::{Layer, Variables};

/// Deviations below this would blow up noise.
const LEAST_DEVIATION: f64 = 1e-2;

/// Its sizes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PerceptronSpec {
    /// What it sees: one vector a window.
    pub front_end: FrontEnd,
    /// Outputs of the first layer; 0: there is only the second.
    pub hidden: usize,
    /// Shares of the input and of the first layer's outputs that dropout leaves out while training.
    pub dropout: (f64, f64),
}

pub(in crate::ml) struct Perceptron {
    /// Of each feature over the training clips.
    mean: Var,
    deviation: Var,
    hidden: Option<Layer>,
    output: Layer,
    dropout: (f64, f64),
    variables: Variables,
}

impl Perceptron {
    pub fn new(spec: &PerceptronSpec, labels: usize, rng: &mut Rng, mut variables: Variables) -> Result<Self, MlError> {
        let inputs = match spec.front_end {
            FrontEnd::Scattering => SCATTERING_FEATURES,
            FrontEnd::Tags => TAG_FEATURES,
            _ => return Err(MlError::Training("dense layers alone need a vector of features".into())),
        };
        let zeros = Tensor::zeros(inputs, DType::F32, &Device::Cpu)?;
        let ones = Tensor::ones(inputs, DType::F32, &Device::Cpu)?;
        Ok(Self {
            mean: variables.add("mean", &zeros, false)?,
            deviation: variables.add("deviation", &ones, false)?,
            hidden: match spec.hidden {
                0 => None,
                width => Some(variables.glorot("hidden", inputs, width, 1, rng)?),
            },
            output: variables.glorot("output", if spec.hidden == 0 { inputs } else { spec.hidden }, labels, 1, rng)?,
            dropout: spec.dropout,
            variables,
        })
    }
}

impl Network for Perceptron {
    fn variables(&self) -> &Variables {
        &self.variables
    }

    fn forward(&self, inputs: &[Tensor], mut training: Option<&mut Rng>) -> Result<Tensor, MlError> {
        let x = inputs[0].flatten_from(1)?;
        let x =
            x.broadcast_sub(&self.mean.as_detached_tensor())?.broadcast_div(&self.deviation.as_detached_tensor())?;
        let x = dropout(x, self.dropout.0, training.as_deref_mut())?;
        let x = match &self.hidden {
            Some(hidden) => {
                let x = Dense.apply(&x, &hidden.weight, &hidden.bias)?.relu()?;
                dropout(x, self.dropout.1, training)?
            }
            None => x,
        };
        Ok(Dense.apply(&x, &self.output.weight, &self.output.bias)?)
    }

    fn observe(&self, inputs: &[Tensor], _truth: &[usize]) -> Result<(), MlError> {
        let x = inputs[0].flatten_from(1)?;
        let mean = x.mean(0)?;
        let variance = x.broadcast_sub(&mean)?.sqr()?.mean(0)?;
        self.mean.set(&mean)?;
        self.deviation.set(&(variance.sqrt()? + LEAST_DEVIATION)?)?;
        Ok(())
    }
}
