//! Ogg: each page has a checksum and a number (RFC 3533, section 6); streams may follow each other.

use std::io::{self, Read, Seek};

use super::{Bytes, Checked, table};

static CRC32: [u32; 256] = table(0x04c1_1db7);
/// Bytes that are looked at together.
const CHUNK: usize = 64 * 1024;
/// The granule position of a page on which no packet ends.
const NO_GRANULE: u64 = u64::MAX;

/// The stream that is followed: the first of its link whose codec is known.
#[derive(Clone, Copy, Debug)]
struct Link {
    serial: u32,
    rate_hz: u64,
    /// Frames in front that are not heard.
    skipped: u64,
    granule: u64,
    page: u32,
    /// All first pages have passed.
    is_running: bool,
}

impl Link {
    fn secs(&self) -> f64 {
        self.granule.saturating_sub(self.skipped) as f64 / self.rate_hz.max(1) as f64
    }
}

pub(super) fn check<R: Read + Seek>(bytes: &mut Bytes<R>) -> io::Result<Checked> {
    let mut checked = Checked::default();
    let (mut at, mut before_secs, mut link, mut in_step) = (bytes.start, 0.0, None::<Link>, true);
    while at + 27 <= bytes.end {
        let now = before_secs + link.map_or(0.0, |link| link.secs());
        let head = bytes.window.look(at, 27)?.to_vec();
        if head.get(..5) != Some(b"OggS\0") {
            let place = next_page(bytes, at + 1)?;
            // What stands behind the last page harms nothing.
            if place.is_some() && in_step && !checked.add(now, "part of it is not sound") {
                break;
            }
            in_step = false;
            match place {
                Some(place) => at = place,
                None => break,
            }
            continue;
        }
        let segments = usize::from(head[26]);
        let table = bytes.window.look(at, 27 + segments)?.to_vec();
        let body: usize = table.get(27..).unwrap_or_default().iter().map(|len| usize::from(*len)).sum();
        let page = bytes.window.look(at, 27 + segments + body)?;
        if page.len() < 27 + segments + body {
            checked.add(now, "its end is missing");
            break;
        }
        if sum(page) != word(&head, 22) {
            if in_step && !checked.add(now, "a checksum is wrong") {
                break;
            }
            in_step = false;
            // What it says of its length may be wrong as well.
            match next_page(bytes, at + 1)? {
                Some(place) => at = place,
                None => break,
            }
            continue;
        }
        let content = page.get(27 + segments..).unwrap_or_default();
        let (serial, number) = (word(&head, 14), word(&head, 18));
        if head[5] & 2 != 0 {
            let begins = link.is_none_or(|link| link.is_running);
            if begins {
                before_secs += link.map_or(0.0, |link| link.secs());
                checked.links += 1;
            }
            let known = codec(content).map(|(rate_hz, skipped)| Link {
                serial,
                rate_hz,
                skipped,
                granule: 0,
                page: number,
                is_running: false,
            });
            // The first of a group that is known is the one.
            link = if begins { known } else { link.or(known) };
        } else if let Some(link) = link.as_mut() {
            link.is_running = true;
            if serial == link.serial {
                let is_gap = number > link.page.saturating_add(1);
                link.page = number;
                if is_gap && in_step && !checked.add(now, "some of it is missing") {
                    break;
                }
                let granule = u64::from(word(&head, 6)) | u64::from(word(&head, 10)) << 32;
                if granule != NO_GRANULE && granule < 1 << 48 {
                    link.granule = granule;
                }
            }
        }
        in_step = true;
        at += (27 + segments + body) as u64;
    }
    let secs = before_secs + link.map_or(0.0, |link| link.secs());
    checked.duration_secs = Some(secs).filter(|secs| *secs > 0.0 && (checked.links > 1 || checked.places > 0));
    Ok(checked)
}

/// Rate and delay by the first packet of a stream.
fn codec(packet: &[u8]) -> Option<(u64, u64)> {
    if packet.starts_with(b"\x01vorbis") {
        return Some((u64::from(word(packet, 12)), 0)).filter(|(rate, _)| *rate > 0);
    }
    if packet.starts_with(b"OpusHead") {
        return Some((48_000, packet.get(10..12).map_or(0, |two| u64::from(u16::from_le_bytes([two[0], two[1]])))));
    }
    if packet.starts_with(b"\x7fFLAC") {
        // STREAMINFO begins behind 13 bytes and a header of 4; the rate has 20 bits.
        let rate = packet.get(27..30)?.iter().fold(0, |sum, byte| sum << 8 | u64::from(*byte)) >> 4;
        return Some((rate, 0)).filter(|(rate, _)| *rate > 0);
    }
    None
}

fn word(bytes: &[u8], at: usize) -> u32 {
    bytes.get(at..at + 4).and_then(|four| four.try_into().ok()).map_or(0, u32::from_le_bytes)
}

/// The checksum of a page; its own place counts as zeros.
fn sum(page: &[u8]) -> u32 {
    let step = |sum: u32, byte: u8| sum << 8 ^ CRC32[usize::from((sum >> 24) as u8 ^ byte)];
    let head = page.iter().take(22).fold(0, |sum, byte| step(sum, *byte));
    let zeros = (0..4).fold(head, |sum, _| step(sum, 0));
    page.iter().skip(26).fold(zeros, |sum, byte| step(sum, *byte))
}

fn next_page<R: Read + Seek>(bytes: &mut Bytes<R>, from: u64) -> io::Result<Option<u64>> {
    let mut place = from;
    while place + 27 <= bytes.end {
        let chunk = bytes.window.look(place, CHUNK)?;
        if let Some(index) = chunk.windows(5).position(|window| window == b"OggS\0") {
            return Ok(Some(place + index as u64));
        }
        // The beginning of a name may stand at the end.
        place += chunk.len().saturating_sub(4).max(1) as u64;
    }
    Ok(None)
}
