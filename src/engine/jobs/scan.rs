//! Looks for songs and reads their tags.

use std::path::{Path, PathBuf};

use crossbeam_channel::Sender;

use crate::audio::{AudioError, probe};
use crate::engine::dispatcher::Message;
use crate::engine::event::JobOutcome;
use crate::engine::job::{JobContext, JobError};
use crate::library::model::{Problem, ProblemKind};
use crate::library::scan::{ProbeFailure, ProbedAudio, ScanOptions, ScanReporter, scan};

use super::Shared;

pub(super) fn run(
    shared: &Shared,
    roots: &[PathBuf],
    back: &Sender<Message>,
    context: &mut JobContext,
) -> Result<JobOutcome, JobError> {
    let mut library = shared.open_library()?;
    let cancel = context.cancel.clone();
    let options = ScanOptions { jobs: shared.threads() };
    let mut reporter = Reporter { context, back };
    let summary = scan(&mut library, roots, &options, &probe_for_library, &mut reporter, &cancel)?;
    if summary.cancelled {
        return Err(JobError::Cancelled);
    }
    Ok(JobOutcome::Scan(summary))
}

struct Reporter<'a> {
    context: &'a mut JobContext,
    back: &'a Sender<Message>,
}

impl ScanReporter for Reporter<'_> {
    fn progress(&mut self, done: u64, total: Option<u64>, path: &Path) {
        let name = || path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        self.context.progress(done, total, name);
    }

    fn problem(&mut self, problem: &Problem) {
        self.context.warn(problem.clone());
    }

    fn committed(&mut self) {
        // Full means that the engine's thread already knows of changes.
        self.back.try_send(Message::Changed).ok();
    }
}

/// What the decoders say of a file that the tag reader does not know.
fn probe_for_library(path: &Path) -> Result<ProbedAudio, ProbeFailure> {
    match probe(path) {
        Ok(spec) => Ok(ProbedAudio {
            duration_secs: spec.duration_secs,
            format: spec.container.to_uppercase(),
            playable: true,
            ..ProbedAudio::default()
        }),
        Err(error) => Err(ProbeFailure { kind: problem_kind(&error), message: error.to_string() }),
    }
}

/// The kind under which *Problems* lists a decoder's error.
pub(super) fn problem_kind(error: &AudioError) -> ProblemKind {
    match error {
        AudioError::NotFound { .. } => ProblemKind::Vanished,
        AudioError::Permission { .. } => ProblemKind::Permission,
        AudioError::Empty { .. } => ProblemKind::Empty,
        AudioError::NotAFile { .. } => ProblemKind::Folder,
        AudioError::NotAudio { .. } => ProblemKind::NotAudio,
        AudioError::Unsupported { .. } => ProblemKind::Unsupported,
        AudioError::Damaged { .. } => ProblemKind::Damaged,
        _ => ProblemKind::Other,
    }
}
