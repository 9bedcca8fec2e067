//! Tags of MP4 and QuickTime: the items below `moov/udta/meta/ilst`, and QuickTime's own texts in `udta`.

use super::fields::{Fields, Key};
use super::input::{Input, be};
use super::texts::{genre_of_number, latin1, utf8, utf16};

/// Atoms that are looked at on one level.
const MAX_ATOMS: usize = 65_536;
/// The most that is read of one text, in bytes.
const MAX_TEXT_BYTES: usize = 64 * 1024;

/// A stretch of the file.
#[derive(Clone, Copy)]
struct Range {
    start: u64,
    end: u64,
}

/// The atoms in a stretch, one after another.
struct Atoms {
    position: u64,
    end: u64,
    left: usize,
}

impl Atoms {
    fn of(range: Range) -> Self {
        Self { position: range.start, end: range.end, left: MAX_ATOMS }
    }

    /// Name and content of the next atom. One that is cut off ends with the stretch, and nothing follows.
    fn next(&mut self, input: &mut Input<'_>) -> Option<([u8; 4], Range)> {
        self.left = self.left.checked_sub(1)?;
        if self.position.checked_add(8)? > self.end {
            return None;
        }
        let head = input.get(self.position, 16);
        let name: [u8; 4] = head.get(4..8)?.try_into().ok()?;
        let (size, head_size) = match be(&head[..4]) {
            0 => (self.end - self.position, 8),
            1 => (be(head.get(8..16)?), 16),
            size => (size, 8),
        };
        if size < head_size {
            return None;
        }
        let start = self.position + head_size;
        self.position = self.position.saturating_add(size);
        Some((name, Range { start: start.min(self.end), end: self.position.min(self.end) }))
    }
}

/// Reads the tags of a file that begins at `start`.
pub(super) fn read(input: &mut Input<'_>, start: u64, fields: &mut Fields) {
    let mut top = Atoms::of(Range { start, end: input.length });
    while let Some((name, moov)) = top.next(input) {
        if &name != b"moov" {
            continue;
        }
        let mut atoms = Atoms::of(moov);
        while let Some((name, range)) = atoms.next(input) {
            match &name {
                b"udta" => user_data(input, range, fields),
                b"meta" => meta(input, range, fields),
                _ => {}
            }
        }
    }
}

fn user_data(input: &mut Input<'_>, range: Range, fields: &mut Fields) {
    let mut atoms = Atoms::of(range);
    let mut quick_time = Vec::new();
    while let Some((name, range)) = atoms.next(input) {
        match &name {
            b"meta" => meta(input, range, fields),
            [0xA9, ..] => quick_time.push((name, range)),
            _ => {}
        }
    }
    fields.next_tag();
    for (name, range) in quick_time {
        // Length, language, text.
        let bytes = input.get(range.start, ((range.end - range.start) as usize).min(MAX_TEXT_BYTES));
        let Some((head, text)) = bytes.split_at_checked(4) else { continue };
        let text = &text[..text.len().min(be(&head[..2]) as usize)];
        if let Some(Kind::Text(key)) = Kind::of(&name) {
            fields.add(key, &utf8(text));
        }
    }
}

fn meta(input: &mut Input<'_>, range: Range, fields: &mut Fields) {
    // QuickTime leaves out the version and flags that MP4 puts first.
    let has_version = input.get(range.start + 4, 4) != b"hdlr";
    let start = if has_version { range.start + 4 } else { range.start };
    let mut atoms = Atoms::of(Range { start, end: range.end });
    while let Some((name, range)) = atoms.next(input) {
        if &name == b"ilst" {
            let mut items = Atoms::of(range);
            while let Some((name, range)) = items.next(input) {
                item(input, name, range, fields);
            }
        }
    }
}

/// What an item is.
#[derive(Clone, Copy)]
enum Kind {
    Text(Key),
    /// A number and a total in binary.
    Pair(Key),
    /// A whole number in binary.
    Number(Key),
    /// ID3's genre, counted from 1.
    GenreNumber,
    Cover,
    /// Named by two atoms in it.
    Free,
}

impl Kind {
    fn of(name: &[u8; 4]) -> Option<Self> {
        Some(match name {
            b"\xA9nam" => Self::Text(Key::Title),
            b"\xA9ART" => Self::Text(Key::Artist),
            b"\xA9alb" => Self::Text(Key::Album),
            b"aART" => Self::Text(Key::AlbumArtist),
            b"\xA9day" => Self::Text(Key::Date),
            b"\xA9wrt" | b"\xA9com" => Self::Text(Key::Composer),
            b"\xA9gen" => Self::Text(Key::Genre),
            b"\xA9cmt" => Self::Text(Key::Comment),
            b"sonm" => Self::Text(Key::TitleSort),
            b"soar" => Self::Text(Key::ArtistSort),
            b"soal" => Self::Text(Key::AlbumSort),
            b"soaa" => Self::Text(Key::AlbumArtistSort),
            b"trkn" => Self::Pair(Key::Track),
            b"disk" => Self::Pair(Key::Disc),
            b"cpil" => Self::Number(Key::Compilation),
            b"tmpo" => Self::Number(Key::Bpm),
            b"gnre" => Self::GenreNumber,
            b"covr" => Self::Cover,
            b"----" => Self::Free,
            _ => return None,
        })
    }
}

/// An item: `data` atoms, before them its name if it is a free one.
fn item(input: &mut Input<'_>, name: [u8; 4], range: Range, fields: &mut Fields) {
    let Some(kind) = Kind::of(&name) else { return };
    let mut free = None;
    let mut atoms = Atoms::of(range);
    while let Some((atom, content)) = atoms.next(input) {
        let size = (content.end - content.start) as usize;
        if &atom == b"name" {
            free = Key::from_name(&utf8(input.get(content.start + 4, size.saturating_sub(4).min(128))));
        }
        if &atom != b"data" {
            continue;
        }
        let Some(head) = input.exact(content.start, 8) else { return fields.bad(&latin1(&name)) };
        let (data_type, at, size) = (be(&head[1..4]), content.start + 8, size.saturating_sub(8));
        match (kind, free) {
            (Kind::Text(key), _) | (Kind::Free, Some(key)) => {
                if fields.wants(key) {
                    let bytes = input.get(at, size.min(MAX_TEXT_BYTES));
                    let text = if data_type == 2 { utf16(bytes, true) } else { utf8(bytes) };
                    fields.add_all(key, &text);
                }
            }
            (Kind::Pair(key), _) => {
                let bytes = input.get(at, size.min(6));
                if bytes.len() < 4 {
                    return fields.bad(&latin1(&name));
                }
                let text = format!("{}/{}", be(&bytes[2..4]), be(bytes.get(4..6).unwrap_or_default()));
                fields.add(key, &text);
            }
            (Kind::Number(key), _) => fields.add(key, &be(input.get(at, size.min(8))).to_string()),
            (Kind::GenreNumber, _) => {
                let number = be(input.get(at, size.min(2))) as usize;
                match number.checked_sub(1).and_then(genre_of_number) {
                    Some(genre) => fields.add(Key::Genre, genre),
                    None => fields.bad("gnre"),
                }
            }
            (Kind::Cover, _) => {
                // The first picture is the cover.
                if fields.picture_limit(true).is_some_and(|limit| size <= limit) {
                    let bytes = input.get(at, size).to_vec();
                    fields.add_picture(true, &bytes);
                }
            }
            (Kind::Free, None) => {}
        }
    }
}
