//! The fields of an album in the rows of songs.

use rusqlite::{Row, Transaction, params};

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

/// Reads [`COLUMNS`] from column `first` on; `None` when there is nothing in them.
pub(super) fn read(row: &Row<'_>, first: usize) -> rusqlite::Result<Option<Box<AlbumFields>>> {
    fn list(text: Option<String>) -> Vec<String> {
        text.map(|text| text.lines().map(str::to_owned).collect()).unwrap_or_default()
    }
    let mut musicbrainz =
        list(row.get(first + 17)?).into_iter().map(|text| Some(text.into_boxed_str()).filter(|text| !text.is_empty()));
    let fields = AlbumFields {
        album_artist: row.get(first)?,
        artists: list(row.get(first + 1)?),
        genres: list(row.get(first + 2)?),
        disc: row.get(first + 3)?,
        disc_total: row.get(first + 4)?,
        track_total: row.get(first + 5)?,
        compilation: row.get(first + 6)?,
        original_year: row.get(first + 7)?,
        composer: row.get(first + 8)?,
        comment: row.get(first + 9)?,
        title_sort: row.get(first + 10)?,
        artist_sort: row.get(first + 11)?,
        album_sort: row.get(first + 12)?,
        album_artist_sort: row.get(first + 13)?,
        bpm: row.get(first + 14)?,
        key: row.get(first + 15)?,
        rating: row.get(first + 16)?,
        musicbrainz_recording: musicbrainz.next().flatten(),
        musicbrainz_release: musicbrainz.next().flatten(),
        musicbrainz_artist: musicbrainz.next().flatten(),
        note: row.get(first + 18)?,
    };
    Ok((fields != AlbumFields::default()).then(|| Box::new(fields)))
}
