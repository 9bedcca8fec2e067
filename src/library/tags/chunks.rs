//! Tags of containers made of chunks: WAV, AIFF, DSDIFF, DSF, CAF, Wave64, and the annotation of `.au`.

use super::fields::{Fields, Key};
use super::id3;
use super::input::{Input, be, le};
use super::texts::{latin1, utf8};

/// Chunks that are looked at in one file.
const MAX_CHUNKS: usize = 16_384;
/// The most that is read of a list of texts, in bytes.
const MAX_LIST_BYTES: usize = 1 << 20;
/// The most that is read of one text, in bytes.
const MAX_TEXT_BYTES: usize = 64 * 1024;

/// How chunks are laid out in a container.
#[derive(Clone, Copy)]
struct Layout {
    /// Bytes before the first chunk.
    first: u64,
    /// Bytes of the size behind a chunk's name.
    size_bytes: usize,
    is_big: bool,
    /// Chunks begin at multiples of two.
    is_padded: bool,
}

/// A chunk's name and where its content is.
struct Chunk {
    name: [u8; 4],
    start: u64,
    end: u64,
}

/// All chunks of a container that begins at `start`. `real_size` may correct a size.
fn chunks(input: &mut Input<'_>, start: u64, layout: Layout) -> Vec<Chunk> {
    let mut found = Vec::new();
    let mut position = start + layout.first;
    let mut long_data = None;
    let is_name = |bytes: &[u8]| bytes.len() >= 4 && bytes[..4].iter().all(|byte| (0x20..0x7F).contains(byte));
    for _ in 0..MAX_CHUNKS {
        let Some(head) = input.exact(position, 4 + layout.size_bytes) else { break };
        let Ok(name) = <[u8; 4]>::try_from(&head[..4]) else { break };
        let size = if layout.is_big { be(&head[4..]) } else { le(&head[4..]) };
        let start = position + 4 + layout.size_bytes as u64;
        if &name == b"ds64" {
            long_data = input.exact(start + 8, 8).map(le);
        }
        let size = match long_data {
            Some(long) if &name == b"data" && size == 0xFFFF_FFFF => long,
            _ => size,
        };
        let Some(end) = start.checked_add(size) else { break };
        found.push(Chunk { name, start, end: end.min(input.length) });
        if end >= input.length {
            break;
        }
        // Not every program pads odd chunks.
        let padded = end + (end - start) % 2;
        let is_odd = layout.is_padded && padded != end;
        position = if is_odd && (is_name(input.get(padded, 4)) || !is_name(input.get(end, 4))) { padded } else { end };
    }
    found
}

/// RIFF, RF64 and BW64: an ID3 chunk, then `LIST INFO`.
pub(super) fn riff(input: &mut Input<'_>, start: u64, fields: &mut Fields) {
    let found = chunks(input, start, Layout { first: 12, size_bytes: 4, is_big: false, is_padded: true });
    id3_chunks(input, &found, fields);
    fields.next_tag();
    for chunk in found.iter().filter(|chunk| &chunk.name == b"LIST") {
        let list = input.get(chunk.start, ((chunk.end - chunk.start) as usize).min(MAX_LIST_BYTES)).to_vec();
        if let Some(items) = list.strip_prefix(b"INFO") {
            info(items, fields);
        }
    }
}

fn id3_chunks(input: &mut Input<'_>, found: &[Chunk], fields: &mut Fields) {
    for chunk in found.iter().filter(|chunk| chunk.name.eq_ignore_ascii_case(b"id3 ")) {
        id3::read(input, chunk.start, chunk.end, fields);
        fields.next_tag();
    }
}

/// Name, size, text, each padded to an even length; not every program pads.
fn info(mut items: &[u8], fields: &mut Fields) {
    while let Some((head, rest)) = items.split_at_checked(8) {
        let size = le(&head[4..]) as usize;
        let text = &rest[..size.min(rest.len())];
        let key = match &head[..4].to_ascii_uppercase()[..] {
            b"INAM" => Some(Key::Title),
            b"IART" => Some(Key::Artist),
            b"IPRD" | b"IALB" => Some(Key::Album),
            b"ICRD" => Some(Key::Date),
            b"IGNR" => Some(Key::Genre),
            b"ICMT" => Some(Key::Comment),
            b"ITRK" | b"IPRT" | b"TRCK" => Some(Key::Track),
            b"IMUS" => Some(Key::Composer),
            b"IAAR" => Some(Key::AlbumArtist),
            _ => None,
        };
        if let Some(key) = key {
            let text = text.split(|byte| *byte == 0).next().unwrap_or_default();
            fields.add(key, &utf8(&text[..text.len().min(MAX_TEXT_BYTES)]));
            if size > rest.len() {
                fields.bad(&latin1(&head[..4]));
            }
        }
        let is_name = |at: usize| rest.get(at).is_some_and(u8::is_ascii_alphanumeric);
        let next = if size % 2 == 1 && (rest.get(size) == Some(&0) || !is_name(size)) { size + 1 } else { size };
        items = rest.get(next..).unwrap_or_default();
    }
}

/// AIFF and AIFF-C: an ID3 chunk, then the texts of the format itself.
pub(super) fn aiff(input: &mut Input<'_>, start: u64, fields: &mut Fields) {
    let found = chunks(input, start, Layout { first: 12, size_bytes: 4, is_big: true, is_padded: true });
    id3_chunks(input, &found, fields);
    fields.next_tag();
    for chunk in &found {
        let key = match &chunk.name {
            b"NAME" => Key::Title,
            b"AUTH" => Key::Artist,
            b"ANNO" => Key::Comment,
            _ => continue,
        };
        let text = input.get(chunk.start, ((chunk.end - chunk.start) as usize).min(MAX_TEXT_BYTES));
        fields.add(key, &utf8(text));
    }
}

/// DSDIFF: an ID3 chunk.
pub(super) fn dsdiff(input: &mut Input<'_>, start: u64, fields: &mut Fields) {
    let found = chunks(input, start, Layout { first: 16, size_bytes: 8, is_big: true, is_padded: true });
    id3_chunks(input, &found, fields);
}

/// DSF: the header says where an ID3 tag is.
pub(super) fn dsf(input: &mut Input<'_>, start: u64, fields: &mut Fields) {
    let Some(at) = input.exact(start + 20, 8).map(le).filter(|at| *at > 0) else { return };
    if let Some(at) = at.checked_add(start) {
        id3::read(input, at, input.length, fields);
    }
}

/// The playing time of a DSF file in seconds.
pub(super) fn dsf_secs(input: &mut Input<'_>, start: u64) -> Option<f64> {
    let format = input.exact(start + 28, 52)?;
    let (rate, samples) = (le(&format[28..32]), le(&format[36..44]));
    (format.starts_with(b"fmt ") && rate > 0).then(|| samples as f64 / rate as f64)
}

/// CAF: pairs of texts in an `info` chunk.
pub(super) fn caf(input: &mut Input<'_>, start: u64, fields: &mut Fields) {
    let found = chunks(input, start, Layout { first: 8, size_bytes: 8, is_big: true, is_padded: false });
    for chunk in found.iter().filter(|chunk| &chunk.name == b"info") {
        let bytes = input.get(chunk.start, ((chunk.end - chunk.start) as usize).min(MAX_LIST_BYTES)).to_vec();
        let mut texts = bytes.get(4..).unwrap_or_default().split(|byte| *byte == 0);
        while let (Some(name), Some(value)) = (texts.next(), texts.next()) {
            if let Some(key) = Key::from_name(&latin1(name)) {
                fields.add(key, &utf8(value));
            }
        }
    }
}

/// Wave64: a list of texts as in WAV, under a name of sixteen bytes.
pub(super) fn wave64(input: &mut Input<'_>, start: u64, fields: &mut Fields) {
    let mut position = start + 40;
    for _ in 0..MAX_CHUNKS {
        let Some(head) = input.exact(position, 24) else { return };
        let name: [u8; 4] = [head[0], head[1], head[2], head[3]];
        let size = le(&head[16..]);
        if size < 24 {
            return;
        }
        let Some(end) = position.checked_add(size) else { return };
        let body = position + 24;
        match &name {
            b"list" => {
                let list = input.get(body, ((size - 24) as usize).min(MAX_LIST_BYTES)).to_vec();
                if let Some(items) = list.strip_prefix(b"INFO") {
                    info(items, fields);
                }
            }
            b"id3 " | b"ID3 " => {
                id3::read(input, body, end.min(input.length), fields);
            }
            _ => {}
        }
        // The next chunk is at a multiple of eight.
        let Some(next) = end.checked_add(7) else { return };
        position = next & !7;
    }
}

/// Sun's `.au`: a text between header and sound, by habit lines of `name=value`.
pub(super) fn au(input: &mut Input<'_>, start: u64, fields: &mut Fields) {
    let Some(data) = input.exact(start + 4, 4).map(be).filter(|data| *data > 24) else { return };
    let text = utf8(input.get(start + 24, ((data - 24) as usize).min(MAX_TEXT_BYTES)));
    for line in text.split(['\n', '\r', '\0']) {
        let named = line.split_once('=').or_else(|| line.split_once(": "));
        match named.and_then(|(name, value)| Some((Key::from_name(name)?, value))) {
            Some((key, value)) => fields.add(key, value),
            None => fields.add(Key::Comment, line),
        }
    }
}
