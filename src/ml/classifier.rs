//! The classifier that the rest of the program uses: windows of sound in, genres, tags and features out.

use std::path::Path;
use std::sync::Arc;

use candle_core::Tensor;
use rayon::prelude::*;
use xxhash_rust::xxh3::{Xxh3, xxh3_128};

use super::device::DeviceChoice;
use super::error::MlError;
use super::genre_file::{Card, NETWORK, NETWORK_HEAD, TAG_HEAD, read_head};
use super::metrics::{Evaluation, softmax};
use super::mobilenet::{self, MobileNet};
use super::musicnn::{self, BANDS, FRAMES, FrontEnd, MusiCnn, TAGS};
use super::regression::Linear;
use super::train::batches::Example;
use super::train::model::Model;
use super::weights::{Weights, read_file};

/// The tagger's weights.
pub(crate) const MUSICNN: &[u8] = include_bytes!("../../weights/musicnn.safetensors");
/// The genre classifier that ships.
pub(crate) const GENRES: &[u8] = include_bytes!("../../weights/genres.safetensors");
/// Changes whenever this code would decide otherwise with the same weights.
const METHOD: u32 = 1;

/// What a classifier is.
#[derive(Clone, Debug)]
pub struct ModelInfo {
    /// A short name.
    pub name: String,
    /// Hash of everything that decides the result: weights, head and method; 32 hex digits.
    pub hash: String,
    /// The genres, in the order of the probabilities.
    pub labels: Arc<[String]>,
    /// The tags, in the order of [`Heard::tags`].
    pub tag_names: Arc<[String]>,
    /// Sample rate of the windows, in Hz.
    pub sample_rate_hz: u32,
    /// The same windows are also wanted at this rate, in Hz.
    pub second_rate_hz: Option<u32>,
    /// Length of a window, in seconds.
    pub window_secs: f32,
    /// More windows of a song than this are not worth their time.
    pub max_windows: usize,
    /// One or two sentences for a person.
    pub description: String,
    /// What it scored on clips it was not trained on, and how those were chosen.
    pub metrics: Option<Evaluation>,
    /// Why it does not run where the person wanted, if so.
    pub device_note: Option<String>,
}

/// What was heard in a song.
#[derive(Clone, Debug, PartialEq)]
pub struct Heard {
    /// Of each label, calibrated, sum 1.
    pub probabilities: Vec<f32>,
    /// Strength of each tag, 0..1.
    pub tags: Vec<f32>,
    /// 753 features for finding similar songs, mean over the windows.
    pub embedding: Vec<f32>,
    /// What makes the result less sure than it looks: very short or silent.
    pub note: Option<String>,
}

/// A genre classifier, ready to run; share it in an `Arc`.
pub struct Classifier {
    info: ModelInfo,
    front_end: FrontEnd,
    tagger: MusiCnn,
    tag_head: Linear,
    network: Option<Network>,
    temperature: f64,
    /// A network that a person trained decides the genre in place of tags and network.
    model: Option<Model>,
}

/// Windows of a song that a trained model hears at most, and their length.
const MODEL_WINDOWS: usize = 3;
const MODEL_WINDOW_SECS: usize = 30;

/// The second opinion: a network on finer patches.
struct Network {
    front_end: mobilenet::FrontEnd,
    layers: MobileNet,
    head: Linear,
    /// How much it counts beside the tags, 0..1.
    weight: f64,
}

impl Network {
    fn logits(&self, windows: &[Vec<f32>]) -> Result<Vec<f64>, MlError> {
        let patches: Vec<Vec<Vec<f32>>> = windows.par_iter().map(|window| self.front_end.patches(window)).collect();
        Ok(self.head.logits(&self.layers.mean_embedding(&patches.concat())?))
    }
}

/// The logits of tags and network as one: their weighted sum, which is the weighted geometric mean of their
/// probabilities.
pub(crate) fn fuse(tags: &[f64], network: &[f64], weight: f64) -> Vec<f64> {
    tags.iter().zip(network).map(|(tag, network)| (1.0 - weight) * tag + weight * network).collect()
}

/// Name of the tagger's weights for the files of heads, 32 hex digits.
pub(crate) fn tagger_hash() -> String {
    format!("{:032x}", xxh3_128(MUSICNN))
}

/// The tagger that is compiled in.
pub(crate) fn tagger(device: &candle_core::Device) -> Result<MusiCnn, MlError> {
    MusiCnn::new(&Weights::parse("the built-in tagger", MUSICNN)?, device)
}

impl Classifier {
    /// The classifier that is compiled in.
    ///
    /// # Errors
    /// When the device fails; the weights are known to be good.
    pub fn embedded(device: &DeviceChoice) -> Result<Self, MlError> {
        Self::from_bytes("the built-in classifier", GENRES, *device)
    }

    /// A classifier from a file; everything in it is checked.
    ///
    /// # Errors
    /// When the file cannot be read or does not fit this program, with the reason.
    pub fn load(path: &Path, device: &DeviceChoice) -> Result<Self, MlError> {
        Self::from_bytes(&path.display().to_string(), &read_file(path)?, *device)
    }

    /// The same of a file's bytes; `model` is for messages.
    ///
    /// # Errors
    /// When it does not fit this program, with the reason.
    pub fn from_bytes(model: &str, bytes: &[u8], choice: DeviceChoice) -> Result<Self, MlError> {
        let weights = Weights::parse(model, bytes)?;
        let card = Card::read(&weights)?;
        if card.tagger != tagger_hash() {
            return Err(weights.error("it was trained on another version of the tagger"));
        }
        let (device, device_note) = choice.open();
        let mut hash = Xxh3::new();
        for part in [&METHOD.to_le_bytes(), MUSICNN, bytes] {
            hash.update(part);
        }
        let info = ModelInfo {
            name: card.name,
            hash: format!("{:032x}", hash.digest128()),
            labels: card.labels.into(),
            tag_names: TAGS.iter().map(|tag| (*tag).to_owned()).collect(),
            sample_rate_hz: musicnn::RATE_HZ,
            second_rate_hz: None,
            window_secs: musicnn::PATCH_SAMPLES as f32 / musicnn::RATE_HZ as f32,
            max_windows: card.max_windows,
            description: card.description,
            metrics: card.metrics,
            device_note,
        };
        let labels = info.labels.len();
        let tag_head = read_head(&weights, TAG_HEAD, labels, TAGS.len())?;
        let network = match card.network_weight {
            Some(weight) => Some(Network {
                front_end: mobilenet::FrontEnd::new(),
                layers: MobileNet::read(&weights, NETWORK)?,
                head: read_head(&weights, NETWORK_HEAD, labels, mobilenet::EMBEDDING)?,
                weight,
            }),
            None => None,
        };
        let tagger = tagger(&device)?;
        let temperature = card.temperature;
        Ok(Self { front_end: FrontEnd::new(), tagger, tag_head, network, temperature, info, model: None })
    }

    /// A classifier whose genres a trained model decides; tags and features for similar songs stay the built-in ones.
    ///
    /// # Errors
    /// When the file cannot be read, does not fit this program, or judges pictures that cannot be made from sound.
    pub fn of_model(path: &Path, device: &DeviceChoice) -> Result<Self, MlError> {
        let bytes = read_file(path)?;
        let model = Model::parse(&path.display().to_string(), &bytes)?;
        let mut classifier = Self::embedded(device)?;
        let mut hash = Xxh3::new();
        for part in [&METHOD.to_le_bytes(), MUSICNN, &bytes] {
            hash.update(part);
        }
        let rate = musicnn::RATE_HZ;
        let other = model.inputs().iter().map(|input| input.front_end.sample_rate_hz()).find(|hz| *hz != rate);
        let built_in = classifier.info;
        classifier.info = ModelInfo {
            name: model.card.name.clone(),
            hash: format!("{:032x}", hash.digest128()),
            labels: model.card.labels.clone().into(),
            second_rate_hz: other,
            window_secs: MODEL_WINDOW_SECS as f32,
            max_windows: MODEL_WINDOWS,
            description: format!("{} genres, trained here: {}.", model.card.labels.len(), model.card.name),
            metrics: model.card.metrics.as_ref().map(crate::ml::judge::Judgement::evaluation),
            ..built_in
        };
        classifier.model = Some(model);
        Ok(classifier)
    }

    /// What this classifier is.
    pub fn info(&self) -> &ModelInfo {
        &self.info
    }

    /// Listens to a song: `windows` are mono samples in [-1, 1] at [`ModelInfo::sample_rate_hz`], about
    /// [`ModelInfo::window_secs`] long each; a shorter one is repeated, of a longer one the beginning is heard.
    ///
    /// # Errors
    /// When there is no sound at all, or the device fails.
    pub fn classify(&self, windows: &[Vec<f32>]) -> Result<Heard, MlError> {
        self.classify_at_both_rates(windows, &[])
    }

    /// The same with the windows at [`ModelInfo::second_rate_hz`] as well, where that is wanted.
    ///
    /// # Errors
    /// When there is no sound at all, a rate is missing, or the device fails.
    pub fn classify_at_both_rates(&self, windows: &[Vec<f32>], second: &[Vec<f32>]) -> Result<Heard, MlError> {
        if let Some(model) = &self.model {
            return self.classify_by(model, windows, second);
        }
        let windows: Vec<Vec<f32>> = windows.iter().filter(|window| !window.is_empty()).map(|w| sound(w)).collect();
        if windows.is_empty() {
            return Err(MlError::Input("there is no sound in it".into()));
        }
        let note = note(&windows);
        let output = listen(&self.front_end, &self.tagger, &windows)?;
        let mut logits = self.tag_head.logits(&output.mean_tag_logits());
        if let Some(network) = &self.network {
            logits = fuse(&logits, &network.logits(&windows)?, network.weight);
        }
        let genres = softmax(&logits, self.temperature);
        Ok(Heard {
            probabilities: genres.into_iter().map(|p| p as f32).collect(),
            tags: output.mean_tags(),
            embedding: output.features,
            note,
        })
    }
}

impl Classifier {
    fn classify_by(&self, model: &Model, windows: &[Vec<f32>], second: &[Vec<f32>]) -> Result<Heard, MlError> {
        let at_rate = |hz: u32| if hz == musicnn::RATE_HZ { windows } else { second };
        let mut examples = Vec::new();
        for window in 0..windows.len() {
            let mut inputs = Vec::new();
            for input in model.inputs() {
                let samples =
                    at_rate(input.front_end.sample_rate_hz()).get(window).filter(|samples| !samples.is_empty());
                let features = samples.and_then(|samples| input.front_end.of_sound(&sound(samples)).ok());
                if features.is_none() && !input.optional {
                    return Err(MlError::Input("there is no sound that the model can hear in it".into()));
                }
                inputs.push(features.map(Arc::new));
            }
            if inputs.iter().any(Option::is_some) {
                examples.push(Example { label: 0, inputs });
            }
        }
        if examples.is_empty() {
            return Err(MlError::Input("there is no sound in it".into()));
        }
        let rows = model.judge(&examples, &mut |_| Ok(()))?;
        let mean = |label: usize| rows.iter().map(|row| row[label]).sum::<f64>() / rows.len() as f64;
        let logits: Vec<f64> = (0..self.info.labels.len()).map(mean).collect();
        // The tagger hears the beginning and the middle of each window.
        let patch = musicnn::PATCH_SAMPLES;
        let cuts = windows.iter().flat_map(|window| {
            let middle = (window.len() / 2).min(window.len().saturating_sub(patch));
            [&window[..window.len().min(patch)], &window[middle..window.len().min(middle + patch)]]
        });
        let cuts: Vec<Vec<f32>> = cuts.filter(|cut| !cut.is_empty()).map(sound).collect();
        let output = listen(&self.front_end, &self.tagger, &cuts)?;
        Ok(Heard {
            probabilities: softmax(&logits, model.card.temperature).into_iter().map(|p| p as f32).collect(),
            tags: output.mean_tags(),
            embedding: output.features,
            note: note(&cuts),
        })
    }
}

/// The tagger's answer on the windows of one song.
pub(crate) struct Listened {
    /// Of each window.
    pub tag_logits: Vec<Vec<f32>>,
    /// Mean over the windows of the largest value over time of each feature.
    pub features: Vec<f32>,
}

impl Listened {
    /// Mean over the windows: what the genre head was trained on.
    pub fn mean_tag_logits(&self) -> Vec<f64> {
        mean(&self.tag_logits, |logit| logit)
    }

    fn mean_tags(&self) -> Vec<f32> {
        mean(&self.tag_logits, |logit| 1.0 / (1.0 + (-logit).exp())).into_iter().map(|tag| tag as f32).collect()
    }
}

fn mean(rows: &[Vec<f32>], map: impl Fn(f64) -> f64) -> Vec<f64> {
    let width = rows.first().map_or(0, Vec::len);
    (0..width).map(|j| rows.iter().map(|row| map(f64::from(row[j]))).sum::<f64>() / rows.len() as f64).collect()
}

/// Runs the tagger on the windows of one song, which are not empty.
pub(crate) fn listen(front_end: &FrontEnd, tagger: &MusiCnn, windows: &[Vec<f32>]) -> Result<Listened, MlError> {
    let patches: Vec<Vec<f32>> = windows.par_iter().map(|window| front_end.patch(window)).collect();
    let patches = Tensor::from_vec(patches.concat(), (windows.len(), FRAMES, BANDS), tagger.device())?;
    let output = tagger.forward(&patches)?;
    Ok(Listened { tag_logits: output.tag_logits.to_vec2()?, features: output.max_pool.mean(0)?.to_vec1()? })
}

/// The samples with what is not a number as silence and far too loud values limited.
fn sound(window: &[f32]) -> Vec<f32> {
    window.iter().map(|x| if x.is_finite() { x.clamp(-8.0, 8.0) } else { 0.0 }).collect()
}

fn note(windows: &[Vec<f32>]) -> Option<String> {
    let rate = f64::from(musicnn::RATE_HZ);
    let samples: usize = windows.iter().map(Vec::len).sum();
    let secs = samples as f64 / rate;
    if windows.iter().flatten().all(|x| x.abs() < 1e-4) {
        Some("it is silent".into())
    } else if samples < musicnn::PATCH_SAMPLES {
        Some(format!("only {secs:.1} s of sound, repeated to fill {} s", musicnn::PATCH_SAMPLES / 16_000))
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ml::genre_file::{example_card, store_head, write};

    fn tone(secs: f64) -> Vec<f32> {
        (0..(secs * 16_000.0) as usize).map(|i| (i as f32 * 0.1).sin() * 0.3).collect()
    }

    #[test]
    fn the_built_in_classifier_hears() {
        let classifier = Classifier::embedded(&DeviceChoice::Cpu).unwrap();
        let info = classifier.info();
        assert_eq!((info.labels.len(), info.tag_names.len(), info.hash.len()), (10, 50, 32));
        let heard = classifier.classify(&[tone(3.0), tone(3.0)]).unwrap();
        assert!((heard.probabilities.iter().sum::<f32>() - 1.0).abs() < 1e-5);
        assert_eq!((heard.probabilities.len(), heard.tags.len(), heard.embedding.len()), (10, 50, 753));
        assert!(heard.tags.iter().all(|tag| (0.0..=1.0).contains(tag)));
        assert_eq!(heard.note, None);
        let again = classifier.classify(&[tone(3.0)]).unwrap();
        for (a, b) in heard.probabilities.iter().zip(&again.probabilities) {
            assert!((a - b).abs() < 1e-4, "equal windows say the same as one of them");
        }
    }

    #[test]
    fn odd_sound_is_heard_or_refused_with_a_reason() {
        let classifier = Classifier::embedded(&DeviceChoice::Cpu).unwrap();
        assert!(classifier.classify(&[]).is_err());
        assert!(classifier.classify(&[vec![]]).is_err());
        let short = classifier.classify(&[tone(0.5)]).unwrap();
        assert!(short.note.unwrap().contains("0.5 s"));
        let silent = classifier.classify(&[vec![0.0; 48_000]]).unwrap();
        assert!(silent.note.unwrap().contains("silent"));
        for wrong in [f32::NAN, f32::INFINITY, 1e30] {
            let heard = classifier.classify(&[vec![wrong; 48_000], tone(3.0)]).unwrap();
            assert!(heard.probabilities.iter().chain(&heard.tags).all(|p| p.is_finite()));
        }
        assert!(classifier.classify(&[vec![0.1]]).unwrap().probabilities.iter().all(|p| p.is_finite()));
    }

    #[test]
    fn a_file_of_ones_own_is_used_and_a_wrong_one_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("mine.safetensors");
        let head = Linear { weight: vec![vec![0.0; 50]; 2], bias: vec![3f64.ln() * 1.5, 0.0] };
        write(&path, &example_card(&tagger_hash()), &store_head(TAG_HEAD, &head)).unwrap();
        let classifier = Classifier::load(&path, &DeviceChoice::Cpu).unwrap();
        let heard = classifier.classify(&[tone(3.0)]).unwrap();
        assert!((heard.probabilities[0] - 0.75).abs() < 1e-5, "the temperature is 1.5");
        assert_ne!(classifier.info().hash, Classifier::embedded(&DeviceChoice::Cpu).unwrap().info().hash);

        write(&path, &example_card("another"), &store_head(TAG_HEAD, &head)).unwrap();
        let error = Classifier::load(&path, &DeviceChoice::Cpu).err().unwrap().to_string();
        assert!(error.contains("mine.safetensors") && error.contains("tagger"), "{error}");
        assert!(Classifier::load(&dir.path().join("none"), &DeviceChoice::Cpu).is_err());
    }

    #[test]
    fn a_classifier_can_be_shared_between_threads() {
        fn shared<T: Send + Sync>() {}
        shared::<Classifier>();
    }
}
