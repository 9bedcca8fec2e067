//! Containers made of chunks, each with a name and a size: which of them hold the sound.

use std::io::{self, Read, Seek};

use super::payload::Payload;
use super::{Extent, array, read_at};

/// Chunks that are looked at in one file; a fragmented MP4 file has many.
const MAX_CHUNKS: usize = 16_384;
/// As much of a format chunk as counts: codec, channels, rate, width.
const FORMAT_BYTES: usize = 16;

/// A kind of container.
pub(super) struct Layout {
    kind: &'static [u8],
    /// Bytes before the first chunk.
    head: u64,
    /// Bytes of a chunk's name.
    name: usize,
    /// Bytes of a chunk's size, which follows the name.
    size: usize,
    big_endian: bool,
    /// The size counts the chunk's name and size as well.
    counts_head: bool,
    /// Chunks begin at multiples of this.
    alignment: u64,
    /// The chunk that describes the samples, and where in it that begins.
    format: &'static [u8],
    /// The chunks with the sound.
    sound: &'static [&'static [u8]],
    /// Bytes at the beginning of such a chunk that are no sound.
    skipped: u64,
}

impl Layout {
    /// Finds the chunks with the sound. A chunk whose size cannot be right reaches to the end of the file.
    pub fn find(&self, reader: &mut (impl Read + Seek), start: u64, length: u64) -> io::Result<Option<Payload>> {
        let head_bytes = self.name + self.size;
        let mut position = start + self.head;
        let mut format = Vec::new();
        let mut extents: Vec<Extent> = Vec::new();
        for _ in 0..MAX_CHUNKS {
            let mut head = [0; 24];
            if position >= length || read_at(reader, position, &mut head[..head_bytes])? < head_bytes {
                break;
            }
            let name = &head[..self.name];
            let number = &head[self.name..head_bytes];
            let size = match (self.size, self.big_endian) {
                (4, true) => u64::from(u32::from_be_bytes(array(number, 0))),
                (4, false) => u64::from(u32::from_le_bytes(array(number, 0))),
                (_, true) => u64::from_be_bytes(array(number, 0)),
                (_, false) => u64::from_le_bytes(array(number, 0)),
            };
            let body = position + head_bytes as u64;
            let size = if self.counts_head { size.saturating_sub(head_bytes as u64) } else { size };
            let left = length.saturating_sub(body);
            if name == self.format {
                format = vec![0; FORMAT_BYTES];
                read_at(reader, body, &mut format)?;
            }
            let is_sound = self.sound.contains(&name);
            // Programs that do not know the size yet write 0 or the largest number.
            let size = if is_sound && (size == 0 || size > left) { left } else { size.min(left) };
            if is_sound && size > self.skipped {
                extents.push((body + self.skipped, size - self.skipped));
            }
            position = (body + size - start).next_multiple_of(self.alignment) + start;
        }
        Ok((!extents.is_empty()).then_some(Payload::Extents { kind: self.kind, format, extents }))
    }
}

/// WAV, RF64 and BW64 (EBU Tech 3306).
pub(super) const RIFF: Layout = Layout {
    kind: b"wave",
    head: 12,
    name: 4,
    size: 4,
    big_endian: false,
    counts_head: false,
    alignment: 2,
    format: b"fmt ",
    sound: &[b"data"],
    skipped: 0,
};

const W64_TAIL: [u8; 12] = [0xF3, 0xAC, 0xD3, 0x11, 0x8C, 0xD1, 0x00, 0xC0, 0x4F, 0x8E, 0xDB, 0x8A];
const W64_DATA: [u8; 16] = guid(*b"data", W64_TAIL);
const W64_FORMAT: [u8; 16] = guid(*b"fmt ", W64_TAIL);

/// Sony Wave64: names are GUIDs, sizes have eight bytes and count their head.
pub(super) const WAVE64: Layout = Layout {
    head: 40,
    name: 16,
    size: 8,
    counts_head: true,
    alignment: 8,
    format: &W64_FORMAT,
    sound: &[&W64_DATA],
    ..RIFF
};

const fn guid(name: [u8; 4], tail: [u8; 12]) -> [u8; 16] {
    let mut guid = [0; 16];
    let mut index = 0;
    while index < 16 {
        guid[index] = if index < 4 { name[index] } else { tail[index - 4] };
        index += 1;
    }
    guid
}

/// AIFF and AIFF-C.
pub(super) const AIFF: Layout =
    Layout { kind: b"aiff", big_endian: true, format: b"COMM", sound: &[b"SSND"], skipped: 8, ..RIFF };

/// DSDIFF.
pub(super) const DSDIFF: Layout =
    Layout { kind: b"dsd", head: 16, size: 8, big_endian: true, format: b"PROP", sound: &[b"DSD ", b"DST "], ..RIFF };

/// DSF: its tag lies behind the sound.
pub(super) const DSF: Layout = Layout { kind: b"dsf", head: 28, size: 8, counts_head: true, alignment: 1, ..RIFF };

/// Apple's Core Audio Format. The sound begins with how often the file was edited.
pub(super) const CAF: Layout =
    Layout { kind: b"caf", head: 8, size: 8, big_endian: true, alignment: 1, format: b"desc", skipped: 4, ..RIFF };

const ASF_DATA: [u8; 16] =
    [0x36, 0x26, 0xB2, 0x75, 0x8E, 0x66, 0xCF, 0x11, 0xA6, 0xD9, 0x00, 0xAA, 0x00, 0x62, 0xCE, 0x6C];

/// Windows Media: the data object (ASF specification, section 5), which begins with a file identifier, the number of
/// packets and a reserved number.
pub(super) const ASF: Layout = Layout {
    kind: b"asf",
    head: 0,
    name: 16,
    size: 8,
    counts_head: true,
    alignment: 1,
    format: b"",
    sound: &[&ASF_DATA],
    skipped: 26,
    ..RIFF
};

/// MP4: `mdat` boxes (ISO/IEC 14496-12, section 4.2). A size of 1 is followed by one of eight bytes.
pub(super) fn mp4(reader: &mut (impl Read + Seek), start: u64, length: u64) -> io::Result<Option<Payload>> {
    let mut position = start;
    let mut extents: Vec<Extent> = Vec::new();
    for _ in 0..MAX_CHUNKS {
        let mut head = [0; 16];
        let known = read_at(reader, position, &mut head)?;
        if known < 8 {
            break;
        }
        let (head_bytes, size) = match u32::from_be_bytes(array(&head, 0)) {
            0 => (8, length - position),
            1 if known == 16 => (16, u64::from_be_bytes(array(&head, 8))),
            size => (8, u64::from(size)),
        };
        if size < head_bytes {
            break;
        }
        let end = position.saturating_add(size).min(length);
        if &head[4..8] == b"mdat" && end > position + head_bytes {
            extents.push((position + head_bytes, end - position - head_bytes));
        }
        position = end;
    }
    Ok((!extents.is_empty()).then(|| Payload::extents(b"mp4", extents)))
}

/// Sun and NeXT audio: all behind the header.
pub(super) fn au(reader: &mut (impl Read + Seek), start: u64, length: u64) -> io::Result<Option<Payload>> {
    let mut head = [0; 24];
    if read_at(reader, start, &mut head)? < head.len() {
        return Ok(None);
    }
    let sound = start + u64::from(u32::from_be_bytes(array(&head, 4)));
    let format = head[12..24].to_vec();
    Ok((sound < length).then(|| Payload::Extents { kind: b"au", format, extents: vec![(sound, length - sound)] }))
}
