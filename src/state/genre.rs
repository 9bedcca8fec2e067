//! The genres the window offers, and how their names are shown.

use crate::engine::{self, Settings};
use crate::library::model::DecisionRule;

pub use crate::base::genre::{GENRES, display_name, index_of};

/// The rule by which these settings turn predictions into decisions.
pub fn decision_rule(settings: &Settings) -> DecisionRule {
    engine::decision_rule(settings, GENRES.iter().map(|genre| (*genre).to_owned()).collect())
}
