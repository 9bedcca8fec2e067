//! Tags of clips whose sound is not there: a file of what MusiCNN said about each.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::sync::Arc;

use super::names;
use crate::base::read::{MOST_TEXT_BYTES, read_text};
use crate::ml::error::MlError;
use crate::ml::networks::musicnn::TAGS;
use crate::ml::nn::weights::{Weights, read_file};

/// The mean logit of each tag of each clip, by the clip's name in lower case.
pub(in crate::ml) type TagsOf = HashMap<String, Arc<[f32]>>;

/// Reads a file of tags: `tags` `[patches, 50]` after the sigmoid, `clip` the clip of each patch; the lines of the `.txt` beside it
/// are the clips, `genre/clip`.
///
/// # Errors
/// When a file cannot be read or is not such a file.
pub(in crate::ml) fn read(path: &Path) -> Result<TagsOf, MlError> {
    let names_path = path.with_extension("txt");
    let text = read_text(&names_path, MOST_TEXT_BYTES).map_err(|source| MlError::Read { path: names_path, source })?;
    let names: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let bytes = read_file(path)?;
    let weights = Weights::parse(&path.display().to_string(), &bytes)?;
    let clip_of = weights.get_i64("clip")?;
    let tags = weights.get("tags", &[clip_of.len(), TAGS.len()])?;
    // Only of clips that have patches: the list of names may be far longer.
    let mut sums: BTreeMap<usize, (Vec<f64>, usize)> = BTreeMap::new();
    for (clip, row) in clip_of.iter().zip(tags.chunks_exact(TAGS.len())) {
        let Some(clip) = usize::try_from(*clip).ok().filter(|clip| *clip < names.len()) else {
            return Err(weights.error(format!("a patch is of clip {clip}, but {} clips have names", names.len())));
        };
        let (sum, count) = sums.entry(clip).or_insert_with(|| (vec![0.0; TAGS.len()], 0));
        *count += 1;
        for (sum, tag) in sum.iter_mut().zip(row) {
            let p = f64::from(*tag).clamp(1e-6, 1.0 - 1e-6);
            *sum += (p / (1.0 - p)).ln();
        }
    }
    let means = sums.into_iter().map(|(clip, (sum, count))| {
        let mean: Vec<f32> = sum.into_iter().map(|sum| (sum / count as f64) as f32).collect();
        (names::of_entry(names[clip]).to_lowercase(), mean.into())
    });
    Ok(means.collect())
}
