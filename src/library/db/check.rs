//! Whether a library is whole: its pages, its references, and every single value.

use std::path::{Path, PathBuf};

use rusqlite::Connection;
use serde::Serialize;

use super::backup::open_as_it_is;
use super::migrate;
use super::rules::{Column, columns, damaged, tables};
use super::values::Values;
use crate::library::LibraryError;

/// Findings that are named one by one; the rest is counted.
const MOST_FINDINGS: usize = 1000;
/// Tables without which a file is no library of Timbre.
const OUR_TABLES: [&str; 3] = ["root", "state", "track"];

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// A sentence.
    pub what: String,
    /// The song it is about, as far as its path can be shown.
    pub path: Option<PathBuf>,
}

/// What a check found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct CheckReport {
    /// Nothing is wrong.
    pub whole: bool,
    /// The version of the database.
    pub version: i64,
    /// Songs, those of removed folders included.
    pub songs: usize,
    /// Genres set by hand.
    pub genres: usize,
    /// Playlists.
    pub playlists: usize,
    /// What is wrong.
    pub findings: Vec<Finding>,
    /// Further things that are wrong.
    pub more: usize,
    /// Pages or the schema are damaged: the rows must be saved into a new file.
    pub pages_damaged: bool,
}

impl CheckReport {
    pub(super) fn add(&mut self, what: String, path: Option<PathBuf>) {
        if self.findings.len() < MOST_FINDINGS {
            self.findings.push(Finding { what, path });
        } else {
            self.more += 1;
        }
    }

    fn add_damage(&mut self, what: String) {
        self.pages_damaged = true;
        self.add(what, None);
    }
}

/// The version of a library, without opening it for good.
///
/// # Errors
/// [`LibraryError::NoLibrary`] when it is none, or one of a newer Timbre; what SQLite says.
pub fn version_of(path: &Path) -> Result<i64, LibraryError> {
    let none = |reason: &str| LibraryError::NoLibrary { path: path.to_path_buf(), reason: reason.to_owned() };
    match std::fs::metadata(path) {
        Ok(there) if there.is_file() => {}
        Ok(_) => return Err(none("this is not a file")),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Err(none("there is no such file")),
        Err(_) => return Err(none("this file cannot be read")),
    }
    let failed = |source| LibraryError::from_sqlite(path, source);
    let connection = open_as_it_is(path).map_err(failed)?;
    let version = identify(&connection).map_err(failed)?;
    match version {
        None => Err(none("this is not a Timbre library")),
        Some(found) if found > migrate::VERSION => {
            Err(LibraryError::Newer { path: path.to_path_buf(), found, supported: migrate::VERSION })
        }
        Some(found) => Ok(found),
    }
}

/// The version; `None` when this is no library.
fn identify(connection: &Connection) -> rusqlite::Result<Option<i64>> {
    let ours: i64 = connection.query_row(
        "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name IN (?1, ?2, ?3)",
        OUR_TABLES,
        |row| row.get(0),
    )?;
    let version = migrate::version(connection)?;
    Ok((ours == OUR_TABLES.len() as i64 && version > 0).then_some(version))
}

/// Checks a library. It is not changed, also not migrated.
///
/// # Errors
/// [`LibraryError::NoLibrary`], [`LibraryError::Newer`]; when the file cannot be opened at all. Damage is no error.
pub fn check(path: &Path) -> Result<CheckReport, LibraryError> {
    let mut report = CheckReport::default();
    match version_of(path) {
        Ok(version) => report.version = version,
        Err(LibraryError::Damaged { source, .. }) => {
            report
                .add_damage(format!("The file's first page is damaged, so that nothing in it can be found: {source}."));
            return Ok(report);
        }
        Err(error) => return Err(error),
    }
    let failed = |source| LibraryError::from_sqlite(path, source);
    let connection = open_as_it_is(path).map_err(failed)?;
    let version = report.version;
    if let Err(error) = of_connection(&connection, version, &mut report) {
        match LibraryError::from_sqlite(path, error) {
            LibraryError::Damaged { source, .. } => report.add_damage(format!("A page is damaged: {source}.")),
            error => return Err(error),
        }
    }
    report.whole = report.findings.is_empty();
    Ok(report)
}

/// Checks what a connection has open.
pub(super) fn of_connection(connection: &Connection, version: i64, report: &mut CheckReport) -> rusqlite::Result<()> {
    schema(connection, version, report)?;
    integrity(connection, report)?;
    let count = |table: &str| -> usize {
        let counted = connection.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get::<_, i64>(0));
        counted.map_or(0, |count| count.max(0) as usize)
    };
    (report.songs, report.genres, report.playlists) = (count("track"), count("user_genre"), count("playlist"));
    // An older library gets its final form when it is migrated; its values are checked then.
    if version == migrate::VERSION {
        references(connection, report)?;
        for table in tables(connection)? {
            values(connection, &table, report)?;
        }
    }
    Ok(())
}

/// Compares the schema with the one that a new library of that version has.
fn schema(connection: &Connection, version: i64, report: &mut CheckReport) -> rusqlite::Result<()> {
    let fresh = Connection::open_in_memory()?;
    migrate::make(&fresh, version)?;
    let mut wanted = fresh.prepare("SELECT type, name FROM sqlite_schema WHERE sql IS NOT NULL")?;
    let mut there = connection.prepare("SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE type = ?1 AND name = ?2)")?;
    let mut rows = wanted.query([])?;
    while let Some(row) = rows.next()? {
        let (kind, name): (String, String) = (row.get(0)?, row.get(1)?);
        if name.starts_with("sqlite_") {
            continue;
        }
        if !there.query_row([&kind, &name], |row| row.get::<_, bool>(0))? {
            report.add_damage(format!("The {kind} ‘{name}’ is missing."));
        } else if kind == "table" {
            let found = columns(connection, &name)?;
            for column in columns(&fresh, &name)? {
                if !found.iter().any(|other| other.name == column.name) {
                    report.add_damage(format!("The column ‘{}’ of the table ‘{name}’ is missing.", column.name));
                }
            }
        }
    }
    Ok(())
}

fn integrity(connection: &Connection, report: &mut CheckReport) -> rusqlite::Result<()> {
    let mut statement = connection.prepare("PRAGMA integrity_check(20)")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let line = Values::of(row).text(0).unwrap_or_default();
        if !is_about_a_value(&line) {
            report.add_damage(format!("SQLite says: {}.", line.trim_end_matches('.')));
        }
    }
    Ok(())
}

/// Whether a line of SQLite's check is about a single value, which is found and mended by itself; or says that all is well.
pub(super) fn is_about_a_value(line: &str) -> bool {
    line == "ok" || line.contains(" value in ") || line.starts_with("CHECK constraint failed")
}

fn references(connection: &Connection, report: &mut CheckReport) -> rusqlite::Result<()> {
    let mut statement = connection.prepare("PRAGMA foreign_key_check")?;
    let mut rows = statement.query([])?;
    let mut lost = std::collections::BTreeMap::new();
    while let Some(row) = rows.next()? {
        let mut values = Values::of(row);
        let (table, parent) = (values.text(0).unwrap_or_default(), values.text(2).unwrap_or_default());
        *lost.entry((table, parent)).or_insert(0) += 1;
    }
    for ((table, parent), count) in lost {
        report.add(format!("{count} rows of ‘{table}’ belong to rows of ‘{parent}’ that are not there."), None);
    }
    Ok(())
}

/// Looks at every value of a table.
fn values(connection: &Connection, table: &str, report: &mut CheckReport) -> rusqlite::Result<()> {
    let columns = columns(connection, table)?;
    let mut statement = connection.prepare(&format!("SELECT {} FROM \"{table}\"", list(&columns)))?;
    let mut rows = statement.query([])?;
    let mut any = false;
    while let Some(row) = rows.next()? {
        any = true;
        let wrong = damaged(table, &columns, row, 0);
        if wrong.is_empty() {
            continue;
        }
        let names: Vec<&str> = wrong.iter().map(|column| column.name.as_str()).collect();
        let path = path_of(connection, table, &columns, row);
        report.add(format!("In ‘{table}’ a value is damaged: {}.", names.join(", ")), path);
    }
    if table == "state" && !any {
        report.add("The state of the library is missing.".to_owned(), None);
    }
    Ok(())
}

/// The path of the song that a row is about.
pub(super) fn path_of(
    connection: &Connection,
    table: &str,
    columns: &[Column],
    row: &rusqlite::Row<'_>,
) -> Option<PathBuf> {
    let place = |name: &str| columns.iter().position(|column| column.name == name);
    if table == "track" {
        return Values::of(row).path(place("path")?);
    }
    let id: i64 = Values::of(row).integer(place("track_id")?)?;
    let path = connection.query_row("SELECT path FROM track WHERE id = ?1", [id], |row| Ok(Values::of(row).path(0)));
    path.ok().flatten()
}

/// The names of columns, as SQL.
pub(super) fn list(columns: &[Column]) -> String {
    let names: Vec<String> = columns.iter().map(|column| format!("\"{}\"", column.name)).collect();
    names.join(", ")
}
