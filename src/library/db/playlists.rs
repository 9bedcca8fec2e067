//! Playlists that people make.

use std::collections::HashSet;

use rusqlite::{Connection, OptionalExtension as _, Transaction};

use super::Library;
use super::genres::named;
use super::history::record;
use super::steps::{self, Step};
use super::values::Values;
use crate::base::{PlaylistId, TrackId};
use crate::library::LibraryError;
use crate::library::model::Playlist;

impl Library {
    /// Makes a playlist. Can be undone, like all that follows.
    ///
    /// # Errors
    /// [`LibraryError::PlaylistName`] when the name is blank or taken; database failures.
    pub fn create_playlist(&mut self, name: &str, tracks: &[TrackId]) -> Result<PlaylistId, LibraryError> {
        let name = self.free_name(name, None)?;
        self.write(|transaction| {
            let what = format!("made playlist ‘{name}’");
            let tracks = tracks.iter().map(|track| track.0).collect();
            record(transaction, &what, Step::MakePlaylist { id: None, name: name.clone(), tracks })?;
            transaction.query_row("SELECT id FROM playlist WHERE name = ?1", [&name], |row| row.get(0).map(PlaylistId))
        })
    }

    /// Gives a playlist another name.
    ///
    /// # Errors
    /// [`LibraryError::PlaylistName`] when the name is blank or taken, [`LibraryError::Gone`]; database failures.
    pub fn rename_playlist(&mut self, id: PlaylistId, name: &str) -> Result<(), LibraryError> {
        let name = self.free_name(name, Some(id))?;
        self.change_playlist(id, |_, before| {
            Ok(Some((format!("renamed playlist ‘{before}’ to ‘{name}’"), Step::NamePlaylist(id.0, name))))
        })
    }

    /// Deletes a playlist, not its songs. Nothing happens when it is gone already.
    ///
    /// # Errors
    /// Database failures.
    pub fn delete_playlist(&mut self, id: PlaylistId) -> Result<(), LibraryError> {
        let deleted = self
            .change_playlist(id, |_, name| Ok(Some((format!("deleted playlist ‘{name}’"), Step::DropPlaylist(id.0)))));
        match deleted {
            Err(LibraryError::Gone(_)) => Ok(()),
            other => other,
        }
    }

    /// Appends songs, in this order; those that have left the library are passed over.
    ///
    /// # Errors
    /// [`LibraryError::Gone`] when there is no such playlist; database failures.
    pub fn add_to_playlist(&mut self, id: PlaylistId, tracks: &[TrackId]) -> Result<(), LibraryError> {
        self.change_playlist(id, |transaction, name| {
            let mut songs = steps::entries(transaction, id.0)?;
            songs.extend(tracks.iter().map(|track| track.0));
            let what = format!("added {} to playlist ‘{name}’", named(transaction, tracks)?);
            Ok((!tracks.is_empty()).then_some((what, Step::FillPlaylist(id.0, songs))))
        })
    }

    /// Takes out the entries at these positions (counted from 0, hidden songs left out); positions beyond the end are
    /// passed over.
    ///
    /// # Errors
    /// [`LibraryError::Gone`] when there is no such playlist; database failures.
    pub fn remove_from_playlist(&mut self, id: PlaylistId, positions: &[usize]) -> Result<(), LibraryError> {
        let positions: HashSet<usize> = positions.iter().copied().collect();
        self.change_playlist(id, |transaction, name| {
            let mut shown = 0;
            let mut removed = Vec::new();
            let mut kept = Vec::new();
            for (track, is_hidden) in entries_with_hidden(transaction, id)? {
                if !is_hidden && positions.contains(&shown) {
                    removed.push(track);
                } else {
                    kept.push(track.0);
                }
                shown += usize::from(!is_hidden);
            }
            let what = format!("took {} out of playlist ‘{name}’", named(transaction, &removed)?);
            Ok((!removed.is_empty()).then_some((what, Step::FillPlaylist(id.0, kept))))
        })
    }

    /// Puts a playlist into another order: the song at each place, as counted by [`Library::playlist_tracks`]. Hidden
    /// songs stay behind the one they followed.
    ///
    /// # Errors
    /// [`LibraryError::Gone`] when there is no such playlist; database failures. An order that does not name every
    /// place once changes nothing.
    pub fn order_playlist(&mut self, id: PlaylistId, order: &[usize]) -> Result<(), LibraryError> {
        self.change_playlist(id, |transaction, name| {
            // Each shown song with the hidden ones behind it; those before the first stay there.
            let mut first = Vec::new();
            let mut groups: Vec<Vec<i64>> = Vec::new();
            for (track, is_hidden) in entries_with_hidden(transaction, id)? {
                match groups.last_mut() {
                    _ if !is_hidden => groups.push(vec![track.0]),
                    Some(group) => group.push(track.0),
                    None => first.push(track.0),
                }
            }
            let named: HashSet<usize> = order.iter().copied().filter(|place| *place < groups.len()).collect();
            let is_order = order.len() == groups.len() && named.len() == groups.len();
            let is_news = order.iter().enumerate().any(|(place, from)| place != *from);
            if !is_order || !is_news {
                return Ok(None);
            }
            let songs = first.into_iter().chain(order.iter().flat_map(|from| groups[*from].clone())).collect();
            Ok(Some((format!("changed the order of playlist ‘{name}’"), Step::FillPlaylist(id.0, songs))))
        })
    }

    /// Makes and notes the change that `plan` wants for the playlist of that name, if it wants one.
    fn change_playlist(
        &mut self,
        id: PlaylistId,
        plan: impl FnOnce(&Transaction<'_>, &str) -> rusqlite::Result<Option<(String, Step)>>,
    ) -> Result<(), LibraryError> {
        let found = self.write(|transaction| {
            let name: Option<String> = transaction
                .query_row("SELECT name FROM playlist WHERE id = ?1", [id.0], |row| row.get(0))
                .optional()?;
            let Some(name) = name else { return Ok(false) };
            if let Some((what, step)) = plan(transaction, &name)? {
                record(transaction, &what, step)?;
            }
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

/// All entries, and whether the song is hidden.
fn entries_with_hidden(transaction: &Transaction<'_>, id: PlaylistId) -> rusqlite::Result<Vec<(TrackId, bool)>> {
    let mut statement = transaction.prepare_cached(
        "SELECT e.track_id, t.removed_at IS NOT NULL FROM playlist_entry e JOIN track t ON t.id = e.track_id \
         WHERE e.playlist_id = ?1 ORDER BY e.position",
    )?;
    statement.query_map([id.0], |row| Ok((TrackId(row.get(0)?), row.get(1)?)))?.collect()
}

fn entries(connection: &Connection, id: PlaylistId) -> rusqlite::Result<Vec<TrackId>> {
    let mut statement = connection.prepare_cached(
        "SELECT e.track_id FROM playlist_entry e JOIN track t ON t.id = e.track_id \
         WHERE e.playlist_id = ?1 AND t.removed_at IS NULL ORDER BY e.position",
    )?;
    statement.query_map([id.0], |row| row.get(0).map(TrackId))?.collect()
}

/// All playlists with their songs, ordered by name.
pub(super) fn playlists(connection: &Connection) -> rusqlite::Result<Vec<Playlist>> {
    let mut statement = connection.prepare_cached("SELECT id, name FROM playlist ORDER BY name, id")?;
    let mut playlists = statement
        .query_map([], |row| {
            let name = Values::of(row).text(1).unwrap_or_else(|| "(damaged name)".to_owned());
            Ok(Playlist { id: PlaylistId(row.get(0)?), name, tracks: Vec::new() })
        })?
        .collect::<Result<Vec<_>, _>>()?;
    for playlist in &mut playlists {
        playlist.tracks = entries(connection, playlist.id)?;
    }
    Ok(playlists)
}
