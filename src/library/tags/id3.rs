//! ID3v2.2, 2.3 and 2.4: frame by frame, so that a bad one costs only itself. What is not wanted is not read.

use std::borrow::Cow;

use super::fields::{Fields, Key};
use super::id3_frames::{Frame, read_frame};
use super::input::{Input, be};

/// The largest tag that is taken into memory to undo its unsynchronisation, in bytes.
const MAX_UNSYNC_BYTES: usize = 80 * 1024 * 1024;
/// How far behind a frame that cannot be right the next one is looked for, in bytes.
const MAX_RESYNC_BYTES: usize = 256 * 1024;
/// How often that is done in one tag.
const MAX_RESYNCS: usize = 16;

/// The header of a tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Header {
    /// 2, 3 or 4.
    pub version: u8,
    pub flags: u8,
    /// Bytes of the body.
    pub body: u64,
}

impl Header {
    /// Understands the first ten bytes of a tag.
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let [b'I', b'D', b'3', version, revision, flags, size @ ..] = bytes else { return None };
        if *version == 0xFF || *revision == 0xFF || size.len() < 4 {
            return None;
        }
        Some(Self { version: *version, flags: *flags, body: syncsafe(&size[..4]) })
    }

    /// Bytes of the whole tag.
    pub fn size(self) -> u64 {
        10 + self.body + if self.version == 4 && self.flags & 0x10 != 0 { 10 } else { 0 }
    }
}

/// A number of seven bits a byte.
pub(super) fn syncsafe(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0, |value, byte| value << 7 | u64::from(byte & 0x7F))
}

/// Where the frames are: in the file, or in memory.
pub(super) enum Body<'i, 'a> {
    File { input: &'i mut Input<'a>, start: u64, length: usize },
    Memory(Vec<u8>),
}

impl Body<'_, '_> {
    pub fn length(&self) -> usize {
        match self {
            Self::File { length, .. } => *length,
            Self::Memory(bytes) => bytes.len(),
        }
    }

    /// At most `count` bytes from `start`.
    pub fn get(&mut self, start: usize, count: usize) -> &[u8] {
        let count = count.min(self.length().saturating_sub(start));
        match self {
            Self::File { input, start: base, .. } => input.get(*base + start as u64, count),
            Self::Memory(bytes) => bytes.get(start..start + count).unwrap_or_default(),
        }
    }
}

/// How the sizes of frames are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Layout {
    pub version: u8,
    pub is_syncsafe: bool,
}

impl Layout {
    /// Bytes before a frame's content.
    pub fn head(self) -> usize {
        if self.version == 2 { 6 } else { 10 }
    }

    /// Name and size of the frame that begins with these bytes.
    fn size(self, head: &[u8]) -> usize {
        let size = match self.version {
            2 => be(&head[3..6]),
            _ if self.is_syncsafe => syncsafe(&head[4..8]),
            _ => be(&head[4..8]),
        };
        usize::try_from(size).unwrap_or(usize::MAX)
    }

    /// Whether a frame, padding or the end is at `position`.
    fn fits(self, body: &mut Body<'_, '_>, position: usize) -> bool {
        let length = body.length();
        let head = body.get(position, self.head());
        if head.len() < self.head() {
            return position <= length && head.iter().all(|byte| *byte == 0);
        }
        head[0] == 0 || (is_name(head, self.version) && self.size(head) <= length - position - self.head())
    }
}

/// Whether these bytes begin with a frame's name. Some programs leave a name of v2.2 in a later tag.
fn is_name(head: &[u8], version: u8) -> bool {
    let good = |byte: &u8| byte.is_ascii_uppercase() || byte.is_ascii_digit();
    let count = if version == 2 { 3 } else { 4 };
    head[0].is_ascii_uppercase() && head[..3].iter().all(good) && (count == 3 || good(&head[3]) || head[3] == 0)
}

/// Reads the tag that begins at `start`, as far as it goes before `end`. Returns where the tag ends: where a header
/// says so, or behind the last frame when the file is shorter than that.
pub(super) fn read(input: &mut Input<'_>, start: u64, end: u64, fields: &mut Fields) -> Option<u64> {
    let header = Header::parse(input.exact(start, 10)?)?;
    let is_whole = start + header.size() <= end;
    let body_end = (start + 10 + header.body).min(end);
    let length = usize::try_from(body_end.saturating_sub(start + 10)).ok()?;
    if !(2..=4).contains(&header.version) {
        fields.bad(&format!("ID3v2.{}", header.version));
        return is_whole.then(|| start + header.size());
    }
    let mut layout = Layout { version: header.version, is_syncsafe: header.version == 4 };
    let is_unsync = header.flags & 0x80 != 0;
    let mut undone = false;
    let mut body = Body::File { input, start: start + 10, length };
    if is_unsync {
        // v2.4 undoes it frame by frame; but some programs write it as before, with sizes that count the bytes after.
        let frame_by_frame = header.version == 4 && {
            let first = extended(&mut body, header);
            chain(&mut body, first, layout)
        };
        if !frame_by_frame {
            let bytes = synchronised(body.get(0, length.min(MAX_UNSYNC_BYTES)));
            body = Body::Memory(bytes.into_owned());
            undone = true;
        }
    }
    let first = extended(&mut body, header);
    if layout.version > 2 && !chain(&mut body, first, layout) {
        let other = Layout { is_syncsafe: !layout.is_syncsafe, ..layout };
        if chain(&mut body, first, other) {
            layout = other;
        }
    }
    let frames_end = frames(&mut body, first, layout, is_unsync && !undone, fields);
    Some(if is_whole || undone { (start + header.size()).min(end) } else { start + 10 + frames_end as u64 })
}

/// Where the first frame is: behind the extended header, whose size is written in more than one way.
fn extended(body: &mut Body<'_, '_>, header: Header) -> usize {
    if header.version < 3 || header.flags & 0x40 == 0 {
        return 0;
    }
    let Ok(size) = <[u8; 4]>::try_from(body.get(0, 4)) else { return 0 };
    let size = usize::try_from(if header.version == 4 { syncsafe(&size) } else { be(&size) }).unwrap_or(0);
    let (with, without) = (size, size.saturating_add(4));
    let candidates = if header.version == 4 { [with, without, 0] } else { [without, with, 0] };
    let layouts = [true, false].map(|is_syncsafe| Layout { version: header.version, is_syncsafe });
    let is_frame =
        |body: &mut Body<'_, '_>, at: usize| at < body.length() && layouts.iter().any(|layout| layout.fits(body, at));
    candidates.into_iter().find(|at| (*at == 0 || *at >= 4) && is_frame(body, *at)).unwrap_or(0)
}

/// Whether frames follow each other without a gap, up to padding or the end.
fn chain(body: &mut Body<'_, '_>, first: usize, layout: Layout) -> bool {
    let mut position = first;
    loop {
        if !layout.fits(body, position) {
            return false;
        }
        let head = body.get(position, layout.head());
        if head.len() < layout.head() || head[0] == 0 {
            return true;
        }
        position += layout.head() + layout.size(head);
    }
}

/// Reads the frames from `position` on; returns where they end.
fn frames(body: &mut Body<'_, '_>, mut position: usize, layout: Layout, is_unsync: bool, fields: &mut Fields) -> usize {
    let mut resyncs = 0;
    loop {
        let head = body.get(position, layout.head());
        if head.len() < layout.head() || head[0] == 0 {
            return position;
        }
        let mut name = [0; 4];
        let count = if layout.version == 2 { 3 } else { 4 };
        name[..count].copy_from_slice(&head[..count]);
        let size = layout.size(head);
        let flags = if layout.version == 2 { 0 } else { be(&head[8..10]) as u16 };
        let has_name = is_name(head, layout.version);
        let content = position + layout.head();
        let next = content.saturating_add(size);
        let fits = next <= body.length();
        // A frame of a wrong name or size: the next one tells whether it ends where it says.
        if fits && (has_name || layout.fits(body, next)) && (has_name || next > content) {
            if has_name {
                let frame = Frame { name, flags, layout, is_unsync, content, size };
                read_frame(body, frame, fields);
            } else {
                fields.bad(&String::from_utf8_lossy(&name));
            }
            // A size that leads to no frame may be wrong, while the next frame is somewhere inside.
            if layout.fits(body, next) {
                position = next;
                continue;
            }
        } else {
            fields.bad(&String::from_utf8_lossy(&name));
        }
        resyncs += 1;
        match find_frame(body, content, layout).filter(|_| resyncs <= MAX_RESYNCS) {
            Some(found) => position = found,
            None => return position,
        }
    }
}

/// The next place that looks like a frame, with another frame, padding or the end behind it.
fn find_frame(body: &mut Body<'_, '_>, from: usize, layout: Layout) -> Option<usize> {
    let bytes = body.get(from, MAX_RESYNC_BYTES).to_vec();
    let length = body.length();
    let candidates = bytes.windows(layout.head()).enumerate().filter(|(_, head)| is_name(head, layout.version));
    for (offset, head) in candidates {
        let next = (from + offset + layout.head()).saturating_add(layout.size(head));
        let is_known = Key::from_frame(&head[..4], layout.version).is_some();
        if is_known && next <= length && layout.size(head) > 0 && layout.fits(body, next) {
            return Some(from + offset);
        }
    }
    None
}

/// Bytes without the zeros that unsynchronisation puts in.
pub(super) fn synchronised(bytes: &[u8]) -> Cow<'_, [u8]> {
    if !bytes.windows(2).any(|pair| pair == [0xFF, 0]) {
        return Cow::Borrowed(bytes);
    }
    let mut plain = Vec::with_capacity(bytes.len());
    let mut after_ff = false;
    for byte in bytes {
        if !(after_ff && *byte == 0) {
            plain.push(*byte);
        }
        after_ff = *byte == 0xFF;
    }
    Cow::Owned(plain)
}
