//! The fields of an album in the rows of songs.

use rusqlite::ToSql;

use super::values::Values;
use crate::library::model::AlbumFields;
use crate::library::tags::SongTags;

/// The columns, in the order in which they are written and read.
pub(super) const COLUMNS: [&str; 19] = [
    "album_artist",
    "artists",
    "tag_genres",
    "disc",
    "disc_total",
    "track_total",
    "compilation",
    "original_year",
    "composer",
    "comment",
    "title_sort",
    "artist_sort",
    "album_sort",
    "album_artist_sort",
    "bpm",
    "musical_key",
    "rating",
    "musicbrainz",
    "tag_note",
];

/// What the columns get of a song's tags.
pub(super) struct Stored<'a> {
    tags: &'a SongTags,
    artists: Option<String>,
    genres: Option<String>,
    musicbrainz: Option<String>,
}

impl<'a> Stored<'a> {
    /// Of these tags.
    pub fn of(tags: &'a SongTags) -> Self {
        let list = |values: &[String]| (values.len() > 1).then(|| values.join("\n"));
        let musicbrainz = [&tags.musicbrainz_recording, &tags.musicbrainz_release, &tags.musicbrainz_artist]
            .map(|text| text.as_deref().unwrap_or_default());
        let musicbrainz = musicbrainz.iter().any(|text| !text.is_empty()).then(|| musicbrainz.join("\n"));
        Self { tags, artists: list(&tags.artists), genres: list(&tags.genres), musicbrainz }
    }

    /// The values of [`COLUMNS`].
    pub fn values(&self) -> [&dyn ToSql; COLUMNS.len()] {
        let tags = self.tags;
        [
            &tags.album_artist,
            &self.artists,
            &self.genres,
            &tags.disc,
            &tags.disc_total,
            &tags.track_total,
            &tags.compilation,
            &tags.original_year,
            &tags.composer,
            &tags.comment,
            &tags.title_sort,
            &tags.artist_sort,
            &tags.album_sort,
            &tags.album_artist_sort,
            &tags.bpm,
            &tags.key,
            &tags.rating,
            &self.musicbrainz,
            &tags.note,
        ]
    }
}

/// Reads [`COLUMNS`] from column `first` on; `None` when there is nothing in them. A damaged value is as good as none.
pub(super) fn read(values: &mut Values<'_, '_>, first: usize) -> Option<Box<AlbumFields>> {
    fn list(text: Option<String>) -> Vec<String> {
        text.map(|text| text.lines().map(str::to_owned).collect()).unwrap_or_default()
    }
    let mut musicbrainz = list(values.optional_text(first + 17))
        .into_iter()
        .map(|text| Some(text.into_boxed_str()).filter(|text| !text.is_empty()));
    let mut text = |column: usize| values.optional_text(first + column).map(String::into_boxed_str);
    let (album_artist, composer, comment, key, note) = (text(0), text(8), text(9), text(15), text(18));
    let (title_sort, artist_sort, album_sort, album_artist_sort) = (text(10), text(11), text(12), text(13));
    let fields = AlbumFields {
        album_artist,
        artists: list(values.optional_text(first + 1)),
        genres: list(values.optional_text(first + 2)),
        disc: values.optional_integer(first + 3),
        disc_total: values.optional_integer(first + 4),
        track_total: values.optional_integer(first + 5),
        compilation: values.flag(first + 6).unwrap_or_default(),
        original_year: values.optional_integer(first + 7),
        composer,
        comment,
        title_sort,
        artist_sort,
        album_sort,
        album_artist_sort,
        bpm: values.optional_integer(first + 14),
        key,
        rating: values.optional_integer(first + 16),
        musicbrainz_recording: musicbrainz.next().flatten(),
        musicbrainz_release: musicbrainz.next().flatten(),
        musicbrainz_artist: musicbrainz.next().flatten(),
        note,
    };
    (fields != AlbumFields::default()).then(|| Box::new(fields))
}
