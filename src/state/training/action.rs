//! What a person does in Train.

use std::path::PathBuf;

use crate::engine::training::message::TrainingCommand;
use crate::ml::model::config::{Architecture, Config, Preset};
use crate::render::Course;

use super::setup::DataPart;
use super::watch::Watch;

use super::compare::CompareAction;
use super::judge::JudgeAction;

/// The parts of the place.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Tab {
    /// Data, network, values.
    #[default]
    SetUp,
    /// The training that runs, and the curves of others.
    Watch,
    /// One run's figures and mistakes.
    Judge,
    /// Several runs side by side.
    Compare,
}

impl Tab {
    /// All of them, in the order of the work.
    pub const ALL: [Self; 4] = [Self::SetUp, Self::Watch, Self::Judge, Self::Compare];

    /// Its name, as the window says it.
    pub fn name(self) -> &'static str {
        match self {
            Self::SetUp => "Set up",
            Self::Watch => "Watch",
            Self::Judge => "Judge",
            Self::Compare => "Compare",
        }
    }

    /// One sentence on what it is for.
    pub fn explanation(self) -> &'static str {
        match self {
            Self::SetUp => "Choose clips, a network and how it is trained",
            Self::Watch => "See loss and accuracy while a network learns",
            Self::Judge => "See and hear what a trained network gets right and wrong",
            Self::Compare => "Several runs side by side",
        }
    }
}

/// Something a person did in Train.
#[derive(Clone, Debug, PartialEq)]
pub enum TrainAction {
    /// Shows a part of the place.
    Show(Tab),
    /// The values of a preset, for the clips that are chosen.
    Choose(Architecture, Preset),
    /// Explains how a network works.
    Explain(Architecture, Preset),
    /// The form's values are now these.
    Configure(Box<Config>),
    /// What the next run is called.
    Name(String),
    /// Asks for a file or folder.
    Ask(DataPart),
    /// This file or folder was chosen.
    Put(DataPart, PathBuf),
    /// These were dropped on the place; true: a folder.
    Dropped(Vec<(PathBuf, bool)>),
    /// Trains on the songs of the library whose genre was set by hand, or no longer.
    UseLibrary(bool),
    /// Plays a file of the data set, or holds it; and what it is called.
    Play(PathBuf, String),
    /// Looks at the chosen clips.
    Check,
    /// Asks how fast the form's network trains here.
    Try,
    /// Starts the training of the form.
    Start,
    /// Goes on with a run that was stopped.
    GoOn(String),
    /// Takes a run out of the line of those that wait.
    Withdraw(String),
    /// Holds the training, or lets it go on.
    Pause(bool),
    /// Ends the training after its epoch and judges what there is.
    Finish,
    /// How the curves are drawn, and of which runs.
    SetWatch(Watch),
    /// Asks where the curves that show go, or the epochs behind them.
    SaveCourses(Vec<Course>),
    /// The window was asked to close while a training runs.
    AskQuit,
    /// Closes the window; the training goes on next time.
    Quit,
    /// Asks the engine for something that changes nothing here by itself.
    Send(TrainingCommand),
    /// Something in Judge.
    Judge(JudgeAction),
    /// Something in Compare.
    Compare(CompareAction),
}
