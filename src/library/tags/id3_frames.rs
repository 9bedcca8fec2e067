//! What is in the frames of ID3v2.

use std::borrow::Cow;
use std::io::Read as _;

use flate2::read::ZlibDecoder;

use super::fields::{Fields, Key};
use super::id3::{Body, Layout, synchronised};
use super::texts::{latin1, utf8, utf16};

/// The most that is read of a frame that holds a text, in bytes.
const MAX_TEXT_BYTES: usize = 64 * 1024;
/// What a frame holds besides the picture in it, at most, in bytes.
const PICTURE_HEAD_BYTES: usize = 4096;
/// The picture that is a front cover.
const FRONT_COVER: u8 = 3;

/// Where a frame is and how it is packed.
pub(super) struct Frame {
    pub name: [u8; 4],
    pub flags: u16,
    pub layout: Layout,
    /// The tag says that all frames are unsynchronised one by one.
    pub is_unsync: bool,
    pub content: usize,
    pub size: usize,
}

/// What kind of content a frame of use has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Values of a field, separated by zeros.
    Text(Key),
    Comment,
    UserText,
    Identifier,
    Popularity,
    Picture,
}

impl Key {
    /// What the frame of that name holds; `None`: nothing of use.
    pub fn from_frame(name: &[u8], version: u8) -> Option<Kind> {
        let is_old = version == 2 || name.get(3) == Some(&0);
        let name = if is_old { name.get(..3)? } else { name };
        Some(match name {
            b"TIT2" | b"TT2" => Kind::Text(Self::Title),
            b"TPE1" | b"TP1" => Kind::Text(Self::Artist),
            b"TALB" | b"TAL" => Kind::Text(Self::Album),
            b"TPE2" | b"TP2" => Kind::Text(Self::AlbumArtist),
            b"TPOS" | b"TPA" => Kind::Text(Self::Disc),
            b"TRCK" | b"TRK" => Kind::Text(Self::Track),
            b"TCMP" | b"TCP" => Kind::Text(Self::Compilation),
            b"TDRC" | b"TYER" | b"TYE" => Kind::Text(Self::Date),
            b"TDRL" => Kind::Text(Self::ReleaseDate),
            b"TDOR" | b"TORY" | b"TOR" => Kind::Text(Self::OriginalDate),
            b"TCOM" | b"TCM" => Kind::Text(Self::Composer),
            b"TCON" | b"TCO" => Kind::Text(Self::Genre),
            b"TSOT" | b"TST" | b"XSOT" => Kind::Text(Self::TitleSort),
            b"TSOP" | b"TSP" | b"XSOP" => Kind::Text(Self::ArtistSort),
            b"TSOA" | b"TSA" | b"XSOA" => Kind::Text(Self::AlbumSort),
            b"TSO2" | b"TS2" => Kind::Text(Self::AlbumArtistSort),
            b"TBPM" | b"TBP" => Kind::Text(Self::Bpm),
            b"TKEY" | b"TKE" => Kind::Text(Self::Tonality),
            b"COMM" | b"COM" => Kind::Comment,
            b"TXXX" | b"TXX" => Kind::UserText,
            b"UFID" | b"UFI" => Kind::Identifier,
            b"POPM" | b"POP" => Kind::Popularity,
            b"APIC" | b"PIC" => Kind::Picture,
            _ => return None,
        })
    }
}

/// Reads one frame, if it holds anything that is still wanted.
pub(super) fn read_frame(body: &mut Body<'_, '_>, frame: Frame, fields: &mut Fields) {
    let Some(kind) = Key::from_frame(&frame.name, frame.layout.version) else { return };
    let limit = match kind {
        Kind::Text(key) if !fields.wants(key) => return,
        Kind::Comment if !fields.wants(Key::Comment) => return,
        Kind::Popularity if !fields.wants(Key::Rating) => return,
        // The first bytes tell what kind of picture it is, but it may be packed: every picture is looked at.
        Kind::Picture => match fields.picture_limit(true) {
            Some(limit) => limit + PICTURE_HEAD_BYTES,
            None => return,
        },
        _ => MAX_TEXT_BYTES,
    };
    if frame.size == 0 {
        return;
    }
    let is_picture = kind == Kind::Picture;
    let is_read = content(body, &frame, limit, is_picture, fields)
        .is_some_and(|bytes| understand(kind, &bytes, frame.layout.version, fields));
    if !is_read {
        fields.bad(String::from_utf8_lossy(&frame.name).trim_end_matches('\0'));
    }
}

/// The content of a frame, unpacked; `None` when that cannot be done.
fn content(
    body: &mut Body<'_, '_>,
    frame: &Frame,
    limit: usize,
    is_picture: bool,
    fields: &mut Fields,
) -> Option<Vec<u8>> {
    let (is_packed, is_encrypted, is_grouped, has_length, is_unsync) = match frame.layout.version {
        2 => (false, false, false, false, false),
        3 => {
            (frame.flags & 0x80 != 0, frame.flags & 0x40 != 0, frame.flags & 0x20 != 0, frame.flags & 0x80 != 0, false)
        }
        _ => (
            frame.flags & 0x08 != 0,
            frame.flags & 0x04 != 0,
            frame.flags & 0x40 != 0,
            frame.flags & 0x01 != 0,
            frame.flags & 0x02 != 0 || frame.is_unsync,
        ),
    };
    if is_encrypted {
        return None;
    }
    if is_picture && frame.size > 2 * limit {
        // Larger than what is wanted; that is nobody's fault.
        return Some(Vec::new());
    }
    // What is packed or unsynchronised takes at most twice its size, and a text is not worth more.
    let take = if is_packed || is_unsync { limit.saturating_mul(if is_packed { 64 } else { 2 }) } else { limit };
    let raw = body.get(frame.content, frame.size.min(take));
    let raw = if is_unsync { synchronised(raw) } else { Cow::Borrowed(raw) };
    let extra = usize::from(is_grouped) + if has_length { 4 } else { 0 };
    let raw = raw.get(extra..)?;
    if !is_packed {
        return Some(raw[..raw.len().min(limit)].to_vec());
    }
    let limit = if is_picture { limit } else { limit.min(fields.unpack_left) };
    let mut bytes = Vec::new();
    let unpacked = ZlibDecoder::new(raw).take(limit as u64).read_to_end(&mut bytes);
    fields.unpack_left = fields.unpack_left.saturating_sub(if is_picture { 0 } else { bytes.len() });
    // What came out before the stream broke is not to be trusted.
    (unpacked.is_ok() && bytes.len() < limit).then_some(bytes)
}

/// Adds what a frame says; whether it could be understood.
fn understand(kind: Kind, bytes: &[u8], version: u8, fields: &mut Fields) -> bool {
    match kind {
        Kind::Text(key) => match bytes.split_first() {
            Some((encoding, text)) => match decode(*encoding, text) {
                Some(text) => {
                    fields.add_all(key, &text);
                    true
                }
                None => false,
            },
            None => true,
        },
        Kind::Comment => comment(bytes, fields).is_some(),
        Kind::UserText => user_text(bytes, fields).is_some(),
        Kind::Identifier => {
            let Some((owner, identifier)) = split(0, bytes) else { return false };
            if owner == b"http://musicbrainz.org" {
                fields.add(Key::MusicbrainzRecording, &latin1(identifier));
            }
            true
        }
        Kind::Popularity => match split(0, bytes) {
            Some((_, [stars, ..])) => {
                if let Some(rating) = popularity(*stars) {
                    fields.add(Key::Rating, &rating.to_string());
                }
                true
            }
            _ => false,
        },
        Kind::Picture => bytes.is_empty() || picture(bytes, version, fields).is_some(),
    }
}

/// A text in one of the four encodings; `None` when it is in none, or nothing of it is good.
fn decode(encoding: u8, bytes: &[u8]) -> Option<String> {
    let text = match encoding {
        0 => latin1(bytes),
        1 => utf16(bytes, false),
        2 => utf16(bytes, true),
        3 => utf8(bytes),
        _ => return None,
    };
    let is_bad = text.contains(char::REPLACEMENT_CHARACTER)
        && text.chars().all(|c| c == char::REPLACEMENT_CHARACTER || c.is_control() || c == ' ');
    (!is_bad).then_some(text)
}

/// Splits at the first end mark of a text in that encoding. Without one there is no second part.
fn split(encoding: u8, bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    if matches!(encoding, 1 | 2) {
        let end = bytes.chunks_exact(2).position(|pair| pair == [0, 0])? * 2;
        return Some((&bytes[..end], &bytes[end + 2..]));
    }
    let end = bytes.iter().position(|byte| *byte == 0)?;
    Some((&bytes[..end], &bytes[end + 1..]))
}

/// Encoding, language, description, text.
fn comment(bytes: &[u8], fields: &mut Fields) -> Option<()> {
    let encoding = *bytes.first()?;
    let (description, text) = split(encoding, bytes.get(4..)?)?;
    let description = decode(encoding, description)?;
    // iTunes keeps numbers there; other descriptions name other things than a comment.
    let plain = description.trim_matches(['\0', '\u{FEFF}', ' ']);
    let text = decode(encoding, text)?;
    if plain.is_empty() || plain.eq_ignore_ascii_case("comment") || plain.eq_ignore_ascii_case("description") {
        fields.add(Key::Comment, &text);
    }
    Some(())
}

/// Encoding, description, text.
fn user_text(bytes: &[u8], fields: &mut Fields) -> Option<()> {
    let (encoding, rest) = bytes.split_first()?;
    let (name, text) = split(*encoding, rest)?;
    // Few of the names are of use, and none of those is long or has letters beyond ASCII.
    let plain = || std::str::from_utf8(name).ok().and_then(Key::from_name);
    let key = match encoding {
        _ if name.len() > 128 => None,
        0 | 3 => plain(),
        _ => decode(*encoding, name).as_deref().and_then(Key::from_name),
    };
    if let Some(key) = key
        && fields.wants(key)
    {
        fields.add_all(key, &decode(*encoding, text)?);
    }
    Some(())
}

/// Windows' scale of 1 to 255 in steps of 0 to 100; 0 is not rated.
fn popularity(stars: u8) -> Option<u8> {
    Some(match stars {
        0 => return None,
        1..=31 => 20,
        32..=95 => 40,
        96..=159 => 60,
        160..=223 => 80,
        224..=255 => 100,
    })
}

/// Encoding, kind of file, kind of picture, description, the picture.
fn picture(bytes: &[u8], version: u8, fields: &mut Fields) -> Option<()> {
    let (encoding, rest) = bytes.split_first()?;
    // v2.2 has three letters for the kind of file.
    let rest = if version == 2 { rest.get(3..)? } else { split(0, rest)?.1 };
    let (kind, rest) = rest.split_first()?;
    let (_, data) = split(*encoding, rest)?;
    fields.add_picture(*kind == FRONT_COVER, data);
    Some(())
}
