//! AAC as a bare stream (ADTS, ISO/IEC 13818-7, 6.2): holes between frames, and how many there are.

use std::io::{self, Read, Seek};

use super::{Bytes, Checked};

/// Samples of a block.
const BLOCK: u64 = 1024;
/// Rates by their index.
const RATES_HZ: [u32; 13] =
    [96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000, 7_350];

/// Length in bytes, blocks, rate.
fn header(bytes: &[u8]) -> Option<(u64, u64, u32)> {
    let bytes: &[u8; 7] = bytes.get(..7)?.try_into().ok()?;
    if bytes[0] != 0xff || bytes[1] & 0xf6 != 0xf0 {
        return None;
    }
    let rate_hz = *RATES_HZ.get(usize::from(bytes[2] >> 2 & 15))?;
    let len = u64::from(bytes[3] & 3) << 11 | u64::from(bytes[4]) << 3 | u64::from(bytes[5] >> 5);
    (len > 7).then_some((len, u64::from(bytes[6] & 3) + 1, rate_hz))
}

pub(super) fn check<R: Read + Seek>(bytes: &mut Bytes<R>) -> io::Result<Checked> {
    let mut checked = Checked { links: 1, ..Checked::default() };
    let (mut at, mut blocks, mut rate_hz, mut in_step) = (bytes.start, 0, 0, true);
    while at + 7 <= bytes.end {
        let found = header(bytes.window.look(at, 7)?);
        let proven = match found {
            Some((len, _, rate)) if in_step => rate_hz == 0 || rate == rate_hz || at + len >= bytes.end,
            Some((len, _, rate)) => header(bytes.window.look(at + len, 7)?).is_some_and(|next| next.2 == rate),
            None => false,
        };
        match found.filter(|_| proven) {
            Some((len, count, rate)) if at + len <= bytes.end => {
                if !in_step && blocks > 0 {
                    let secs = (blocks * BLOCK) as f64 / f64::from(rate_hz.max(1));
                    if !checked.add(secs, "part of it is not sound") {
                        break;
                    }
                }
                (in_step, rate_hz) = (true, rate);
                blocks += count;
                at += len;
            }
            _ => {
                in_step = false;
                at += 1;
            }
        }
    }
    // The first block is what the encoder needs to begin.
    let secs = (blocks.saturating_sub(1) * BLOCK) as f64 / f64::from(rate_hz.max(1));
    checked.duration_secs = Some(secs).filter(|secs| *secs > 0.0);
    Ok(checked)
}
