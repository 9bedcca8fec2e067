//! What Judge and Compare need to know of runs is asked for when they show.

use std::sync::Arc;

use crate::engine::Command;
use crate::engine::training::message::{RunSummary, TrainingCommand, TrainingEvent};
use crate::state::Action;
use crate::state::app::AppState;
use crate::state::toast::Tone;

use super::{Tab, Training};

impl Training {
    /// Takes the list of runs; what was read follows it.
    pub(super) fn take_runs(&mut self, runs: Arc<Vec<RunSummary>>) {
        self.details.retain(|id, _| runs.iter().any(|run| run.state.id == *id));
        self.asked.retain(|id, _| runs.iter().any(|run| run.state.id == *id));
        for run in runs.iter() {
            if let Some(detail) = self.details.get_mut(&run.state.id)
                && (&detail.state.name, &detail.state.notes) != (&run.state.name, &run.state.notes)
            {
                Arc::make_mut(detail).state = run.state.clone();
            }
        }
        self.judge.keep_to(&runs);
        self.compare.keep_to(&runs);
        self.runs = Some(runs);
    }

    /// A run in the list.
    pub fn summary(&self, id: &str) -> Option<&RunSummary> {
        self.runs.as_ref()?.iter().find(|run| run.state.id == id)
    }
}

impl AppState {
    /// Follows what is told of trainings.
    pub(in crate::state) fn apply_training(&mut self, event: TrainingEvent) {
        if let TrainingEvent::Written(path) = &event {
            let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy();
            let show = ("Show in folder".to_owned(), Action::Reveal(path.clone()));
            self.toasts.push(Tone::Success, format!("Wrote {name}."), Some(show));
        }
        let runs_came = matches!(event, TrainingEvent::Runs(_));
        self.training.apply(event);
        self.want_runs();
        if runs_came {
            self.offer_unfinished();
            self.want_course();
        }
    }

    /// Asks for the runs that show, and makes of them what follows from them.
    pub(in crate::state) fn want_runs(&mut self) {
        let training = &mut self.training;
        let wanted: Vec<String> = match training.tab {
            Tab::Judge => training.judge.run.iter().cloned().collect(),
            Tab::Compare => training.compare.ticked.clone(),
            _ => return,
        };
        for id in wanted {
            let Some(run) = training.runs.as_ref().and_then(|runs| runs.iter().find(|run| run.state.id == id)) else {
                continue;
            };
            // A run that was read while it was trained is read again once it was judged.
            let judged = run.score.is_some();
            let read = training.details.get(&id).is_some_and(|detail| detail.judgement.is_some() == judged);
            if !read && training.asked.get(&id) != Some(&judged) {
                training.asked.insert(id.clone(), judged);
                self.wanted.push(Command::Training(TrainingCommand::Load(id)));
            }
        }
        if let Some(detail) = training.judge.run.as_ref().and_then(|run| training.details.get(run)).cloned() {
            training.judge.follow(&detail);
        }
        training.compare.follow(&training.details);
    }
}
