//! Mends a damaged library: single values where they stand, damaged pages by saving every readable row into a new file.

use std::path::{Path, PathBuf};

use rusqlite::types::Value;
use rusqlite::{Connection, Transaction, TransactionBehavior, params_from_iter};
use serde::Serialize;

use super::backup::{self, free_name, sync_folder};
use super::check::{CheckReport, Finding, check, list, path_of};
use super::rules::{Column, Mend, columns, damaged, mend, tables};
use super::{BUSY_TIMEOUT, migrate, salvage};
use crate::base::time::local_day;
use crate::base::time::unix_now_secs;
use crate::library::LibraryError;

/// What a repair did.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Repaired {
    /// What was wrong before.
    pub before: CheckReport,
    /// What was mended, lost or left out, in sentences.
    pub done: Vec<Finding>,
    /// Rows that could not be saved.
    pub lost_rows: u64,
    /// Where the damaged library is kept; `None` when nothing was wrong.
    pub kept: Option<PathBuf>,
}

/// Mends the library at `path`. The damaged one is kept beside it. When nothing is wrong, nothing is done.
///
/// # Errors
/// [`LibraryError::NoLibrary`] when nothing in the file can be read; when the new file cannot be written. The library is
/// then as it was before.
pub fn repair(path: &Path) -> Result<Repaired, LibraryError> {
    let before = check(path)?;
    let mut repaired = Repaired { before, ..Repaired::default() };
    if repaired.before.whole {
        return Ok(repaired);
    }
    let aside = free_name(path, &format!("damaged-{}", local_day(unix_now_secs())), "");
    let failed = |source| LibraryError::from_sqlite(path, source);
    if repaired.before.pages_damaged {
        let built = salvage::salvage(path, &mut repaired)?;
        let mut connection = Connection::open(built.path()).map_err(failed)?;
        migrate::migrate_copy(&mut connection).map_err(failed)?;
        mend_all(&mut connection, &mut repaired).map_err(failed)?;
        connection.query_row("PRAGMA journal_mode = DELETE", [], |_| Ok(())).map_err(failed)?;
        connection.close().map_err(|(_, error)| failed(error))?;
        let after = check(built.path())?;
        if !after.whole {
            let reason = "what could be read of this library does not make a whole one; nothing was changed".to_owned();
            return Err(LibraryError::NoLibrary { path: path.to_path_buf(), reason });
        }
        replace_file(path, built, &aside)?;
    } else {
        let mut connection = Connection::open(path).map_err(failed)?;
        connection.busy_timeout(BUSY_TIMEOUT).map_err(failed)?;
        backup::copy(&connection, path, &aside)?;
        mend_all(&mut connection, &mut repaired).map_err(failed)?;
    }
    repaired.kept = Some(aside);
    Ok(repaired)
}

/// Puts a new file in the place of a library that cannot be opened, and keeps that as `aside`, with its log.
///
/// Whenever this is cut off, the damaged library or the new one is there, and the damaged one is kept.
pub(super) fn replace_file(path: &Path, new: tempfile::NamedTempFile, aside: &Path) -> Result<(), LibraryError> {
    let failed = |error: std::io::Error| LibraryError::Backup { path: aside.to_path_buf(), source: error.into() };
    let beside = |path: &Path, ending: &str| {
        let mut name = path.as_os_str().to_owned();
        name.push(ending);
        PathBuf::from(name)
    };
    for ending in ["-wal", ""] {
        let from = beside(path, ending);
        if from.exists() {
            std::fs::copy(&from, beside(aside, ending)).map_err(failed)?;
            std::fs::File::open(beside(aside, ending)).and_then(|file| file.sync_all()).map_err(failed)?;
        }
    }
    // A log that stayed would be read into the new file.
    for ending in ["-wal", "-shm"] {
        match std::fs::remove_file(beside(path, ending)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(failed(error)),
            _ => {}
        }
    }
    new.as_file().sync_all().map_err(failed)?;
    new.persist(path).map_err(|error| failed(error.error))?;
    if let Some(folder) = path.parent() {
        sync_folder(folder);
    }
    Ok(())
}

/// Mends every damaged value, in one transaction.
pub(super) fn mend_all(connection: &mut Connection, repaired: &mut Repaired) -> rusqlite::Result<()> {
    connection.pragma_update(None, "foreign_keys", false)?;
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    for table in tables(&transaction)? {
        mend_table(&transaction, &table, repaired)?;
    }
    orphans(&transaction, repaired)?;
    transaction.execute("INSERT OR IGNORE INTO state (only_row, revision) VALUES (1, 0)", [])?;
    // Everybody reads everything again, predictions included.
    transaction.execute("UPDATE state SET revision = revision + 1", [])?;
    transaction.execute("UPDATE prediction SET stamp = (SELECT revision FROM state)", [])?;
    transaction.commit()
}

fn mend_table(transaction: &Transaction<'_>, table: &str, repaired: &mut Repaired) -> rusqlite::Result<()> {
    let columns = columns(transaction, table)?;
    let keys: Vec<usize> = (0..columns.len()).filter(|index| columns[*index].is_key).collect();
    let mut wanted = Vec::new();
    {
        let mut statement = transaction.prepare(&format!("SELECT {} FROM \"{table}\"", list(&columns)))?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let wrong = damaged(table, &columns, row, 0);
            if wrong.is_empty() {
                continue;
            }
            // A key that is no text is found by its bytes.
            let key: Vec<Value> = keys.iter().map(|index| owned(row, *index)).collect::<rusqlite::Result<_>>()?;
            let wrong: Vec<Column> = wrong.into_iter().cloned().collect();
            wanted.push((key, wrong, path_of(transaction, table, &columns, row)));
        }
    }
    for (key, wrong, path) in wanted {
        let place: Vec<String> = keys
            .iter()
            .zip(&key)
            .enumerate()
            .map(|(at, (index, value))| same(&columns[*index].name, value, at + 1))
            .collect();
        let place = place.join(" AND ");
        let names: Vec<&str> = wrong.iter().map(|column| column.name.as_str()).collect();
        let names = names.join(", ");
        let mends: Vec<Mend> = wrong.iter().map(|column| mend(table, column)).collect();
        if mends.contains(&Mend::Drop) {
            transaction.execute(&format!("DELETE FROM \"{table}\" WHERE {place}"), params_from_iter(key))?;
            repaired.lost_rows += 1;
            repaired.done.push(Finding { what: dropped(table, &names), path });
            continue;
        }
        for (column, mend) in wrong.iter().zip(mends) {
            let set = match mend {
                Mend::Set(sql) => sql.to_owned(),
                Mend::To(value) => format!("\"{}\" = {value}", column.name),
                Mend::Drop => continue,
            };
            transaction.execute(
                &format!("UPDATE OR IGNORE \"{table}\" SET {set} WHERE {place}"),
                params_from_iter(key.clone()),
            )?;
        }
        if table == "track" {
            if wrong.iter().any(|column| column.name == "title")
                && let Some(path) = &path
            {
                let title = path.file_stem().unwrap_or(path.as_os_str()).to_string_lossy();
                let mut values = key.clone();
                values.push(Value::Text(title.into_owned()));
                let sql = format!("UPDATE track SET title = ?{} WHERE {place}", values.len());
                transaction.execute(&sql, params_from_iter(values))?;
            }
            transaction.execute(&format!("UPDATE track SET mtime_ns = -1 WHERE {place}"), params_from_iter(key))?;
        }
        repaired.done.push(Finding { what: mended(table, &names), path });
    }
    Ok(())
}

/// `column = ?n`; a text that is none is found by its bytes.
fn same(column: &str, value: &Value, number: usize) -> String {
    match value {
        Value::Blob(_) => format!("CAST(\"{column}\" AS BLOB) IS ?{number}"),
        _ => format!("\"{column}\" IS ?{number}"),
    }
}

fn owned(row: &rusqlite::Row<'_>, index: usize) -> rusqlite::Result<Value> {
    use rusqlite::types::ValueRef;
    Ok(match row.get_ref(index)? {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(value) => Value::Integer(value),
        ValueRef::Real(value) => Value::Real(value),
        ValueRef::Text(text) => match std::str::from_utf8(text) {
            Ok(text) => Value::Text(text.to_owned()),
            Err(_) => Value::Blob(text.to_vec()),
        },
        ValueRef::Blob(bytes) => Value::Blob(bytes.to_vec()),
    })
}

fn dropped(table: &str, names: &str) -> String {
    match table {
        "user_genre" => "The genre set by hand cannot be read and was dropped.".to_owned(),
        "prediction" => "What the network heard cannot be read; it will listen again.".to_owned(),
        "text_repair" => "Repaired texts of a song cannot be read; those in its file show again.".to_owned(),
        "problem" => "A problem cannot be read; the next scan finds it again.".to_owned(),
        "playlist_entry" => "An entry of a playlist cannot be read and was dropped.".to_owned(),
        "change" => "A change cannot be undone any more, its description cannot be read.".to_owned(),
        "root" => "A folder's name cannot be read; add the folder again.".to_owned(),
        _ => format!("A row of ‘{table}’ cannot be read and was dropped ({names})."),
    }
}

fn mended(table: &str, names: &str) -> String {
    match table {
        "track" => format!("The entry was damaged ({names}); the next scan reads the file again."),
        "user_genre" => "The day on which the genre was set by hand could not be read.".to_owned(),
        "playlist" => "The name of a playlist could not be read; it has a new one.".to_owned(),
        _ => format!("A row of ‘{table}’ was damaged ({names}) and is mended."),
    }
}

/// Rows whose song or playlist is not there any more go.
fn orphans(transaction: &Transaction<'_>, repaired: &mut Repaired) -> rusqlite::Result<()> {
    let gone: Vec<String> = {
        let mut statement =
            transaction.prepare("SELECT genre FROM user_genre WHERE track_id NOT IN (SELECT id FROM track)")?;
        statement.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?
    };
    for genre in gone {
        repaired.done.push(Finding {
            what: format!("The genre ‘{genre}’ was set by hand for a song that is lost."),
            path: None,
        });
    }
    for (table, what, sql) in [
        ("user_genre", "", "DELETE FROM user_genre WHERE track_id NOT IN (SELECT id FROM track)"),
        ("prediction", "", "DELETE FROM prediction WHERE track_id NOT IN (SELECT id FROM track)"),
        ("text_repair", "", "DELETE FROM text_repair WHERE track_id NOT IN (SELECT id FROM track)"),
        (
            "lookalike",
            "",
            "DELETE FROM lookalike WHERE track_id NOT IN (SELECT id FROM track) OR former_id NOT IN (SELECT id FROM track)",
        ),
        (
            "playlist_entry",
            "entries of playlists belonged to songs or playlists that are lost",
            "DELETE FROM playlist_entry WHERE track_id NOT IN (SELECT id FROM track) OR playlist_id NOT IN (SELECT id FROM playlist)",
        ),
    ] {
        let count = transaction.execute(sql, [])?;
        repaired.lost_rows += count as u64;
        if count > 0 {
            let what = if what.is_empty() {
                format!("rows of ‘{table}’ belonged to songs that are lost")
            } else {
                what.to_owned()
            };
            repaired.done.push(Finding { what: format!("{count} {what}."), path: None });
        }
    }
    Ok(())
}
