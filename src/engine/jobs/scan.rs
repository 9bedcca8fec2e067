//! Looks for songs and reads their tags.

use std::path::{Path, PathBuf};

use crossbeam_channel::Sender;

use crate::audio::{AudioError, probe};
use crate::base::{Report, TrackId};
use crate::engine::event::JobOutcome;
use crate::engine::job::{JobContext, JobError};
use crate::engine::message::Message;
use crate::library::Library;
use crate::library::model::{Problem, ProblemKind};
use crate::library::scan::{LeaveOut, ProbeFailure, ProbedAudio, ScanOptions, ScanReporter, scan};

use crate::engine::shared::Shared;

pub(super) fn run(
    shared: &Shared,
    roots: &[PathBuf],
    exclude: &[String],
    locate: Option<&(TrackId, PathBuf)>,
    back: &Sender<Message>,
    context: &mut JobContext,
) -> Result<JobOutcome, JobError> {
    let mut library = shared.open_library()?;
    let cancel = context.cancel.clone();
    let settings = shared.settings();
    let patterns: Vec<&String> = settings.leave_out.iter().chain(exclude).collect();
    let mut leave_out = LeaveOut::default().with_patterns(&patterns)?;
    leave_out.system_folders = settings.leave_out_system_folders;
    leave_out.no_media = settings.leave_out_no_media;
    let options = ScanOptions { jobs: shared.threads(), leave_out };
    let mut reporter = Reporter { context, back };
    let summary = scan(&mut library, roots, &options, &probe_for_library, &mut reporter, &cancel)?;
    if summary.cancelled {
        return Err(JobError::Cancelled);
    }
    if let Some((track, file)) = locate {
        found(&mut library, *track, file)?;
        back.try_send(Message::Changed).ok();
    }
    // Most of what a library holds is new or old after a scan; a copy that cannot be made is no reason to fail.
    if let Err(error) = library.back_up_weekly() {
        tracing::warn!(%error, "the weekly copy of the library was not made");
    }
    Ok(JobOutcome::Scan(summary))
}

/// The file of a missing song, as a person says. If the scan did not find it out by itself (the sound differs), the song
/// in that file takes over what the missing one had.
fn found(library: &mut Library, track: TrackId, file: &Path) -> Result<(), JobError> {
    let snapshot = library.snapshot()?;
    let is_missing = snapshot.tracks.iter().any(|known| known.id == track && known.missing);
    match snapshot.track_by_path(file).filter(|there| !there.missing) {
        Some(there) if there.id == track => Ok(()),
        Some(there) if is_missing => Ok(library.merge(there.id, track)?),
        Some(_) => Ok(()),
        None => {
            let report = Report::new(format!("This file cannot be used as a song: {}", file.display()));
            Err(JobError::Failed(report.with_hint("Problems says why; choose another file")))
        }
    }
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
