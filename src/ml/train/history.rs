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

/// The best epoch of one part: the highest validation accuracy, of equals the lowest validation loss, then the earliest;
/// none without validation clips.
pub fn best_epoch(history: &[EpochRecord]) -> Option<&EpochRecord> {
    let score = |record: &EpochRecord| {
        Some((record.valid_accuracy?, -record.valid_loss.filter(|loss| loss.is_finite()).unwrap_or(f64::MAX)))
    };
    let judged = history.iter().filter_map(|record| Some((score(record)?, record)));
    judged
        .fold(None, |best: Option<((f64, f64), &EpochRecord)>, one| match best {
            Some(best) if one.0 <= best.0 => Some(best),
            _ => Some(one),
        })
        .map(|best| best.1)
}
