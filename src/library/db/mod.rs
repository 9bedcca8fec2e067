//! The library database: one SQLite file, opened by any number of processes at a time.

mod album_fields;
mod backup;
mod check;
mod forgetting;
mod genres;
mod history;
mod lookalikes;
mod migrate;
mod open;
mod paths;
mod playlists;
mod portable;
mod predictions;
mod problems;
mod repair;
mod restore;
mod roots;
mod rules;
mod salvage;
pub(super) mod scanning;
mod snapshot;
mod steps;
mod texts;
mod values;

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rusqlite::{Connection, Transaction, TransactionBehavior};

use crate::base::TrackId;

use super::LibraryError;
use super::model::Prediction;
use super::name::Names;

pub use check::{CheckReport, Finding, check, version_of};
pub use history::{HistoryEntry, QueueState, Undone};
pub use portable::{ImportReport, NotFound};
pub(super) use problems::shown;
pub use repair::{Repaired, repair};
pub use restore::restore;
pub(super) use roots::absolute;

/// How long a statement waits for another process that writes.
const BUSY_TIMEOUT: Duration = Duration::from_secs(20);
/// More than the number of different statements in this layer, so that each is prepared once.
const STATEMENT_CACHE: usize = 64;

/// An open library. One thread uses it at a time; several processes may have the same one open.
pub struct Library {
    connection: Connection,
    path: PathBuf,
    /// Nothing can be written.
    read_only: bool,
    /// Holds the copy that is read, if the original cannot be.
    _copy: Option<tempfile::TempDir>,
    /// Predictions read so far, by track: snapshots share them, and only newer ones are read again.
    predictions: HashMap<TrackId, Arc<Prediction>>,
    /// Songs whose prediction cannot be understood.
    damaged_predictions: HashSet<TrackId>,
    /// The newest revision whose predictions are in `predictions`.
    predictions_stamp: i64,
    /// What the songs of all snapshots share.
    names: Names,
}

impl Library {
    /// Opens the database at `path`, makes it (and its folder) when it is not there, and migrates it. One that is write-protected is opened
    /// for reading only.
    ///
    /// # Errors
    /// When it cannot be made or opened, is damaged, was made by another program or by a newer version. The file is never replaced.
    pub fn open(path: &Path) -> Result<Self, LibraryError> {
        let mut opened = open::open(path)?;
        if !opened.read_only {
            migrate::migrate(&mut opened.connection, path)?;
        }
        Self::of(opened, path)
    }

    /// Opens the database at `path` for reading only.
    ///
    /// # Errors
    /// When it is not there, cannot be read, is damaged, was made by another program, or has another version than this program writes.
    pub fn open_read_only(path: &Path) -> Result<Self, LibraryError> {
        Self::of(open::read_only(path)?, path)
    }

    fn of(opened: open::Opened, path: &Path) -> Result<Self, LibraryError> {
        let open::Opened { connection, read_only, copy } = opened;
        let failed = |source| LibraryError::from_sqlite(path, source);
        connection.pragma_update(None, "synchronous", "NORMAL").map_err(failed)?;
        connection.pragma_update(None, "cache_size", -32 * 1024).map_err(failed)?;
        connection.set_prepared_statement_cache_capacity(STATEMENT_CACHE);
        Ok(Self {
            connection,
            path: path.to_path_buf(),
            read_only,
            _copy: copy,
            predictions: HashMap::new(),
            damaged_predictions: HashSet::new(),
            predictions_stamp: -1,
            names: Names::default(),
        })
    }

    /// Whether nothing can be written: changes fail with [`LibraryError::ReadOnly`].
    pub fn is_read_only(&self) -> bool {
        self.read_only
    }

    /// Where the database is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Grows with every change, by whichever process.
    ///
    /// # Errors
    /// Database failures.
    pub fn revision(&self) -> Result<u64, LibraryError> {
        self.read(revision)
    }

    /// A number that changes when another connection, of this process or of another one, writes to the library.
    ///
    /// # Errors
    /// Database failures.
    pub fn data_version(&self) -> Result<i64, LibraryError> {
        self.connection
            .query_row("PRAGMA data_version", [], |row| row.get(0))
            .map_err(|source| LibraryError::from_sqlite(&self.path, source))
    }

    /// Runs `work` in a read transaction: it sees one state of the database.
    fn read<T>(&self, work: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T, LibraryError> {
        let run = || {
            let transaction = self.connection.unchecked_transaction()?;
            let result = work(&transaction)?;
            transaction.finish()?;
            Ok(result)
        };
        run().map_err(|source| LibraryError::from_sqlite(&self.path, source))
    }

    /// Runs `work` in a write transaction and counts the revision up. All of it happens, or nothing.
    ///
    /// `IMMEDIATE`, because a read transaction that turns into a writing one cannot wait for other writers.
    fn write<T>(&mut self, work: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T>) -> Result<T, LibraryError> {
        if self.read_only {
            return Err(LibraryError::ReadOnly { path: self.path.clone() });
        }
        let Self { connection, path, .. } = self;
        let run = || {
            let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            transaction.prepare_cached("UPDATE state SET revision = revision + 1")?.execute([])?;
            let result = work(&transaction)?;
            transaction.commit()?;
            Ok(result)
        };
        run().map_err(|source| LibraryError::from_sqlite(path, source))
    }
}

/// The revision of the state that this transaction sees.
fn revision(connection: &Connection) -> rusqlite::Result<u64> {
    connection
        .query_row("SELECT revision FROM state", [], |row| {
            row.get_ref(0).map(|value| value.as_i64().unwrap_or_default())
        })
        .map(|value| value.max(0) as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn makes_the_folder_and_opens_again() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("new/folder/library.sqlite");
        let first = Library::open(&path).unwrap();
        let second = Library::open(&path).unwrap();
        assert_eq!(first.revision().unwrap(), second.revision().unwrap());
    }

    #[test]
    fn refuses_a_newer_database_and_leaves_it_alone() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("library.sqlite");
        drop(Library::open(&path).unwrap());
        let version = migrate::VERSION + 1;
        Connection::open(&path).unwrap().pragma_update(None, "user_version", version).unwrap();
        let error = Library::open(&path).err().unwrap();
        assert!(matches!(error, LibraryError::Newer { found, .. } if found == version), "{error}");
        let kept: i64 =
            Connection::open(&path).unwrap().query_row("PRAGMA user_version", [], |row| row.get(0)).unwrap();
        assert_eq!(kept, version);
    }

    #[test]
    fn a_file_that_is_no_database_is_named_and_kept() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("library.sqlite");
        let content = b"this is a shopping list, not a database ".repeat(200);
        std::fs::write(&path, &content).unwrap();
        let error = Library::open(&path).err().unwrap();
        assert!(matches!(error, LibraryError::Damaged { .. }), "{error}");
        assert!(error.to_string().contains(&path.display().to_string()));
        assert_eq!(std::fs::read(&path).unwrap(), content);
    }

    #[test]
    fn a_database_with_damaged_pages_is_an_error_not_a_panic() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("library.sqlite");
        drop(Library::open(&path).unwrap());
        let mut bytes = std::fs::read(&path).unwrap();
        for byte in &mut bytes[100..] {
            *byte = 0xA5;
        }
        std::fs::write(&path, &bytes).unwrap();
        std::fs::remove_file(path.with_extension("sqlite-wal")).ok();
        let result = Library::open(&path).and_then(|mut library| library.snapshot());
        assert!(matches!(result, Err(LibraryError::Damaged { .. })), "{result:?}");
        assert_eq!(std::fs::read(&path).unwrap(), bytes);
    }

    #[test]
    fn what_a_failed_transaction_did_is_undone() {
        let dir = tempfile::tempdir().unwrap();
        let mut library = Library::open(&dir.path().join("library.sqlite")).unwrap();
        let before = library.revision().unwrap();
        let result = library.write(|transaction| {
            transaction.execute("INSERT INTO root VALUES ('/a')", [])?;
            transaction.execute("INSERT INTO root VALUES ('/a')", [])
        });
        assert!(matches!(result, Err(LibraryError::Database { .. })));
        assert_eq!(library.revision().unwrap(), before);
        assert!(library.roots().unwrap().is_empty());
    }
}
