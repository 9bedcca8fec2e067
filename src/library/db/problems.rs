//! Files that could not be used.

use std::path::{Path, PathBuf};

use rusqlite::{Connection, Transaction, params};

use super::Library;
use super::paths::DbPathRef;
use super::values::Values;
use crate::library::LibraryError;
use crate::library::model::{Problem, ProblemKind};
use crate::library::stamp::FileStamp;

impl Library {
    /// Records that a file could not be decoded; it is not tried again until it changes or the problem is forgotten.
    ///
    /// # Errors
    /// Database failures.
    pub fn record_problem(&mut self, problem: &Problem) -> Result<(), LibraryError> {
        let stamp = FileStamp::of(&problem.path).ok();
        self.write(|transaction| store(transaction, problem, true, stamp))
    }

    /// All problems, ordered by path.
    ///
    /// # Errors
    /// Database failures.
    pub fn problems(&self) -> Result<Vec<Problem>, LibraryError> {
        self.read(problems)
    }

    /// Forgets the problems of these files (empty: of all) and makes the next scan open the files again.
    ///
    /// # Errors
    /// Database failures.
    pub fn forget_problems(&mut self, paths: &[PathBuf]) -> Result<(), LibraryError> {
        self.write(|transaction| {
            if paths.is_empty() {
                transaction.execute("UPDATE track SET mtime_ns = -1 WHERE path IN (SELECT path FROM problem)", [])?;
                transaction.execute("DELETE FROM problem", [])?;
                return Ok(());
            }
            for path in paths {
                transaction
                    .prepare_cached(
                        "UPDATE track SET mtime_ns = -1 WHERE path = ?1 AND missing = 0 AND removed_at IS NULL",
                    )?
                    .execute([DbPathRef(path)])?;
                forget(transaction, &shown(path))?;
            }
            Ok(())
        })
    }
}

/// Stores one problem in place of what was known about that path.
pub(super) fn store(
    transaction: &Transaction<'_>,
    problem: &Problem,
    decoding: bool,
    stamp: Option<FileStamp>,
) -> rusqlite::Result<()> {
    transaction
        .prepare_cached(
            "INSERT OR REPLACE INTO problem (path, kind, message, seen_at, decoding, size, mtime_ns) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        )?
        .execute(params![
            shown(&problem.path),
            kind_text(problem.kind),
            problem.message,
            problem.seen_at,
            decoding,
            stamp.map(|stamp| stamp.size),
            stamp.map(|stamp| stamp.mtime_ns),
        ])?;
    Ok(())
}

/// Forgets what was wrong with a path.
pub(super) fn forget(transaction: &Transaction<'_>, path: &str) -> rusqlite::Result<()> {
    transaction.prepare_cached("DELETE FROM problem WHERE path = ?1")?.execute([path])?;
    Ok(())
}

/// All problems, ordered by path.
pub(super) fn problems(connection: &Connection) -> rusqlite::Result<Vec<Problem>> {
    let mut statement = connection.prepare_cached("SELECT path, kind, message, seen_at FROM problem")?;
    let mut rows = statement.query([])?;
    let mut problems = Vec::new();
    while let Some(row) = rows.next()? {
        let mut values = Values::of(row);
        // What cannot be understood is found out again by the next scan.
        let (Some(path), Some(message)) = (values.path(0), values.text(2)) else { continue };
        let kind = kind_of(&values.text(1).unwrap_or_default());
        problems.push(Problem { path, kind, message, seen_at: values.integer(3).unwrap_or_default() });
    }
    problems.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(problems)
}

/// A path as text. Bytes that are not text are written as `\xE9`, so that different names stay different.
pub(in crate::library) fn shown(path: &Path) -> String {
    let mut text = String::new();
    for chunk in path.as_os_str().as_encoded_bytes().utf8_chunks() {
        text.push_str(chunk.valid());
        for byte in chunk.invalid() {
            text.push_str(&format!("\\x{byte:02X}"));
        }
    }
    text
}

const KINDS: [(ProblemKind, &str); 10] = [
    (ProblemKind::Empty, "empty"),
    (ProblemKind::NotAudio, "not_audio"),
    (ProblemKind::Damaged, "damaged"),
    (ProblemKind::Permission, "permission"),
    (ProblemKind::Name, "name"),
    (ProblemKind::Vanished, "vanished"),
    (ProblemKind::Folder, "folder"),
    (ProblemKind::Unsupported, "unsupported"),
    (ProblemKind::LooksLike, "looks_like"),
    (ProblemKind::Other, "other"),
];

fn kind_text(kind: ProblemKind) -> &'static str {
    KINDS.iter().find(|(other, _)| *other == kind).map_or("other", |(_, text)| text)
}

fn kind_of(text: &str) -> ProblemKind {
    KINDS.iter().find(|(_, other)| *other == text).map_or(ProblemKind::Other, |(kind, _)| *kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_survive_the_database() {
        for (kind, _) in KINDS {
            assert_eq!(kind_of(kind_text(kind)), kind);
        }
    }

    #[cfg(unix)]
    #[test]
    fn names_that_are_no_text_stay_different() {
        use std::os::unix::ffi::OsStrExt as _;
        let shown = |bytes: &[u8]| shown(Path::new(std::ffi::OsStr::from_bytes(bytes)));
        assert_eq!(shown(b"/m/caf\xE9.mp3"), "/m/caf\\xE9.mp3");
        assert_ne!(shown(b"/m/\xE8.mp3"), shown(b"/m/\xE9.mp3"));
        assert_eq!(shown("/m/café.mp3".as_bytes()), "/m/café.mp3");
    }
}
