//! What a scan reads from the database and writes into it.

use std::collections::HashMap;

use rusqlite::{Transaction, params};

use super::{Library, problems};
use crate::base::time::unix_now_secs;
use crate::library::LibraryError;
use crate::library::model::Problem;
use crate::library::scan::{FileStamp, Song};

/// A song as the last scan left it.
#[derive(Clone, Copy, Debug)]
pub(in crate::library) struct KnownTrack {
    pub id: i64,
    pub stamp: FileStamp,
    pub missing: bool,
}

/// A problem as the last scan left it.
#[derive(Clone, Debug)]
pub(in crate::library) struct KnownProblem {
    pub stamp: Option<FileStamp>,
    pub message: String,
}

/// All that the last scans left, by path.
#[derive(Debug, Default)]
pub(in crate::library) struct Known {
    pub tracks: HashMap<String, KnownTrack>,
    pub problems: HashMap<String, KnownProblem>,
}

/// One thing a scan found out.
#[derive(Debug)]
pub(in crate::library) enum Change<'a> {
    /// A song that no row stands for yet.
    Insert { path: &'a str, stamp: FileStamp, song: Song },
    /// A known song with other content or tags; it is at `path` now.
    Update { id: i64, path: &'a str, stamp: FileStamp, song: Song },
    /// A known song whose file cannot be used any more as it is now.
    Unusable { id: i64, stamp: Option<FileStamp> },
    /// A known, unchanged song that was missing is there again.
    Returned { id: i64 },
    /// A known song is not there.
    Missing { id: i64 },
    /// A file that cannot be used; the stamp is absent when it must be opened again in any case.
    Problem { problem: Problem, stamp: Option<FileStamp> },
    /// There is nothing wrong with that path any more.
    NoProblem { path: &'a str },
}

impl Library {
    /// What is known of all files.
    pub(in crate::library) fn known(&self) -> Result<Known, LibraryError> {
        self.read(|connection| {
            let mut known = Known::default();
            let count: i64 = connection.query_row("SELECT count(*) FROM track", [], |row| row.get(0))?;
            known.tracks.reserve(count.max(0) as usize);
            let mut statement = connection.prepare_cached("SELECT path, id, size, mtime_ns, missing FROM track")?;
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                let stamp = FileStamp { size: row.get(2)?, mtime_ns: row.get(3)? };
                known.tracks.insert(row.get(0)?, KnownTrack { id: row.get(1)?, stamp, missing: row.get(4)? });
            }
            let mut statement = connection.prepare_cached("SELECT path, size, mtime_ns, message FROM problem")?;
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                let stamp = match (row.get(1)?, row.get(2)?) {
                    (Some(size), Some(mtime_ns)) => Some(FileStamp { size, mtime_ns }),
                    _ => None,
                };
                known.problems.insert(row.get(0)?, KnownProblem { stamp, message: row.get(3)? });
            }
            Ok(known)
        })
    }

    /// The content hashes of these songs, in order; blank for those that have left the library.
    ///
    /// # Errors
    /// Database failures.
    pub fn content_hashes(&self, ids: &[i64]) -> Result<Vec<[u8; 16]>, LibraryError> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached("SELECT content_hash FROM track WHERE id = ?1")?;
            ids.iter()
                .map(|id| {
                    let mut rows = statement.query([id])?;
                    Ok(match rows.next()? {
                        Some(row) => row.get(0)?,
                        None => [0; 16],
                    })
                })
                .collect()
        })
    }

    /// Writes changes in order, in one transaction.
    pub(in crate::library) fn apply(&mut self, changes: &[Change<'_>]) -> Result<(), LibraryError> {
        if changes.is_empty() {
            return Ok(());
        }
        let now = unix_now_secs();
        self.write(|transaction| changes.iter().try_for_each(|change| apply(transaction, change, now)))
    }
}

fn apply(transaction: &Transaction<'_>, change: &Change<'_>, now: i64) -> rusqlite::Result<()> {
    match change {
        Change::Insert { path, stamp, song } => {
            // Another process may have scanned the same folder in the meantime.
            transaction
                .prepare_cached(
                    "INSERT INTO track (path, size, mtime_ns, content_hash, title, artist, album, track_number, year, \
                                        tag_genre, duration_secs, format, playable, added_at) \
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14) \
                     ON CONFLICT (path) DO UPDATE SET size = ?2, mtime_ns = ?3, content_hash = ?4, title = ?5, \
                         artist = ?6, album = ?7, track_number = ?8, year = ?9, tag_genre = ?10, \
                         duration_secs = ?11, format = ?12, playable = ?13, missing = 0",
                )?
                .execute(params![
                    path,
                    stamp.size,
                    stamp.mtime_ns,
                    song.content_hash,
                    title(song, path),
                    song.tags.artist.as_deref().unwrap_or_default(),
                    song.tags.album.as_deref().unwrap_or_default(),
                    song.tags.track_number,
                    song.tags.year,
                    song.tags.genre,
                    song.duration_secs,
                    song.format,
                    song.playable,
                    now,
                ])?;
        }
        Change::Update { id, path, stamp, song } => {
            transaction
                .prepare_cached(
                    "UPDATE OR IGNORE track SET path = ?1, size = ?2, mtime_ns = ?3, content_hash = ?4, title = ?5, \
                         artist = ?6, album = ?7, track_number = ?8, year = ?9, tag_genre = ?10, \
                         duration_secs = ?11, format = ?12, playable = ?13, missing = 0 \
                     WHERE id = ?14",
                )?
                .execute(params![
                    path,
                    stamp.size,
                    stamp.mtime_ns,
                    song.content_hash,
                    title(song, path),
                    song.tags.artist.as_deref().unwrap_or_default(),
                    song.tags.album.as_deref().unwrap_or_default(),
                    song.tags.track_number,
                    song.tags.year,
                    song.tags.genre,
                    song.duration_secs,
                    song.format,
                    song.playable,
                    id,
                ])?;
        }
        Change::Unusable { id, stamp } => {
            let mut update = transaction.prepare_cached(
                "UPDATE track SET size = coalesce(?2, size), mtime_ns = coalesce(?3, -1), playable = 0, missing = 0 \
                 WHERE id = ?1",
            )?;
            update.execute(params![id, stamp.map(|stamp| stamp.size), stamp.map(|stamp| stamp.mtime_ns)])?;
        }
        Change::Returned { id } => {
            transaction.prepare_cached("UPDATE track SET missing = 0 WHERE id = ?1")?.execute([id])?;
        }
        Change::Missing { id } => {
            transaction.prepare_cached("UPDATE track SET missing = 1 WHERE id = ?1")?.execute([id])?;
        }
        Change::Problem { problem, stamp } => problems::store(transaction, problem, false, *stamp)?,
        Change::NoProblem { path } => problems::forget(transaction, path)?,
    }
    Ok(())
}

/// The title in the tags, else the file's name without its ending.
fn title<'a>(song: &'a Song, path: &'a str) -> &'a str {
    let stem = || std::path::Path::new(path).file_stem().and_then(std::ffi::OsStr::to_str).unwrap_or(path);
    song.tags.title.as_deref().unwrap_or_else(stem)
}
