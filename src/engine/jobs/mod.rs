//! The jobs, one file each.

mod classify;
mod demo;
mod disagree;
mod export;
mod figures;
mod listenable;
mod picture;
mod scan;
mod train;

use std::path::PathBuf;

use crossbeam_channel::Sender;

use crate::base::TrackId;
use crate::ml::dataset::Sources;

use super::command::ExportSelection;
use super::event::{JobKind, JobOutcome};
use super::job::{JobContext, JobError};
use super::message::Message;
use super::picture::PictureRequest;
use super::shared::Shared;

/// All that was decided is due again.
pub(super) const AGAIN: i64 = i64::MAX;

/// What a job is asked to do.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum JobSpec {
    Scan {
        roots: Vec<PathBuf>,
        /// Patterns of what is left out besides the patterns in the settings.
        exclude: Vec<String>,
        /// A missing song, and the file that holds it, as a person says.
        locate: Option<(TrackId, PathBuf)>,
    },
    Classify {
        /// What was decided until then is due again, Unix seconds: [`AGAIN`] for all, `None` for nothing.
        again_until: Option<i64>,
        within: Vec<PathBuf>,
    },
    Export {
        folder: PathBuf,
        selection: ExportSelection,
        within: Vec<PathBuf>,
    },
    Picture {
        song: PathBuf,
        request: Box<PictureRequest>,
        file: PathBuf,
    },
    Demo,
    /// The run's id.
    Train(String),
    Check(Sources),
    /// Two models: runs, or the built-in one.
    Disagree(String, String),
    /// The runs' ids, and the folder for their figures.
    Figures(Vec<String>, PathBuf),
}

impl JobSpec {
    /// An ordinary scan.
    pub fn scan(roots: Vec<PathBuf>) -> Self {
        Self::Scan { roots, exclude: Vec::new(), locate: None }
    }

    pub fn kind(&self) -> JobKind {
        match self {
            Self::Scan { .. } => JobKind::Scan,
            Self::Classify { .. } => JobKind::Classify,
            Self::Export { .. } => JobKind::Export,
            Self::Picture { .. } => JobKind::Picture,
            Self::Demo => JobKind::Demo,
            Self::Train(_) => JobKind::Train,
            Self::Check(_) => JobKind::Check,
            Self::Disagree(..) => JobKind::Disagree,
            Self::Figures(..) => JobKind::Figures,
        }
    }

    pub fn run(
        &self,
        shared: &Shared,
        back: &Sender<Message>,
        context: &mut JobContext,
    ) -> Result<JobOutcome, JobError> {
        match self {
            Self::Scan { roots, exclude, locate } => scan::run(shared, roots, exclude, locate.as_ref(), back, context),
            Self::Classify { again_until, within } => classify::run(shared, *again_until, within, back, context),
            Self::Export { folder, selection, within } => export::run(shared, folder, selection, within, context),
            Self::Picture { song, request, file } => picture::run(song, request, file, context),
            Self::Demo => demo::run(shared, context),
            Self::Train(run) => train::run(shared, run, context),
            Self::Check(sources) => train::check(shared, sources, context),
            Self::Disagree(first, second) => disagree::run(shared, [first, second], context),
            Self::Figures(runs, folder) => figures::run(shared, runs, folder, context),
        }
    }
}
