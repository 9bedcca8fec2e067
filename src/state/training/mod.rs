//! What the window knows of trainings.

mod action;
pub mod compare;
pub mod judge;
mod reduce;
mod wish;

use std::collections::HashMap;
use std::sync::Arc;

use crate::engine::training::message::{RunDetail, RunSummary, TrainingEvent};
use crate::ml::data::Sources;
use crate::ml::data::check::Check;
use crate::ml::train::control::{BatchRecord, TrainEvent};
use crate::ml::train::explain::Explanation;
use crate::ml::train::history::EpochRecord;

pub use action::{Tab, TrainAction};

/// Trainings and their runs.
#[derive(Clone, Debug, Default)]
pub struct Training {
    /// What of the place shows.
    pub tab: Tab,
    /// All runs, the newest first; none until asked for.
    pub runs: Option<Arc<Vec<RunSummary>>>,
    /// Runs that were loaded, by id.
    pub details: HashMap<String, Arc<RunDetail>>,
    /// What was found in data sets, the last one.
    pub checked: Option<(Sources, Arc<Check>)>,
    /// The training that runs now.
    pub live: Option<LiveRun>,
    /// What networks look at, by run and clip.
    pub explained: HashMap<(String, String), Result<Arc<Explanation>, String>>,
    /// What Judge shows.
    pub judge: judge::Judge,
    /// What Compare shows.
    pub compare: compare::Compare,
    /// Runs that were asked for, and whether they had been judged then.
    asked: HashMap<String, bool>,
}

/// The training that runs now.
#[derive(Clone, Debug, Default)]
pub struct LiveRun {
    /// Its id.
    pub run: String,
    /// Its epochs so far, in this sitting.
    pub history: Vec<EpochRecord>,
    /// The last step.
    pub batch: BatchRecord,
    /// What it does besides.
    pub stage: String,
    /// Parts that judge, and the part that trains now.
    pub parts: (usize, usize),
    /// Clips that train, validate and judge in this part.
    pub clips: (usize, usize, usize),
}

impl Training {
    /// Follows one event.
    pub fn apply(&mut self, event: TrainingEvent) {
        match event {
            TrainingEvent::Runs(runs) => self.take_runs(runs),
            TrainingEvent::Loaded(detail) => {
                self.judge.loaded(&detail.state.id);
                self.details.insert(detail.state.id.clone(), detail);
            }
            TrainingEvent::Checked(sources, check) => self.checked = Some((sources, check)),
            TrainingEvent::Progress { run, event } => self.follow(run, event),
            TrainingEvent::Explained { run, clip, explanation } => {
                self.explained.insert((run, clip), explanation);
            }
            TrainingEvent::Written(_) => {}
        }
    }

    fn follow(&mut self, run: String, event: TrainEvent) {
        if self.live.as_ref().is_none_or(|live| live.run != run) {
            // What was trained before in another sitting belongs to the same curves.
            let history = self.details.get(&run).map(|detail| detail.history.clone()).unwrap_or_default();
            self.live = Some(LiveRun { run, history, ..LiveRun::default() });
        }
        let Some(live) = &mut self.live else { return };
        match event {
            TrainEvent::Stage { what, .. } => live.stage = what,
            TrainEvent::Part { part, parts, clips } => {
                live.parts = (parts, part);
                live.clips = clips;
                live.stage = "Training".into();
            }
            TrainEvent::Batch(batch) => live.batch = batch,
            TrainEvent::Epoch(record) => {
                // An epoch that a checkpoint had forgotten is trained again.
                live.history.retain(|known| (known.part, known.epoch) < (record.part, record.epoch));
                live.history.push(record);
            }
        }
    }
}
