//! Genres set by hand.

use rusqlite::{OptionalExtension as _, Transaction};

use super::Library;
use super::history::record;
use super::steps::Step;
use super::texts;
use super::values::Values;
use crate::base::TrackId;
use crate::base::time::unix_now_secs;
use crate::library::LibraryError;
use crate::library::model::TextField;

impl Library {
    /// Sets the genre of songs by hand; `None` (or a blank name) takes a hand-set genre back. Songs that have left the
    /// library are passed over. Can be undone.
    ///
    /// # Errors
    /// Database failures; then nothing is set.
    pub fn set_genre(&mut self, tracks: &[TrackId], genre: Option<&str>) -> Result<(), LibraryError> {
        let genre = genre.map(str::trim).filter(|genre| !genre.is_empty());
        let now = unix_now_secs();
        self.write(|transaction| {
            let songs = named(transaction, tracks)?;
            let what = match genre {
                Some(genre) => format!("filed {songs} under {genre}"),
                None => format!("left the genre of {songs} to the network"),
            };
            let entries = tracks.iter().map(|track| (track.0, genre.map(|genre| (genre.to_owned(), now)))).collect();
            record(transaction, &what, Step::Genres(entries))
        })
    }
}

/// One song by its title, several by their number.
pub(super) fn named(transaction: &Transaction<'_>, tracks: &[TrackId]) -> rusqlite::Result<String> {
    let [track] = tracks else { return Ok(counted(tracks.len())) };
    let title: Option<String> = transaction
        .query_row("SELECT title FROM track WHERE id = ?1", [track.0], |row| Ok(Values::of(row).text(0)))
        .optional()?
        .flatten();
    Ok(match title {
        Some(title) => format!("“{}”", texts::shown_text(transaction, track.0, TextField::Title, title)?),
        None => counted(1),
    })
}

/// A number of songs.
pub(super) fn counted(songs: usize) -> String {
    if songs == 1 { "1 song".to_owned() } else { format!("{songs} songs") }
}
