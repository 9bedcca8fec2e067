//! Judges a model on the clips of a folder.

use std::collections::HashSet;
use std::path::Path;

use crate::ml::dataset::{Broken, Clip, Dataset, Sources};
use crate::ml::eval::{Judgement, Prediction, Temperature};
use crate::ml::model::Model;
use crate::ml::train::control::{Control, TrainEvent};
use crate::ml::train::prepare::{Prepared, prepare};
use crate::ml::{DeviceChoice, MlError};

use super::SoundFiles;

/// A model that judges clips.
pub struct Judge {
    model: Model,
    /// Why it does not run where it was to, if so.
    note: Option<String>,
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
    /// Opens a model file, to judge on `choice`.
    ///
    /// # Errors
    /// When it cannot be read or is no model.
    pub fn open(path: &Path, choice: DeviceChoice) -> Result<Self, MlError> {
        let (device, note) = choice.open();
        Ok(Self { model: Model::load(path, &device)?, note })
    }

    /// The classifier that is built in, to judge on `choice`.
    ///
    /// # Errors
    /// When memory is short.
    pub fn built_in(choice: DeviceChoice) -> Result<Self, MlError> {
        let (device, note) = choice.open();
        Ok(Self { model: Model::built_in(&device)?, note })
    }

    /// The genres that it knows.
    pub fn labels(&self) -> &[String] {
        &self.model.card.labels
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
        let mut notes: Vec<String> = self.note.iter().cloned().collect();
        let mut dataset = Dataset::open(sources, &media, &control.cancel)?;
        let unknown = dataset.label_as(self.labels());
        if !unknown.is_empty() {
            notes.push(format!("left out, because the model does not know them: {}", unknown.join(", ")));
        }
        let model = &self.model;
        let trained_on: HashSet<String> = model.card.trained_on.iter().map(|clip| clip.to_lowercase()).collect();
        let seen = dataset.clips.iter().filter(|clip| trained_on.contains(&clip.name.to_lowercase())).count();
        if seen > 0 {
            notes.push(format!(
                "{seen} of the {} clips have the names of clips that the model was trained on: the figures flatter it",
                dataset.clips.len()
            ));
        }
        let Prepared { dataset, examples, broken, .. } =
            prepare(dataset, &model.inputs(), &media, cache, control, tell)?;
        let mut done = 0;
        let logits = model.judge(&examples, &mut |count| {
            done += count;
            tell(TrainEvent::Stage { what: "Judging".into(), done, total: 0 });
            control.wait()
        })?;
        let prediction = |(clip, logits): (&Clip, Vec<f64>)| Prediction {
            clip: clip.name.clone(),
            truth: clip.label,
            logits,
            part: 0,
        };
        let predictions: Vec<Prediction> = dataset.clips.iter().zip(logits).map(prediction).collect();
        let temperature = Temperature::Given(model.card.temperature);
        if predictions.is_empty() {
            return Err(MlError::Input("no clip of the folder can be judged".into()));
        }
        let protocol = format!("every clip of {}", folders(sources));
        let judgement = Judgement::new(protocol, self.labels(), &predictions, temperature)?
            .with_predictions(&predictions, temperature);
        Ok(Evaluated { judgement, predictions, broken, notes })
    }
}

fn folders(sources: &Sources) -> String {
    let names = sources.folders.iter().map(|folder| folder.file_name().unwrap_or(folder.as_os_str()).to_string_lossy());
    let library = (!sources.songs.is_empty()).then(|| "the library".into());
    names.chain(library).collect::<Vec<_>>().join(" and ")
}
