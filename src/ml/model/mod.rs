//! A trained model: its file, and what it says about clips.

pub mod batches;
pub mod classifier;
pub mod config;
pub mod explain;
pub mod judging;
mod presets;

use std::path::Path;
use std::sync::Arc;

use candle_core::Device;
use serde::{Deserialize, Serialize};

use crate::ml::error::MlError;
use crate::ml::eval::Judgement;
use crate::ml::features::Features;
use crate::ml::model::batches::{BatchMaker, Example};
use crate::ml::model::config::Config;
use crate::ml::model::judging::judge;
pub use crate::ml::networks::MODEL_FORMAT;
use crate::ml::networks::input::{FrontEnd, Input};
use crate::ml::networks::{MODEL_KEY, NETWORK_PREFIX, Network, NetworkSpec};
use crate::ml::nn::weights::{Weights, read_file, write};

/// The model that decides genres unless the person chose another one.
pub(crate) static BUILT_IN: &[u8] = include_bytes!("../../../weights/multimodal.safetensors");
/// Genres of a model, bytes of the name of one, and windows of a clip.
const MOST_LABELS: usize = 1000;
const LONGEST_LABEL: usize = 400;
const MOST_WINDOWS: usize = 1000;
/// What a temperature may be; training fits one between 0.05 and 20.
const TEMPERATURES: std::ops::RangeInclusive<f64> = 0.01..=100.0;
/// Examples that a frozen backbone takes at a time.
pub(in crate::ml) const FROZEN_BATCH: usize = 16;

/// What a model file says about itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ModelCard {
    /// [`MODEL_FORMAT`].
    pub format: u32,
    /// A short name, for lists.
    pub name: String,
    /// The network.
    pub network: NetworkSpec,
    /// Of each of its inputs the version of the front end that made it.
    pub front_ends: Vec<(FrontEnd, u32)>,
    /// The genres, in the order of the outputs.
    pub labels: Vec<String>,
    /// Windows of a clip whose logits are averaged, at most.
    pub windows: usize,
    /// Logits are divided by this.
    pub temperature: f64,
    /// How it was trained; the seed is in it.
    pub config: Config,
    /// What to type to train it again.
    pub command: String,
    /// Hash of the split, 16 hex digits.
    pub split: String,
    /// Names of the clips that it was trained on: judged on them it would flatter itself.
    pub trained_on: Vec<String>,
    /// What it scored on clips that it was not trained on (with folds: what networks trained the same way scored).
    pub metrics: Option<Judgement>,
}

/// A model, ready to judge.
pub struct Model {
    /// What it is.
    pub card: ModelCard,
    network: Box<dyn Network>,
}

/// What a model says about one clip.
#[derive(Clone, Debug, PartialEq)]
pub struct Opinion {
    /// Of each label, not calibrated.
    pub logits: Vec<f64>,
}

impl ModelCard {
    /// The card of a file; `None`: it is no model.
    ///
    /// # Errors
    /// When it is of another version or does not read.
    pub fn read(weights: &Weights<'_>) -> Result<Option<Self>, MlError> {
        let Some(text) = weights.metadata(MODEL_KEY) else { return Ok(None) };
        let format = serde_json::from_str::<serde_json::Value>(text).ok().and_then(|card| card.get("format")?.as_u64());
        if format != Some(u64::from(MODEL_FORMAT)) {
            let found = format.map_or("not said".to_owned(), |format| format.to_string());
            return Err(weights.error(format!("its format is {found}, this program reads {MODEL_FORMAT}")));
        }
        let card: Self = serde_json::from_str(text).map_err(|error| weights.error(format!("its card: {error}")))?;
        match card.trouble() {
            None => Ok(Some(card)),
            Some(trouble) => Err(weights.error(trouble)),
        }
    }

    /// Why a model cannot be what the card says; none when it can.
    fn trouble(&self) -> Option<String> {
        let mut sorted: Vec<&String> = self.labels.iter().collect();
        sorted.sort();
        sorted.dedup();
        if !(2..=MOST_LABELS).contains(&self.labels.len()) || sorted.len() != self.labels.len() {
            return Some("its genres are missing or not distinct".into());
        }
        let odd = |label: &&String| {
            label.trim().is_empty() || label.len() > LONGEST_LABEL || label.chars().any(char::is_control)
        };
        if self.labels.iter().any(|label| odd(&label)) {
            return Some("one of its genres has no name that can be shown".into());
        }
        if !TEMPERATURES.contains(&self.temperature) || !(1..=MOST_WINDOWS).contains(&self.windows) {
            return Some("its temperature or its number of windows cannot be".into());
        }
        if let Some(metrics) = &self.metrics
            && (metrics.trouble().is_some() || metrics.classes.len() != self.labels.len())
        {
            return Some("its figures do not fit together".into());
        }
        let other = self.front_ends.iter().find(|(front_end, version)| *version != front_end.version());
        if let Some((front_end, version)) = other {
            let here = front_end.version();
            return Some(format!(
                "it was trained on version {version} of the input {front_end:?}, this program makes {here}"
            ));
        }
        self.network.trouble()
    }

    /// The card of a file's bytes, without the network; `name` is for messages.
    ///
    /// # Errors
    /// When it is no model of this version.
    pub fn parse(name: &str, bytes: &[u8]) -> Result<Self, MlError> {
        let weights = Weights::parse(name, bytes)?;
        Self::read(&weights)?.ok_or_else(|| weights.error("it is not a model that Timbre trained"))
    }
}

impl Model {
    /// Reads a model file, to run on a device; everything in it is checked.
    ///
    /// # Errors
    /// When it cannot be read or does not fit this program, with the reason.
    pub fn load(path: &Path, device: &Device) -> Result<Self, MlError> {
        Self::parse(&path.display().to_string(), &read_file(path)?, device)
    }

    /// The same of a file's bytes; `name` is for messages.
    ///
    /// # Errors
    /// When it does not fit this program, with the reason.
    pub fn parse(name: &str, bytes: &[u8], device: &Device) -> Result<Self, MlError> {
        let weights = Weights::parse(name, bytes)?;
        let card = ModelCard::read(&weights)?.ok_or_else(|| weights.error("it is not a model that Timbre trained"))?;
        let network = card.network.read(&card.labels, &weights, NETWORK_PREFIX, device)?;
        Ok(Self { card, network })
    }

    /// The model that is compiled in.
    ///
    /// # Errors
    /// When memory is short; the weights are known to be good.
    pub fn built_in(device: &Device) -> Result<Self, MlError> {
        Self::parse("the built-in model", BUILT_IN, device)
    }

    /// Writes a model file, whole or not at all; `half` precision takes half the room.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write(path: &Path, card: &ModelCard, network: &dyn Network, half: bool) -> Result<(), MlError> {
        write(path, MODEL_KEY, card, &network.variables().store(NETWORK_PREFIX, half)?)
    }

    /// The network.
    pub fn network(&self) -> &dyn Network {
        &*self.network
    }

    /// The network alone, to be trained on.
    pub fn into_network(self) -> Box<dyn Network> {
        self.network
    }

    /// What it takes of a clip.
    pub fn inputs(&self) -> Vec<Input> {
        self.card.network.inputs()
    }

    /// The logits of examples; `between` is called between batches with the number of windows judged.
    ///
    /// # Errors
    /// When the network fails, says NaN, or `between` says stop.
    pub fn judge(
        &self,
        examples: &[Example],
        between: &mut dyn FnMut(usize) -> Result<(), MlError>,
    ) -> Result<Vec<Vec<f64>>, MlError> {
        let prepared = freeze(&*self.network, examples, &self.inputs(), self.card.windows, between)?;
        let (examples, inputs) = match &prepared {
            Some((examples, inputs)) => (examples.as_slice(), inputs.clone()),
            None => (examples, self.inputs()),
        };
        let maker = BatchMaker { examples, inputs: &inputs, labels: self.card.labels.len() };
        let all: Vec<usize> = (0..examples.len()).collect();
        let said = judge(&*self.network, &maker, &all, self.card.windows, between)?;
        if said.iter().flatten().all(|logit| logit.is_finite()) {
            return Ok(said);
        }
        let reason = "what it says about a clip is not a number".into();
        Err(MlError::Model { model: self.card.name.clone(), reason })
    }
}

/// Examples and inputs of the trained part of a network.
pub type Frozen = (Vec<Example>, Vec<Input>);

/// The examples as the trained part of a network with a frozen part sees them: one vector of features each, the mean over the
/// windows. `None`: nothing is frozen.
///
/// # Errors
/// When the network fails or `between` says stop.
pub fn freeze(
    network: &dyn Network,
    examples: &[Example],
    inputs: &[Input],
    windows: usize,
    between: &mut dyn FnMut(usize) -> Result<(), MlError>,
) -> Result<Option<Frozen>, MlError> {
    // Asked first: no batch is made only to be thrown away.
    if !network.has_frozen_part() {
        return Ok(None);
    }
    let maker = BatchMaker { examples, inputs, labels: 1 };
    let mut all = Vec::new();
    for clip in 0..examples.len() {
        let count = maker.windows(clip, windows);
        all.extend((0..count).map(|window| (clip, window, count)));
    }
    let mut sums: Vec<Vec<f32>> = vec![Vec::new(); examples.len()];
    let device = network.variables().device();
    for chunk in all.chunks(FROZEN_BATCH) {
        let Some(features) = network.frozen_features(&maker.judging(chunk).tensors(device)?)? else { return Ok(None) };
        between(chunk.len())?;
        for ((clip, _, count), row) in chunk.iter().zip(features.to_vec2::<f32>()?) {
            sums[*clip].resize(row.len(), 0.0);
            sums[*clip].iter_mut().zip(row).for_each(|(sum, x)| *sum += x / *count as f32);
        }
    }
    let frozen = examples.iter().zip(sums).map(|(example, values)| {
        let features = Features::from_f32(&[values.len()], &values);
        Example { label: example.label, inputs: vec![Some(Arc::new(features))] }
    });
    let frozen = frozen.collect();
    let input = Input { front_end: inputs[0].front_end, window: None, optional: false };
    Ok(Some((frozen, vec![input])))
}
