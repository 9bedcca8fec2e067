//! The fields of an album in the rows of songs.

use rusqlite::{Transaction, params};

use super::values::Values;
use crate::library::model::AlbumFields;
use crate::library::tags::{SongTags, TAGS_VERSION};

/// The columns that [`read`] takes, in order.
pub(super) const COLUMNS: &str = "t.album_artist, t.artists, t.tag_genres, t.disc, t.disc_total, t.track_total, \
     t.compilation, t.original_year, t.composer, t.comment, t.title_sort, t.artist_sort, t.album_sort, \
     t.album_artist_sort, t.bpm, t.musical_key, t.rating, t.musicbrainz, t.tag_note";

/// Writes what the tags say, and that the reader of today read them.
pub(super) fn write(transaction: &Transaction<'_>, id: i64, tags: &SongTags) -> rusqlite::Result<()> {
    let list = |values: &[String]| (values.len() > 1).then(|| values.join("\n"));
    let musicbrainz = [&tags.musicbrainz_recording, &tags.musicbrainz_release, &tags.musicbrainz_artist]
        .map(|text| text.as_deref().unwrap_or_default());
    let musicbrainz = musicbrainz.iter().any(|text| !text.is_empty()).then(|| musicbrainz.join("\n"));
    transaction
        .prepare_cached(
            "UPDATE track SET tags_version = ?2, album_artist = ?3, artists = ?4, tag_genres = ?5, disc = ?6, \
                 disc_total = ?7, track_total = ?8, compilation = ?9, original_year = ?10, composer = ?11, \
                 comment = ?12, title_sort = ?13, artist_sort = ?14, album_sort = ?15, album_artist_sort = ?16, \
                 bpm = ?17, musical_key = ?18, rating = ?19, musicbrainz = ?20, tag_note = ?21 \
             WHERE id = ?1",
        )?
        .execute(params![
            id,
            TAGS_VERSION,
            tags.album_artist,
            list(&tags.artists),
            list(&tags.genres),
            tags.disc,
            tags.disc_total,
            tags.track_total,
            tags.compilation,
            tags.original_year,
            tags.composer,
            tags.comment,
            tags.title_sort,
            tags.artist_sort,
            tags.album_sort,
            tags.album_artist_sort,
            tags.bpm,
            tags.key,
            tags.rating,
            musicbrainz,
            tags.note,
        ])?;
    Ok(())
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
