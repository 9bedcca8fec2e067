//! Under which genre a song is filed, and whether it is *Unsure*. The window, the command line, the jobs and the search
//! all ask here.

use std::collections::HashMap;
use std::sync::Arc;

use serde::Serialize;

use super::model::{Track, same_genre};

/// Who decided a song's genre.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum GenreSource {
    /// A person, by hand.
    Person,
    /// The tag in the file (only where the user trusts those).
    File,
    /// A network, above the user's threshold.
    Network,
}

/// How predictions become decisions. Part of the user's settings.
#[derive(Clone, Debug, PartialEq)]
pub struct DecisionRule {
    /// A network's best genre below this probability leaves the song in Unsure, 0..1.
    pub threshold: f32,
    /// A genre tag in the file that names one of `genres` decides before the network does.
    pub trust_file_tags: bool,
    /// The genres that a trusted file tag may name.
    pub genres: Arc<[String]>,
}

/// The genre a song is filed under, borrowed from the track or the rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decision<'a> {
    /// The genre's name.
    pub genre: &'a str,
    /// Who decided.
    pub source: GenreSource,
}

/// Where a song belongs. Every song belongs to exactly one of these.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Filing<'a> {
    /// Under a genre.
    Genre(Decision<'a>),
    /// A network heard it, no one could decide, and it is there to be listened to.
    Unsure,
    /// No one decided and no network heard it yet, but one can.
    NotHeard,
    /// No one decided, and no one can listen to it: its file is missing, or it cannot be decoded.
    OutOfReach,
}

/// Files songs by one rule. Asks about each spelling of a tag only once, so that a large library is quick.
#[derive(Debug)]
pub struct Filer<'a> {
    rule: &'a DecisionRule,
    /// Of each spelling of a tag, the genre that it names.
    tags: HashMap<&'a str, Option<&'a str>>,
}

impl<'a> Filer<'a> {
    /// Files by this rule.
    pub fn new(rule: &'a DecisionRule) -> Self {
        Self { rule, tags: HashMap::new() }
    }

    /// Where a song belongs.
    pub fn file(&mut self, track: &'a Track) -> Filing<'a> {
        let Self { rule, tags } = self;
        file(track, rule.threshold, |tag| *tags.entry(tag).or_insert_with(|| rule.genre_of_tag(tag)))
    }
}

impl DecisionRule {
    /// The genre that a trusted tag names.
    fn genre_of_tag(&self, tag: &str) -> Option<&str> {
        if !self.trust_file_tags {
            return None;
        }
        self.genres.iter().find(|genre| same_genre(genre, tag)).map(String::as_str)
    }
}

impl Track {
    /// Where the song belongs. For many songs a [`Filer`] is quicker.
    pub fn filing<'a>(&'a self, rule: &'a DecisionRule) -> Filing<'a> {
        file(self, rule.threshold, |tag| rule.genre_of_tag(tag))
    }

    /// The genre under which the song is filed, if there is one.
    pub fn decision<'a>(&'a self, rule: &'a DecisionRule) -> Option<Decision<'a>> {
        match self.filing(rule) {
            Filing::Genre(decision) => Some(decision),
            Filing::Unsure | Filing::NotHeard | Filing::OutOfReach => None,
        }
    }

    /// Whether the song belongs to *Unsure*.
    pub fn is_unsure(&self, rule: &DecisionRule) -> bool {
        self.filing(rule) == Filing::Unsure
    }
}

/// The one answer. A person wins over everything; then, if trusted, the file's own tag; then a network above the
/// threshold.
fn file<'a>(track: &'a Track, threshold: f32, genre_of_tag: impl FnOnce(&'a str) -> Option<&'a str>) -> Filing<'a> {
    if let Some(user) = &track.user_genre {
        return Filing::Genre(Decision { genre: &user.genre, source: GenreSource::Person });
    }
    if let Some(genre) = track.tag_genre.as_deref().and_then(genre_of_tag) {
        return Filing::Genre(Decision { genre, source: GenreSource::File });
    }
    let best = track.prediction.as_ref().and_then(|prediction| prediction.top.first());
    if let Some(best) = best.filter(|best| best.probability >= threshold) {
        return Filing::Genre(Decision { genre: &best.genre, source: GenreSource::Network });
    }
    if track.missing || !track.playable {
        Filing::OutOfReach
    } else if track.prediction.is_some() {
        Filing::Unsure
    } else {
        Filing::NotHeard
    }
}

#[cfg(test)]
mod tests {
    use crate::base::TrackId;
    use crate::library::Name;
    use crate::library::model::{GenreProbability, Prediction, UserGenre};

    use super::*;

    fn track(user: Option<&str>, tag: Option<&str>, best: Option<(&str, f32)>) -> Track {
        Track {
            id: TrackId(1),
            path: "/m/a.ogg".into(),
            title: "a".into(),
            artist: "".into(),
            album: "".into(),
            track_number: None,
            year: None,
            tag_genre: tag.map(Name::from),
            duration_secs: 1.0,
            format: "Ogg".into(),
            playable: true,
            missing: false,
            added_at: 0,
            more: None,
            in_file: None,
            user_genre: user.map(|genre| UserGenre { genre: genre.into(), set_at: 0 }),
            prediction: best.map(|(genre, probability)| {
                Arc::new(Prediction {
                    model_name: "m".into(),
                    model_hash: "h".into(),
                    top: vec![GenreProbability { genre: genre.into(), probability }],
                    tags: Vec::new(),
                    heard_secs: 1.0,
                    note: None,
                    decided_at: 0,
                })
            }),
        }
    }

    fn rule(trust_file_tags: bool) -> DecisionRule {
        DecisionRule { threshold: 0.5, trust_file_tags, genres: vec!["hiphop".to_owned(), "jazz".to_owned()].into() }
    }

    #[test]
    fn a_person_wins_then_a_trusted_tag_then_the_network() {
        let source = |track: &Track, trust| track.decision(&rule(trust)).map(|d| (d.genre.to_owned(), d.source));
        let all = track(Some("blues"), Some("Hip-Hop"), Some(("jazz", 0.9)));
        assert_eq!(source(&all, true), Some(("blues".into(), GenreSource::Person)));
        let tagged = track(None, Some("Hip-Hop"), Some(("jazz", 0.9)));
        assert_eq!(source(&tagged, true), Some(("hiphop".into(), GenreSource::File)));
        assert_eq!(source(&tagged, false), Some(("jazz".into(), GenreSource::Network)));
        assert!(same_genre("Hip-Hop", "hip hop") && !same_genre("rock", "rocks") && !same_genre("rocks", "rock"));
        assert_eq!(source(&track(None, Some("Soundtrack"), Some(("jazz", 0.4))), true), None);
    }

    #[test]
    fn every_song_belongs_to_exactly_one_place_and_a_filer_says_the_same() {
        let rule = rule(true);
        let mut filed = 0;
        for user in [None, Some("blues")] {
            for tag in [None, Some("Hip-Hop"), Some("Soundtrack")] {
                for best in [None, Some(("jazz", 0.4)), Some(("jazz", 0.5))] {
                    for (playable, missing) in [(true, false), (true, true), (false, false), (false, true)] {
                        let track = Track { playable, missing, ..track(user, tag, best) };
                        let wanted = if user.is_some() || tag == Some("Hip-Hop") || best == Some(("jazz", 0.5)) {
                            filed += 1;
                            None
                        } else if missing || !playable {
                            Some(Filing::OutOfReach)
                        } else {
                            Some(if best.is_some() { Filing::Unsure } else { Filing::NotHeard })
                        };
                        let got = track.filing(&rule);
                        assert_eq!(Some(got).filter(|filing| !matches!(filing, Filing::Genre(_))), wanted);
                        assert_eq!(Filer::new(&rule).file(&track), got);
                        assert_eq!(track.is_unsure(&rule), wanted == Some(Filing::Unsure));
                    }
                }
            }
        }
        assert_eq!(filed, 4 * (9 + 3 + 2));
    }
}
