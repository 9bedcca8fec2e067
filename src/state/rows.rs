//! Which songs the table shows, in which order.

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::library::model::{Playlist, Track};
use crate::library::playlist::{AlbumKey, artist_key};
use crate::library::query::Query;
use crate::library::{Articles, SortKey};

use super::app::Source;
use super::derived::{Derived, Filed};

/// The columns of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Column {
    /// The order that the list itself has: a playlist's own.
    Order,
    /// Title.
    Title,
    /// Artist, then album, then position on it.
    Artist,
    /// Who the album is by, then album, then position on it.
    AlbumArtist,
    /// Album, then position on it.
    Album,
    /// Which disc of the album, then position on it.
    Disc,
    /// Position on the album.
    TrackNumber,
    /// Composers.
    Composer,
    /// Genre.
    Genre,
    /// How sure the network is.
    Confidence,
    /// Playing time.
    Length,
    /// Year of release.
    Year,
    /// Container or codec.
    Format,
    /// When the library first saw it.
    Added,
}

/// Upwards or downwards.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// Smallest or A first.
    Ascending,
    /// Largest or Z first.
    Descending,
}

/// By what the table is sorted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sort {
    /// The column.
    pub column: Column,
    /// Its direction.
    pub direction: Direction,
}

impl Sort {
    /// Sorted by a column, in the direction in which people want it first.
    pub fn by(column: Column) -> Self {
        let direction = match column {
            Column::Confidence | Column::Added => Direction::Descending,
            _ => Direction::Ascending,
        };
        Self { column, direction }
    }

    /// The other direction.
    #[must_use]
    pub fn turned(self) -> Self {
        let direction = match self.direction {
            Direction::Ascending => Direction::Descending,
            Direction::Descending => Direction::Ascending,
        };
        Self { direction, ..self }
    }
}

/// The rows: places in the snapshot, in the order of the table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rows {
    /// Places of the songs in the snapshot.
    pub places: Vec<u32>,
    /// For a playlist: the position of each row in it. Else empty.
    pub positions: Vec<u32>,
}

/// Filters and sorts. Everything costs one pass over the songs plus the sort of what is left.
pub fn rows(
    tracks: &[Track],
    derived: &Derived,
    playlists: &[Playlist],
    source: &Source,
    search: &str,
    sort: Sort,
    articles: Articles,
) -> Rows {
    let query = Query::parse(search);
    let found = |scratch: &mut String, place: usize| {
        query.is_empty() || query.matches_filed(&tracks[place], derived.filing(place), scratch)
    };
    let mut pairs: Vec<(u32, u32)> = match source {
        Source::Playlist(id) => {
            let entries = playlists.iter().find(|list| list.id == *id).map_or(&[][..], |list| &list.tracks);
            let mut scratch = String::new();
            entries
                .iter()
                .enumerate()
                .filter_map(|(position, track)| Some((derived.place_of(*track)?, position)))
                .filter(|(place, _)| found(&mut scratch, *place))
                .map(|(place, position)| (place as u32, position as u32))
                .collect()
        }
        Source::Problems => Vec::new(),
        _ => {
            let genre = match source {
                Source::Genre(name) => derived.genre_index(name),
                _ => None,
            };
            (0..tracks.len())
                .into_par_iter()
                .filter(|place| {
                    let filed = derived.filed.get(*place).copied();
                    match source {
                        Source::Genre(_) => match filed {
                            Some(Filed::Genre(decided)) => Some(decided.genre) == genre,
                            _ => false,
                        },
                        Source::Unsure => filed == Some(Filed::Unsure),
                        Source::NotHeard => filed == Some(Filed::NotHeard),
                        _ => true,
                    }
                })
                .map_init(String::new, |scratch, place| found(scratch, place).then_some((place as u32, 0)))
                .flatten()
                .collect()
        }
    };
    order(&mut pairs, tracks, derived, sort, articles);
    let is_playlist = matches!(source, Source::Playlist(_));
    Rows {
        places: pairs.iter().map(|(place, _)| *place).collect(),
        positions: if is_playlist { pairs.iter().map(|(_, position)| *position).collect() } else { Vec::new() },
    }
}

/// Stable: equal songs keep the order of their paths.
fn order(pairs: &mut [(u32, u32)], tracks: &[Track], derived: &Derived, sort: Sort, articles: Articles) {
    let track = |pair: &(u32, u32)| &tracks[pair.0 as usize];
    match sort.column {
        Column::Order => {}
        Column::Title => pairs.par_sort_by_cached_key(|pair| SortKey::of(&track(pair).title)),
        Column::Artist => pairs.par_sort_by_cached_key(|pair| {
            let track = track(pair);
            (artist_key(track, articles), AlbumKey::of(track))
        }),
        Column::AlbumArtist => pairs.par_sort_by_cached_key(|pair| {
            let track = track(pair);
            let more = track.album_fields();
            let by = more.album_artist_sort.as_deref().or(more.album_artist.as_deref()).unwrap_or_default();
            (SortKey::of_artist(by, articles), AlbumKey::of(track))
        }),
        Column::Composer => pairs.par_sort_by_cached_key(|pair| {
            let track = track(pair);
            (SortKey::of(track.album_fields().composer.as_deref().unwrap_or_default()), AlbumKey::of(track))
        }),
        Column::Disc => pairs.par_sort_by_cached_key(|pair| {
            let track = track(pair);
            (track.album_fields().disc.unwrap_or(u32::MAX), AlbumKey::of(track))
        }),
        Column::Album => pairs.par_sort_by_cached_key(|pair| AlbumKey::of(track(pair))),
        Column::TrackNumber => pairs.sort_by_key(|pair| (track(pair).track_number.is_none(), track(pair).track_number)),
        Column::Genre => {
            pairs.sort_by_key(|pair| match derived.filed[pair.0 as usize] {
                Filed::Genre(decided) => u32::from(decided.genre),
                Filed::Unsure | Filed::NotHeard | Filed::OutOfReach => u32::MAX,
            });
        }
        Column::Confidence => {
            pairs.sort_by(|a, b| {
                let sure = |pair| track(pair).confidence().unwrap_or(-1.0);
                sure(a).total_cmp(&sure(b))
            });
        }
        Column::Length => pairs.sort_by(|a, b| track(a).duration_secs.total_cmp(&track(b).duration_secs)),
        Column::Year => pairs.sort_by_key(|pair| (track(pair).year.is_none(), track(pair).year)),
        Column::Format => pairs.sort_by(|a, b| track(a).format.cmp(&track(b).format)),
        Column::Added => pairs.sort_by_key(|pair| track(pair).added_at),
    }
    if sort.direction == Direction::Descending {
        pairs.reverse();
    }
}

#[cfg(test)]
mod tests {
    use crate::base::{PlaylistId, TrackId};
    use crate::library::filing::DecisionRule;
    use crate::library::model::AlbumFields;
    use crate::state::derived::tests::track;
    use crate::state::genre::first_rule;

    use super::*;

    fn rule() -> DecisionRule {
        first_rule()
    }

    fn library() -> (Vec<Track>, Derived) {
        let mut tracks: Vec<Track> = vec![
            track(1, Some(("jazz", 0.9))),
            track(2, Some(("rock", 0.3))),
            track(3, None),
            track(4, Some(("jazz", 0.7))),
        ];
        for (track, artist) in tracks.iter_mut().zip(["Zoë", "abba", "", "Миша"]) {
            track.artist = artist.into();
        }
        let derived = Derived::new(&tracks, &rule());
        (tracks, derived)
    }

    fn ids(source: &Source, search: &str, sort: Sort) -> Vec<i64> {
        let (tracks, derived) = library();
        let lists = [Playlist { id: PlaylistId(7), name: "Mix".into(), tracks: [4, 9, 2, 4].map(TrackId).to_vec() }];
        let rows = rows(&tracks, &derived, &lists, source, search, sort, Articles::Ignored);
        rows.places.iter().map(|place| tracks[*place as usize].id.0).collect()
    }

    #[test]
    fn sources_filter_and_columns_sort() {
        let artist = Sort::by(Column::Artist);
        assert_eq!(ids(&Source::All, "", artist), [2, 1, 4, 3], "without case, empty last");
        assert_eq!(ids(&Source::All, "", artist.turned()), [3, 4, 1, 2]);
        assert_eq!(ids(&Source::All, "", Sort::by(Column::Confidence)), [1, 4, 2, 3]);
        assert_eq!(ids(&Source::Genre("jazz".into()), "", artist), [1, 4]);
        assert_eq!(ids(&Source::Genre("tango".into()), "", artist), [0; 0]);
        assert_eq!(ids(&Source::Unsure, "", artist), [2]);
        assert_eq!(ids(&Source::NotHeard, "", artist), [3]);
    }

    #[test]
    fn album_artists_composers_and_discs_sort_and_articles_as_it_is_wanted() {
        let (mut tracks, _) = library();
        for (track, (by, disc, composer)) in tracks.iter_mut().zip([
            ("The Beatles", 2, ""),
            ("Cream", 1, "Zimmer"),
            ("", 0, "Bach"),
            ("Abba", 1, "Bach"),
        ]) {
            track.artist = "Various".into();
            track.more = Some(Box::new(AlbumFields {
                album_artist: Some(by.into()).filter(|_| !by.is_empty()),
                disc: Some(disc).filter(|disc| *disc > 0),
                composer: Some(composer.into()).filter(|_| !composer.is_empty()),
                ..AlbumFields::default()
            }));
        }
        let derived = Derived::new(&tracks, &rule());
        let ids = |column, articles| -> Vec<i64> {
            let rows = rows(&tracks, &derived, &[], &Source::All, "", Sort::by(column), articles);
            rows.places.iter().map(|place| tracks[*place as usize].id.0).collect()
        };
        assert_eq!(ids(Column::AlbumArtist, Articles::Ignored), [4, 1, 2, 3]);
        assert_eq!(ids(Column::AlbumArtist, Articles::Counted), [4, 2, 1, 3]);
        assert_eq!(ids(Column::Artist, Articles::Counted), [4, 2, 1, 3]);
        assert_eq!(ids(Column::Disc, Articles::Ignored), [2, 4, 1, 3]);
        assert_eq!(ids(Column::Composer, Articles::Ignored), [3, 4, 2, 1]);
    }

    #[test]
    fn a_search_looks_at_title_artist_album_and_genre_in_any_script() {
        let artist = Sort::by(Column::Artist);
        assert_eq!(ids(&Source::All, "JAZZ song", artist), [1, 4]);
        assert_eq!(ids(&Source::All, "миша", artist), [4]);
        assert_eq!(ids(&Source::All, "jazz abba", artist), [0; 0]);
        assert_eq!(ids(&Source::All, "zoe", artist), [1], "without accents");
        assert_eq!(ids(&Source::All, "genre:jazz -zoe", artist), [4]);
    }

    #[test]
    fn a_playlist_keeps_its_order_and_its_doubles() {
        let list = Source::Playlist(PlaylistId(7));
        assert_eq!(ids(&list, "", Sort::by(Column::Order)), [4, 2, 4]);
        let (tracks, derived) = library();
        let lists = [Playlist { id: PlaylistId(7), name: "Mix".into(), tracks: [4, 9, 2, 4].map(TrackId).to_vec() }];
        let rows = rows(&tracks, &derived, &lists, &list, "", Sort::by(Column::Artist), Articles::Ignored);
        assert_eq!(rows.positions, [2, 0, 3]);
    }
}
