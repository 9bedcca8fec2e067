//! Named tensors from a `.safetensors` file, checked before they are used.

use std::collections::HashMap;
use std::path::Path;

use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use serde::Serialize;

use crate::base::fs::write_atomic;
use crate::base::read::read_bounded;
use crate::ml::error::MlError;

/// The largest model file that is read, in bytes; ours are far below.
pub const MAX_MODEL_BYTES: u64 = 512 << 20;

/// The tensors and the metadata of one file.
pub struct Weights<'a> {
    model: String,
    tensors: SafeTensors<'a>,
    metadata: HashMap<String, String>,
}

/// Reads a model file whole.
///
/// # Errors
/// When it cannot be read or is larger than [`MAX_MODEL_BYTES`].
pub fn read_file(path: &Path) -> Result<Vec<u8>, MlError> {
    read_bounded(path, MAX_MODEL_BYTES).map_err(|source| MlError::Read { path: path.to_path_buf(), source })
}

impl<'a> Weights<'a> {
    /// Parses the bytes of a file; `model` names it in messages.
    ///
    /// # Errors
    /// When this is not a whole safetensors file.
    pub fn parse(model: &str, bytes: &'a [u8]) -> Result<Self, MlError> {
        let wrong = |error: safetensors::SafeTensorError| MlError::Model {
            model: model.into(),
            reason: format!("not a whole safetensors file ({error})"),
        };
        let (_, header) = SafeTensors::read_metadata(bytes).map_err(wrong)?;
        let tensors = SafeTensors::deserialize(bytes).map_err(wrong)?;
        Ok(Self { model: model.into(), tensors, metadata: header.metadata().clone().unwrap_or_default() })
    }

    /// The model's name in messages.
    pub fn model(&self) -> &str {
        &self.model
    }

    /// A text of the file's metadata.
    pub fn metadata(&self, key: &str) -> Option<&str> {
        self.metadata.get(key).map(String::as_str)
    }

    /// An error about this file.
    pub fn error(&self, reason: impl Into<String>) -> MlError {
        MlError::Model { model: self.model.clone(), reason: reason.into() }
    }

    /// The names of all tensors that begin with `prefix`.
    pub fn names(&self, prefix: &str) -> Vec<String> {
        self.tensors.names().into_iter().filter(|name| name.starts_with(prefix)).map(str::to_owned).collect()
    }

    /// The shape of a tensor.
    ///
    /// # Errors
    /// When there is none of that name.
    pub fn shape(&self, name: &str) -> Result<Vec<usize>, MlError> {
        Ok(self.view(name)?.shape().to_vec())
    }

    /// A tensor of exactly this shape as float32 values, row by row; float16 and bfloat16 are widened.
    ///
    /// # Errors
    /// When it is missing, of another shape or type, or has a value that is not a finite number.
    pub fn get(&self, name: &str, shape: &[usize]) -> Result<Vec<f32>, MlError> {
        let view = self.view(name)?;
        if view.shape() != shape {
            return Err(self.error(format!("tensor {name} has shape {:?} instead of {shape:?}", view.shape())));
        }
        let bytes = view.data();
        let half = |bytes: &[u8]| u16::from_le_bytes([bytes[0], bytes[1]]);
        let values: Vec<f32> = match view.dtype() {
            Dtype::F32 => bytes.chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect(),
            Dtype::F16 => bytes.chunks_exact(2).map(|b| f32_from_f16(half(b))).collect(),
            Dtype::BF16 => bytes.chunks_exact(2).map(|b| f32::from_bits(u32::from(half(b)) << 16)).collect(),
            other => return Err(self.error(format!("tensor {name} has type {other:?}"))),
        };
        if values.iter().all(|value| value.is_finite()) {
            Ok(values)
        } else {
            Err(self.error(format!("tensor {name} has values that are not numbers")))
        }
    }

    /// A tensor of 64-bit integers.
    ///
    /// # Errors
    /// When it is missing or of another type.
    pub fn get_i64(&self, name: &str) -> Result<Vec<i64>, MlError> {
        let view = self.view(name)?;
        if view.dtype() != Dtype::I64 {
            return Err(self.error(format!("tensor {name} has type {:?}", view.dtype())));
        }
        let wide = |b: &[u8]| i64::from_le_bytes([b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7]]);
        Ok(view.data().chunks_exact(8).map(wide).collect())
    }

    fn view(&self, name: &str) -> Result<TensorView<'a>, MlError> {
        self.tensors.tensor(name).map_err(|_| self.error(format!("tensor {name} is missing")))
    }
}

/// A tensor to be stored.
pub struct Stored {
    /// Its name.
    pub name: String,
    /// Its shape.
    pub shape: Vec<usize>,
    /// Its values, row by row.
    pub values: Vec<f32>,
    /// Whether half precision is enough.
    pub half: bool,
}

/// Writes tensors and a card under `key` of the metadata, whole or not at all.
///
/// # Errors
/// When it cannot be written.
pub fn write(path: &Path, key: &str, card: &impl Serialize, tensors: &[Stored]) -> Result<(), MlError> {
    let bytes: Vec<Vec<u8>> = tensors
        .iter()
        .map(|tensor| {
            if tensor.half {
                tensor.values.iter().flat_map(|value| f16_from_f32(*value).to_le_bytes()).collect()
            } else {
                tensor.values.iter().flat_map(|value| value.to_le_bytes()).collect()
            }
        })
        .collect();
    let failed = |reason: String| MlError::Model { model: path.display().to_string(), reason };
    let mut views = Vec::new();
    for (tensor, bytes) in tensors.iter().zip(&bytes) {
        let kind = if tensor.half { Dtype::F16 } else { Dtype::F32 };
        let view = TensorView::new(kind, tensor.shape.clone(), bytes).map_err(|error| failed(error.to_string()))?;
        views.push((tensor.name.as_str(), view));
    }
    let card = serde_json::to_string(card).map_err(|error| failed(error.to_string()))?;
    let metadata = HashMap::from([(key.to_owned(), card)]);
    let file = safetensors::serialize(views, Some(metadata)).map_err(|error| failed(error.to_string()))?;
    write_atomic(path, &file).map_err(|source| MlError::Write { path: path.to_path_buf(), source })
}

/// IEEE 754 half precision to single precision.
fn f32_from_f16(half: u16) -> f32 {
    let sign = if half & 0x8000 == 0 { 1.0 } else { -1.0f32 };
    let (exponent, fraction) = (i32::from(half >> 10 & 31), f32::from(half & 0x3ff));
    sign * match exponent {
        0 => fraction * 2f32.powi(-24),
        31 if fraction == 0.0 => f32::INFINITY,
        31 => f32::NAN,
        _ => (1.0 + fraction / 1024.0) * 2f32.powi(exponent - 15),
    }
}

/// The nearest half-precision number, ties to even; what is too large becomes infinite.
pub fn f16_from_f32(value: f32) -> u16 {
    let sign = ((value.to_bits() >> 16) & 0x8000) as u16;
    let magnitude = value.abs();
    if magnitude.is_nan() {
        return sign | 0x7e00;
    }
    if magnitude >= 65_520.0 {
        return sign | 0x7c00;
    }
    // The distance of neighbouring half-precision numbers around this one.
    let exponent = ((magnitude.to_bits() >> 23) as i32 - 127).max(-14);
    let units = (magnitude * 2f32.powi(10 - exponent)).round_ties_even() as u16;
    // `units` is 1024..=2048 for normal numbers: a carry into the exponent comes out right by itself.
    sign | (((exponent + 14) as u16) << 10).wrapping_add(units)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_precision_goes_there_and_back() {
        for (half, single) in
            [(0x3c00, 1.0), (0xc000, -2.0), (0x7bff, 65_504.0), (0x0001, 2f32.powi(-24)), (0x0400, 2f32.powi(-14))]
        {
            assert_eq!(f32_from_f16(half), single);
            assert_eq!(f16_from_f32(single), half);
        }
        for half in 0..0x7c00u16 {
            assert_eq!(f16_from_f32(f32_from_f16(half)), half);
            assert_eq!(f16_from_f32(-f32_from_f16(half)), half | 0x8000);
        }
        assert_eq!(f16_from_f32(1.0 + 2f32.powi(-11)), 0x3c00, "ties go to even");
        assert_eq!(f16_from_f32(1e9), 0x7c00);
        assert!(f32_from_f16(f16_from_f32(f32::NAN)).is_nan());
    }

    fn file(values: &[f32], shape: Vec<usize>) -> Vec<u8> {
        let bytes: Vec<u8> = values.iter().flat_map(|v| v.to_le_bytes()).collect();
        let view = TensorView::new(Dtype::F32, shape, &bytes).unwrap();
        safetensors::serialize([("a", view)], Some(HashMap::from([("k".into(), "v".into())]))).unwrap()
    }

    #[test]
    fn what_does_not_fit_is_refused_with_the_reason() {
        let bytes = file(&[1.0, 2.0], vec![2]);
        let weights = Weights::parse("m", &bytes).unwrap();
        assert_eq!(weights.metadata("k"), Some("v"));
        assert_eq!(weights.get("a", &[2]).unwrap(), [1.0, 2.0]);
        assert!(weights.get("a", &[1, 2]).unwrap_err().to_string().contains("shape"));
        assert!(weights.get("b", &[2]).unwrap_err().to_string().contains("missing"));
        assert!(weights.get_i64("a").is_err());
        let bytes = file(&[f32::NAN], vec![1]);
        assert!(Weights::parse("m", &bytes).unwrap().get("a", &[1]).unwrap_err().to_string().contains("not numbers"));
        assert!(Weights::parse("m", &bytes[..bytes.len() - 1]).is_err());
        assert!(Weights::parse("m", b"RIFF").is_err());
    }
}
