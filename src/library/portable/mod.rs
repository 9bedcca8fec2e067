//! What a person gave a library, in a file that other libraries and other programs can read.
//!
//! The file is JSON, perhaps compressed by Zstandard:
//!
//! ```json
//! {
//!   "format": "timbre-library",
//!   "version": 1,
//!   "program": "timbre 0.1.0",
//!   "exported_at": "2026-11-28T15:00:00Z",
//!   "folders": ["/home/ana/Music"],
//!   "songs": [
//!     {"sound": "00112233445566778899aabbccddeeff", "path": "/home/ana/Music/a.flac", "title": "A", "artist": "Ana",
//!      "album": "First", "duration_secs": 61.5, "genre": {"name": "jazz", "set_at": 1795305600},
//!      "repaired": {"texts": {"title": {"in_file": "Ïðèâåò", "repaired": "Привет"}}, "set_at": 1795305600}}
//!   ],
//!   "playlists": [{"name": "Train", "songs": [0, 0]}],
//!   "settings": {"threshold": 0.6}
//! }
//! ```
//!
//! * `folders`: the folders that are scanned.
//! * `songs`: those with a genre set by hand or repaired texts and those in playlists, also of removed folders. `sound` is
//!   the sound key in hexadecimal digits; `path_hex` holds the bytes of a path that is no valid text; `set_at` is in Unix
//!   seconds. `title`, `artist` and `album` are those in the file; `repaired` says what they mean.
//! * `playlists`: their entries are places in `songs`, counted from 0.
//! * `settings`: as they stand in `settings.json`.
//!
//! Everything but `format` and `version` may be absent. Fields that this version does not know are kept and written again
//! by the next export. A higher `version` is refused.

mod format;
mod matching;
mod paths;

use std::path::Path;

pub use format::{Document, Genre, Playlist, PortableError, Repaired, Song, TextRepair, Texts, VERSION, write};
pub use matching::Found;
pub use paths::PathMap;

pub(super) use format::FORMAT;
pub(super) use matching::{Candidate, pair, path_of};
pub(super) use paths::{hex, mapped, to_text};

/// Reads a file that an export wrote.
///
/// # Errors
/// When it cannot be read, is too large, is no export or one of a newer version.
pub fn read(path: &Path) -> Result<Document, PortableError> {
    format::read(path)
}
