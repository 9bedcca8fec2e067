//! Operations that candle does slowly on the CPU, one a file: forward, backward where it trains, and a test against
//! an obvious version. On a GPU candle's own operations are used.

pub mod band_max;
pub mod conv3x3;
pub mod conv_pool;
pub mod dense;
pub mod gemm;
pub mod pointwise;
pub mod time_conv;

use candle_core::{CpuStorage, Layout, Storage, Tensor};

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
