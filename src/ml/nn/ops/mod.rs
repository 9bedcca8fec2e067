//! Operations that candle does slowly on the CPU, one a file: forward, backward where it trains, and a test against
//! an obvious version. On a GPU they are made of candle's own operations (`portable.rs`).

pub mod band_max;
pub mod batch_norm;
pub mod conv3x3;
pub mod conv_pool;
pub mod dense;
mod depthwise;
pub mod gemm;
pub mod pointwise;
pub(crate) mod portable;
pub mod time_conv;

use candle_core::{CpuStorage, Layout, Storage, Tensor};
use rayon::prelude::*;

/// Values that one thread masks at a time.
const MASKED: usize = 1 << 14;

/// Below 0 becomes 0. What is no number stays none, so that it is not taken for a quiet answer. (`f32::max` would make it 0;
/// this is the same single instruction.)
#[inline(always)]
fn relu(x: f32) -> f32 {
    if x < 0.0 { 0.0 } else { x }
}

/// What a layer does with its sums.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Activation {
    /// Nothing.
    None,
    /// Below 0 becomes 0.
    Relu,
    /// Below 0 becomes 0, above 6 becomes 6 (A. Howard et al. 2017).
    Relu6,
}

impl Activation {
    /// Applies it to many values.
    #[inline(always)]
    fn apply(self, sums: &mut [f32]) {
        match self {
            Self::None => {}
            Self::Relu => sums.iter_mut().for_each(|y| *y = relu(*y)),
            Self::Relu6 => sums.iter_mut().for_each(|y| *y = y.clamp(0.0, 6.0)),
        }
    }

    /// Makes a gradient after it one before it, by what came out of it.
    #[inline(always)]
    fn mask(self, result: &[f32], grad: &mut [f32]) {
        let pairs = grad.iter_mut().zip(result);
        match self {
            Self::None => {}
            Self::Relu => pairs.for_each(|(g, y)| *g = if *y > 0.0 { *g } else { 0.0 }),
            // Not `&&`: a mask, no branch.
            Self::Relu6 => pairs.for_each(|(g, y)| *g = if (*y > 0.0) & (*y < 6.0) { *g } else { 0.0 }),
        }
    }

    /// The same on many values, by all threads.
    pub(crate) fn mask_all(self, result: &[f32], grad: &mut [f32]) {
        grad.par_chunks_mut(MASKED).zip(result.par_chunks(MASKED)).for_each(|(grad, result)| {
            pulp::Arch::new().dispatch(|| self.mask(result, grad));
        });
    }
}

/// The contiguous float32 values behind a storage.
///
/// # Errors
/// When the tensor is of another type or not contiguous.
pub(crate) fn values<'a>(storage: &'a CpuStorage, layout: &Layout, op: &'static str) -> candle_core::Result<&'a [f32]> {
    let all = storage.as_slice::<f32>()?;
    match layout.contiguous_offsets() {
        Some((start, end)) => Ok(&all[start..end]),
        None => Err(candle_core::Error::RequiresContiguous { op }.bt()),
    }
}

/// The gradients of a layer's input, weight and bias, as its backward pass hands them over; an input may go without.
///
/// # Errors
/// When the values do not fit the shapes.
pub(crate) fn gradients(
    [x, weight, bias]: [&Tensor; 3],
    grad_x: Option<Vec<f32>>,
    grad_weight: Vec<f32>,
    grad_bias: Vec<f32>,
) -> candle_core::Result<Gradients> {
    let like = |values: Vec<f32>, of: &Tensor| Tensor::from_vec(values, of.shape(), of.device());
    let grad_x = grad_x.map(|values| like(values, x)).transpose()?;
    Ok((grad_x, Some(like(grad_weight, weight)?), Some(like(grad_bias, bias)?)))
}

/// Of input, weight and bias.
pub(crate) type Gradients = (Option<Tensor>, Option<Tensor>, Option<Tensor>);

/// Calls `work` with the values of contiguous float32 tensors on the CPU, without copying them.
///
/// # Errors
/// When a tensor is elsewhere, of another type or not contiguous.
pub(crate) fn with_values<const N: usize, R>(
    tensors: [&Tensor; N],
    op: &'static str,
    work: impl FnOnce([&[f32]; N]) -> R,
) -> candle_core::Result<R> {
    let guards = tensors.map(Tensor::storage_and_layout);
    let mut slices = [&[][..]; N];
    for (slice, (storage, layout)) in slices.iter_mut().zip(&guards) {
        let Storage::Cpu(storage) = &**storage else {
            candle_core::bail!("{op} runs on the CPU only");
        };
        *slice = values(storage, layout, op)?;
    }
    Ok(work(slices))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_number_stays_none() {
        for activation in [Activation::Relu, Activation::Relu6] {
            let mut values = [f32::NAN, -1.0, 0.0, 0.5];
            activation.apply(&mut values);
            assert!(values[0].is_nan(), "{activation:?}");
            assert_eq!(values[1..], [0.0, 0.0, 0.5], "{activation:?}");
        }
    }
}
