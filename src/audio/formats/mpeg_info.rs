//! What the first frame of an MP3 may say about the rest: Xing's, LAME's and Fraunhofer's headers.

use super::mpeg_frames::{HEADER_LEN, Header};

/// What a decoder adds in front, samples.
const DECODER_DELAY: u32 = 529;

/// The first bytes of a frame that tell whether it holds such a header.
pub(crate) const INFO_HEAD: usize = 48;

/// What such a header says. None of it is checked against the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Info {
    /// MPEG frames behind this one.
    pub frames: Option<u32>,
    /// Bytes of the stream with this frame.
    pub bytes: Option<u32>,
    /// Samples before the sound.
    pub delay: u32,
    /// Samples behind the sound.
    pub padding: u32,
}

fn place(header: &Header) -> usize {
    HEADER_LEN + header.side_len
}

/// Whether a frame holds such a header and no sound. The beginning of the frame will do.
pub(crate) fn is_info_frame(bytes: &[u8], header: &Header) -> bool {
    if header.kind.layer != 3 {
        return false;
    }
    let at = place(header);
    let is_xing = matches!(bytes.get(at..at + 4), Some(b"Xing" | b"Info"));
    // Where side information would be there are zeros (but for a checksum).
    let quiet = bytes.get(HEADER_LEN + 2..at).is_some_and(|side| side.iter().all(|byte| *byte == 0));
    (is_xing && quiet) || bytes.get(HEADER_LEN + 32..HEADER_LEN + 36) == Some(b"VBRI")
}

impl Info {
    /// Reads the header of a whole frame.
    pub(crate) fn read(bytes: &[u8], header: &Header) -> Option<Self> {
        if !is_info_frame(bytes, header) {
            return None;
        }
        let word = |at: usize| bytes.get(at..at + 4).and_then(|four| four.try_into().ok()).map(u32::from_be_bytes);
        let vbri = HEADER_LEN + 32;
        if bytes.get(vbri..vbri + 4) == Some(b"VBRI") {
            return Some(Self { frames: word(vbri + 14), bytes: word(vbri + 10), delay: 0, padding: 0 });
        }
        let mut at = place(header) + 4;
        let flags = word(at)?;
        at += 4;
        let mut field = |flag: u32, len: usize| {
            let here = at;
            let there = flags & flag != 0;
            at += if there { len } else { 0 };
            if there { word(here) } else { None }
        };
        let (frames, size) = (field(1, 4), field(2, 4));
        field(4, 100);
        field(8, 4);
        let encoder = bytes.get(at..at + 4);
        let is_told = matches!(encoder, Some(b"LAME" | b"Lavf" | b"Lavc"));
        let trim = bytes.get(at + 21..at + 24).filter(|_| is_told);
        let (delay, padding) = trim.map_or((0, 0), |trim| {
            let trim = u32::from_be_bytes([0, trim[0], trim[1], trim[2]]);
            (DECODER_DELAY + (trim >> 12), (trim & 0xfff).saturating_sub(DECODER_DELAY))
        });
        Some(Self { frames, bytes: size, delay, padding })
    }
}
