//! The article's plain network: convolutions with pooling, then two dense layers, on pictures `[n, height, width, 3]`.

use candle_core::{D, DType, Device, Tensor, Var};

use super::error::MlError;
use super::ops::conv_pool::ConvPool;
use super::ops::dense::Dense;
use super::rng::Rng;

/// Outputs of the convolutions.
const CONVOLUTIONS: [usize; 3] = [32, 32, 64];
/// Colours of a picture.
const COLOURS: usize = 3;
/// Outputs of the first dense layer.
const HIDDEN: usize = 128;
/// Share of the values that dropout sets to zero while training.
const DROPOUT: f64 = 0.4;

/// Weight and bias.
#[derive(Clone, Debug)]
struct Layer {
    weight: Var,
    bias: Var,
}

/// The network with its variables.
#[derive(Clone, Debug)]
pub struct PlainCnn {
    convolutions: Vec<Layer>,
    hidden: Layer,
    output: Layer,
}

impl PlainCnn {
    /// A network for square pictures of `side` pixels (a multiple of 8) and so many `labels`, its weights drawn as Keras does
    /// (X. Glorot and Y. Bengio 2010, equation 16).
    ///
    /// # Errors
    /// When `side` is not a multiple of 8, or memory is short.
    pub fn new(side: usize, labels: usize, rng: &mut Rng) -> Result<Self, MlError> {
        if side == 0 || !side.is_multiple_of(8) {
            return Err(MlError::Input(format!("pictures of {side} pixels cannot be halved three times")));
        }
        let mut inputs = COLOURS;
        let mut convolutions = Vec::new();
        for outputs in CONVOLUTIONS {
            convolutions.push(Layer::new(9 * inputs, outputs, 9, rng)?);
            inputs = outputs;
        }
        let flat = (side / 8).pow(2) * inputs;
        Ok(Self {
            convolutions,
            hidden: Layer::new(flat, HIDDEN, 1, rng)?,
            output: Layer::new(HIDDEN, labels, 1, rng)?,
        })
    }

    /// The variables.
    pub fn vars(&self) -> Vec<Var> {
        let layers = self.convolutions.iter().chain([&self.hidden, &self.output]);
        layers.flat_map(|layer| [layer.weight.clone(), layer.bias.clone()]).collect()
    }

    /// Numbers that are learned.
    pub fn parameters(&self) -> usize {
        self.vars().iter().map(|var| var.elem_count()).sum()
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
            x = (&x * dropout_mask(x.dims(), DROPOUT, rng)?)?;
        }
        let x = Dense.apply(&x, self.hidden.weight.as_tensor(), self.hidden.bias.as_tensor())?.relu()?;
        Ok(Dense.apply(&x, self.output.weight.as_tensor(), self.output.bias.as_tensor())?)
    }
}

impl Layer {
    /// `taps` kernel positions share an output: they count for what flows back.
    fn new(inputs: usize, outputs: usize, taps: usize, rng: &mut Rng) -> Result<Self, MlError> {
        let limit = (6.0 / (inputs + taps * outputs) as f64).sqrt();
        let weight: Vec<f32> = (0..inputs * outputs).map(|_| ((2.0 * rng.uniform() - 1.0) * limit) as f32).collect();
        Ok(Self {
            weight: Var::from_vec(weight, (inputs, outputs), &Device::Cpu)?,
            bias: Var::zeros(outputs, DType::F32, &Device::Cpu)?,
        })
    }
}

/// Zero with probability `share`, else what keeps the mean.
pub(super) fn dropout_mask(shape: &[usize], share: f64, rng: &mut Rng) -> Result<Tensor, MlError> {
    let keep = (1.0 / (1.0 - share)) as f32;
    let limit = (share * f64::from(u32::MAX)) as u32;
    let mut mask = Vec::with_capacity(shape.iter().product());
    while mask.len() < mask.capacity() {
        let bits = rng.bits();
        for half in [bits as u32, (bits >> 32) as u32] {
            if mask.len() < mask.capacity() {
                mask.push(if half < limit { 0.0 } else { keep });
            }
        }
    }
    Ok(Tensor::from_vec(mask, shape, &Device::Cpu)?)
}

/// Mean cross-entropy of logits `[n, labels]` and target probabilities `[n, labels]`.
///
/// # Errors
/// When the shapes differ.
pub fn cross_entropy(logits: &Tensor, targets: &Tensor) -> Result<Tensor, MlError> {
    let log_p = candle_nn::ops::log_softmax(logits, D::Minus1)?;
    let n = logits.dim(0)?.max(1);
    Ok((log_p * targets)?.sum_all()?.affine(-1.0 / n as f64, 0.0)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ml::adam::{Adam, AdamOptions};

    #[test]
    fn it_has_the_parameters_of_the_article() {
        assert_eq!(PlainCnn::new(256, 10, &mut Rng::new(1)).unwrap().parameters(), 8_418_666);
        assert!(PlainCnn::new(100, 10, &mut Rng::new(1)).is_err());
    }

    #[test]
    fn it_learns_which_half_is_bright() {
        let mut rng = Rng::new(5);
        let net = PlainCnn::new(16, 2, &mut rng).unwrap();
        let mut adam = Adam::new(net.vars(), AdamOptions::default());
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
