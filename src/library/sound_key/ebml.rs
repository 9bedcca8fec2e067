//! Matroska and WebM: the clusters of the segment (RFC 8794 and RFC 9559).

use std::io::{self, Read, Seek};

use super::payload::Payload;
use super::{Extent, read_at};

const SEGMENT: u64 = 0x1853_8067;
const CLUSTER: u64 = 0x1F43_B675;
/// Elements that are looked at in one file: some thousand clusters are hours of music.
const MAX_ELEMENTS: usize = 65_536;

/// Finds the clusters; `None` when there are none.
pub(super) fn clusters(reader: &mut (impl Read + Seek), start: u64, length: u64) -> io::Result<Option<Payload>> {
    let mut position = start;
    let mut extents: Vec<Extent> = Vec::new();
    for _ in 0..MAX_ELEMENTS {
        if position >= length {
            break;
        }
        let mut head = [0; 12];
        let known = read_at(reader, position, &mut head)?;
        let Some((id, id_bytes)) = number(&head[..known], 4, false) else { break };
        let Some((size, size_bytes)) = number(&head[id_bytes..known], 8, true) else { break };
        let body = position + (id_bytes + size_bytes) as u64;
        // All ones: the size was not known when it was written.
        let is_open = size == (1_u64 << (7 * size_bytes)) - 1;
        if id == SEGMENT {
            position = body;
            continue;
        }
        let end = if is_open { length } else { body.saturating_add(size).min(length) };
        if id == CLUSTER && end > body {
            extents.push((body, end - body));
        }
        position = end;
    }
    Ok((!extents.is_empty()).then(|| Payload::extents(b"matroska", extents)))
}

/// A number of variable length, at most `most` bytes, and how many it took. A size loses its length marker.
fn number(bytes: &[u8], most: usize, is_size: bool) -> Option<(u64, usize)> {
    let first = *bytes.first()?;
    let count = first.leading_zeros() as usize + 1;
    if count > most || bytes.len() < count {
        return None;
    }
    let value = bytes[..count].iter().fold(0_u64, |value, byte| value << 8 | u64::from(*byte));
    let marker = 1_u64 << (7 * count);
    Some((if is_size { value & (marker - 1) } else { value }, count))
}
