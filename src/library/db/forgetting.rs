//! Songs that leave the library for good.

use rusqlite::{Connection, Transaction};

use super::Library;
use super::genres::named;
use super::history::record;
use super::steps::Step;
use crate::base::TrackId;
use crate::library::LibraryError;
use crate::library::model::Loss;

impl Library {
    /// Songs whose folder was taken out of the library; they are hidden and come back with it.
    ///
    /// # Errors
    /// Database failures.
    pub fn hidden_songs(&self) -> Result<Vec<TrackId>, LibraryError> {
        self.read(hidden)
    }

    /// What goes when these songs are forgotten.
    ///
    /// # Errors
    /// Database failures.
    pub fn loss(&self, tracks: &[TrackId]) -> Result<Loss, LibraryError> {
        self.read(|connection| {
            let mut loss = Loss::default();
            let mut playlists = std::collections::HashSet::new();
            let mut song = connection.prepare_cached(
                "SELECT EXISTS (SELECT 1 FROM user_genre WHERE track_id = id) FROM track WHERE id = ?1",
            )?;
            let mut entries =
                connection.prepare_cached("SELECT DISTINCT playlist_id FROM playlist_entry WHERE track_id = ?1")?;
            for track in tracks {
                let mut rows = song.query([track.0])?;
                let Some(row) = rows.next()? else { continue };
                loss.songs += 1;
                loss.genres += usize::from(row.get::<_, bool>(0)?);
                for playlist in entries.query_map([track.0], |row| row.get::<_, i64>(0))? {
                    playlists.insert(playlist?);
                }
            }
            loss.playlists = playlists.len();
            Ok(loss)
        })
    }

    /// Forgets songs with all that a person gave them; their files stay. A file that is still there is a new song at
    /// the next scan. Can be undone.
    ///
    /// # Errors
    /// Database failures; then nothing is forgotten.
    pub fn forget(&mut self, tracks: &[TrackId]) -> Result<(), LibraryError> {
        self.write(|transaction: &Transaction<'_>| {
            let what = format!("forgot {}", named(transaction, tracks)?);
            record(transaction, &what, Step::Forget(tracks.iter().map(|track| track.0).collect()))
        })
    }
}

fn hidden(connection: &Connection) -> rusqlite::Result<Vec<TrackId>> {
    let mut statement = connection.prepare_cached("SELECT id FROM track WHERE removed_at IS NOT NULL ORDER BY id")?;
    statement.query_map([], |row| row.get(0).map(TrackId))?.collect()
}

/// What a person gave the songs that are hidden.
pub(super) fn hidden_loss(connection: &Connection) -> rusqlite::Result<Loss> {
    let count = |sql: &str| {
        connection.prepare_cached(sql)?.query_row([], |row| row.get::<_, i64>(0)).map(|count| count.max(0) as usize)
    };
    Ok(Loss {
        songs: count("SELECT count(*) FROM track WHERE removed_at IS NOT NULL")?,
        genres: count(
            "SELECT count(*) FROM user_genre u JOIN track t ON t.id = u.track_id WHERE t.removed_at IS NOT NULL",
        )?,
        playlists: count(
            "SELECT count(DISTINCT e.playlist_id) FROM playlist_entry e JOIN track t ON t.id = e.track_id \
             WHERE t.removed_at IS NOT NULL",
        )?,
    })
}
