//! Undo and redo without a window: the queue is the one that is kept for the next start.

use crate::base::DataDir;
use crate::library::{Library, LibraryError};

use super::saved_queue::Kept;

/// What an undo or a redo without a window did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TakenBack {
    /// What was taken back or made again.
    pub what: String,
    /// It changed the queue with which the window starts next.
    pub changed_queue: bool,
}

/// Takes the last change back; `None` when there is none.
///
/// # Errors
/// Database failures; then nothing is taken back.
pub fn undo(data_dir: &DataDir) -> Result<Option<TakenBack>, LibraryError> {
    turn(data_dir, false)
}

/// Makes the change again that was taken back last; `None` when there is none.
///
/// # Errors
/// Database failures; then nothing is made.
pub fn redo(data_dir: &DataDir) -> Result<Option<TakenBack>, LibraryError> {
    turn(data_dir, true)
}

fn turn(data_dir: &DataDir, again: bool) -> Result<Option<TakenBack>, LibraryError> {
    let mut library = Library::open(&data_dir.database())?;
    let queue = Kept::read(&data_dir.queue()).map(Kept::into_state).unwrap_or_default();
    let done = if again { library.redo(Some(queue))? } else { library.undo(Some(queue))? };
    let Some(done) = done else { return Ok(None) };
    let mut changed_queue = false;
    if let Some(queue) = done.queue {
        match Kept::from_state(queue).write(&data_dir.queue()) {
            Ok(()) => changed_queue = true,
            Err(error) => tracing::warn!(%error, "the queue cannot be kept"),
        }
    }
    Ok(Some(TakenBack { what: done.what, changed_queue }))
}
