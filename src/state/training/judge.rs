//! Judge: the figures of one run, its mistakes, and what its network looks at.

use std::path::PathBuf;
use std::sync::Arc;

use crate::dsp::picture::PictureSettings;
use crate::engine::Command;
use crate::engine::picture::PictureRequest;
use crate::engine::settings::{Change, Theme};
use crate::engine::training::message::{RunDetail, RunSummary, TrainingCommand};
use crate::ml::eval::{Judgement, Temperature, Verdict};
use crate::ml::runs::run_state::Separation;
use crate::state::app::AppState;
use crate::state::effect::{BundlePurpose, Effect, FolderPurpose};
use crate::state::toast::Tone;

use super::learn::{LearnAction, Learning};
use super::setup::Setup;
use super::{Tab, TrainAction};

/// Clips whose explanations are kept.
const MOST_EXPLAINED: usize = 32;
/// Pixels of the picture of a clip, axes included.
const PICTURE_SIZE: (usize, usize) = (480, 190);

/// What stands in the cells of the confusion matrix.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Numbers {
    /// Numbers of clips.
    #[default]
    Counts,
    /// Per cent of the clips of a true genre.
    Rows,
    /// Per cent of the clips that were called a genre.
    Columns,
}

impl Numbers {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Counts, Self::Rows, Self::Columns];

    /// Its name, as the window says it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Counts => "Clips",
            Self::Rows => "% row",
            Self::Columns => "% column",
        }
    }

    /// One sentence on it.
    pub fn explanation(self) -> &'static str {
        match self {
            Self::Counts => "Numbers of clips",
            Self::Rows => "Where the clips of each true genre went: the diagonal is recall",
            Self::Columns => "What the clips called by each genre really are: the diagonal is precision",
        }
    }
}

/// The columns of the table of genres.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClassColumn {
    /// Its name.
    Genre,
    /// Share of its decisions that are right.
    Precision,
    /// Share of its clips that were found.
    Recall,
    /// Harmonic mean of the two.
    F1,
    /// Number of its clips.
    Support,
}

/// What a small window asks about the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ask {
    /// Another name.
    Rename,
    /// What a person has to say about it.
    Notes,
    /// Whether it may be deleted.
    Delete,
}

/// What Judge shows.
#[derive(Clone, Debug)]
pub struct Judge {
    /// The run, by id.
    pub run: Option<String>,
    /// What stands in the cells.
    pub numbers: Numbers,
    /// The cell whose clips are listed: true genre, decision.
    pub cell: Option<(usize, usize)>,
    /// The clip that shows as the network sees it.
    pub clip: Option<String>,
    /// Where the network looks shows over its input.
    pub saliency: bool,
    /// How the table of genres is sorted, and whether the largest is first; none: as the run has them.
    pub sort: Option<(ClassColumn, bool)>,
    /// The small window that is open.
    pub ask: Option<Ask>,
    /// What there is to learn from, if that is asked.
    pub learn: Option<Learning>,
    /// The run of a lesson that was begun shows when it has ended.
    pub(super) awaits_lesson: bool,
    /// What was said about each clip, with the detail that it was made from.
    verdicts: Option<(Arc<RunDetail>, Vec<Verdict>)>,
    /// A bundle is being taken in; its run shows then.
    importing: bool,
}

impl Default for Judge {
    fn default() -> Self {
        Self {
            run: None,
            numbers: Numbers::default(),
            cell: None,
            clip: None,
            saliency: true,
            sort: None,
            ask: None,
            learn: None,
            awaits_lesson: false,
            verdicts: None,
            importing: false,
        }
    }
}

/// What a person did in Judge.
#[derive(Clone, Debug, PartialEq)]
pub enum JudgeAction {
    /// Shows a run.
    Choose(String),
    /// The same from anywhere else.
    Open(String),
    /// Something about learning from corrections.
    Learn(LearnAction),
    /// Other numbers in the cells.
    Show(Numbers),
    /// Lists the clips of a cell; a second time closes the list.
    Cell(usize, usize),
    /// What the network sees of a clip, or back to the list.
    See(Option<String>),
    /// Where the network looks, over its input.
    Saliency(bool),
    /// A click on the head of a column of the table of genres.
    SortBy(ClassColumn),
    /// Puts what the run was trained with into the form of the next one.
    Again,
    /// Plays a clip of the run, or holds it.
    Play(String),
    /// Opens a small window, or closes it.
    Ask(Option<Ask>),
    /// Gives the run another name.
    Rename(String),
    /// Replaces the notes.
    Note(String),
    /// Deletes the run.
    Delete,
    /// Asks where the run goes as one file.
    Export,
    /// Asks for such a file.
    Import,
    /// Takes that file in.
    ImportFrom(PathBuf),
    /// Asks for a folder for the figures and tables of these runs.
    Figures(Vec<String>),
}

/// The same network judged on artists that it has heard and on others.
#[derive(Clone, Debug, PartialEq)]
pub struct Gap {
    /// Artists on both sides of the split.
    pub leaky: RunSummary,
    /// No artist on both sides.
    pub honest: RunSummary,
    /// What the difference means, one sentence.
    pub sentence: String,
}

impl Judge {
    /// Makes the verdicts of the run that shows, once for each detail.
    pub(super) fn follow(&mut self, detail: &Arc<RunDetail>) {
        if self.verdicts.as_ref().is_some_and(|(of, _)| Arc::ptr_eq(of, detail)) {
            return;
        }
        let verdicts = detail.judgement.as_ref().map(|found| verdicts(found, detail)).unwrap_or_default();
        self.verdicts = Some((detail.clone(), verdicts));
    }

    /// What was said about each clip of the run that shows.
    pub fn verdicts(&self) -> &[Verdict] {
        match &self.verdicts {
            Some((of, verdicts)) if Some(&of.state.id) == self.run.as_ref() => verdicts,
            _ => &[],
        }
    }

    /// Another run, from its beginning.
    pub(super) fn choose(&mut self, run: String) {
        if self.run.as_ref() != Some(&run) {
            (self.cell, self.clip, self.ask) = (None, None, None);
        }
        self.run = Some(run);
    }

    /// A run was read; an imported one shows.
    pub(super) fn loaded(&mut self, run: &str) {
        if std::mem::take(&mut self.importing) {
            self.choose(run.to_owned());
        }
    }

    /// Keeps to a run that is there: the newest that was judged, else the newest.
    pub(super) fn keep_to(&mut self, runs: &[RunSummary]) {
        let known = |id: &String| runs.iter().any(|run| run.state.id == *id);
        // A bundle that could not be taken in is over, too.
        self.importing = false;
        if self.run.as_ref().is_some_and(known) {
            return;
        }
        let newest = runs.iter().find(|run| run.score.is_some()).or(runs.first());
        match newest {
            Some(run) => self.choose(run.state.id.clone()),
            None => self.run = None,
        }
    }
}

fn verdicts(found: &Judgement, detail: &RunDetail) -> Vec<Verdict> {
    if let Some(verdicts) = &found.predictions {
        return verdicts.clone();
    }
    let parts = detail.predictions.iter().map(|clip| clip.part).max().unwrap_or(0);
    let fitted = if found.temperature.is_finite() && found.temperature > 0.0 { found.temperature } else { 1.0 };
    let temperature = if parts > 0 { Temperature::Crosswise } else { Temperature::Given(fitted) };
    found.clone().with_predictions(&detail.predictions, temperature).predictions.unwrap_or_default()
}

/// The newest judged runs of the same network under both protocols, the run that shows being one of them.
pub fn gap(runs: &[RunSummary], shown: &str) -> Option<Gap> {
    let this = runs.iter().find(|run| run.state.id == shown)?;
    let other = match this.state.separation {
        Separation::Artists => Separation::Clips,
        Separation::Clips => Separation::Artists,
        Separation::Unknown => return None,
    };
    let candidates = || {
        runs.iter().filter(|run| {
            run.state.separation == other && run.state.architecture == this.state.architecture && run.score.is_some()
        })
    };
    let twin = candidates().find(|run| run.state.preset == this.state.preset).or_else(|| candidates().next())?;
    let (leaky, honest) = if other == Separation::Clips { (twin, this) } else { (this, twin) };
    let (high, low) = (leaky.score.as_ref()?, honest.score.as_ref()?);
    let points = (high.accuracy - low.accuracy) * 100.0;
    let sentence = if points > 0.0 {
        format!(
            "{points:.1} points lie between them: that much of the higher score comes from artists, albums and recordings that \
             training and test share (and from different clips). For music by artists it has never heard, expect the lower one."
        )
    } else {
        "Here the run that kept artists apart scores no lower; look at the intervals before concluding anything."
            .to_owned()
    };
    Some(Gap { leaky: leaky.clone(), honest: honest.clone(), sentence })
}

impl AppState {
    /// Asks for the pictures of a clip, drawn as the settings say.
    fn want_pictures(&mut self, run: &str, clip: &str) -> Vec<Command> {
        let file = self.training.details.get(run).and_then(|detail| detail.sounds.get(clip)).cloned();
        let Some(file) = file.filter(|file| !matches!(self.training.pictures.get(file), Some(Ok(_)))) else {
            return Vec::new();
        };
        if self.training.pictures.len() >= MOST_EXPLAINED {
            self.training.pictures.clear();
        }
        self.training.pictures.remove(&file);
        let light = self.settings.theme == Theme::Light;
        let request = |settings: PictureSettings| {
            let (width, height) = PICTURE_SIZE;
            PictureRequest { width, height, light, ..PictureRequest::new(settings) }
        };
        let requests = vec![request(self.settings.spectrogram), request(self.settings.scalogram)];
        vec![Command::Training(TrainingCommand::Draw(file, requests))]
    }

    pub(super) fn reduce_judge(&mut self, action: JudgeAction) -> Vec<Command> {
        let run = self.training.judge.run.clone();
        let tell = |command: fn(String) -> TrainingCommand| run.clone().map(|run| Command::Training(command(run)));
        let judge = &mut self.training.judge;
        match action {
            JudgeAction::Choose(run) => judge.choose(run),
            JudgeAction::Open(run) => {
                judge.choose(run);
                self.training.tab = Tab::Judge;
                return self.open_training();
            }
            JudgeAction::Learn(action) => return self.reduce_learn(action),
            JudgeAction::Show(numbers) => judge.numbers = numbers,
            JudgeAction::Cell(truth, decision) => {
                let cell = Some((truth, decision));
                judge.cell = if judge.cell == cell && judge.clip.is_none() { None } else { cell };
                judge.clip = None;
            }
            JudgeAction::See(clip) => {
                judge.clip.clone_from(&clip);
                let (Some(run), Some(clip)) = (run, clip) else { return Vec::new() };
                let mut commands = self.want_pictures(&run, &clip);
                let key = (run.clone(), clip.clone());
                if !matches!(self.training.explained.get(&key), Some(Ok(_))) {
                    self.training.explained.remove(&key);
                    // Each holds all numbers of an input: a megabyte or so.
                    if self.training.explained.len() >= MOST_EXPLAINED {
                        self.training.explained.clear();
                    }
                    commands.push(Command::Training(TrainingCommand::Explain { run, clip }));
                }
                return commands;
            }
            JudgeAction::Saliency(on) => judge.saliency = on,
            JudgeAction::SortBy(column) => {
                judge.sort = match judge.sort {
                    Some((known, largest)) if known == column => Some((column, !largest)),
                    _ => Some((column, column != ClassColumn::Genre)),
                };
            }
            JudgeAction::Again => {
                let detail = run.and_then(|run| self.training.details.get(&run));
                let Some(config) = detail.and_then(|detail| detail.config.as_ref()) else { return Vec::new() };
                self.training.setup = Setup::like(config);
                self.training.tab = Tab::SetUp;
                return self.reduce_training(TrainAction::Check);
            }
            JudgeAction::Play(clip) => {
                let path = run.and_then(|run| self.training.details.get(&run)?.sounds.get(&clip).cloned());
                if let Some(path) = path {
                    return self.play_file(path, clip);
                }
                self.toasts.push(Tone::Error, format!("The sound of {clip} is not there any more."), None);
            }
            JudgeAction::Ask(ask) => judge.ask = ask,
            JudgeAction::Rename(name) => {
                judge.ask = None;
                return run.map(|run| Command::Training(TrainingCommand::Rename(run, name))).into_iter().collect();
            }
            JudgeAction::Note(text) => {
                judge.ask = None;
                return run.map(|run| Command::Training(TrainingCommand::Note(run, text))).into_iter().collect();
            }
            JudgeAction::Delete => {
                judge.ask = None;
                let used = run.is_some() && self.settings.classifier == run;
                // The library must not be left without a classifier.
                let built_in = if used { self.change_settings(vec![Change::Classifier(None)]) } else { Vec::new() };
                return built_in.into_iter().chain(tell(TrainingCommand::Delete)).collect();
            }
            JudgeAction::Export => self.effects.extend(run.map(|run| Effect::ChooseBundle(BundlePurpose::Export(run)))),
            JudgeAction::Import => self.effects.push(Effect::ChooseBundle(BundlePurpose::Import)),
            JudgeAction::ImportFrom(file) => {
                judge.importing = true;
                return vec![Command::Training(TrainingCommand::Import(file))];
            }
            JudgeAction::Figures(runs) => self.effects.push(Effect::ChooseFolder(FolderPurpose::Figures(runs))),
        }
        Vec::new()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;
    use crate::engine::training::message::Score;
    use crate::ml::dataset::Track;
    use crate::ml::model::config::{Architecture, Config, Preset};
    use crate::ml::runs::run_state::RunState;

    fn run(id: &str, separation: Separation, accuracy: f64) -> RunSummary {
        let score = Score { accuracy, interval: (0.0, 1.0), macro_f1: accuracy, ece: 0.1, clips: 100 };
        let state = RunState { separation, ..RunState::new(id, "cnn", "best", 0) };
        RunSummary { state, score: Some(score) }
    }

    #[test]
    fn a_gap_needs_both_protocols_of_one_network() {
        let mut runs = vec![run("leaky", Separation::Clips, 0.8), run("honest", Separation::Artists, 0.65)];
        let found = gap(&runs, "honest").unwrap();
        assert_eq!((found.leaky.state.id.as_str(), found.honest.state.id.as_str()), ("leaky", "honest"));
        assert!(found.sentence.starts_with("15.0 points"), "{}", found.sentence);
        assert_eq!(gap(&runs, "leaky"), Some(found));
        runs[0].state.architecture = "mobilenet".into();
        assert_eq!(gap(&runs, "honest"), None);
        runs[0] = run("leaky", Separation::Clips, 0.6);
        assert!(!gap(&runs, "leaky").unwrap().sentence.contains("points"));
    }

    #[test]
    fn the_clips_of_a_run_on_the_library_are_looked_at_as_the_form_names_them() {
        let mut config = Config::preset(Architecture::Cnn, Preset::Best);
        config.sources.songs = vec![Track { path: "/a.mp3".into(), genre: "rock".into(), artist: None }];
        let detail = RunDetail {
            state: RunState::new("mine", "cnn", "best", 0),
            config: Some(config),
            history: Vec::new(),
            judgement: None,
            predictions: Vec::new(),
            sounds: HashMap::new(),
            learned: None,
            model_bytes: None,
        };
        let mut state = AppState::default();
        state.training.details.insert("mine".into(), Arc::new(detail));
        state.training.judge.choose("mine".into());
        let asked = state.reduce_judge(JudgeAction::Again);
        let sources = &state.training.setup.config.sources;
        assert!(sources.library && sources.songs.is_empty());
        assert_eq!(asked, [Command::Training(TrainingCommand::Check(sources.clone()))]);
    }

    #[test]
    fn judge_keeps_to_a_run_that_is_there() {
        let mut judge = Judge::default();
        let mut runs = vec![run("new", Separation::Clips, 0.8), run("old", Separation::Artists, 0.65)];
        runs[0].score = None;
        judge.keep_to(&runs);
        assert_eq!(judge.run.as_deref(), Some("old"), "the newest that was judged");
        judge.cell = Some((0, 0));
        judge.keep_to(&runs[..1]);
        assert_eq!((judge.run.as_deref(), judge.cell), (Some("new"), None));
        judge.keep_to(&[]);
        assert_eq!(judge.run, None);
    }
}
