//! Operations that candle does slowly on the CPU, one a file: forward, backward where it trains, and a test against
//! an obvious version. On a GPU candle's own operations are used.

pub mod band_max;
pub mod gemm;
pub mod time_conv;

use candle_core::{CpuStorage, Layout};

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
