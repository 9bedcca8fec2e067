//! Saves every readable row of a database with damaged pages into a new file.
//!
//! Rows are read by ranges of their identifiers: a range in which a page is damaged is halved until only what is on
//! that page is left out. Tables without such an identifier are read from both ends and through their indices. What is
//! lost is looked for in the newest copy beside the library.

use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};

use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, OptionalExtension as _, Row, Statement, params};
use tempfile::NamedTempFile;

use super::backup::{copies, open_as_it_is};
use super::check::{Finding, check, list};
use super::migrate;
use super::portable::KEPT_TABLE;
use super::repair::Repaired;
use super::rules::{Column, columns, tables};
use crate::library::LibraryError;

/// Identifiers up to which rows are looked for when nothing says how many there are.
const MOST_ROWS: i64 = 4_000_000;
/// Timbre's databases have pages of this size.
const PAGE_BYTES: u64 = 4096;
/// Readings in a row that may fail before the rest of a table is given up.
const MOST_FAILURES: u32 = 200_000;

/// Reads what can be read of the database into a new file beside it, of the same version.
///
/// # Errors
/// [`LibraryError::NoLibrary`] when nothing can be read; when the new file cannot be written.
pub(super) fn salvage(path: &Path, repaired: &mut Repaired) -> Result<NamedTempFile, LibraryError> {
    let failed = |source| LibraryError::from_sqlite(path, source);
    let unwritable = |source: std::io::Error| LibraryError::Backup { path: path.to_path_buf(), source: source.into() };
    let nothing = || {
        let newest = copies(path).into_iter().next();
        let hint = newest.map_or_else(
            || "there is no copy beside it either".to_owned(),
            |copy| format!("`timbre library restore {}` takes back the newest copy", copy.display()),
        );
        let reason = format!("the first page of this file is damaged, so that no row in it can be found; {hint}");
        LibraryError::NoLibrary { path: path.to_path_buf(), reason }
    };
    let whole_copies = copies(path).into_iter().filter(|copy| check(copy).is_ok_and(|report| !report.pages_damaged));
    let whole_copies: Vec<PathBuf> = whole_copies.take(1).collect();
    let readable = |path: &Path| {
        let connection = open_as_it_is(path).ok()?;
        let version = migrate::version(&connection).ok().filter(|version| (1..=migrate::VERSION).contains(version))?;
        // Without its schema no table can be found.
        connection.prepare("SELECT * FROM track").ok()?;
        Some((connection, version))
    };
    let mut borrowed = None;
    let (from, version) = match readable(path) {
        Some(found) => found,
        None => {
            let copy = whole_copies.first().ok_or_else(nothing)?;
            let file = borrowed.insert(with_first_page_of(path, copy).map_err(unwritable)?);
            let found = readable(&file.path().join("library.sqlite")).ok_or_else(nothing)?;
            let what = format!("The first page is damaged; the one of {} was taken in its place.", copy.display());
            repaired.done.push(Finding { what, path: None });
            found
        }
    };
    let copy = whole_copies.first().and_then(|copy| readable(copy)).filter(|(_, other)| *other == version);
    let copy = copy.map(|(connection, _)| connection);
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let file = tempfile::Builder::new()
        .prefix(".timbre-")
        .suffix(".part")
        .rand_bytes(12)
        .tempfile_in(folder)
        .map_err(unwritable)?;
    let into = Connection::open(file.path()).map_err(failed)?;
    let written = (|| {
        into.pragma_update(None, "synchronous", "OFF")?;
        into.pragma_update(None, "foreign_keys", false)?;
        migrate::make(&into, version)?;
        if from.prepare("SELECT 1 FROM kept").is_ok() {
            into.execute(KEPT_TABLE, [])?;
        }
        into.execute_batch("BEGIN")?;
        let place = take_place_index(&into)?;
        let mut saved = 0;
        for table in tables(&into)? {
            saved += save(&from, copy.as_ref(), &into, &table, repaired)?;
        }
        if let Some(place) = place {
            // Two songs that say they are at one place: a scan finds out which one is.
            into.execute(
                "UPDATE track SET missing = 1 WHERE removed_at IS NULL AND EXISTS (SELECT 1 FROM track o \
                 WHERE o.path = track.path AND o.id > track.id AND o.missing = 0 AND o.removed_at IS NULL)",
                [],
            )?;
            into.execute_batch(&place)?;
        }
        keep_sequences(&from, &into)?;
        into.execute_batch("COMMIT")?;
        Ok(saved)
    })()
    .map_err(failed)?;
    if written == 0 {
        return Err(nothing());
    }
    into.close().map_err(|(_, error)| failed(error))?;
    drop((from, borrowed));
    Ok(file)
}

/// A copy of a database (in a folder of its own) with the first page of another one. The tables of a library begin on the
/// same pages in all of its copies.
fn with_first_page_of(path: &Path, copy: &Path) -> std::io::Result<tempfile::TempDir> {
    let folder = tempfile::Builder::new().prefix(".timbre-").tempdir_in(path.parent().unwrap_or(Path::new(".")))?;
    let to = folder.path().join("library.sqlite");
    let mut first = Vec::new();
    std::fs::File::open(copy)?.take(PAGE_BYTES).read_to_end(&mut first)?;
    std::fs::copy(path, &to)?;
    let log = |path: &Path| {
        let mut name = path.as_os_str().to_owned();
        name.push("-wal");
        PathBuf::from(name)
    };
    let has_log = log(path).exists();
    if has_log {
        std::fs::copy(log(path), log(&to))?;
    }
    let pages = (std::fs::metadata(path)?.len() / PAGE_BYTES) as u32;
    if first.len() as u64 == PAGE_BYTES {
        first[18..20].fill(if has_log { 2 } else { 1 });
        first[28..32].copy_from_slice(&pages.to_be_bytes());
        // No page is free: the list is of another time.
        first[32..40].fill(0);
        let mut file = std::fs::OpenOptions::new().write(true).open(&to)?;
        file.write_all(&first)?;
        file.sync_all()?;
    }
    Ok(folder)
}

/// Takes away the index that lets only one song be at a place, and answers with what makes it again.
fn take_place_index(into: &Connection) -> rusqlite::Result<Option<String>> {
    let sql = "SELECT sql FROM sqlite_schema WHERE type = 'index' AND name = 'track_place'";
    let place: Option<String> = into.query_row(sql, [], |row| row.get(0)).optional()?;
    if place.is_some() {
        // A plain one in its place, for the search for songs at one place.
        into.execute_batch("DROP INDEX track_place; CREATE INDEX track_place_for_now ON track (path)")?;
    }
    Ok(place.map(|place| format!("DROP INDEX track_place_for_now; {place}")))
}

/// An identifier is never given twice, also after this.
fn keep_sequences(from: &Connection, into: &Connection) -> rusqlite::Result<()> {
    let read = || {
        let mut statement = from.prepare("SELECT name, seq FROM sqlite_sequence")?;
        statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<rusqlite::Result<Vec<(String, i64)>>>()
    };
    for (table, seq) in read().unwrap_or_default() {
        into.execute("UPDATE sqlite_sequence SET seq = max(seq, ?2) WHERE name = ?1", params![table, seq])?;
        into.execute(
            "INSERT INTO sqlite_sequence (name, seq) SELECT ?1, ?2 \
             WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = ?1) \
               AND EXISTS (SELECT 1 FROM sqlite_schema WHERE name = ?1)",
            params![table, seq],
        )?;
    }
    Ok(())
}

/// Copies the rows of one table and gives back how many the damaged file had.
fn save(
    from: &Connection,
    copy: Option<&Connection>,
    into: &Connection,
    table: &str,
    repaired: &mut Repaired,
) -> rusqlite::Result<u64> {
    let all = columns(into, table)?;
    // A table that was made by other means may lack some.
    let there: Vec<String> =
        columns(from, table).map(|found| found.into_iter().map(|column| column.name).collect()).unwrap_or_default();
    let shared: Vec<Column> = all.iter().filter(|column| there.contains(&column.name)).cloned().collect();
    if shared.is_empty() {
        repaired.done.push(Finding {
            what: format!("The table ‘{table}’ cannot be found; nothing of it could be saved."),
            path: None,
        });
        return Ok(0);
    }
    let marks = vec!["?"; shared.len()].join(", ");
    // Tables that are filled when they are made.
    into.execute(&format!("DELETE FROM \"{table}\""), [])?;
    let sql = format!("INSERT OR IGNORE INTO \"{table}\" ({}) VALUES ({marks})", list(&shared));
    let mut saver = Saver { into: into.prepare(&sql)?, width: shared.len(), saved: 0, failures: 0, lost: Vec::new() };
    let has_rowid = from.prepare(&format!("SELECT rowid FROM \"{table}\" LIMIT 0")).is_ok();
    if has_rowid {
        let mut range = from.prepare(&format!(
            "SELECT {}, rowid FROM \"{table}\" WHERE rowid BETWEEN ?1 AND ?2 ORDER BY rowid",
            list(&shared)
        ))?;
        let last = last_rowid(from, table);
        saver.range(&mut range, 1, last)?;
        // Beyond what is known; nothing is said of it when it fails.
        if last < MOST_ROWS {
            let lost = saver.lost.len();
            saver.read(&mut range, last + 1, i64::MAX)?;
            saver.lost.truncate(lost);
        }
    } else {
        let keys: Vec<String> =
            shared.iter().filter(|column| column.is_key).map(|column| format!("\"{}\"", column.name)).collect();
        let mut complete = false;
        for order in ["", " DESC"] {
            let order: Vec<String> = keys.iter().map(|key| format!("{key}{order}")).collect();
            let mut statement =
                from.prepare(&format!("SELECT {} FROM \"{table}\" ORDER BY {}", list(&shared), order.join(", ")))?;
            complete = saver.all(&mut statement)?;
            if complete {
                break;
            }
        }
        if !complete {
            for index in indices(from, table) {
                if let Ok(mut statement) =
                    from.prepare(&format!("SELECT {} FROM \"{table}\" INDEXED BY \"{index}\"", list(&shared)))
                {
                    complete |= saver.all(&mut statement)?;
                }
            }
        }
        if !complete {
            repaired.done.push(Finding {
                what: format!("Rows of ‘{table}’ are on a damaged page; {} could be saved.", saver.saved),
                path: None,
            });
        }
    }
    let from_copy = copy.map_or(Ok(0), |copy| saver.take_from(copy, table, &list(&shared)))?;
    let Saver { saved, lost, .. } = saver;
    if from_copy > 0 {
        // Their files may have changed since.
        for (low, high) in lost.iter().filter(|_| table == "track") {
            into.execute("UPDATE track SET mtime_ns = -1 WHERE id BETWEEN ?1 AND ?2", [low, high])?;
        }
        let what = format!("{from_copy} rows of ‘{table}’ come from the newest copy of the library.");
        repaired.done.push(Finding { what, path: None });
    }
    let count: i64 = lost.iter().map(|(low, high)| high - low + 1).sum();
    let count = (count - from_copy as i64).max(0);
    if count > 0 {
        let mut places: Vec<String> = lost
            .iter()
            .take(8)
            .map(|(low, high)| if low == high { low.to_string() } else { format!("{low}–{high}") })
            .collect();
        if lost.len() > places.len() {
            places.push("…".to_owned());
        }
        repaired.lost_rows += count as u64;
        let places = places.join(", ");
        let what = format!("Up to {count} rows of ‘{table}’ are on a damaged page and lost (numbers {places}).");
        repaired.done.push(Finding { what, path: None });
    }
    Ok(saved - from_copy)
}

/// The highest identifier that a row of a table may have.
fn last_rowid(from: &Connection, table: &str) -> i64 {
    let ask = |sql: String| from.query_row(&sql, [], |row| row.get::<_, Option<i64>>(0)).ok().flatten();
    let own = ask(format!("SELECT max(rowid) FROM \"{table}\""));
    let given = ask(format!("SELECT seq FROM sqlite_sequence WHERE name = '{table}'"));
    // What belongs to songs has their identifiers.
    let songs = || ask("SELECT seq FROM sqlite_sequence WHERE name = 'track'".to_owned());
    own.max(given).or_else(songs).unwrap_or(MOST_ROWS).clamp(0, MOST_ROWS)
}

fn indices(from: &Connection, table: &str) -> Vec<String> {
    let names = || {
        let mut statement = from.prepare("SELECT name FROM pragma_index_list(?1)")?;
        statement.query_map([table], |row| row.get(0))?.collect::<rusqlite::Result<Vec<String>>>()
    };
    names().unwrap_or_default()
}

/// Writes rows as they are read.
struct Saver<'c> {
    into: Statement<'c>,
    width: usize,
    saved: u64,
    failures: u32,
    /// Ranges of identifiers that cannot be read.
    lost: Vec<(i64, i64)>,
}

impl Saver<'_> {
    fn row(&mut self, row: &Row<'_>) -> rusqlite::Result<()> {
        for index in 0..self.width {
            // As it is, also a text that is none.
            let value = row.get_ref(index)?;
            let value = match value {
                ValueRef::Text(text) if std::str::from_utf8(text).is_err() => ValueRef::Blob(text),
                value => value,
            };
            self.into.raw_bind_parameter(index + 1, ToSqlOutput::Borrowed(value))?;
        }
        self.saved += self.into.raw_execute()? as u64;
        Ok(())
    }

    /// Reads a range until it fails; answers with the last identifier that was read, if it failed.
    fn read(&mut self, range: &mut Statement<'_>, low: i64, high: i64) -> rusqlite::Result<Option<i64>> {
        let mut last = low - 1;
        let Ok(mut rows) = range.query([low, high]) else { return Ok(Some(last)) };
        loop {
            match rows.next() {
                Ok(Some(row)) => {
                    let Ok(id) = row.get::<_, i64>(self.width) else { return Ok(Some(last)) };
                    // A damaged page may hold anything, also what sends a reader round in circles.
                    if id <= last || id > high {
                        return Ok(Some(last));
                    }
                    last = id;
                    self.row(row)?;
                    self.failures = 0;
                }
                Ok(None) => return Ok(None),
                Err(_) => return Ok(Some(last)),
            }
        }
    }

    fn range(&mut self, range: &mut Statement<'_>, low: i64, high: i64) -> rusqlite::Result<()> {
        let mut waiting = vec![(low, high)];
        while let Some((low, high)) = waiting.pop() {
            if low > high {
                continue;
            }
            let Some(last) = self.read(range, low, high)? else { continue };
            self.failures += 1;
            let low = last + 1;
            if low >= high || self.failures > MOST_FAILURES {
                self.lose(low, high.max(low));
                continue;
            }
            let middle = low + (high - low) / 2;
            waiting.push((middle + 1, high));
            waiting.push((low, middle));
        }
        Ok(())
    }

    /// Takes what is lost from a copy, and answers with the number of rows.
    fn take_from(&mut self, copy: &Connection, table: &str, columns: &str) -> rusqlite::Result<u64> {
        let before = self.saved;
        let sql = format!("SELECT {columns}, rowid FROM \"{table}\" WHERE rowid BETWEEN ?1 AND ?2 ORDER BY rowid");
        if let Ok(mut range) = copy.prepare(&sql) {
            for (low, high) in self.lost.clone() {
                self.read(&mut range, low, high)?;
            }
        }
        Ok(self.saved - before)
    }

    fn lose(&mut self, low: i64, high: i64) {
        match self.lost.last_mut() {
            Some((_, end)) if *end + 1 == low => *end = high,
            _ => self.lost.push((low, high)),
        }
    }

    /// Reads a whole table; whether that went well.
    fn all(&mut self, statement: &mut Statement<'_>) -> rusqlite::Result<bool> {
        let mut rows = match statement.query([]) {
            Ok(rows) => rows,
            Err(_) => return Ok(false),
        };
        // No end is possible where a damaged page leads back to an earlier one.
        for _ in 0..MOST_ROWS * 8 {
            match rows.next() {
                Ok(Some(row)) => self.row(row)?,
                Ok(None) => return Ok(true),
                Err(_) => return Ok(false),
            }
        }
        Ok(false)
    }
}
