//! Numbered migrations: `PRAGMA user_version` counts how many of them a database has seen.

use std::path::Path;

use rusqlite::{Connection, TransactionBehavior};

use crate::library::LibraryError;

/// In order; a migration that was released is never changed.
const MIGRATIONS: &[&str] = &[include_str!("migrations/001_init.sql")];

/// The database version this program writes.
pub(super) const VERSION: i64 = MIGRATIONS.len() as i64;

/// Brings the database to [`VERSION`], in one transaction.
///
/// # Errors
/// [`LibraryError::Newer`] when a later program wrote it; database failures.
pub(super) fn migrate(connection: &mut Connection, path: &Path) -> Result<(), LibraryError> {
    let failed = |source| LibraryError::from_sqlite(path, source);
    let read_version =
        |connection: &Connection| connection.query_row("PRAGMA user_version", [], |row| row.get::<_, i64>(0));
    let found = read_version(connection).map_err(failed)?;
    if found > VERSION {
        return Err(LibraryError::Newer { path: path.to_path_buf(), found, supported: VERSION });
    }
    if found == VERSION {
        return Ok(());
    }
    // Another process may be migrating too: look again once the write lock is ours.
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(failed)?;
    let found = read_version(&transaction).map_err(failed)?.max(0) as usize;
    for (index, sql) in MIGRATIONS.iter().enumerate().skip(found) {
        tracing::info!(version = index + 1, "migrating the library database");
        transaction.execute_batch(sql).map_err(failed)?;
    }
    transaction.pragma_update(None, "user_version", VERSION).map_err(failed)?;
    transaction.commit().map_err(failed)
}
