//! Which song of the library a song of an export is.

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;

use crate::library::fold;
use crate::library::sound_key::SoundKey;

use super::format::Song;
use super::paths::{PathMap, mapped, of_hex, unhex};

/// Lengths that differ by no more than this are the same, seconds.
const SAME_LENGTH_SECS: f64 = 1.0;

/// A song of the library, as far as it tells which one it is.
#[derive(Clone, Debug)]
pub(in crate::library) struct Candidate {
    pub id: i64,
    pub path: PathBuf,
    pub sound_key: Option<SoundKey>,
    pub title: String,
    pub artist: String,
    pub duration_secs: f64,
    /// Its file is there and its folder is one of the library's.
    pub is_here: bool,
}

/// How songs were found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Found {
    /// By their sound.
    pub by_sound: usize,
    /// At their path.
    pub by_path: usize,
    /// By title, artist and length.
    pub by_tags: usize,
}

/// The song of the library for each one of the export.
///
/// Equal sound wins; then what is at the path, unless that is known to be another sound and does not look the same; then
/// the only song of that title, artist and length.
pub(in crate::library) fn pair(songs: &[Song], maps: &[PathMap], library: &[Candidate]) -> (Vec<Option<i64>>, Found) {
    let mut by_key: HashMap<SoundKey, Vec<&Candidate>> = HashMap::new();
    let mut by_path: HashMap<&PathBuf, Vec<&Candidate>> = HashMap::new();
    let mut by_looks: HashMap<(String, String), Vec<&Candidate>> = HashMap::new();
    for candidate in library {
        if let Some(key) = candidate.sound_key {
            by_key.entry(key).or_default().push(candidate);
        }
        by_path.entry(&candidate.path).or_default().push(candidate);
        by_looks.entry(names(&candidate.title, &candidate.artist)).or_default().push(candidate);
    }
    let paths: Vec<PathBuf> = songs.iter().map(|song| path_of(song, maps)).collect();
    let keys: Vec<Option<SoundKey>> = songs.iter().map(key_of).collect();
    let mut pairs = vec![None; songs.len()];
    let mut found = Found::default();
    let mut taken = HashSet::new();
    for (index, key) in keys.iter().enumerate() {
        let Some(candidates) = key.and_then(|key| by_key.get(&key)) else { continue };
        let rank = |candidate: &&&Candidate| {
            (
                candidate.path == paths[index],
                !taken.contains(&candidate.id),
                candidate.is_here,
                std::cmp::Reverse(candidate.id),
            )
        };
        if let Some(best) = candidates.iter().max_by_key(rank) {
            pairs[index] = Some(best.id);
            taken.insert(best.id);
            found.by_sound += 1;
        }
    }
    for (index, song) in songs.iter().enumerate().filter(|(index, _)| pairs[*index].is_none()).collect::<Vec<_>>() {
        let fits = |candidate: &&&Candidate| {
            let is_other_sound = keys[index].is_some() && candidate.sound_key.is_some();
            !taken.contains(&candidate.id) && (!is_other_sound || looks_same(song, candidate))
        };
        let there = by_path.get(&paths[index]).into_iter().flatten();
        if let Some(best) = there.filter(fits).max_by_key(|candidate| candidate.is_here) {
            pairs[index] = Some(best.id);
            taken.insert(best.id);
            found.by_path += 1;
        }
    }
    for (index, song) in songs.iter().enumerate().filter(|(index, _)| pairs[*index].is_none()).collect::<Vec<_>>() {
        if song.title.trim().is_empty() {
            continue;
        }
        let alike = by_looks.get(&names(&song.title, &song.artist)).into_iter().flatten();
        let alike: Vec<_> =
            alike.filter(|candidate| !taken.contains(&candidate.id) && looks_same(song, candidate)).collect();
        // Several that look the same: nobody knows which one it is.
        let here: Vec<_> = alike.iter().filter(|candidate| candidate.is_here).collect();
        let only = match (here.as_slice(), alike.as_slice()) {
            ([only], _) => Some(only.id),
            ([], [only]) => Some(only.id),
            _ => None,
        };
        if let Some(id) = only {
            pairs[index] = Some(id);
            taken.insert(id);
            found.by_tags += 1;
        }
    }
    (pairs, found)
}

fn names(title: &str, artist: &str) -> (String, String) {
    (fold(title.trim()), fold(artist.trim()))
}

fn looks_same(song: &Song, candidate: &Candidate) -> bool {
    let known = song.duration_secs > 0.0 && candidate.duration_secs > 0.0;
    known
        && (song.duration_secs - candidate.duration_secs).abs() <= SAME_LENGTH_SECS
        && names(&song.title, &song.artist) == names(&candidate.title, &candidate.artist)
}

/// Where the song would be on this machine.
pub(in crate::library) fn path_of(song: &Song, maps: &[PathMap]) -> PathBuf {
    song.path_hex.as_deref().and_then(of_hex).unwrap_or_else(|| mapped(&song.path, maps))
}

fn key_of(song: &Song) -> Option<SoundKey> {
    unhex(song.sound.as_deref()?)?.try_into().ok()
}
