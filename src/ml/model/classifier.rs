//! The classifier that the rest of the program uses: windows of sound in, genres, tags and features out.

use std::path::Path;
use std::sync::Arc;

use xxhash_rust::xxh3::Xxh3;

use crate::ml::error::MlError;
use crate::ml::eval::metrics::Evaluation;
use crate::ml::features::tagger::{Listened, MUSICNN};
use crate::ml::features::{Features, Sound, tags};
use crate::ml::model::batches::Example;
use crate::ml::model::{BUILT_IN, Model};
use crate::ml::networks::input::FrontEnd as Input;
use crate::ml::networks::musicnn::{self, TAGS};
use crate::ml::nn::device::DeviceChoice;
use crate::ml::nn::logits::softmax;
use crate::ml::nn::rng::Rng;
use crate::ml::nn::weights::read_file;

/// Changes whenever this code would decide otherwise with the same weights.
const METHOD: u32 = 2;
/// Windows of a song that are heard at most, and their length: that of the clips that models are trained on.
pub(crate) const MOST_WINDOWS: usize = 3;
pub(crate) const WINDOW_SECS: f32 = 30.0;

/// Noise that a model is tried out with, seconds.
const TRIAL_SECS: f32 = 5.0;

/// What a classifier is.
#[derive(Clone, Debug)]
pub struct ModelInfo {
    /// A short name.
    pub name: String,
    /// Hash of everything that decides the result: weights and method; 32 hex digits.
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
    model: Model,
}

/// What [`ModelInfo::hash`] is for the model of a file.
pub(crate) fn hash_of(bytes: &[u8]) -> String {
    let mut hash = Xxh3::new();
    for part in [&METHOD.to_le_bytes(), MUSICNN, bytes] {
        hash.update(part);
    }
    format!("{:032x}", hash.digest128())
}

impl Classifier {
    /// The classifier that is compiled in.
    ///
    /// # Errors
    /// When memory is short; the weights are known to be good.
    pub fn embedded(device: &DeviceChoice) -> Result<Self, MlError> {
        Self::from_bytes("the built-in classifier", BUILT_IN, *device)
    }

    /// A classifier from a model file; everything in it is checked.
    ///
    /// # Errors
    /// When the file cannot be read or does not fit this program, with the reason.
    pub fn load(path: &Path, device: &DeviceChoice) -> Result<Self, MlError> {
        Self::from_bytes(&path.display().to_string(), &read_file(path)?, *device)
    }

    /// The same of a file's bytes; `name` is for messages.
    ///
    /// # Errors
    /// When it does not fit this program, with the reason.
    pub fn from_bytes(name: &str, bytes: &[u8], choice: DeviceChoice) -> Result<Self, MlError> {
        let (device, device_note) = choice.open();
        let model = Model::parse(name, bytes, &device)?;
        let rate = musicnn::RATE_HZ;
        let card = &model.card;
        let info = ModelInfo {
            name: card.name.clone(),
            hash: hash_of(bytes),
            labels: card.labels.clone().into(),
            tag_names: TAGS.iter().map(|tag| (*tag).to_owned()).collect(),
            sample_rate_hz: rate,
            second_rate_hz: model.inputs().iter().map(|input| input.front_end.sample_rate_hz()).find(|hz| *hz != rate),
            window_secs: WINDOW_SECS,
            max_windows: MOST_WINDOWS,
            description: format!("{} genres, trained on {} clips.", card.labels.len(), card.trained_on.len()),
            metrics: card.metrics.as_ref().map(crate::ml::eval::Judgement::evaluation),
            device_note,
        };
        Ok(Self { info, model })
    }

    /// What this classifier is.
    pub fn info(&self) -> &ModelInfo {
        &self.info
    }

    /// Listens to a song: `windows` are mono samples in [-1, 1] at [`ModelInfo::sample_rate_hz`], about
    /// [`ModelInfo::window_secs`] long each, `second` the same at [`ModelInfo::second_rate_hz`] where that is wanted. A shorter
    /// window is repeated.
    ///
    /// # Errors
    /// When there is no sound at all, or a rate is missing that the model cannot do without.
    pub fn classify(&self, windows: &[Vec<f32>], second: &[Vec<f32>]) -> Result<Heard, MlError> {
        let (mut examples, mut heard, mut sounds) = (Vec::new(), Vec::new(), Vec::new());
        for (index, window) in windows.iter().enumerate().filter(|(_, window)| !window.is_empty()) {
            let window = sound(window);
            let other = second.get(index).filter(|samples| !samples.is_empty()).map(|samples| sound(samples));
            let tagged = tags::hear(&window)?;
            let inputs = self.inputs(&window, other.as_deref(), &tagged)?;
            examples.push(Example { label: 0, inputs });
            heard.push(tagged);
            sounds.push(window);
        }
        if examples.is_empty() {
            return Err(MlError::Input("there is no sound in it".into()));
        }
        let rows = self.model.judge(&examples, &mut |_| Ok(()))?;
        let mean = |label: usize| rows.iter().map(|row| row[label]).sum::<f64>() / rows.len() as f64;
        let logits: Vec<f64> = (0..self.info.labels.len()).map(mean).collect();
        let tagged = Listened::joined(&heard);
        Ok(Heard {
            probabilities: softmax(&logits, self.model.card.temperature).into_iter().map(|p| p as f32).collect(),
            tags: tagged.mean_tags(),
            embedding: tagged.features,
            note: note(&sounds),
        })
    }
}

impl Classifier {
    /// What the model takes of a window, each front end run once, however many branches read it.
    fn inputs(
        &self,
        first: &[f32],
        second: Option<&[f32]>,
        tagged: &Listened,
    ) -> Result<Vec<Option<Arc<Features>>>, MlError> {
        let (first, second) = (Sound::new(first), second.map(Sound::new));
        let features = |input: Input| -> Option<Features> {
            match input {
                Input::Tags => Some(tags::features(&tagged.mean_tag_logits())),
                input if input.sample_rate_hz() == self.info.sample_rate_hz => input.of(&first).ok(),
                input => input.of(second.as_ref()?).ok(),
            }
        };
        let mut made: Vec<(Input, Option<Arc<Features>>)> = Vec::new();
        for input in self.model.inputs() {
            let known = made.iter().find(|(front_end, _)| *front_end == input.front_end);
            let features = known.map_or_else(|| features(input.front_end).map(Arc::new), |(_, known)| known.clone());
            if features.is_none() && !input.optional {
                return Err(MlError::Input("there is no sound that the model can hear in it".into()));
            }
            made.push((input.front_end, features));
        }
        Ok(made.into_iter().map(|(_, features)| features).collect())
    }

    /// Lets the model judge a moment of noise, before anybody relies on it.
    ///
    /// # Errors
    /// When it fails, or what it says are no probabilities.
    pub fn try_out(&self) -> Result<(), MlError> {
        let mut rng = Rng::new(4);
        let rates = [self.info.sample_rate_hz, self.info.second_rate_hz.unwrap_or(self.info.sample_rate_hz)];
        let [first, second] = rates.map(|rate_hz| {
            let count = (TRIAL_SECS * rate_hz as f32) as usize;
            vec![(0..count).map(|_| (rng.uniform() - 0.5) as f32 * 0.5).collect::<Vec<f32>>()]
        });
        let said = self.classify(&first, &second)?.probabilities;
        let sum: f32 = said.iter().sum();
        if said.iter().all(|p| (0.0..=1.0).contains(p)) && (sum - 1.0).abs() < 1e-3 {
            return Ok(());
        }
        let reason = "what it says about a moment of noise does not add up to probabilities".into();
        Err(MlError::Model { model: self.info.name.clone(), reason })
    }
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

    fn tone(secs: f64, rate_hz: u32) -> Vec<f32> {
        (0..(secs * f64::from(rate_hz)) as usize).map(|i| (i as f32 * 1600.0 / rate_hz as f32).sin() * 0.3).collect()
    }

    fn both(secs: f64) -> [Vec<Vec<f32>>; 2] {
        [vec![tone(secs, 16_000)], vec![tone(secs, 22_050)]]
    }

    #[test]
    fn the_built_in_classifier_hears() {
        let classifier = Classifier::embedded(&DeviceChoice::Cpu).unwrap();
        let info = classifier.info();
        assert_eq!((info.labels.len(), info.tag_names.len(), info.hash.len()), (10, 50, 32));
        assert_eq!(info.second_rate_hz, Some(22_050));
        let [first, second] = both(30.0);
        let heard = classifier.classify(&first, &second).unwrap();
        assert!((heard.probabilities.iter().sum::<f32>() - 1.0).abs() < 1e-5);
        assert_eq!((heard.probabilities.len(), heard.tags.len(), heard.embedding.len()), (10, 50, 753));
        assert!(heard.tags.iter().all(|tag| (0.0..=1.0).contains(tag)));
        assert_eq!(heard.note, None);
        let twice = |windows: &[Vec<f32>]| [windows, windows].concat();
        let again = classifier.classify(&twice(&first), &twice(&second)).unwrap();
        for (a, b) in heard.probabilities.iter().zip(&again.probabilities) {
            assert!((a - b).abs() < 1e-4, "equal windows say the same as one of them");
        }
        // Without the second rate the other branches decide.
        assert!(classifier.classify(&first, &[]).is_ok());
    }

    #[test]
    fn a_front_end_that_several_branches_read_runs_once_a_window() {
        let classifier = Classifier::embedded(&DeviceChoice::Cpu).unwrap();
        let (first, second) = (tone(2.0, 16_000), tone(2.0, 22_050));
        let tagged = tags::hear(&first).unwrap();
        let made = classifier.inputs(&first, Some(&second), &tagged).unwrap();
        let wanted: Vec<Input> = classifier.model.inputs().iter().map(|input| input.front_end).collect();
        let mut shared = 0;
        for (index, front_end) in wanted.iter().enumerate() {
            let earlier = wanted[..index].iter().position(|other| other == front_end);
            if let (Some(earlier), Some(features)) = (earlier, &made[index]) {
                assert!(Arc::ptr_eq(features, made[earlier].as_ref().unwrap()), "{front_end:?}");
                shared += 1;
            }
        }
        assert!(shared > 0, "{wanted:?}");
    }

    #[test]
    fn front_ends_that_share_sound_see_what_each_sees_alone() {
        let samples = tone(3.0, 22_050);
        let sound = Sound::new(&samples[..]);
        for front_end in [Input::Scattering, Input::LogMel, Input::Scattering, Input::Picture] {
            assert_eq!(front_end.of(&sound).unwrap(), front_end.of_sound(&samples).unwrap());
        }
    }

    #[test]
    fn odd_sound_is_heard_or_refused_with_a_reason() {
        let classifier = Classifier::embedded(&DeviceChoice::Cpu).unwrap();
        assert!(classifier.classify(&[], &[]).is_err());
        assert!(classifier.classify(&[vec![]], &[vec![]]).is_err());
        let [first, second] = both(0.5);
        let short = classifier.classify(&first, &second).unwrap();
        assert!(short.note.unwrap().contains("0.5 s"));
        let silent = classifier.classify(&[vec![0.0; 48_000]], &[vec![0.0; 66_150]]).unwrap();
        assert!(silent.note.unwrap().contains("silent"));
        for wrong in [f32::NAN, f32::INFINITY, 1e30] {
            let heard = classifier.classify(&[vec![wrong; 48_000]], &[vec![wrong; 66_150]]).unwrap();
            assert!(heard.probabilities.iter().chain(&heard.tags).all(|p| p.is_finite()));
        }
        let heard = classifier.classify(&[vec![0.1]], &[vec![0.1]]).unwrap();
        assert!(heard.probabilities.iter().all(|p| p.is_finite()));
    }

    #[test]
    fn a_file_that_is_no_model_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("mine.safetensors");
        std::fs::write(&path, MUSICNN).unwrap();
        let error = Classifier::load(&path, &DeviceChoice::Cpu).err().unwrap().to_string();
        assert!(error.contains("mine.safetensors") && error.contains("not a model"), "{error}");
        assert!(Classifier::load(&dir.path().join("none"), &DeviceChoice::Cpu).is_err());
    }

    #[test]
    fn a_classifier_can_be_shared_between_threads() {
        fn shared<T: Send + Sync>() {}
        shared::<Classifier>();
    }
}
