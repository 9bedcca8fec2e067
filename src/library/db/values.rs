//! Values of a row that may be of the wrong kind: a damaged one gets a stand-in and is noted, so that it never costs
//! more than its row.

use std::path::PathBuf;

use rusqlite::Row;
use rusqlite::types::{FromSql as _, ValueRef};

use super::paths::{DbPath, of_bytes};
use crate::library::model::{Problem, ProblemKind};
use crate::library::name::{Name, Names};

/// What *Problems* says of a song whose row is damaged.
const DAMAGED_ENTRY: &str = "Timbre's own entry for this song is damaged; `timbre library check --repair` mends it.";

/// Reads a row value by value.
pub(super) struct Values<'a, 'b> {
    row: &'a Row<'b>,
    damaged: bool,
}

impl<'a, 'b> Values<'a, 'b> {
    /// The values of this row.
    pub fn of(row: &'a Row<'b>) -> Self {
        Self { row, damaged: false }
    }

    /// Whether a value read so far was of the wrong kind.
    pub fn are_damaged(&self) -> bool {
        self.damaged
    }

    fn get(&self, column: usize) -> ValueRef<'a> {
        self.row.get_ref(column).unwrap_or(ValueRef::Null)
    }

    fn noted<T>(&mut self, value: Option<T>) -> Option<T> {
        self.damaged |= value.is_none();
        value
    }

    /// A text, where the database has it; `None` when it is none.
    pub fn str(&mut self, column: usize) -> Option<&'a str> {
        let text = match self.get(column) {
            ValueRef::Text(bytes) => std::str::from_utf8(bytes).ok(),
            _ => None,
        };
        self.noted(text)
    }

    /// A text; `None` when it is none.
    pub fn text(&mut self, column: usize) -> Option<String> {
        self.str(column).map(str::to_owned)
    }

    /// A text that other songs share; `None` when it is none.
    pub fn name(&mut self, column: usize, names: &mut Names) -> Option<Name> {
        self.str(column).map(|text| names.get(text))
    }

    /// A text that other songs share and that may be absent.
    pub fn optional_name(&mut self, column: usize, names: &mut Names) -> Option<Name> {
        if self.get(column) == ValueRef::Null { None } else { self.name(column, names) }
    }

    /// A text that may be absent.
    pub fn optional_text(&mut self, column: usize) -> Option<String> {
        if self.get(column) == ValueRef::Null { None } else { self.text(column) }
    }

    /// An integer within the range of its type; `None` when it is none.
    pub fn integer<T: TryFrom<i64>>(&mut self, column: usize) -> Option<T> {
        let integer = match self.get(column) {
            ValueRef::Integer(value) => T::try_from(value).ok(),
            _ => None,
        };
        self.noted(integer)
    }

    /// An integer that may be absent.
    pub fn optional_integer<T: TryFrom<i64>>(&mut self, column: usize) -> Option<T> {
        if self.get(column) == ValueRef::Null { None } else { self.integer(column) }
    }

    /// Yes or no.
    pub fn flag(&mut self, column: usize) -> Option<bool> {
        self.integer::<i64>(column).map(|value| value != 0)
    }

    /// A finite number.
    pub fn number(&mut self, column: usize) -> Option<f64> {
        let number = match self.get(column) {
            ValueRef::Real(value) => Some(value).filter(|value| value.is_finite()),
            ValueRef::Integer(value) => Some(value as f64),
            _ => None,
        };
        self.noted(number)
    }

    /// A path; one that is no valid text is taken byte by byte.
    pub fn path(&mut self, column: usize) -> Option<PathBuf> {
        let path = match self.get(column) {
            ValueRef::Text(bytes) if std::str::from_utf8(bytes).is_err() => {
                self.damaged = true;
                Some(of_bytes(bytes))
            }
            value => DbPath::column_result(value).ok().map(|DbPath(path)| path),
        };
        self.noted(path)
    }
}

/// What tells a person that the row of a song is damaged.
pub(super) fn damaged_entry(path: PathBuf) -> Problem {
    let seen_at = crate::base::time::unix_now_secs();
    Problem { path, kind: ProblemKind::Other, message: DAMAGED_ENTRY.to_owned(), seen_at }
}
