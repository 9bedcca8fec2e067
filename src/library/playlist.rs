//! Automatic playlists: which songs belong to which genre, and which to *Unsure*.

use super::model::{DecisionRule, Track, same_genre};
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

/// Whether a song belongs to *Unsure*: it can be played, is there, was heard by a network, and no genre was decided.
pub fn is_unsure(track: &Track, rule: &DecisionRule) -> bool {
    track.playable && !track.missing && track.prediction.is_some() && track.decision(rule).is_none()
}

/// Sorts all songs into the automatic playlists. Different spellings of a genre are one playlist.
pub fn auto_playlists(tracks: &[Track], rule: &DecisionRule) -> AutoPlaylists {
    let mut lists = AutoPlaylists::default();
    for index in playlist_order(tracks) {
        let track = &tracks[index];
        match track.decision(rule) {
            Some(decision) => {
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
            None if is_unsure(track, rule) => lists.unsure.push(index),
            None => {}
        }
    }
    lists.genres.sort_by_cached_key(|list| (fold(&list.genre), list.genre.clone()));
    lists
}

/// The order of songs in a playlist: the album's artist, album, disc, track number, title, path; names that tags give for
/// sorting come before those that are shown. Songs that do not tell come last.
pub fn playlist_order(tracks: &[Track]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..tracks.len()).collect();
    let text = |text: &str| (text.is_empty(), fold(text));
    order.sort_by_cached_key(|&index| {
        let track = &tracks[index];
        let more = track.album_fields();
        // The sort name of the artist speaks of the album's artist only where that is the same.
        let own =
            more.artist_sort.as_deref().filter(|_| more.album_artist.as_deref().is_none_or(|by| by == track.artist));
        let by = more.album_artist_sort.as_deref().or(own).unwrap_or(track.album_artist());
        let album = more.album_sort.as_deref().unwrap_or(&track.album);
        let number = (more.disc.unwrap_or(1), track.track_number.unwrap_or(u32::MAX));
        let title = more.title_sort.as_deref().unwrap_or(&track.title);
        (text(by), text(album), number, text(title), &track.path)
    });
    order
}
