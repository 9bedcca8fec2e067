//! The file: its form, its limits, reading and writing.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufReader, Read, Write as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The name of the format.
pub const FORMAT: &str = "timbre-library";
/// The version that this program writes, and the highest it reads.
pub const VERSION: u64 = 1;
/// The largest file that is read, unpacked.
pub const MOST_BYTES: u64 = 128 << 20;
/// The most values in it, and
const MOST_VALUES: usize = 12_000_000;
/// the deepest nesting: what takes little room in a file may take much in memory.
const MOST_DEPTH: usize = 32;
const COMPRESSION_LEVEL: i32 = 9;
/// How a file begins that Zstandard compressed.
const ZSTD_MAGIC: [u8; 4] = [0x28, 0xB5, 0x2F, 0xFD];

/// Why an export cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum PortableError {
    /// The file cannot be read.
    #[error("this file cannot be read: {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The file cannot be written.
    #[error("the export cannot be written: {}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The file is too large for an export.
    #[error("this file is larger than any export that Timbre reads ({reason}): {}", path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// Which limit it passes.
        reason: &'static str,
    },
    /// The file is something else.
    #[error("this is not a file that `timbre library export` wrote ({reason}): {}", path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
        /// How that shows.
        reason: String,
    },
    /// A later version of the program wrote it.
    #[error(
        "this export was written by a newer Timbre (format version {found}, this one knows {VERSION}); \
         use that version: {}",
        path.display()
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// The version in the file.
        found: u64,
    },
}

/// The whole file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Document {
    /// Always `timbre-library`.
    pub format: String,
    /// The version of the format.
    pub version: u64,
    /// Who wrote it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub program: Option<String>,
    /// When, RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exported_at: Option<String>,
    /// The folders that are scanned.
    #[serde(default)]
    pub folders: Vec<String>,
    /// Songs that a person gave something.
    #[serde(default)]
    pub songs: Vec<Song>,
    /// Playlists.
    #[serde(default)]
    pub playlists: Vec<Playlist>,
    /// The settings, as they stand in their file.
    #[serde(default)]
    pub settings: Map<String, Value>,
    /// Fields that this version does not know.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

/// A song.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Song {
    /// The sound key, 32 hexadecimal digits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sound: Option<String>,
    /// Where the file was, as far as that can be shown.
    #[serde(default)]
    pub path: String,
    /// The bytes of a path that is no valid text, hexadecimal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path_hex: Option<String>,
    /// Its title.
    #[serde(default)]
    pub title: String,
    /// Its artist.
    #[serde(default)]
    pub artist: String,
    /// Its album.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub album: String,
    /// Playing time; 0 when unknown.
    #[serde(default)]
    pub duration_secs: f64,
    /// The genre that a person chose.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub genre: Option<Genre>,
    /// Texts that a person repaired.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repaired: Option<Repaired>,
    /// Fields that this version does not know.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

/// A genre set by hand.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Genre {
    /// Its name.
    pub name: String,
    /// When it was set, Unix seconds.
    #[serde(default)]
    pub set_at: i64,
    /// Fields that this version does not know.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

/// Texts of a song that were read in the wrong encoding, by field.
pub type Texts = BTreeMap<String, TextRepair>;

/// A text that was read in the wrong encoding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TextRepair {
    /// What the file says.
    pub in_file: String,
    /// What it means.
    pub repaired: String,
}

/// The repaired texts of a song.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Repaired {
    /// By field.
    pub texts: Texts,
    /// When, Unix seconds.
    #[serde(default)]
    pub set_at: i64,
    /// Fields that this version does not know.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

/// A playlist.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Playlist {
    /// Its name.
    pub name: String,
    /// Its songs in order, as places in [`Document::songs`].
    #[serde(default)]
    pub songs: Vec<u32>,
    /// Fields that this version does not know.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

/// Reads a file.
pub(super) fn read(path: &Path) -> Result<Document, PortableError> {
    let failed = |source| PortableError::Read { path: path.to_path_buf(), source };
    let foreign = |reason: String| PortableError::Foreign { path: path.to_path_buf(), reason };
    let too_large = |reason| PortableError::TooLarge { path: path.to_path_buf(), reason };
    // Before it is opened: opening a pipe would wait for its other end.
    let there = std::fs::metadata(path).map_err(failed)?;
    if !there.is_file() {
        return Err(failed(io::Error::new(io::ErrorKind::InvalidInput, "this is not a regular file")));
    }
    let mut file = BufReader::new(File::open(path).map_err(failed)?);
    let mut start = Vec::new();
    file.by_ref().take(4).read_to_end(&mut start).map_err(failed)?;
    let is_packed = start == ZSTD_MAGIC;
    let all = start.as_slice().chain(file);
    let mut bytes = Vec::new();
    let read = if is_packed {
        zstd::Decoder::new(all).and_then(|decoder| decoder.take(MOST_BYTES + 1).read_to_end(&mut bytes))
    } else {
        all.take(MOST_BYTES + 1).read_to_end(&mut bytes)
    };
    match read {
        Err(error) if is_packed => return Err(foreign(format!("it cannot be unpacked: {error}"))),
        other => other.map_err(failed)?,
    };
    if bytes.len() as u64 > MOST_BYTES {
        return Err(too_large("more than 128 MB unpacked"));
    }
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&bytes);
    let (values, depth) = shape(bytes);
    if values > MOST_VALUES {
        return Err(too_large("more than 12 million values"));
    }
    if depth > MOST_DEPTH {
        return Err(foreign("it is nested more deeply than an export ever is".to_owned()));
    }
    // What kind of file it is comes before what is wrong with it.
    #[derive(Deserialize)]
    struct Head {
        format: Option<Value>,
        version: Option<Value>,
    }
    let head: Head = serde_json::from_slice(bytes).map_err(|error| foreign(error.to_string()))?;
    if head.format.as_ref().and_then(Value::as_str) != Some(FORMAT) {
        return Err(foreign(format!("its field `format` is not \"{FORMAT}\"")));
    }
    match head.version.as_ref().and_then(Value::as_u64) {
        Some(found) if found > VERSION => return Err(PortableError::Newer { path: path.to_path_buf(), found }),
        Some(1..) => {}
        _ => return Err(foreign("its field `version` is not a version".to_owned())),
    }
    let mut document: Document = serde_json::from_slice(bytes).map_err(|error| foreign(error.to_string()))?;
    for playlist in &document.playlists {
        if let Some(wrong) = playlist.songs.iter().find(|song| **song as usize >= document.songs.len()) {
            return Err(foreign(format!("playlist {:?} names song {wrong}, which is not there", playlist.name)));
        }
    }
    for song in &mut document.songs {
        if !song.duration_secs.is_finite() || song.duration_secs < 0.0 {
            song.duration_secs = 0.0;
        }
    }
    Ok(document)
}

/// How many values a JSON text holds at most, and how deeply they are nested.
fn shape(bytes: &[u8]) -> (usize, usize) {
    let (mut values, mut depth, mut deepest) = (1_usize, 0_usize, 0_usize);
    let (mut in_text, mut escaped) = (false, false);
    for byte in bytes {
        if in_text {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'"' => in_text = false,
                _ => {}
            }
            continue;
        }
        match byte {
            b'"' => in_text = true,
            b'{' | b'[' => {
                depth += 1;
                values += 1;
                deepest = deepest.max(depth);
            }
            b'}' | b']' => depth = depth.saturating_sub(1),
            b',' => values += 1,
            _ => {}
        }
    }
    (values, deepest)
}

/// Writes a file, whole or not at all; compressed when its name ends in `.zst`.
///
/// # Errors
/// [`PortableError::Write`]; [`PortableError::TooLarge`] when it could not be read again.
pub fn write(document: &Document, path: &Path) -> Result<(), PortableError> {
    let failed = |source| PortableError::Write { path: path.to_path_buf(), source };
    let mut bytes = serde_json::to_vec_pretty(document).map_err(|error| failed(error.into()))?;
    bytes.push(b'\n');
    if bytes.len() as u64 > MOST_BYTES || shape(&bytes).0 > MOST_VALUES {
        return Err(PortableError::TooLarge { path: path.to_path_buf(), reason: "more than 128 MB" });
    }
    if path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("zst")) {
        let mut packed = zstd::Encoder::new(Vec::new(), COMPRESSION_LEVEL).map_err(failed)?;
        packed.include_checksum(true).map_err(failed)?;
        packed.write_all(&bytes).map_err(failed)?;
        bytes = packed.finish().map_err(failed)?;
    }
    crate::base::fs::write_atomic(path, &bytes).map_err(failed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shape_of_a_text_is_seen_without_reading_it() {
        assert_eq!(shape(br#"{"a": [1, 2, "},{[\"[["], "b": {}}"#), (7, 2));
        assert_eq!(shape(b""), (1, 0));
    }

    fn read_text(text: &[u8]) -> Result<Document, PortableError> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.json");
        std::fs::write(&path, text).unwrap();
        read(&path)
    }

    #[test]
    fn other_files_are_refused_in_a_sentence() {
        let foreign = |text: &[u8]| matches!(read_text(text), Err(PortableError::Foreign { .. }));
        assert!(foreign(b"") && foreign(b"{}") && foreign(b"[]") && foreign(b"\xFF\xFE"));
        assert!(foreign(br#"{"format": "something", "version": 1}"#));
        for version in ["0", "-1", "1.5", "\"1\"", "null"] {
            assert!(
                foreign(format!(r#"{{"format": "timbre-library", "version": {version}}}"#).as_bytes()),
                "{version}"
            );
        }
        assert!(foreign(br#"{"format": "timbre-library", "version": 1, "playlists": [{"name": "a", "songs": [0]}]}"#));
        assert!(foreign(&[&ZSTD_MAGIC[..], b"no"].concat()));
        let deep =
            format!(r#"{{"format": "timbre-library", "version": 1, "x": {}1{}}}"#, "[".repeat(60), "]".repeat(60));
        assert!(foreign(deep.as_bytes()));
        let newer = read_text(br#"{"format": "timbre-library", "version": 2, "songs": "elsewhere"}"#).unwrap_err();
        assert!(matches!(newer, PortableError::Newer { found: 2, .. }), "{newer}");
        read_text(br#"{"format": "timbre-library", "version": 1}"#).unwrap();
    }

    #[test]
    fn bombs_are_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.json.zst");
        let mut packed = zstd::Encoder::new(File::create(&path).unwrap(), 1).unwrap();
        for _ in 0..200 {
            packed.write_all(&[b' '; 1 << 20]).unwrap();
        }
        packed.finish().unwrap();
        assert!(matches!(read(&path), Err(PortableError::TooLarge { .. })));
        let many = [&br#"{"format": "timbre-library", "version": 1, "x": ["#[..], &b"0,".repeat(MOST_VALUES)].concat();
        assert!(matches!(read_text(&many), Err(PortableError::TooLarge { .. })));
    }
}
