//! The history of what a person did, with which everything can be taken back, also after a restart.

use rusqlite::{Connection, OptionalExtension as _, Transaction, params};
use serde::{Deserialize, Serialize};

use super::Library;
use super::steps::Step;
use super::values::Values;
use crate::base::time::unix_now_secs;
use crate::library::LibraryError;

/// Changes that are kept,
const MOST_CHANGES: i64 = 500;
/// as long as they take no more than this.
const MOST_BYTES: i64 = 64 << 20;
/// The largest step that is read back, unpacked.
const MAX_STEP_BYTES: u64 = 1 << 30;
const COMPRESSION_LEVEL: i32 = 3;

/// The player's queue at one moment.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct QueueState {
    /// The songs in the order in which they play.
    pub tracks: Vec<i64>,
    /// The current one among them.
    pub index: usize,
    /// Where in it, seconds.
    pub position_secs: f64,
}

/// One thing that a person did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct HistoryEntry {
    /// When, Unix seconds; in JSON a time of UTC.
    #[serde(serialize_with = "crate::base::time::serialize_utc")]
    pub at: i64,
    /// What, in the past tense: "deleted playlist ‘Train’".
    pub what: String,
    /// It was taken back and can be made again.
    pub undone: bool,
}

/// What an undo or a redo did.
#[derive(Clone, Debug, PartialEq)]
pub struct Undone {
    /// What was taken back or made again: "deleted playlist ‘Train’".
    pub what: String,
    /// The queue that the player must have now.
    pub queue: Option<QueueState>,
    /// The songs whose genre by hand changed.
    pub genres_of: Vec<i64>,
}

impl Library {
    /// What can be taken back and made again, the newest first.
    ///
    /// # Errors
    /// Database failures.
    pub fn history(&self) -> Result<Vec<HistoryEntry>, LibraryError> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached("SELECT at, what, undone FROM change ORDER BY id DESC")?;
            statement
                .query_map([], |row| {
                    let mut values = Values::of(row);
                    Ok(HistoryEntry {
                        at: values.integer(0).unwrap_or_default(),
                        what: values.text(1).unwrap_or_else(unreadable),
                        undone: values.flag(2).unwrap_or_default(),
                    })
                })?
                .collect()
        })
    }

    /// Takes the last change back that is in force; `None` when there is none. `queue` is the player's now.
    ///
    /// # Errors
    /// Database failures; then nothing is taken back.
    pub fn undo(&mut self, queue: Option<QueueState>) -> Result<Option<Undone>, LibraryError> {
        self.turn("SELECT id, what, step FROM change WHERE NOT undone ORDER BY id DESC LIMIT 1", true, queue)
    }

    /// Makes the change again that was taken back last; `None` when there is none. `queue` is the player's now.
    ///
    /// # Errors
    /// Database failures; then nothing is made.
    pub fn redo(&mut self, queue: Option<QueueState>) -> Result<Option<Undone>, LibraryError> {
        self.turn("SELECT id, what, step FROM change WHERE undone ORDER BY id LIMIT 1", false, queue)
    }

    /// Notes that the player's queue was replaced or cleared; `before` is what it was.
    ///
    /// # Errors
    /// Database failures.
    pub fn note_queue(&mut self, what: &str, before: QueueState) -> Result<(), LibraryError> {
        self.write(|transaction| note(transaction, what, &Step::Queue(before)))
    }

    fn turn(&mut self, select: &str, undone: bool, queue: Option<QueueState>) -> Result<Option<Undone>, LibraryError> {
        self.write(|transaction| {
            let next: Option<(i64, String, Vec<u8>)> = transaction
                .query_row(select, [], |row| {
                    let what = Values::of(row).text(1).unwrap_or_else(unreadable);
                    Ok((row.get(0)?, what, row.get(2).unwrap_or_default()))
                })
                .optional()?;
            let Some((id, what, step)) = next else { return Ok(None) };
            // A step of another version of the program, or a damaged one, must not be in the way of those before it.
            let step = unpack(&step).unwrap_or(Step::Nothing);
            let genres_of = step.genres_of();
            let is_queue = step.has_queue();
            let mut queue = queue;
            let back = step.apply(transaction, &mut queue)?;
            transaction
                .execute("UPDATE change SET undone = ?2, step = ?3 WHERE id = ?1", params![id, undone, pack(&back)?])?;
            Ok(Some(Undone { what, queue: queue.filter(|_| is_queue), genres_of }))
        })
    }

    /// Makes a change that can be taken back, in one transaction.
    pub(in crate::library) fn record(&mut self, what: &str, step: Step) -> Result<(), LibraryError> {
        self.write(|transaction| record(transaction, what, step))
    }
}

/// What an undo would take back now, or a redo make again.
pub(super) fn next(connection: &Connection, redo: bool) -> rusqlite::Result<Option<String>> {
    let select = if redo {
        "SELECT what FROM change WHERE undone ORDER BY id LIMIT 1"
    } else {
        "SELECT what FROM change WHERE NOT undone ORDER BY id DESC LIMIT 1"
    };
    connection
        .prepare_cached(select)?
        .query_row([], |row| Ok(Values::of(row).text(0).unwrap_or_else(unreadable)))
        .optional()
}

/// Makes a change and notes how it is taken back.
pub(super) fn record(transaction: &Transaction<'_>, what: &str, step: Step) -> rusqlite::Result<()> {
    let back = step.apply(transaction, &mut None)?;
    note(transaction, what, &back)
}

/// Notes how a change is taken back that was made just now. What was undone before can no longer be made again.
pub(super) fn note(transaction: &Transaction<'_>, what: &str, back: &Step) -> rusqlite::Result<()> {
    if back.is_nothing() {
        return Ok(());
    }
    transaction.execute("DELETE FROM change WHERE undone", [])?;
    transaction.execute(
        "INSERT INTO change (at, what, step) VALUES (?1, ?2, ?3)",
        params![unix_now_secs(), what, pack(back)?],
    )?;
    transaction.execute(
        "DELETE FROM change WHERE id IN (SELECT id FROM (SELECT id, row_number() OVER newest AS place, \
             sum(length(step)) OVER newest AS bytes FROM change WINDOW newest AS (ORDER BY id DESC)) \
         WHERE place > ?1 OR (place > 1 AND bytes > ?2))",
        [MOST_CHANGES, MOST_BYTES],
    )?;
    Ok(())
}

impl Step {
    fn is_nothing(&self) -> bool {
        match self {
            Self::Nothing => true,
            Self::Genres(entries) => entries.is_empty(),
            Self::Texts(entries) => entries.is_empty(),
            Self::Many(steps) => steps.iter().all(Self::is_nothing),
            _ => false,
        }
    }

    fn genres_of(&self) -> Vec<i64> {
        match self {
            Self::Genres(entries) => entries.iter().map(|(track, _)| *track).collect(),
            Self::Many(steps) => steps.iter().flat_map(Self::genres_of).collect(),
            _ => Vec::new(),
        }
    }

    fn has_queue(&self) -> bool {
        match self {
            Self::Queue(_) => true,
            Self::Many(steps) => steps.iter().any(Self::has_queue),
            _ => false,
        }
    }
}

/// Stands for the words of a damaged entry.
fn unreadable() -> String {
    "(a change whose description is damaged)".to_owned()
}

fn pack(step: &Step) -> rusqlite::Result<Vec<u8>> {
    let failed = |error: Box<dyn std::error::Error + Send + Sync>| rusqlite::Error::ToSqlConversionFailure(error);
    let json = serde_json::to_vec(step).map_err(|error| failed(Box::new(error)))?;
    zstd::encode_all(&json[..], COMPRESSION_LEVEL).map_err(|error| failed(Box::new(error)))
}

pub(super) fn unpack(bytes: &[u8]) -> Option<Step> {
    use std::io::Read as _;
    let mut json = Vec::new();
    zstd::Decoder::new(bytes).ok()?.take(MAX_STEP_BYTES).read_to_end(&mut json).ok()?;
    serde_json::from_slice(&json).inspect_err(|error| tracing::warn!(%error, "a change cannot be taken back")).ok()
}
