//! Batch norm (S. Ioffe and C. Szegedy 2015, algorithm 1) over the last axis, channels last, two passes forward and two back.

use std::sync::OnceLock;

use candle_core::{CpuStorage, CustomOp3, Layout, Result, Shape, Tensor, bail};
use rayon::prelude::*;

use super::{Gradients, gradients, portable, values, with_values};

/// What is added to the variance.
pub const EPSILON: f32 = 1e-5;

/// Rows whose sums one thread makes at a time; the sums are added in order, so the result does not depend on the threads.
const ROWS: usize = 1024;

/// Normalises each channel over the batch; arguments: x `[..., channels]`, scale `[channels]`, shift `[channels]`.
#[derive(Clone, Debug, Default)]
struct BatchNorm {
    /// Mean and `1 / sqrt(variance + EPSILON)` of each channel.
    statistics: std::sync::Arc<OnceLock<(Vec<f32>, Vec<f32>)>>,
}

/// The result, and mean and variance of each channel over the batch.
pub struct Normalised {
    /// Of x's shape.
    pub y: Tensor,
    /// `[channels]`.
    pub mean: Tensor,
    /// `[channels]`, divided by the number of values.
    pub variance: Tensor,
}

/// Normalises x with the statistics of this batch, for training.
///
/// # Errors
/// When the shapes do not fit, or the tensors are not float32 on one device.
pub fn batch_norm(x: &Tensor, scale: &Tensor, shift: &Tensor) -> Result<Normalised> {
    if portable::is_needed(x.device()) {
        return portable::batch_norm(x, scale, shift);
    }
    let op = BatchNorm::default();
    let y = x.contiguous()?.apply_op3(&scale.contiguous()?, &shift.contiguous()?, op.clone())?;
    let Some((mean, inverse)) = op.statistics.get() else { bail!("batch_norm: no statistics") };
    let variance: Vec<f32> = inverse.iter().map(|inverse| 1.0 / (inverse * inverse) - EPSILON).collect();
    let vector = |values: &[f32]| Tensor::from_slice(values, values.len(), x.device());
    Ok(Normalised { y, mean: vector(mean)?, variance: vector(&variance)? })
}

/// For each channel the sums of two values over the rows.
fn channel_sums(
    channels: usize,
    rows: usize,
    pair: impl Fn(usize, usize) -> (f32, f32) + Sync,
) -> (Vec<f64>, Vec<f64>) {
    let parts: Vec<(Vec<f32>, Vec<f32>)> = (0..rows.div_ceil(ROWS))
        .into_par_iter()
        .map(|part| {
            let (mut first, mut second) = (vec![0.0; channels], vec![0.0; channels]);
            for row in part * ROWS..((part + 1) * ROWS).min(rows) {
                for ((channel, first), second) in first.iter_mut().enumerate().zip(&mut second) {
                    let (a, b) = pair(row, channel);
                    *first += a;
                    *second += b;
                }
            }
            (first, second)
        })
        .collect();
    let mut sums = (vec![0.0; channels], vec![0.0; channels]);
    for (first, second) in parts {
        sums.0.iter_mut().zip(first).for_each(|(sum, part)| *sum += f64::from(part));
        sums.1.iter_mut().zip(second).for_each(|(sum, part)| *sum += f64::from(part));
    }
    sums
}

impl CustomOp3 for BatchNorm {
    fn name(&self) -> &'static str {
        "batch_norm"
    }

    fn cpu_fwd(
        &self,
        x: &CpuStorage,
        x_layout: &Layout,
        scale: &CpuStorage,
        scale_layout: &Layout,
        shift: &CpuStorage,
        shift_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let x = values(x, x_layout, self.name())?;
        let scale = values(scale, scale_layout, self.name())?;
        let shift = values(shift, shift_layout, self.name())?;
        let channels = scale.len();
        if channels == 0 || shift.len() != channels || x.is_empty() || x_layout.dims().last() != Some(&channels) {
            bail!("batch_norm: input {:?} does not have {channels} channels", x_layout.shape());
        }
        let rows = x.len() / channels;
        // Around the first row, so that a large mean does not swallow the variance.
        let around = &x[..channels];
        let (sum, squares) = channel_sums(channels, rows, |row, channel| {
            let value = x[row * channels + channel] - around[channel];
            (value, value * value)
        });
        let n = rows as f64;
        let mean: Vec<f32> = (0..channels).map(|c| (sum[c] / n) as f32 + around[c]).collect();
        let inverse: Vec<f32> = (0..channels)
            .map(|c| {
                let variance = (squares[c] / n - (sum[c] / n).powi(2)).max(0.0);
                (1.0 / (variance + f64::from(EPSILON)).sqrt()) as f32
            })
            .collect();
        let gain: Vec<f32> = scale.iter().zip(&inverse).map(|(scale, inverse)| scale * inverse).collect();
        let offset: Vec<f32> = (0..channels).map(|c| shift[c] - mean[c] * gain[c]).collect();
        let mut out = vec![0.0; x.len()];
        out.par_chunks_mut(ROWS * channels).zip(x.par_chunks(ROWS * channels)).for_each(|(out, x)| {
            for (out, x) in out.chunks_exact_mut(channels).zip(x.chunks_exact(channels)) {
                for c in 0..channels {
                    out[c] = x[c] * gain[c] + offset[c];
                }
            }
        });
        if self.statistics.set((mean, inverse)).is_err() {
            bail!("batch_norm: an operation is applied once");
        }
        Ok((CpuStorage::F32(out), x_layout.shape().clone()))
    }

    fn bwd(&self, x: &Tensor, scale: &Tensor, shift: &Tensor, _result: &Tensor, grad: &Tensor) -> Result<Gradients> {
        let Some((mean, inverse)) = self.statistics.get() else { bail!("batch_norm: backward before forward") };
        let channels = mean.len();
        let mut grad_x = vec![0.0; x.elem_count()];
        let (grad_scale, grad_shift) =
            with_values([x, scale, &grad.contiguous()?], self.name(), |[x, scale, grad]| {
                let rows = x.len() / channels;
                let (to_shift, to_scale) = channel_sums(channels, rows, |row, c| {
                    let g = grad[row * channels + c];
                    (g, g * (x[row * channels + c] - mean[c]) * inverse[c])
                });
                let n = rows as f64;
                let gain: Vec<f32> = scale.iter().zip(inverse).map(|(scale, inverse)| scale * inverse).collect();
                let centre: Vec<f32> = to_shift.iter().map(|sum| (sum / n) as f32).collect();
                let slope: Vec<f32> =
                    to_scale.iter().zip(inverse).map(|(sum, inverse)| (sum / n) as f32 * inverse).collect();
                let chunk = ROWS * channels;
                let chunks = grad_x.par_chunks_mut(chunk).zip(x.par_chunks(chunk)).zip(grad.par_chunks(chunk));
                chunks.for_each(|((out, x), grad)| {
                    let rows = x.chunks_exact(channels).zip(grad.chunks_exact(channels));
                    for (out, (x, grad)) in out.chunks_exact_mut(channels).zip(rows) {
                        for c in 0..channels {
                            out[c] = gain[c] * (grad[c] - centre[c] - (x[c] - mean[c]) * slope[c]);
                        }
                    }
                });
                let single = |sums: Vec<f64>| sums.into_iter().map(|sum| sum as f32).collect::<Vec<_>>();
                (single(to_scale), single(to_shift))
            })?;
        gradients([x, scale, shift], Some(grad_x), grad_scale, grad_shift)
    }
}

#[cfg(test)]
mod tests {
    use super::portable::{assert_portable, drawn, forced};
    use super::*;
    use crate::ml::nn::rng::Rng;

    #[test]
    fn values_and_gradients_are_those_of_the_formula() {
        let mut rng = Rng::new(1);
        let [x, scale, shift] = [&[3, 30, 20, 7][..], &[7], &[7]].map(|shape| drawn(shape, 3.0, &mut rng));
        let x = candle_core::Var::from_tensor(&(x.as_tensor() + 2.0).unwrap()).unwrap();
        let normalised = || batch_norm(&x, &scale, &shift);
        // A square, so that the gradient of the input is not zero.
        assert_portable("y", &[&x, &scale, &shift], || normalised()?.y.sqr());
        assert_portable("mean", &[], || Ok(normalised()?.mean));
        assert_portable("variance", &[], || Ok(normalised()?.variance));
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let mut rng = Rng::new(1);
        let (x, scale) = (drawn(&[2, 3], 1.0, &mut rng), drawn(&[4], 1.0, &mut rng));
        assert!(batch_norm(&x, &scale, &scale).is_err());
        assert!(forced(|| batch_norm(&x, &scale, &scale)).is_err());
    }
}
