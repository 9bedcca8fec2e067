//! The weekly copy of the library, made in the background while a window is open.

use std::path::PathBuf;
use std::thread::JoinHandle;
use std::time::Duration;

use crossbeam_channel::{RecvTimeoutError, Sender};

use crate::library::Library;

/// The window starts in peace first.
const FIRST: Duration = Duration::from_secs(20);
/// How often a window that stays open looks whether a week is over.
const AGAIN: Duration = Duration::from_secs(6 * 3600);

/// The thread that makes it. Dropping this waits for a copy that is being made.
pub(super) struct Weekly {
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Weekly {
    /// Watches over the library at this path.
    ///
    /// # Errors
    /// When the system refuses a thread.
    pub fn spawn(library: PathBuf) -> std::io::Result<Self> {
        let (stop, stopped) = crossbeam_channel::bounded::<()>(0);
        let thread = std::thread::Builder::new().name("timbre-copies".to_owned()).spawn(move || {
            let mut wait = FIRST;
            while matches!(stopped.recv_timeout(wait), Err(RecvTimeoutError::Timeout)) {
                match Library::open(&library).and_then(|library| library.back_up_weekly()) {
                    Ok(Some(copy)) => tracing::info!(copy = %copy.display(), "the library was copied"),
                    Ok(None) => {}
                    Err(error) => tracing::warn!(%error, "the weekly copy of the library was not made"),
                }
                wait = AGAIN;
            }
        })?;
        Ok(Self { stop: Some(stop), thread: Some(thread) })
    }
}

impl Drop for Weekly {
    fn drop(&mut self) {
        self.stop = None;
        if let Some(thread) = self.thread.take() {
            thread.join().ok();
        }
    }
}
