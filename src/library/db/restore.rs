//! Takes a copy of the library back.

use std::path::{Path, PathBuf};

use rusqlite::Connection;

use super::backup::{self, Reason, free_name, open_as_it_is, transfer};
use super::check::{check, version_of};
use super::{BUSY_TIMEOUT, migrate, repair};
use crate::base::time::local_day;
use crate::base::time::unix_now_secs;
use crate::library::LibraryError;

/// Puts the library in `copy` in the place of the one at `path`, in one step: whenever that is cut off, the former
/// library or the restored one is there. Other processes that have it open see the restored one. Gives back where the
/// former one is kept, if there was one.
///
/// # Errors
/// [`LibraryError::NoLibrary`] when the copy is no whole library, [`LibraryError::Newer`] when this program cannot read
/// it; when something cannot be written. The library is then as it was.
pub fn restore(path: &Path, copy: &Path) -> Result<Option<PathBuf>, LibraryError> {
    let none = |reason: &str| LibraryError::NoLibrary { path: copy.to_path_buf(), reason: reason.to_owned() };
    if matches!((path.canonicalize(), copy.canonicalize()), (Ok(a), Ok(b)) if a == b) {
        return Err(none("this is the library itself, not a copy of it"));
    }
    if let Err(LibraryError::Damaged { source, .. }) = version_of(copy)
        && source.sqlite_error_code() == Some(rusqlite::ErrorCode::NotADatabase)
    {
        return Err(none("this is not a Timbre library, or its first page is damaged"));
    }
    let report = check(copy)?;
    if report.pages_damaged {
        return Err(none(
            "this copy is damaged itself; put it in the place of the library and run `timbre library check --repair`",
        ));
    }
    let failed = |source| LibraryError::from_sqlite(path, source);
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)
            .map_err(|source| LibraryError::Open { path: path.to_path_buf(), source: Box::new(source) })?;
    }
    // Prepared in a file of its own: the copy stays as it is.
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let prepared = tempfile::Builder::new().prefix(".timbre-").suffix(".part").rand_bytes(12).tempfile_in(folder);
    let prepared =
        prepared.map_err(|source| LibraryError::Backup { path: path.to_path_buf(), source: source.into() })?;
    let source = open_as_it_is(copy).map_err(failed)?;
    backup::copy(&source, copy, prepared.path())?;
    drop(source);
    let mut new = Connection::open(prepared.path()).map_err(failed)?;
    migrate::migrate_copy(&mut new).map_err(failed)?;
    let mut repaired = repair::Repaired::default();
    repair::mend_all(&mut new, &mut repaired).map_err(failed)?;

    if !path.exists() {
        new.close().map_err(|(_, error)| failed(error))?;
        prepared
            .as_file()
            .sync_all()
            .and_then(|()| prepared.persist_noclobber(path).map(drop).map_err(|error| error.error))
            .map_err(|source| LibraryError::Backup { path: path.to_path_buf(), source: source.into() })?;
        return Ok(None);
    }
    let kept = match take_over(path, &mut new) {
        Err(LibraryError::Damaged { .. }) => {
            // Nothing can be copied out of it or into it; the file itself is replaced.
            new.close().map_err(|(_, error)| failed(error))?;
            let aside = free_name(path, &format!("damaged-{}", local_day(unix_now_secs())), "");
            repair::replace_file(path, prepared, &aside)?;
            aside
        }
        other => other?,
    };
    Ok(Some(kept))
}

/// Copies the new library over the one that is there, in one transaction of the latter, and keeps a copy of that.
fn take_over(path: &Path, new: &mut Connection) -> Result<PathBuf, LibraryError> {
    let failed = |source| LibraryError::from_sqlite(path, source);
    let mut live = Connection::open(path).map_err(failed)?;
    live.busy_timeout(BUSY_TIMEOUT).map_err(failed)?;
    live.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(())).map_err(failed)?;
    let kept = backup::make(&live, path, Reason::Restore)?;
    // Whoever has the library open must see that it is another one.
    let revision: i64 = live.query_row("SELECT revision FROM state", [], |row| row.get(0)).unwrap_or_default();
    let raise = || {
        new.execute("UPDATE state SET revision = max(revision, ?1) + 1", [revision])?;
        new.execute("UPDATE prediction SET stamp = (SELECT revision FROM state)", [])
    };
    raise().map_err(failed)?;
    live.pragma_update(None, "journal_mode", "WAL").map_err(failed)?;
    transfer(new, &mut live).map_err(failed)?;
    Ok(kept)
}
