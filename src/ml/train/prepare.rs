//! From clips to what a network takes of them.

use std::path::Path;
use std::sync::Mutex;

use super::control::{Control, TrainEvent};
use crate::ml::dataset::media::Media;
use crate::ml::dataset::{Broken, Dataset};
use crate::ml::error::MlError;
use crate::ml::features;
use crate::ml::model::batches::Example;
use crate::ml::networks::input::{FrontEnd, Input};

/// Clips as the network takes them.
pub struct Prepared {
    /// The clips that can be used.
    pub dataset: Dataset,
    /// One a clip.
    pub examples: Vec<Example>,
    /// Of each a hash of its files, where they could be read.
    pub files: Vec<Option<u128>>,
    /// What was left out, and why.
    pub broken: Vec<Broken>,
}

/// Reads the clips of a data set for a network with `inputs`.
///
/// # Errors
/// When `cancel` was set.
pub fn prepare(
    dataset: Dataset,
    inputs: &[Input],
    media: &dyn Media,
    cache: Option<&Path>,
    control: &Control,
    tell: &mut (dyn FnMut(TrainEvent) + Send),
) -> Result<Prepared, MlError> {
    let front_ends: Vec<FrontEnd> = inputs.iter().map(|input| input.front_end).collect();
    let total = dataset.clips.len();
    let tell = Mutex::new(tell);
    let progress = |done: usize, _: usize| {
        if let Ok(mut tell) = tell.lock() {
            tell(TrainEvent::Stage { what: "Reading the clips".into(), done, total });
        }
    };
    let loaded = features::load(&dataset.clips, &front_ends, cache, media, &control.cancel, &progress)?;
    let mut prepared = Prepared {
        dataset: Dataset { labels: dataset.labels, empty: dataset.empty, ..Dataset::default() },
        examples: Vec::new(),
        files: Vec::new(),
        broken: dataset.broken,
    };
    let some_optional = inputs.iter().any(|input| input.optional);
    for ((clip, features), files) in dataset.clips.into_iter().zip(loaded.features).zip(loaded.files) {
        let whole = inputs.iter().zip(&features).all(|(input, features)| input.optional || features.is_some());
        let anything = features.iter().any(Option::is_some);
        if whole && (anything || !some_optional) {
            prepared.examples.push(Example { label: clip.label, inputs: features });
            prepared.dataset.clips.push(clip);
            prepared.files.push(files);
        } else {
            let file = clip
                .audio
                .as_ref()
                .or(clip.spectrogram.as_ref())
                .or(clip.wavelet.as_ref())
                .cloned()
                .unwrap_or_default();
            if !loaded.broken.iter().any(|broken| broken.path == file) {
                let reason =
                    "the network needs an input that cannot be made from it (sound, or another picture)".to_owned();
                prepared.broken.push(Broken { path: file, reason });
            }
        }
    }
    prepared.broken.extend(loaded.broken);
    Ok(prepared)
}
