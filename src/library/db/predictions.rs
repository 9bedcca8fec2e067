//! What networks heard, and what they have still to hear.

use std::borrow::Cow;
use std::path::PathBuf;
use std::sync::Arc;

use rusqlite::{Connection, Row, Transaction, params};
use serde::Deserialize;

use super::values::Values;
use super::{Library, revision};
use crate::base::TrackId;
use crate::library::LibraryError;
use crate::library::model::{GenreProbability, Prediction, TagScore};
use crate::library::name::{Name, Names};

/// A playing time that differs by no more than this is not corrected.
const SAME_LENGTH_SECS: f64 = 0.05;

impl Library {
    /// Stores what a network heard in a song, in place of what was heard before.
    ///
    /// # Errors
    /// Database failures.
    pub fn store_prediction(&mut self, track: TrackId, prediction: &Prediction) -> Result<(), LibraryError> {
        self.store_predictions(&[(track, prediction.clone())])
    }

    /// Stores many in one transaction. Songs that have left the library are passed over.
    ///
    /// # Errors
    /// Database failures; then none is stored.
    pub fn store_predictions(&mut self, predictions: &[(TrackId, Prediction)]) -> Result<(), LibraryError> {
        self.store_heard(predictions, &[])
    }

    /// Stores what was heard, and playing times (seconds) that decoding found to be other than the files say.
    ///
    /// # Errors
    /// Database failures; then nothing is stored.
    pub fn store_heard(
        &mut self,
        predictions: &[(TrackId, Prediction)],
        lengths: &[(TrackId, f64)],
    ) -> Result<(), LibraryError> {
        if predictions.is_empty() && lengths.is_empty() {
            return Ok(());
        }
        self.write(|transaction| {
            let stamp = revision(transaction)? as i64;
            let mut correct = transaction
                .prepare_cached("UPDATE track SET duration_secs = ?2 WHERE id = ?1 AND abs(duration_secs - ?2) > ?3")?;
            for (track, secs) in lengths.iter().filter(|(_, secs)| secs.is_finite() && *secs > 0.0) {
                correct.execute(params![track.0, secs, SAME_LENGTH_SECS])?;
            }
            predictions.iter().try_for_each(|(track, prediction)| store(transaction, stamp, *track, prediction))
        })
    }

    /// The songs the model of that hash has to hear, ordered by path: those that can be played, are there, and have
    /// no result of this model for their present sound. Files that could not be decoded are due once they change.
    /// With `again_until`, also all that was decided until then (Unix seconds) or never, whatever the reason.
    ///
    /// # Errors
    /// Database failures.
    pub fn to_classify(
        &self,
        model_hash: &str,
        again_until: Option<i64>,
    ) -> Result<Vec<(TrackId, PathBuf)>, LibraryError> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached(
                "SELECT t.id, t.path FROM track t LEFT JOIN prediction p ON p.track_id = t.id \
                 WHERE t.playable AND NOT t.missing AND t.removed_at IS NULL AND ((?2 IS NOT NULL AND (p.track_id IS NULL OR p.decided_at <= ?2)) OR ( \
                     (p.track_id IS NULL OR p.model_hash <> ?1 OR p.sound_key IS NOT t.sound_key) \
                     AND NOT EXISTS (SELECT 1 FROM problem b WHERE b.path = t.path AND b.decoding \
                                     AND b.size IS t.size AND b.mtime_ns IS t.mtime_ns))) \
                 ORDER BY t.path",
            )?;
            let mut rows = statement.query(params![model_hash, again_until])?;
            let mut due = Vec::new();
            while let Some(row) = rows.next()? {
                // A damaged path names no file.
                if let Some(path) = Values::of(row).path(1) {
                    due.push((TrackId(row.get(0)?), path));
                }
            }
            Ok(due)
        })
    }
}

/// Stores one; nothing happens when the song is not there any more.
fn store(transaction: &Transaction<'_>, stamp: i64, track: TrackId, prediction: &Prediction) -> rusqlite::Result<()> {
    let top: Vec<_> = prediction.top.iter().map(|entry| (&entry.genre, entry.probability)).collect();
    let tags: Vec<_> = prediction.tags.iter().map(|entry| (&entry.tag, entry.score)).collect();
    let json = |result: serde_json::Result<String>| {
        result.map_err(|error| rusqlite::Error::ToSqlConversionFailure(Box::new(error)))
    };
    transaction
        .prepare_cached(
            "INSERT OR REPLACE INTO prediction \
                 (track_id, stamp, model_name, model_hash, sound_key, top, tags, heard_secs, note, decided_at) \
             SELECT id, ?2, ?3, ?4, sound_key, ?5, ?6, ?7, ?8, ?9 FROM track WHERE id = ?1",
        )?
        .execute(params![
            track.0,
            stamp,
            prediction.model_name.as_str(),
            prediction.model_hash.as_str(),
            json(serde_json::to_string(&top))?,
            json(serde_json::to_string(&tags))?,
            prediction.heard_secs,
            prediction.note,
            prediction.decided_at,
        ])?;
    Ok(())
}

/// A song and what was heard in it, unless that is damaged.
pub(super) type Heard = (TrackId, Option<Arc<Prediction>>);

/// The predictions written by revisions after `stamp`.
pub(super) fn since(connection: &Connection, stamp: i64, names: &mut Names) -> rusqlite::Result<Vec<Heard>> {
    let mut statement = connection.prepare_cached(
        "SELECT track_id, model_name, model_hash, top, tags, heard_secs, note, decided_at \
         FROM prediction WHERE stamp > ?1",
    )?;
    let mut rows = statement.query([stamp])?;
    let mut predictions = Vec::new();
    while let Some(row) = rows.next()? {
        predictions.push((TrackId(row.get(0)?), heard(row, names).map(Arc::new)));
    }
    Ok(predictions)
}

/// What a row says; `None` when a value in it is damaged.
fn heard(row: &Row<'_>, names: &mut Names) -> Option<Prediction> {
    let mut values = Values::of(row);
    let prediction = Prediction {
        model_name: values.name(1, names)?,
        model_hash: values.name(2, names)?,
        top: list(values.str(3)?, names, |genre, probability| GenreProbability { genre, probability })?,
        tags: list(values.str(4)?, names, |tag, score| TagScore { tag, score })?,
        heard_secs: values.number(5)?,
        note: values.optional_text(6),
        decided_at: values.integer(7)?,
    };
    (!values.are_damaged()).then_some(prediction)
}

/// How many songs were heard.
pub(super) fn count(connection: &Connection) -> rusqlite::Result<usize> {
    connection
        .prepare_cached("SELECT count(*) FROM prediction")?
        .query_row([], |row| row.get::<_, i64>(0))
        .map(|count| count.max(0) as usize)
}

/// The entries of a JSON array of pairs.
fn list<T>(json: &str, names: &mut Names, entry: impl Fn(Name, f32) -> T) -> Option<Vec<T>> {
    let pairs = pairs(json)?;
    // Exactly as much room as it takes: there is one of these for each song.
    let mut list = Vec::with_capacity(pairs.len());
    list.extend(pairs.into_iter().map(|Pair(name, number)| entry(names.get(&name), number)));
    Some(list)
}

/// A name and a number, without copying the name where the text has it as it is.
#[derive(Deserialize)]
pub(super) struct Pair<'a>(#[serde(borrow)] Cow<'a, str>, f32);

/// A JSON array of `[name, number]`, the numbers finite.
pub(super) fn pairs(json: &str) -> Option<Vec<Pair<'_>>> {
    let pairs: Vec<Pair<'_>> = serde_json::from_str(json).ok()?;
    pairs.iter().all(|Pair(_, number)| number.is_finite()).then_some(pairs)
}
