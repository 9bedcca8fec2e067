//! Whether a file ends before its own headers say it does. Only the structure is looked at, nothing is decoded.

use std::io::{self, Read, Seek, SeekFrom};

/// RIFF sizes from here on are what programs write when they do not know the size yet.
const UNKNOWN_SIZE: u64 = 0x7FFF_0000;
/// The largest page of the Ogg format is a little smaller.
const MAX_OGG_PAGE: u64 = 65_536;
/// Songs have a handful of top-level boxes.
const MAX_BOXES: usize = 64;

/// Whether the file's end is missing. Formats that do not say how long they are (MP3, AAC) never are.
pub(super) fn is_cut_off(reader: &mut (impl Read + Seek), length: u64) -> io::Result<bool> {
    let mut head = [0; 12];
    reader.rewind()?;
    if length < head.len() as u64 {
        return Ok(false);
    }
    reader.read_exact(&mut head)?;
    let quad = |bytes: &[u8]| bytes.try_into().unwrap_or([0; 4]);
    match &head[..4] {
        b"RIFF" => Ok(is_longer(u64::from(u32::from_le_bytes(quad(&head[4..8]))), length)),
        b"FORM" => Ok(is_longer(u64::from(u32::from_be_bytes(quad(&head[4..8]))), length)),
        b"OggS" => last_page_is_cut(reader, length),
        _ if &head[4..8] == b"ftyp" => last_box_is_cut(reader, length),
        _ => Ok(false),
    }
}

/// Whether a chunk at the beginning goes beyond the end. A missing padding byte does no harm.
fn is_longer(chunk: u64, length: u64) -> bool {
    chunk < UNKNOWN_SIZE && chunk + 8 > length + 1
}

/// Whether the last page of an Ogg stream goes beyond the end (RFC 3533, section 6).
fn last_page_is_cut(reader: &mut (impl Read + Seek), length: u64) -> io::Result<bool> {
    let start = length.saturating_sub(MAX_OGG_PAGE);
    reader.seek(SeekFrom::Start(start))?;
    let mut tail = Vec::new();
    reader.take(MAX_OGG_PAGE).read_to_end(&mut tail)?;
    let Some(page) = tail.windows(4).rposition(|window| window == b"OggS") else { return Ok(false) };
    let page = &tail[page..];
    let Some(&segments) = page.get(26) else { return Ok(true) };
    let Some(sizes) = page.get(27..27 + usize::from(segments)) else { return Ok(true) };
    let body: usize = sizes.iter().map(|size| usize::from(*size)).sum();
    Ok(page.len() < 27 + sizes.len() + body)
}

/// Whether the last box of an MP4 file goes beyond the end (ISO/IEC 14496-12, section 4.2).
fn last_box_is_cut(reader: &mut (impl Read + Seek), length: u64) -> io::Result<bool> {
    let mut position = 0_u64;
    for _ in 0..MAX_BOXES {
        if position + 8 > length {
            return Ok(false);
        }
        let mut header = [0; 16];
        reader.seek(SeekFrom::Start(position))?;
        let known = (length - position).min(16) as usize;
        reader.read_exact(&mut header[..known])?;
        let size = match u32::from_be_bytes([header[0], header[1], header[2], header[3]]) {
            // To the end of the file, wherever that is.
            0 => return Ok(false),
            1 => u64::from_be_bytes([
                header[8], header[9], header[10], header[11], header[12], header[13], header[14], header[15],
            ]),
            size => u64::from(size),
        };
        if size < 8 {
            return Ok(false);
        }
        position = position.saturating_add(size);
        if position > length {
            return Ok(true);
        }
    }
    Ok(false)
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::is_cut_off;

    fn cut(bytes: &[u8]) -> bool {
        is_cut_off(&mut Cursor::new(bytes), bytes.len() as u64).unwrap()
    }

    /// Every shorter piece that still has its head is cut off, the whole is not.
    fn check(whole: &[u8], shortest: usize) {
        assert!(!cut(whole));
        for length in shortest..whole.len() {
            assert!(cut(&whole[..length]), "{length} of {}", whole.len());
        }
        assert!(!cut(&[whole, &[0; 3]].concat()) || whole.starts_with(b"Ogg"), "something behind it does no harm");
    }

    #[test]
    fn chunks_that_go_beyond_the_end_are_noticed() {
        let wave = [&b"RIFF"[..], &40_u32.to_le_bytes(), b"WAVE", &[0; 36]].concat();
        assert!(!cut(&wave) && !cut(&wave[..47]), "a missing padding byte does no harm");
        assert!((12..47).all(|length| cut(&wave[..length])));
        let unknown = [&b"RIFF"[..], &u32::MAX.to_le_bytes(), b"WAVE", &[0; 36]].concat();
        assert!(!cut(&unknown));
    }

    #[test]
    fn boxes_that_go_beyond_the_end_are_noticed() {
        let boxes =
            [&24_u32.to_be_bytes()[..], b"ftypM4A ", &[0; 12], &40_u32.to_be_bytes(), b"mdat", &[7; 32]].concat();
        check(&boxes, 32);
    }

    #[test]
    fn pages_that_go_beyond_the_end_are_noticed() {
        let page = [&b"OggS\0\x02"[..], &[0; 20], &[2, 255, 10], &[9; 265]].concat();
        let pages = page.repeat(2);
        check(&pages, page.len() + 4);
    }

    #[test]
    fn formats_without_a_length_are_never_cut_off() {
        assert!(!cut(b"\xFF\xFB\x90\0\0\0\0\0\0\0\0\0\0"));
        assert!(!cut(b""));
    }
}
