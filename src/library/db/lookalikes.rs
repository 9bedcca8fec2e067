//! New songs that look like one which is gone: a person says whether they are the same.

use rusqlite::{Connection, OptionalExtension as _, Transaction, params};

use super::Library;
use super::history::record;
use super::steps::{self, Step};
use super::texts;
use super::values::Values;
use crate::base::TrackId;
use crate::library::LibraryError;
use crate::library::model::{Lookalike, TextField};

impl Library {
    /// Gives a new song what a person gave the one that it looks like: its genre and its places in playlists. The
    /// former song, whose file is gone, leaves the library. Can be undone.
    ///
    /// # Errors
    /// [`LibraryError::Gone`] when there is no such question (any more); database failures.
    pub fn take_over(&mut self, track: TrackId) -> Result<(), LibraryError> {
        self.answer(track, |transaction, former, title| merge(transaction, track.0, former, title))
    }

    /// Gives a song what a person gave another one whose file is gone; that one leaves the library. Can be undone.
    ///
    /// # Errors
    /// [`LibraryError::Gone`] when one of them is not in the library; database failures.
    pub fn merge(&mut self, track: TrackId, former: TrackId) -> Result<(), LibraryError> {
        let found = self.write(|transaction| {
            let title = |id: TrackId| {
                transaction
                    .query_row("SELECT title FROM track WHERE id = ?1", [id.0], |row| {
                        Ok(Values::of(row).text(0).unwrap_or_default())
                    })
                    .optional()
            };
            let (Some(_), Some(title)) = (title(track)?, title(former)?) else { return Ok(false) };
            let (what, step) = merge(transaction, track.0, former.0, &title)?;
            record(transaction, &what, step)?;
            Ok(true)
        })?;
        if found { Ok(()) } else { Err(LibraryError::Gone("the song")) }
    }

    /// Two songs that look alike are not the same: nobody is asked again. Can be undone.
    ///
    /// # Errors
    /// [`LibraryError::Gone`] when there is no such question (any more); database failures.
    pub fn keep_apart(&mut self, track: TrackId) -> Result<(), LibraryError> {
        self.answer(track, |_, _, title| {
            Ok((format!("kept the new “{title}” apart from the old one"), Step::Ask(track.0, None)))
        })
    }

    fn answer(
        &mut self,
        track: TrackId,
        plan: impl FnOnce(&Transaction<'_>, i64, &str) -> rusqlite::Result<(String, Step)>,
    ) -> Result<(), LibraryError> {
        let found = self.write(|transaction| {
            let former: Option<(i64, String)> = transaction
                .query_row(
                    "SELECT l.former_id, t.title FROM lookalike l JOIN track t ON t.id = l.former_id \
                     WHERE l.track_id = ?1",
                    [track.0],
                    |row| Ok((row.get(0)?, Values::of(row).text(1).unwrap_or_default())),
                )
                .optional()?;
            let Some((former, title)) = former else { return Ok(false) };
            let (what, step) = plan(transaction, former, &title)?;
            record(transaction, &what, step)?;
            Ok(true)
        })?;
        if found { Ok(()) } else { Err(LibraryError::Gone("the song that it looks like")) }
    }
}

/// The step by which a song takes over what another one had, and what it is called.
fn merge(transaction: &Transaction<'_>, track: i64, former: i64, title: &str) -> rusqlite::Result<(String, Step)> {
    let mut steps = Vec::new();
    let genre: Option<(String, i64)> = transaction
        .query_row("SELECT genre, set_at FROM user_genre WHERE track_id = ?1", [former], |row| {
            let mut values = Values::of(row);
            Ok(values.text(0).map(|genre| (genre, values.integer(1).unwrap_or_default())))
        })
        .optional()?
        .flatten();
    if genre.is_some() {
        steps.push(Step::Genres(vec![(track, genre)]));
    }
    // They hold if the new file says the same as the old one did.
    if let Some(repair) = texts::of_song(transaction, former)?
        && texts::of_song(transaction, track)?.is_none()
    {
        steps.push(Step::Texts(vec![(track, Some(repair))]));
    }
    let mut statement =
        transaction.prepare_cached("SELECT DISTINCT playlist_id FROM playlist_entry WHERE track_id = ?1")?;
    let playlists: Vec<i64> = statement.query_map([former], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
    for playlist in playlists {
        let songs = steps::entries(transaction, playlist)?;
        let songs = songs.into_iter().map(|song| if song == former { track } else { song }).collect();
        steps.push(Step::FillPlaylist(playlist, songs));
    }
    steps.push(Step::Ask(track, None));
    steps.push(Step::Forget(vec![former]));
    Ok((format!("took over what “{title}” had"), Step::Many(steps)))
}

/// Asks, or stops asking, whether a song is the same as a former one, and answers with what was asked before.
pub(super) fn ask(
    transaction: &Transaction<'_>,
    track: i64,
    former: Option<(i64, i64)>,
) -> rusqlite::Result<Option<(i64, i64)>> {
    let before = transaction
        .prepare_cached("SELECT former_id, seen_at FROM lookalike WHERE track_id = ?1")?
        .query_row([track], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    transaction.prepare_cached("DELETE FROM lookalike WHERE track_id = ?1")?.execute([track])?;
    if let Some((former, seen_at)) = former {
        transaction
            .prepare_cached(
                "INSERT INTO lookalike (track_id, former_id, seen_at) \
                 SELECT t.id, f.id, ?3 FROM track t, track f WHERE t.id = ?1 AND f.id = ?2",
            )?
            .execute(params![track, former, seen_at])?;
    }
    Ok(before)
}

/// All open questions, ordered by identifier of the new song. A former song that came back asks nothing.
pub(super) fn lookalikes(connection: &Connection) -> rusqlite::Result<Vec<Lookalike>> {
    let mut statement = connection.prepare_cached(
        "SELECT l.track_id, l.former_id, f.title, f.artist, u.genre, l.seen_at, \
                (SELECT count(DISTINCT playlist_id) FROM playlist_entry e WHERE e.track_id = f.id) \
         FROM lookalike l JOIN track t ON t.id = l.track_id JOIN track f ON f.id = l.former_id \
         LEFT JOIN user_genre u ON u.track_id = f.id \
         WHERE f.missing AND f.removed_at IS NULL AND t.removed_at IS NULL ORDER BY l.track_id",
    )?;
    let mut asked: Vec<Lookalike> = statement
        .query_map([], |row| {
            let mut values = Values::of(row);
            Ok(Lookalike {
                track: TrackId(row.get(0)?),
                former: TrackId(row.get(1)?),
                title: values.text(2).unwrap_or_default(),
                artist: values.text(3).unwrap_or_default(),
                genre: values.optional_text(4),
                seen_at: values.integer(5).unwrap_or_default(),
                playlists: row.get::<_, i64>(6)?.max(0) as usize,
            })
        })?
        .collect::<rusqlite::Result<_>>()?;
    for Lookalike { former, title, artist, .. } in &mut asked {
        *title = texts::shown_text(connection, former.0, TextField::Title, std::mem::take(title))?;
        *artist = texts::shown_text(connection, former.0, TextField::Artist, std::mem::take(artist))?;
    }
    Ok(asked)
}
