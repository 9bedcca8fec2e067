//! The library as training data: how many songs of each genre a person has filed.

use std::collections::{BTreeMap, HashSet};

use crate::engine::training::songs::{genre, spellings};
use crate::library::model::Track;

use super::Training;

/// A genre with fewer songs can hardly be learnt, and its score says little.
pub const FEWEST_SONGS: usize = 10;
/// So many genres must have [`FEWEST_SONGS`] before a network can be trained on the library.
pub const FEWEST_GENRES: usize = 2;

/// Songs of one genre that a person has filed, and that can be trained on.
#[derive(Clone, Debug, PartialEq)]
pub struct GenreSongs {
    /// Its name, as most of its songs spell it.
    pub genre: String,
    /// Songs.
    pub songs: usize,
    /// Artists that the songs' tags name.
    pub artists: usize,
    /// Their length in all, seconds.
    pub secs: f64,
}

/// The genres by name. Looks at every song.
pub fn by_hand(tracks: &[Track]) -> Vec<GenreSongs> {
    let chosen: Vec<(&str, &Track)> = tracks.iter().filter_map(|track| Some((genre(track)?, track))).collect();
    let spelling = spellings(chosen.iter().map(|(genre, _)| *genre));
    let mut genres: BTreeMap<&str, (usize, HashSet<String>, f64)> = BTreeMap::new();
    for (genre, track) in chosen {
        let (songs, artists, secs) = genres.entry(spelling.get(genre).copied().unwrap_or(genre)).or_default();
        *songs += 1;
        *secs += track.duration_secs;
        let artist = track.artist.trim().to_lowercase();
        if !artist.is_empty() {
            artists.insert(artist);
        }
    }
    let count = |(genre, (songs, artists, secs)): (&str, (usize, HashSet<String>, f64))| GenreSongs {
        genre: genre.to_owned(),
        songs,
        artists: artists.len(),
        secs,
    };
    genres.into_iter().map(count).collect()
}

impl Training {
    /// The library has changed: what was found in its songs before may not hold any more.
    pub(in crate::state) fn library_changed(&mut self, by_hand: &[GenreSongs]) {
        if self.by_hand == by_hand {
            return;
        }
        self.by_hand = by_hand.to_vec();
        if self.checked.as_ref().is_some_and(|(sources, _)| sources.library) {
            self.checked = None;
        }
    }

    /// Why the songs of the library do not suffice to train on; none where they do.
    pub fn library_obstacle(&self) -> Option<String> {
        let enough = self.by_hand.iter().filter(|genre| genre.songs >= FEWEST_SONGS).count();
        (enough < FEWEST_GENRES).then(|| {
            format!(
                "At least {FEWEST_GENRES} genres need {FEWEST_SONGS} songs each whose genre you have set by hand; \
                 {enough} of them have that many."
            )
        })
    }

    /// What is known of the form's clips, as far as they were counted.
    pub(super) fn counted(&self) -> Option<Counted> {
        let sources = &self.setup.config.sources;
        match (self.check_of(sources), sources.library) {
            (Some(check), _) => {
                let sounds: usize = check.genres.iter().map(|genre| genre.sounds).sum();
                let minutes: f64 = check.genres.iter().map(|genre| genre.minutes).sum();
                let genres = check.genres.iter().filter(|genre| genre.clips > 0).count();
                Some(Counted { clips: check.clips, genres, clip_secs: minutes * 60.0 / sounds.max(1) as f64 })
            }
            (None, true) if sources.folders.is_empty() => {
                let songs: usize = self.by_hand.iter().map(|genre| genre.songs).sum();
                let secs: f64 = self.by_hand.iter().map(|genre| genre.secs).sum();
                let genres = self.by_hand.len();
                Some(Counted { clips: songs, genres, clip_secs: secs / songs.max(1) as f64 })
            }
            _ => None,
        }
    }
}

/// How many clips there are.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Counted {
    /// All of them.
    pub clips: usize,
    /// Genres that have some.
    pub genres: usize,
    /// Mean length of those with sound, seconds; 0 where that is not known.
    pub clip_secs: f64,
}

#[cfg(test)]
mod tests {
    use crate::library::model::UserGenre;
    use crate::state::derived::tests::track;

    use super::*;

    #[test]
    fn songs_are_counted_by_genre_and_too_few_are_an_obstacle() {
        let filed = |id: i64, genre: &str| Track {
            user_genre: Some(UserGenre { genre: genre.into(), set_at: 0 }),
            artist: format!("Artist {}", id % 3).into(),
            ..track(id, None)
        };
        let mut tracks: Vec<Track> = (0..12).map(|id| filed(id, if id < 4 { "Hip-Hop" } else { "hiphop" })).collect();
        tracks.extend((20..29).map(|id| filed(id, "jazz")));
        tracks.push(track(40, Some(("jazz", 0.9))));
        tracks.push(Track { missing: true, ..filed(41, "jazz") });
        let mut training = Training::default();
        training.library_changed(&by_hand(&tracks));
        let hiphop = GenreSongs { genre: "hiphop".into(), songs: 12, artists: 3, secs: 720.0 };
        assert_eq!(training.by_hand, [hiphop, GenreSongs { genre: "jazz".into(), songs: 9, artists: 3, secs: 540.0 }]);
        assert!(training.library_obstacle().unwrap().contains("1 of them"));
        tracks.push(filed(42, "jazz"));
        training.library_changed(&by_hand(&tracks));
        assert_eq!(training.library_obstacle(), None);
        training.setup.config.sources.library = true;
        assert_eq!(training.counted(), Some(Counted { clips: 22, genres: 2, clip_secs: 60.0 }));
    }
}
