//! Tags of WMA files: the header objects of the Advanced Systems Format (Microsoft's ASF specification, section 3).

use std::io::{self, Read, Seek};

use super::tags::{Decoder, Parsed, SongTags, TagFailure, clean, year};

/// The identifier of the header object, with which every ASF file begins.
pub(super) const MAGIC: [u8; 16] =
    [0x30, 0x26, 0xB2, 0x75, 0x8E, 0x66, 0xCF, 0x11, 0xA6, 0xD9, 0x00, 0xAA, 0x00, 0x62, 0xCE, 0x6C];
const FILE_PROPERTIES: [u8; 16] =
    [0xA1, 0xDC, 0xAB, 0x8C, 0x47, 0xA9, 0xCF, 0x11, 0x8E, 0xE4, 0x00, 0xC0, 0x0C, 0x20, 0x53, 0x65];
const CONTENT_DESCRIPTION: [u8; 16] =
    [0x33, 0x26, 0xB2, 0x75, 0x8E, 0x66, 0xCF, 0x11, 0xA6, 0xD9, 0x00, 0xAA, 0x00, 0x62, 0xCE, 0x6C];
const EXTENDED_CONTENT_DESCRIPTION: [u8; 16] =
    [0x40, 0xA4, 0xD0, 0xD2, 0x07, 0xE3, 0xD2, 0x11, 0x97, 0xF0, 0x00, 0xA0, 0xC9, 0x5E, 0xA8, 0x50];

/// Bytes before the first object in the header.
const HEADER_START: usize = 30;
/// Identifier and size of an object.
const OBJECT_START: usize = 24;
/// Headers with larger objects (pictures) are read up to here.
const MAX_HEADER_BYTES: u64 = 4 * 1024 * 1024;
/// Times are in units of 100 ns.
const TICKS_PER_SECOND: f64 = 1e7;

/// Reads the header of a WMA file.
pub(super) fn read(reader: &mut (impl Read + Seek)) -> Result<Parsed, TagFailure> {
    let mut start = [0; HEADER_START];
    reader.read_exact(&mut start).map_err(failure)?;
    let size = u64_at(&start, 16).unwrap_or(0).clamp(HEADER_START as u64, MAX_HEADER_BYTES);
    let mut header = Vec::new();
    reader.take(size - HEADER_START as u64).read_to_end(&mut header).map_err(failure)?;
    let mut parsed =
        Parsed { tags: SongTags::default(), duration_secs: None, format: "WMA", decoder: Decoder::None, remark: None };
    let mut rest = &header[..];
    while let (Some(identifier), Some(size)) = (rest.get(..16), u64_at(rest, 16)) {
        let size = usize::try_from(size).unwrap_or(usize::MAX);
        if size < OBJECT_START {
            break;
        }
        // A picture may go beyond what was read; nothing of use follows then.
        let Some(content) = rest.get(OBJECT_START..size) else { break };
        if identifier == FILE_PROPERTIES {
            parsed.duration_secs = duration(content);
        } else if identifier == CONTENT_DESCRIPTION {
            content_description(content, &mut parsed.tags);
        } else if identifier == EXTENDED_CONTENT_DESCRIPTION {
            extended_content_description(content, &mut parsed.tags);
        }
        rest = &rest[size..];
    }
    Ok(parsed)
}

fn failure(error: io::Error) -> TagFailure {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => {
            TagFailure::Damaged { format: "WMA", reason: "its header is not complete".into() }
        }
        _ => TagFailure::System(error),
    }
}

/// Play duration (which includes the preroll) of the file properties object, in seconds.
fn duration(content: &[u8]) -> Option<f64> {
    let secs = u64_at(content, 40)? as f64 / TICKS_PER_SECOND - u64_at(content, 56)? as f64 / 1e3;
    (secs > 0.0).then_some(secs)
}

/// Five lengths, then title, author, copyright, description, rating.
fn content_description(content: &[u8], tags: &mut SongTags) {
    let (Some(title), Some(author)) = (u16_at(content, 0), u16_at(content, 2)) else { return };
    tags.title = content.get(10..10 + title).and_then(text);
    tags.artist = content.get(10 + title..10 + title + author).and_then(text);
}

/// A count, then that many of: name length, name, type, value length, value.
fn extended_content_description(content: &[u8], tags: &mut SongTags) {
    let Some(count) = u16_at(content, 0) else { return };
    let mut rest = &content[2..];
    for _ in 0..count {
        let Some(Descriptor { name, kind, value, after }) = descriptor(rest) else { return };
        rest = after;
        let Some(name) = text(name) else { continue };
        // Type 0 is text, type 3 a 32-bit number.
        let value = match kind {
            0 => text(value),
            3 => u16_at(value, 0).map(|number| number.to_string()),
            _ => None,
        };
        let Some(value) = value else { continue };
        match name.as_str() {
            "WM/AlbumTitle" => tags.album = Some(value),
            "WM/Genre" => tags.genre = Some(value),
            // ffmpeg writes the year under its own name.
            "WM/Year" | "date" => tags.year = tags.year.or(year(&value)),
            "WM/TrackNumber" => tags.track_number = value.parse().ok(),
            "WM/AlbumArtist" => tags.artist = tags.artist.take().or(Some(value)),
            _ => {}
        }
    }
}

struct Descriptor<'a> {
    name: &'a [u8],
    kind: usize,
    value: &'a [u8],
    /// What follows.
    after: &'a [u8],
}

/// The first descriptor.
fn descriptor(bytes: &[u8]) -> Option<Descriptor<'_>> {
    let name_end = 2 + u16_at(bytes, 0)?;
    let name = bytes.get(2..name_end)?;
    let kind = u16_at(bytes, name_end)?;
    let value_start = name_end + 4;
    let value_end = value_start + u16_at(bytes, name_end + 2)?;
    Some(Descriptor { name, kind, value: bytes.get(value_start..value_end)?, after: bytes.get(value_end..)? })
}

/// UTF-16, little-endian, ended by zero.
fn text(bytes: &[u8]) -> Option<String> {
    let units: Vec<u16> = bytes
        .chunks_exact(2)
        .map(|pair| u16::from_le_bytes([pair[0], pair[1]]))
        .take_while(|unit| *unit != 0)
        .collect();
    clean(&String::from_utf16_lossy(&units))
}

fn u16_at(bytes: &[u8], offset: usize) -> Option<usize> {
    let pair = bytes.get(offset..offset.checked_add(2)?)?;
    Some(usize::from(u16::from_le_bytes(pair.try_into().ok()?)))
}

fn u64_at(bytes: &[u8], offset: usize) -> Option<u64> {
    Some(u64::from_le_bytes(bytes.get(offset..offset.checked_add(8)?)?.try_into().ok()?))
}
