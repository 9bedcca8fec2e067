//! The sound key: what tells one song from another, whatever the file is called and whatever its tags say.
//!
//! It is a hash of the encoded sound alone: MPEG frames without ID3v2, ID3v1, APEv2 and Lyrics3, the packets of an Ogg
//! stream without its comment header, the `mdat` of an MP4 file, the `data` of a WAV file, and so on. A FLAC file is
//! known by the MD5 of its samples that its header holds. A file of an unknown kind is its own sound.

mod chunks;
mod ebml;
mod ogg;
mod payload;

use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

use xxhash_rust::xxh3::Xxh3;

use crate::base::read::open_regular;

use payload::Payload;

/// XXH3-128 of a song's encoded sound.
pub type SoundKey = [u8; 16];

/// Sounds up to this size are hashed whole.
const WHOLE_BYTES: u64 = 256 * 1024;
/// Of longer ones, this much at the head and at the tail,
const END_BYTES: u64 = 48 * 1024;
/// and in this many places between them
const PLACES: u64 = 4;
/// this much each.
const PLACE_BYTES: u64 = 16 * 1024;

/// The sound key of a file.
///
/// # Errors
/// What the file system says.
pub fn sound_key(path: &Path) -> io::Result<SoundKey> {
    let mut file = open_regular(path)?;
    let length = file.metadata()?.len();
    of_reader(&mut file, length)
}

/// The sound key of what a reader holds, `length` bytes in all.
///
/// # Errors
/// What the reader says. Content that is damaged or of no known kind is no error.
pub(super) fn of_reader(reader: &mut (impl Read + Seek), length: u64) -> io::Result<SoundKey> {
    let mut hasher = Xxh3::new();
    match payload::find(reader, length)? {
        Payload::Digest { kind, digest } => {
            hasher.update(kind);
            hasher.update(&digest);
        }
        Payload::Extents { kind, format, extents } => {
            hasher.update(kind);
            hasher.update(&format);
            add_extents(&mut hasher, reader, &extents)?;
        }
        Payload::Ogg => ogg::add_packets(&mut hasher, reader, length)?,
    }
    Ok(hasher.digest128().to_le_bytes())
}

/// A stretch of a file: first byte and number of bytes.
type Extent = (u64, u64);

/// Hashes stretches of a file as if they were one: all of it, or its length with its head, its tail and places between.
fn add_extents(hasher: &mut Xxh3, reader: &mut (impl Read + Seek), extents: &[Extent]) -> io::Result<()> {
    let total: u64 = extents.iter().map(|(_, bytes)| bytes).sum();
    hasher.update(&total.to_le_bytes());
    if total <= WHOLE_BYTES {
        return add_range(hasher, reader, extents, 0, total);
    }
    add_range(hasher, reader, extents, 0, END_BYTES)?;
    for place in 1..=PLACES {
        add_range(hasher, reader, extents, total / (PLACES + 1) * place, PLACE_BYTES)?;
    }
    add_range(hasher, reader, extents, total - END_BYTES, END_BYTES)
}

/// Hashes `bytes` bytes from `start` on, counted within the extents.
fn add_range(
    hasher: &mut Xxh3,
    reader: &mut (impl Read + Seek),
    extents: &[Extent],
    mut start: u64,
    mut bytes: u64,
) -> io::Result<()> {
    for &(first, length) in extents {
        if bytes == 0 {
            break;
        }
        if start >= length {
            start -= length;
            continue;
        }
        let here = bytes.min(length - start);
        reader.seek(SeekFrom::Start(first + start))?;
        let mut piece = Vec::with_capacity(here.min(WHOLE_BYTES) as usize);
        reader.by_ref().take(here).read_to_end(&mut piece)?;
        hasher.update(&piece);
        bytes -= here;
        start = 0;
    }
    Ok(())
}

/// Fills as much of `buffer` as there is to read at `position`, and answers with how much that was.
fn read_at(reader: &mut (impl Read + Seek), position: u64, buffer: &mut [u8]) -> io::Result<usize> {
    reader.seek(SeekFrom::Start(position))?;
    let mut filled = 0;
    while filled < buffer.len() {
        match reader.read(&mut buffer[filled..]) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

/// An array of the bytes from `start` on; zeros where there are none.
fn array<const N: usize>(bytes: &[u8], start: usize) -> [u8; N] {
    let mut array = [0; N];
    if let Some(source) = bytes.get(start..) {
        let count = source.len().min(N);
        array[..count].copy_from_slice(&source[..count]);
    }
    array
}

#[cfg(test)]
mod tests;
