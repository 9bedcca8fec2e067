//! What can go wrong in the library layer.

use std::path::{Path, PathBuf};

use rusqlite::ErrorCode;

/// A failure of the library itself; trouble with single files is a [`Problem`](super::model::Problem) instead.
#[derive(Debug, thiserror::Error)]
pub enum LibraryError {
    /// The database file or its folder cannot be made or opened.
    #[error("the library cannot be opened at {}; check that the folder can be written", path.display())]
    Open {
        /// The database file.
        path: PathBuf,
        /// What SQLite or the system said.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The file is no database or its pages are damaged. It is never deleted by the program.
    #[error(
        "the library database is damaged; `timbre library check --repair` saves what can still be read, \
         `timbre library restore FILE` takes back one of the copies (*.bak) beside it: {}",
        path.display()
    )]
    Damaged {
        /// The database file.
        path: PathBuf,
        /// What SQLite said.
        source: rusqlite::Error,
    },
    /// The file is a database, but not one that Timbre made. It is left as it is.
    #[error("{reason}; move it away or choose another data folder with --data-dir: {}", path.display())]
    Foreign {
        /// The database file.
        path: PathBuf,
        /// What is wrong with it, as the beginning of a sentence.
        reason: &'static str,
    },
    /// The library was opened for reading only, because its file or folder is write-protected.
    #[error("the library is write-protected, so nothing in it can be changed: {}", path.display())]
    ReadOnly {
        /// The database file.
        path: PathBuf,
    },
    /// A later version of the program wrote the database.
    #[error(
        "the library was written by a newer Timbre (database version {found}, this one knows {supported}); \
         use that version: {}",
        path.display()
    )]
    Newer {
        /// The database file.
        path: PathBuf,
        /// The version in the file.
        found: i64,
        /// The newest version this program knows.
        supported: i64,
    },
    /// The copy that is made before a migration cannot be made, so that nothing is migrated.
    #[error(
        "this Timbre needs the library in a newer form, but a copy of it as it is could not be made first, so that \
         nothing was changed: {}",
        path.display()
    )]
    NotMigrated {
        /// The database file.
        path: PathBuf,
        /// Why there is no copy.
        source: Box<LibraryError>,
    },
    /// A copy of the library cannot be written.
    #[error("the copy of the library cannot be written: {}", path.display())]
    Backup {
        /// The copy.
        path: PathBuf,
        /// What the system or SQLite said.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The disk has too little room for a copy.
    #[error(
        "the disk has too little room for a copy of the library ({} MB are needed, {} MB free): {}",
        needed.div_ceil(1_000_000), free / 1_000_000, path.display()
    )]
    NoRoom {
        /// The copy.
        path: PathBuf,
        /// Bytes that must be free.
        needed: u64,
        /// Bytes that are.
        free: u64,
    },
    /// A file that was to be restored or checked is no whole library.
    #[error("{reason}: {}", path.display())]
    NoLibrary {
        /// The file.
        path: PathBuf,
        /// What is wrong with it, as the beginning of a sentence.
        reason: String,
    },
    /// Another process held the database for longer than the busy timeout.
    #[error("another Timbre is busy with the library; try again in a moment: {}", path.display())]
    Busy {
        /// The database file.
        path: PathBuf,
        /// What SQLite said.
        source: rusqlite::Error,
    },
    /// The disk is full or the file system refused to write.
    #[error("the library cannot be written (disk full or write-protected?): {}", path.display())]
    Write {
        /// The database file.
        path: PathBuf,
        /// What SQLite said.
        source: rusqlite::Error,
    },
    /// Any other failure of the database.
    #[error("the library database does not answer: {}", path.display())]
    Database {
        /// The database file.
        path: PathBuf,
        /// What SQLite said.
        source: rusqlite::Error,
    },
    /// A folder cannot be one of the library's folders.
    #[error("{reason}: {}", path.display())]
    Root {
        /// The folder as it was given.
        path: PathBuf,
        /// Why, as the beginning of a sentence.
        reason: &'static str,
    },
    /// A playlist cannot have that name.
    #[error("{reason}: {name:?}")]
    PlaylistName {
        /// The name as it was given.
        name: String,
        /// Why, as the beginning of a sentence.
        reason: &'static str,
    },
    /// The playlist or song is not in the library (any more).
    #[error("{0} is not in the library any more")]
    Gone(&'static str),
    /// A playlist file or its folder cannot be written.
    #[error("the playlist cannot be written: {}", path.display())]
    Export {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The threads of a scan cannot be started.
    #[error("the scan cannot start its threads")]
    Threads(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl LibraryError {
    /// Sorts a database failure by what a person can do about it.
    pub(super) fn from_sqlite(path: &Path, source: rusqlite::Error) -> Self {
        let path = path.to_path_buf();
        match source.sqlite_error_code() {
            Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => Self::Damaged { path, source },
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Busy { path, source },
            Some(ErrorCode::DiskFull | ErrorCode::ReadOnly | ErrorCode::SystemIoFailure) => {
                Self::Write { path, source }
            }
            Some(ErrorCode::CannotOpen | ErrorCode::PermissionDenied) => Self::Open { path, source: Box::new(source) },
            _ => Self::Database { path, source },
        }
    }
}
