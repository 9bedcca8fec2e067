//! Tags before and behind the sound: ID3v2, APEv2, ID3v1, and those that are only passed over.

use super::fields::{Fields, Key};
use super::id3;
use super::input::{Input, le};
use super::texts::{genre_of_number, latin1, utf8};

/// Tags one after another at each end; a file has one or two.
const MAX_TAGS: usize = 16;
/// Zeros that a tagger may leave between its tag and the first frame, in bytes.
const MAX_PADDING: usize = 64 * 1024;
/// The most that is read of one text of an APE tag, in bytes.
const MAX_TEXT_BYTES: usize = 64 * 1024;
/// Bytes of an APE tag's header and of its footer.
const APE_HEAD: u64 = 32;
const V1_BYTES: u64 = 128;

/// A tag at an end of a file, not read yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tag {
    Id3v2 {
        start: u64,
        end: u64,
    },
    /// The items of an APE tag.
    Ape {
        start: u64,
        end: u64,
        count: u32,
    },
    Id3v1 {
        start: u64,
    },
}

/// Where the sound is, and the tags around it.
#[derive(Debug)]
pub(super) struct Ends {
    /// In the order of the file.
    pub leading: Vec<Tag>,
    /// From the end to the beginning.
    pub trailing: Vec<Tag>,
    /// The first byte that belongs to no tag.
    pub start: u64,
    /// The end of what belongs to no tag.
    pub end: u64,
}

/// Finds the tags at both ends.
pub(super) fn find(input: &mut Input<'_>) -> Ends {
    let mut ends = Ends { leading: Vec::new(), trailing: Vec::new(), start: 0, end: input.length };
    for _ in 0..MAX_TAGS {
        let head = input.get(ends.start, 32);
        let (tag, size) = if let Some(header) = id3::Header::parse(head.get(..10).unwrap_or_default()) {
            (Tag::Id3v2 { start: ends.start, end: 0 }, header.size())
        } else if let Some((size, count, _)) = ape_header(head) {
            (Tag::Ape { start: ends.start + APE_HEAD, end: ends.start + APE_HEAD + size, count }, APE_HEAD + size)
        } else {
            break;
        };
        let end = ends.start + size;
        let is_whole = end < input.length;
        let end = end.min(input.length);
        match tag {
            Tag::Id3v2 { start, .. } => {
                ends.leading.push(Tag::Id3v2 { start, end });
                // A tag that claims more than the file: the sound is behind its last frame.
                let last = if is_whole { None } else { id3::read(input, start, end, &mut Fields::default()) };
                ends.start = last.unwrap_or(end);
            }
            tag => {
                ends.leading.push(tag);
                ends.start = end;
            }
        }
        if !is_whole {
            break;
        }
    }
    if ends.start > 0 && ends.start < input.length {
        // Some taggers leave more room than their header says.
        let padding = input.get(ends.start, MAX_PADDING);
        let zeros = padding.iter().take_while(|byte| **byte == 0).count();
        ends.start += if zeros < padding.len() { zeros as u64 } else { 0 };
    }
    for _ in 0..MAX_TAGS {
        let room = ends.end.saturating_sub(ends.start);
        let Some((tag, size)) = trailing(input, ends.end).filter(|(_, size)| *size > 0 && *size <= room) else { break };
        ends.end -= size;
        ends.trailing.extend(tag);
    }
    ends
}

/// The tag that ends at `end`, and its size. Some are passed over.
fn trailing(input: &mut Input<'_>, end: u64) -> Option<(Option<Tag>, u64)> {
    let known = end.min(256);
    let tail = input.exact(end - known, known as usize)?;
    let before = |count: usize| tail.len().checked_sub(count).and_then(|at| tail.get(at..));
    if before(128).is_some_and(|v1| v1.starts_with(b"TAG")) {
        return Some((Some(Tag::Id3v1 { start: end - V1_BYTES }), V1_BYTES));
    }
    if let Some((size, count, flags)) = before(32).and_then(ape_header) {
        let items_end = end - APE_HEAD;
        let start = items_end.checked_sub(size)?;
        let header = if flags & 0x8000_0000 != 0 { APE_HEAD } else { 0 };
        return Some((Some(Tag::Ape { start, end: items_end, count }), size + APE_HEAD + header.min(start)));
    }
    if let Some([b'3', b'D', b'I', rest @ ..]) = before(10) {
        let size = 20 + id3::syncsafe(rest.get(3..7)?);
        return Some((Some(Tag::Id3v2 { start: end.checked_sub(size)?, end }), size));
    }
    // Lyrics: six digits and a mark at the end.
    if let Some([digits @ .., b'L', b'Y', b'R', b'I', b'C', b'S', b'2', b'0', b'0']) = before(15) {
        let size: u64 = std::str::from_utf8(digits).ok()?.parse().ok()?;
        return Some((None, size + 15));
    }
    None
}

/// Bytes of items (without header and footer), their number, and flags.
fn ape_header(head: &[u8]) -> Option<(u64, u32, u32)> {
    let head = head.strip_prefix(b"APETAGEX")?;
    if head.len() < 16 {
        return None;
    }
    let (size, count, flags) = (le(&head[4..8]), le(&head[8..12]), le(&head[12..16]));
    Some((size.checked_sub(APE_HEAD)?, count as u32, flags as u32))
}

/// Reads one tag.
pub(super) fn read(input: &mut Input<'_>, tag: Tag, fields: &mut Fields) {
    match tag {
        Tag::Id3v2 { start, end } => {
            id3::read(input, start, end, fields);
        }
        Tag::Ape { start, end, count } => ape(input, start, end.min(input.length), count, fields),
        Tag::Id3v1 { start } => {
            if let Some(bytes) = input.exact(start, V1_BYTES as usize).map(<[u8]>::to_vec) {
                id3v1(&bytes, fields);
            }
        }
    }
}

/// Size, flags, name, zero, value.
fn ape(input: &mut Input<'_>, start: u64, end: u64, count: u32, fields: &mut Fields) {
    let mut position = start;
    for _ in 0..count {
        let head = input.get(position, 8 + 256);
        if position + 10 > end || head.len() < 10 {
            return;
        }
        let (size, flags) = (le(&head[..4]), le(&head[4..8]));
        let Some(name_length) = head[8..].iter().position(|byte| *byte == 0) else { return fields.bad("APE") };
        let name = latin1(&head[8..8 + name_length]);
        let value = position + 8 + name_length as u64 + 1;
        position = value + size;
        if position > end {
            return fields.bad(&name);
        }
        // 0 is text, 1 is binary.
        match flags >> 1 & 3 {
            0 => {
                if let Some(key) = Key::from_name(&name).filter(|key| fields.wants(*key)) {
                    let bytes = input.get(value, (size as usize).min(MAX_TEXT_BYTES));
                    fields.add_all(key, &utf8(bytes));
                }
            }
            1 if name.len() >= 9 && name.as_bytes()[..9].eq_ignore_ascii_case(b"cover art") => {
                let is_front = name.to_ascii_lowercase().contains("front");
                let Some(limit) = fields.picture_limit(is_front).filter(|limit| size <= *limit as u64 + 1024) else {
                    continue;
                };
                let bytes = input.get(value, (size as usize).min(limit + 1024));
                // A file name comes first.
                if let Some(at) = bytes.iter().position(|byte| *byte == 0) {
                    fields.add_picture(is_front, &bytes[at + 1..]);
                }
            }
            _ => {}
        }
    }
}

/// Title, artist and album of thirty letters, year, comment, track, genre.
fn id3v1(bytes: &[u8], fields: &mut Fields) {
    let text = |from: usize, to: usize| {
        let field = &bytes[from..to];
        let end = field.iter().position(|byte| *byte == 0).unwrap_or(field.len());
        latin1(&field[..end])
    };
    fields.add(Key::Title, &text(3, 33));
    fields.add(Key::Artist, &text(33, 63));
    fields.add(Key::Album, &text(63, 93));
    fields.add(Key::Date, &text(93, 97));
    if bytes[125] == 0 && bytes[126] != 0 {
        fields.add(Key::Comment, &text(97, 125));
        fields.add(Key::Track, &bytes[126].to_string());
    } else {
        fields.add(Key::Comment, &text(97, 127));
    }
    if let Some(genre) = genre_of_number(usize::from(bytes[127])) {
        fields.add(Key::Genre, genre);
    }
}
