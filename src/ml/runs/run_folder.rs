//! The folder of a run: everything about one training in files that other programs can read.

use std::path::{Path, PathBuf};

/// One run on disk. Every file is written whole or not at all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunFolder(PathBuf);

impl RunFolder {
    /// The run in `folder`, which need not exist yet.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self(folder.into())
    }

    /// The folder itself.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// The name of the folder: the run's id.
    pub fn id(&self) -> String {
        self.0.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }

    /// What is to be trained on what and how (`Config` as JSON).
    pub fn config(&self) -> PathBuf {
        self.0.join("config.json")
    }

    /// State, name, notes, times, split hash (`RunState` as JSON).
    pub fn state(&self) -> PathBuf {
        self.0.join("run.json")
    }

    /// The names of the clips of each part: train, valid, test.
    pub fn split(&self) -> PathBuf {
        self.0.join("split.json")
    }

    /// Genre and hashes of each clip as it was when the run began (`Contents` as JSON).
    pub fn contents(&self) -> PathBuf {
        self.0.join("contents.json")
    }

    /// The epochs (`Vec<EpochRecord>` as JSON).
    pub fn history_json(&self) -> PathBuf {
        self.0.join("history.json")
    }

    /// The epochs as a table.
    pub fn history_csv(&self) -> PathBuf {
        self.0.join("history.csv")
    }

    /// Where an interrupted training goes on.
    pub fn checkpoint(&self) -> PathBuf {
        self.0.join("checkpoint.safetensors")
    }

    /// The trained model.
    pub fn model(&self) -> PathBuf {
        self.0.join("model.safetensors")
    }

    /// What the model said about the test clips (`Vec<Prediction>` as JSON).
    pub fn predictions(&self) -> PathBuf {
        self.0.join("predictions.json")
    }

    /// What the model that a lesson started from said about the test clips (`Vec<Prediction>` as JSON).
    pub fn before(&self) -> PathBuf {
        self.0.join("before.json")
    }

    /// What each branch of a multimodal network said alone about the test clips.
    pub fn branches(&self) -> PathBuf {
        self.0.join("branches.json")
    }

    /// The figures (`Judgement` as JSON).
    pub fn metrics(&self) -> PathBuf {
        self.0.join("metrics.json")
    }

    /// The confusion matrix as a table: a row is a true genre.
    pub fn confusion_csv(&self) -> PathBuf {
        self.0.join("confusion.csv")
    }

    /// All of that in words.
    pub fn card(&self) -> PathBuf {
        self.0.join("card.md")
    }

    /// Held by whoever works on the run; see [`RunLock`](super::lock::RunLock).
    pub fn lock(&self) -> PathBuf {
        self.0.join(".lock")
    }

    /// Every file that a run may have and that belongs to it; [`RunFolder::lock`] only lies beside them.
    pub fn files(&self) -> [PathBuf; 14] {
        [
            self.state(),
            self.config(),
            self.split(),
            self.contents(),
            self.history_json(),
            self.history_csv(),
            self.metrics(),
            self.confusion_csv(),
            self.predictions(),
            self.before(),
            self.branches(),
            self.card(),
            self.model(),
            self.checkpoint(),
        ]
    }
}
