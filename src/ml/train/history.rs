//! The course of a training, epoch by epoch.

use serde::{Deserialize, Serialize};

/// What one epoch came to.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct EpochRecord {
    /// Which part of the split (fold), from 0.
    pub part: usize,
    /// From 1.
    pub epoch: usize,
    /// The learning rate at its end.
    pub learning_rate: f64,
    /// Mean loss over the training batches, augmentation and dropout included.
    pub train_loss: f64,
    /// Share of training clips that were right meanwhile, 0..1.
    pub train_accuracy: f64,
    /// On the validation clips, without augmentation; none where there are no such clips.
    pub valid_loss: Option<f64>,
    /// The same.
    pub valid_accuracy: Option<f64>,
    /// F1 of each label on the validation clips.
    #[serde(default)]
    pub valid_f1: Vec<f64>,
    /// Training clips per second.
    pub clips_per_second: f64,
    /// Wall-clock seconds of the epoch.
    pub seconds: f64,
}
