//! Batch norm (S. Ioffe and C. Szegedy 2015, algorithm 1) over the last axis, channels last, two passes forward and two back.

use std::sync::OnceLock;

use candle_core::{CpuStorage, CustomOp3, Layout, Result, Shape, Tensor, bail};
use rayon::prelude::*;

use super::{Gradients, gradients, values, with_values};

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
    pub mean: Vec<f32>,
    /// `[channels]`, divided by the number of values.
    pub variance: Vec<f32>,
}

/// Normalises x with the statistics of this batch, for training.
///
/// # Errors
/// When the shapes do not fit, or the tensors are not float32 on the CPU.
pub fn batch_norm(x: &Tensor, scale: &Tensor, shift: &Tensor) -> Result<Normalised> {
    let op = BatchNorm::default();
    let y = x.contiguous()?.apply_op3(&scale.contiguous()?, &shift.contiguous()?, op.clone())?;
    let Some((mean, inverse)) = op.statistics.get() else { bail!("batch_norm: no statistics") };
    let variance = inverse.iter().map(|inverse| 1.0 / (inverse * inverse) - EPSILON).collect();
    Ok(Normalised { y, mean: mean.clone(), variance })
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
    use candle_core::{D, Device, Var};

    use super::*;

    fn noise(shape: &[usize], seed: u64) -> Tensor {
        let mut rng = crate::ml::rng::Rng::new(seed);
        let values: Vec<f32> = (0..shape.iter().product()).map(|_| (rng.uniform() * 4.0 + 1.0) as f32).collect();
        Tensor::from_vec(values, shape, &Device::Cpu).unwrap()
    }

    /// The formula in candle's own operations.
    fn naive(x: &Tensor, scale: &Tensor, shift: &Tensor) -> Tensor {
        let channels = scale.elem_count();
        let rows = x.reshape(((), channels)).unwrap();
        let mean = rows.mean_keepdim(0).unwrap();
        let centred = rows.broadcast_sub(&mean).unwrap();
        let variance = centred.sqr().unwrap().mean_keepdim(0).unwrap();
        let y = centred.broadcast_div(&(variance + f64::from(EPSILON)).unwrap().sqrt().unwrap()).unwrap();
        let y = y.broadcast_mul(scale).unwrap().broadcast_add(shift).unwrap();
        y.reshape(x.shape()).unwrap()
    }

    #[test]
    fn values_and_gradients_are_those_of_the_formula() {
        let x = Var::from_tensor(&noise(&[3, 30, 20, 7], 1)).unwrap();
        let (scale, shift) = (Var::from_tensor(&noise(&[7], 2)).unwrap(), Var::from_tensor(&noise(&[7], 3)).unwrap());
        let weights = noise(&[3, 30, 20, 7], 4);
        let ours = batch_norm(x.as_tensor(), scale.as_tensor(), shift.as_tensor()).unwrap();
        let theirs = naive(x.as_tensor(), scale.as_tensor(), shift.as_tensor());
        let close = |a: &Tensor, b: &Tensor, limit: f32| {
            let most = (a - b).unwrap().abs().unwrap().flatten_all().unwrap().max(D::Minus1).unwrap();
            let most = most.to_scalar::<f32>().unwrap();
            assert!(most < limit, "{most}");
        };
        close(&ours.y, &theirs, 1e-4);
        let loss = |y: &Tensor| (y * &weights).unwrap().sqr().unwrap().mean_all().unwrap();
        let (a, b) = (loss(&ours.y).backward().unwrap(), loss(&theirs).backward().unwrap());
        for var in [&x, &scale, &shift] {
            close(a.get(var).unwrap(), b.get(var).unwrap(), 2e-3);
        }
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let (x, scale) = (noise(&[2, 3], 1), noise(&[4], 2));
        assert!(batch_norm(&x, &scale, &scale).is_err());
    }
}
