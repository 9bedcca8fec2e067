//! How long a model takes for a clip.

use std::time::Instant;

use super::control::Control;
use crate::ml::dataset::Clip;
use crate::ml::dataset::media::Media;
use crate::ml::error::MlError;
use crate::ml::features;
use crate::ml::model::Model;
use crate::ml::model::batches::Example;

/// Clips that are timed; the median does not mind that the first one also fills the caches.
const TIMED: usize = 5;

/// Milliseconds from the file of a clip to its logits (decoding, front ends, network), the median of a few of `clips`, one after
/// another on all threads of the calling pool. `None`: none of them has what the model needs.
///
/// # Errors
/// When it was cancelled or the network fails.
pub fn ms_per_song(
    model: &Model,
    clips: &[&Clip],
    media: &dyn Media,
    control: &Control,
) -> Result<Option<f64>, MlError> {
    let inputs = model.inputs();
    let front_ends: Vec<_> = inputs.iter().map(|input| input.front_end).collect();
    let mut times = Vec::new();
    for clip in clips.iter().step_by((clips.len() / TIMED).max(1)).take(TIMED) {
        control.wait()?;
        let begun = Instant::now();
        let one = [(*clip).clone()];
        let mut loaded = features::load(&one, &front_ends, None, media, &control.cancel, &|_, _| ())?;
        let Some(found) = loaded.features.pop() else { continue };
        let whole = inputs.iter().zip(&found).all(|(input, features)| input.optional || features.is_some());
        if !whole || found.iter().all(Option::is_none) {
            continue;
        }
        model.judge(&[Example { label: clip.label, inputs: found }], &mut |_| control.wait())?;
        times.push(begun.elapsed().as_secs_f64() * 1000.0);
    }
    times.sort_by(f64::total_cmp);
    Ok(times.get(times.len() / 2).copied())
}
