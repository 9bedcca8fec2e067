//! Notices that another process changed the library, without asking again and again.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crossbeam_channel::Sender;
use notify::{Event, RecommendedWatcher, RecursiveMode, Watcher as _};

use super::message::Message;

/// Watches the database files while it lives.
pub(super) struct LibraryWatch {
    _watcher: RecommendedWatcher,
    is_told: Arc<AtomicBool>,
}

impl LibraryWatch {
    /// Sends [`Message::LibraryTouched`] when the database at `path` is written, by whichever process.
    ///
    /// # Errors
    /// When the system cannot watch the folder.
    pub fn start(path: &Path, back: Sender<Message>) -> notify::Result<Self> {
        let folder = path.parent().unwrap_or(Path::new("."));
        let name = path.file_name().unwrap_or_default().to_os_string();
        let is_told = Arc::new(AtomicBool::new(false));
        let told = is_told.clone();
        // Other threads of this process write, too: one message at a time is enough.
        let mut watcher = notify::recommended_watcher(move |event: notify::Result<Event>| {
            let Ok(event) = event else { return };
            let is_write = event.kind.is_modify() || event.kind.is_create();
            let is_database = |path: &std::path::PathBuf| {
                path.file_name().is_some_and(|file| file.as_encoded_bytes().starts_with(name.as_encoded_bytes()))
            };
            if is_write && event.paths.iter().any(is_database) && !told.swap(true, Ordering::SeqCst) {
                back.try_send(Message::LibraryTouched).ok();
            }
        })?;
        watcher.watch(folder, RecursiveMode::NonRecursive)?;
        Ok(Self { _watcher: watcher, is_told })
    }

    /// The message has been read; the next write sends another one.
    pub fn listen_again(&self) {
        self.is_told.store(false, Ordering::SeqCst);
    }
}
