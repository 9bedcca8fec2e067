//! Vorbis comments: in FLAC, and in the packets of Ogg (Vorbis, Opus, Speex, FLAC).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;

use super::fields::{Fields, Key};
use super::input::{Input, be, le};
use super::texts::utf8;

/// Metadata blocks of a FLAC file that are looked at.
const MAX_BLOCKS: usize = 1024;
/// The most that is read of one text, in bytes.
const MAX_TEXT_BYTES: usize = 64 * 1024;
/// The longest field name that is of use, in bytes.
const MAX_NAME_BYTES: usize = 64;
/// What a picture block holds besides the picture, at most, in bytes.
const PICTURE_HEAD_BYTES: usize = 64 * 1024;
const PICTURE: &[u8] = b"METADATA_BLOCK_PICTURE";
/// Pages before the comment of an Ogg file, at most.
const MAX_PAGES: usize = 100_000;
/// The kind of picture that is a front cover.
const FRONT_COVER: u64 = 3;

/// Bytes one after another, in a part of the file or in the pages of an Ogg packet.
enum Bytes {
    Range { position: u64, end: u64 },
    Ogg(OggPacket),
}

impl Bytes {
    /// The next `count` bytes; `None` when there are fewer. The caller bounds the count.
    fn take(&mut self, input: &mut Input<'_>, count: usize) -> Option<Vec<u8>> {
        match self {
            Self::Range { position, end } => {
                if count as u64 > end.saturating_sub(*position) {
                    return None;
                }
                let bytes = input.exact(*position, count)?.to_vec();
                *position += count as u64;
                Some(bytes)
            }
            Self::Ogg(packet) => {
                let mut bytes = Vec::new();
                packet.pass(input, count as u64, Some(&mut bytes))?;
                Some(bytes)
            }
        }
    }

    /// Passes over `count` bytes.
    fn skip(&mut self, input: &mut Input<'_>, count: u64) -> Option<()> {
        match self {
            Self::Range { position, end } => {
                *position = position.checked_add(count).filter(|position| *position <= *end)?;
                Some(())
            }
            Self::Ogg(packet) => packet.pass(input, count, None),
        }
    }
}

/// Reads the metadata blocks of a FLAC file that begins at `start`.
pub(super) fn flac(input: &mut Input<'_>, start: u64, fields: &mut Fields) {
    let mut position = start + 4;
    for _ in 0..MAX_BLOCKS {
        let Some(head) = input.exact(position, 4) else { return };
        let (kind, is_last, size) = (head[0] & 0x7F, head[0] & 0x80 != 0, be(&head[1..]));
        let (body, end) = (position + 4, position + 4 + size);
        match kind {
            4 => comments(input, &mut Bytes::Range { position: body, end: end.min(input.length) }, fields),
            6 => {
                if let Some(limit) =
                    fields.picture_limit(true).filter(|limit| size <= (limit + PICTURE_HEAD_BYTES) as u64)
                {
                    let _ = limit;
                    let block = input.get(body, size as usize).to_vec();
                    picture(&block, fields);
                }
            }
            _ => {}
        }
        position = end;
        if is_last || position >= input.length {
            return;
        }
    }
}

/// Reads the comment of an Ogg stream.
pub(super) fn ogg(input: &mut Input<'_>, start: u64, fields: &mut Fields) {
    let Some((mut packet, codec)) = OggPacket::comment(input, start) else { return };
    let skipped = match codec {
        Codec::Vorbis => packet.pass(input, 7, None),
        Codec::Opus => packet.pass(input, 8, None),
        Codec::Speex => Some(()),
        Codec::Flac => packet.pass(input, 4, None),
    };
    if skipped.is_some() {
        comments(input, &mut Bytes::Ogg(packet), fields);
    }
}

/// The encoder's name, a count, then that many texts `NAME=value`.
fn comments(input: &mut Input<'_>, bytes: &mut Bytes, fields: &mut Fields) {
    let read = |input: &mut Input<'_>, bytes: &mut Bytes| Some(le(&bytes.take(input, 4)?));
    let Some(vendor) = read(input, bytes) else { return };
    if bytes.skip(input, vendor).is_none() {
        return fields.bad("comment");
    }
    let Some(count) = read(input, bytes) else { return };
    for _ in 0..count {
        let Some(size) = read(input, bytes) else { return };
        let Some(head) = bytes.take(input, size.min(MAX_NAME_BYTES as u64) as usize) else {
            return fields.bad("comment");
        };
        let rest = size - head.len() as u64;
        let Some(at) = head.iter().position(|byte| *byte == b'=') else {
            // No name at all, or one that is of no use.
            if rest == 0 && !head.is_empty() {
                fields.bad(&utf8(&head));
            }
            match bytes.skip(input, rest) {
                Some(()) => continue,
                None => return,
            }
        };
        let (name, mut value) = (&head[..at], head[at + 1..].to_vec());
        let key = std::str::from_utf8(name).ok().and_then(Key::from_name).filter(|key| fields.wants(*key));
        let wanted = if key.is_some() {
            rest.min(MAX_TEXT_BYTES as u64)
        } else if name.eq_ignore_ascii_case(PICTURE) {
            let limit = fields.picture_limit(true).map_or(0, |limit| (limit + PICTURE_HEAD_BYTES) / 3 * 4);
            if size <= limit as u64 { rest } else { 0 }
        } else {
            0
        };
        if wanted > 0 {
            match bytes.take(input, wanted as usize) {
                Some(more) => value.extend(more),
                None => return fields.bad(&utf8(name)),
            }
        }
        if bytes.skip(input, rest - wanted).is_none() {
            return fields.bad(&utf8(name));
        }
        match key {
            Some(key) => fields.add_all(key, &utf8(&value)),
            None if name.eq_ignore_ascii_case(PICTURE) && wanted > 0 => {
                let end = value.iter().rposition(|byte| *byte != b'=' && !byte.is_ascii_whitespace());
                match STANDARD_NO_PAD.decode(&value[..end.map_or(0, |end| end + 1)]) {
                    Ok(block) => picture(&block, fields),
                    Err(_) => fields.bad("METADATA_BLOCK_PICTURE"),
                }
            }
            None => {}
        }
    }
}

/// Kind, kind of file, description, four numbers, the picture.
fn picture(block: &[u8], fields: &mut Fields) {
    let mut read = || -> Option<()> {
        let kind = be(block.get(..4)?);
        let mime = be(block.get(4..8)?) as usize;
        let after_mime = 8_usize.checked_add(mime)?;
        let description = be(block.get(after_mime..after_mime.checked_add(4)?)?) as usize;
        let size_at = after_mime.checked_add(4)?.checked_add(description)?.checked_add(16)?;
        // The size of the picture is often wrong; it goes to the end of the block.
        let data = block.get(size_at.checked_add(4)?..)?;
        fields.add_picture(kind == FRONT_COVER, data);
        Some(())
    };
    if read().is_none() {
        fields.bad("PICTURE");
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Codec {
    Vorbis,
    Opus,
    Speex,
    Flac,
}

/// A packet of an Ogg stream, read from page to page.
struct OggPacket {
    serial: u64,
    /// Sizes of the page's pieces that are still to come.
    sizes: std::vec::IntoIter<u8>,
    /// The next byte.
    position: u64,
    /// Bytes left of the piece at hand.
    left: u64,
    /// The piece at hand is the packet's last one.
    is_last: bool,
    next_page: u64,
    pages_left: usize,
}

impl OggPacket {
    /// The second packet of the first stream that is known, which is its comment.
    fn comment(input: &mut Input<'_>, start: u64) -> Option<(Self, Codec)> {
        let mut position = start;
        for _ in 0..64 {
            let (serial, sizes, body, next) = page(input, position)?;
            let codec = match input.get(body, 8) {
                [1, b'v', b'o', b'r', b'b', b'i', b's', ..] => Some(Codec::Vorbis),
                b"OpusHead" => Some(Codec::Opus),
                b"Speex   " => Some(Codec::Speex),
                [0x7F, b'F', b'L', b'A', b'C', ..] => Some(Codec::Flac),
                _ => None,
            };
            if let Some(codec) = codec {
                let mut packet = Self {
                    serial,
                    sizes: sizes.into_iter(),
                    position: body,
                    left: 0,
                    is_last: false,
                    next_page: next,
                    pages_left: MAX_PAGES,
                };
                packet.finish(input)?;
                return Some((packet, codec));
            }
            position = next;
        }
        None
    }

    /// Passes over what is left of this packet; the next one is at hand then.
    fn finish(&mut self, input: &mut Input<'_>) -> Option<()> {
        loop {
            self.position += self.left;
            self.left = 0;
            if self.is_last {
                self.is_last = false;
                return Some(());
            }
            self.piece(input)?;
        }
    }

    /// Goes to the next piece.
    fn piece(&mut self, input: &mut Input<'_>) -> Option<()> {
        loop {
            if let Some(size) = self.sizes.next() {
                (self.left, self.is_last) = (u64::from(size), size < 255);
                return Some(());
            }
            self.pages_left = self.pages_left.checked_sub(1)?;
            let (serial, sizes, body, next) = page(input, self.next_page)?;
            self.next_page = next;
            if serial == self.serial {
                (self.sizes, self.position) = (sizes.into_iter(), body);
            }
        }
    }

    /// Passes over `count` bytes of the packet, or takes them; `None` at its end.
    fn pass(&mut self, input: &mut Input<'_>, mut count: u64, mut taken: Option<&mut Vec<u8>>) -> Option<()> {
        while count > 0 {
            if self.left == 0 {
                if self.is_last {
                    return None;
                }
                self.piece(input)?;
                continue;
            }
            let step = count.min(self.left);
            if let Some(taken) = &mut taken {
                taken.extend_from_slice(input.exact(self.position, step as usize)?);
            }
            self.position += step;
            self.left -= step;
            count -= step;
        }
        Some(())
    }
}

/// Serial number, sizes of the pieces, where they begin, where the next page begins.
fn page(input: &mut Input<'_>, position: u64) -> Option<(u64, Vec<u8>, u64, u64)> {
    let head = input.get(position, 27 + 255);
    if !head.starts_with(b"OggS") {
        return None;
    }
    let segments = usize::from(*head.get(26)?);
    let sizes = head.get(27..27 + segments)?.to_vec();
    let serial = le(&head[14..18]);
    let body = position + 27 + segments as u64;
    let size: u64 = sizes.iter().map(|size| u64::from(*size)).sum();
    Some((serial, sizes, body, body + size))
}
