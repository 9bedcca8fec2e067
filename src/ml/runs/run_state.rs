//! What a run is and how far it is: `run.json`.

use serde::{Deserialize, Serialize};

use super::run_folder::RunFolder;
use crate::base::fs::{FolderLock, write_atomic};
use crate::base::read::{MOST_TEXT_BYTES, read_bounded};
use crate::ml::error::MlError;
use crate::ml::eval::branches::BranchScore;

/// The version of `run.json` that this program writes and reads.
pub const RUN_FORMAT: u32 = 1;

/// Everything about a run that is not in its configuration, history or figures.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunState {
    /// [`RUN_FORMAT`].
    pub format: u32,
    /// Its name on disk; never changes.
    pub id: String,
    /// What the person calls it.
    pub name: String,
    /// What the person wrote about it.
    #[serde(default)]
    pub notes: String,
    /// `cnn`, `mobilenet`, `multimodal`.
    pub architecture: String,
    /// `article`, `best`, or what a person made of them.
    pub preset: String,
    /// When it was created, Unix seconds.
    pub created: i64,
    /// When it ended, Unix seconds.
    #[serde(default)]
    pub finished: Option<i64>,
    /// What it does now (`status`, and `reason` where it failed).
    #[serde(flatten)]
    pub status: RunStatus,
    /// What it is trained on, for a person.
    #[serde(default)]
    pub data: String,
    /// How training and test clips are kept apart, one sentence.
    #[serde(default)]
    pub protocol: String,
    /// The same for programs.
    #[serde(default)]
    pub separation: Separation,
    /// Hash of the split, 16 hex digits.
    #[serde(default)]
    pub split_hash: String,
    /// Decides everything that chance decides.
    pub seed: u64,
    /// What to type to get the same run.
    #[serde(default)]
    pub command: String,
    /// Where it was trained last; empty: that was not kept.
    #[serde(default)]
    pub device: String,
    /// Parts of the split (folds) that are trained one after another; 1 for a plain split.
    pub parts: usize,
    /// Epochs of all parts together, at most.
    pub epochs_planned: usize,
    /// Epochs of all parts that are done.
    pub epochs_done: usize,
    /// Seconds of training so far, pauses excluded.
    pub seconds: f64,
    /// Numbers in the network.
    #[serde(default)]
    pub parameters: usize,
    /// How many of them are trained.
    #[serde(default)]
    pub trainable: usize,
    /// What the branches of a multimodal network are worth alone.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub branches: Vec<BranchScore>,
    /// The version of Timbre that wrote it.
    pub version: String,
}

/// What a run does now.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "status", content = "reason", rename_all = "snake_case")]
pub enum RunStatus {
    /// Not begun.
    #[default]
    Created,
    /// It trains; or its program was killed while it did.
    Running,
    /// It waits for the person.
    Paused,
    /// Ended early by the person; the best model is kept.
    Stopped,
    /// Ended as planned.
    Finished,
    /// Ended by what this sentence says.
    Failed(String),
}

impl RunStatus {
    /// One word for a person.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Running => "running",
            Self::Paused => "paused",
            Self::Stopped => "stopped",
            Self::Finished => "finished",
            Self::Failed(_) => "failed",
        }
    }
}

/// What training and test clips never share.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Separation {
    /// An artist: the score tells how unknown artists are judged.
    Artists,
    /// Only the clip itself: artists, albums and even recordings may be on both sides, and the score is too high.
    Clips,
    /// Not known.
    #[default]
    Unknown,
}

impl RunState {
    /// A run that has not begun, created at `created` (Unix seconds).
    pub fn new(id: impl Into<String>, architecture: &str, preset: &str, created: i64) -> Self {
        Self {
            format: RUN_FORMAT,
            id: id.into(),
            name: format!("{architecture} {preset}"),
            notes: String::new(),
            architecture: architecture.to_owned(),
            preset: preset.to_owned(),
            created,
            finished: None,
            status: RunStatus::Created,
            data: String::new(),
            protocol: String::new(),
            separation: Separation::Unknown,
            split_hash: String::new(),
            seed: 0,
            command: String::new(),
            device: String::new(),
            parts: 1,
            epochs_planned: 0,
            epochs_done: 0,
            seconds: 0.0,
            parameters: 0,
            branches: Vec::new(),
            trainable: 0,
            version: env!("CARGO_PKG_VERSION").to_owned(),
        }
    }

    /// Reads the state of the run in `folder`.
    ///
    /// # Errors
    /// When there is no run, or one of another version.
    pub fn read(folder: &RunFolder) -> Result<Self, MlError> {
        let path = folder.state();
        let bytes = read_bounded(&path, MOST_TEXT_BYTES).map_err(|source| MlError::Read { path, source })?;
        Self::parse(&bytes).map_err(|reason| MlError::Run { run: folder.path().display().to_string(), reason })
    }

    /// Understands the bytes of a `run.json`.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, String> {
        let value: serde_json::Value =
            serde_json::from_slice(bytes).map_err(|error| format!("run.json cannot be understood: {error}"))?;
        let format = value.get("format").and_then(serde_json::Value::as_u64);
        if format != Some(u64::from(RUN_FORMAT)) {
            return Err(format!("its format is {format:?}, this program reads {RUN_FORMAT}"));
        }
        let state: Self =
            serde_json::from_value(value).map_err(|error| format!("run.json cannot be understood: {error}"))?;
        if !is_id(&state.id) {
            return Err("its id cannot be a folder's name".to_owned());
        }
        Ok(state)
    }

    /// Writes the state, whole or not at all.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write(&self, folder: &RunFolder) -> Result<(), MlError> {
        let path = folder.state();
        let written =
            serde_json::to_vec_pretty(self).map_err(std::io::Error::from).and_then(|bytes| write_atomic(&path, &bytes));
        written.map_err(|source| MlError::Write { path, source })
    }

    /// The same, but with the name and notes that are on disk by now: a person may change them while the run trains.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write_progress(&mut self, folder: &RunFolder) -> Result<(), MlError> {
        let _held = FolderLock::take(folder.path());
        if let Ok(on_disk) = Self::read(folder) {
            (self.name, self.notes) = (on_disk.name, on_disk.notes);
        }
        self.write(folder)
    }

    /// Changes what is on disk by now, so that nothing gets lost that another thread or program wrote meanwhile.
    ///
    /// # Errors
    /// When there is no run, or it cannot be written.
    pub fn change(folder: &RunFolder, change: impl FnOnce(&mut Self)) -> Result<Self, MlError> {
        let _held = FolderLock::take(folder.path());
        let mut state = Self::read(folder)?;
        change(&mut state);
        state.write(folder)?;
        Ok(state)
    }
}

/// Whether an id is safe as the name of a folder on every system.
pub(crate) fn is_id(id: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    (1..=100).contains(&id.len()) && id.chars().all(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let dir = tempfile::tempdir().unwrap();
        let folder = RunFolder::new(dir.path());
        for status in [RunStatus::Running, RunStatus::Failed("the loss is not a number".into())] {
            let run = RunState { status, ..RunState::new("a", "cnn", "article", 1_795_305_600) };
            run.write(&folder).unwrap();
            assert_eq!(RunState::read(&folder).unwrap(), run);
        }
        let text = std::fs::read_to_string(folder.state()).unwrap();
        assert!(text.contains(r#""status": "failed""#) && text.contains(r#""reason": "the loss"#), "{text}");
    }

    #[test]
    fn a_name_that_a_person_gives_meanwhile_stays() {
        let dir = tempfile::tempdir().unwrap();
        let folder = RunFolder::new(dir.path());
        let mut run = RunState::new("a", "cnn", "article", 0);
        run.write(&folder).unwrap();
        RunState { name: "mine".into(), notes: "good".into(), ..run.clone() }.write(&folder).unwrap();
        run.epochs_done = 7;
        run.write_progress(&folder).unwrap();
        let read = RunState::read(&folder).unwrap();
        assert_eq!((read.name.as_str(), read.notes.as_str(), read.epochs_done), ("mine", "good", 7));
    }

    #[test]
    fn a_training_and_a_person_who_write_at_the_same_time_both_get_their_way() {
        let dir = tempfile::tempdir().unwrap();
        let folder = RunFolder::new(dir.path());
        let mut run = RunState::new("a", "cnn", "article", 0);
        run.write(&folder).unwrap();
        let person = folder.clone();
        let writing = std::thread::Builder::new().name("person".into()).spawn(move || {
            for n in 0..100 {
                RunState::change(&person, |run| run.notes = n.to_string()).unwrap();
                assert_eq!(RunState::read(&person).unwrap().notes, n.to_string());
            }
        });
        let writing = writing.unwrap();
        for epoch in 1..=100 {
            run.epochs_done = epoch;
            run.status = RunStatus::Running;
            run.write_progress(&folder).unwrap();
            assert_eq!(RunState::read(&folder).unwrap().epochs_done, epoch);
        }
        writing.join().unwrap();
        let read = RunState::read(&folder).unwrap();
        assert_eq!((read.epochs_done, read.notes.as_str(), read.status), (100, "99", RunStatus::Running));
    }

    #[test]
    fn other_versions_and_other_files_are_refused() {
        assert!(RunState::parse(b"{}").unwrap_err().contains("format"));
        assert!(RunState::parse(br#"{"format": 2}"#).unwrap_err().contains("Some(2)"));
        assert!(RunState::parse(br#"{"format": 1, "id": "a"}"#).unwrap_err().contains("name"));
        assert!(RunState::parse(b"[").is_err());
        let run = RunState::new("../up", "cnn", "best", 0);
        assert!(RunState::parse(&serde_json::to_vec(&run).unwrap()).unwrap_err().contains("id"));
        assert!(RunState::read(&RunFolder::new("/nonexistent-run")).is_err());
    }
}
