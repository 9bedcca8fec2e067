//! Taking changes back and making them again, and finding the file of a missing song.

use std::path::PathBuf;

use crate::audio::player::PlayerCommand;
use crate::base::TrackId;
use crate::library::LibraryError;
use crate::library::db::QueueState;

use super::dispatcher::Dispatcher;
use super::event::{Event, Turn};
use super::jobs::JobSpec;
use super::saved_queue::Kept;

impl Dispatcher {
    /// Takes the last change back, or makes the one again that was taken back last.
    pub(super) fn turn(&mut self, redo: bool) -> Result<(), LibraryError> {
        let queue = self.listening.as_ref().map(|listening| Kept::of(&listening.remote.status()).into_state());
        let turned = if redo { self.library.redo(queue)? } else { self.library.undo(queue)? };
        let Some(turned) = turned else {
            self.shared.outbox.send(Event::Undone(Turn { what: None, redo, genres_of: Vec::new() }));
            return Ok(());
        };
        self.send_snapshot();
        if let Some(state) = turned.queue {
            let command = Kept::from_state(state).restore(&self.snapshot.tracks);
            self.tell_player(command.unwrap_or(PlayerCommand::ClearQueue));
        }
        let genres_of = turned.genres_of.into_iter().map(TrackId).collect();
        self.shared.outbox.send(Event::Undone(Turn { what: Some(turned.what), redo, genres_of }));
        Ok(())
    }

    /// Notes in the history that the queue was replaced or cleared. A queue that was empty is no loss.
    pub(super) fn queue_replaced(&mut self, before: QueueState) -> Result<(), LibraryError> {
        let songs = before.tracks.len();
        if songs == 0 {
            return Ok(());
        }
        let what = if songs == 1 {
            "replaced the queue of 1 song".to_owned()
        } else {
            format!("replaced the queue of {songs} songs")
        };
        // The songs are as they were: no client needs a snapshot.
        self.library.note_queue(&what, before)
    }

    /// Looks for a missing song in the folder of that file, which joins the library if it is not in it.
    pub(super) fn locate(&mut self, track: TrackId, file: PathBuf) -> Result<(), LibraryError> {
        let file = file.canonicalize().unwrap_or(file);
        let Some(folder) = file.parent().map(std::path::Path::to_path_buf) else { return Ok(()) };
        if !self.library.roots()?.iter().any(|root| file.starts_with(root)) {
            self.library.add_root(&folder)?;
        }
        self.enqueue(JobSpec::Scan { roots: vec![folder], exclude: Vec::new(), locate: Some((track, file)) });
        Ok(())
    }
}
