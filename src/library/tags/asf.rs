//! Tags of WMA files: the header objects of the Advanced Systems Format (Microsoft's ASF specification, section 3).

use super::fields::{Fields, Key};
use super::input::Input;
use super::texts::clean;

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

/// Reads the header of a WMA file that begins at `start`; returns the playing time in seconds.
pub(super) fn read(input: &mut Input<'_>, start: u64, fields: &mut Fields) -> Option<Option<f64>> {
    let size = u64_at(input.exact(start, HEADER_START)?, 16)?.clamp(HEADER_START as u64, MAX_HEADER_BYTES);
    let header = input.get(start + HEADER_START as u64, size as usize - HEADER_START).to_vec();
    let mut secs = None;
    let mut rest = &header[..];
    while let (Some(identifier), Some(size)) = (rest.get(..16), u64_at(rest, 16)) {
        let size = usize::try_from(size).unwrap_or(usize::MAX);
        if size < OBJECT_START {
            break;
        }
        // A picture may go beyond what was read; nothing of use follows then.
        let Some(content) = rest.get(OBJECT_START..size) else { break };
        if identifier == FILE_PROPERTIES {
            secs = duration(content);
        } else if identifier == CONTENT_DESCRIPTION {
            content_description(content, fields);
        } else if identifier == EXTENDED_CONTENT_DESCRIPTION {
            extended_content_description(content, fields);
        }
        rest = &rest[size..];
    }
    Some(secs)
}

/// Play duration (which includes the preroll) of the file properties object, in seconds.
fn duration(content: &[u8]) -> Option<f64> {
    let secs = u64_at(content, 40)? as f64 / TICKS_PER_SECOND - u64_at(content, 56)? as f64 / 1e3;
    (secs > 0.0).then_some(secs)
}

/// Five lengths, then title, author, copyright, description, rating.
fn content_description(content: &[u8], fields: &mut Fields) {
    let mut at = 10;
    for (index, key) in [Some(Key::Title), Some(Key::Artist), None, Some(Key::Comment)].into_iter().enumerate() {
        let Some(length) = u16_at(content, 2 * index) else { return };
        let value = content.get(at..at + length).and_then(text);
        at += length;
        if let Some((key, value)) = key.zip(value) {
            fields.add(key, &value);
        }
    }
}

/// A count, then that many of: name length, name, type, value length, value.
fn extended_content_description(content: &[u8], fields: &mut Fields) {
    let Some(count) = u16_at(content, 0) else { return };
    let mut rest = &content[2..];
    for _ in 0..count {
        let Some(Descriptor { name, kind, value, after }) = descriptor(rest) else {
            return fields.bad("extended content description");
        };
        rest = after;
        let Some(name) = text(name) else { continue };
        // 0 is a text, 1 is a picture, 2 is yes or no, 3 is a 32-bit number.
        let value_text = match kind {
            0 => text(value),
            2 | 3 => u16_at(value, 0).map(|number| number.to_string()),
            _ => None,
        };
        if kind == 1 && name == "WM/Picture" {
            picture(value, fields);
        }
        match name.as_str() {
            // Counted from 0, and from 1 in a newer field.
            "WM/Track" => {}
            name => {
                if let Some((key, value)) = Key::from_name(name).zip(value_text) {
                    fields.add(key, &value);
                }
            }
        }
    }
}

/// Kind, size, kind of file, description, the picture.
fn picture(value: &[u8], fields: &mut Fields) {
    let Some((head, rest)) = value.split_at_checked(5) else { return };
    let end_of_text = |bytes: &[u8]| bytes.chunks_exact(2).position(|pair| pair == [0, 0]).map(|at| 2 * at + 2);
    let data = end_of_text(rest).and_then(|end| {
        let rest = &rest[end..];
        Some(&rest[end_of_text(rest)?..])
    });
    if let Some(data) = data {
        fields.add_picture(head[0] == 3, data);
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
