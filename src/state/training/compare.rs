//! Compare: several runs side by side.

use std::collections::HashMap;
use std::sync::Arc;

use crate::engine::training::message::{RunDetail, RunSummary};
use crate::ml::train::comparison::{Compared, Comparison};

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
}

/// What a person did in Compare.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CompareAction {
    /// Takes a run in, or out.
    Tick(String, bool),
}

impl Compare {
    pub(super) fn reduce(&mut self, action: CompareAction) {
        let CompareAction::Tick(run, on) = action;
        self.touched = true;
        self.ticked.retain(|known| *known != run);
        if on {
            self.ticked.push(run);
        }
    }

    /// Forgets runs that are gone; at first the newest judged ones are ticked.
    pub(super) fn keep_to(&mut self, runs: &[RunSummary]) {
        self.ticked.retain(|id| runs.iter().any(|run| run.state.id == *id));
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

/// What a run is called beside others: its name, with its id where another has the same name.
pub fn label(runs: &[RunSummary], id: &str) -> String {
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
    use crate::ml::train::run_state::RunState;

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
