//! How a running training is steered from another thread, and what it tells.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::history::EpochRecord;
use crate::base::CancelToken;
use crate::ml::error::MlError;

/// Steers a training; clones share it.
#[derive(Clone, Debug, Default)]
pub struct Control {
    /// Leave at once; a checkpoint is kept.
    pub cancel: CancelToken,
    paused: Arc<AtomicBool>,
    finish: Arc<AtomicBool>,
}

impl Control {
    /// A control with a token that exists already.
    pub fn new(cancel: CancelToken) -> Self {
        Self { cancel, ..Self::default() }
    }

    /// Holds the training, or lets it go on.
    pub fn pause(&self, paused: bool) {
        self.paused.store(paused, Ordering::Relaxed);
    }

    /// Whether it is held.
    pub fn is_paused(&self) -> bool {
        self.paused.load(Ordering::Relaxed)
    }

    /// Ends the part that trains now after this epoch and judges what there is; further parts are left out.
    pub fn finish(&self) {
        self.finish.store(true, Ordering::Relaxed);
    }

    /// Whether it should end early.
    pub fn is_finishing(&self) -> bool {
        self.finish.load(Ordering::Relaxed)
    }

    /// Waits while the training is held.
    ///
    /// # Errors
    /// When it was cancelled.
    pub fn wait(&self) -> Result<(), MlError> {
        while self.is_paused() && !self.cancel.is_cancelled() {
            std::thread::sleep(Duration::from_millis(50));
        }
        if self.cancel.is_cancelled() { Err(MlError::Cancelled) } else { Ok(()) }
    }
}

/// What a training tells.
#[derive(Clone, Debug, PartialEq)]
pub enum TrainEvent {
    /// Something before or after the epochs: reading clips, judging.
    Stage {
        /// What, for a person.
        what: String,
        /// Steps done.
        done: usize,
        /// Steps in all; 0: not known.
        total: usize,
    },
    /// A part of the split begins.
    Part {
        /// Which, from 0; `parts` is the final model on all clips.
        part: usize,
        /// Parts that judge.
        parts: usize,
        /// Parts in all, the final model included.
        rounds: usize,
        /// Clips that train, validate and judge.
        clips: (usize, usize, usize),
        /// The genres, in the order of [`EpochRecord::valid_f1`].
        labels: Vec<String>,
    },
    /// What a person should know: it is not trained where it was to be.
    Note(String),
    /// A step was made.
    Batch(BatchRecord),
    /// An epoch ended.
    Epoch(EpochRecord),
}

/// One step of a training.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct BatchRecord {
    /// Which part, from 0.
    pub part: usize,
    /// Which epoch of the part, from 1.
    pub epoch: usize,
    /// Epochs of a part, at most.
    pub epochs: usize,
    /// Steps of the epoch done.
    pub batch: usize,
    /// Steps of an epoch.
    pub batches: usize,
    /// Mean loss of the epoch so far.
    pub loss: f64,
    /// Share of its examples that were right so far.
    pub accuracy: f64,
    /// Examples a second.
    pub clips_per_second: f64,
}
