//! What can be asked about trainings, and what is told of them.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

use crate::base::TrackId;
use crate::engine::picture::{Picture, PictureRequest};
use crate::library::model::GenreProbability;
use crate::ml::DeviceStatus;
use crate::ml::check::Check;
use crate::ml::dataset::Sources;
use crate::ml::eval::{Judgement, Prediction};
use crate::ml::model::config::Config;
use crate::ml::model::explain::Explanation;
use crate::ml::runs::lesson::Learned;
use crate::ml::runs::run_state::RunState;
use crate::ml::train::control::TrainEvent;
use crate::ml::train::history::EpochRecord;
use crate::render::Course;

use super::learn::Corrections;

/// Everything that can be asked about trainings; a run is named by its id.
#[derive(Clone, Debug, PartialEq)]
pub enum TrainingCommand {
    /// Looks at the clips of a data set: a check job, then `TrainingEvent::Checked`.
    Check(Sources),
    /// Makes a run and trains it: a train job. Runs wait for each other.
    Start {
        /// What is trained, and how.
        config: Box<Config>,
        /// What the run is called; empty: after its architecture and preset.
        name: String,
    },
    /// Teaches a copy of a run's model (or of the built-in one, see [`BUILT_IN_NAME`](super::learn::BUILT_IN_NAME)) what was corrected
    /// in the library: makes a run, which is trained like any other.
    Learn(String),
    /// Asks what there is to learn from for such a model. Answered by `TrainingEvent::Corrections`.
    Corrections(String),
    /// Goes on with a run that was stopped: a train job.
    Resume(String),
    /// Takes a run out of the line of those that wait; one that has not trained yet is deleted.
    Withdraw(String),
    /// Holds the training that runs now, or lets it go on.
    Pause(bool),
    /// Ends the training that runs now after its epoch, and judges what there is.
    Finish,
    /// Asks for all runs, and where networks can be trained. Answered by `TrainingEvent::Runs` and `TrainingEvent::Devices`.
    List,
    /// Asks for everything about a run. Answered by `TrainingEvent::Loaded`.
    Load(String),
    /// Asks how fast the network of a configuration trains here, by steps on noise of this many genres. Answered by
    /// `TrainingEvent::Tried`.
    Try(Box<Config>, usize),
    /// Gives a run another name.
    Rename(String, String),
    /// Writes a person's notes to a run.
    Note(String, String),
    /// Deletes a run.
    Delete(String),
    /// Writes a run as one file.
    Export(String, PathBuf),
    /// Takes an exported run in.
    Import(PathBuf),
    /// Draws pictures of a sound file, whether the library has it or not. Answered by `TrainingEvent::Pictures`.
    Draw(PathBuf, Vec<PictureRequest>),
    /// Writes a run's figures (`.png` and `.svg`) and tables into a folder, several runs compared.
    Figures(Vec<String>, PathBuf),
    /// Lets two models (runs, or the built-in one) hear the library: a job, then `TrainingEvent::Disagreements`.
    Disagree(String, String),
    /// Writes the curves of runs (`.png`, `.svg`) or the epochs of the first one (`.csv`) to this file.
    Courses(Vec<Course>, PathBuf),
    /// Asks what the network of a run looks at in a clip. Answered by `TrainingEvent::Explained`.
    Explain {
        /// The run.
        run: String,
        /// The clip's name.
        clip: String,
    },
}

/// What is told of trainings.
#[derive(Clone, Debug)]
pub enum TrainingEvent {
    /// All runs, the newest first.
    Runs(Arc<Vec<RunSummary>>),
    /// The runs that wait for the training that runs now, the next one first.
    Waiting(Vec<String>),
    /// What networks can be trained on.
    Devices(&'static [DeviceStatus]),
    /// Everything about a run.
    Loaded(Arc<RunDetail>),
    /// What was found in a data set.
    Checked(Sources, Arc<Check>),
    /// How the training that runs now goes on.
    Progress {
        /// Its run.
        run: String,
        /// What happened.
        event: TrainEvent,
    },
    /// What a network looks at in a clip.
    Explained {
        /// The run.
        run: String,
        /// The clip's name.
        clip: String,
        /// None when the clip or the model cannot be read; with the reason.
        explanation: Result<Arc<Explanation>, String>,
    },
    /// How fast a network trains here.
    Tried {
        /// What was asked about.
        config: Box<Config>,
        /// Examples a second; none when it cannot be trained, with the reason.
        rate: Result<f64, String>,
    },
    /// The songs on which two models disagree.
    Disagreements(Arc<Disagreements>),
    /// Pictures of a sound file, in the order asked for.
    Pictures {
        /// The file.
        file: PathBuf,
        /// None when it cannot be read; with the reason.
        drawn: Result<Arc<Vec<Picture>>, String>,
    },
    /// What there is to learn from.
    Corrections {
        /// The run, or the built-in model.
        model: String,
        /// None when the model or the library cannot be read; with the reason.
        found: Result<Arc<Corrections>, String>,
    },
    /// Figures, a bundle or tables were written here.
    Written(PathBuf),
}

/// The songs of the library that two models decide otherwise.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Disagreements {
    /// A run, or the built-in model.
    pub first: String,
    /// Another one.
    pub second: String,
    /// Songs that both heard.
    pub heard: usize,
    /// Those on which they disagree; the ones of which both are surest first.
    pub songs: Vec<Disagreement>,
}

/// What two models say about a song.
#[derive(Clone, Debug, PartialEq)]
pub struct Disagreement {
    /// The song.
    pub track: TrackId,
    /// What the first says.
    pub first: GenreProbability,
    /// What the second says.
    pub second: GenreProbability,
}

/// A run in a list.
#[derive(Clone, Debug, PartialEq)]
pub struct RunSummary {
    /// Its state.
    pub state: RunState,
    /// Its figures, once it was judged.
    pub score: Option<Score>,
}

/// The figures of a run that lists show.
#[derive(Clone, Debug, PartialEq)]
pub struct Score {
    /// Share of right decisions, 0..1.
    pub accuracy: f64,
    /// Its 95 % interval.
    pub interval: (f64, f64),
    /// Mean F1 of the genres, 0..1.
    pub macro_f1: f64,
    /// Expected calibration error, 0..1.
    pub ece: f64,
    /// Clips that judged.
    pub clips: usize,
}

/// Everything about a run.
#[derive(Clone, Debug)]
pub struct RunDetail {
    /// Its state.
    pub state: RunState,
    /// What was trained, and how; none when another version wrote it.
    pub config: Option<Config>,
    /// Its epochs.
    pub history: Vec<EpochRecord>,
    /// Its figures.
    pub judgement: Option<Judgement>,
    /// What it said about each test clip.
    pub predictions: Vec<Prediction>,
    /// The sound of each clip, by name, as far as it is there now.
    pub sounds: HashMap<String, PathBuf>,
    /// What came of it, where it was a lesson.
    pub learned: Option<Learned>,
    /// Bytes of its model file, if that is there.
    pub model_bytes: Option<u64>,
}

impl RunDetail {
    /// Whether its model file is there.
    pub fn has_model(&self) -> bool {
        self.model_bytes.is_some()
    }
}
