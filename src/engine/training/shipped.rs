//! The trained models that came with the program, and what they say about themselves.

use std::path::PathBuf;

use crate::base::DataDir;
use crate::ml::classifier::BUILT_IN;
use crate::ml::data::protocol::Protocol;
use crate::ml::train::config::{Architecture, Preset};
use crate::ml::train::model::ModelCard;
use crate::ml::weights::{Weights, read_file};

/// A model that came with the program.
#[derive(Clone, Debug, PartialEq)]
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

/// Those that are built in or lie where models are looked for, one of a kind.
pub fn shipped(data_dir: &DataDir) -> Vec<Shipped> {
    let mut found: Vec<Shipped> = Vec::new();
    let mut take = |name: &str, bytes: &[u8]| match describe(name, bytes) {
        Some(model)
            if !found.iter().any(|known| (known.architecture, known.preset) == (model.architecture, model.preset)) =>
        {
            found.push(model);
        }
        _ => {}
    };
    take("the built-in model", BUILT_IN);
    for architecture in Architecture::ALL {
        for folder in folders(data_dir) {
            let file = folder.join(format!("{}.safetensors", architecture.name()));
            if let Ok(bytes) = read_file(&file) {
                take(&file.display().to_string(), &bytes);
            }
        }
    }
    found
}

/// Beside the program, where a package puts what it shares, and in the data folder.
fn folders(data_dir: &DataDir) -> Vec<PathBuf> {
    let mut folders = Vec::new();
    if let Some(program) = std::env::current_exe().ok().as_deref().and_then(|program| program.parent()) {
        folders.extend([program.join("weights"), program.join("../share/timbre/weights")]);
    }
    folders.push(data_dir.models());
    folders
}

/// What a model file says of itself; none where it says no score, or is none.
fn describe(name: &str, bytes: &[u8]) -> Option<Shipped> {
    let card = ModelCard::read(&Weights::parse(name, bytes).ok()?).ok()??;
    let found = card.metrics?;
    Some(Shipped {
        architecture: card.config.architecture,
        preset: card.config.preset,
        accuracy: found.accuracy,
        interval: found.interval,
        clips: found.clips,
        protocol: found.protocol,
        artists_apart: matches!(card.config.protocol, Protocol::ArtistFolds { .. } | Protocol::ArtistHoldout { .. }),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn models_are_found_where_they_lie_and_each_kind_once() {
        let dir = tempfile::tempdir().unwrap();
        let data_dir = DataDir::resolve(Some(dir.path())).unwrap();
        let alone = shipped(&data_dir);
        let built_in = describe("built in", BUILT_IN).unwrap();
        assert_eq!(alone.first(), Some(&built_in));
        std::fs::create_dir_all(data_dir.models()).unwrap();
        let weights = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("weights");
        for name in ["cnn", "multimodal"] {
            let file = format!("{name}.safetensors");
            std::fs::copy(weights.join(&file), data_dir.models().join(&file)).unwrap();
        }
        std::fs::write(data_dir.models().join("mobilenet.safetensors"), "no model").unwrap();
        let found = shipped(&data_dir);
        let kinds: Vec<Architecture> = found.iter().map(|model| model.architecture).collect();
        assert!(kinds.contains(&Architecture::Cnn) && kinds.contains(&built_in.architecture), "{kinds:?}");
        assert_eq!(kinds.iter().filter(|kind| **kind == built_in.architecture).count(), 1);
        assert!(found.iter().all(|model| model.clips > 0 && (0.0..=1.0).contains(&model.accuracy)));
    }
}
