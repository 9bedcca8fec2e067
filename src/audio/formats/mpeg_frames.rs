//! Finding the frames of MPEG audio (ISO/IEC 11172-3 and 13818-3) in whatever surrounds them.

use std::io::{self, Read, Seek};

use super::window::Window;

/// Bytes of a frame's header.
pub(crate) const HEADER_LEN: usize = 4;
/// The most tags in a row that are skipped between frames.
const MOST_TAGS: usize = 16;
/// Where this many bytes hold no frame, nothing more is looked for.
const MOST_SKIPPED: u64 = 16 << 20;
/// Bit rates in kbit/s: MPEG-1 layers I, II, III, then MPEG-2 layer I, then its layers II and III.
const BIT_RATES: [[u16; 15]; 5] = [
    [0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448],
    [0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384],
    [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
    [0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256],
    [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
];

/// What stays the same through a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Kind {
    /// 1, 2 or 3.
    pub layer: u8,
    /// Frames a second.
    pub rate_hz: u32,
    /// 1 or 2.
    pub channels: u8,
}

/// A frame's header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    pub kind: Kind,
    /// Bytes with the header.
    pub len: usize,
    /// Samples of each channel.
    pub samples: u32,
    /// kbit/s.
    pub bit_rate: u16,
    /// Bytes of the side information of layer III.
    pub side_len: usize,
}

impl Header {
    /// Reads a header; `None` where there is none. A free bit rate is none: no decoder here takes it.
    pub(crate) fn read(bytes: &[u8]) -> Option<Self> {
        let word = u32::from_be_bytes(bytes.get(..HEADER_LEN)?.try_into().ok()?);
        if word >> 21 != 0x7ff {
            return None;
        }
        // 0 is MPEG 2.5, 2 is MPEG-2, 3 is MPEG-1.
        let version = word >> 19 & 3;
        let layer = 4 - (word >> 17 & 3) as u8;
        let (rate_index, bit_index) = ((word >> 10 & 3) as usize, (word >> 12 & 15) as usize);
        if version == 1 || layer == 4 || rate_index == 3 || bit_index == 0 || bit_index == 15 {
            return None;
        }
        let is_mpeg1 = version == 3;
        let rate_hz = [44_100, 48_000, 32_000][rate_index] >> [2, 0, 1, 0][version as usize];
        let row = if is_mpeg1 { usize::from(layer) - 1 } else { [3, 4, 4][usize::from(layer) - 1] };
        let bit_rate = BIT_RATES[row][bit_index];
        let padding = (word >> 9 & 1) as usize;
        let bits = u32::from(bit_rate) * 1000;
        let len = match layer {
            1 => ((12 * bits / rate_hz) as usize + padding) * 4,
            3 if !is_mpeg1 => (72 * bits / rate_hz) as usize + padding,
            _ => (144 * bits / rate_hz) as usize + padding,
        };
        let samples = match layer {
            1 => 384,
            3 if !is_mpeg1 => 576,
            _ => 1152,
        };
        let channels = if word >> 6 & 3 == 3 { 1 } else { 2 };
        let allowed = layer != 2
            || match channels {
                1 => !matches!(bit_rate, 224 | 256 | 320 | 384),
                _ => !is_mpeg1 || !matches!(bit_rate, 32 | 48 | 56 | 80),
            };
        let side_len = match (is_mpeg1, channels) {
            (true, 1) => 17,
            (true, _) => 32,
            (false, 1) => 9,
            (false, _) => 17,
        };
        let kind = Kind { layer, rate_hz, channels };
        (allowed && len > HEADER_LEN).then_some(Self { kind, len, samples, bit_rate, side_len })
    }
}

/// Bytes of the tag that begins so, of those that stand between and behind frames.
pub(crate) fn tag_len(head: &[u8]) -> Option<u64> {
    let le =
        |at: usize| head.get(at..at + 4).map_or(0, |four| u32::from_le_bytes([four[0], four[1], four[2], four[3]]));
    if head.starts_with(b"ID3") && head.len() >= 10 && head[3] < 0xff && head[6..10].iter().all(|byte| byte & 0x80 == 0)
    {
        let size = head[6..10].iter().fold(0u64, |size, byte| (size << 7) | u64::from(*byte));
        return Some(10 + size + if head[5] & 0x10 != 0 { 10 } else { 0 });
    }
    if head.starts_with(b"APETAGEX") && head.len() >= 24 {
        // A header is followed by this many bytes, the footer among them; a footer alone stands at the end.
        let is_header = le(20) & 0x2000_0000 != 0;
        return Some(if is_header { 32 + u64::from(le(12)) } else { 32 });
    }
    if head.starts_with(b"TAG+") {
        return Some(227);
    }
    head.starts_with(b"TAG").then_some(128)
}

/// A frame and where it is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Frame {
    pub at: u64,
    pub header: Header,
    /// Bytes before it that are neither frames nor tags.
    pub skipped: u64,
}

/// Walks from frame to frame.
pub(crate) struct Frames<R> {
    pub window: Window<R>,
    /// Where the next frame is looked for.
    pub at: u64,
    /// Nothing behind it is looked at.
    pub end: u64,
    kind: Option<Kind>,
}

impl<R: Read + Seek> Frames<R> {
    pub(crate) fn new(inner: R, at: u64, end: u64) -> Self {
        Self { window: Window::new(inner), at, end, kind: None }
    }

    /// Goes elsewhere, where a frame of that kind is expected.
    pub(crate) fn go_to(&mut self, at: u64, kind: Option<Kind>) {
        (self.at, self.kind) = (at, kind);
    }

    /// The header at a place, if the frame is whole.
    fn header_at(&mut self, at: u64) -> io::Result<Option<Header>> {
        let header = Header::read(self.window.look(at, HEADER_LEN)?);
        Ok(header.filter(|header| at + header.len as u64 <= self.end))
    }

    /// The next frame, without taking it; tags are passed over, and so is what is neither. `None` at the end.
    pub(crate) fn peek(&mut self) -> io::Result<Option<Frame>> {
        let mut skipped = 0;
        let mut tags = 0;
        loop {
            if self.at + HEADER_LEN as u64 > self.end || skipped > MOST_SKIPPED {
                return Ok(None);
            }
            if let Some(header) = self.header_at(self.at)? {
                // In the midst of a stream the next frame of its kind is no surprise; anything else must prove itself.
                let expected = skipped == 0 && self.kind == Some(header.kind);
                if expected || self.proves_itself(self.at, header)? {
                    self.kind = Some(header.kind);
                    return Ok(Some(Frame { at: self.at, header, skipped }));
                }
            }
            let end = self.end;
            let head = self.window.look(self.at, 32)?;
            let tag = tag_len(head).filter(|_| tags < MOST_TAGS);
            match tag {
                Some(len) if self.at.saturating_add(len) <= end => {
                    self.at += len;
                    tags += 1;
                }
                _ => {
                    // To the next byte that may begin a frame or a tag.
                    let ahead = self.window.look(self.at, 4096)?;
                    let step = ahead.iter().skip(1).position(|byte| matches!(byte, 0xff | b'I' | b'A' | b'T'));
                    let step = step.map_or(ahead.len(), |place| place + 1).max(1) as u64;
                    self.at += step;
                    skipped += step;
                }
            }
        }
    }

    fn proves_itself(&mut self, at: u64, header: Header) -> io::Result<bool> {
        let mut next = at + header.len as u64;
        for _ in 0..2 {
            if next + HEADER_LEN as u64 > self.end {
                return Ok(true);
            }
            let head = self.window.look(next, 32)?;
            if tag_len(head).is_some() {
                return Ok(true);
            }
            match Header::read(head) {
                Some(following) if following.kind == header.kind => next += following.len as u64,
                _ => return Ok(false),
            }
        }
        Ok(true)
    }

    /// Takes the frame that was peeked at.
    pub(crate) fn pass(&mut self, frame: &Frame) {
        self.at = frame.at + frame.header.len as u64;
    }

    /// The bytes of a frame.
    pub(crate) fn bytes(&mut self, frame: &Frame) -> io::Result<Vec<u8>> {
        Ok(self.window.look(frame.at, frame.header.len)?.to_vec())
    }
}
