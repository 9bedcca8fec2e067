//! What tells a changed file from an unchanged one without opening it.

use std::fs::Metadata;
use std::io;
use std::path::Path;
use std::time::UNIX_EPOCH;

/// A file's size and modification time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileStamp {
    /// Bytes.
    pub size: i64,
    /// Nanoseconds since 1970-01-01 UTC.
    pub mtime_ns: i64,
}

impl FileStamp {
    /// The stamp of the file at `path`, links followed.
    ///
    /// # Errors
    /// What the file system says.
    pub fn of(path: &Path) -> io::Result<Self> {
        std::fs::metadata(path).map(|metadata| Self::from_metadata(&metadata))
    }

    /// The stamp in what the file system told.
    pub fn from_metadata(metadata: &Metadata) -> Self {
        let mtime_ns = metadata.modified().map_or(0, |time| match time.duration_since(UNIX_EPOCH) {
            Ok(after) => i64::try_from(after.as_nanos()).unwrap_or(i64::MAX),
            Err(before) => i64::try_from(before.duration().as_nanos()).map_or(i64::MIN, |nanos| -nanos),
        });
        Self { size: i64::try_from(metadata.len()).unwrap_or(i64::MAX), mtime_ns }
    }
}

/// The number by which the file system knows a file; 0 where there is none.
#[cfg(unix)]
pub(super) fn inode(metadata: &Metadata) -> i64 {
    use std::os::unix::fs::MetadataExt as _;
    metadata.ino() as i64
}

/// The number by which the file system knows a file; 0 where there is none.
#[cfg(not(unix))]
pub(super) fn inode(_metadata: &Metadata) -> i64 {
    0
}
