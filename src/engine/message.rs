//! What reaches the engine's thread.

use crate::base::JobId;

use super::Command;
use super::event::{JobKind, JobOutcome};
use super::saved_queue::Kept;

/// What reaches the engine's thread.
pub(super) enum Message {
    /// From a client.
    Command(Command),
    /// A client replaced or cleared the queue; this is what was in it.
    QueueReplaced(Kept),
    /// A job wrote to the library.
    Changed,
    /// Somebody wrote to the library's files.
    LibraryTouched,
    /// A run was made and waits to be trained.
    Begun(String),
    /// A job's thread is about to end.
    JobEnded(JobId, JobKind, Option<JobOutcome>),
    /// Every job is asked to stop.
    CancelAll,
    /// Changed settings are written now.
    KeepSettings,
    /// The client is gone.
    Shutdown,
}
