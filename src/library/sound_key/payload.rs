//! Where in a file its encoded sound lies.

use std::io::{self, Read, Seek};

use super::{Extent, array, chunks, ebml, read_at};

/// Tags one after another before or behind the sound; a file has one or two.
const MAX_TAGS: usize = 16;
/// Zeros that a tagger may leave between its tag and the first frame.
const MAX_PADDING: u64 = 64 * 1024;
/// Metadata blocks of a FLAC file.
const MAX_BLOCKS: usize = 1024;

/// What stands for the sound of a file.
pub(super) enum Payload {
    /// The file's own digest of its samples.
    Digest { kind: &'static [u8], digest: Vec<u8> },
    /// Stretches of the file, and what its header says about them (sample rate, width).
    Extents { kind: &'static [u8], format: Vec<u8>, extents: Vec<Extent> },
    /// An Ogg stream, whose packets are read one by one.
    Ogg,
}

impl Payload {
    /// Stretches without a header.
    pub fn extents(kind: &'static [u8], extents: Vec<Extent>) -> Self {
        Self::Extents { kind, format: Vec::new(), extents }
    }
}

/// Finds the sound. Where a container has none, or is damaged, the whole file without tags around it is the sound.
pub(super) fn find(reader: &mut (impl Read + Seek), length: u64) -> io::Result<Payload> {
    let start = after_leading_tags(reader, length)?;
    let mut magic = [0; 16];
    let known = read_at(reader, start, &mut magic)?;
    let found = match &magic[..known] {
        [b'f', b'L', b'a', b'C', ..] => flac(reader, start, length)?,
        [b'O', b'g', b'g', b'S', ..] => Some(Payload::Ogg),
        [b'R', b'I', b'F', b'F', ..] | [b'R', b'F', b'6', b'4', ..] | [b'B', b'W', b'6', b'4', ..] => {
            chunks::RIFF.find(reader, start, length)?
        }
        [b'r', b'i', b'f', b'f', 0x2E, 0x91, ..] => chunks::WAVE64.find(reader, start, length)?,
        [b'F', b'O', b'R', b'M', ..] => chunks::AIFF.find(reader, start, length)?,
        [b'F', b'R', b'M', b'8', ..] => chunks::DSDIFF.find(reader, start, length)?,
        [b'D', b'S', b'D', b' ', ..] => chunks::DSF.find(reader, start, length)?,
        [b'c', b'a', b'f', b'f', ..] => chunks::CAF.find(reader, start, length)?,
        [b'.', b's', b'n', b'd', ..] => chunks::au(reader, start, length)?,
        [0x30, 0x26, 0xB2, 0x75, 0x8E, 0x66, 0xCF, 0x11, ..] => chunks::ASF.find(reader, start, length)?,
        [0x1A, 0x45, 0xDF, 0xA3, ..] => ebml::clusters(reader, start, length)?,
        [_, _, _, _, b'f', b't', b'y', b'p', ..] => chunks::mp4(reader, start, length)?,
        _ => None,
    };
    match found {
        Some(payload) => Ok(payload),
        None => frames(reader, start, length),
    }
}

/// All between the tags at both ends.
fn frames(reader: &mut (impl Read + Seek), start: u64, length: u64) -> io::Result<Payload> {
    let end = before_trailing_tags(reader, start, length)?;
    let mut head = [0; 64];
    let known = read_at(reader, start, &mut head)?;
    let start = start + info_frame_size(&head[..known]).filter(|size| start + size < end).unwrap_or(0);
    let extent = if end > start { (start, end - start) } else { (0, length) };
    Ok(Payload::extents(b"frames", vec![extent]))
}

/// The size of the MPEG frame that begins with these bytes, if it is one that holds no sound but the number of frames
/// (Xing, Info, VBRI): programs that copy or repair a file write it anew.
fn info_frame_size(head: &[u8]) -> Option<u64> {
    // ISO/IEC 11172-3 and 13818-3, layer III: kbit/s by index, samples a second by index.
    const KBITS: [[u64; 16]; 2] = [
        [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 0],
        [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160, 0],
    ];
    const RATES_HZ: [u64; 4] = [44_100, 48_000, 32_000, 0];
    let [0xFF, second, third, fourth, ..] = *head else { return None };
    let (version, layer) = (second >> 3 & 3, second >> 1 & 3);
    if second & 0xE0 != 0xE0 || layer != 1 || version == 1 {
        return None;
    }
    let (is_first, is_mono) = (version == 3, fourth >> 6 == 3);
    let side_info = match (is_first, is_mono) {
        (true, false) => 32,
        (true, true) | (false, false) => 17,
        (false, true) => 9,
    };
    let named = |start: usize, names: &[&[u8]]| head.get(start..start + 4).is_some_and(|name| names.contains(&name));
    if !named(4 + side_info, &[b"Xing", b"Info"]) && !named(36, &[b"VBRI"]) {
        return None;
    }
    let divisor = match version {
        3 => 1,
        2 => 2,
        _ => 4,
    };
    let rate_hz = RATES_HZ[usize::from(third >> 2 & 3)] / divisor;
    let bits = KBITS[usize::from(!is_first)][usize::from(third >> 4)] * 1000;
    let samples_by_eight = if is_first { 144 } else { 72 };
    (rate_hz > 0 && bits > 0).then(|| samples_by_eight * bits / rate_hz + u64::from(third >> 1 & 1))
}

/// The size of the ID3v2 tag that begins with these ten bytes, with its header and footer.
fn id3v2_size(head: &[u8]) -> Option<u64> {
    let [b'I', b'D', b'3', major, minor, flags, sizes @ ..] = head else { return None };
    let sizes: [u8; 4] = array(sizes, 0);
    if *major == 0xFF || *minor == 0xFF || sizes.iter().any(|byte| byte & 0x80 != 0) {
        return None;
    }
    let body = sizes.iter().fold(0_u64, |size, byte| size << 7 | u64::from(*byte));
    Some(10 + body + if flags & 0x10 != 0 { 10 } else { 0 })
}

/// The first byte behind the ID3v2 and APEv2 tags at the head of a file.
fn after_leading_tags(reader: &mut (impl Read + Seek), length: u64) -> io::Result<u64> {
    let mut start = 0;
    for _ in 0..MAX_TAGS {
        let mut head = [0; 32];
        let known = read_at(reader, start, &mut head)?;
        let size = match &head[..known] {
            [b'I', b'D', b'3', ..] if known >= 10 => id3v2_size(&head[..10]),
            [b'A', b'P', b'E', b'T', b'A', b'G', b'E', b'X', ..] if known == 32 => {
                Some(32 + u64::from(u32::from_le_bytes(array(&head, 12))))
            }
            _ => None,
        };
        match size.map(|size| start + size) {
            Some(end) if end < length => start = end,
            _ => break,
        }
    }
    if start == 0 {
        return Ok(0);
    }
    // Some taggers leave more room than their header says. Most do not.
    let mut first = [0];
    if read_at(reader, start, &mut first)? == 1 && first != [0] {
        return Ok(start);
    }
    let mut padding = vec![0; MAX_PADDING.min(length - start) as usize];
    let known = read_at(reader, start, &mut padding)?;
    let zeros = padding[..known].iter().take_while(|byte| **byte == 0).count();
    Ok(if zeros < known { start + zeros as u64 } else { start })
}

/// The end of the sound: before ID3v1, APEv2 and Lyrics3 tags at the tail of a file.
fn before_trailing_tags(reader: &mut (impl Read + Seek), start: u64, length: u64) -> io::Result<u64> {
    let mut end = length;
    for _ in 0..MAX_TAGS {
        let known = (end - start).min(256);
        let mut tail = vec![0; known as usize];
        read_at(reader, end - known, &mut tail)?;
        let size = trailing_tag_size(&tail);
        match size.and_then(|size| end.checked_sub(size)) {
            Some(before) if before > start && before < end => end = before,
            _ => break,
        }
    }
    Ok(end)
}

/// The size of the tag that ends with these bytes.
fn trailing_tag_size(tail: &[u8]) -> Option<u64> {
    let back = |bytes: usize| tail.len().checked_sub(bytes).and_then(|start| tail.get(start..));
    if back(128).is_some_and(|tag| tag.starts_with(b"TAG")) {
        return Some(128);
    }
    if back(227).is_some_and(|tag| tag.starts_with(b"TAG+")) {
        return Some(227);
    }
    if let Some(footer) = back(32).filter(|footer| footer.starts_with(b"APETAGEX")) {
        let size = u64::from(u32::from_le_bytes(array(footer, 12)));
        let has_header = u32::from_le_bytes(array(footer, 20)) & 0x8000_0000 != 0;
        return Some(size + if has_header { 32 } else { 0 });
    }
    if let Some(footer) = back(15).filter(|footer| footer.ends_with(b"LYRICS200")) {
        let digits = std::str::from_utf8(&footer[..6]).ok()?;
        return digits.parse::<u64>().ok().map(|size| size + 15);
    }
    if let Some(footer) = back(10).filter(|footer| footer.starts_with(b"3DI")) {
        return id3v2_size(&[b"ID3", &footer[3..]].concat());
    }
    None
}

/// The MD5 of the samples, or the frames where an encoder left that out.
fn flac(reader: &mut (impl Read + Seek), start: u64, length: u64) -> io::Result<Option<Payload>> {
    let mut position = start + 4;
    let mut info = Vec::new();
    for _ in 0..MAX_BLOCKS {
        let mut head = [0; 4];
        if read_at(reader, position, &mut head)? < 4 {
            return Ok(None);
        }
        let size = u64::from(u32::from_be_bytes([0, head[1], head[2], head[3]]));
        if head[0] & 0x7F == 0 && size >= 34 && info.is_empty() {
            info = vec![0; 34];
            if read_at(reader, position + 4, &mut info)? < 34 {
                return Ok(None);
            }
        }
        position += 4 + size;
        if position >= length {
            break;
        }
        if head[0] & 0x80 != 0 {
            break;
        }
    }
    // Sample rate, channels, width and number of samples, then the MD5; before them block and frame sizes, which
    // another compression level changes.
    let samples: [u8; 8] = array(&info, 10);
    let digest: [u8; 16] = array(&info, 18);
    if digest != [0; 16] {
        return Ok(Some(Payload::Digest { kind: b"flac", digest: [&samples[..], &digest].concat() }));
    }
    let end = before_trailing_tags(reader, start, length)?;
    let extents = if end > position { vec![(position, end - position)] } else { return Ok(None) };
    Ok(Some(Payload::Extents { kind: b"flac frames", format: samples.to_vec(), extents }))
}
