//! Opening: a database of Timbre's own, private to its owner; for reading only where nothing can be written.

use std::path::{Path, PathBuf};

use rusqlite::{Connection, ErrorCode, OpenFlags};
use tempfile::TempDir;

use super::{BUSY_TIMEOUT, migrate};
use crate::base::fs::{private_file, private_folder, tighten};
use crate::library::LibraryError;

/// Tables that every version of the library has.
const OUR_TABLES: [&str; 3] = ["root", "state", "track"];

/// A connection, and how it may be used.
pub(super) struct Opened {
    pub connection: Connection,
    /// Nothing can be written.
    pub read_only: bool,
    /// Holds the copy that is read, if the original cannot be.
    pub copy: Option<TempDir>,
}

/// Opens the database for writing (it is made when it is not there), else for reading only.
pub(super) fn open(path: &Path) -> Result<Opened, LibraryError> {
    match for_writing(path) {
        Ok(connection) => Ok(Opened { connection, read_only: false, copy: None }),
        Err(error) if is_protected(&error) && path.is_file() => read_only(path).map_err(|reading| match reading {
            LibraryError::Newer { .. } | LibraryError::Foreign { .. } | LibraryError::Damaged { .. } => reading,
            _ => error,
        }),
        Err(error) => Err(error),
    }
}

/// Whether the file or its folder is write-protected, so that reading may still work.
fn is_protected(error: &LibraryError) -> bool {
    let by_sqlite = |source: &rusqlite::Error| {
        matches!(
            source.sqlite_error_code(),
            Some(ErrorCode::ReadOnly | ErrorCode::CannotOpen | ErrorCode::PermissionDenied)
        )
    };
    match error {
        LibraryError::ReadOnly { .. } => true,
        LibraryError::Write { source, .. } => by_sqlite(source),
        LibraryError::Open { source, .. } => {
            let by_system = source.downcast_ref::<std::io::Error>().map(std::io::Error::kind);
            let denied = [std::io::ErrorKind::PermissionDenied, std::io::ErrorKind::ReadOnlyFilesystem];
            by_system.is_some_and(|kind| denied.contains(&kind))
                || source.downcast_ref::<rusqlite::Error>().is_some_and(by_sqlite)
        }
        _ => false,
    }
}

/// The files of a database: its own, and those that SQLite puts beside it.
fn files(path: &Path) -> [PathBuf; 3] {
    ["", "-wal", "-shm"].map(|ending| {
        let mut name = path.as_os_str().to_owned();
        name.push(ending);
        name.into()
    })
}

fn for_writing(path: &Path) -> Result<Connection, LibraryError> {
    let cannot = |source: std::io::Error| LibraryError::Open { path: path.to_path_buf(), source: Box::new(source) };
    if let Some(folder) = path.parent() {
        private_folder(folder).map_err(cannot)?;
    }
    private_file(path).map_err(cannot)?;
    if !path.is_file() {
        return Err(cannot(std::io::Error::new(
            std::io::ErrorKind::InvalidInput,
            "something other than a file is there",
        )));
    }
    let failed = |source| LibraryError::from_sqlite(path, source);
    let connection = Connection::open(path).map_err(failed)?;
    connection.busy_timeout(BUSY_TIMEOUT).map_err(failed)?;
    // Before anything is written to it.
    check_ours(&connection, path)?;
    if connection.is_readonly(rusqlite::MAIN_DB).map_err(failed)? {
        let code = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_READONLY);
        return Err(failed(rusqlite::Error::SqliteFailure(code, None)));
    }
    connection.pragma_update(None, "journal_mode", "WAL").map_err(failed)?;
    files(path).iter().for_each(|file| tighten(file));
    Ok(connection)
}

/// Opens a database that cannot be written. Of one with an older version a copy is brought up to date and read.
pub(super) fn read_only(path: &Path) -> Result<Opened, LibraryError> {
    let failed = |source| LibraryError::from_sqlite(path, source);
    let original = || {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(path, flags).map_err(failed)?;
        connection.busy_timeout(BUSY_TIMEOUT).map_err(failed)?;
        check_ours(&connection, path)?;
        migrate::check_current(&connection, path)?;
        Ok(Opened { connection, read_only: true, copy: None })
    };
    match original() {
        Err(error) if is_protected(&error) => {}
        opened => return opened,
    }
    // A database with a write-ahead log needs a file beside it that cannot be made here, so a copy is read.
    let copied = || {
        let folder = tempfile::Builder::new().prefix("timbre-").tempdir()?;
        let copy = folder.path().join("library.sqlite");
        for (from, to) in files(path).iter().zip(files(&copy)).take(2) {
            match std::fs::File::open(from) {
                Ok(mut from) => {
                    private_file(&to)?;
                    std::io::copy(&mut from, &mut std::fs::OpenOptions::new().write(true).open(&to)?)?;
                }
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
        }
        Ok((folder, copy))
    };
    let (folder, copy) =
        copied().map_err(|source| LibraryError::Open { path: path.to_path_buf(), source: Box::new(source) })?;
    let mut connection = Connection::open(&copy).map_err(failed)?;
    check_ours(&connection, path)?;
    migrate::migrate(&mut connection, path)?;
    connection.pragma_update(None, "query_only", true).map_err(failed)?;
    Ok(Opened { connection, read_only: true, copy: Some(folder) })
}

/// Refuses a database that Timbre did not make.
///
/// # Errors
/// [`LibraryError::Foreign`]; database failures, for example when this is no database at all.
pub(super) fn check_ours(connection: &Connection, path: &Path) -> Result<(), LibraryError> {
    let failed = |source| LibraryError::from_sqlite(path, source);
    let foreign = |reason| Err(LibraryError::Foreign { path: path.to_path_buf(), reason });
    // One statement sees one state of the database, also while another program makes its tables.
    let sql = "SELECT (SELECT user_version FROM pragma_user_version),
                      count(*), count(*) FILTER (WHERE type = 'table' AND name IN (?1, ?2, ?3))
               FROM sqlite_schema WHERE name NOT LIKE 'sqlite\\_%' ESCAPE '\\'";
    let (version, all, ours): (i64, i64, i64) =
        connection.query_row(sql, OUR_TABLES, |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).map_err(failed)?;
    match (version, ours == OUR_TABLES.len() as i64) {
        (0, _) if all == 0 => Ok(()),
        (0, true) => foreign("the library's version is missing, so that this file is not used"),
        (1.., true) => Ok(()),
        (_, true) => foreign("the library has a version that no Timbre writes, so that this file is not used"),
        (_, false) => foreign("the file that has the library's name belongs to another program"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::Library;
    use super::*;

    fn library(dir: &TempDir) -> PathBuf {
        let path = dir.path().join("library.sqlite");
        let mut library = Library::open(&path).unwrap();
        library.add_root(dir.path()).unwrap();
        path
    }

    #[test]
    fn a_database_of_another_program_is_named_and_left_alone() {
        for (version, sql) in [
            (0, "CREATE TABLE notes (text)"),
            (0, "CREATE TABLE track (id)"),
            (0, "CREATE VIEW now AS SELECT 1"),
            (1, "CREATE TABLE notes (text)"),
            (70, "CREATE TABLE moz_places (url)"),
            (-3, "CREATE TABLE root (a); CREATE TABLE state (a); CREATE TABLE track (a)"),
            (5, ""),
        ] {
            let dir = tempfile::tempdir().unwrap();
            let path = dir.path().join("library.sqlite");
            let connection = Connection::open(&path).unwrap();
            connection.execute_batch(sql).unwrap();
            connection.pragma_update(None, "user_version", version).unwrap();
            drop(connection);
            let before = std::fs::read(&path).unwrap();
            let error = Library::open(&path).err().unwrap();
            assert!(matches!(error, LibraryError::Foreign { .. }), "{error}");
            let text = error.to_string();
            assert!(text.contains("library.sqlite") && !text.contains("CREATE") && !text.contains("exists"), "{text}");
            assert_eq!(std::fs::read(&path).unwrap(), before);
        }
    }

    #[test]
    fn a_library_without_its_version_is_not_made_anew() {
        let dir = tempfile::tempdir().unwrap();
        let path = library(&dir);
        Connection::open(&path).unwrap().pragma_update(None, "user_version", 0).unwrap();
        let error = Library::open(&path).err().unwrap();
        assert!(matches!(error, LibraryError::Foreign { .. }), "{error}");
    }

    #[cfg(unix)]
    #[test]
    fn only_the_owner_reads_the_library() {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("new/library.sqlite");
        let held = Library::open(&path).unwrap();
        assert_eq!(mode(path.parent().unwrap()), 0o700);
        for file in files(&path) {
            assert_eq!(mode(&file), 0o600, "{}", file.display());
            std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
        }
        // One that is there already becomes private, too.
        std::fs::set_permissions(path.parent().unwrap(), std::fs::Permissions::from_mode(0o755)).unwrap();
        let again = Library::open(&path).unwrap();
        files(&path).iter().for_each(|file| assert_eq!(mode(file), 0o600, "{}", file.display()));
        assert_eq!(mode(path.parent().unwrap()), 0o755, "the folder is the person's");
        drop((held, again));
    }

    #[test]
    fn what_cannot_be_written_can_be_read() {
        let dir = tempfile::tempdir().unwrap();
        let path = library(&dir);
        let mut library = Library::open_read_only(&path).unwrap();
        assert!(library.is_read_only());
        assert_eq!(library.roots().unwrap().len(), 1);
        assert_eq!(library.snapshot().unwrap().roots.len(), 1);
        let error = library.add_root(std::env::temp_dir().as_path()).unwrap_err();
        assert!(matches!(error, LibraryError::ReadOnly { .. }), "{error}");

        drop(library);
        Connection::open(&path).unwrap().pragma_update(None, "user_version", migrate::VERSION + 1).unwrap();
        assert!(matches!(Library::open_read_only(&path), Err(LibraryError::Newer { .. })));
    }

    #[test]
    fn an_old_library_that_cannot_be_written_is_read_from_a_copy() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("library.sqlite");
        let connection = Connection::open(&path).unwrap();
        connection.execute_batch(include_str!("migrations/001_init.sql")).unwrap();
        connection.execute_batch("INSERT INTO root VALUES ('/music'); PRAGMA user_version = 1").unwrap();
        drop(connection);
        let before = std::fs::read(&path).unwrap();
        let library = Library::open_read_only(&path).unwrap();
        assert_eq!(library.roots().unwrap(), [Path::new("/music")]);
        assert_eq!(std::fs::read(&path).unwrap(), before);
    }

    #[cfg(unix)]
    #[test]
    fn a_pipe_in_the_librarys_place_is_refused_at_once() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("library.sqlite");
        assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success());
        assert!(matches!(Library::open(&path), Err(LibraryError::Open { .. })));
    }
}
