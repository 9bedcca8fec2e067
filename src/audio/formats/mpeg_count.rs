//! How long an MPEG stream is: by its header where that can be true, else by looking.

use std::io::{Read, Seek};

use symphonia::core::errors::Result;

use super::mpeg_frames::{Frames, Header};
use super::mpeg_info::{INFO_HEAD, Info, is_info_frame};

/// Places where a stream is looked at.
const PLACES: u64 = 4;
/// Frames that are looked at in each.
const FRAMES_EACH: usize = 8;
/// A count this far from the estimate is checked.
const DOUBTFUL: f64 = 1.4;
/// So many bytes may be missing at the end without anything being wrong with the count: one frame.
const SLACK: u64 = 2881;
/// Streams above this are not walked through just to know their length, bytes.
const MOST_WALKED: u64 = 4 << 30;

/// A length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Count {
    /// Samples of each channel at the rate of the first frame, with what the encoder added.
    pub samples: Option<u64>,
    /// Whether frames were counted, by the encoder or here.
    pub is_exact: bool,
}

/// What a few places of a stream show.
struct Glance {
    /// Bytes of a frame.
    mean_len: f64,
    /// All frames are of one kind and one bit rate.
    is_even: bool,
}

/// Looks at the frames at some places of the stream, which begins where `frames` stands.
fn glance<R: Read + Seek>(frames: &mut Frames<R>, first: &Header) -> Result<Option<Glance>> {
    let (start, end) = (frames.at, frames.end);
    let (mut bytes, mut seen, mut is_even) = (0, 0_u32, true);
    for place in 0..PLACES {
        let at = start + (end - start) / PLACES * place;
        frames.go_to(at, (place == 0).then_some(first.kind));
        for index in 0..FRAMES_EACH {
            let Some(frame) = frames.peek()? else { break };
            // Where nothing but other bytes is, nothing is learnt.
            if frame.skipped > 8192 || (place > 0 && index == 0 && frame.at > at + 8192) {
                is_even = false;
                break;
            }
            is_even &= frame.header.kind == first.kind && frame.header.bit_rate == first.bit_rate;
            bytes += frame.header.len as u64;
            seen += 1;
            frames.pass(&frame);
        }
    }
    frames.go_to(start, Some(first.kind));
    Ok((seen > 0).then(|| Glance { mean_len: bytes as f64 / f64::from(seen), is_even }))
}

/// Counts all samples by going from frame to frame.
fn walk<R: Read + Seek>(frames: &mut Frames<R>, first: &Header) -> Result<u64> {
    let start = frames.at;
    let mut samples = 0;
    while let Some(frame) = frames.peek()? {
        let head = frames.window.look(frame.at, INFO_HEAD)?;
        if !is_info_frame(head, &frame.header) {
            let here = u64::from(frame.header.samples) * u64::from(first.kind.rate_hz);
            samples += here.div_ceil(u64::from(frame.header.kind.rate_hz));
        }
        frames.pass(&frame);
    }
    frames.go_to(start, Some(first.kind));
    Ok(samples)
}

/// The length of the stream whose first sound lies where `frames` stands; `first_at` is where its first frame is.
pub(crate) fn count<R: Read + Seek>(
    frames: &mut Frames<R>,
    first: &Header,
    first_at: u64,
    info: Option<&Info>,
) -> Result<Count> {
    let bytes = frames.end.saturating_sub(frames.at);
    let Some(next) = frames.peek()? else { return Ok(Count { samples: Some(0), is_exact: true }) };
    let Some(seen) = glance(frames, &next.header)? else { return Ok(Count { samples: None, is_exact: false }) };
    let estimate = bytes as f64 / seen.mean_len;
    if let Some(told) = info.and_then(|info| info.frames).filter(|told| *told > 0) {
        let ratio = f64::from(told) / estimate;
        // Tags behind the sound may be large, so only a stream that is much longer than its header says is suspected.
        let size = info.and_then(|info| info.bytes).map(u64::from).filter(|size| *size > 0);
        let there = frames.end - first_at;
        let is_whole = size.is_none_or(|size| size + size / 50 + 65_536 >= there && size <= there + SLACK);
        if (1.0 / DOUBTFUL..DOUBTFUL).contains(&ratio) && is_whole {
            return Ok(Count { samples: Some(u64::from(told) * u64::from(first.samples)), is_exact: true });
        }
    }
    if (seen.is_even && info.is_none()) || bytes > MOST_WALKED {
        return Ok(Count { samples: Some(estimate as u64 * u64::from(first.samples)), is_exact: false });
    }
    Ok(Count { samples: Some(walk(frames, first)?), is_exact: true })
}
