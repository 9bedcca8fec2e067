//! The whole library at one moment.

use std::sync::Arc;

use rusqlite::Connection;

use super::paths::DbPath;
use super::{
    Library, album_fields, forgetting, history, lookalikes, playlists, predictions, problems, revision, roots,
};
use crate::base::TrackId;
use crate::library::LibraryError;
use crate::library::model::{Prediction, Snapshot, Track, UserGenre};

impl Library {
    /// Everything, read in one transaction.
    ///
    /// # Errors
    /// Database failures.
    pub fn snapshot(&mut self) -> Result<Snapshot, LibraryError> {
        let (mut snapshot, newer) = self.read(|connection| {
            let revision = revision(connection)?;
            let newer = predictions::since(connection, self.predictions_stamp)?;
            let tracks = tracks(connection)?;
            let snapshot = Snapshot {
                revision,
                roots: roots::roots(connection)?,
                tracks: Arc::new(tracks),
                playlists: Arc::new(playlists::playlists(connection)?),
                problems: Arc::new(problems::problems(connection)?),
                lookalikes: Arc::new(lookalikes::lookalikes(connection)?),
                hidden: forgetting::hidden_loss(connection)?,
                undo: history::next(connection, false)?,
                redo: history::next(connection, true)?,
            };
            Ok((snapshot, newer))
        })?;
        self.predictions_stamp = snapshot.revision as i64;
        self.predictions.extend(newer);
        if let Some(tracks) = Arc::get_mut(&mut snapshot.tracks) {
            for track in tracks {
                track.prediction = self.predictions.get(&track.id).cloned();
            }
        }
        Ok(snapshot)
    }
}

/// All songs ordered by path, without their predictions.
fn tracks(connection: &Connection) -> rusqlite::Result<Vec<Track>> {
    const NO_PREDICTION: Option<Arc<Prediction>> = None;
    let count: i64 =
        connection.query_row("SELECT count(*) FROM track WHERE removed_at IS NULL", [], |row| row.get(0))?;
    let mut tracks = Vec::with_capacity(count.max(0) as usize);
    let mut statement = connection.prepare_cached(&format!(
        "SELECT t.id, t.path, t.title, t.artist, t.album, t.track_number, t.year, t.tag_genre, t.duration_secs, \
                t.format, t.playable, t.missing, t.added_at, u.genre, u.set_at, {} \
         FROM track t LEFT JOIN user_genre u ON u.track_id = t.id WHERE t.removed_at IS NULL",
        album_fields::COLUMNS,
    ))?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let user_genre = match row.get::<_, Option<String>>(13)? {
            Some(genre) => Some(UserGenre { genre, set_at: row.get(14)? }),
            None => None,
        };
        tracks.push(Track {
            id: TrackId(row.get(0)?),
            path: row.get::<_, DbPath>(1)?.0,
            title: row.get(2)?,
            artist: row.get(3)?,
            album: row.get(4)?,
            track_number: row.get(5)?,
            year: row.get(6)?,
            tag_genre: row.get(7)?,
            duration_secs: row.get(8)?,
            format: row.get(9)?,
            playable: row.get(10)?,
            missing: row.get(11)?,
            added_at: row.get(12)?,
            more: album_fields::read(row, 15)?,
            user_genre,
            prediction: NO_PREDICTION,
        });
    }
    // `Path` compares component by component, SQLite byte by byte. Row order is path order up to the few runs that
    // single scans have added, which the sort makes use of.
    // A song that is gone comes behind the one that is at its path now.
    tracks.sort_by(|a, b| a.path.cmp(&b.path).then(a.missing.cmp(&b.missing)));
    Ok(tracks)
}
