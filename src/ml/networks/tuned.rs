//! A pre-trained MobileNet with a new head: frozen, or tuned in every layer.

use candle_core::{Device, Tensor, Var};

use super::{Network, pretrained};
use crate::ml::error::MlError;
use crate::ml::networks::mobilenet::{self, MobileNet};
use crate::ml::networks::mobilenet_v2::{self, MobileNetV2};
use crate::ml::nn::layers::dropout;
use crate::ml::nn::ops::dense::Dense;
use crate::ml::nn::rng::Rng;
use crate::ml::nn::variables::{Layer, Variables};
use crate::ml::nn::weights::Weights;

/// Examples that are observed at a time.
const OBSERVED: usize = 32;

/// Bands of the log-mel grid.
const GRID_BANDS: usize = 2 * mobilenet::BANDS;

/// The log-mel grid `[n, columns, 128]` as patches `[n, columns, 64]`: two bands one, its 40 dB where music lies among the
/// logarithms that the network knows.
fn as_patches(grid: &Tensor) -> Result<Tensor, MlError> {
    let (n, columns, _) = grid.dims3()?;
    let pairs = grid.reshape((n, columns, mobilenet::BANDS, 2))?.mean(3)?;
    Ok(pairs.affine(40.0 / 20.0 * std::f64::consts::LN_10, -1.6)?)
}

/// Which network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::ml) enum Backbone {
    V1,
    V2,
}

enum Layers {
    V1(MobileNet),
    V2(MobileNetV2),
}

pub(in crate::ml) struct Tuned {
    layers: Layers,
    /// One where the weights follow PyTorch's conventions, see [`MobileNetV2::is_pytorch`].
    pytorch: Var,
    output: Layer,
    frozen: bool,
    dropout: f64,
    variables: Variables,
}

impl Layers {
    /// From pre-trained weights, or all zero, to be read later; and the variable of all of them.
    fn open(backbone: Backbone, base: Option<&Weights<'_>>, device: &Device) -> Result<(Self, Var), MlError> {
        Ok(match backbone {
            Backbone::V1 => {
                let (layers, var) = match base {
                    Some(base) => pretrained::layers(base, device)?,
                    None => MobileNet::zeros()?.trainable(device)?,
                };
                (Self::V1(layers), var)
            }
            Backbone::V2 => {
                let layers = match base {
                    Some(base) => MobileNetV2::read(base, "")?,
                    None => MobileNetV2::zeros()?,
                };
                let (layers, var) = layers.trainable(device)?;
                (Self::V2(layers), var)
            }
        })
    }
}

impl Tuned {
    pub fn new(
        backbone: Backbone,
        labels: &[String],
        frozen: bool,
        dropout: f64,
        base: Option<&Weights<'_>>,
        rng: &mut Rng,
        mut variables: Variables,
    ) -> Result<Self, MlError> {
        let (layers, var) = Layers::open(backbone, base, variables.device())?;
        variables.add_var("backbone", &var, !frozen);
        let pytorch = matches!(&layers, Layers::V2(layers) if layers.is_pytorch());
        let pytorch = Tensor::new(&[if pytorch { 1f32 } else { 0.0 }], &Device::Cpu)?;
        let pytorch = variables.add("backbone.pytorch", &pytorch, false)?;
        let features = match backbone {
            Backbone::V1 => mobilenet::EMBEDDING,
            Backbone::V2 => mobilenet_v2::FEATURES,
        };
        let output = variables.glorot("output", features, labels.len(), 1, rng)?;
        if let (Backbone::V1, Some(base)) = (backbone, base)
            && let Some((weight, bias)) = pretrained::head(base, labels)?
        {
            output.weight.set(&weight.to_device(variables.device())?)?;
            output.bias.set(&bias.to_device(variables.device())?)?;
        }
        Ok(Self { layers, pytorch, output, frozen, dropout, variables })
    }
}

impl Tuned {
    fn features(&self, x: &Tensor, training: bool) -> Result<Tensor, MlError> {
        let pytorch = self.pytorch.to_vec1::<f32>()? != [0.0];
        let patches;
        let x = if let (Layers::V1(_), Ok((_, _, GRID_BANDS))) = (&self.layers, x.dims3()) {
            patches = as_patches(x)?;
            &patches
        } else {
            x
        };
        match (&self.layers, training) {
            (Layers::V1(layers), true) => layers.forward(x),
            (Layers::V1(layers), false) => layers.frozen().forward(x),
            (Layers::V2(layers), true) => layers.features(x, pytorch),
            (Layers::V2(layers), false) => layers.frozen().features(x, pytorch),
        }
    }
}

impl Network for Tuned {
    fn variables(&self) -> &Variables {
        &self.variables
    }

    fn forward(&self, inputs: &[Tensor], training: Option<&mut Rng>) -> Result<Tensor, MlError> {
        let features = if self.frozen { inputs[0].clone() } else { self.features(&inputs[0], training.is_some())? };
        let features = dropout(features, self.dropout, training)?;
        Ok(Dense.apply(&features, &self.output.weight, &self.output.bias)?)
    }

    /// Sets the biases so that, on average over the genres, every genre is equally likely: the classes that the head knows by
    /// name were unequally frequent where they were learned.
    fn observe(&self, inputs: &[Tensor], truth: &[usize]) -> Result<(), MlError> {
        if self.frozen || matches!(self.layers, Layers::V2(_)) {
            return Ok(());
        }
        let labels = self.output.bias.elem_count();
        let (mut sums, mut counts) = (vec![vec![0.0f64; labels]; labels], vec![0usize; labels]);
        for first in (0..truth.len()).step_by(OBSERVED) {
            let count = OBSERVED.min(truth.len() - first);
            let rows: Vec<Vec<f32>> = self.forward(&[inputs[0].narrow(0, first, count)?], None)?.detach().to_vec2()?;
            for (row, label) in rows.iter().zip(&truth[first..]) {
                counts[*label] += 1;
                sums[*label].iter_mut().zip(row).for_each(|(sum, logit)| *sum += f64::from(*logit));
            }
        }
        let genres: Vec<usize> = (0..labels).filter(|label| counts[*label] > 0).collect();
        let level = |label: usize| {
            genres.iter().map(|genre| sums[*genre][label] / counts[*genre] as f64).sum::<f64>()
                / genres.len().max(1) as f64
        };
        let levels: Vec<f32> = (0..labels).map(|label| level(label) as f32).collect();
        let levels = Tensor::from_vec(levels, labels, self.output.bias.device())?;
        Ok(self.output.bias.set(&(self.output.bias.as_detached_tensor() - levels)?)?)
    }

    fn has_frozen_part(&self) -> bool {
        self.frozen
    }

    fn frozen_features(&self, inputs: &[Tensor]) -> Result<Option<Tensor>, MlError> {
        if !self.frozen {
            return Ok(None);
        }
        Ok(Some(self.features(&inputs[0], false)?))
    }
}
