//! What a scan reads from the database and writes into it.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use rusqlite::{OptionalExtension as _, ToSql, Transaction, params};

use super::paths::DbPathRef;
use super::values::Values;
use super::{Library, album_fields, lookalikes, problems, shown};
use crate::base::time::unix_now_secs;
use crate::library::LibraryError;
use crate::library::model::Problem;
use crate::library::scan::Song;
use crate::library::sound_key::SoundKey;
use crate::library::stamp::FileStamp;
use crate::library::tags::TAGS_VERSION;

/// A song as the last scan left it.
#[derive(Clone, Debug)]
pub(in crate::library) struct KnownTrack {
    pub id: i64,
    pub path: PathBuf,
    pub stamp: FileStamp,
    /// 0: unknown.
    pub inode: i64,
    /// `None`: it comes from version 1 and was not read since.
    pub sound_key: Option<SoundKey>,
    /// What version 1 knew its file by.
    pub v1_hash: Option<[u8; 16]>,
    pub missing: bool,
    /// Its folder was taken out of the library.
    pub hidden: bool,
    /// Its tags were read by an earlier reader, which read less of them.
    pub has_old_tags: bool,
}

impl KnownTrack {
    /// The song is at its place, as far as the library knows.
    pub fn is_here(&self) -> bool {
        !self.missing && !self.hidden
    }
}

/// A problem as the last scan left it.
#[derive(Clone, Debug)]
pub(in crate::library) struct KnownProblem {
    pub stamp: Option<FileStamp>,
    pub message: String,
}

/// All that the last scans left.
#[derive(Debug, Default)]
pub(in crate::library) struct Known {
    /// Ordered by path. Songs that are gone may share the path of another one.
    pub tracks: Vec<KnownTrack>,
    /// By path as it is shown.
    pub problems: HashMap<String, KnownProblem>,
}

impl Known {
    /// What was wrong with a file, and its path as it is shown.
    pub fn problem(&self, path: &Path) -> Option<(&String, &KnownProblem)> {
        // Most libraries have few problems or none: no text is made for each file of those.
        if self.problems.is_empty() { None } else { self.problems.get_key_value(&shown(path)) }
    }
}

/// What tells whether a song looks like another.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::library) struct Looks {
    pub title: String,
    pub artist: String,
    pub duration_secs: f64,
    /// A person gave it a genre, put it into a playlist or repaired its texts.
    pub is_cared_for: bool,
}

/// Where a file is, and what tells whether it changed.
#[derive(Clone, Copy, Debug)]
pub(in crate::library) struct Place<'a> {
    pub path: &'a Path,
    pub stamp: FileStamp,
    pub inode: i64,
}

/// One thing a scan found out.
#[derive(Debug)]
pub(in crate::library) enum Change<'a> {
    /// A song that no row stands for yet, and a song that is gone which it looks like.
    Insert { place: Place<'a>, song: Song, looks_like: Option<i64> },
    /// A known song with other tags or at another place. Whatever was heard in it before holds if it has the sound of
    /// then, also where only version 1 knew that sound.
    Update { id: i64, place: Place<'a>, song: Song, same_sound: bool },
    /// A known song whose file cannot be used any more as it is now.
    Unusable { id: i64, stamp: Option<FileStamp> },
    /// A known, unchanged song that was missing is there again.
    Returned { id: i64 },
    /// A known song is not there. It keeps its path, where another song may be now.
    Missing { id: i64 },
    /// A known song is there, but scans leave it out now.
    Hidden { id: i64 },
    /// A file that cannot be used; the stamp is absent when it must be opened again in any case.
    Problem { problem: Problem, stamp: Option<FileStamp> },
    /// There is nothing wrong with that path any more.
    NoProblem { path: String },
}

impl Library {
    /// What is known of all files.
    pub(in crate::library) fn known(&self) -> Result<Known, LibraryError> {
        self.read(|connection| {
            let mut known = Known::default();
            let count: i64 = connection.query_row("SELECT count(*) FROM track", [], |row| row.get(0))?;
            known.tracks.reserve(count.max(0) as usize);
            let mut statement = connection.prepare_cached(
                "SELECT id, path, size, mtime_ns, inode, sound_key, v1_hash, missing, removed_at IS NOT NULL, \
                     tags_version FROM track",
            )?;
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                let mut values = Values::of(row);
                // A row without a path stands for no file.
                let Some(path) = values.path(1) else { continue };
                known.tracks.push(KnownTrack {
                    id: row.get(0)?,
                    path,
                    // With damaged values the file is opened again.
                    stamp: FileStamp {
                        size: values.integer(2).unwrap_or_default(),
                        mtime_ns: values.integer(3).unwrap_or(-1),
                    },
                    inode: values.integer(4).unwrap_or_default(),
                    // A value of another size is as good as none.
                    sound_key: row.get(5).unwrap_or_default(),
                    v1_hash: row.get(6).unwrap_or_default(),
                    missing: values.flag(7).unwrap_or_default(),
                    hidden: row.get(8)?,
                    has_old_tags: values.integer::<i64>(9).unwrap_or_default() < TAGS_VERSION,
                });
            }
            // Rows come nearly in this order.
            known.tracks.sort_by(|a, b| a.path.cmp(&b.path).then(a.id.cmp(&b.id)));
            let mut statement = connection.prepare_cached("SELECT path, size, mtime_ns, message FROM problem")?;
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                let mut values = Values::of(row);
                let stamp = match (values.optional_integer(1), values.optional_integer(2)) {
                    (Some(size), Some(mtime_ns)) => Some(FileStamp { size, mtime_ns }),
                    _ => None,
                };
                let (Some(path), Some(message)) = (values.text(0), values.text(3)) else { continue };
                known.problems.insert(path, KnownProblem { stamp, message });
            }
            Ok(known)
        })
    }

    /// How songs look, in order; `None` for those that have left the library.
    pub(in crate::library) fn looks(&self, ids: &[i64]) -> Result<Vec<Option<Looks>>, LibraryError> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached(
                "SELECT title, artist, duration_secs, \
                     EXISTS (SELECT 1 FROM user_genre u WHERE u.track_id = t.id) \
                     OR EXISTS (SELECT 1 FROM playlist_entry e WHERE e.track_id = t.id) \
                     OR EXISTS (SELECT 1 FROM text_repair r WHERE r.track_id = t.id) \
                 FROM track t WHERE id = ?1",
            )?;
            ids.iter()
                .map(|id| {
                    statement
                        .query_row([id], |row| {
                            let mut values = Values::of(row);
                            Ok(Looks {
                                title: values.text(0).unwrap_or_default(),
                                artist: values.text(1).unwrap_or_default(),
                                duration_secs: values.number(2).unwrap_or_default(),
                                is_cared_for: row.get(3)?,
                            })
                        })
                        .optional()
                })
                .collect()
        })
    }

    /// The sound keys of these songs, in order; blank for those that have left the library or were not read yet.
    ///
    /// # Errors
    /// Database failures.
    pub fn sound_keys(&self, ids: &[i64]) -> Result<Vec<SoundKey>, LibraryError> {
        self.read(|connection| {
            let mut statement =
                connection.prepare_cached("SELECT coalesce(sound_key, v1_hash) FROM track WHERE id = ?1")?;
            ids.iter()
                .map(|id| {
                    // A value of another size is as good as none.
                    let key: Option<SoundKey> =
                        statement.query_row([id], |row| Ok(row.get(0).unwrap_or_default())).optional()?;
                    Ok(key.unwrap_or_default())
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
        self.write(|transaction| {
            vacate(transaction, changes)?;
            changes.iter().try_for_each(|change| apply(transaction, change, now))
        })
    }
}

/// Frees the places of all songs that move, so that they can change places with each other; and gives the places at
/// which songs arrive to nobody else: another process may have scanned the same folder in the meantime.
fn vacate(transaction: &Transaction<'_>, changes: &[Change<'_>]) -> rusqlite::Result<()> {
    let mut moving = HashSet::new();
    for change in changes {
        if let Change::Update { id, .. } | Change::Returned { id } | Change::Missing { id } = change {
            moving.insert(*id);
            transaction.prepare_cached("UPDATE track SET missing = 1 WHERE id = ?1")?.execute([id])?;
        }
    }
    let mut there = transaction
        .prepare_cached("SELECT id, sound_key FROM track WHERE path = ?1 AND missing = 0 AND removed_at IS NULL")?;
    for change in changes {
        let Change::Update { place, song, .. } = change else { continue };
        let other: Option<(i64, Option<Vec<u8>>)> = there
            .query_row([DbPathRef(place.path)], |row| Ok((row.get(0)?, row.get(1).unwrap_or_default())))
            .optional()?;
        let Some((other, key)) = other.filter(|(other, _)| !moving.contains(other)) else { continue };
        // A row that the other process has just made for this very sound and that nobody has touched is one too many.
        let gone = if key.as_deref() == Some(&song.sound_key) {
            transaction.execute(
                "DELETE FROM track WHERE id = ?1 AND NOT EXISTS (SELECT 1 FROM user_genre WHERE track_id = ?1) \
                 AND NOT EXISTS (SELECT 1 FROM text_repair WHERE track_id = ?1) \
                 AND NOT EXISTS (SELECT 1 FROM playlist_entry WHERE track_id = ?1)",
                [other],
            )?
        } else {
            0
        };
        if gone == 0 {
            transaction.execute("UPDATE track SET missing = 1 WHERE id = ?1", [other])?;
        }
    }
    Ok(())
}

fn apply(transaction: &Transaction<'_>, change: &Change<'_>, now: i64) -> rusqlite::Result<()> {
    match change {
        Change::Insert { place, song, looks_like } => {
            let mut insert = transaction.prepare_cached(&INSERT)?;
            let id = with_values(place, song, &now, |values| insert.query_row(values, |row| row.get(0)))?;
            if let Some(former) = looks_like {
                lookalikes::ask(transaction, id, Some((*former, now)))?;
            }
        }
        Change::Update { id, place, song, same_sound } => {
            let mut update = transaction.prepare_cached(&UPDATE)?;
            with_values(place, song, id, |values| update.execute(values))?;
            if *same_sound {
                transaction
                    .prepare_cached("UPDATE prediction SET sound_key = ?2 WHERE track_id = ?1 AND sound_key IS NULL")?
                    .execute(params![id, song.sound_key])?;
            }
            // A song that came back by itself is nobody's former self.
            transaction.prepare_cached("DELETE FROM lookalike WHERE former_id = ?1")?.execute([id])?;
        }
        Change::Unusable { id, stamp } => {
            let mut update = transaction.prepare_cached(
                "UPDATE track SET size = coalesce(?2, size), mtime_ns = coalesce(?3, -1), playable = 0, missing = 0 \
                 WHERE id = ?1",
            )?;
            update.execute(params![id, stamp.map(|stamp| stamp.size), stamp.map(|stamp| stamp.mtime_ns)])?;
        }
        Change::Returned { id } => {
            transaction
                .prepare_cached("UPDATE track SET missing = 0, removed_at = NULL WHERE id = ?1")?
                .execute([id])?;
        }
        Change::Hidden { id } => {
            transaction.prepare_cached("UPDATE track SET removed_at = ?2 WHERE id = ?1")?.execute(params![id, now])?;
        }
        // Done already, before others took the place.
        Change::Missing { .. } => {}
        Change::Problem { problem, stamp } => problems::store(transaction, problem, false, *stamp)?,
        Change::NoProblem { path } => problems::forget(transaction, path)?,
    }
    Ok(())
}

/// What is stored of a file and the song in it, besides [`album_fields::COLUMNS`].
const COLUMNS: [&str; 15] = [
    "path",
    "size",
    "mtime_ns",
    "inode",
    "sound_key",
    "title",
    "artist",
    "album",
    "track_number",
    "year",
    "tag_genre",
    "duration_secs",
    "format",
    "playable",
    "tags_version",
];

fn all_columns() -> impl Iterator<Item = &'static str> {
    COLUMNS.into_iter().chain(album_fields::COLUMNS)
}

/// Stores a song; the last value is when it was added. Another process may have scanned the same folder in the meantime.
static INSERT: LazyLock<String> = LazyLock::new(|| {
    let names: Vec<&str> = all_columns().collect();
    let marks: Vec<String> = (1..=names.len() + 1).map(|number| format!("?{number}")).collect();
    let replaced: Vec<String> = names[1..].iter().map(|name| format!("{name} = excluded.{name}")).collect();
    format!(
        "INSERT INTO track ({}, added_at) VALUES ({}) \
         ON CONFLICT (path) WHERE missing = 0 AND removed_at IS NULL DO UPDATE SET {} RETURNING id",
        names.join(", "),
        marks.join(", "),
        replaced.join(", ")
    )
});

/// Stores what was read of a song anew; the last value is its identifier. A playing time that decoding has found for this
/// sound stays.
static UPDATE: LazyLock<String> = LazyLock::new(|| {
    let set: Vec<String> = all_columns()
        .enumerate()
        .map(|(index, name)| match name {
            "duration_secs" => format!(
                "duration_secs = iif(EXISTS (SELECT 1 FROM prediction p WHERE p.track_id = track.id \
                     AND p.sound_key = ?{key} AND track.sound_key = ?{key}), duration_secs, ?{})",
                index + 1,
                key = COLUMNS.iter().position(|name| *name == "sound_key").unwrap_or_default() + 1,
            ),
            name => format!("{name} = ?{}", index + 1),
        })
        .collect();
    format!(
        "UPDATE track SET {}, v1_hash = NULL, missing = 0, removed_at = NULL WHERE id = ?{}",
        set.join(", "),
        set.len() + 1
    )
});

/// Hands over the values of all columns, and `last` behind them.
fn with_values<T>(
    place: &Place<'_>,
    song: &Song,
    last: &dyn ToSql,
    run: impl FnOnce(&[&dyn ToSql]) -> rusqlite::Result<T>,
) -> rusqlite::Result<T> {
    let own: [&dyn ToSql; COLUMNS.len()] = [
        &DbPathRef(place.path),
        &place.stamp.size,
        &place.stamp.mtime_ns,
        &place.inode,
        &song.sound_key,
        &title(song, place.path),
        &song.tags.artist.as_deref().unwrap_or_default(),
        &song.tags.album.as_deref().unwrap_or_default(),
        &song.tags.track_number,
        &song.tags.year,
        &song.tags.genre,
        &song.duration_secs,
        &song.format,
        &song.playable,
        &TAGS_VERSION,
    ];
    let of_album = album_fields::Stored::of(&song.tags);
    run(&[&own[..], &of_album.values(), &[last]].concat())
}

/// The title in the tags, else the file's name without its ending.
fn title(song: &Song, path: &Path) -> String {
    let stem = || path.file_stem().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
    song.tags.title.clone().unwrap_or_else(stem)
}
