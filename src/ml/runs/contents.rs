//! What is in the clips of a run: the same sound under two genres teaches nothing, and a training that goes on must go on with
//! the clips that it began with.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;

use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::Xxh3;

use super::run_folder::RunFolder;
use crate::base::fs::write_atomic;
use crate::ml::dataset::{Clip, Dataset};
use crate::ml::error::MlError;
use crate::ml::model::batches::Example;
use crate::ml::runs;

/// Clips that are named in a sentence.
const MOST_NAMES: usize = 10;

/// A clip as it was when the run began.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Content {
    /// Its genre.
    genre: String,
    /// Hash of the bytes of its files.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    files: Option<String>,
    /// Hash of what the network sees of it.
    seen: String,
}

/// All clips of a run by their names; `contents.json`.
pub type Contents = BTreeMap<String, Content>;

/// What the clips are now; `files` are the hashes of their files, `examples` what the network sees, both in their order.
pub fn contents(data: &Dataset, examples: &[Example], files: &[Option<u128>]) -> Contents {
    let of = |((clip, example), files): ((&Clip, &Example), &Option<u128>)| {
        let mut hasher = Xxh3::new();
        for input in 0..example.inputs.len() {
            hash_input(&mut hasher, example, input);
        }
        let content = Content {
            genre: data.labels.get(clip.label).cloned().unwrap_or_default(),
            files: files.map(|hash| format!("{hash:032x}")),
            seen: format!("{:032x}", hasher.digest128()),
        };
        (clip.name.clone(), content)
    };
    data.clips.iter().zip(examples).zip(files).map(of).collect()
}

fn hash_input(hasher: &mut Xxh3, example: &Example, input: usize) {
    let Some(features) = example.inputs.get(input).and_then(Option::as_ref) else { return };
    hasher.update(&(input as u64).to_le_bytes());
    features.shape.iter().for_each(|size| hasher.update(&(*size as u64).to_le_bytes()));
    for values in features.values.chunks(4096) {
        let bytes: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        hasher.update(&bytes);
    }
}

/// Writes what the clips of a run are.
///
/// # Errors
/// When it cannot be written.
pub fn write(folder: &RunFolder, contents: &Contents) -> Result<(), MlError> {
    let path = folder.contents();
    let written =
        serde_json::to_vec(contents).map_err(std::io::Error::from).and_then(|json| write_atomic(&path, &json));
    written.map_err(|source| MlError::Write { path, source })
}

/// Whether the clips are those that the training began with, where it has begun.
///
/// # Errors
/// When they are not, with their names, or what they were cannot be understood.
pub fn check(folder: &RunFolder, now: &Contents) -> Result<(), MlError> {
    if !folder.checkpoint().exists() {
        return Ok(());
    }
    let changed = runs::contents(folder)?.and_then(|before| changes(&before, now));
    changed.map_or(Ok(()), |changes| Err(MlError::Changed { changes }))
}

/// What has changed between two looks at the clips, in words that name them; none when nothing has. A file that holds the same sound as
/// before, with other tags, is the same.
pub fn changes(before: &Contents, now: &Contents) -> Option<String> {
    let (mut gone, mut other, mut moved) = (Vec::new(), Vec::new(), Vec::new());
    for (name, was) in before {
        match now.get(name) {
            None => gone.push(name.as_str()),
            Some(is) if is.genre != was.genre => moved.push(name.as_str()),
            Some(is) if is.seen != was.seen && (is.files.is_none() || is.files != was.files) => {
                other.push(name.as_str())
            }
            Some(_) => {}
        }
    }
    let new: Vec<&str> = now.keys().filter(|name| !before.contains_key(*name)).map(String::as_str).collect();
    let told: Vec<String> = [
        (other, "holds something else now", "hold something else now"),
        (gone, "is gone or cannot be read", "are gone or cannot be read"),
        (moved, "is filed under another genre", "are filed under other genres"),
        (new, "is new", "are new"),
    ]
    .into_iter()
    .filter(|(names, ..)| !names.is_empty())
    .map(|(names, one, many)| format!("{} {}", listed(&names), if names.len() == 1 { one } else { many }))
    .collect();
    (!told.is_empty()).then(|| told.join("; "))
}

/// Some names, and how many more there are.
fn listed(names: &[&str]) -> String {
    let some = names.iter().take(MOST_NAMES).copied().collect::<Vec<_>>().join(", ");
    if names.len() > MOST_NAMES { format!("{some} and {} more", names.len() - MOST_NAMES) } else { some }
}

/// Clips that a network cannot tell apart although they are filed under different genres: groups of indices.
pub fn contradictions(data: &Dataset, examples: &[Example]) -> Vec<Vec<usize>> {
    let mut alike: HashMap<(usize, u128), Vec<usize>> = HashMap::new();
    for (clip, example) in examples.iter().enumerate() {
        for input in 0..example.inputs.len() {
            if example.inputs[input].is_some() {
                let mut hasher = Xxh3::new();
                hash_input(&mut hasher, example, input);
                alike.entry((input, hasher.digest128())).or_default().push(clip);
            }
        }
    }
    let of_genres =
        |clips: &Vec<usize>| clips.iter().map(|clip| data.clips[*clip].label).collect::<BTreeSet<_>>().len();
    // Several inputs may tell of the same clips.
    let found: BTreeSet<Vec<usize>> = alike.into_values().filter(|clips| of_genres(clips) > 1).collect();
    found.into_iter().collect()
}

/// The same in words that name the files.
pub fn contradictions_text(data: &Dataset, groups: &[Vec<usize>]) -> String {
    let file = |clip: &Clip| {
        let path: Option<&Path> = clip.audio.as_deref().or(clip.spectrogram.as_deref()).or(clip.wavelet.as_deref());
        path.map_or_else(|| clip.name.clone(), |path| path.display().to_string())
    };
    let filed = |clip: &usize| {
        let clip = &data.clips[*clip];
        format!("{} ({})", file(clip), data.labels.get(clip.label).map_or("", String::as_str))
    };
    let of_group = |group: &Vec<usize>| {
        let some: Vec<String> = group.iter().take(MOST_NAMES).map(filed).collect();
        some.join(" = ")
    };
    let some: Vec<String> = groups.iter().take(MOST_NAMES).map(of_group).collect();
    let more = groups.len().saturating_sub(MOST_NAMES);
    if more > 0 { format!("{}; and {more} more", some.join("; ")) } else { some.join("; ") }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::ml::features::Features;

    fn example(label: usize, inputs: &[Option<f32>]) -> Example {
        let input = |value: &Option<f32>| value.map(|value| Arc::new(Features::from_f32(&[2, 1], &[value, 1.0])));
        Example { label, inputs: inputs.iter().map(input).collect() }
    }

    fn data(labels: &[usize]) -> Dataset {
        let clip = |(i, label): (usize, &usize)| Clip { name: format!("clip {i}"), label: *label, ..Clip::default() };
        Dataset {
            labels: vec!["blues".into(), "jazz".into()],
            clips: labels.iter().enumerate().map(clip).collect(),
            ..Dataset::default()
        }
    }

    #[test]
    fn equal_clips_of_two_genres_contradict_each_other_whatever_else_they_have() {
        let data = data(&[0, 0, 1, 1]);
        let some = |a: f32, b: Option<f32>| [Some(a), b];
        let examples = [
            example(0, &some(0.1, Some(0.5))),
            example(0, &some(0.2, None)),
            example(1, &some(0.1, None)),
            example(1, &some(0.3, Some(0.6))),
        ];
        assert_eq!(contradictions(&data, &examples), [vec![0, 2]]);
        assert_eq!(contradictions_text(&data, &[vec![0, 2]]), "clip 0 (blues) = clip 2 (jazz)");
        let same_genre = [example(0, &some(0.1, None)), example(0, &some(0.1, None))];
        assert!(contradictions(&data, &same_genre).is_empty());
    }

    #[test]
    fn what_changed_is_named() {
        let (labels, values) = ([0, 0, 1, 1], [0.1, 0.2, 0.3, 0.4]);
        let examples: Vec<Example> = values.iter().map(|value| example(0, &[Some(*value)])).collect();
        let files = [Some(1), Some(2), Some(3), None];
        let before = contents(&data(&labels), &examples, &files);
        assert_eq!(changes(&before, &before), None);
        // Other tags, the same sound; other numbers of the same file.
        let retagged = contents(&data(&labels), &examples, &[Some(9), Some(2), Some(3), None]);
        assert_eq!(changes(&before, &retagged), None);
        let mut others = examples.clone();
        others[1] = example(0, &[Some(0.9)]);
        assert_eq!(changes(&before, &contents(&data(&labels), &others, &files)), None);
        let replaced = contents(&data(&labels), &others, &[Some(1), Some(8), Some(3), None]);
        assert_eq!(changes(&before, &replaced).unwrap(), "clip 1 holds something else now");
        let mut moved = contents(&data(&[0, 0, 1, 0]), &examples, &files);
        assert_eq!(changes(&before, &moved).unwrap(), "clip 3 is filed under another genre");
        moved.remove("clip 0");
        moved.remove("clip 3");
        assert_eq!(changes(&before, &moved).unwrap(), "clip 0, clip 3 are gone or cannot be read");
        assert_eq!(changes(&moved, &before).unwrap(), "clip 0, clip 3 are new");
    }
}
