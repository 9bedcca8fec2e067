//! The file of a genre classifier: one `.safetensors` whose metadata says everything about it.

use std::collections::HashMap;
use std::path::Path;

use safetensors::tensor::{Dtype, TensorView};
use serde::{Deserialize, Serialize};

use super::error::MlError;
use super::metrics::Evaluation;
use super::regression::Linear;
use super::weights::{Weights, f16_from_f32};
use crate::base::fs::write_atomic;

/// The version of the file's form that this program writes and reads.
pub const FORMAT: u32 = 1;
/// The metadata key under which the [`Card`] lies.
const CARD_KEY: &str = "timbre.genre_classifier";

/// What the file says about itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Card {
    /// [`FORMAT`].
    pub format: u32,
    /// A short name, for lists.
    pub name: String,
    /// One or two sentences for a person.
    pub description: String,
    /// The genres, in the order of the outputs.
    pub labels: Vec<String>,
    /// The hash of the tagger's weights that the head was trained on, 32 hex digits.
    pub tagger: String,
    /// How much the network's logits count beside the tags', 0..1; none: there is no network in the file.
    #[serde(default)]
    pub network_weight: Option<f64>,
    /// Logits are divided by this.
    pub temperature: f64,
    /// Windows of a song that were found to be enough.
    pub max_windows: usize,
    /// How it was trained: option names and values.
    pub recipe: serde_json::Value,
    /// The seed of everything random in the training.
    pub seed: u64,
    /// Hash of the names, genres and groups of the training clips, 16 hex digits.
    pub split: String,
    /// What it scored on clips it was not trained on.
    pub metrics: Option<Evaluation>,
}

/// A tensor to be stored.
pub struct Stored {
    /// Its name.
    pub name: String,
    /// Its shape.
    pub shape: Vec<usize>,
    /// Its values, row by row.
    pub values: Vec<f32>,
    /// Whether half precision is enough.
    pub half: bool,
}

impl Card {
    /// Reads and checks the card of a file.
    ///
    /// # Errors
    /// When there is none, it is of another version, or it says what cannot be.
    pub fn read(weights: &Weights<'_>) -> Result<Self, MlError> {
        let text = weights.metadata(CARD_KEY).ok_or_else(|| weights.error("it is no genre classifier of Timbre"))?;
        let format = serde_json::from_str::<serde_json::Value>(text).ok().and_then(|card| card.get("format")?.as_u64());
        if format != Some(u64::from(FORMAT)) {
            return Err(weights.error(format!("its format is {format:?}, this program reads {FORMAT}")));
        }
        let card: Self = serde_json::from_str(text).map_err(|error| weights.error(format!("its card: {error}")))?;
        let mut sorted = card.labels.clone();
        sorted.sort();
        sorted.dedup();
        if !(2..=1000).contains(&card.labels.len()) || sorted.len() != card.labels.len() {
            return Err(weights.error("its genres are missing or not distinct"));
        }
        if card.labels.iter().any(|label| label.trim().is_empty() || label.chars().any(char::is_control)) {
            return Err(weights.error("a genre has no readable name"));
        }
        if !(card.temperature.is_finite() && card.temperature > 0.0) {
            return Err(weights.error(format!("its temperature is {}", card.temperature)));
        }
        if card.network_weight.is_some_and(|weight| !(0.0..=1.0).contains(&weight)) {
            return Err(weights.error("the share of its network is not between 0 and 1"));
        }
        if !(1..=1000).contains(&card.max_windows) {
            return Err(weights.error(format!("it wants {} windows", card.max_windows)));
        }
        Ok(card)
    }
}

/// Writes a file, whole or not at all.
///
/// # Errors
/// When it cannot be written.
pub fn write(path: &Path, card: &Card, tensors: &[Stored]) -> Result<(), MlError> {
    write_with(path, CARD_KEY, card, tensors)
}

/// Writes tensors and a card under `key` of the metadata, whole or not at all.
///
/// # Errors
/// When it cannot be written.
pub fn write_with(path: &Path, key: &str, card: &impl Serialize, tensors: &[Stored]) -> Result<(), MlError> {
    let bytes: Vec<Vec<u8>> = tensors
        .iter()
        .map(|tensor| {
            if tensor.half {
                tensor.values.iter().flat_map(|value| f16_from_f32(*value).to_le_bytes()).collect()
            } else {
                tensor.values.iter().flat_map(|value| value.to_le_bytes()).collect()
            }
        })
        .collect();
    let failed = |reason: String| MlError::Model { model: path.display().to_string(), reason };
    let mut views = Vec::new();
    for (tensor, bytes) in tensors.iter().zip(&bytes) {
        let kind = if tensor.half { Dtype::F16 } else { Dtype::F32 };
        let view = TensorView::new(kind, tensor.shape.clone(), bytes).map_err(|error| failed(error.to_string()))?;
        views.push((tensor.name.as_str(), view));
    }
    let card = serde_json::to_string(card).map_err(|error| failed(error.to_string()))?;
    let metadata = HashMap::from([(key.to_owned(), card)]);
    let file = safetensors::serialize(views, Some(metadata)).map_err(|error| failed(error.to_string()))?;
    write_atomic(path, &file).map_err(|source| MlError::Write { path: path.to_path_buf(), source })
}

/// The tensors `{name}.weight` `[labels, features]` and `{name}.bias` `[labels]` of a linear head.
pub fn store_head(name: &str, head: &Linear) -> [Stored; 2] {
    let single = |values: &[f64]| values.iter().map(|value| *value as f32).collect::<Vec<_>>();
    let labels = head.bias.len();
    let width = head.weight.first().map_or(0, Vec::len);
    let weight = head.weight.iter().flat_map(|row| single(row)).collect();
    [
        Stored { name: format!("{name}.weight"), shape: vec![labels, width], values: weight, half: false },
        Stored { name: format!("{name}.bias"), shape: vec![labels], values: single(&head.bias), half: false },
    ]
}

/// Reads them back.
///
/// # Errors
/// When they are missing or do not fit.
pub fn read_head(weights: &Weights<'_>, name: &str, labels: usize, features: usize) -> Result<Linear, MlError> {
    let weight = weights.get(&format!("{name}.weight"), &[labels, features])?;
    let wide = |values: &[f32]| values.iter().map(|value| f64::from(*value)).collect();
    Ok(Linear {
        weight: weight.chunks_exact(features.max(1)).map(wide).collect(),
        bias: wide(&weights.get(&format!("{name}.bias"), &[labels])?),
    })
}

/// Name of the head on the tags.
pub const TAG_HEAD: &str = "tag_head";
/// Name of the head on the network's embedding.
pub const NETWORK_HEAD: &str = "network_head";
/// Prefix of the network's layers.
pub const NETWORK: &str = "network.";

#[cfg(test)]
pub(crate) fn example_card(tagger: &str) -> Card {
    Card {
        format: FORMAT,
        name: "example".into(),
        description: String::new(),
        labels: vec!["a".into(), "b".into()],
        tagger: tagger.into(),
        network_weight: None,
        temperature: 1.5,
        max_windows: 4,
        recipe: serde_json::Value::Null,
        seed: 1,
        split: String::new(),
        metrics: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_and_what_does_not_fit_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.safetensors");
        let head = Linear { weight: vec![vec![0.25; 50], vec![-1.5; 50]], bias: vec![1.0, 2.0] };
        let good = example_card("00");
        write(&path, &good, &store_head(TAG_HEAD, &head)).unwrap();
        let bytes = std::fs::read(&path).unwrap();
        let weights = Weights::parse("a", &bytes).unwrap();
        assert_eq!(Card::read(&weights).unwrap(), good);
        assert_eq!(read_head(&weights, TAG_HEAD, 2, 50).unwrap(), head);
        assert!(read_head(&weights, TAG_HEAD, 3, 50).is_err());

        let refused = |card: Card| {
            write(&path, &card, &[]).unwrap();
            let bytes = std::fs::read(&path).unwrap();
            Card::read(&Weights::parse("a", &bytes).unwrap()).unwrap_err().to_string()
        };
        assert!(refused(Card { format: 9, ..good.clone() }).contains("format"));
        assert!(refused(Card { temperature: 0.0, ..good.clone() }).contains("temperature"));
        assert!(refused(Card { labels: vec!["a".into(), "a".into()], ..good.clone() }).contains("distinct"));
        assert!(refused(Card { labels: vec!["a".into(), "\n".into()], ..good.clone() }).contains("name"));
        assert!(refused(Card { max_windows: 0, ..good }).contains("windows"));
    }
}
