//! Automatic playlists: which songs belong to which genre, and which to *Unsure*.

use super::filing::{DecisionRule, Filer, Filing};
use super::model::{Track, same_genre};
use super::text::fold;

/// The songs of one genre.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GenreList {
    /// The genre, spelled as the rule spells it, else as its first song does.
    pub genre: String,
    /// Positions in the list of tracks, in playlist order. Missing songs are among them.
    pub tracks: Vec<usize>,
}

/// All automatic playlists.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AutoPlaylists {
    /// Genres that have songs, ordered by name.
    pub genres: Vec<GenreList>,
    /// Positions of the songs without a certain genre, in playlist order.
    pub unsure: Vec<usize>,
}

/// Sorts all songs into the automatic playlists. Different spellings of a genre are one playlist.
pub fn auto_playlists(tracks: &[Track], rule: &DecisionRule) -> AutoPlaylists {
    let mut lists = AutoPlaylists::default();
    let mut filer = Filer::new(rule);
    for index in playlist_order(tracks) {
        match filer.file(&tracks[index]) {
            Filing::Genre(decision) => {
                let exact = lists.genres.iter().position(|list| list.genre == decision.genre);
                let known =
                    exact.or_else(|| lists.genres.iter().position(|list| same_genre(&list.genre, decision.genre)));
                match known {
                    Some(position) => lists.genres[position].tracks.push(index),
                    None => {
                        let spelled = rule.genres.iter().find(|genre| same_genre(genre, decision.genre));
                        let genre = spelled.map_or(decision.genre, String::as_str).to_owned();
                        lists.genres.push(GenreList { genre, tracks: vec![index] });
                    }
                }
            }
            Filing::Unsure => lists.unsure.push(index),
            Filing::NotHeard | Filing::OutOfReach => {}
        }
    }
    lists.genres.sort_by_cached_key(|list| (fold(&list.genre), list.genre.clone()));
    lists
}

/// The order of songs in a playlist: artist, album, track number, title, path. Songs that do not tell come last.
pub fn playlist_order(tracks: &[Track]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..tracks.len()).collect();
    let text = |text: &str| (text.is_empty(), fold(text));
    order.sort_by_cached_key(|&index| {
        let track = &tracks[index];
        let number = track.track_number.unwrap_or(u32::MAX);
        (text(&track.artist), text(&track.album), number, text(&track.title), &track.path)
    });
    order
}
