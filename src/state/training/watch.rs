//! What Watch shows of the training that runs, and beside it.

use crate::engine::training::message::{RunSummary, TrainingEvent};
use crate::ml::model::config::Config;
use crate::ml::runs::run_state::RunStatus;
use crate::ml::train::control::{BatchRecord, TrainEvent};
use crate::ml::train::history::EpochRecord;

use super::Training;

/// How the curves are drawn.
#[derive(Clone, Debug, PartialEq)]
pub struct Watch {
    /// 0: as they are; towards 1 each point is more of what came before.
    pub smoothing: f32,
    /// The loss on a logarithmic scale.
    pub log_loss: bool,
    /// Another run whose curves are drawn faintly beside, by id.
    pub overlay: Option<String>,
    /// The run that shows while nothing trains, by id; none: the newest.
    pub shown: Option<String>,
}

impl Default for Watch {
    fn default() -> Self {
        Self { smoothing: 0.0, log_loss: false, overlay: None, shown: None }
    }
}

/// The training that runs now, or ran last.
#[derive(Clone, Debug, Default)]
pub struct LiveRun {
    /// Its id.
    pub run: String,
    /// Its epochs so far, in this sitting and before.
    pub history: Vec<EpochRecord>,
    /// The last step.
    pub batch: BatchRecord,
    /// What it does besides.
    pub stage: String,
    /// Steps of the stage done and in all; 0 in all: not known.
    pub stage_steps: (usize, usize),
    /// Parts that judge, and the part that trains now.
    pub parts: (usize, usize),
    /// Parts in all, the final model included.
    pub rounds: usize,
    /// The genres, in the order of the records' F1.
    pub labels: Vec<String>,
    /// What a person should know of it: that it is not trained where it was to be.
    pub note: Option<String>,
    /// Clips that train, validate and judge in this part.
    pub clips: (usize, usize, usize),
    /// It was asked to wait.
    pub paused: bool,
    /// It was asked to end after its epoch.
    pub finishing: bool,
    /// Its job has ended.
    pub ended: bool,
}

impl LiveRun {
    /// Epochs done and planned, of all parts; none before the first step.
    pub fn epochs(&self) -> Option<(usize, usize)> {
        (self.batch.epochs > 0).then(|| {
            let done = self.history.iter().filter(|record| record.part == self.parts.1).count();
            (self.parts.1 * self.batch.epochs + done, self.rounds.max(1) * self.batch.epochs)
        })
    }

    /// Seconds until the last epoch ends, by how long the last epochs took; none before the first one.
    pub fn left_secs(&self) -> Option<f64> {
        let (done, planned) = self.epochs()?;
        let recent = self.history.iter().rev().take(5);
        let (secs, count) = recent.fold((0.0, 0), |(secs, count), record| (secs + record.seconds, count + 1));
        let within = self.batch.batch as f64 / self.batch.batches.max(1) as f64;
        let within = if self.history.iter().any(|r| (r.part, r.epoch) == (self.batch.part, self.batch.epoch)) {
            0.0
        } else {
            within
        };
        (count > 0).then(|| (planned.saturating_sub(done) as f64 - within).max(0.0) * secs / f64::from(count))
    }
}

/// A curve made smoother: each value is `weight` of the one before and the rest of itself, with the start not pulled to zero.
pub fn smooth(values: &[f64], weight: f64) -> Vec<f64> {
    let (mut sum, mut norm) = (0.0, 0.0);
    let step = |value: &f64| {
        sum = sum * weight + value * (1.0 - weight);
        norm = norm * weight + (1.0 - weight);
        sum / norm
    };
    let mut step = step;
    values.iter().map(|value| if weight > 0.0 { step(value) } else { *value }).collect()
}

impl Training {
    /// The training that runs now.
    pub fn running(&self) -> Option<&LiveRun> {
        self.live.as_ref().filter(|live| !live.ended)
    }

    /// The training job has ended, however.
    pub fn job_ended(&mut self) {
        if let Some(live) = &mut self.live {
            live.ended = true;
            live.paused = false;
        }
    }

    /// Runs that were stopped or killed before their end, or that never had their turn, the newest first.
    pub fn unfinished(&self) -> impl Iterator<Item = &RunSummary> {
        let running = self.running().map(|live| live.run.clone());
        self.runs.iter().flat_map(|runs| runs.iter()).filter(move |run| {
            matches!(run.state.status, RunStatus::Created | RunStatus::Running | RunStatus::Paused)
                && Some(&run.state.id) != running.as_ref()
                && !self.waiting.contains(&run.state.id)
        })
    }

    /// What a run is called.
    pub fn name_of(&self, run: &str) -> String {
        self.summary(run).map_or_else(|| run.to_owned(), |known| known.state.name.clone())
    }

    /// The epochs of a run, as far as they are known.
    pub fn history(&self, run: &str) -> &[EpochRecord] {
        match &self.live {
            Some(live) if live.run == run && !live.history.is_empty() => &live.history,
            _ => self.details.get(run).map_or(&[], |detail| &detail.history),
        }
    }

    /// Examples a second that the last run of the same network trained; none if none is known.
    pub(super) fn examples_per_second(&self, config: &Config) -> Option<f64> {
        let same = |run: &&RunSummary| {
            let detail = self.details.get(&run.state.id);
            detail
                .and_then(|detail| detail.config.as_ref())
                .is_some_and(|known| (&known.network, known.device) == (&config.network, config.device))
        };
        let run = self
            .runs
            .iter()
            .flat_map(|runs| runs.iter())
            .filter(same)
            .find(|run| self.history(&run.state.id).iter().any(|record| record.clips_per_second > 0.0))?;
        let mut rates: Vec<f64> = self.history(&run.state.id).iter().map(|record| record.clips_per_second).collect();
        rates.retain(|rate| *rate > 0.0);
        rates.sort_by(f64::total_cmp);
        rates.get(rates.len() / 2).copied()
    }

    /// The newest run of the form's network whose course is not known yet, so that it must be asked for.
    pub(super) fn wants_course_of(&self) -> Option<String> {
        let config = &self.setup.config;
        let newest = self.runs.iter().flat_map(|runs| runs.iter()).find(|run| {
            run.state.epochs_done > 0
                && run.state.architecture == config.architecture.name()
                && run.state.preset == config.preset.name()
        })?;
        let id = &newest.state.id;
        (!self.details.contains_key(id) && !self.asked_course.contains(id)).then(|| id.clone())
    }

    pub(super) fn follow(&mut self, run: String, event: TrainEvent) {
        if self.live.as_ref().is_none_or(|live| live.run != run || live.ended) {
            // What was trained before in another sitting belongs to the same curves.
            let known = match self.live.take() {
                Some(live) if live.run == run => live.history,
                _ => self.details.get(&run).map(|detail| detail.history.clone()).unwrap_or_default(),
            };
            self.live = Some(LiveRun { run, history: known, ..LiveRun::default() });
        }
        let Some(live) = &mut self.live else { return };
        match event {
            TrainEvent::Stage { what, done, total } => {
                live.stage = what;
                live.stage_steps = (done, total);
            }
            TrainEvent::Part { part, parts, rounds, clips, labels } => {
                live.parts = (parts, part);
                (live.rounds, live.labels) = (rounds, labels);
                live.clips = clips;
                live.stage = "Training".into();
                live.stage_steps = (0, 0);
            }
            TrainEvent::Note(note) => live.note = Some(note),
            TrainEvent::Batch(batch) => {
                live.batch = batch;
                if live.stage != "Training" {
                    live.stage = "Training".into();
                    live.stage_steps = (0, 0);
                }
            }
            TrainEvent::Epoch(record) => {
                // An epoch that a checkpoint had forgotten is trained again.
                live.history.retain(|known| (known.part, known.epoch) < (record.part, record.epoch));
                live.history.push(record);
            }
        }
    }

    /// Joins what a checkpoint kept with what this sitting has told.
    pub(super) fn loaded(&mut self, event: &TrainingEvent) {
        let (TrainingEvent::Loaded(detail), Some(live)) = (event, &mut self.live) else { return };
        if detail.state.id != live.run {
            return;
        }
        let first = live.history.first().map_or((usize::MAX, 0), |record| (record.part, record.epoch));
        let before = detail.history.iter().filter(|record| (record.part, record.epoch) < first).cloned();
        live.history = before.chain(std::mem::take(&mut live.history)).collect();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn epoch(part: usize, epoch: usize) -> TrainEvent {
        TrainEvent::Epoch(EpochRecord { part, epoch, seconds: 2.0, ..EpochRecord::default() })
    }

    #[test]
    fn smoothing_keeps_a_level_and_damps_a_jump() {
        assert_eq!(smooth(&[2.0, 2.0, 2.0], 0.9), vec![2.0; 3]);
        let curve = smooth(&[0.0, 0.0, 1.0], 0.5);
        assert!(curve[2] > 0.0 && curve[2] < 1.0, "{curve:?}");
        assert_eq!(smooth(&[3.0, 1.0], 0.0), vec![3.0, 1.0]);
    }

    #[test]
    fn an_epoch_trained_again_replaces_the_forgotten_one() {
        let mut training = Training::default();
        for event in [epoch(0, 1), epoch(0, 2), epoch(0, 3)] {
            training.follow("a".into(), event);
        }
        training.job_ended();
        assert!(training.running().is_none());
        training.follow("a".into(), epoch(0, 2));
        let live = training.running().unwrap();
        assert_eq!(live.history.iter().map(|record| record.epoch).collect::<Vec<_>>(), [1, 2]);
    }

    #[test]
    fn time_left_counts_all_parts() {
        let mut training = Training::default();
        training.follow(
            "a".into(),
            TrainEvent::Part { part: 0, parts: 2, rounds: 2, clips: (6, 2, 2), labels: Vec::new() },
        );
        let batch = BatchRecord { epoch: 1, epochs: 4, batch: 1, batches: 2, ..BatchRecord::default() };
        training.follow("a".into(), TrainEvent::Batch(batch));
        assert_eq!(training.live.as_ref().unwrap().left_secs(), None, "not known before the first epoch");
        training.follow("a".into(), epoch(0, 1));
        assert_eq!(training.live.as_ref().unwrap().left_secs(), Some(14.0));
    }
}
