//! Cover pictures: in the file, else beside it.

use std::fs;
use std::io::{self, BufReader, Read as _};
use std::path::{Path, PathBuf};

use super::tags;
use crate::base::read::open_regular;

/// Pictures above this are passed over.
pub const MAX_COVER_BYTES: usize = 64 * 1024 * 1024;
/// Names of pictures beside the songs, the best first.
const NAMES: [&str; 5] = ["cover", "front", "folder", "album", "albumart"];
const EXTENSIONS: [&str; 3] = ["jpg", "jpeg", "png"];

/// The encoded picture (JPEG, PNG, …) of a song: the front cover in the file, else any picture in it, else a picture
/// with a usual name in its folder.
///
/// # Errors
/// When the song's file cannot be opened. A broken picture or tag counts as none.
pub fn cover(path: &Path) -> io::Result<Option<Vec<u8>>> {
    let file = open_regular(path)?;
    if let Some(picture) = tags::picture(BufReader::new(file), MAX_COVER_BYTES) {
        return Ok(Some(picture));
    }
    let Some(folder) = path.parent() else { return Ok(None) };
    Ok(beside(folder).and_then(|path| {
        let mut bytes = Vec::new();
        open_regular(&path).ok()?.take(MAX_COVER_BYTES as u64).read_to_end(&mut bytes).ok()?;
        Some(bytes).filter(|bytes| !bytes.is_empty())
    }))
}

/// The best picture in a folder.
fn beside(folder: &Path) -> Option<PathBuf> {
    let rank = |path: &Path| {
        let lower = |text: Option<&std::ffi::OsStr>| text.and_then(|text| text.to_str()).map(str::to_ascii_lowercase);
        let (stem, extension) = (lower(path.file_stem())?, lower(path.extension())?);
        let name = NAMES.iter().position(|name| *name == stem)?;
        Some((name, EXTENSIONS.iter().position(|name| *name == extension)?))
    };
    let paths = fs::read_dir(folder).ok()?.flatten().map(|entry| entry.path());
    let mut pictures: Vec<_> = paths.filter_map(|path| Some((rank(&path)?, path))).collect();
    pictures.sort();
    pictures.into_iter().map(|(_, path)| path).find(|path| {
        fs::metadata(path).is_ok_and(|found| found.is_file() && (1..=MAX_COVER_BYTES as u64).contains(&found.len()))
    })
}
