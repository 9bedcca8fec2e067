//! The folders that are scanned.

use std::path::{Component, Path, PathBuf};

use rusqlite::{Connection, Transaction};

use super::Library;
use super::history::record;
use super::steps::Step;
use super::values::Values;
use crate::base::time::unix_now_secs;
use crate::library::LibraryError;

impl Library {
    /// The folders that are scanned, ordered.
    ///
    /// # Errors
    /// Database failures.
    pub fn roots(&self) -> Result<Vec<PathBuf>, LibraryError> {
        self.read(roots)
    }

    /// Adds a folder and answers with the absolute form under which it is kept; adding it twice changes nothing.
    ///
    /// # Errors
    /// [`LibraryError::Root`] when it is no folder or its name is no text; database failures.
    pub fn add_root(&mut self, folder: &Path) -> Result<PathBuf, LibraryError> {
        let root = absolute(folder);
        let refused = |reason| LibraryError::Root { path: root.clone(), reason };
        match std::fs::metadata(&root) {
            Ok(metadata) if metadata.is_dir() => {}
            Ok(_) => return Err(refused("this is a file, choose the folder it is in")),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Err(refused("there is no such folder"));
            }
            Err(_) => return Err(refused("this folder cannot be read")),
        }
        let Some(text) = root.to_str() else {
            return Err(refused("the folder's name is not valid Unicode text; rename it first"));
        };
        if !self.read(roots)?.contains(&root) {
            self.record(&format!("added folder {}", root.display()), Step::AddRoot(text.to_owned()))?;
        }
        Ok(root)
    }

    /// Takes a folder out of the library and answers with the number of songs that are hidden with it (those that no
    /// other folder covers). Nothing is lost: with the folder they come back. Can be undone.
    ///
    /// # Errors
    /// Database failures.
    pub fn remove_root(&mut self, folder: &Path) -> Result<usize, LibraryError> {
        let root = absolute(folder);
        let text = root.to_string_lossy().into_owned();
        self.write(|transaction| {
            let shown = "SELECT count(*) FROM track WHERE removed_at IS NULL";
            let before: i64 = transaction.query_row(shown, [], |row| row.get(0))?;
            record(transaction, &format!("removed folder {}", root.display()), Step::RemoveRoot(text))?;
            let after: i64 = transaction.query_row(shown, [], |row| row.get(0))?;
            Ok((before - after).max(0) as usize)
        })
    }
}

/// Whether the folder is one that is scanned.
pub(super) fn is_root(transaction: &Transaction<'_>, folder: &str) -> rusqlite::Result<bool> {
    transaction.query_row("SELECT EXISTS (SELECT 1 FROM root WHERE path = ?1)", [folder], |row| row.get(0))
}

/// Scans a folder from now on. Songs below it that were hidden come back, and are missing until a scan finds them if
/// their place was taken.
pub(super) fn add(transaction: &Transaction<'_>, folder: &str) -> rusqlite::Result<()> {
    transaction.execute("INSERT OR IGNORE INTO root VALUES (?1)", [folder])?;
    let back =
        below(transaction, "SELECT id, path FROM track WHERE removed_at IS NOT NULL", |path| path.starts_with(folder))?;
    transaction.execute_batch("CREATE TEMP TABLE IF NOT EXISTS chosen (id INTEGER PRIMARY KEY); DELETE FROM chosen")?;
    choose(transaction, &back)?;
    transaction.execute(
        "UPDATE track SET missing = 1 WHERE id IN (SELECT id FROM chosen) AND EXISTS ( \
             SELECT 1 FROM track o WHERE o.path = track.path AND o.id <> track.id AND o.missing = 0 \
             AND (o.removed_at IS NULL OR (o.id < track.id AND o.id IN (SELECT id FROM chosen))))",
        [],
    )?;
    transaction.execute("UPDATE track SET removed_at = NULL WHERE id IN (SELECT id FROM chosen)", [])?;
    Ok(())
}

/// Leaves a folder out from now on, hides the songs that no other folder covers, and forgets their problems.
pub(super) fn remove(transaction: &Transaction<'_>, folder: &str) -> rusqlite::Result<()> {
    transaction.execute("DELETE FROM root WHERE path = ?1", [folder])?;
    let kept = roots(transaction)?;
    let leaves = |path: &Path| path.starts_with(folder) && !kept.iter().any(|other| path.starts_with(other));
    let hidden = below(transaction, "SELECT id, path FROM track WHERE removed_at IS NULL", leaves)?;
    transaction.execute_batch("CREATE TEMP TABLE IF NOT EXISTS chosen (id INTEGER PRIMARY KEY); DELETE FROM chosen")?;
    choose(transaction, &hidden)?;
    transaction.execute("UPDATE track SET removed_at = ?1 WHERE id IN (SELECT id FROM chosen)", [unix_now_secs()])?;
    let mut statement = transaction.prepare("SELECT path FROM problem")?;
    let problems: Vec<Option<String>> =
        statement.query_map([], |row| Ok(Values::of(row).text(0)))?.collect::<Result<_, _>>()?;
    let mut delete = transaction.prepare("DELETE FROM problem WHERE path = ?1")?;
    for path in problems.iter().flatten().filter(|path| leaves(Path::new(path))) {
        delete.execute([path])?;
    }
    Ok(())
}

fn choose(transaction: &Transaction<'_>, ids: &[i64]) -> rusqlite::Result<()> {
    let mut insert = transaction.prepare("INSERT OR IGNORE INTO chosen VALUES (?1)")?;
    ids.iter().try_for_each(|id| insert.execute([id]).map(drop))
}

/// The rows of a query (identifier and path) whose path is wanted.
fn below(transaction: &Transaction<'_>, query: &str, wanted: impl Fn(&Path) -> bool) -> rusqlite::Result<Vec<i64>> {
    let mut statement = transaction.prepare(query)?;
    let mut rows = statement.query([])?;
    let mut ids = Vec::new();
    while let Some(row) = rows.next()? {
        if Values::of(row).path(1).is_some_and(|path| wanted(&path)) {
            ids.push(row.get(0)?);
        }
    }
    Ok(ids)
}

/// All roots, ordered.
pub(super) fn roots(connection: &Connection) -> rusqlite::Result<Vec<PathBuf>> {
    let mut statement = connection.prepare_cached("SELECT path FROM root ORDER BY path")?;
    let mut rows = statement.query([])?;
    let mut roots = Vec::new();
    while let Some(row) = rows.next()? {
        roots.extend(Values::of(row).text(0).map(PathBuf::from));
    }
    Ok(roots)
}

/// The absolute form of a path, without `.` and trailing separators. Links stay as they are named, except where `..`
/// can be understood only by following them.
pub(in crate::library) fn absolute(path: &Path) -> PathBuf {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
    if absolute.components().any(|component| component == Component::ParentDir)
        && let Ok(resolved) = absolute.canonicalize()
    {
        return resolved;
    }
    absolute.components().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_absolute_form_is_one_for_every_spelling() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().canonicalize().unwrap();
        std::fs::create_dir(root.join("a")).unwrap();
        assert_eq!(absolute(&root.join("a/")), root.join("a"));
        assert_eq!(absolute(&root.join("./a/.")), root.join("a"));
        assert_eq!(absolute(&root.join("a/../a")), root.join("a"));
    }

    #[test]
    fn refuses_what_is_no_folder() {
        let dir = tempfile::tempdir().unwrap();
        let mut library = Library::open(&dir.path().join("library.sqlite")).unwrap();
        let file = dir.path().join("song.mp3");
        std::fs::write(&file, b"x").unwrap();
        assert!(matches!(library.add_root(&file), Err(LibraryError::Root { .. })));
        assert!(matches!(library.add_root(&dir.path().join("nowhere")), Err(LibraryError::Root { .. })));
        let before = library.revision().unwrap();
        library.add_root(dir.path()).unwrap();
        library.add_root(&dir.path().join(".")).unwrap();
        assert_eq!(library.roots().unwrap(), [absolute(dir.path())]);
        assert_eq!(library.revision().unwrap(), before + 1);
    }
}
