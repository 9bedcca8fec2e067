//! The file below the decoder: read with a budget, so that nothing in it can make the reader read on for ever.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use symphonia::core::io::MediaSource;

use super::error::AudioError;
use crate::base::CancelToken;

/// Shared between a [`GuardedFile`] and the reader that owns it.
#[derive(Debug, Default)]
pub(crate) struct ReadGuard {
    /// Bytes that may still be read before the next sound must have come out.
    left: AtomicU64,
    cancel: CancelToken,
}

impl ReadGuard {
    /// Allows `bytes` more from now on.
    pub(crate) fn allow(&self, bytes: u64) {
        self.left.store(bytes, Ordering::Relaxed);
    }

    /// Whether the budget ran out.
    pub(crate) fn is_exhausted(&self) -> bool {
        self.left.load(Ordering::Relaxed) == 0
    }

    /// Whether the caller asked to stop.
    pub(crate) fn is_cancelled(&self) -> bool {
        self.cancel.is_cancelled()
    }

    fn take(&self, bytes: u64) {
        // One thread reads at a time, so load and store need not be one step.
        self.left.store(self.left.load(Ordering::Relaxed).saturating_sub(bytes), Ordering::Relaxed);
    }
}

/// A regular file whose reads stop when its guard says so.
#[derive(Debug)]
pub(crate) struct GuardedFile {
    file: File,
    len: u64,
    guard: Arc<ReadGuard>,
}

impl GuardedFile {
    /// Opens `path` if it is a regular file with at least one byte; pipes and devices are never opened (they could block).
    pub(crate) fn open(path: &Path, cancel: &CancelToken) -> Result<(Self, Arc<ReadGuard>), AudioError> {
        let metadata = std::fs::metadata(path).map_err(|error| AudioError::from_io(path, error))?;
        if !metadata.is_file() {
            return Err(AudioError::NotAFile { path: path.to_path_buf() });
        }
        let file = File::open(path).map_err(|error| AudioError::from_io(path, error))?;
        if metadata.len() == 0 {
            return Err(AudioError::Empty { path: path.to_path_buf() });
        }
        let guard = Arc::new(ReadGuard { left: AtomicU64::new(0), cancel: cancel.clone() });
        Ok((Self { file, len: metadata.len(), guard: Arc::clone(&guard) }, guard))
    }
}

impl Read for GuardedFile {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        // Not `Interrupted`: `read_exact` would try that again and again.
        if self.guard.is_cancelled() {
            return Err(io::Error::other("cancelled"));
        }
        if self.guard.is_exhausted() {
            return Err(io::Error::other("no sound within the reading limit"));
        }
        let read = self.file.read(buf)?;
        self.guard.take(read as u64);
        Ok(read)
    }
}

impl Seek for GuardedFile {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.file.seek(to)
    }
}

impl MediaSource for GuardedFile {
    fn is_seekable(&self) -> bool {
        true
    }

    fn byte_len(&self) -> Option<u64> {
        Some(self.len)
    }
}
