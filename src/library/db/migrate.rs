//! Numbered migrations: `PRAGMA user_version` counts how many of them a database has seen.

use std::path::Path;

use rusqlite::{Connection, TransactionBehavior};

use super::backup::{self, Reason};
use crate::library::LibraryError;

/// In order; a migration that was released is never changed.
const MIGRATIONS: &[&str] = &[
    include_str!("migrations/001_init.sql"),
    include_str!("migrations/002_sound_keys.sql"),
    include_str!("migrations/003_album_fields.sql"),
    include_str!("migrations/004_text_repairs.sql"),
];

/// The database version this program writes.
pub(super) const VERSION: i64 = MIGRATIONS.len() as i64;

/// Refuses a database that has another version than [`VERSION`]; for one that cannot be migrated.
///
/// # Errors
/// [`LibraryError::Newer`]; database failures.
pub(super) fn check_current(connection: &Connection, path: &Path) -> Result<(), LibraryError> {
    let failed = |source| LibraryError::from_sqlite(path, source);
    let found = connection.query_row("PRAGMA user_version", [], |row| row.get::<_, i64>(0)).map_err(failed)?;
    match found {
        found if found > VERSION => Err(LibraryError::Newer { path: path.to_path_buf(), found, supported: VERSION }),
        found if found < VERSION => Err(LibraryError::ReadOnly { path: path.to_path_buf() }),
        _ => Ok(()),
    }
}

/// Brings the database to [`VERSION`], in one transaction. Leaves foreign keys on.
///
/// # Errors
/// [`LibraryError::Newer`] when a later program wrote it; database failures.
pub(super) fn migrate(connection: &mut Connection, path: &Path) -> Result<(), LibraryError> {
    let failed = |source| LibraryError::from_sqlite(path, source);
    let found = version(connection).map_err(failed)?;
    if found > VERSION {
        return Err(LibraryError::Newer { path: path.to_path_buf(), found, supported: VERSION });
    }
    if found < VERSION {
        if found > 0 {
            // What the migration makes of it cannot be taken back otherwise.
            backup::make(connection, path, Reason::Migration(found))
                .map_err(|error| LibraryError::NotMigrated { path: path.to_path_buf(), source: Box::new(error) })?;
        }
        // A table that others refer to is replaced, which must not delete their rows.
        connection.pragma_update(None, "foreign_keys", false).map_err(failed)?;
        run(connection).map_err(failed)?;
    }
    connection.pragma_update(None, "foreign_keys", true).map_err(failed)
}

/// Brings a database that was just made, or a copy that may be lost, to [`VERSION`] without keeping it as it was.
pub(super) fn migrate_copy(connection: &mut Connection) -> rusqlite::Result<()> {
    connection.pragma_update(None, "foreign_keys", false)?;
    run(connection)
}

/// Makes an empty database of that version.
pub(super) fn make(connection: &Connection, version: i64) -> rusqlite::Result<()> {
    MIGRATIONS.iter().take(version.max(0) as usize).try_for_each(|sql| connection.execute_batch(sql))?;
    connection.pragma_update(None, "user_version", version)
}

pub(super) fn version(connection: &Connection) -> rusqlite::Result<i64> {
    connection.query_row("PRAGMA user_version", [], |row| row.get(0))
}

fn run(connection: &mut Connection) -> rusqlite::Result<()> {
    // Another process may be migrating too: look again once the write lock is ours.
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let found = version(&transaction)?.max(0) as usize;
    for (index, sql) in MIGRATIONS.iter().enumerate().skip(found) {
        tracing::info!(version = index + 1, "migrating the library database");
        transaction.execute_batch(sql)?;
    }
    transaction.pragma_update(None, "user_version", VERSION)?;
    transaction.commit()
}
