//! Texts of songs that a person had read in another encoding. What the file says stays in its columns; a repair stands beside
//! it and holds as long as the file says the same.

use std::collections::HashMap;

use rusqlite::{Connection, OptionalExtension as _, Row, Transaction, params};
use serde::{Deserialize, Serialize};

use super::Library;
use super::genres::named;
use super::history::record;
use super::steps::Step;
use super::values::Values;
use crate::base::TrackId;
use crate::base::time::unix_now_secs;
use crate::library::LibraryError;
use crate::library::misread::Reading;
use crate::library::model::{TextField, Track};
use crate::library::portable::{TextRepair, Texts};
use crate::library::tags::clean;

/// Texts of one song by field, and when a person repaired them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(in crate::library) struct Repair {
    pub fields: Texts,
    /// Unix seconds.
    pub set_at: i64,
}

/// A song and its repair; `None`: all is as in the file.
pub(in crate::library) type SongRepair = (i64, Option<Repair>);

impl Library {
    /// Reads the texts of songs in another encoding; `None` takes them as they stand in the file again. Answers with the
    /// number of songs of which that changes anything. Can be undone.
    ///
    /// # Errors
    /// Database failures; then nothing is changed.
    pub fn repair_texts(&mut self, tracks: &[TrackId], reading: Option<Reading>) -> Result<usize, LibraryError> {
        let now = unix_now_secs();
        self.write(|transaction| {
            let mut changes = Vec::new();
            for track in tracks {
                let before = of_song(transaction, track.0)?;
                let fields = match reading {
                    Some(reading) => repaired(transaction, track.0, reading)?,
                    None => Texts::new(),
                };
                if before.as_ref().map_or(!fields.is_empty(), |before| before.fields != fields) {
                    let repair = (!fields.is_empty()).then_some(Repair { fields, set_at: now });
                    changes.push((track.0, repair));
                }
            }
            if changes.is_empty() {
                return Ok(0);
            }
            let changed: Vec<TrackId> = changes.iter().map(|(track, _)| TrackId(*track)).collect();
            let title = match &changes[..] {
                [(_, Some(repair))] => repair.fields.get(TextField::Title.key()).map(|title| title.repaired.clone()),
                _ => None,
            };
            let songs = match title {
                Some(title) => format!("“{title}”"),
                None => named(transaction, &changed)?,
            };
            let what = match reading {
                Some(reading) => format!("read the text of {songs} as {}", reading.label()),
                None => format!("left the text of {songs} as in the file"),
            };
            record(transaction, &what, Step::Texts(changes))?;
            Ok(changed.len())
        })
    }
}

/// What a reading makes of the texts of a song.
fn repaired(transaction: &Transaction<'_>, track: i64, reading: Reading) -> rusqlite::Result<Texts> {
    let mut fields = Texts::new();
    let mut statement = transaction.prepare_cached(&format!(
        "SELECT {} FROM track WHERE id = ?1",
        TextField::ALL.map(TextField::column).join(", ")
    ))?;
    let mut rows = statement.query([track])?;
    let Some(row) = rows.next()? else { return Ok(fields) };
    let mut values = Values::of(row);
    for (index, field) in TextField::ALL.into_iter().enumerate() {
        let Some(in_file) = values.optional_text(index) else { continue };
        if let Some(repaired) = reading.repair(&in_file) {
            fields.insert(field.key().to_owned(), TextRepair { in_file, repaired });
        }
    }
    Ok(fields)
}

fn read(row: &Row<'_>, first: usize) -> Option<Repair> {
    let mut values = Values::of(row);
    let fields = texts_of(&values.text(first)?)?;
    Some(Repair { fields, set_at: values.integer(first + 1).unwrap_or_default() })
}

/// Understands what stands in the column.
pub(super) fn texts_of(json: &str) -> Option<Texts> {
    serde_json::from_str(json).ok()
}

/// The repair of one song; a damaged one is as good as none.
pub(super) fn of_song(connection: &Connection, track: i64) -> rusqlite::Result<Option<Repair>> {
    connection
        .prepare_cached("SELECT fields, set_at FROM text_repair WHERE track_id = ?1")?
        .query_row([track], |row| Ok(read(row, 0)))
        .optional()
        .map(Option::flatten)
}

/// What is shown of a text in a song's columns.
pub(super) fn shown_text(
    connection: &Connection,
    track: i64,
    field: TextField,
    in_file: String,
) -> rusqlite::Result<String> {
    let repair = of_song(connection, track)?;
    let repaired = repair.as_ref().and_then(|repair| repair.fields.get(field.key()));
    Ok(match repaired.filter(|repaired| is_same(&repaired.in_file, &in_file)) {
        Some(repaired) => repaired.repaired.clone(),
        None if has_hidden(&in_file) => cleaned(&in_file),
        None => in_file,
    })
}

/// All repairs.
pub(super) fn all(connection: &Connection) -> rusqlite::Result<HashMap<i64, Repair>> {
    let mut repairs = HashMap::new();
    let mut statement = connection.prepare_cached("SELECT track_id, fields, set_at FROM text_repair")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        match read(row, 1) {
            Some(repair) => drop(repairs.insert(row.get(0)?, repair)),
            None => tracing::warn!(song = row.get::<_, i64>(0)?, "a repaired text cannot be read"),
        }
    }
    Ok(repairs)
}

/// Sets repairs, and answers with those that were there before.
pub(super) fn set(tx: &Transaction<'_>, entries: Vec<SongRepair>) -> rusqlite::Result<Vec<SongRepair>> {
    let mut before = Vec::with_capacity(entries.len());
    for (track, repair) in entries {
        let was = of_song(tx, track)?;
        let known = match repair {
            Some(Repair { fields, set_at }) => {
                let fields = serde_json::to_string(&fields)
                    .map_err(|error| rusqlite::Error::ToSqlConversionFailure(Box::new(error)))?;
                tx.prepare_cached(
                    "INSERT OR REPLACE INTO text_repair (track_id, fields, set_at) \
                     SELECT id, ?2, ?3 FROM track WHERE id = ?1",
                )?
                .execute(params![track, fields, set_at])?
            }
            None => tx.prepare_cached("DELETE FROM text_repair WHERE track_id = ?1")?.execute([track])?,
        };
        if known > 0 {
            before.push((track, was));
        }
    }
    before.reverse();
    Ok(before)
}

/// What is shown of a song whose columns were read: its repaired texts, and the others without what a line cannot show. What
/// the file says is kept beside it where that is another text.
pub(super) fn show(track: &mut Track, repair: Option<&Repair>) {
    for field in TextField::ALL {
        let Some(shown) = track.text(field).and_then(|text| {
            let repaired = repair
                .and_then(|repair| repair.fields.get(field.key()))
                // A reader of tags may tell more or less of characters that are not shown.
                .filter(|repair| is_same(&repair.in_file, &text))
                .map(|repair| repair.repaired.clone());
            repaired.or_else(|| has_hidden(&text).then(|| cleaned(&text)))
        }) else {
            continue;
        };
        let in_file = track.replace_text(field, shown);
        track.in_file.get_or_insert_default().insert(field, in_file);
    }
}

/// Whether two texts of a file look the same.
fn is_same(a: &str, b: &str) -> bool {
    a == b || cleaned(a) == cleaned(b)
}

/// Whether a text has characters that are not shown.
fn has_hidden(text: &str) -> bool {
    let is_hidden = |c: char| matches!(c, '\u{80}'..='\u{9F}');
    !text.is_ascii() && (text.chars().any(is_hidden) || text.starts_with('\u{A0}') || text.ends_with('\u{A0}'))
}

fn cleaned(text: &str) -> String {
    let lines: Vec<String> = text.split('\n').filter_map(clean).collect();
    lines.join("\n")
}
