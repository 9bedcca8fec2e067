//! Tags and covers of Matroska and WebM (RFC 8794 and RFC 9559).

use super::fields::{Fields, Key};
use super::input::{Input, be};
use super::texts::utf8;

const SEGMENT: u64 = 0x1853_8067;
const INFO: u64 = 0x1549_A966;
const INFO_TITLE: u64 = 0x7BA9;
const TAGS: u64 = 0x1254_C367;
const TAG: u64 = 0x7373;
const TARGETS: u64 = 0x63C0;
const TARGET_LEVEL: u64 = 0x68CA;
const SIMPLE_TAG: u64 = 0x67C8;
const TAG_NAME: u64 = 0x45A3;
const TAG_TEXT: u64 = 0x4487;
const ATTACHMENTS: u64 = 0x1941_A469;
const ATTACHED_FILE: u64 = 0x61A7;
const FILE_NAME: u64 = 0x466E;
const FILE_KIND: u64 = 0x4660;
const FILE_DATA: u64 = 0x465C;
const CLUSTER: u64 = 0x1F43_B675;
/// The level of an album; a song is 30.
const ALBUM: u64 = 50;
/// Elements that are looked at in one file: some thousand clusters are hours of music.
const MAX_ELEMENTS: usize = 65_536;
/// The most that is read of one text, in bytes.
const MAX_TEXT_BYTES: u64 = 64 * 1024;

/// An element's identifier and where its content is.
#[derive(Clone, Copy)]
struct Element {
    id: u64,
    start: u64,
    end: u64,
    /// It does not say where it ends.
    is_open: bool,
}

/// The elements in a stretch, one after another.
struct Elements<'n> {
    position: u64,
    end: u64,
    /// Elements that may still be looked at, in the whole file.
    left: &'n mut usize,
}

impl Elements<'_> {
    fn next(&mut self, input: &mut Input<'_>) -> Option<Element> {
        *self.left = self.left.checked_sub(1)?;
        if self.position >= self.end {
            return None;
        }
        let head = input.get(self.position, 12);
        let (id, id_bytes) = number(head, 4, false)?;
        let (size, size_bytes) = number(head.get(id_bytes..)?, 8, true)?;
        let start = self.position + (id_bytes + size_bytes) as u64;
        let is_open = size == (1_u64 << (7 * size_bytes)) - 1;
        let end = if is_open { self.end } else { start.saturating_add(size).min(self.end) };
        self.position = end;
        Some(Element { id, start: start.min(end), end, is_open })
    }
}

/// Reads the tags of a file that begins at `start`.
pub(super) fn read(input: &mut Input<'_>, start: u64, fields: &mut Fields) {
    let mut left = MAX_ELEMENTS;
    let mut title = None;
    let mut album = Vec::new();
    let mut elements = Elements { position: start, end: input.length, left: &mut left };
    while let Some(element) = elements.next(input) {
        match element.id {
            SEGMENT => elements.position = element.start,
            // One that does not say where it ends: what is in it comes next, and then what is behind it.
            CLUSTER if element.is_open => elements.position = element.start,
            INFO => {
                let mut inner = Elements { position: element.start, end: element.end, left: elements.left };
                while let Some(inner) = inner.next(input) {
                    if inner.id == INFO_TITLE {
                        title = title.or_else(|| Some(text(input, inner)));
                    }
                }
            }
            TAGS => tags(input, element, elements.left, fields, &mut album),
            ATTACHMENTS => attachments(input, element, elements.left, fields),
            _ => {}
        }
    }
    // A song's own tags come before those of its album and the title of the file.
    fields.next_tag();
    for (key, text) in album {
        fields.add_all(key, &text);
    }
    if let Some(title) = title {
        fields.add(Key::Title, &title);
    }
}

/// Tags of the song; those that speak of its album are put aside.
fn tags(input: &mut Input<'_>, tags: Element, left: &mut usize, fields: &mut Fields, album: &mut Vec<(Key, String)>) {
    let mut each = Elements { position: tags.start, end: tags.end, left };
    while let Some(tag) = each.next(input) {
        if tag.id != TAG {
            continue;
        }
        let mut level = 0;
        let mut inner = Elements { position: tag.start, end: tag.end, left: each.left };
        while let Some(element) = inner.next(input) {
            let mut parts = Elements { position: element.start, end: element.end, left: inner.left };
            match element.id {
                TARGETS => {
                    while let Some(part) = parts.next(input) {
                        if part.id == TARGET_LEVEL {
                            level = be(input.get(part.start, (part.end - part.start).min(8) as usize));
                        }
                    }
                }
                SIMPLE_TAG => {
                    let (mut name, mut value) = (String::new(), None);
                    while let Some(part) = parts.next(input) {
                        match part.id {
                            TAG_NAME => name = text(input, part),
                            TAG_TEXT => value = Some(part),
                            _ => {}
                        }
                    }
                    let Some((key, value)) = key_of(&name, level).zip(value) else { continue };
                    if level >= ALBUM && album.len() < 256 {
                        let text = text(input, value);
                        album.push((key, text));
                    } else if fields.wants(key) {
                        let text = text(input, value);
                        fields.add_all(key, &text);
                    }
                }
                _ => {}
            }
        }
    }
}

/// The field for a tag's name. What is said of an album has other names for a song.
fn key_of(name: &str, level: u64) -> Option<Key> {
    let is_album = level >= ALBUM;
    Some(match name.to_ascii_uppercase().as_str() {
        "TITLE" if is_album => Key::Album,
        "ARTIST" if is_album => Key::AlbumArtist,
        "SORT_WITH" if is_album => Key::AlbumSort,
        "PART_NUMBER" if is_album => Key::Disc,
        "PART_NUMBER" => Key::Track,
        "TOTAL_PARTS" if is_album => Key::TrackTotal,
        _ => Key::from_name(name)?,
    })
}

/// The first attached picture, a cover before others.
fn attachments(input: &mut Input<'_>, list: Element, left: &mut usize, fields: &mut Fields) {
    let mut files = Elements { position: list.start, end: list.end, left };
    while let Some(file) = files.next(input) {
        if file.id != ATTACHED_FILE {
            continue;
        }
        let (mut name, mut kind, mut data) = (String::new(), String::new(), None);
        let mut parts = Elements { position: file.start, end: file.end, left: files.left };
        while let Some(part) = parts.next(input) {
            match part.id {
                FILE_NAME => name = text(input, part),
                FILE_KIND => kind = text(input, part),
                FILE_DATA => data = Some(part),
                _ => {}
            }
        }
        let Some(data) = data.filter(|_| kind.starts_with("image/")) else { continue };
        let is_front = name.to_ascii_lowercase().starts_with("cover");
        let size = data.end - data.start;
        if fields.picture_limit(is_front).is_some_and(|limit| size <= limit as u64) {
            let bytes = input.get(data.start, size as usize).to_vec();
            fields.add_picture(is_front, &bytes);
        }
    }
}

fn text(input: &mut Input<'_>, element: Element) -> String {
    utf8(input.get(element.start, (element.end - element.start).min(MAX_TEXT_BYTES) as usize))
}

/// A number of variable length, at most `most` bytes, and how many it took. A size loses its length marker.
fn number(bytes: &[u8], most: usize, is_size: bool) -> Option<(u64, usize)> {
    let count = bytes.first()?.leading_zeros() as usize + 1;
    if count > most || bytes.len() < count {
        return None;
    }
    let value = be(&bytes[..count]);
    let marker = 1_u64 << (7 * count);
    Some((if is_size { value & (marker - 1) } else { value }, count))
}
