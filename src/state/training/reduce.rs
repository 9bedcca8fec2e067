//! What a person does in Train becomes changes and commands.

use crate::engine::Command;
use crate::engine::training::message::TrainingCommand;
use crate::state::app::{AppState, Place};

use super::TrainAction;

impl AppState {
    /// To Train; the runs are asked for.
    pub(in crate::state) fn open_training(&mut self) -> Vec<Command> {
        self.place = Place::Train;
        vec![Command::Training(TrainingCommand::List)]
    }

    pub(in crate::state) fn reduce_training(&mut self, action: TrainAction) -> Vec<Command> {
        match action {
            TrainAction::Show(tab) => {
                self.training.tab = tab;
                self.want_runs();
                self.open_training()
            }
            TrainAction::Send(command) => vec![Command::Training(command)],
            TrainAction::Judge(action) => {
                let commands = self.reduce_judge(action);
                self.want_runs();
                commands
            }
            TrainAction::Compare(action) => {
                self.training.compare.reduce(action);
                self.want_runs();
                Vec::new()
            }
        }
    }
}
