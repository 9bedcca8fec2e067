//! The folders that are scanned.

use std::path::{Component, Path, PathBuf};

use rusqlite::Connection;

use super::Library;
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
            self.write(|transaction| transaction.execute("INSERT OR IGNORE INTO root VALUES (?1)", [text]))?;
        }
        Ok(root)
    }

    /// Takes a folder out of the library, with its songs unless another folder covers them, and answers with the
    /// number of songs that left. The files stay.
    ///
    /// # Errors
    /// Database failures.
    pub fn remove_root(&mut self, folder: &Path) -> Result<usize, LibraryError> {
        let root = absolute(folder);
        self.write(|transaction| {
            transaction.execute("DELETE FROM root WHERE path = ?1", [root.to_string_lossy()])?;
            let kept = roots(transaction)?;
            let leaves = |path: &Path| path.starts_with(&root) && !kept.iter().any(|other| path.starts_with(other));
            let mut tracks = Vec::new();
            let mut statement = transaction.prepare("SELECT id, path FROM track")?;
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                if leaves(Path::new(row.get_ref(1)?.as_str()?)) {
                    tracks.push(row.get::<_, i64>(0)?);
                }
            }
            let mut delete = transaction.prepare("DELETE FROM track WHERE id = ?1")?;
            for id in &tracks {
                delete.execute([id])?;
            }
            let mut statement = transaction.prepare("SELECT path FROM problem")?;
            let problems: Vec<String> = statement.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
            let mut delete = transaction.prepare("DELETE FROM problem WHERE path = ?1")?;
            for path in problems.iter().filter(|path| leaves(Path::new(path))) {
                delete.execute([path])?;
            }
            Ok(tracks.len())
        })
    }
}

/// All roots, ordered.
pub(super) fn roots(connection: &Connection) -> rusqlite::Result<Vec<PathBuf>> {
    let mut statement = connection.prepare_cached("SELECT path FROM root ORDER BY path")?;
    statement.query_map([], |row| row.get::<_, String>(0).map(PathBuf::from))?.collect()
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
