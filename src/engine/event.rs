//! What the engine tells.

use std::path::PathBuf;
use std::sync::Arc;

use crate::audio::Overview;
use crate::audio::player::PlayerEvent;
use crate::base::{JobId, Report, TrackId};
use crate::dsp::live::LiveColumn;
use crate::library::model::{Problem, Snapshot};
pub use crate::library::scan::ScanSummary as ScanOutcome;

use super::picture::PictureWritten;
use super::settings::Settings;
use super::tiles::{LivePicture, TileColumns};
use super::training::message::TrainingEvent;

/// Everything a client can hear.
#[derive(Clone, Debug)]
pub enum Event {
    /// What was opened; sent first.
    Opened(Opened),
    /// The library as it is now; sent at the start and after every change (at most a few times a second during a scan).
    Library(Snapshot),
    /// The settings as they are now; sent at the start and after every change.
    Settings(Arc<Settings>),
    /// The genres of the model that decides now; sent at the start and when another model decides.
    Genres(Arc<[String]>),
    /// A job's life.
    Job(JobEvent),
    /// What the player tells.
    Player(PlayerEvent),
    /// New columns of the live spectrogram, oldest first.
    LiveColumns(Vec<LiveColumn>),
    /// Columns of a picture of a whole track.
    TileColumns(TileColumns),
    /// New columns of a live picture.
    LivePicture(LivePicture),
    /// A song's outline and loudness, or `None` when it cannot be decoded.
    Overview(TrackId, Option<Arc<Overview>>),
    /// A song's cover: RGBA, 8 bits a channel, or `None` when it has none.
    Cover(TrackId, Option<Arc<CoverImage>>),
    /// Something about trainings and their runs.
    Training(TrainingEvent),
    /// The names of the output devices, the default one first.
    OutputDevices(Vec<String>),
    /// Something that a person should know, though everything goes on.
    Note(Report),
    /// A change was made that a person may want to take back: "deleted playlist ‘Train’".
    Done(String),
    /// A change was taken back or made again.
    Undone(Turn),
    /// A command could not be carried out.
    Failed(Report),
}

/// What was opened, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opened {
    /// The data folder.
    pub data_folder: PathBuf,
    /// The folder of the log.
    pub log_folder: PathBuf,
    /// Nothing in the library can be changed: it is write-protected.
    pub read_only: bool,
    /// The last run ended with a fault of Timbre's own; the log tells which.
    pub after_fault: bool,
}

/// What an undo or a redo did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Turn {
    /// What was taken back or made again: "deleted playlist ‘Train’"; `None` when there was nothing.
    pub what: Option<String>,
    /// It was made again.
    pub redo: bool,
    /// The songs whose genre by hand changed.
    pub genres_of: Vec<TrackId>,
}

/// A decoded cover picture, at most 512 pixels wide and high.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CoverImage {
    /// Pixels in a row.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// `width * height * 4` bytes: red, green, blue, alpha (not premultiplied), rows from the top.
    pub rgba: Vec<u8>,
}

/// One step in a job's life.
#[derive(Clone, Debug)]
pub struct JobEvent {
    /// Which job.
    pub id: JobId,
    /// What kind.
    pub kind: JobKind,
    /// What happened.
    pub phase: JobPhase,
}

/// The kinds of long work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum JobKind {
    /// Looking for songs and reading tags.
    Scan,
    /// Listening with the network.
    Classify,
    /// Writing playlists.
    Export,
    /// Writing a picture of a song, or its numbers.
    Picture,
    /// Making the demo collection.
    Demo,
    /// Training a network.
    Train,
    /// Looking at a data set.
    Check,
    /// Two models hear the library.
    Disagree,
    /// Writing figures of runs.
    Figures,
}

/// A job's life: `Started`, then `Progress` or `Warning`, then exactly one of the others.
#[derive(Clone, Debug)]
pub enum JobPhase {
    /// The job runs.
    Started,
    /// How far it is (at most ten times a second).
    Progress(Progress),
    /// A file could not be used; the job goes on.
    Warning(Problem),
    /// Done.
    Finished(JobOutcome),
    /// It could not be done.
    Failed(Report),
    /// Stopped as asked; what was done stays done.
    Cancelled,
}

/// How far a job is.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Progress {
    /// Units done.
    pub done: u64,
    /// Units in all; `None` while that is not known.
    pub total: Option<u64>,
    /// Units a second, recently.
    pub per_second: f64,
    /// Seconds until the end; `None` while that is not known.
    pub eta_secs: Option<f64>,
    /// What it works on now, for example a file's name.
    pub detail: String,
}

/// What a finished job has to say.
#[derive(Clone, Debug, PartialEq)]
pub enum JobOutcome {
    /// A scan.
    Scan(ScanOutcome),
    /// A classification.
    Classify(ClassifyOutcome),
    /// An export.
    Export {
        /// The files written, in order.
        files: Vec<PathBuf>,
        /// Songs in them whose file is missing (its drive may be away).
        missing: usize,
    },
    /// A picture or its numbers were written.
    Picture(PictureWritten),
    /// The demo collection was made here.
    Demo(PathBuf),
    /// A training came to its end.
    Train {
        /// The run.
        run: String,
        /// What it scored, if clips judged it.
        accuracy: Option<f64>,
        /// Clips that could not be used.
        left_out: usize,
    },
    /// A data set was looked at.
    Checked {
        /// Clips that can be used.
        clips: usize,
    },
    /// Two models heard the library.
    Disagree {
        /// Songs on which they disagree.
        songs: usize,
        /// Songs that both heard.
        heard: usize,
    },
    /// Figures were written.
    Figures {
        /// The files.
        files: Vec<PathBuf>,
    },
}

/// What a classification did.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize)]
pub struct ClassifyOutcome {
    /// Songs classified now.
    pub classified: usize,
    /// Of those, the songs that are in *Unsure* now.
    pub unsure: usize,
    /// Songs that could not be decoded.
    pub failed: usize,
    /// Songs that had a result of this model already.
    pub unchanged: usize,
    /// Wall-clock seconds.
    pub elapsed_secs: f64,
}
