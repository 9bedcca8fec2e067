//! Layers without variables, and the loss.

use candle_core::{D, Tensor};

use super::rng::Rng;
use crate::ml::error::MlError;

/// Zero with probability `share`, else what keeps the mean; x itself when nothing is drawn.
pub(in crate::ml) fn dropout(x: Tensor, share: f64, rng: Option<&mut Rng>) -> Result<Tensor, MlError> {
    match rng {
        Some(rng) if share > 0.0 => Ok((&x * dropout_mask(&x, share, rng)?)?),
        _ => Ok(x),
    }
}

/// Of the shape of `x`: zero with probability `share`, else what keeps the mean.
pub(in crate::ml) fn dropout_mask(x: &Tensor, share: f64, rng: &mut Rng) -> Result<Tensor, MlError> {
    let keep = (1.0 / (1.0 - share)) as f32;
    let limit = (share * f64::from(u32::MAX)) as u32;
    let mut mask = Vec::with_capacity(x.elem_count());
    while mask.len() < mask.capacity() {
        let bits = rng.bits();
        for half in [bits as u32, (bits >> 32) as u32] {
            if mask.len() < mask.capacity() {
                mask.push(if half < limit { 0.0 } else { keep });
            }
        }
    }
    Ok(Tensor::from_vec(mask, x.shape(), x.device())?)
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
