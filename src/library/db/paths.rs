//! Paths in the database: text, or bytes where a name is not valid UTF-8.

use std::path::{Path, PathBuf};

use rusqlite::types::{FromSql, FromSqlResult, ToSql, ToSqlOutput, ValueRef};

/// A path as a database value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(in crate::library) struct DbPath(pub PathBuf);

impl FromSql for DbPath {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        match value {
            ValueRef::Blob(bytes) => Ok(Self(of_bytes(bytes))),
            value => value.as_str().map(|text| Self(PathBuf::from(text))),
        }
    }
}

/// A borrowed path as a database value.
#[derive(Clone, Copy, Debug)]
pub(in crate::library) struct DbPathRef<'a>(pub &'a Path);

impl ToSql for DbPathRef<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        let value = match self.0.to_str() {
            Some(text) => ValueRef::Text(text.as_bytes()),
            None => ValueRef::Blob(self.0.as_os_str().as_encoded_bytes()),
        };
        Ok(ToSqlOutput::Borrowed(value))
    }
}

#[cfg(unix)]
pub(super) fn of_bytes(bytes: &[u8]) -> PathBuf {
    use std::os::unix::ffi::OsStrExt as _;
    PathBuf::from(std::ffi::OsStr::from_bytes(bytes))
}

#[cfg(not(unix))]
pub(super) fn of_bytes(bytes: &[u8]) -> PathBuf {
    PathBuf::from(String::from_utf8_lossy(bytes).into_owned())
}
