//! Copies of the library: before it is migrated, once a week, and when a person asks for one.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, OpenFlags};

use super::check::is_about_a_value;
use super::{BUSY_TIMEOUT, Library};
use crate::base::time::local_day;
use crate::base::time::unix_now_secs;
use crate::library::LibraryError;

/// Copies of each kind that are kept, the newest.
const KEPT: usize = 3;
/// A copy is due when the last one is as old as this.
const WEEK_SECS: i64 = 7 * 24 * 3600;
/// A copy must leave this much of the disk free.
const SPARE_BYTES: u64 = 64 << 20;
/// Pages copied between two looks at the clock.
const STEP_PAGES: i32 = 2048;
/// How long to wait when another process is in the way.
const PAUSE: Duration = Duration::from_millis(25);

/// Why a copy was made; part of its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Reason {
    /// It is migrated from this version.
    Migration(i64),
    /// A week is over.
    Week,
    /// A copy takes its place.
    Restore,
}

impl Library {
    /// Copies the library into a file that needs nothing beside it. A file that is there is replaced, if it is a library.
    ///
    /// # Errors
    /// [`LibraryError::Backup`] when the file cannot be written, [`LibraryError::NoRoom`]; database failures.
    pub fn back_up(&self, to: &Path) -> Result<(), LibraryError> {
        let refused = |reason: &str| LibraryError::Backup {
            path: to.to_path_buf(),
            source: std::io::Error::new(std::io::ErrorKind::AlreadyExists, reason).into(),
        };
        if same_file(&self.path, to) {
            return Err(refused("this is the library itself"));
        }
        match std::fs::metadata(to) {
            Ok(there) if !there.is_file() => return Err(refused("something other than a file has that name")),
            Ok(there) if there.len() > 0 && super::check::version_of(to).is_err() => {
                return Err(refused("a file that is not a Timbre library has that name"));
            }
            _ => {}
        }
        copy(&self.connection, &self.path, to)
    }

    /// Makes the copy of this week, if it is due, and deletes those that are too old. Gives back where it is.
    ///
    /// # Errors
    /// As [`Library::back_up`].
    pub fn back_up_weekly(&self) -> Result<Option<PathBuf>, LibraryError> {
        let today = unix_now_secs();
        let is_recent = |path: &PathBuf| {
            let day = day_of(&self.path, path);
            day.is_some_and(|day| day > local_day(today - WEEK_SECS) && day <= local_day(today))
        };
        let songs: i64 =
            self.read(|connection| connection.query_row("SELECT count(*) FROM track", [], |row| row.get(0)))?;
        if songs == 0 || copies(&self.path).iter().any(is_recent) {
            return Ok(None);
        }
        make(&self.connection, &self.path, Reason::Week).map(Some)
    }

    /// The copies beside the library, the newest first.
    pub fn copies(&self) -> Vec<PathBuf> {
        copies(&self.path)
    }
}

/// Makes a copy beside the library and deletes the oldest ones of its kind.
pub(super) fn make(connection: &Connection, library: &Path, reason: Reason) -> Result<PathBuf, LibraryError> {
    let name = match &reason {
        Reason::Migration(version) => format!("v{version}"),
        Reason::Week => local_day(unix_now_secs()),
        Reason::Restore => format!("before-restore-{}", local_day(unix_now_secs())),
    };
    let to = free_name(library, &name, "bak");
    copy(connection, library, &to)?;
    let kind = kind_of(library, &to);
    for old in copies(library).into_iter().filter(|path| kind_of(library, path) == kind).skip(KEPT) {
        if let Err(error) = std::fs::remove_file(&old) {
            tracing::warn!(%error, path = %old.display(), "an old copy of the library cannot be deleted");
        }
    }
    Ok(to)
}

/// A name beside the library that nothing has: `library.sqlite.v1.bak`, then `library.sqlite.v1.2.bak`.
pub(super) fn free_name(library: &Path, what: &str, ending: &str) -> PathBuf {
    let named = |text: String| {
        let mut name = library.file_name().unwrap_or_default().to_owned();
        name.push(text);
        library.with_file_name(name)
    };
    let dot = if ending.is_empty() { "" } else { "." };
    let mut path = named(format!(".{what}{dot}{ending}"));
    let mut number = 2;
    while path.symlink_metadata().is_ok() {
        path = named(format!(".{what}.{number}{dot}{ending}"));
        number += 1;
    }
    path
}

/// What stands between the library's name and `.bak`.
fn middle<'a>(library: &Path, copy: &'a Path) -> Option<&'a str> {
    let name = copy.file_name()?.to_str()?;
    name.strip_prefix(library.file_name()?.to_str()?)?.strip_prefix('.')?.strip_suffix(".bak")
}

fn kind_of(library: &Path, copy: &Path) -> Option<char> {
    let middle = middle(library, copy)?;
    let first = middle.chars().next()?;
    Some(if first.is_ascii_digit() { '0' } else { first })
}

/// The day of a weekly copy.
fn day_of(library: &Path, copy: &Path) -> Option<String> {
    let day = middle(library, copy)?.get(..10)?;
    let is_day =
        day.bytes().enumerate().all(|(at, byte)| if at == 4 || at == 7 { byte == b'-' } else { byte.is_ascii_digit() });
    is_day.then(|| day.to_owned())
}

/// The copies beside a library, the newest first.
pub(super) fn copies(library: &Path) -> Vec<PathBuf> {
    let folder = library.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let mut found: Vec<_> = entries
        .flatten()
        .filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_file()))
        .filter_map(|entry| Some((entry.metadata().ok()?.modified().ok()?, library.with_file_name(entry.file_name()))))
        .filter(|(_, path)| kind_of(library, path).is_some())
        .collect();
    found.sort_by(|a, b| b.cmp(a));
    found.into_iter().map(|(_, path)| path).collect()
}

/// Copies a database into a file of its own, whole or not at all.
pub(super) fn copy(from: &Connection, library: &Path, to: &Path) -> Result<(), LibraryError> {
    let failed =
        |source: Box<dyn std::error::Error + Send + Sync>| LibraryError::Backup { path: to.to_path_buf(), source };
    let folder = to.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let bytes: i64 = from
        .query_row("SELECT page_count * page_size FROM pragma_page_count, pragma_page_size", [], |row| row.get(0))
        .map_err(|source| LibraryError::from_sqlite(library, source))?;
    let needed = bytes.max(0) as u64 + SPARE_BYTES;
    if let Some(free) = free_bytes(folder)
        && free < needed
    {
        return Err(LibraryError::NoRoom { path: to.to_path_buf(), needed, free });
    }
    let temporary = tempfile::Builder::new()
        .prefix(".timbre-")
        .suffix(".part")
        .rand_bytes(12)
        .tempfile_in(folder)
        .map_err(|error| failed(error.into()))?;
    let mut into = Connection::open(temporary.path()).map_err(|error| failed(error.into()))?;
    into.pragma_update(None, "synchronous", "OFF").map_err(|error| failed(error.into()))?;
    transfer(from, &mut into).map_err(|source| LibraryError::from_sqlite(library, source))?;
    // It must not need a log beside it, and it must be whole: a damaged copy must not take the place of a whole one.
    into.query_row("PRAGMA journal_mode = DELETE", [], |_| Ok(())).map_err(|error| failed(error.into()))?;
    let damage = |source| LibraryError::from_sqlite(library, source);
    let found = page_damage(&into).map_err(damage)?;
    if let Some(found) = found {
        let code = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_CORRUPT);
        return Err(LibraryError::from_sqlite(library, rusqlite::Error::SqliteFailure(code, Some(found))));
    }
    into.close().map_err(|(_, error)| failed(error.into()))?;
    temporary.as_file().sync_all().map_err(|error| failed(error.into()))?;
    temporary.persist(to).map_err(|error| failed(error.error.into()))?;
    sync_folder(folder);
    Ok(())
}

/// What SQLite says of damaged pages, if there are any.
fn page_damage(connection: &Connection) -> rusqlite::Result<Option<String>> {
    let mut statement = connection.prepare("PRAGMA quick_check(100)")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let line: String = row.get(0)?;
        if !is_about_a_value(&line) {
            return Ok(Some(line));
        }
    }
    Ok(None)
}

/// Copies all pages of one database over those of another, in one transaction of the latter.
pub(super) fn transfer(from: &Connection, into: &mut Connection) -> rusqlite::Result<()> {
    let backup = Backup::new(from, into)?;
    let begun = Instant::now();
    loop {
        match backup.step(STEP_PAGES)? {
            StepResult::Done => return Ok(()),
            StepResult::More => {}
            StepResult::Busy | StepResult::Locked if begun.elapsed() < BUSY_TIMEOUT => std::thread::sleep(PAUSE),
            _ => {
                let code = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_BUSY);
                return Err(rusqlite::Error::SqliteFailure(code, None));
            }
        }
    }
}

/// Opens a database as it is, neither made nor migrated; its write-ahead log counts.
pub(super) fn open_as_it_is(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags | OpenFlags::SQLITE_OPEN_READ_WRITE)
        .or_else(|_| Connection::open_with_flags(path, flags | OpenFlags::SQLITE_OPEN_READ_ONLY))?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.pragma_update(None, "query_only", true)?;
    Ok(connection)
}

/// Makes the change of a name last through a power cut, where the system has a way to do so.
pub(super) fn sync_folder(folder: &Path) {
    if cfg!(unix)
        && let Ok(folder) = std::fs::File::open(folder)
    {
        // Some network drives refuse this; the file itself is whole there, too.
        folder.sync_all().ok();
    }
}

fn same_file(a: &Path, b: &Path) -> bool {
    matches!((a.canonicalize(), b.canonicalize()), (Ok(a), Ok(b)) if a == b)
}

/// What is free on the disk of a folder, bytes; `None` where that is not known.
#[cfg(unix)]
fn free_bytes(folder: &Path) -> Option<u64> {
    let disk = rustix::fs::statvfs(folder).ok()?;
    Some(disk.f_bavail.saturating_mul(disk.f_frsize))
}

#[cfg(not(unix))]
fn free_bytes(_folder: &Path) -> Option<u64> {
    None
}
