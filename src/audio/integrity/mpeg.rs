//! MP3 and its elders: holes between frames, and how long all of them are.

use std::io::{self, Read, Seek};

use super::super::formats::mpeg_frames::Frames;
use super::super::formats::mpeg_info::{INFO_HEAD, Info, is_info_frame};
use super::{Bytes, Checked};

/// Fewer stray bytes than this between two frames are not worth a word: no frame is lost with them.
const STRAY: u64 = 48;
/// So much of what a header promises may be missing without a word.
const MISSING_FRAMES: f64 = 1.02;

pub(super) fn check<R: Read + Seek>(bytes: Bytes<R>) -> io::Result<Checked> {
    let mut checked = Checked { links: 1, ..Checked::default() };
    let (start, end) = (bytes.start, bytes.end);
    let mut frames = Frames::new(bytes.window.into_inner(), start, end);
    let (mut samples, mut count, mut base, mut info, mut headers) = (0_u64, 0_u64, 0_u64, None, 0);
    let mut first_at = start;
    while let Some(frame) = frames.peek()? {
        let rate = u64::from(frame.header.kind.rate_hz);
        let is_first = base == 0;
        if is_first {
            (base, first_at) = (rate, frame.at);
        }
        if frame.skipped > STRAY && !is_first && !checked.add(samples as f64 / base as f64, "part of it is not sound") {
            break;
        }
        if is_info_frame(frames.window.look(frame.at, INFO_HEAD)?, &frame.header) {
            headers += 1;
            if is_first {
                let whole = frames.bytes(&frame)?;
                info = Info::read(&whole, &frame.header);
            }
        } else {
            samples += (u64::from(frame.header.samples) * base).div_ceil(rate);
            count += 1;
        }
        frames.pass(&frame);
    }
    if base == 0 {
        return Ok(checked);
    }
    let mut added = 0;
    if let Some(info) = info {
        // Of joined files, the header of the first says nothing about the end.
        added = u64::from(info.delay) + if headers == 1 { u64::from(info.padding) } else { 0 };
        let promised = info.frames.map_or(0.0, f64::from);
        let is_cut = info.bytes.is_some_and(|bytes| first_at + u64::from(bytes) > end + 4096);
        // Only where bytes and frames agree: counts alone are often nonsense.
        let per_frame = info.bytes.map_or(0.0, f64::from) / promised.max(1.0);
        if is_cut && promised > count as f64 * MISSING_FRAMES && (20.0..2900.0).contains(&per_frame) {
            checked.add(samples as f64 / base as f64, "its end is missing");
            added = u64::from(info.delay);
        }
    }
    checked.duration_secs = Some(samples.saturating_sub(added) as f64 / base as f64).filter(|secs| *secs > 0.0);
    Ok(checked)
}
