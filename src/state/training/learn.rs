//! Learning from corrections: what there is to learn from, the lesson, and whether what came of it is accepted.

use std::sync::Arc;

use crate::engine::Command;
use crate::engine::settings::Change;
use crate::engine::training::learn::Corrections;
use crate::engine::training::message::{RunDetail, TrainingCommand};
use crate::state::app::AppState;
use crate::state::toast::Tone;

use super::Tab;

/// The small window that says what there is to learn from.
#[derive(Clone, Debug)]
pub struct Learning {
    /// The run whose model would learn, or the built-in model.
    pub model: String,
    /// What there is; none until the engine has looked.
    pub found: Option<Result<Arc<Corrections>, String>>,
}

/// What a person did about a lesson.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LearnAction {
    /// What is there to learn for this model?
    Ask(String),
    /// Not now.
    Close,
    /// A copy of the model learns.
    Begin,
    /// The model of this run decides the library's genres.
    Accept(String),
    /// The model of this run is deleted, the old one stays.
    Discard(String),
}

impl AppState {
    pub(super) fn reduce_learn(&mut self, action: LearnAction) -> Vec<Command> {
        let judge = &mut self.training.judge;
        match action {
            LearnAction::Ask(model) => {
                judge.learn = Some(Learning { model: model.clone(), found: None });
                vec![Command::Training(TrainingCommand::Corrections(model))]
            }
            LearnAction::Close => {
                judge.learn = None;
                Vec::new()
            }
            LearnAction::Begin => {
                let Some(learn) = judge.learn.take() else { return Vec::new() };
                judge.awaits_lesson = true;
                (self.training.tab, self.training.watch.shown) = (Tab::Watch, None);
                vec![Command::Training(TrainingCommand::Learn(learn.model))]
            }
            LearnAction::Accept(run) => {
                let name = self.training.summary(&run).map_or_else(|| run.clone(), |run| run.state.name.clone());
                self.toasts.push(Tone::Success, format!("“{name}” decides your library's genres from now on."), None);
                self.change_settings(vec![Change::Classifier(Some(run))])
            }
            LearnAction::Discard(run) => {
                // Back to the one that it started from.
                if let Some(start) = self.training.details.get(&run).and_then(|detail| start_of(detail)) {
                    self.training.judge.choose(start);
                }
                self.toasts.push(Tone::Info, "Discarded. The library goes on with what it has.", None);
                vec![Command::Training(TrainingCommand::Delete(run))]
            }
        }
    }
}

/// The run whose model learned.
fn start_of(detail: &RunDetail) -> Option<String> {
    let model = detail.config.as_ref()?.lesson.as_ref()?.model.as_ref()?;
    Some(model.parent()?.file_name()?.to_string_lossy().into_owned())
}
