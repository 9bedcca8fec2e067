//! What a person does in Train becomes changes and commands.

use crate::engine::training::learn::LESSON;
use crate::engine::training::message::TrainingCommand;
use crate::engine::{Command, JobEvent, JobKind, JobOutcome, JobPhase};
use crate::state::action::Action;
use crate::state::app::{AppState, Overlay, Place};
use crate::state::effect::{Effect, FolderPurpose};
use crate::state::toast::Tone;

use super::setup::Trial;
use super::{DataPart, Tab, TrainAction};

impl AppState {
    /// To Train; the runs are asked for.
    pub(in crate::state) fn open_training(&mut self) -> Vec<Command> {
        self.place = Place::Train;
        vec![Command::Training(TrainingCommand::List)]
    }

    pub(in crate::state) fn reduce_training(&mut self, action: TrainAction) -> Vec<Command> {
        let ask = |command| vec![Command::Training(command)];
        let training = &mut self.training;
        match action {
            TrainAction::Show(tab) => {
                training.tab = tab;
                self.want_runs();
                return self.open_training();
            }
            TrainAction::Judge(action) => {
                let commands = self.reduce_judge(action);
                self.want_runs();
                return commands;
            }
            TrainAction::Compare(action) => {
                let commands = self.reduce_compare(action);
                self.want_runs();
                return commands;
            }
            TrainAction::Choose(architecture, preset) => {
                training.setup.choose(architecture, preset);
                self.want_course();
            }
            TrainAction::Explain(architecture, preset) => {
                self.overlay = Some(Overlay::HowItWorks(architecture, preset));
            }
            TrainAction::Configure(config) => training.setup.config = *config,
            TrainAction::Name(name) => training.setup.name = name,
            TrainAction::Ask(part) => self.effects.push(Effect::ChooseFolder(FolderPurpose::TrainingData(part))),
            TrainAction::Put(part, path) => {
                training.setup.put(part, path);
                if part == DataPart::Folder {
                    return ask(TrainingCommand::Check(training.setup.config.sources.clone()));
                }
            }
            TrainAction::Dropped(paths) => {
                let folders = training.setup.config.sources.folders.len();
                for (path, is_folder) in paths {
                    training.setup.put_dropped(path, is_folder);
                }
                if training.setup.config.sources.folders.len() > folders {
                    return ask(TrainingCommand::Check(training.setup.config.sources.clone()));
                }
            }
            TrainAction::UseLibrary(on) => training.setup.use_library(on),
            TrainAction::Play(path, title) => return self.play_file(path, title),
            TrainAction::Check => return ask(TrainingCommand::Check(training.setup.config.sources.clone())),
            TrainAction::Try => {
                let genres = training.counted().map_or(0, |counted| counted.genres);
                let config = training.setup.config.clone();
                training.trial = Some(Trial { config: config.clone(), rate: None });
                return ask(TrainingCommand::Try(Box::new(config), genres));
            }
            TrainAction::Start => {
                if let Some(obstacle) = training.setup.obstacle(training) {
                    self.toasts.push(Tone::Error, obstacle, None);
                    return Vec::new();
                }
                training.tab = Tab::Watch;
                training.watch.shown = None;
                if self.jobs.any(JobKind::Train) {
                    let text = "The training waits in line until the one that runs now has ended.";
                    self.toasts.push(Tone::Info, text, None);
                }
                let setup = &training.setup;
                return ask(TrainingCommand::Start {
                    config: Box::new(setup.config.clone()),
                    name: setup.name.clone(),
                });
            }
            TrainAction::GoOn(run) => {
                training.tab = Tab::Watch;
                training.watch.shown = None;
                self.place = Place::Train;
                // The curves go on where they were.
                return vec![
                    Command::Training(TrainingCommand::Load(run.clone())),
                    Command::Training(TrainingCommand::Resume(run)),
                ];
            }
            TrainAction::Withdraw(run) => {
                // At once, so that a second click on the same place does not take the next one.
                training.waiting.retain(|waiting| *waiting != run);
                return ask(TrainingCommand::Withdraw(run));
            }
            TrainAction::Pause(paused) => {
                if let Some(live) = &mut training.live {
                    live.paused = paused;
                }
                return ask(TrainingCommand::Pause(paused));
            }
            TrainAction::Finish => {
                if let Some(live) = &mut training.live {
                    (live.paused, live.finishing) = (false, true);
                }
                return ask(TrainingCommand::Finish);
            }
            TrainAction::SetWatch(watch) => {
                let chosen = [&watch.overlay, &watch.shown].into_iter().flatten();
                let unknown = chosen.filter(|run| training.history(run).is_empty()).cloned();
                let commands = unknown.map(|run| Command::Training(TrainingCommand::Load(run))).collect();
                training.watch = watch;
                return commands;
            }
            TrainAction::SaveCourses(courses) => self.effects.push(Effect::SaveCourses(courses)),
            TrainAction::AskQuit => self.overlay = Some(Overlay::Quit),
            TrainAction::Quit => self.effects.push(Effect::Close),
            TrainAction::Send(command) => return ask(command),
        }
        Vec::new()
    }

    /// Offers a run that was cut off, once.
    pub(super) fn offer_unfinished(&mut self) {
        if !std::mem::replace(&mut self.training.offered, true) {
            let unfinished = self.training.unfinished().next().map(|run| run.state.clone());
            if let Some(run) = unfinished {
                let text = match run.epochs_planned {
                    0 => format!("“{}” has not begun to train.", run.name),
                    planned => format!("“{}” is not finished: {} epochs of {planned}.", run.name, run.epochs_done),
                };
                let action = Action::Train(TrainAction::GoOn(run.id));
                self.toasts.push(Tone::Info, text, Some(("Go on".to_owned(), action)));
            }
        }
    }

    /// What is known of the form's network is asked for, to tell how long it may train.
    pub(super) fn want_course(&mut self) {
        if self.place == Place::Train
            && let Some(run) = self.training.wants_course_of()
        {
            self.training.asked_course.insert(run.clone());
            self.wanted.push(Command::Training(TrainingCommand::Load(run)));
        }
    }

    /// Follows what jobs say of trainings.
    pub(in crate::state) fn follow_training_job(&mut self, event: &JobEvent) {
        let ended = matches!(event.phase, JobPhase::Finished(_) | JobPhase::Failed(_) | JobPhase::Cancelled);
        if event.kind == JobKind::Train && ended {
            self.training.job_ended();
            if let JobPhase::Finished(JobOutcome::Train { run, .. }) = &event.phase
                && self.training.judge.awaits_lesson
                && self.training.summary(run).is_some_and(|run| run.state.preset == LESSON)
            {
                self.training.judge.awaits_lesson = false;
                self.training.judge.choose(run.clone());
            }
        }
    }

    /// Whether a training would be cut off if the window were closed.
    pub fn is_training(&self) -> bool {
        self.jobs.any(JobKind::Train)
    }
}
