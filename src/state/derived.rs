//! What follows from the songs and the decision rule: each song's genre, the counts of the sidebar, places by identity.
//! Computed once for each change of the library or the rule, never in a frame.

use std::collections::HashMap;

use crate::base::TrackId;
use crate::library::filing::{Decision, DecisionRule, Filer, Filing, GenreSource};
use crate::library::model::Track;

use super::genre::GENRES;
use super::training::by_hand::{GenreSongs, by_hand};

/// A song's genre as an index into [`Derived::genres`], and who decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decided {
    /// Index into [`Derived::genres`].
    pub genre: u16,
    /// Who decided.
    pub source: GenreSource,
}

/// Where a song belongs; [`Filing`] with an index for the genre.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Filed {
    /// Under a genre.
    Genre(Decided),
    /// Heard, undecided, and there to be listened to.
    Unsure,
    /// Undecided, and a network can still hear it.
    NotHeard,
    /// Undecided, and missing or not playable.
    OutOfReach,
}

/// A genre and how many songs are filed under it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GenreCount {
    /// The genre's name as it is stored.
    pub name: String,
    /// The genre's name as it is shown.
    pub shown: String,
    /// Songs.
    pub count: usize,
}

/// Everything that follows from the songs and the rule.
#[derive(Clone, Debug, Default)]
pub struct Derived {
    /// For each song, in the snapshot's order: where it belongs.
    pub filed: Vec<Filed>,
    /// The ten genres first, in their fixed order, then those that people invented, by name.
    pub genres: Vec<GenreCount>,
    /// Songs that a person has filed and that can be trained on, by genre.
    pub by_hand: Vec<GenreSongs>,
    /// Songs of *Unsure*.
    pub unsure: usize,
    /// Songs that no one decided and that a network can still hear.
    pub not_heard: usize,
    /// Songs whose file is not there.
    pub missing: usize,
    /// Playing time of all songs.
    pub total_secs: f64,
    places: Vec<(TrackId, u32)>,
}

impl Derived {
    /// Looks at every song once.
    pub fn new(tracks: &[Track], rule: &DecisionRule) -> Self {
        let mut filer = Filer::new(rule);
        let filings: Vec<Filing> = tracks.iter().map(|track| filer.file(track)).collect();
        let mut invented: Vec<&str> = filings
            .iter()
            .filter_map(|filing| match filing {
                Filing::Genre(decision) => Some(decision.genre),
                _ => None,
            })
            .chain(tracks.iter().filter_map(best))
            .filter(|genre| !GENRES.contains(genre))
            .collect();
        invented.sort_unstable();
        invented.dedup();
        let mut genres: Vec<GenreCount> = GENRES.iter().map(|name| count(name)).collect();
        genres.extend(invented.into_iter().map(count));

        let index: HashMap<String, u16> =
            genres.iter().enumerate().map(|(place, genre)| (genre.name.clone(), place as u16)).collect();
        let mut derived = Self { filed: Vec::with_capacity(tracks.len()), genres, ..Self::default() };
        for (track, filing) in tracks.iter().zip(filings) {
            let filed = match filing {
                Filing::Genre(decision) => match index.get(decision.genre) {
                    Some(&genre) => {
                        derived.genres[usize::from(genre)].count += 1;
                        Filed::Genre(Decided { genre, source: decision.source })
                    }
                    // Every genre that decides was collected above.
                    None => Filed::OutOfReach,
                },
                Filing::Unsure => Filed::Unsure,
                Filing::NotHeard => Filed::NotHeard,
                Filing::OutOfReach => Filed::OutOfReach,
            };
            derived.unsure += usize::from(filed == Filed::Unsure);
            derived.not_heard += usize::from(filed == Filed::NotHeard);
            derived.missing += usize::from(track.missing);
            derived.total_secs += if track.duration_secs.is_finite() { track.duration_secs } else { 0.0 };
            derived.filed.push(filed);
        }
        derived.places = tracks.iter().enumerate().map(|(place, track)| (track.id, place as u32)).collect();
        derived.places.sort_unstable();
        derived.by_hand = by_hand(tracks);
        derived
    }

    /// A song's place in the snapshot.
    pub fn place_of(&self, id: TrackId) -> Option<usize> {
        let found = self.places.binary_search_by_key(&id, |(known, _)| *known).ok()?;
        Some(self.places[found].1 as usize)
    }

    /// The genre a song is filed under.
    pub fn genre_of(&self, place: usize) -> Option<(&GenreCount, GenreSource)> {
        let Filed::Genre(decided) = *self.filed.get(place)? else { return None };
        Some((self.genres.get(decided.genre as usize)?, decided.source))
    }

    /// Where a song belongs.
    pub fn filing(&self, place: usize) -> Filing<'_> {
        match self.filed.get(place) {
            Some(Filed::Genre(decided)) => match self.genres.get(usize::from(decided.genre)) {
                Some(genre) => Filing::Genre(Decision { genre: &genre.name, source: decided.source }),
                None => Filing::OutOfReach,
            },
            Some(Filed::Unsure) => Filing::Unsure,
            Some(Filed::NotHeard) => Filing::NotHeard,
            Some(Filed::OutOfReach) | None => Filing::OutOfReach,
        }
    }

    /// A genre's index by its stored name.
    pub fn genre_index(&self, name: &str) -> Option<u16> {
        self.genres.iter().position(|genre| genre.name == name).map(|place| place as u16)
    }
}

fn count(name: &str) -> GenreCount {
    GenreCount { name: name.to_owned(), shown: super::genre::display_name(name), count: 0 }
}

fn best(track: &Track) -> Option<&str> {
    Some(track.prediction.as_ref()?.top.first()?.genre.as_str())
}

#[cfg(test)]
pub(crate) mod tests {
    use std::sync::Arc;

    use crate::library::model::{GenreProbability, Prediction, UserGenre};

    use super::*;

    pub fn track(id: i64, best: Option<(&str, f32)>) -> Track {
        Track {
            id: TrackId(id),
            path: format!("/m/{id:06}.ogg").into(),
            title: format!("Song {id}"),
            artist: "".into(),
            album: "".into(),
            track_number: None,
            year: None,
            tag_genre: None,
            duration_secs: 60.0,
            format: "Ogg".into(),
            playable: true,
            missing: false,
            added_at: 0,
            more: None,
            user_genre: None,
            prediction: best.map(|(genre, probability)| {
                let rest = (1.0 - probability) / 2.0;
                let mut top = vec![GenreProbability { genre: genre.into(), probability }];
                top.extend(
                    ["rock", "pop"]
                        .iter()
                        .filter(|g| **g != genre)
                        .map(|other| GenreProbability { genre: (*other).into(), probability: rest }),
                );
                Arc::new(Prediction {
                    model_name: "m".into(),
                    model_hash: "h".into(),
                    top,
                    tags: Vec::new(),
                    heard_secs: 30.0,
                    note: None,
                    decided_at: 0,
                })
            }),
        }
    }

    #[test]
    fn agrees_with_the_model_s_own_decision() {
        let mut tracks = vec![
            track(3, Some(("jazz", 0.9))),
            track(1, Some(("jazz", 0.4))),
            track(2, None),
            track(4, Some(("rock", 0.6))),
            track(5, Some(("polka", 0.8))),
        ];
        tracks[3].tag_genre = Some("Hip-Hop".into());
        tracks[2].user_genre = Some(UserGenre { genre: "zydeco".into(), set_at: 1 });
        for trust_file_tags in [false, true] {
            let rule = DecisionRule {
                threshold: 0.5,
                trust_file_tags,
                genres: GENRES.iter().map(|genre| (*genre).to_owned()).collect(),
            };
            let derived = Derived::new(&tracks, &rule);
            for (place, track) in tracks.iter().enumerate() {
                let ours = derived.genre_of(place).map(|(genre, source)| (genre.name.as_str(), source));
                assert_eq!(ours, track.decision(&rule).map(|decision| (decision.genre, decision.source)));
                assert_eq!(derived.place_of(track.id), Some(place));
            }
            assert_eq!((derived.unsure, derived.not_heard), (1, 0));
            assert_eq!(derived.genres.iter().map(|genre| genre.count).sum::<usize>(), 4);
            assert_eq!(derived.genres[10].name, "polka");
        }
    }

    #[test]
    fn a_trusted_tag_names_a_genre_of_the_model_that_decides() {
        let mut tracks = vec![track(1, Some(("jazz", 0.9))), track(2, Some(("jazz", 0.9)))];
        (tracks[0].tag_genre, tracks[1].tag_genre) = (Some("Forró".into()), Some("Hip-Hop".into()));
        let rule = DecisionRule {
            threshold: 0.5,
            trust_file_tags: true,
            genres: vec!["forró".to_owned(), "jazz".to_owned()].into(),
        };
        let derived = Derived::new(&tracks, &rule);
        let decided = |place| derived.genre_of(place).map(|(genre, source)| (genre.name.as_str(), source));
        assert_eq!(decided(0), Some(("forró", GenreSource::File)));
        assert_eq!(decided(1), Some(("jazz", GenreSource::Network)), "this model knows no hip-hop");
        for (place, track) in tracks.iter().enumerate() {
            assert_eq!(decided(place), track.decision(&rule).map(|decision| (decision.genre, decision.source)));
        }
    }
}
