//! Compare: several runs side by side.

use std::collections::HashMap;
use std::sync::Arc;

use crate::base::TrackId;
use crate::engine::Command;
use crate::engine::training::learn::BUILT_IN_NAME;
use crate::engine::training::message::{Disagreements, RunDetail, RunSummary, TrainingCommand};
use crate::ml::runs::comparison::{Compared, Comparison};
use crate::state::app::AppState;

/// Runs that are ticked at first.
const TICKED_AT_FIRST: usize = 3;

/// What Compare shows.
#[derive(Clone, Debug, Default)]
pub struct Compare {
    /// The ticked runs, by id, in the order in which they were ticked.
    pub ticked: Vec<String>,
    /// What they come to, as far as they are read.
    pub found: Option<Arc<Comparison>>,
    made_of: Vec<Arc<RunDetail>>,
    /// A person ticked.
    touched: bool,
    /// The two models whose opinions on the library are compared, where a person chose.
    pair: Option<(String, String)>,
    /// What pairs of them came to.
    disagreements: HashMap<(String, String), Arc<Disagreements>>,
}

/// What a person did in Compare.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CompareAction {
    /// Takes a run in, or out.
    Tick(String, bool),
    /// These two models (runs, or the built-in one) are compared on the library.
    Pair(String, String),
    /// Both hear the library.
    Disagree,
    /// Plays the songs on which they disagree, from this one on.
    Play(usize),
}

impl Compare {
    fn tick(&mut self, run: String, on: bool) {
        self.touched = true;
        self.ticked.retain(|known| *known != run);
        if on {
            self.ticked.push(run);
        }
    }

    /// The two models whose opinions on the library are compared: as chosen, else the first two ticked ones or the built-in one.
    pub fn pair(&self) -> (String, String) {
        let built_in = || BUILT_IN_NAME.to_owned();
        let ticked = |place: usize| self.ticked.get(place).cloned();
        self.pair.clone().unwrap_or_else(|| match (ticked(0), ticked(1)) {
            (Some(first), Some(second)) => (first, second),
            (first, _) => (built_in(), first.unwrap_or_else(built_in)),
        })
    }

    /// The songs on which the two disagree, once they have heard them.
    pub fn disagreements(&self) -> Option<&Arc<Disagreements>> {
        self.disagreements.get(&self.pair())
    }

    pub(super) fn take(&mut self, found: Arc<Disagreements>) {
        self.disagreements.insert((found.first.clone(), found.second.clone()), found);
    }

    /// Forgets runs that are gone; at first the newest judged ones are ticked.
    pub(super) fn keep_to(&mut self, runs: &[RunSummary]) {
        let there = |id: &String| id == BUILT_IN_NAME || runs.iter().any(|run| run.state.id == *id);
        self.ticked.retain(there);
        self.pair = self.pair.take().filter(|(first, second)| there(first) && there(second));
        if !self.touched && self.ticked.len() < 2 {
            let judged = runs.iter().filter(|run| run.score.is_some());
            self.ticked = judged.take(TICKED_AT_FIRST).map(|run| run.state.id.clone()).collect();
        }
    }

    /// Compares anew what was read, where that changed.
    pub(super) fn follow(&mut self, details: &HashMap<String, Arc<RunDetail>>) {
        let of: Vec<Arc<RunDetail>> = self.ticked.iter().filter_map(|id| details.get(id).cloned()).collect();
        let same = of.len() == self.made_of.len() && of.iter().zip(&self.made_of).all(|(a, b)| Arc::ptr_eq(a, b));
        if same {
            return;
        }
        let compared: Vec<Compared<'_>> = of
            .iter()
            .map(|detail| Compared {
                state: &detail.state,
                history: &detail.history,
                judgement: detail.judgement.as_ref(),
                predictions: &detail.predictions,
                model_bytes: detail.model_bytes,
            })
            .collect();
        self.found = (!compared.is_empty()).then(|| Arc::new(Comparison::of(&compared)));
        self.made_of = of;
    }

    /// The runs that were compared, in order.
    pub fn runs(&self) -> &[Arc<RunDetail>] {
        &self.made_of
    }
}

impl AppState {
    pub(super) fn reduce_compare(&mut self, action: CompareAction) -> Vec<Command> {
        let compare = &mut self.training.compare;
        match action {
            CompareAction::Tick(run, on) => compare.tick(run, on),
            CompareAction::Pair(first, second) => compare.pair = Some((first, second)),
            CompareAction::Disagree => {
                let (first, second) = compare.pair();
                return vec![Command::Training(TrainingCommand::Disagree(first, second))];
            }
            CompareAction::Play(place) => {
                let found = compare.disagreements().cloned();
                let songs: Vec<TrackId> = found.iter().flat_map(|found| &found.songs).map(|song| song.track).collect();
                return self.play_songs(&songs, place);
            }
        }
        Vec::new()
    }
}

/// What a run is called beside others: its name, with its id where another has the same name.
pub fn label(runs: &[RunSummary], id: &str) -> String {
    if id == BUILT_IN_NAME {
        return "Built-in".to_owned();
    }
    let Some(run) = runs.iter().find(|run| run.state.id == id) else { return id.to_owned() };
    let name = &run.state.name;
    let alone = runs.iter().filter(|other| other.state.name == *name).count() == 1;
    if alone { name.clone() } else { format!("{name} ({})", id.get(..15).unwrap_or(id)) }
}

/// A sentence about runs, with their names in the place of their ids.
pub fn named(runs: &[RunSummary], sentence: &str) -> String {
    let mut ids: Vec<&str> = runs.iter().map(|run| run.state.id.as_str()).collect();
    // An id may begin like another.
    ids.sort_by_key(|id| std::cmp::Reverse(id.len()));
    let mut rest = sentence;
    let mut text = String::with_capacity(sentence.len());
    while let Some(next) = rest.chars().next() {
        if let Some(id) = ids.iter().find(|id| rest.starts_with(**id)) {
            text += &format!("“{}”", label(runs, id));
            rest = &rest[id.len()..];
        } else {
            text.push(next);
            rest = &rest[next.len_utf8()..];
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ml::runs::run_state::RunState;

    #[test]
    fn names_stand_for_ids_and_twins_are_told_apart() {
        let run = |id: &str, name: &str| {
            let state = RunState { name: name.into(), ..RunState::new(id, "cnn", "best", 0) };
            RunSummary { state, score: None }
        };
        let runs = [
            run("20261122-000000-cnn-best", "a"),
            run("20261122-000000-cnn-best-2", "b"),
            run("20261123-000000-x", "b"),
        ];
        let said = named(&runs, "20261122-000000-cnn-best-2 and 20261122-000000-cnn-best: é");
        assert_eq!(said, "“b (20261122-000000)” and “a”: é");
        assert_eq!(label(&runs, "unknown"), "unknown");
    }
}
