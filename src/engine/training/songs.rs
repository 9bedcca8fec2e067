//! The library as training data: which songs have a genre that a person set.

use std::collections::{BTreeMap, HashMap};

use crate::base::{DataDir, Report};
use crate::library::Library;
use crate::library::model::{Track, same_genre};
use crate::ml::MlError;
use crate::ml::dataset::{Sources, Track as Song};

/// The songs that can be trained on: their genre was set by hand, and their file is there and can be decoded. What counts
/// as one genre is spelt the same, as most songs have it.
pub fn songs(tracks: &[Track]) -> Vec<Song> {
    let chosen: Vec<(&Track, &str)> = tracks.iter().filter_map(|track| Some((track, genre(track)?))).collect();
    let spelling = spellings(chosen.iter().map(|(_, genre)| *genre));
    let song = |(track, genre): (&Track, &str)| Song {
        path: track.path.clone(),
        genre: spelling.get(genre).copied().unwrap_or(genre).to_owned(),
        artist: Some(track.artist.trim()).filter(|artist| !artist.is_empty()).map(str::to_owned),
    };
    chosen.into_iter().map(song).collect()
}

/// The genre that a person gave a song that can be trained on.
pub fn genre(track: &Track) -> Option<&str> {
    let user = track.user_genre.as_ref()?;
    (track.playable && !track.missing).then_some(user.genre.as_str())
}

/// For each spelling the most frequent one of the same genre, the first by name where two are as frequent.
pub fn spellings<'a>(genres: impl Iterator<Item = &'a str>) -> HashMap<&'a str, &'a str> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    genres.for_each(|genre| *counts.entry(genre).or_default() += 1);
    let mut by_count: Vec<(&str, usize)> = counts.into_iter().collect();
    by_count.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let mut heads: Vec<&str> = Vec::new();
    let mut spelling = HashMap::new();
    for (genre, _) in by_count {
        let head = heads.iter().copied().find(|head| same_genre(head, genre)).unwrap_or_else(|| {
            heads.push(genre);
            genre
        });
        spelling.insert(genre, head);
    }
    spelling
}

/// Puts the songs of the library in their place where `sources` want them; what has read them once stays as it is.
///
/// # Errors
/// When the library cannot be read, or no song has a genre that a person set.
pub fn read_library(sources: &mut Sources, data_dir: &DataDir) -> Result<(), MlError> {
    if !std::mem::take(&mut sources.library) {
        return Ok(());
    }
    let snapshot = Library::open(&data_dir.database()).and_then(|mut library| library.snapshot());
    let snapshot = snapshot
        .map_err(|error| MlError::Training(format!("the library cannot be read: {}", Report::from_error(&error))))?;
    sources.songs = songs(&snapshot.tracks);
    if sources.songs.is_empty() {
        let reason = "no song of the library has a genre that was set by hand; set some first (in the window with G, or with \
                      `timbre genre set FILE GENRE`)";
        return Err(MlError::Training(reason.into()));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::base::TrackId;
    use crate::library::model::UserGenre;

    use super::*;

    fn track(id: i64, genre: Option<&str>) -> Track {
        Track {
            id: TrackId(id),
            path: format!("/m/{id}.ogg").into(),
            title: String::new(),
            artist: if id % 2 == 0 { " Queen ".into() } else { "".into() },
            album: "".into(),
            track_number: None,
            year: None,
            tag_genre: Some("pop".into()),
            duration_secs: 1.0,
            format: "Ogg".into(),
            playable: id != 7,
            missing: id == 8,
            added_at: 0,
            more: None,
            in_file: None,
            user_genre: genre.map(|genre| UserGenre { genre: genre.into(), set_at: 0 }),
            prediction: None,
        }
    }

    #[test]
    fn songs_that_a_person_filed_are_taken_and_a_genre_has_one_spelling() {
        let genres =
            [Some("Hip-Hop"), Some("hiphop"), Some("hiphop"), Some("jazz"), None, None, Some("jazz"), Some("jazz")];
        let tracks: Vec<Track> = (1..).zip(genres).map(|(id, genre)| track(id, genre)).collect();
        let found = songs(&tracks);
        let told: Vec<_> = found.iter().map(|song| (song.path.to_str().unwrap(), song.genre.as_str())).collect();
        assert_eq!(
            told,
            [("/m/1.ogg", "hiphop"), ("/m/2.ogg", "hiphop"), ("/m/3.ogg", "hiphop"), ("/m/4.ogg", "jazz")],
            "what cannot be decoded or is not there is left out"
        );
        assert_eq!((found[0].artist.as_deref(), found[1].artist.as_deref()), (None, Some("Queen")));
    }
}
