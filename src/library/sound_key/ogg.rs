//! Ogg streams: the packets without the comment header, however they lie in pages (RFC 3533).
//!
//! A tagger that writes a longer comment numbers all pages anew and may cut them differently; the packets stay. Only the
//! head and the tail of the sound are read, since a place in the middle cannot be found again in other pages. The last
//! page tells the stream's length in samples.

use std::io::{self, Read, Seek};

use xxhash_rust::xxh3::Xxh3;

use super::{array, read_at};

/// The largest page: a header of 27 bytes, 255 sizes, 255 times 255 bytes.
const MAX_PAGE: u64 = 27 + 255 + 255 * 255;
/// Bytes of sound that count at the head and at the tail.
const END_BYTES: usize = 64 * 1024;
/// In so much of a file there are [`END_BYTES`] of sound behind the start of a page.
const TAIL_BYTES: u64 = END_BYTES as u64 + 2 * MAX_PAGE;
/// Header packets above this size are cut (covers lie in comments, which are passed over anyway).
const MAX_HEADER_PACKET: usize = 1 << 20;

/// Hashes the packets of a file.
pub(super) fn add_packets(hasher: &mut Xxh3, reader: &mut (impl Read + Seek), length: u64) -> io::Result<()> {
    hasher.update(b"ogg");
    let mut stream = Stream::default();
    let mut position = 0;
    let mut sound_start = 0;
    while let Some(page) = Page::read(reader, position, length)? {
        position = page.end;
        stream.add(hasher, &page);
        if stream.sound_bytes == 0 {
            sound_start = position;
        }
        if stream.sound_bytes >= END_BYTES {
            break;
        }
    }
    stream.finish(hasher);
    add_tail(hasher, reader, sound_start.max(length.saturating_sub(TAIL_BYTES)), length)
}

/// Hashes the end of a stream: its last bytes of sound and its length in samples.
fn add_tail(hasher: &mut Xxh3, reader: &mut (impl Read + Seek), start: u64, length: u64) -> io::Result<()> {
    let mut tail = vec![0; length.saturating_sub(start).min(TAIL_BYTES) as usize];
    let known = read_at(reader, start, &mut tail)?;
    tail.truncate(known);
    let mut granule = 0;
    let mut sound = Vec::new();
    let mut position = tail.windows(4).position(|window| window == b"OggS").unwrap_or(tail.len());
    while let Some(page) = tail.get(position..).and_then(Page::parse) {
        granule = if page.granule == u64::MAX { granule } else { page.granule };
        sound.extend_from_slice(&page.body);
        position += page.end as usize;
    }
    hasher.update(&granule.to_le_bytes());
    hasher.update(&sound[sound.len().saturating_sub(END_BYTES)..]);
    Ok(())
}

/// One page.
struct Page {
    begins_stream: bool,
    /// Samples up to its end.
    granule: u64,
    sizes: Vec<u8>,
    body: Vec<u8>,
    /// The first byte behind it.
    end: u64,
}

impl Page {
    /// The page at `position`; `None` at the end of the file and where there is none.
    fn read(reader: &mut (impl Read + Seek), position: u64, length: u64) -> io::Result<Option<Self>> {
        // Most pages are small: the header says how large.
        let mut head = [0; 27 + 255];
        let known = read_at(reader, position, &mut head)?;
        let Some(size) = size_of(&head[..known]) else { return Ok(None) };
        let mut bytes = vec![0; size.min(length.saturating_sub(position) as usize)];
        let known = read_at(reader, position, &mut bytes)?;
        bytes.truncate(known);
        Ok(Self::parse(&bytes).map(|page| Self { end: position + page.end, ..page }))
    }

    /// The page at the beginning of these bytes; one that is cut off has a shorter body.
    fn parse(bytes: &[u8]) -> Option<Self> {
        let size = size_of(bytes)?;
        let segments = usize::from(bytes[26]);
        Some(Self {
            begins_stream: bytes[5] & 2 != 0,
            granule: u64::from_le_bytes(array(bytes, 6)),
            sizes: bytes[27..27 + segments].to_vec(),
            body: bytes.get(27 + segments..size.min(bytes.len())).unwrap_or_default().to_vec(),
            end: size as u64,
        })
    }
}

/// The size of the page that begins with these bytes.
fn size_of(bytes: &[u8]) -> Option<usize> {
    if !bytes.starts_with(b"OggS") {
        return None;
    }
    let segments = usize::from(*bytes.get(26)?);
    let sizes = bytes.get(27..27 + segments)?;
    Some(27 + segments + sizes.iter().map(|size| usize::from(*size)).sum::<usize>())
}

/// Where in its packets a stream stands.
#[derive(Default)]
struct Stream {
    /// Header packets that are still to come.
    headers_left: usize,
    /// Header packets so far.
    headers_seen: usize,
    codec: Codec,
    packet: Vec<u8>,
    /// Bytes of sound so far.
    sound_bytes: usize,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Codec {
    #[default]
    Other,
    Opus,
    Flac,
}

impl Stream {
    fn add(&mut self, hasher: &mut Xxh3, page: &Page) {
        if page.begins_stream {
            self.finish(hasher);
            (self.headers_left, self.headers_seen, self.packet) = (usize::MAX, 0, Vec::new());
        }
        let mut start = 0;
        for size in &page.sizes {
            let end = (start + usize::from(*size)).min(page.body.len());
            let piece = &page.body[start..end];
            start = end;
            if self.headers_left == 0 {
                // Not one byte more, since pages may be cut elsewhere the next time.
                hasher.update(&piece[..piece.len().min(END_BYTES.saturating_sub(self.sound_bytes))]);
                self.sound_bytes += piece.len();
                continue;
            }
            if self.packet.len() < MAX_HEADER_PACKET {
                self.packet.extend_from_slice(piece);
            }
            if *size < 255 {
                self.header(hasher);
            }
        }
    }

    /// A header packet is complete.
    fn header(&mut self, hasher: &mut Xxh3) {
        let packet = std::mem::take(&mut self.packet);
        if self.headers_seen == 0 {
            (self.codec, self.headers_left) = match &packet[..] {
                [1, b'v', b'o', b'r', b'b', b'i', b's', ..] => (Codec::Other, 2),
                [b'O', b'p', b'u', b's', b'H', b'e', b'a', b'd', ..] => (Codec::Opus, 1),
                [0x7F, b'F', b'L', b'A', b'C', ..] => {
                    (Codec::Flac, usize::from(u16::from_be_bytes(array(&packet, 7))).max(1))
                }
                // The comment, and as many more as the header says.
                [b'S', b'p', b'e', b'e', b'x', ..] => {
                    (Codec::Other, 1 + (u32::from_le_bytes(array(&packet, 68)) as usize).min(64))
                }
                _ => (Codec::Other, 0),
            };
            match self.codec {
                // Loudness taggers write the gain into the header (RFC 7845, section 5.1).
                Codec::Opus => hasher.update(&packet[..packet.len().min(16)]),
                // How many more headers follow is up to the tagger.
                Codec::Flac => hasher.update(packet.get(9..).unwrap_or_default()),
                Codec::Other => hasher.update(&packet),
            }
        } else {
            self.headers_left -= 1;
            let is_comment = self.headers_seen == 1 || self.codec == Codec::Flac;
            if !is_comment {
                hasher.update(&packet);
            }
        }
        self.headers_seen += 1;
    }

    /// A stream ends; what is left of a header that is cut off counts, too.
    fn finish(&mut self, hasher: &mut Xxh3) {
        hasher.update(&std::mem::take(&mut self.packet));
    }
}
