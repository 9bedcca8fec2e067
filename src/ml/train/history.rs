//! The course of a training, epoch by epoch.

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::base::csv::field;
use crate::base::fs::write_atomic;
use crate::ml::error::MlError;

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

/// The epoch of one part whose weights are kept: the lowest validation loss, of equals the earliest; none without validation
/// clips.
pub fn best_epoch(history: &[EpochRecord]) -> Option<&EpochRecord> {
    let judged = history.iter().filter(|record| record.valid_loss.is_some_and(f64::is_finite));
    judged.min_by(|a, b| a.valid_loss.unwrap_or(f64::MAX).total_cmp(&b.valid_loss.unwrap_or(f64::MAX)))
}

/// Writes the epochs, as JSON and as a table.
///
/// # Errors
/// When a file cannot be written.
pub fn write(json_path: &Path, csv_path: &Path, epochs: &[EpochRecord]) -> Result<(), MlError> {
    let failed = |path: &Path| {
        let path = path.to_path_buf();
        move |source| MlError::Write { path, source }
    };
    let json = serde_json::to_vec_pretty(epochs).map_err(std::io::Error::from).map_err(failed(json_path))?;
    write_atomic(json_path, &json).map_err(failed(json_path))?;
    write_atomic(csv_path, csv(epochs, &[]).as_bytes()).map_err(failed(csv_path))
}

/// The epochs as a table (CSV); with a column of F1 on the validation clips for each of `labels`, where they are named.
pub fn csv(epochs: &[EpochRecord], labels: &[String]) -> String {
    let optional = |value: Option<f64>| value.map_or_else(String::new, |value| value.to_string());
    let mut csv = String::from(
        "part,epoch,learning_rate,train_loss,train_accuracy,valid_loss,valid_accuracy,clips_per_second,seconds",
    );
    labels.iter().for_each(|label| csv += &format!(",{}", field(&format!("f1 {label}"))));
    csv.push('\n');
    for epoch in epochs {
        csv += &format!(
            "{},{},{},{},{},{},{},{:.2},{:.3}",
            epoch.part,
            epoch.epoch,
            epoch.learning_rate,
            epoch.train_loss,
            epoch.train_accuracy,
            optional(epoch.valid_loss),
            optional(epoch.valid_accuracy),
            epoch.clips_per_second,
            epoch.seconds
        );
        (0..labels.len()).for_each(|label| csv += &format!(",{}", optional(epoch.valid_f1.get(label).copied())));
        csv.push('\n');
    }
    csv
}
