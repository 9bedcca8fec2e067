//! Genres set by hand.

use rusqlite::params;

use super::Library;
use crate::base::TrackId;
use crate::base::time::unix_now_secs;
use crate::library::LibraryError;

impl Library {
    /// Sets the genre of songs by hand; `None` (or a blank name) takes a hand-set genre back. Songs that have left the
    /// library are passed over.
    ///
    /// # Errors
    /// Database failures; then nothing is set.
    pub fn set_genre(&mut self, tracks: &[TrackId], genre: Option<&str>) -> Result<(), LibraryError> {
        let genre = genre.map(str::trim).filter(|genre| !genre.is_empty());
        let now = unix_now_secs();
        self.write(|transaction| {
            let mut statement = match genre {
                Some(_) => transaction.prepare_cached(
                    "INSERT OR REPLACE INTO user_genre (track_id, genre, set_at) SELECT id, ?2, ?3 FROM track WHERE id = ?1",
                )?,
                None => transaction.prepare_cached("DELETE FROM user_genre WHERE track_id = ?1 AND ?2 IS NULL AND ?3")?,
            };
            for track in tracks {
                statement.execute(params![track.0, genre, now])?;
            }
            Ok(())
        })
    }
}
