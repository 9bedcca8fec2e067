//! What each value of the database must look like, and what takes the place of one that does not.
//!
//! The kinds follow from the schema itself; only what the schema cannot say is listed here.

use rusqlite::types::ValueRef;
use rusqlite::{Connection, Row};

use super::history::unpack;
use super::predictions::pairs;
use super::texts::texts_of;

/// Tables whose damaged rows go: what they say is found out again, or is of no use in parts.
const GO: [&str; 8] = ["root", "prediction", "problem", "playlist_entry", "lookalike", "change", "kept", "text_repair"];

/// A column, and what its values may be.
#[derive(Clone, Debug)]
pub(super) struct Column {
    pub name: String,
    /// INTEGER, REAL, TEXT, BLOB, or nothing for a path.
    kind: String,
    needed: bool,
    /// Part of the primary key.
    pub is_key: bool,
}

/// What is done about a damaged value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mend {
    /// The row goes.
    Drop,
    /// The column gets what this SQL says, and so does everything else that stands in it: `column = value, …`.
    Set(&'static str),
    /// The column gets this value.
    To(&'static str),
}

/// The columns of a table.
pub(super) fn columns(connection: &Connection, table: &str) -> rusqlite::Result<Vec<Column>> {
    let mut statement = connection.prepare("SELECT name, upper(type), \"notnull\", pk FROM pragma_table_info(?1)")?;
    statement
        .query_map([table], |row| {
            let key: i64 = row.get(3)?;
            Ok(Column { name: row.get(0)?, kind: row.get(1)?, needed: row.get(2)?, is_key: key > 0 })
        })?
        .collect()
}

/// The tables of Timbre's own, parents before children.
pub(super) fn tables(connection: &Connection) -> rusqlite::Result<Vec<String>> {
    let mut statement = connection
        .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'")?;
    let mut names: Vec<String> = statement.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
    let rank = |name: &String| match name.as_str() {
        "track" | "playlist" => 0,
        _ => 1,
    };
    names.sort_by(|a, b| rank(a).cmp(&rank(b)).then(a.cmp(b)));
    Ok(names)
}

/// The damaged columns of a row (columns in the order of [`columns`], `offset` values before them).
pub(super) fn damaged<'c>(table: &str, columns: &'c [Column], row: &Row<'_>, offset: usize) -> Vec<&'c Column> {
    let is_whole =
        |(index, column): &(usize, &Column)| row.get_ref(index + offset).is_ok_and(|value| fits(table, column, value));
    columns.iter().enumerate().filter(|entry| !is_whole(entry)).map(|(_, column)| column).collect()
}

fn fits(table: &str, column: &Column, value: ValueRef<'_>) -> bool {
    let name = column.name.as_str();
    let within = |low: i64, high: i64| matches!(value, ValueRef::Integer(value) if (low..=high).contains(&value));
    if value == ValueRef::Null {
        // A key is never absent; SQLite gives a row without an identifier one.
        return !(column.needed || column.is_key && column.kind == "TEXT");
    }
    match (table, name) {
        ("track", "year") => within(i32::MIN.into(), i32::MAX.into()),
        ("track", "original_year") => within(i32::MIN.into(), i32::MAX.into()),
        ("track", "track_number" | "track_total" | "disc" | "disc_total" | "bpm") => within(0, u32::MAX.into()),
        ("track", "rating") => within(0, u8::MAX.into()),
        ("playlist_entry", "position") => within(0, i64::MAX),
        ("state", "revision") => within(0, i64::MAX),
        ("track", "sound_key" | "v1_hash") => matches!(value, ValueRef::Blob(bytes) if bytes.len() == 16),
        ("prediction", "top" | "tags") => {
            matches!(value, ValueRef::Text(text) if std::str::from_utf8(text).is_ok_and(|text| pairs(text).is_some()))
        }
        ("text_repair", "fields") => {
            matches!(value, ValueRef::Text(text) if std::str::from_utf8(text).is_ok_and(|text| texts_of(text).is_some()))
        }
        ("change", "step") => matches!(value, ValueRef::Blob(bytes) if unpack(bytes).is_some()),
        _ => match (column.kind.as_str(), value) {
            ("INTEGER", value) => matches!(value, ValueRef::Integer(_)),
            ("REAL", ValueRef::Real(value)) => value.is_finite(),
            ("REAL", value) => matches!(value, ValueRef::Integer(_)),
            ("TEXT", ValueRef::Text(text)) => std::str::from_utf8(text).is_ok(),
            ("BLOB", value) => matches!(value, ValueRef::Blob(_)),
            ("", ValueRef::Text(text)) => std::str::from_utf8(text).is_ok(),
            ("", value) => matches!(value, ValueRef::Blob(_)),
            _ => false,
        },
    }
}

/// What is done about a damaged value of a column.
pub(super) fn mend(table: &str, column: &Column) -> Mend {
    if GO.contains(&table) || (column.is_key && table != "state") {
        return Mend::Drop;
    }
    match (table, column.name.as_str()) {
        // What a person decided is in this one value.
        ("user_genre", "genre") => Mend::Drop,
        // Bytes that are not text are a path on some systems; without any, the song is found again by its sound, as long as
        // it counts among those of a folder.
        ("track", "path") => Mend::Set(
            "path = CASE typeof(path) WHEN 'text' THEN CAST(path AS BLOB) \
                    ELSE coalesce((SELECT min(path) FROM root), '') || '/(lost)/' || id END, missing = 1",
        ),
        ("track", "missing") => Mend::To("1"),
        ("track", "removed_at") => Mend::Set("removed_at = NULL, missing = 1"),
        ("track", "playable") => Mend::To("1"),
        ("track", "mtime_ns") => Mend::To("-1"),
        ("playlist", "name") => Mend::Set("name = 'Playlist ' || id"),
        _ if !column.needed => Mend::To("NULL"),
        _ => match column.kind.as_str() {
            "INTEGER" => Mend::To("0"),
            "REAL" => Mend::To("0.0"),
            "TEXT" => Mend::To("''"),
            _ => Mend::Drop,
        },
    }
}
