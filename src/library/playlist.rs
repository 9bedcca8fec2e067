//! Automatic playlists: which songs belong to which genre, and which to *Unsure*.

use std::path::Path;

use super::filing::{DecisionRule, Filer, Filing};
use super::model::{Track, same_genre};
use super::text::{Articles, SortKey, fold};

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
pub fn auto_playlists(tracks: &[Track], rule: &DecisionRule, articles: Articles) -> AutoPlaylists {
    let mut lists = AutoPlaylists::default();
    let mut filer = Filer::new(rule);
    for index in playlist_order(tracks, articles) {
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

/// Where a song stands among others: by album artist, album, disc, track, title, path, in this order. What the tags do
/// not tell comes last; numbers in names count by their value, leading articles of artists as it is wanted.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct OrderKey<'a> {
    artist: SortKey,
    on_album: AlbumKey,
    title: SortKey,
    path: &'a Path,
}

/// Where a song stands on its album, and its album among others of the same artist.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct AlbumKey {
    album: SortKey,
    disc: u32,
    track: u32,
}

impl<'a> OrderKey<'a> {
    /// Of one song.
    pub fn of(track: &'a Track, articles: Articles) -> Self {
        Self {
            artist: artist_key(track, articles),
            on_album: AlbumKey::of(track),
            title: SortKey::of(track.album_fields().title_sort.as_deref().unwrap_or(&track.title)),
            path: &track.path,
        }
    }
}

impl AlbumKey {
    /// Of one song.
    pub fn of(track: &Track) -> Self {
        let (disc, number) = position(track);
        let album = track.album_fields().album_sort.as_deref().unwrap_or(&track.album);
        Self { album: SortKey::of(album), disc, track: number }
    }
}

/// Whose album it is: by the name that the tags give for sorting, else by the name that is shown.
pub fn artist_key(track: &Track, articles: Articles) -> SortKey {
    let more = track.album_fields();
    // The sort name of the artist speaks of the album's artist only where that is the same.
    let is_same = more.album_artist.as_deref().is_none_or(|by| *by == *track.artist);
    let own = more.artist_sort.as_deref().filter(|_| is_same);
    SortKey::of_artist(more.album_artist_sort.as_deref().or(own).unwrap_or(track.album_artist()), articles)
}

/// Disc and track. Where no disc is named it is the first one; without a number they come last.
fn position(track: &Track) -> (u32, u32) {
    (track.album_fields().disc.unwrap_or(1), track.track_number.unwrap_or(u32::MAX))
}

/// The order of songs in a playlist, see [`OrderKey`].
pub fn playlist_order(tracks: &[Track], articles: Articles) -> Vec<usize> {
    let mut order: Vec<usize> = (0..tracks.len()).collect();
    order.sort_by_cached_key(|&index| OrderKey::of(&tracks[index], articles));
    order
}
