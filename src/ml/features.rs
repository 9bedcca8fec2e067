//! What genre heads are trained on: the tags of clips, from a file of tags or from sound.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

use candle_core::Device;

use super::classifier::{listen, tagger};
use super::error::MlError;
use super::mobilenet;
use super::musicnn::{FrontEnd, PATCH_SAMPLES, TAGS};
use super::split::{clip_name, group_of, read_artists, read_list};
use super::train_head::{Decode, HeadOptions, TrainProgress};
use super::weights::{Weights, read_file};
use crate::base::CancelToken;

/// One clip to train on.
#[derive(Clone, Debug, PartialEq)]
pub struct Clip {
    /// Name without folder and extension.
    pub name: String,
    /// Its genre: the name of its folder.
    pub genre: String,
    /// Clips of one group (artist) stay together in a split.
    pub group: String,
    /// Mean over the windows of each tag's logit.
    pub tag_logits: Vec<f64>,
    /// The network's log-mel spectrogram of each window; empty if no network is trained or there is no sound.
    pub windows: Vec<Vec<f32>>,
}

/// Files that could not be used, and why.
pub type Skipped = Vec<(PathBuf, String)>;

/// Starts of `count` windows of `window` samples spread evenly over `samples`; fewer when they would overlap by more
/// than half.
pub fn window_starts(samples: usize, window: usize, count: usize) -> Vec<usize> {
    let room = samples.saturating_sub(window);
    let useful = 1 + 2 * room / window.max(1);
    let count = count.clamp(1, useful);
    if count == 1 {
        return vec![room / 2];
    }
    (0..count).map(|i| room * i / (count - 1)).collect()
}

/// All clips that the options name, those of the file of tags first; a clip that is in both counts once.
pub(crate) fn gather(
    options: &HeadOptions,
    decode: &Decode<'_>,
    cancel: &CancelToken,
    progress: &mut dyn FnMut(TrainProgress),
) -> Result<(Vec<Clip>, Skipped), MlError> {
    let artists = options.index.as_deref().map(read_artists).transpose()?.unwrap_or_default();
    let mut wanted = HashSet::new();
    for list in &options.lists {
        wanted.extend(read_list(list)?);
    }
    let wanted = |name: &str| options.lists.is_empty() || wanted.contains(name);
    let mut clips = Vec::new();
    if let Some(path) = &options.taggrams {
        clips.extend(read_taggrams(path, &artists)?.into_iter().filter(|clip| wanted(&clip.name)));
    }
    let mut skipped = Vec::new();
    if let Some(folder) = &options.audio {
        let known: HashMap<String, usize> = clips.iter().enumerate().map(|(i, clip)| (clip.name.clone(), i)).collect();
        let sound_matters = options.network.is_some();
        let files: Vec<(String, PathBuf)> = audio_files(folder)?
            .into_iter()
            .filter(|(_, path)| {
                let name = name_of(path);
                wanted(&name) && (sound_matters || !known.contains_key(&name))
            })
            .collect();
        let (front_end, network) = (FrontEnd::new(), tagger(&Device::Cpu)?);
        let fine_front_end = mobilenet::FrontEnd::new();
        for (done, (genre, path)) in files.iter().enumerate() {
            if cancel.is_cancelled() {
                return Err(MlError::Cancelled);
            }
            progress(TrainProgress { stage: "Listening".into(), done, total: files.len() });
            match decode(path) {
                Ok(samples) if !samples.is_empty() => {
                    let windows = cut(&samples, options.windows);
                    let name = name_of(path);
                    let mut fine: Vec<Vec<f32>> = Vec::new();
                    if sound_matters {
                        fine = windows.iter().map(|window| fine_front_end.patches(window).concat()).collect();
                    }
                    if let Some(clip) = known.get(&name).and_then(|i| clips.get_mut(*i)) {
                        clip.windows = fine;
                        continue;
                    }
                    let group = group_of(&artists, &name, genre);
                    let tag_logits = listen(&front_end, &network, &windows)?.mean_tag_logits();
                    clips.push(Clip { name, genre: genre.clone(), group, tag_logits, windows: fine });
                }
                Ok(_) => skipped.push((path.clone(), "there is no sound in it".into())),
                Err(reason) => skipped.push((path.clone(), reason)),
            }
        }
    }
    Ok((clips, skipped))
}

/// Windows of 3 s spread over a clip.
pub(crate) fn cut(samples: &[f32], count: usize) -> Vec<Vec<f32>> {
    let starts = window_starts(samples.len(), PATCH_SAMPLES, count);
    starts.into_iter().map(|start| samples[start..samples.len().min(start + PATCH_SAMPLES)].to_vec()).collect()
}

fn name_of(path: &Path) -> String {
    clip_name(&path.file_name().unwrap_or_default().to_string_lossy())
}

/// The files of each genre's folder, in the order of their names.
pub(crate) fn audio_files(folder: &Path) -> Result<Vec<(String, PathBuf)>, MlError> {
    let mut files = Vec::new();
    for entry in walkdir::WalkDir::new(folder).min_depth(2).max_depth(2).sort_by_file_name() {
        let entry = entry.map_err(|error| MlError::Read {
            path: error.path().unwrap_or(folder).to_path_buf(),
            source: error.into(),
        })?;
        let genre = entry.path().parent().and_then(Path::file_name).unwrap_or_default().to_string_lossy().into_owned();
        let hidden = entry.file_name().to_string_lossy().starts_with('.');
        if entry.file_type().is_file() && !hidden {
            files.push((genre, entry.into_path()));
        }
    }
    Ok(files)
}

/// Clips from a file of tags: `tags` `[patches, 50]` after the sigmoid, `clip` the clip of each patch; the lines of
/// the `.txt` beside it are `genre/clip`.
fn read_taggrams(path: &Path, artists: &HashMap<String, String>) -> Result<Vec<Clip>, MlError> {
    let names_path = path.with_extension("txt");
    let names = std::fs::read_to_string(&names_path).map_err(|source| MlError::Read { path: names_path, source })?;
    let bytes = read_file(path)?;
    let weights = Weights::parse(&path.display().to_string(), &bytes)?;
    let clip_of = weights.get_i64("clip")?;
    let tags = weights.get("tags", &[clip_of.len(), TAGS.len()])?;
    let names: Vec<&str> = names.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
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
    let clips = names.iter().zip(sums).filter(|(_, (_, count))| *count > 0).map(|(entry, (sum, count))| {
        let name = clip_name(entry);
        let genre = entry.rsplit_once('/').map_or("", |(genre, _)| genre).to_owned();
        let group = group_of(artists, &name, &genre);
        let tag_logits = sum.into_iter().map(|sum| sum / count as f64).collect();
        Clip { name, group, genre, tag_logits, windows: Vec::new() }
    });
    Ok(clips.collect())
}

#[cfg(test)]
mod tests {
    use super::window_starts;

    #[test]
    fn windows_are_spread_and_never_overlap_by_more_than_half() {
        assert_eq!(window_starts(100, 10, 4), [0, 30, 60, 90]);
        assert_eq!(window_starts(100, 10, 1), [45]);
        assert_eq!(window_starts(10, 10, 4), [0]);
        assert_eq!(window_starts(5, 10, 4), [0]);
        assert_eq!(window_starts(0, 10, 4), [0]);
        assert_eq!(window_starts(20, 10, 8), [0, 5, 10]);
    }
}
