//! MusiCNN as a tagger: fifty tags and 753 features of a stretch of sound.

use candle_core::Tensor;
use rayon::prelude::*;

use crate::ml::error::MlError;
use crate::ml::networks::musicnn::{BANDS, FRAMES, FrontEnd, MusiCnn};
use crate::ml::nn::weights::Weights;

/// The tagger's weights. A `static`, not a `const`: a constant may be copied into each place that uses it.
pub(crate) static MUSICNN: &[u8] = include_bytes!("../../../weights/musicnn.safetensors");

/// The tagger that is compiled in.
pub(crate) fn tagger(device: &candle_core::Device) -> Result<MusiCnn, MlError> {
    MusiCnn::new(&Weights::parse("the built-in tagger", MUSICNN)?, device)
}

/// The tagger's answer on the windows of one song.
pub(crate) struct Listened {
    /// Of each window.
    pub tag_logits: Vec<Vec<f32>>,
    /// Mean over the windows of the largest value over time of each feature.
    pub features: Vec<f32>,
}

impl Listened {
    /// Several as one.
    pub fn joined(parts: &[Self]) -> Self {
        let features: Vec<Vec<f32>> = parts.iter().map(|part| part.features.clone()).collect();
        Self {
            tag_logits: parts.iter().flat_map(|part| part.tag_logits.iter().cloned()).collect(),
            features: mean(&features, |feature| feature),
        }
    }

    /// Mean over the windows.
    pub fn mean_tag_logits(&self) -> Vec<f32> {
        mean(&self.tag_logits, |logit| logit)
    }

    /// Mean strength of each tag over the windows, 0..1.
    pub fn mean_tags(&self) -> Vec<f32> {
        mean(&self.tag_logits, |logit| 1.0 / (1.0 + (-logit).exp()))
    }
}

fn mean(rows: &[Vec<f32>], map: impl Fn(f64) -> f64) -> Vec<f32> {
    let width = rows.first().map_or(0, Vec::len);
    let mean = |j: usize| rows.iter().map(|row| map(f64::from(row[j]))).sum::<f64>() / rows.len() as f64;
    (0..width).map(|j| mean(j) as f32).collect()
}

/// Runs the tagger on the windows of one song, which are not empty.
pub(crate) fn listen(front_end: &FrontEnd, tagger: &MusiCnn, windows: &[Vec<f32>]) -> Result<Listened, MlError> {
    let patches: Vec<Vec<f32>> = windows.par_iter().map(|window| front_end.patch(window)).collect();
    let patches = Tensor::from_vec(patches.concat(), (windows.len(), FRAMES, BANDS), tagger.device())?;
    let output = tagger.forward(&patches)?;
    Ok(Listened { tag_logits: output.tag_logits.to_vec2()?, features: output.max_pool.mean(0)?.to_vec1()? })
}
