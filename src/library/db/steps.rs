//! Steps: the single changes of which everything consists that a person does to the library.
//!
//! [`Step::apply`] answers with the step that takes it back, so that undo and redo are the same thing.

use std::collections::BTreeSet;

use rusqlite::types::{Value, ValueRef};
use rusqlite::{OptionalExtension as _, Transaction, params, params_from_iter};
use serde::{Deserialize, Serialize};

use super::history::QueueState;
use super::texts::SongRepair;
use super::values::Values;
use super::{lookalikes, roots, texts};

/// A song, and its genre by hand with the time when it was set (Unix seconds).
pub(in crate::library) type HandGenre = (i64, Option<(String, i64)>);

/// One change. Stored as JSON in the table `change`: names must stay.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(in crate::library) enum Step {
    /// Each song gets this genre by hand, with the time it was set (Unix seconds), or none.
    Genres(Vec<HandGenre>),
    /// Each song has these repaired texts, or none.
    Texts(Vec<SongRepair>),
    /// A playlist of that name with these songs; at that identifier, where one is given.
    MakePlaylist { id: Option<i64>, name: String, tracks: Vec<i64> },
    /// The playlist goes.
    DropPlaylist(i64),
    /// The playlist gets that name.
    NamePlaylist(i64, String),
    /// The playlist gets these songs in that order.
    FillPlaylist(i64, Vec<i64>),
    /// The folder is scanned from now on; the songs below it come back.
    AddRoot(String),
    /// The folder is left out from now on; the songs below it are hidden.
    RemoveRoot(String),
    /// All that is known of these songs goes.
    Forget(Vec<i64>),
    /// Rows come back as they were.
    Rows(Vec<Row>),
    /// Whether the song is the same as a former one is asked since that time (Unix seconds), or not asked.
    Ask(i64, Option<(i64, i64)>),
    /// The player has this queue.
    Queue(QueueState),
    /// One after another.
    Many(Vec<Step>),
    /// Nothing.
    Nothing,
}

/// A row of a table, column by column.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(in crate::library) struct Row {
    table: String,
    columns: Vec<String>,
    values: Vec<Cell>,
}

/// A value of a column.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Cell {
    Null,
    Integer(i64),
    Real(f64),
    Text(String),
    Blob(Vec<u8>),
}

/// What belongs to a song, in the order in which it must be written. Playlist entries are kept apart.
const TABLES: [(&str, &str); 4] =
    [("track", "id"), ("user_genre", "track_id"), ("text_repair", "track_id"), ("prediction", "track_id")];

impl Step {
    /// Makes the change and answers with the step that takes it back. `queue` is the player's now.
    pub fn apply(self, tx: &Transaction<'_>, queue: &mut Option<QueueState>) -> rusqlite::Result<Self> {
        Ok(match self {
            Self::Nothing => Self::Nothing,
            Self::Genres(entries) => Self::Genres(set_genres(tx, entries)?),
            Self::Texts(entries) => Self::Texts(texts::set(tx, entries)?),
            Self::MakePlaylist { id, name, tracks } => {
                tx.execute(
                    "INSERT INTO playlist (id, name) VALUES (?1, ?2)",
                    params![id, free_name(tx, &name, None)?],
                )?;
                let id = tx.last_insert_rowid();
                fill(tx, id, &tracks)?;
                Self::DropPlaylist(id)
            }
            Self::DropPlaylist(id) => match playlist_name(tx, id)? {
                None => Self::Nothing,
                Some(name) => {
                    let tracks = entries(tx, id)?;
                    tx.execute("DELETE FROM playlist WHERE id = ?1", [id])?;
                    Self::MakePlaylist { id: Some(id), name, tracks }
                }
            },
            Self::NamePlaylist(id, name) => match playlist_name(tx, id)? {
                None => Self::Nothing,
                Some(before) => {
                    let name = free_name(tx, &name, Some(id))?;
                    tx.execute("UPDATE playlist SET name = ?2 WHERE id = ?1", params![id, name])?;
                    Self::NamePlaylist(id, before)
                }
            },
            Self::FillPlaylist(id, tracks) => match playlist_name(tx, id)? {
                None => Self::Nothing,
                Some(_) => {
                    let before = entries(tx, id)?;
                    fill(tx, id, &tracks)?;
                    Self::FillPlaylist(id, before)
                }
            },
            Self::AddRoot(folder) if roots::is_root(tx, &folder)? => Self::Nothing,
            Self::AddRoot(folder) => {
                roots::add(tx, &folder)?;
                Self::RemoveRoot(folder)
            }
            Self::RemoveRoot(folder) if !roots::is_root(tx, &folder)? => Self::Nothing,
            Self::RemoveRoot(folder) => {
                roots::remove(tx, &folder)?;
                Self::AddRoot(folder)
            }
            Self::Forget(ids) => forget(tx, &ids)?,
            Self::Rows(rows) => {
                let mut tracks = Vec::new();
                for row in rows {
                    if row.insert(tx)?
                        && row.table == "track"
                        && let Some(Cell::Integer(id)) = row.value("id")
                    {
                        tracks.push(*id);
                    }
                }
                Self::Forget(tracks)
            }
            Self::Ask(track, former) => Self::Ask(track, lookalikes::ask(tx, track, former)?),
            Self::Queue(state) => {
                let before = queue.replace(state).unwrap_or_default();
                Self::Queue(before)
            }
            Self::Many(steps) => {
                let mut back = Vec::with_capacity(steps.len());
                for step in steps {
                    back.push(step.apply(tx, queue)?);
                }
                back.reverse();
                Self::Many(back)
            }
        })
    }
}

/// Sets genres, and answers with what stood there before.
fn set_genres(tx: &Transaction<'_>, entries: Vec<HandGenre>) -> rusqlite::Result<Vec<HandGenre>> {
    let mut before = Vec::with_capacity(entries.len());
    for (track, genre) in entries {
        // A damaged one cannot be brought back.
        let was: Option<(String, i64)> = tx
            .prepare_cached("SELECT genre, set_at FROM user_genre WHERE track_id = ?1")?
            .query_row([track], |row| {
                let mut values = Values::of(row);
                Ok(values.text(0).map(|genre| (genre, values.integer(1).unwrap_or_default())))
            })
            .optional()?
            .flatten();
        let known = match genre {
            Some((genre, set_at)) => tx
                .prepare_cached(
                    "INSERT OR REPLACE INTO user_genre (track_id, genre, set_at) \
                     SELECT id, ?2, ?3 FROM track WHERE id = ?1",
                )?
                .execute(params![track, genre, set_at])?,
            None => tx.prepare_cached("DELETE FROM user_genre WHERE track_id = ?1")?.execute([track])?,
        };
        if known > 0 {
            before.push((track, was));
        }
    }
    // A song that is named twice gets back what it had first.
    before.reverse();
    Ok(before)
}

fn playlist_name(tx: &Transaction<'_>, id: i64) -> rusqlite::Result<Option<String>> {
    tx.query_row("SELECT name FROM playlist WHERE id = ?1", [id], |row| {
        Ok(Values::of(row).text(0).unwrap_or_else(|| format!("Playlist {id}")))
    })
    .optional()
}

/// The name, with a number behind it if another playlist has taken it meanwhile.
fn free_name(tx: &Transaction<'_>, name: &str, own: Option<i64>) -> rusqlite::Result<String> {
    let mut taken = tx.prepare_cached("SELECT EXISTS (SELECT 1 FROM playlist WHERE name = ?1 AND id IS NOT ?2)")?;
    let mut free = name.to_owned();
    for number in 2.. {
        if !taken.query_row(params![free, own], |row| row.get::<_, bool>(0))? {
            break;
        }
        free = format!("{name} ({number})");
    }
    Ok(free)
}

/// All entries of a playlist, hidden songs included.
pub(super) fn entries(tx: &Transaction<'_>, id: i64) -> rusqlite::Result<Vec<i64>> {
    let mut statement = tx.prepare_cached(
        "SELECT track_id FROM playlist_entry WHERE playlist_id = ?1 AND typeof(track_id) = 'integer' ORDER BY position",
    )?;
    statement.query_map([id], |row| row.get(0))?.collect()
}

/// Replaces the entries of a playlist; songs that are not known are passed over.
fn fill(tx: &Transaction<'_>, id: i64, tracks: &[i64]) -> rusqlite::Result<()> {
    tx.execute("DELETE FROM playlist_entry WHERE playlist_id = ?1", [id])?;
    let mut insert = tx.prepare_cached(
        "INSERT INTO playlist_entry (playlist_id, position, track_id) SELECT ?1, ?2, id FROM track WHERE id = ?3",
    )?;
    for (position, track) in tracks.iter().enumerate() {
        insert.execute(params![id, position as i64, track])?;
    }
    Ok(())
}

/// Deletes songs with all that belongs to them, and answers with the step that brings them back.
fn forget(tx: &Transaction<'_>, ids: &[i64]) -> rusqlite::Result<Step> {
    let mut rows = Vec::new();
    let mut playlists = BTreeSet::new();
    for id in ids {
        for (table, key) in TABLES {
            rows.extend(Row::read(tx, table, key, *id)?);
        }
        let mut statement = tx.prepare_cached("SELECT DISTINCT playlist_id FROM playlist_entry WHERE track_id = ?1")?;
        for playlist in statement.query_map([id], |row| row.get::<_, i64>(0))? {
            playlists.insert(playlist?);
        }
    }
    let mut back = vec![Step::Rows(rows)];
    for playlist in &playlists {
        back.push(Step::FillPlaylist(*playlist, entries(tx, *playlist)?));
    }
    let mut delete = tx.prepare_cached("DELETE FROM track WHERE id = ?1")?;
    for id in ids {
        delete.execute([id])?;
    }
    Ok(Step::Many(back))
}

impl Row {
    fn read(tx: &Transaction<'_>, table: &str, key: &str, id: i64) -> rusqlite::Result<Option<Self>> {
        let mut statement = tx.prepare_cached(&format!("SELECT * FROM {table} WHERE {key} = ?1"))?;
        let columns: Vec<String> = statement.column_names().map(str::to_owned).collect();
        statement
            .query_row([id], |row| {
                let values = (0..columns.len())
                    .map(|index| {
                        Ok(match row.get_ref(index)? {
                            ValueRef::Null => Cell::Null,
                            ValueRef::Integer(value) => Cell::Integer(value),
                            ValueRef::Real(value) => Cell::Real(value),
                            ValueRef::Text(text) => match std::str::from_utf8(text) {
                                Ok(text) => Cell::Text(text.to_owned()),
                                Err(_) => Cell::Blob(text.to_vec()),
                            },
                            ValueRef::Blob(bytes) => Cell::Blob(bytes.to_vec()),
                        })
                    })
                    .collect::<rusqlite::Result<_>>()?;
                Ok(Self { table: table.to_owned(), columns: columns.clone(), values })
            })
            .optional()
    }

    fn value(&self, column: &str) -> Option<&Cell> {
        let index = self.columns.iter().position(|name| name == column)?;
        self.values.get(index)
    }

    /// Writes the row; `false` when one of that identifier is there. A song whose place was taken comes back as missing.
    fn insert(&self, tx: &Transaction<'_>) -> rusqlite::Result<bool> {
        // Names come out of the database, but pass through a file that anybody may change.
        let is_name =
            |name: &str| !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        if !TABLES.iter().any(|(table, _)| *table == self.table)
            || self.columns.len() != self.values.len()
            || !self.columns.iter().all(|name| is_name(name))
        {
            return Ok(false);
        }
        let marks = vec!["?"; self.columns.len()].join(", ");
        let sql = format!("INSERT OR IGNORE INTO {} ({}) VALUES ({marks})", self.table, self.columns.join(", "));
        let values = |row: &Self| -> Vec<Value> {
            row.values
                .iter()
                .map(|cell| match cell {
                    Cell::Null => Value::Null,
                    Cell::Integer(value) => Value::Integer(*value),
                    Cell::Real(value) => Value::Real(*value),
                    Cell::Text(text) => Value::Text(text.clone()),
                    Cell::Blob(bytes) => Value::Blob(bytes.clone()),
                })
                .collect()
        };
        let mut statement = tx.prepare_cached(&sql)?;
        if statement.execute(params_from_iter(values(self)))? > 0 {
            return Ok(true);
        }
        if self.table != "track" {
            return Ok(false);
        }
        let mut missing = self.clone();
        if let Some(index) = missing.columns.iter().position(|name| name == "missing") {
            missing.values[index] = Cell::Integer(1);
        }
        Ok(statement.execute(params_from_iter(values(&missing)))? > 0)
    }
}
