//! The genres the window offers, and how their names are shown.

use crate::engine::{self, Settings};
use crate::library::model::DecisionRule;

/// GTZAN's ten genres, as networks name them, in alphabetical order. Their places decide their hues.
pub const GENRES: [&str; 10] =
    ["blues", "classical", "country", "disco", "hiphop", "jazz", "metal", "pop", "reggae", "rock"];

/// How a genre's name is shown: `hiphop` is `Hip-hop`, others begin with a capital letter.
pub fn display_name(genre: &str) -> String {
    if genre == "hiphop" {
        return "Hip-hop".to_owned();
    }
    let mut letters = genre.chars();
    match letters.next() {
        Some(first) => first.to_uppercase().chain(letters).collect(),
        None => String::new(),
    }
}

/// The place of a genre among [`GENRES`]; `None` for one that a person invented.
pub fn index_of(genre: &str) -> Option<usize> {
    GENRES.iter().position(|known| *known == genre)
}

/// The rule by which these settings turn predictions into decisions.
pub fn decision_rule(settings: &Settings) -> DecisionRule {
    engine::decision_rule(settings, GENRES.iter().map(|genre| (*genre).to_owned()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_read_as_people_write_them() {
        assert_eq!(display_name("hiphop"), "Hip-hop");
        assert_eq!(display_name("blues"), "Blues");
        assert_eq!(display_name("éthiopiques"), "Éthiopiques");
        assert_eq!(display_name(""), "");
    }
}
