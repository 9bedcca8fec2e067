//! What the window knows of trainings.

mod action;
pub mod by_hand;
pub mod compare;
pub mod judge;
pub mod learn;
mod reduce;
pub mod setup;
pub mod watch;
mod wish;

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use std::sync::Arc;

use crate::engine::picture::Picture;
use crate::engine::training::message::{RunDetail, RunSummary, TrainingEvent};
use crate::ml::DeviceStatus;
use crate::ml::check::Check;
use crate::ml::dataset::Sources;
use crate::ml::model::explain::Explanation;

pub use action::{Tab, TrainAction};
pub use setup::{DataPart, Setup};
pub use watch::{LiveRun, Watch};

/// Trainings and their runs.
#[derive(Clone, Debug, Default)]
pub struct Training {
    /// What of the place shows.
    pub tab: Tab,
    /// The form of the next training.
    pub setup: Setup,
    /// What networks can be trained on; empty until told.
    pub devices: &'static [DeviceStatus],
    /// How the curves are drawn.
    pub watch: Watch,
    /// Runs whose course was asked for, each once.
    asked_course: HashSet<String>,
    /// The unfinished runs were offered once.
    offered: bool,
    /// All runs, the newest first; none until asked for.
    pub runs: Option<Arc<Vec<RunSummary>>>,
    /// Runs that wait until the training that runs now has ended, by id, the next one first.
    pub waiting: Vec<String>,
    /// Runs that were loaded, by id.
    pub details: HashMap<String, Arc<RunDetail>>,
    /// Songs of the library that could be trained on, by genre.
    pub by_hand: Vec<by_hand::GenreSongs>,
    /// What was found in data sets, the last one.
    pub checked: Option<(Sources, Arc<Check>)>,
    /// The network whose speed was asked for last.
    pub trial: Option<setup::Trial>,
    /// The training that runs now, or ran last.
    pub live: Option<LiveRun>,
    /// What networks look at, by run and clip.
    pub explained: HashMap<(String, String), Result<Arc<Explanation>, String>>,
    /// Pictures of clips, by their files: the spectrogram and the scalogram.
    pub pictures: HashMap<PathBuf, Result<Arc<Vec<Picture>>, String>>,
    /// What Judge shows.
    pub judge: judge::Judge,
    /// What Compare shows.
    pub compare: compare::Compare,
    /// Runs that were asked for, and whether they had been judged then.
    asked: HashMap<String, bool>,
}

impl Training {
    /// Follows one event.
    pub fn apply(&mut self, event: TrainingEvent) {
        self.loaded(&event);
        match event {
            TrainingEvent::Runs(runs) => self.take_runs(runs),
            TrainingEvent::Waiting(runs) => self.waiting = runs,
            TrainingEvent::Devices(devices) => self.devices = devices,
            TrainingEvent::Loaded(detail) => {
                self.judge.loaded(&detail.state.id);
                self.details.insert(detail.state.id.clone(), detail);
            }
            TrainingEvent::Checked(sources, check) => self.checked = Some((sources, check)),
            TrainingEvent::Progress { run, event } => self.follow(run, event),
            TrainingEvent::Explained { run, clip, explanation } => {
                self.explained.insert((run, clip), explanation);
            }
            TrainingEvent::Pictures { file, drawn } => {
                self.pictures.insert(file, drawn);
            }
            TrainingEvent::Corrections { model, found } => {
                if let Some(learn) = self.judge.learn.as_mut().filter(|learn| learn.model == model) {
                    learn.found = Some(found);
                }
            }
            TrainingEvent::Disagreements(found) => self.compare.take(found),
            TrainingEvent::Tried { config, rate } => {
                self.trial = Some(setup::Trial { config: *config, rate: Some(rate) })
            }
            TrainingEvent::Written(_) => {}
        }
    }

    /// What was found in these clips, if they were looked at last.
    pub fn check_of(&self, sources: &Sources) -> Option<&Arc<Check>> {
        self.checked.as_ref().filter(|(of, _)| of == sources).map(|(_, check)| check)
    }
}
