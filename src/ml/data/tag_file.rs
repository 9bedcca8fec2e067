//! Tags of clips whose sound is not at hand: a file of what MusiCNN said about each.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use super::names;
use crate::ml::error::MlError;
use crate::ml::musicnn::TAGS;
use crate::ml::weights::{Weights, read_file};

/// The mean logit of each tag of each clip, by the clip's name in lower case.
pub(super) type TagsOf = HashMap<String, Arc<[f32]>>;

/// Reads a file of tags: `tags` `[patches, 50]` after the sigmoid, `clip` the clip of each patch; the lines of the `.txt` beside it
/// are the clips, `genre/clip`.
///
/// # Errors
/// When a file cannot be read or is not such a file.
pub(super) fn read(path: &Path) -> Result<TagsOf, MlError> {
    let names_path = path.with_extension("txt");
    let text = std::fs::read_to_string(&names_path).map_err(|source| MlError::Read { path: names_path, source })?;
    let names: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let bytes = read_file(path)?;
    let weights = Weights::parse(&path.display().to_string(), &bytes)?;
    let clip_of = weights.get_i64("clip")?;
    let tags = weights.get("tags", &[clip_of.len(), TAGS.len()])?;
    let mut sums = vec![(vec![0.0f64; TAGS.len()], 0usize); names.len()];
    for (clip, row) in clip_of.iter().zip(tags.chunks_exact(TAGS.len())) {
        let Some((sum, count)) = usize::try_from(*clip).ok().and_then(|clip| sums.get_mut(clip)) else {
            return Err(weights.error(format!("a patch is of clip {clip}, but {} clips have names", names.len())));
        };
        *count += 1;
        for (sum, tag) in sum.iter_mut().zip(row) {
            let p = f64::from(*tag).clamp(1e-6, 1.0 - 1e-6);
            *sum += (p / (1.0 - p)).ln();
        }
    }
    let means = names.iter().zip(sums).filter(|(_, (_, count))| *count > 0).map(|(entry, (sum, count))| {
        let mean: Vec<f32> = sum.into_iter().map(|sum| (sum / count as f64) as f32).collect();
        (names::of_entry(entry).to_lowercase(), mean.into())
    });
    Ok(means.collect())
}
