//! The article's plain network: convolutions with pooling, then two dense layers, on pictures `[n, height, width, 3]`.

use candle_core::Tensor;

use crate::ml::error::MlError;
use crate::ml::nn::layers::dropout_mask;
use crate::ml::nn::ops::conv_pool::ConvPool;
use crate::ml::nn::ops::dense::Dense;
use crate::ml::nn::rng::Rng;
use crate::ml::nn::variables::{Layer, Variables};

/// Outputs of the convolutions.
const CONVOLUTIONS: [usize; 3] = [32, 32, 64];
/// Colours of a picture.
const COLOURS: usize = 3;
/// Outputs of the first dense layer.
const HIDDEN: usize = 128;
/// Share of the values that dropout sets to zero while training.
const DROPOUT: f64 = 0.4;

/// The network with its variables.
#[derive(Clone, Debug)]
pub struct PlainCnn {
    convolutions: Vec<Layer>,
    hidden: Layer,
    output: Layer,
}

impl PlainCnn {
    /// A network for square pictures of `side` pixels (a multiple of 8) and this many `labels`, whose layers are added to `variables`.
    ///
    /// # Errors
    /// When `side` is not a multiple of 8, or memory is short.
    pub fn new(side: usize, labels: usize, variables: &mut Variables, rng: &mut Rng) -> Result<Self, MlError> {
        if side == 0 || !side.is_multiple_of(8) {
            return Err(MlError::Input(format!("pictures of {side} pixels cannot be halved three times")));
        }
        let mut number = 0;
        let mut layer = |inputs, outputs, taps| {
            number += 1;
            variables.glorot(&format!("layers.{}", number - 1), inputs, outputs, taps, rng)
        };
        let (mut inputs, mut convolutions) = (COLOURS, Vec::new());
        for outputs in CONVOLUTIONS {
            convolutions.push(layer(inputs, outputs, 9)?);
            inputs = outputs;
        }
        let hidden = layer((side / 8).pow(2) * inputs, HIDDEN, 1)?;
        Ok(Self { convolutions, hidden, output: layer(HIDDEN, labels, 1)? })
    }

    /// Logits `[n, labels]` of pictures `[n, side, side, 3]`; `dropout` draws what is left out while training.
    ///
    /// # Errors
    /// When the shape does not fit.
    pub fn forward(&self, pictures: &Tensor, dropout: Option<&mut Rng>) -> Result<Tensor, MlError> {
        let mut x = pictures.clone();
        for (i, layer) in self.convolutions.iter().enumerate() {
            x = ConvPool::new(i == 0).apply(&x, layer.weight.as_tensor(), layer.bias.as_tensor())?;
        }
        let mut x = x.flatten_from(1)?;
        if let Some(rng) = dropout {
            x = (&x * dropout_mask(&x, DROPOUT, rng)?)?;
        }
        let x = Dense.apply(&x, self.hidden.weight.as_tensor(), self.hidden.bias.as_tensor())?.relu()?;
        Ok(Dense.apply(&x, self.output.weight.as_tensor(), self.output.bias.as_tensor())?)
    }
}

#[cfg(test)]
mod tests {
    use candle_core::Device;

    use super::*;
    use crate::ml::nn::adam::{Adam, AdamOptions};
    use crate::ml::nn::layers::cross_entropy;
    use crate::ml::nn::ops::portable::{assert_portable, drawn};

    #[test]
    fn it_has_the_parameters_of_the_article() {
        let mut variables = Variables::on(&Device::Cpu);
        PlainCnn::new(256, 10, &mut variables, &mut Rng::new(1)).unwrap();
        assert_eq!(variables.count(), (8_418_666, 8_418_666));
        assert!(PlainCnn::new(100, 10, &mut variables, &mut Rng::new(1)).is_err());
    }

    #[test]
    fn the_whole_network_is_the_same_from_candles_own_operations() {
        let mut rng = Rng::new(2);
        let mut variables = Variables::on(&Device::Cpu);
        let net = PlainCnn::new(32, 4, &mut variables, &mut rng).unwrap();
        let pictures = drawn(&[3, 32, 32, 3], 1.0, &mut rng);
        let vars = variables.trained();
        assert_portable("the plain network", &vars.iter().collect::<Vec<_>>(), || {
            net.forward(&pictures, Some(&mut Rng::new(3))).map_err(candle_core::Error::wrap)
        });
    }

    #[test]
    fn it_learns_which_half_is_bright() {
        let mut rng = Rng::new(5);
        let mut variables = Variables::on(&Device::Cpu);
        let net = PlainCnn::new(16, 2, &mut variables, &mut rng).unwrap();
        let mut adam = Adam::new(variables.trained(), AdamOptions::default()).unwrap();
        let (mut pixels, mut targets) = (Vec::new(), Vec::new());
        for item in 0..16 {
            for index in 0..16 * 16 * 3 {
                let left = index / 3 % 16 < 8;
                pixels.push(rng.uniform() as f32 * if left == (item % 2 == 0) { 1.0 } else { 0.2 });
            }
            targets.extend(if item % 2 == 0 { [1.0f32, 0.0] } else { [0.0, 1.0] });
        }
        let x = Tensor::from_vec(pixels, (16, 16, 16, 3), &Device::Cpu).unwrap();
        let targets = Tensor::from_vec(targets, (16, 2), &Device::Cpu).unwrap();
        let mut losses = Vec::new();
        for _ in 0..30 {
            let loss = cross_entropy(&net.forward(&x, Some(&mut rng)).unwrap(), &targets).unwrap();
            losses.push(loss.to_scalar::<f32>().unwrap());
            adam.step(&loss.backward().unwrap(), 1e-3).unwrap();
        }
        assert!(losses[29] < 0.3 * losses[0], "{losses:?}");
    }
}
