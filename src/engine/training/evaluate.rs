//! Judges a model on the clips of a folder.

use std::collections::HashSet;
use std::path::Path;

use crate::audio::{WindowPlan, decode_windows};
use crate::ml::classifier::Classifier;
use crate::ml::data::{Broken, Dataset, Sources};
use crate::ml::genre_file::Card;
use crate::ml::judge::{Judgement, Prediction, Temperature};
use crate::ml::train::control::{Control, TrainEvent};
use crate::ml::train::model::Model;
use crate::ml::train::run::{Prepared, prepare};
use crate::ml::weights::{Weights, read_file};
use crate::ml::{DeviceChoice, MlError};

use super::SoundFiles;

/// Anything that judges clips.
pub enum Judge {
    /// A network that this program trained.
    Model(Box<Model>),
    /// A classifier of the library: MusiCNN's tags, and perhaps a network.
    Classifier(Box<Classifier>),
}

/// What a judgement of a folder came to.
pub struct Evaluated {
    /// The figures, with what was said about each clip.
    pub judgement: Judgement,
    /// The same, raw.
    pub predictions: Vec<Prediction>,
    /// Files and clips that were left out.
    pub broken: Vec<Broken>,
    /// What makes the figures less than they seem, one sentence each.
    pub notes: Vec<String>,
}

impl Judge {
    /// Opens a model file, whatever its kind.
    ///
    /// # Errors
    /// When it cannot be read or is no model.
    pub fn open(path: &Path, device: DeviceChoice) -> Result<Self, MlError> {
        Self::parse(&path.display().to_string(), &read_file(path)?, device)
    }

    /// The same of a file's bytes.
    ///
    /// # Errors
    /// When it is no model.
    pub fn parse(name: &str, bytes: &[u8], device: DeviceChoice) -> Result<Self, MlError> {
        let weights = Weights::parse(name, bytes)?;
        if Model::is_model(&weights) {
            return Ok(Self::Model(Box::new(Model::parse(name, bytes)?)));
        }
        Card::read(&weights)?;
        Ok(Self::Classifier(Box::new(Classifier::from_bytes(name, bytes, device)?)))
    }

    /// The classifier that is built in.
    ///
    /// # Errors
    /// When the device fails.
    pub fn built_in(device: DeviceChoice) -> Result<Self, MlError> {
        Ok(Self::Classifier(Box::new(Classifier::embedded(&device)?)))
    }

    /// The genres that it knows.
    pub fn labels(&self) -> &[String] {
        match self {
            Self::Model(model) => &model.card.labels,
            Self::Classifier(classifier) => &classifier.info().labels,
        }
    }

    /// What was trained on, as far as the file says.
    fn trained_on(&self) -> HashSet<String> {
        match self {
            Self::Model(model) => model.card.trained_on.iter().map(|clip| clip.to_lowercase()).collect(),
            Self::Classifier(_) => HashSet::new(),
        }
    }

    /// Judges every clip of `sources` whose genre it knows.
    ///
    /// # Errors
    /// When no clip can be judged, or it was cancelled.
    pub fn evaluate(
        &self,
        sources: &Sources,
        cache: Option<&Path>,
        control: &Control,
        tell: &mut (dyn FnMut(TrainEvent) + Send),
    ) -> Result<Evaluated, MlError> {
        let media = SoundFiles::new(&control.cancel);
        let mut notes = Vec::new();
        let dataset = self.known_clips(Dataset::open(sources, &media, &control.cancel)?, &mut notes);
        let trained_on = self.trained_on();
        let seen = dataset.clips.iter().filter(|clip| trained_on.contains(&clip.name.to_lowercase())).count();
        if seen > 0 {
            notes.push(format!(
                "{seen} of the {} clips have the names of clips that the model was trained on: the figures flatter it",
                dataset.clips.len()
            ));
        }
        let (predictions, broken, temperature) = match self {
            Self::Model(model) => {
                let Prepared { dataset, examples, broken } =
                    prepare(dataset, &model.inputs(), &media, cache, control, tell)?;
                let mut done = 0;
                let logits = model.judge(&examples, &mut |count| {
                    done += count;
                    tell(TrainEvent::Stage { what: "Judging".into(), done, total: 0 });
                    control.wait()
                })?;
                let predictions = predictions(&dataset, logits.into_iter().map(Some).collect());
                (predictions, broken, Temperature::Given(model.card.temperature))
            }
            Self::Classifier(classifier) => {
                let (logits, mut broken) = listen(classifier, &dataset, control, tell)?;
                let predictions = predictions(&dataset, logits);
                broken.splice(0..0, dataset.broken);
                // Its probabilities are calibrated already.
                (predictions, broken, Temperature::Given(1.0))
            }
        };
        if predictions.is_empty() {
            return Err(MlError::Input("no clip of the folder can be judged".into()));
        }
        let protocol = format!("every clip of {}", folders(sources));
        let judgement = Judgement::new(protocol, self.labels(), &predictions, temperature)?
            .with_predictions(&predictions, temperature);
        Ok(Evaluated { judgement, predictions, broken, notes })
    }

    /// The clips whose genre the model knows, labelled as it labels.
    fn known_clips(&self, mut dataset: Dataset, notes: &mut Vec<String>) -> Dataset {
        let position =
            |label: &String| self.labels().iter().position(|known| known.to_lowercase() == label.to_lowercase());
        let of_label: Vec<Option<usize>> = dataset.labels.iter().map(position).collect();
        let unknown: Vec<&str> = dataset
            .labels
            .iter()
            .zip(&of_label)
            .filter(|(_, known)| known.is_none())
            .map(|(label, _)| label.as_str())
            .collect();
        if !unknown.is_empty() {
            notes.push(format!("left out, because the model does not know them: {}", unknown.join(", ")));
        }
        dataset.clips.retain_mut(|clip| match of_label[clip.label] {
            Some(label) => {
                clip.label = label;
                true
            }
            None => false,
        });
        dataset.labels = self.labels().to_vec();
        dataset
    }
}

fn folders(sources: &Sources) -> String {
    let names = sources.folders.iter().map(|folder| folder.file_name().unwrap_or(folder.as_os_str()).to_string_lossy());
    names.collect::<Vec<_>>().join(" and ")
}

fn predictions(dataset: &Dataset, logits: Heard) -> Vec<Prediction> {
    let prediction = |(clip, logits): (&crate::ml::data::Clip, Option<Vec<f64>>)| {
        Some(Prediction { clip: clip.name.clone(), truth: clip.label, logits: logits?, part: 0 })
    };
    dataset.clips.iter().zip(logits).filter_map(prediction).collect()
}

/// The logits of each clip; none where it could not be heard.
type Heard = Vec<Option<Vec<f64>>>;

/// What the library's classifier hears in each clip: the logarithms of its probabilities.
fn listen(
    classifier: &Classifier,
    dataset: &Dataset,
    control: &Control,
    tell: &mut (dyn FnMut(TrainEvent) + Send),
) -> Result<(Heard, Vec<Broken>), MlError> {
    let info = classifier.info();
    let plan = WindowPlan {
        rate_hz: info.sample_rate_hz,
        window_secs: info.window_secs.into(),
        max_windows: info.max_windows,
    };
    let (mut heard, mut broken) = (Vec::new(), Vec::new());
    let total = dataset.clips.len();
    for (done, clip) in dataset.clips.iter().enumerate() {
        control.wait()?;
        tell(TrainEvent::Stage { what: "Listening".into(), done, total });
        let Some(path) = &clip.audio else {
            let path = clip.spectrogram.clone().or(clip.wavelet.clone()).unwrap_or_default();
            broken.push(Broken { path, reason: "this classifier needs sound".into() });
            heard.push(None);
            continue;
        };
        let answer = decode_windows(path, &plan, &control.cancel)
            .map_err(|error| error.to_string())
            .and_then(|decoded| classifier.classify(&decoded.windows).map_err(|error| error.to_string()));
        match answer {
            Ok(answer) => heard.push(Some(answer.probabilities.iter().map(|p| f64::from(*p).max(1e-9).ln()).collect())),
            Err(reason) => {
                control.wait()?;
                broken.push(Broken { path: path.clone(), reason });
                heard.push(None);
            }
        }
    }
    Ok((heard, broken))
}
