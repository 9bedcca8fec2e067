//! The genres the window offers, and how their names are shown.

use std::sync::Arc;

use crate::engine::{self, Settings};
use crate::library::filing::DecisionRule;

pub use crate::base::genre::{GENRES, display_name, index_of};

/// The rule by which these settings turn predictions of a model with these genres into decisions.
pub fn decision_rule(settings: &Settings, genres: Arc<[String]>) -> DecisionRule {
    engine::decision_rule(settings, genres)
}

/// The rule before the engine has told anything: the built-in model decides.
pub fn first_rule() -> DecisionRule {
    decision_rule(&Settings::default(), GENRES.iter().map(|genre| (*genre).to_owned()).collect())
}
