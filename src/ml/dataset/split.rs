//! Lists of clips, who plays them, and folds that share no artist.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;

use crate::base::read::{self, MOST_TEXT_BYTES};
use crate::ml::error::MlError;
use crate::ml::nn::rng::Rng;

/// Reads a text file whose encoding may be old: what is not UTF-8 is replaced.
fn read_text(path: &Path) -> Result<String, MlError> {
    read::read_text(path, MOST_TEXT_BYTES).map_err(|source| MlError::Read { path: path.to_path_buf(), source })
}

/// The clip's name without folder and extension: `blues/blues.00029.wav` is `blues.00029`.
pub fn clip_name(entry: &str) -> String {
    let file = entry.trim().rsplit(['/', '\\']).next().unwrap_or_default();
    for extension in [".wav", ".au", ".ogg", ".mp3", ".flac", ".png", ".m4a", ".opus"] {
        if let Some(stem) = file.strip_suffix(extension) {
            return stem.to_owned();
        }
    }
    file.to_owned()
}

/// The artist of each clip, from lines of `clip ::: artist ::: title` (B. L. Sturm's index of GTZAN); other lines are
/// skipped, and so are clips whose artist is not known.
///
/// # Errors
/// When the file cannot be read.
pub fn read_artists(path: &Path) -> Result<HashMap<String, String>, MlError> {
    let mut artists = HashMap::new();
    for line in read_text(path)?.lines() {
        let mut fields = line.split(":::").map(str::trim);
        if let (Some(clip), Some(artist)) = (fields.next(), fields.next())
            && !artist.is_empty()
        {
            artists.insert(clip_name(clip), artist.to_lowercase());
        }
    }
    Ok(artists)
}

/// The group of a clip for splitting: its artist, or one group for all clips of a genre whose artist is not known
/// (they may well be one).
pub fn group_of(artists: &HashMap<String, String>, clip: &str, genre: &str) -> String {
    artists.get(clip).cloned().unwrap_or_else(|| format!("unknown artist, {genre}"))
}

/// Assigns each clip to one of `folds` folds so that no group is in two folds and each genre is spread as evenly as
/// its groups allow: the largest group goes to the fold that has the fewest clips of its genre.
pub fn grouped_folds(groups: &[String], truth: &[usize], folds: usize, seed: u64) -> Vec<usize> {
    let mut clips_of_group: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (clip, group) in groups.iter().enumerate() {
        clips_of_group.entry(group).or_default().push(clip);
    }
    let mut order: Vec<Vec<usize>> = clips_of_group.into_values().collect();
    Rng::new(seed).shuffle(&mut order);
    order.sort_by_key(|clips| std::cmp::Reverse(clips.len()));
    let labels = truth.iter().max().map_or(0, |label| label + 1);
    let mut load = vec![vec![0usize; labels]; folds.max(1)];
    let mut fold_of_clip = vec![0; groups.len()];
    for clips in order {
        let genres: BTreeSet<usize> = clips.iter().map(|clip| truth[*clip]).collect();
        let filled = |fold: &usize| -> (usize, usize) {
            (genres.iter().map(|genre| load[*fold][*genre]).sum(), load[*fold].iter().sum())
        };
        let fold = (0..load.len()).min_by_key(filled).unwrap_or(0);
        for clip in clips {
            fold_of_clip[clip] = fold;
            load[fold][truth[clip]] += 1;
        }
    }
    fold_of_clip
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lose_folder_and_extension_only() {
        assert_eq!(clip_name("blues/blues.00029"), "blues.00029");
        assert_eq!(clip_name("blues\\blues.00029.wav\r\n"), "blues.00029");
        assert_eq!(clip_name(""), "");
    }

    #[test]
    fn artists_are_read_as_they_come() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("index.txt");
        std::fs::write(&path, b"## note\na.1.wav ::: Beyonc\xe9 ::: Song\na.2.wav ::: ::: \n\na.3.wav ::: X\n")
            .unwrap();
        let artists = read_artists(&path).unwrap();
        assert_eq!(artists.len(), 2);
        assert_eq!(group_of(&artists, "a.3", "a"), "x");
        assert_eq!(group_of(&artists, "a.2", "a"), group_of(&artists, "a.9", "a"));
    }

    #[test]
    fn no_group_is_in_two_folds_and_genres_are_spread() {
        let groups: Vec<String> = (0..60).map(|clip| format!("artist {}", clip / 3)).collect();
        let truth: Vec<usize> = (0..60).map(|clip| clip / 30).collect();
        let folds = grouped_folds(&groups, &truth, 5, 7);
        for (a, group_a) in groups.iter().enumerate() {
            for (b, group_b) in groups.iter().enumerate() {
                assert!(group_a != group_b || folds[a] == folds[b]);
            }
        }
        for fold in 0..5 {
            for genre in 0..2 {
                let count = (0..60).filter(|clip| folds[*clip] == fold && truth[*clip] == genre).count();
                assert_eq!(count, 6);
            }
        }
        assert_eq!(folds, grouped_folds(&groups, &truth, 5, 7), "a seed decides everything");
    }
}
