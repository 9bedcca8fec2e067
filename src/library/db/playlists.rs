//! Playlists that people make.

use std::collections::HashSet;

use rusqlite::{Connection, OptionalExtension as _, Transaction, params};

use super::Library;
use crate::base::{PlaylistId, TrackId};
use crate::library::LibraryError;
use crate::library::model::Playlist;

impl Library {
    /// Makes a playlist.
    ///
    /// # Errors
    /// [`LibraryError::PlaylistName`] when the name is blank or taken; database failures.
    pub fn create_playlist(&mut self, name: &str, tracks: &[TrackId]) -> Result<PlaylistId, LibraryError> {
        let name = self.free_name(name, None)?;
        self.write(|transaction| {
            transaction.execute("INSERT INTO playlist (name) VALUES (?1)", [&name])?;
            let id = PlaylistId(transaction.last_insert_rowid());
            append(transaction, id, 0, tracks)?;
            Ok(id)
        })
    }

    /// Gives a playlist another name.
    ///
    /// # Errors
    /// [`LibraryError::PlaylistName`] when the name is blank or taken, [`LibraryError::Gone`]; database failures.
    pub fn rename_playlist(&mut self, id: PlaylistId, name: &str) -> Result<(), LibraryError> {
        let name = self.free_name(name, Some(id))?;
        let changed =
            self.write(|tx| tx.execute("UPDATE playlist SET name = ?2 WHERE id = ?1", params![id.0, name]))?;
        if changed == 0 { Err(LibraryError::Gone("the playlist")) } else { Ok(()) }
    }

    /// Deletes a playlist, not its songs. Nothing happens when it is gone already.
    ///
    /// # Errors
    /// Database failures.
    pub fn delete_playlist(&mut self, id: PlaylistId) -> Result<(), LibraryError> {
        self.write(|tx| tx.execute("DELETE FROM playlist WHERE id = ?1", [id.0])).map(drop)
    }

    /// Appends songs, in this order; those that have left the library are passed over.
    ///
    /// # Errors
    /// [`LibraryError::Gone`] when there is no such playlist; database failures.
    pub fn add_to_playlist(&mut self, id: PlaylistId, tracks: &[TrackId]) -> Result<(), LibraryError> {
        let found = self.write(|transaction| {
            if !exists(transaction, id)? {
                return Ok(false);
            }
            let next = transaction.query_row(
                "SELECT coalesce(max(position) + 1, 0) FROM playlist_entry WHERE playlist_id = ?1",
                [id.0],
                |row| row.get(0),
            )?;
            append(transaction, id, next, tracks)?;
            Ok(true)
        })?;
        if found { Ok(()) } else { Err(LibraryError::Gone("the playlist")) }
    }

    /// Takes out the entries at these positions (counted from 0); positions beyond the end are passed over.
    ///
    /// # Errors
    /// [`LibraryError::Gone`] when there is no such playlist; database failures.
    pub fn remove_from_playlist(&mut self, id: PlaylistId, positions: &[usize]) -> Result<(), LibraryError> {
        let positions: HashSet<usize> = positions.iter().copied().collect();
        let found = self.write(|transaction| {
            if !exists(transaction, id)? {
                return Ok(false);
            }
            let tracks = entries(transaction, id)?;
            transaction.execute("DELETE FROM playlist_entry WHERE playlist_id = ?1", [id.0])?;
            let kept: Vec<TrackId> = tracks
                .into_iter()
                .enumerate()
                .filter_map(|(position, track)| (!positions.contains(&position)).then_some(track))
                .collect();
            append(transaction, id, 0, &kept)?;
            Ok(true)
        })?;
        if found { Ok(()) } else { Err(LibraryError::Gone("the playlist")) }
    }

    /// The songs of a playlist, in order.
    ///
    /// # Errors
    /// [`LibraryError::Gone`] when there is no such playlist; database failures.
    pub fn playlist_tracks(&self, id: PlaylistId) -> Result<Vec<TrackId>, LibraryError> {
        self.read(|connection| if exists(connection, id)? { entries(connection, id).map(Some) } else { Ok(None) })?
            .ok_or(LibraryError::Gone("the playlist"))
    }

    /// The name without blanks around it, if no other playlist has it.
    fn free_name(&self, name: &str, own: Option<PlaylistId>) -> Result<String, LibraryError> {
        let refused = |reason| LibraryError::PlaylistName { name: name.to_owned(), reason };
        let trimmed = name.trim();
        if trimmed.is_empty() {
            return Err(refused("a playlist needs a name"));
        }
        let taken = self.read(|connection| {
            connection
                .query_row("SELECT id FROM playlist WHERE name = ?1", [trimmed], |row| row.get::<_, i64>(0))
                .optional()
        })?;
        match taken {
            Some(id) if own != Some(PlaylistId(id)) => Err(refused("there is a playlist of that name already")),
            _ => Ok(trimmed.to_owned()),
        }
    }
}

fn exists(connection: &Connection, id: PlaylistId) -> rusqlite::Result<bool> {
    connection.query_row("SELECT EXISTS (SELECT 1 FROM playlist WHERE id = ?1)", [id.0], |row| row.get(0))
}

fn append(
    transaction: &Transaction<'_>,
    id: PlaylistId,
    first_position: i64,
    tracks: &[TrackId],
) -> rusqlite::Result<()> {
    let mut insert = transaction.prepare_cached(
        "INSERT INTO playlist_entry (playlist_id, position, track_id) SELECT ?1, ?2, id FROM track WHERE id = ?3",
    )?;
    for (position, track) in (first_position..).zip(tracks) {
        insert.execute(params![id.0, position, track.0])?;
    }
    Ok(())
}

fn entries(connection: &Connection, id: PlaylistId) -> rusqlite::Result<Vec<TrackId>> {
    let mut statement =
        connection.prepare_cached("SELECT track_id FROM playlist_entry WHERE playlist_id = ?1 ORDER BY position")?;
    statement.query_map([id.0], |row| row.get(0).map(TrackId))?.collect()
}

/// All playlists with their songs, ordered by name.
pub(super) fn playlists(connection: &Connection) -> rusqlite::Result<Vec<Playlist>> {
    let mut statement = connection.prepare_cached("SELECT id, name FROM playlist ORDER BY name, id")?;
    let mut playlists = statement
        .query_map([], |row| Ok(Playlist { id: PlaylistId(row.get(0)?), name: row.get(1)?, tracks: Vec::new() }))?
        .collect::<Result<Vec<_>, _>>()?;
    for playlist in &mut playlists {
        playlist.tracks = entries(connection, playlist.id)?;
    }
    Ok(playlists)
}
