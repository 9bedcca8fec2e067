//! Playlists as `.m3u8` files that any player opens.

use std::collections::HashSet;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use super::LibraryError;
use super::file_name::safe_file_name;
use super::model::Track;
use crate::base::fs::write_atomic;
use crate::base::read::{open_regular, read_bounded};

/// How a comment line begins by which a file is known as one that Timbre wrote.
const MARK: &str = "# Timbre ";
/// The mark is looked for in this much of a file.
const HEAD_BYTES: u64 = 4096;

/// What a playlist stands for; it is written into the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlaylistKind {
    /// The songs of a genre. When the genre has no songs any more, its file becomes an empty playlist.
    Genre,
    /// The songs without a certain genre; treated as a genre.
    Unsure,
    /// A playlist that a person made.
    Manual,
}

impl PlaylistKind {
    fn word(self) -> &'static str {
        match self {
            Self::Genre => "genre",
            Self::Unsure => "unsure",
            Self::Manual => "playlist",
        }
    }
}

/// A playlist to be written.
#[derive(Clone, Debug)]
pub struct PlaylistFile<'a> {
    /// What it stands for.
    pub kind: PlaylistKind,
    /// Its name, from which the file's name is made.
    pub name: &'a str,
    /// Its songs, in order.
    pub tracks: Vec<&'a Track>,
    /// Where it comes from (model, threshold); the same text whenever the same decides.
    pub provenance: &'a str,
}

/// Writes playlists into `folder`, which is made when missing, and answers with their files in order.
///
/// A file that is right already is left alone, and one that Timbre did not write is never replaced: the playlist gets
/// another name beside it. With `clear_stale`, files of genres that are not among `playlists` become empty playlists.
///
/// # Errors
/// [`LibraryError::Export`] with the file or folder; files written before stay.
pub fn export(folder: &Path, playlists: &[PlaylistFile<'_>], clear_stale: bool) -> Result<Vec<PathBuf>, LibraryError> {
    let failed = |path: &Path| {
        let path = path.to_path_buf();
        |source| LibraryError::Export { path, source }
    };
    std::fs::create_dir_all(folder).map_err(failed(folder))?;
    let mut taken = HashSet::new();
    let mut written = Vec::new();
    for playlist in playlists {
        let stem = safe_file_name(playlist.name);
        let mut number = 1;
        let path = loop {
            let name = if number == 1 { format!("{stem}.m3u8") } else { format!("{stem} ({number}).m3u8") };
            number += 1;
            let path = folder.join(&name);
            // `Rock` and `rock` are one file on many systems.
            if !taken.contains(&name.to_lowercase()) && may_write(&path).map_err(failed(&path))? {
                taken.insert(name.to_lowercase());
                break path;
            }
        };
        write_if_different(&path, &render(playlist, folder)).map_err(failed(&path))?;
        written.push(path);
    }
    if clear_stale {
        for entry in std::fs::read_dir(folder).map_err(failed(folder))?.flatten() {
            let path = entry.path();
            let name = entry.file_name().to_string_lossy().to_lowercase();
            if !name.ends_with(".m3u8") || taken.contains(&name) {
                continue;
            }
            if let Ok(head) = head(&path)
                && [PlaylistKind::Genre, PlaylistKind::Unsure].iter().any(|kind| head.contains(&mark_line(*kind)))
            {
                let title = head.lines().find_map(|line| line.strip_prefix("#PLAYLIST:")).unwrap_or_default();
                let kind = if head.contains(&mark_line(PlaylistKind::Genre)) {
                    PlaylistKind::Genre
                } else {
                    PlaylistKind::Unsure
                };
                let empty = PlaylistFile { kind, name: title, tracks: Vec::new(), provenance: "" };
                write_if_different(&path, &render(&empty, folder)).map_err(failed(&path))?;
            }
        }
    }
    Ok(written)
}

/// The content of a playlist file that lies in `folder`: UTF-8 without a byte order mark, lines ended by LF. Names that
/// are not UTF-8 stand in it as the bytes they are, so that each entry leads to its file.
///
/// Paths are relative to the folder and written with `/`. A song stands in it once.
pub fn render(playlist: &PlaylistFile<'_>, folder: &Path) -> Vec<u8> {
    let folder = resolved(folder);
    let mut head = format!("#EXTM3U\n#PLAYLIST:{}\n{}", one_line(playlist.name), mark_line(playlist.kind));
    if !playlist.provenance.is_empty() {
        head.push_str(&format!("; {}", one_line(playlist.provenance)));
    }
    head.push('\n');
    let mut text = head.into_bytes();
    let mut seen = HashSet::new();
    for track in playlist.tracks.iter().filter(|track| seen.insert(&track.path)) {
        let secs = if track.duration_secs.is_finite() && track.duration_secs > 0.0 {
            track.duration_secs.round() as i64
        } else {
            -1
        };
        let (artist, title) = (one_line(&track.artist), one_line(&track.title));
        let separator = if artist.is_empty() { "" } else { " - " };
        text.extend(format!("#EXTINF:{secs},{artist}{separator}{title}\n").bytes());
        text.extend(entry(&track.path, &folder));
        text.push(b'\n');
    }
    text
}

fn mark_line(kind: PlaylistKind) -> String {
    format!("{MARK}{}", kind.word())
}

/// The folder as the system resolves `..` in it, so that relative paths lead out of the right place.
fn resolved(folder: &Path) -> PathBuf {
    // On Windows the canonical form has another prefix than the paths in the library.
    let canonical = if cfg!(windows) { None } else { folder.canonicalize().ok() };
    canonical.unwrap_or_else(|| super::absolute(folder))
}

/// A song's line: relative where that is possible, else absolute.
fn entry(path: &Path, folder: &Path) -> Vec<u8> {
    let line = relative(path, folder).unwrap_or_else(|| path.as_os_str().as_encoded_bytes().to_vec());
    if line.contains(&b'\n') || line.contains(&b'\r') {
        return file_uri(path).into_bytes();
    }
    // Otherwise it would be a comment, or lose its blanks.
    let begins_oddly = line.starts_with(b"#") || String::from_utf8_lossy(&line).starts_with(char::is_whitespace);
    if begins_oddly { [&b"./"[..], &line].concat() } else { line }
}

/// `path` as seen from `folder`, with `/`; `None` when they share no root (drives of Windows).
fn relative(path: &Path, folder: &Path) -> Option<Vec<u8>> {
    let (mut to, mut from) = (path.components().peekable(), folder.components().peekable());
    if to.peek() != from.peek() {
        return None;
    }
    while to.peek().is_some() && to.peek() == from.peek() {
        to.next();
        from.next();
    }
    let up = from.map(|_| &b".."[..]);
    let down = to.map(|component| component.as_os_str().as_encoded_bytes());
    Some(up.chain(down).collect::<Vec<_>>().join(&b'/'))
}

/// A `file:` address: the only way to write a name that contains a line break.
fn file_uri(path: &Path) -> String {
    let mut uri = String::from("file://");
    for &byte in path.as_os_str().as_encoded_bytes() {
        if byte.is_ascii_alphanumeric() || b"/-_.~:".contains(&byte) {
            uri.push(byte as char);
        } else {
            uri.push_str(&format!("%{byte:02X}"));
        }
    }
    uri
}

/// Line breaks and control characters become blanks, so that a tag cannot break the lines of the file.
fn one_line(text: &str) -> String {
    let breaks = |c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}');
    text.chars().map(|c| if breaks(c) { ' ' } else { c }).collect::<String>().trim().to_owned()
}

/// Whether there is no such file yet, or one of ours.
fn may_write(path: &Path) -> io::Result<bool> {
    match head(path) {
        Ok(head) => Ok(head.lines().any(|line| line.starts_with(MARK))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(true),
        // A folder of that name, or a file that may not be read: not ours.
        Err(_) if path.exists() => Ok(false),
        Err(error) => Err(error),
    }
}

fn head(path: &Path) -> io::Result<String> {
    let mut bytes = Vec::new();
    open_regular(path)?.take(HEAD_BYTES).read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn write_if_different(path: &Path, text: &[u8]) -> io::Result<()> {
    if std::fs::metadata(path).is_ok_and(|metadata| metadata.len() == text.len() as u64)
        && read_bounded(path, text.len() as u64).is_ok_and(|bytes| bytes == text)
    {
        return Ok(());
    }
    write_atomic(path, text)
}
