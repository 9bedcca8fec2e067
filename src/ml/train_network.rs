//! The second opinion of a genre classifier: a MobileNet whose layers are fine-tuned on sound, and a head on its
//! embedding that starts from what the pre-trained network knows about genres by name.

use std::path::Path;

use candle_core::{DType, Device, Tensor};

use super::error::MlError;
use super::features::Clip;
use super::finetune::{Example, TuneOptions, tune};
use super::genre_file::{Card, NETWORK, NETWORK_HEAD};
use super::mobilenet::{BANDS, EMBEDDING, FRAMES, MobileNet};
use super::regression::{Fit, Linear};
use super::weights::{Weights, read_file};
use crate::base::CancelToken;

/// Genres by the names that collections use for them, and their class among AudioSet's 521.
const AUDIOSET: [(&str, usize); 18] = [
    ("pop", 211),
    ("hiphop", 212),
    ("hip-hop", 212),
    ("rock", 214),
    ("metal", 215),
    ("punk", 216),
    ("rnb", 221),
    ("soul", 222),
    ("reggae", 223),
    ("country", 224),
    ("folk", 228),
    ("jazz", 230),
    ("disco", 231),
    ("classical", 232),
    ("electronic", 234),
    ("house", 235),
    ("ambient", 241),
    ("blues", 246),
];

/// How strongly the pre-trained classes speak before any clip is heard, and how strongly the clips must pull to change
/// that; chosen on held-out artists with the pre-trained layers.
const PRIOR_SCALE: f64 = 0.6;
const L2: f64 = 0.4;
const BIAS_L2: f64 = 0.002;
const BALANCE: f64 = 0.5;
const DEVIATION_FLOOR: f64 = 0.05;

/// A pre-trained network and what it says about the labels.
pub struct Base {
    layers: MobileNet,
    prior: Linear,
}

/// A network for genres.
pub struct Tuned {
    /// Its layers.
    pub layers: MobileNet,
    /// From its mean embedding to the labels' logits.
    pub head: Linear,
}

impl Base {
    /// Reads the pre-trained network: `layers.*`, and `head.weight` `[521, 1024]` and `head.bias` of AudioSet's classes.
    ///
    /// # Errors
    /// When the file cannot be read or does not fit.
    pub fn read(path: &Path, labels: &[String]) -> Result<Self, MlError> {
        let bytes = read_file(path)?;
        let weights = Weights::parse(&path.display().to_string(), &bytes)?;
        let classes = 521;
        let rows = weights.get("head.weight", &[classes, EMBEDDING])?;
        let bias = weights.get("head.bias", &[classes])?;
        let class =
            |label: &String| AUDIOSET.iter().find(|(name, _)| *name == label.to_lowercase()).map(|(_, class)| *class);
        let scaled = |value: &f32| f64::from(*value) * PRIOR_SCALE;
        let row = |class: Option<usize>| match class {
            Some(class) => rows[class * EMBEDDING..(class + 1) * EMBEDDING].iter().map(scaled).collect(),
            None => vec![0.0; EMBEDDING],
        };
        let prior = Linear {
            weight: labels.iter().map(|label| row(class(label))).collect(),
            bias: labels.iter().map(|label| class(label).map_or(0.0, |class| scaled(&bias[class]))).collect(),
        };
        Ok(Self { layers: MobileNet::read(&weights, "layers.")?, prior })
    }

    /// The embedding of each clip by the pre-trained layers.
    ///
    /// # Errors
    /// When a clip has no sound or `cancel` was set.
    pub fn embeddings(&self, clips: &[&Clip], cancel: &CancelToken) -> Result<Vec<Vec<f64>>, MlError> {
        embeddings(&self.layers, clips, cancel)
    }

    /// A head on embeddings `rows` of clips with labels `truth`.
    pub fn fit_head(&self, rows: &[Vec<f64>], truth: &[usize]) -> Linear {
        let prior = centred(&self.prior, rows, truth);
        let fit =
            Fit { l2: L2, bias_l2: BIAS_L2, balance: BALANCE, deviation_floor: DEVIATION_FLOOR, prior: Some(&prior) };
        fit.run(rows, truth, prior.bias.len())
    }

    /// Tunes on `clips`, which all have sound, with labels `truth` and the embeddings `rows` by the pre-trained layers.
    ///
    /// # Errors
    /// When the tensor library fails or `cancel` was set.
    pub fn train(
        &self,
        clips: &[&Clip],
        rows: &[Vec<f64>],
        truth: &[usize],
        options: &TuneOptions,
        cancel: &CancelToken,
        step: &mut dyn FnMut(usize, usize),
    ) -> Result<Tuned, MlError> {
        let start = centred(&self.prior, rows, truth);
        let examples: Vec<Example<'_>> =
            clips.iter().zip(truth).map(|(clip, label)| Example { label: *label, windows: &clip.windows }).collect();
        let layers = tune(&self.layers, &start, &examples, options, cancel, step)?;
        let head = self.fit_head(&embeddings(&layers, clips, cancel)?, truth);
        Ok(Tuned { layers, head })
    }
}

impl Tuned {
    /// The labels' logits of a clip.
    ///
    /// # Errors
    /// When the clip has no sound.
    pub fn logits(&self, clip: &Clip) -> Result<Vec<f64>, MlError> {
        Ok(self.head.logits(&self.layers.mean_embedding(&patches(clip))?))
    }
}

/// Where a file has the layers of its MobileNetV1: YAMNet's own, or one of Timbre's genre classifiers.
pub fn pretrained_prefix(weights: &Weights<'_>) -> &'static str {
    if weights.shape(&format!("{NETWORK}0.weight")).is_ok() { NETWORK } else { "layers." }
}

/// Weight `[1024, labels]` and bias `[labels]` of a head that knows the labels by name, from the classes of the file's own head
/// (AudioSet's 521, or the genres of a classifier of Timbre); zero where a name is not known. `None`: the file has no head.
///
/// # Errors
/// When the head does not fit.
pub fn pretrained_head(weights: &Weights<'_>, labels: &[String]) -> Result<Option<(Tensor, Tensor)>, MlError> {
    let (name, classes) = match Card::read(weights) {
        Ok(card) => (NETWORK_HEAD, card.labels),
        Err(_) if weights.shape("head.weight").is_ok() => ("head", Vec::new()),
        Err(_) => return Ok(None),
    };
    let count = weights.shape(&format!("{name}.bias"))?.first().copied().unwrap_or(0);
    let rows = weights.get(&format!("{name}.weight"), &[count, EMBEDDING])?;
    let class_of = |label: &String| {
        let label = label.to_lowercase();
        match classes.is_empty() {
            true => AUDIOSET.iter().find(|(name, _)| *name == label).map(|(_, class)| *class),
            false => classes.iter().position(|class| class.to_lowercase() == label),
        }
        .filter(|class| *class < count)
    };
    let scale = if classes.is_empty() { PRIOR_SCALE as f32 } else { 1.0 };
    let found: Vec<Option<usize>> = labels.iter().map(class_of).collect();
    let mut weight = Vec::with_capacity(EMBEDDING * labels.len());
    for feature in 0..EMBEDDING {
        weight.extend(found.iter().map(|class| class.map_or(0.0, |class| rows[class * EMBEDDING + feature] * scale)));
    }
    // The biases of classes that are unequally frequent elsewhere say nothing here.
    Ok(Some((
        Tensor::from_vec(weight, (EMBEDDING, labels.len()), &Device::Cpu)?,
        Tensor::zeros(labels.len(), DType::F32, &Device::Cpu)?,
    )))
}

fn patches(clip: &Clip) -> Vec<Vec<f32>> {
    clip.windows.iter().flat_map(|window| window.chunks_exact(FRAMES * BANDS)).map(<[f32]>::to_vec).collect()
}

fn embeddings(layers: &MobileNet, clips: &[&Clip], cancel: &CancelToken) -> Result<Vec<Vec<f64>>, MlError> {
    let embedding = |clip: &&Clip| {
        if cancel.is_cancelled() { Err(MlError::Cancelled) } else { layers.mean_embedding(&patches(clip)) }
    };
    clips.iter().map(embedding).collect()
}

/// The prior with biases such that, on average over the genres, each label's logit is zero: AudioSet's classes are
/// unequally frequent, and rare ones would never win.
fn centred(prior: &Linear, rows: &[Vec<f64>], truth: &[usize]) -> Linear {
    let labels = prior.bias.len();
    let (mut sums, mut counts) = (vec![vec![0.0; labels]; labels], vec![0usize; labels]);
    for (row, label) in rows.iter().zip(truth) {
        counts[*label] += 1;
        sums[*label].iter_mut().zip(prior.logits(row)).for_each(|(sum, logit)| *sum += logit);
    }
    let genres: Vec<usize> = (0..labels).filter(|label| counts[*label] > 0).collect();
    let level = |label: usize| {
        genres.iter().map(|genre| sums[*genre][label] / counts[*genre] as f64).sum::<f64>() / genres.len().max(1) as f64
    };
    let bias = (0..labels).map(|label| prior.bias[label] - level(label)).collect();
    Linear { weight: prior.weight.clone(), bias }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn centring_gives_each_label_the_same_chance() {
        let prior = Linear { weight: vec![vec![1.0], vec![2.0]], bias: vec![-5.0, 3.0] };
        let rows = [vec![1.0], vec![1.0], vec![1.0], vec![4.0]];
        let even = centred(&prior, &rows, &[0, 0, 0, 1]);
        for label in 0..2 {
            let mean = (even.logits(&[1.0])[label] + even.logits(&[4.0])[label]) / 2.0;
            assert!(mean.abs() < 1e-12);
        }
    }
}
