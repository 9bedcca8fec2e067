//! Scanning: which songs are below the roots, and what has changed since the last time.
//!
//! The walk comes first and is complete before anything is decided, so that a file which went away can be told from
//! one that moved. Then the state of all known files is settled in one transaction (moved, missing, returned); new and
//! changed files are read by a pool of threads and stored in batches, in path order. Whatever is interrupted, the next
//! scan finds the same work still to do, in the same order.

mod cut_off;
mod left_out;
mod moves;
mod pipeline;
mod read;
mod run;
mod sort_out;
mod v1_hash;
mod walk;

use std::collections::BTreeMap;
use std::path::Path;

pub use crate::library::stamp::FileStamp;
pub use left_out::{LeaveOut, PatternError};
pub(super) use read::Song;
pub use run::scan;

use super::model::{Problem, ProblemKind};
use super::tags::SongTags;

/// How a scan goes about its work.
#[derive(Clone, Debug, Default)]
pub struct ScanOptions {
    /// Threads that read files; 0: one for each core.
    pub jobs: usize,
    /// What is left out.
    pub leave_out: LeaveOut,
}

/// What the decoder finds in a file whose tags this layer cannot read.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ProbedAudio {
    /// Playing time; `None` when the file does not say.
    pub duration_secs: Option<f64>,
    /// The container or codec, for example `Sun AU`.
    pub format: String,
    /// There is a decoder for it.
    pub playable: bool,
    /// Tags, if the decoder reads any.
    pub tags: SongTags,
}

/// Why the decoder cannot use a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProbeFailure {
    /// What kind of trouble.
    pub kind: ProblemKind,
    /// One sentence for people.
    pub message: String,
}

/// Asks the decoder about a file. Called from many threads; must not panic on any content (a panic costs that file).
pub type ProbeFn<'a> = dyn Fn(&Path) -> Result<ProbedAudio, ProbeFailure> + Sync + 'a;

/// Is told what a scan does, on the thread that scans.
pub trait ScanReporter {
    /// `done` files of `total` (`None` while the folders are still being walked); `path` is the latest one.
    fn progress(&mut self, done: u64, total: Option<u64>, path: &Path);
    /// A file could not be used. Not called again for a file that has not changed since.
    fn problem(&mut self, problem: &Problem);
    /// Something new is in the database.
    fn committed(&mut self);
}

/// What a scan found.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct ScanSummary {
    /// Songs seen for the first time.
    pub added: usize,
    /// Songs whose file changed.
    pub updated: usize,
    /// Songs as they were; their files were not opened.
    pub unchanged: usize,
    /// Songs found at another place.
    pub moved: usize,
    /// Songs whose file is not there now.
    pub missing: usize,
    /// Songs that came back.
    pub returned: usize,
    /// Files with problems, also those known from before.
    pub problems: usize,
    /// Folders and files that were left out: those of systems, with `.nomedia`, and by a person's patterns.
    pub left_out: usize,
    /// Files that people use for music and that Timbre does not know, by their ending in lower case (`.mid`).
    pub unknown_kinds: BTreeMap<String, usize>,
    /// The scan was asked to stop before its end; what it did stays done.
    #[serde(skip)]
    pub cancelled: bool,
}

/// What is wrong with a file, before it becomes a [`Problem`] with its path and time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Trouble {
    pub kind: ProblemKind,
    pub message: String,
}

impl Trouble {
    fn new(kind: ProblemKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into() }
    }
}
