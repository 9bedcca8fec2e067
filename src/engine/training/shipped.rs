//! The trained models that come with Timbre, and how good they are.

use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use crate::ml::model::config::{Architecture, Preset};

/// A model that comes with Timbre.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Shipped {
    /// Its architecture.
    pub architecture: Architecture,
    /// The values it was trained with.
    pub preset: Preset,
    /// Share of right decisions on clips that it was not trained on, 0..1.
    pub accuracy: f64,
    /// Its 95 % interval.
    pub interval: (f64, f64),
    /// Clips that judged.
    pub clips: usize,
    /// How training and test were kept apart, a sentence without its full stop.
    pub protocol: String,
    /// No artist was on both sides.
    pub artists_apart: bool,
}

/// What the cards in the model files say; a program need not carry all the files to tell it.
static SHIPPED: LazyLock<Vec<Shipped>> = LazyLock::new(|| {
    let read = serde_json::from_str(include_str!("../../../weights/figures.json"));
    // The test below reads it, too.
    read.unwrap_or_default()
});

/// The models of `weights/`.
pub fn shipped() -> &'static [Shipped] {
    &SHIPPED
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ml::dataset::protocol::Protocol;
    use crate::ml::model::ModelCard;

    #[test]
    fn figures_are_those_of_the_model_files() {
        let weights = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("weights");
        let of_files: Vec<Shipped> = Architecture::ALL
            .into_iter()
            .map(|architecture| {
                let file = format!("{}.safetensors", architecture.name());
                let card = ModelCard::parse(&file, &std::fs::read(weights.join(&file)).unwrap()).unwrap();
                let found = card.metrics.unwrap();
                assert_eq!(card.config.architecture, architecture);
                let protocol = &card.config.protocol;
                Shipped {
                    architecture,
                    preset: card.config.preset,
                    accuracy: found.accuracy,
                    interval: found.interval,
                    clips: found.clips,
                    protocol: found.protocol,
                    artists_apart: matches!(protocol, Protocol::ArtistFolds { .. } | Protocol::ArtistHoldout { .. }),
                }
            })
            .collect();
        let wanted = serde_json::to_string_pretty(&of_files).unwrap();
        assert_eq!(shipped(), of_files, "weights/figures.json should be {wanted}");
    }
}
