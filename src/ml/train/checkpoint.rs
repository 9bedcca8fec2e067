//! Where an interrupted training goes on: one file, written whole or not at all.

use std::path::Path;

use candle_core::Tensor;
use serde::{Deserialize, Serialize};

use super::fit::{Best, FitState};
use super::history::EpochRecord;
use crate::base::read::read_bounded;
use crate::ml::error::MlError;
use crate::ml::eval::Prediction;
use crate::ml::eval::branches::BranchPredictions;
use crate::ml::model::config::Training;
use crate::ml::networks::Network;
use crate::ml::nn::adam::Moments;
use crate::ml::nn::weights::{MAX_MODEL_BYTES, Stored, Weights, write};

/// The version of the checkpoints that this program writes and reads.
const FORMAT: u32 = 1;
/// The most bytes of a checkpoint that is read: four times the largest model in single precision.
const MOST_BYTES: u64 = 8 * MAX_MODEL_BYTES;
/// The metadata key.
const KEY: &str = "timbre.checkpoint";
/// Prefixes of the tensors: the network now, at its best epoch, and Adam's two means.
const NOW: &str = "now.";
const BEST: &str = "best.";
const FIRST: &str = "first.";
const SECOND: &str = "second.";

/// What a checkpoint says beside the tensors.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Progress {
    /// The version of its form.
    pub format: u32,
    /// Hash of the split that it belongs to.
    pub split: String,
    /// The part that trains now.
    pub part: usize,
    /// Epochs of that part that are done.
    pub epoch: usize,
    /// Adam's steps.
    steps: u32,
    /// The best epoch and its validation loss.
    best: Option<(usize, f64)>,
    /// All epochs of all parts so far.
    pub history: Vec<EpochRecord>,
    /// What the finished parts said about their test clips.
    pub predictions: Vec<Prediction>,
    /// The same of each branch alone, where there are branches.
    #[serde(default)]
    pub branches: Vec<BranchPredictions>,
    /// What the finished parts said about their validation clips.
    pub valid: Vec<Prediction>,
    /// How many epochs each finished part kept.
    pub kept_epochs: Vec<usize>,
    /// Seconds of training so far.
    pub seconds: f64,
}

impl Progress {
    /// Nothing done yet.
    pub fn new(split: &str) -> Self {
        Self { format: FORMAT, split: split.into(), ..Self::default() }
    }

    /// Writes it with the state of the part that trains now.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write(&mut self, path: &Path, network: &dyn Network, state: &FitState) -> Result<(), MlError> {
        let variables = network.variables();
        let mut tensors = variables.store(NOW, false)?;
        if let Some(best) = &state.best {
            tensors.extend(variables.store_tensors(&best.variables, BEST, false)?);
        }
        let (steps, moments) = state.adam.state()?;
        for (i, Moments { first, second }) in moments.into_iter().enumerate() {
            for (prefix, values) in [(FIRST, first), (SECOND, second)] {
                let shape = vec![values.len()];
                tensors.push(Stored { name: format!("{prefix}{i}"), shape, values, half: false });
            }
        }
        self.format = FORMAT;
        self.steps = steps;
        self.epoch = state.epoch;
        self.best = state.best.as_ref().map(|best| (best.epoch, best.loss));
        write(path, KEY, self, &tensors)
    }

    /// Reads the checkpoint of a run, if it has one, and hands its tensors over to be restored.
    ///
    /// # Errors
    /// When it cannot be read, is damaged, or belongs to another split.
    pub fn read(path: &Path, split: &str) -> Result<Option<(Self, Vec<u8>)>, MlError> {
        let bytes = match read_bounded(path, MOST_BYTES) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(MlError::Read { path: path.to_path_buf(), source }),
        };
        let weights = Weights::parse(&path.display().to_string(), &bytes)?;
        let text = weights.metadata(KEY).ok_or_else(|| weights.error("it is not a checkpoint"))?;
        let progress: Self = serde_json::from_str(text).map_err(|error| weights.error(format!("its card: {error}")))?;
        if progress.format != FORMAT {
            return Err(weights.error(format!("its format is {}, this program reads {FORMAT}", progress.format)));
        }
        if progress.split != split {
            return Err(weights.error("the clips have changed since: begin a new run"));
        }
        Ok(Some((progress, bytes)))
    }

    /// Puts the network and the optimiser back to where they were.
    ///
    /// # Errors
    /// When the checkpoint does not fit the network.
    pub fn restore(
        &self,
        path: &Path,
        bytes: &[u8],
        network: &dyn Network,
        training: &Training,
    ) -> Result<FitState, MlError> {
        let weights = Weights::parse(&path.display().to_string(), bytes)?;
        let variables = network.variables();
        variables.read(&weights, NOW)?;
        let mut state = FitState::new(network, training)?;
        let mut moments = Vec::new();
        for (i, var) in variables.trained().iter().enumerate() {
            let get = |prefix: &str| weights.get(&format!("{prefix}{i}"), &[var.elem_count()]);
            moments.push(Moments { first: get(FIRST)?, second: get(SECOND)? });
        }
        state.adam.restore(self.steps, moments)?;
        state.epoch = self.epoch;
        if let Some((epoch, loss)) = self.best {
            let mut tensors = Vec::new();
            for variable in variables.all() {
                let values = weights.get(&format!("{BEST}{}", variable.name), variable.var.dims())?;
                tensors.push(Tensor::from_vec(values, variable.var.dims(), variables.device())?);
            }
            state.best = Some(Best { epoch, loss, variables: tensors });
        }
        Ok(state)
    }
}
