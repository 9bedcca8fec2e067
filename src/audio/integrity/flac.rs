//! FLAC: each frame has a checksum over all of it (RFC 9639, section 9.3), and a number.

use std::io::{self, Read, Seek};

use super::{Bytes, Checked, table};

/// x^16 + x^15 + x^2 + 1, in the upper half.
static CRC16: [u32; 256] = table(0x8005_0000);
/// x^8 + x^2 + x + 1, in the upper byte.
static CRC8: [u32; 256] = table(0x0700_0000);
/// Bytes that are looked at together.
const CHUNK: usize = 64 * 1024;
/// Blocks of metadata before the sound.
const MOST_BLOCKS: usize = 1024;
/// A frame's header is never longer.
const MOST_HEADER: usize = 16;

/// What STREAMINFO says.
#[derive(Clone, Copy, Debug)]
struct Info {
    block: u64,
    longest_frame: u64,
    rate_hz: u64,
    /// 0: unknown.
    total: u64,
}

/// A frame's header.
#[derive(Clone, Copy, Debug)]
struct Frame {
    len: usize,
    first: u64,
    samples: u64,
}

pub(super) fn check<R: Read + Seek>(bytes: &mut Bytes<R>) -> io::Result<Checked> {
    let mut checked = Checked::default();
    let Some((info, mut at)) = info(bytes)? else { return Ok(checked) };
    let secs = |sample: u64| sample as f64 / info.rate_hz as f64;
    if bytes.end >= 128 && bytes.window.look(bytes.end - 128, 3)? == b"TAG" {
        bytes.end -= 128;
    }
    let mut expected = 0;
    while at < bytes.end {
        let frame = header(bytes.window.look(at, MOST_HEADER)?, &info);
        let ends = match frame {
            Some(frame) if frame.first >= expected => frame_end(bytes, at, frame.len, &info)?.map(|end| (frame, end)),
            _ => None,
        };
        match ends {
            Some((frame, end)) => {
                if frame.first != expected && !checked.add(secs(expected), "some of it is missing") {
                    break;
                }
                expected = frame.first + frame.samples;
                at = end;
            }
            None => {
                if !checked.add(secs(expected), "a checksum is wrong") {
                    break;
                }
                match next_frame(bytes, at + 1, expected, &info)? {
                    Some((place, first)) => (at, expected) = (place, first),
                    None => break,
                }
            }
        }
    }
    if info.total > expected {
        checked.add(secs(expected), "its end is missing");
    }
    if info.total == 0 || info.total > expected {
        checked.duration_secs = Some(secs(expected)).filter(|secs| *secs > 0.0);
    }
    Ok(checked)
}

fn info<R: Read + Seek>(bytes: &mut Bytes<R>) -> io::Result<Option<(Info, u64)>> {
    let mut at = bytes.start + 4;
    let mut found = None;
    for _ in 0..MOST_BLOCKS {
        let head = bytes.window.look(at, 4 + 34)?.to_vec();
        let Some(&[kind, a, b, c]) = head.first_chunk() else { return Ok(None) };
        if let (0, Some(body)) = (kind & 0x7f, head.get(4..38)) {
            let number =
                |from: usize, to: usize| body[from..to].iter().fold(0, |sum, byte| sum << 8 | u64::from(*byte));
            let longest = match number(7, 10) {
                // As stored as they are, of 8 channels of 32 bits.
                0 => number(2, 4) * 8 * 4 + 1024,
                longest => longest,
            };
            let (block, rate_hz) = (number(2, 4), number(10, 13) >> 4);
            found = Some(Info { block, longest_frame: longest, rate_hz, total: number(13, 18) & 0xf_ffff_ffff });
        }
        at += 4 + (u64::from(a) << 16 | u64::from(b) << 8 | u64::from(c));
        if kind & 0x80 != 0 {
            return Ok(found.filter(|info| info.rate_hz > 0 && info.block > 0).map(|info| (info, at)));
        }
    }
    Ok(None)
}

/// Reads and checks a frame's header (RFC 9639, section 9.1).
fn header(bytes: &[u8], info: &Info) -> Option<Frame> {
    if bytes.first() != Some(&0xff) || bytes.get(1)? & 0xfe != 0xf8 || bytes.get(3)? & 1 != 0 {
        return None;
    }
    let (block_code, rate_code) = (bytes.get(2)? >> 4, bytes[2] & 15);
    if block_code == 0 || rate_code == 15 || bytes[3] >> 4 > 10 {
        return None;
    }
    let lead = *bytes.get(4)?;
    let following = match lead.leading_ones() {
        0 => 0,
        1 | 8 => return None,
        ones => ones as usize - 1,
    };
    let mut number = u64::from(lead) & if following == 0 { 0x7f } else { 0x3f >> following };
    for byte in bytes.get(5..5 + following)? {
        if byte & 0xc0 != 0x80 {
            return None;
        }
        number = number << 6 | u64::from(byte & 0x3f);
    }
    let mut len = 5 + following;
    let samples = match block_code {
        1 => 192,
        2..=5 => 576 << (block_code - 2),
        6 => {
            len += 1;
            u64::from(*bytes.get(len - 1)?) + 1
        }
        7 => {
            len += 2;
            (u64::from(*bytes.get(len - 2)?) << 8 | u64::from(*bytes.get(len - 1)?)) + 1
        }
        code => 256 << (code - 8),
    };
    len += match rate_code {
        12 => 1,
        13 | 14 => 2,
        _ => 0,
    };
    let sum = bytes.get(..len)?.iter().fold(0, |sum: u32, byte| sum << 8 ^ CRC8[usize::from((sum >> 24) as u8 ^ byte)]);
    if (sum >> 24) as u8 != *bytes.get(len)? {
        return None;
    }
    let first = if bytes[1] & 1 == 1 { number } else { number.checked_mul(info.block)? };
    Some(Frame { len: len + 1, first, samples })
}

/// Where a frame ends: where its checksum comes out and another frame, or nothing, follows.
fn frame_end<R: Read + Seek>(bytes: &mut Bytes<R>, at: u64, head: usize, info: &Info) -> io::Result<Option<u64>> {
    let limit = (at + info.longest_frame + 1).min(bytes.end);
    let (mut place, mut sum) = (at, 0_u32);
    while place < limit {
        let chunk = bytes.window.look(place, CHUNK)?;
        // The last byte is left for the next look, so that there are always two.
        let whole = chunk.len().min((limit - place) as usize);
        let usable = if place + whole as u64 == bytes.end { whole } else { whole.saturating_sub(1).max(1) };
        let mut candidate = None;
        for (index, byte) in chunk[..usable].iter().enumerate() {
            let is_sync = *byte == 0xff && chunk.get(index + 1).is_some_and(|next| next & 0xfe == 0xf8);
            if is_sync && sum == 0 && place + index as u64 > at + head as u64 {
                candidate = Some(index);
                break;
            }
            sum = sum << 8 ^ CRC16[usize::from((sum >> 24) as u8 ^ byte)];
        }
        match candidate {
            Some(index) => {
                place += index as u64;
                if header(bytes.window.look(place, MOST_HEADER)?, info).is_some() {
                    return Ok(Some(place));
                }
                let byte = bytes.window.look(place, 1)?.first().copied().unwrap_or(0);
                sum = sum << 8 ^ CRC16[usize::from((sum >> 24) as u8 ^ byte)];
                place += 1;
            }
            None if usable == 0 => break,
            None => place += usable as u64,
        }
    }
    Ok((place >= bytes.end && sum == 0).then_some(bytes.end))
}

/// The next frame that comes later than a sample: its place, its first sample.
fn next_frame<R: Read + Seek>(
    bytes: &mut Bytes<R>,
    from: u64,
    after: u64,
    info: &Info,
) -> io::Result<Option<(u64, u64)>> {
    let mut place = from;
    while place < bytes.end {
        let chunk = bytes.window.look(place, CHUNK)?;
        if chunk.is_empty() {
            break;
        }
        match chunk.iter().position(|byte| *byte == 0xff) {
            None => place += chunk.len() as u64,
            Some(index) => {
                place += index as u64;
                let found = header(bytes.window.look(place, MOST_HEADER)?, info);
                let possible = |frame: &Frame| {
                    let last = if info.total > 0 { info.total } else { after + 600 * info.rate_hz };
                    frame.first > after && frame.first < last
                };
                if let Some(frame) = found.filter(possible) {
                    return Ok(Some((place, frame.first)));
                }
                place += 1;
            }
        }
    }
    Ok(None)
}
