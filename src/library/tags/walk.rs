//! Which readers a file gets: its content decides.

use super::ends::{self, Ends, Tag};
use super::fields::Fields;
use super::input::{Input, le};
use super::{asf, chunks, matroska, mp4, vorbis};

/// Who tells the playing time of what was found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Container {
    /// Lofty.
    Known,
    /// The decoder alone.
    Foreign,
    /// The header, in seconds.
    Wma(Option<f64>),
    /// The header of that format is not all there.
    CutOff(&'static str),
    Dsf(Option<f64>),
    Tta(Option<f64>),
}

/// What a file is, and where it is without the tags around it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Found {
    pub container: Container,
    pub start: u64,
    pub end: u64,
}

/// Reads all tags of a file, the best first.
pub(super) fn read(input: &mut Input<'_>, fields: &mut Fields) -> Found {
    let ends = ends::find(input);
    let start = ends.start;
    let magic: Vec<u8> = input.get(start, 16).to_vec();
    // Containers end where the file does; what is behind other sound is not part of it.
    let is_container = matches!(&magic[..], [b'f', b'L', b'a', b'C', ..] | [b'O', b'g', b'g', b'S', ..])
        || matches!(&magic[..], [b'R', b'I', b'F', b'F', ..] | [b'F', b'O', b'R', b'M', ..])
        || magic.get(4..8) == Some(b"ftyp");
    let end = if is_container { input.length } else { ends.end };
    let found = Found { container: Container::Known, start, end };
    let found = match &magic[..] {
        [b'f', b'L', b'a', b'C', ..] => {
            vorbis::flac(input, start, fields);
            found
        }
        [b'O', b'g', b'g', b'S', ..] => {
            vorbis::ogg(input, start, fields);
            let head = input.get(start, 64);
            let begins = |name: &[u8]| head.windows(name.len()).any(|bytes| bytes == name);
            let is_known = begins(b"\x01vorbis") || begins(b"OpusHead") || begins(b"Speex   ");
            if is_known { found } else { Found { container: Container::Foreign, ..found } }
        }
        [b'R', b'I', b'F', b'F', ..] | [b'R', b'F', b'6', b'4', ..] | [b'B', b'W', b'6', b'4', ..] => {
            chunks::riff(input, start, fields);
            let is_wav = magic.starts_with(b"RIFF") && magic.get(8..12) == Some(b"WAVE");
            if is_wav { found } else { Found { container: Container::Foreign, ..found } }
        }
        [b'F', b'O', b'R', b'M', ..] => {
            chunks::aiff(input, start, fields);
            let is_aiff = matches!(magic.get(8..12), Some(b"AIFF" | b"AIFC"));
            if is_aiff { found } else { Found { container: Container::Foreign, ..found } }
        }
        [b'r', b'i', b'f', b'f', 0x2E, 0x91, ..] => {
            chunks::wave64(input, start, fields);
            Found { container: Container::Foreign, ..found }
        }
        [b'F', b'R', b'M', b'8', ..] => {
            chunks::dsdiff(input, start, fields);
            Found { container: Container::Foreign, ..found }
        }
        [b'D', b'S', b'D', b' ', ..] => {
            chunks::dsf(input, start, fields);
            Found { container: Container::Dsf(chunks::dsf_secs(input, start)), ..found }
        }
        [b'c', b'a', b'f', b'f', ..] => {
            chunks::caf(input, start, fields);
            Found { container: Container::Foreign, ..found }
        }
        [b'.', b's', b'n', b'd', ..] => {
            chunks::au(input, start, fields);
            Found { container: Container::Foreign, ..found }
        }
        [0x1A, 0x45, 0xDF, 0xA3, ..] => {
            matroska::read(input, start, fields);
            Found { container: Container::Foreign, ..found }
        }
        [_, _, _, _, b'f', b't', b'y', b'p', ..] => {
            mp4::read(input, start, fields);
            found
        }
        _ if magic.starts_with(&asf::MAGIC) => match asf::read(input, start, fields) {
            Some(secs) => Found { container: Container::Wma(secs), ..found },
            None => Found { container: Container::CutOff("WMA"), ..found },
        },
        [b'T', b'T', b'A', b'1', ..] => {
            let secs = input.exact(start, 18).and_then(|head| {
                let (rate, samples) = (le(&head[10..14]), le(&head[14..18]));
                (rate > 0).then(|| samples as f64 / rate as f64)
            });
            Found { container: Container::Tta(secs), ..found }
        }
        [b'P', b'K', 3, 4, ..] | [b'%', b'P', b'D', b'F', ..] => Found { container: Container::Foreign, ..found },
        _ => found,
    };
    around(input, &ends, &magic, fields);
    found
}

/// The tags around the sound: what the container itself says comes before them.
fn around(input: &mut Input<'_>, ends: &Ends, magic: &[u8], fields: &mut Fields) {
    // These formats have APE tags by right.
    let likes_ape = matches!(magic, [b'w', b'v', b'p', b'k', ..] | [b'M', b'P', ..] | [b'M', b'A', b'C', ..]);
    let rank = |tag: &Tag| match tag {
        Tag::Ape { .. } if likes_ape => 0,
        Tag::Id3v2 { .. } => 1,
        Tag::Ape { .. } => 2,
        Tag::Id3v1 { .. } => 3,
    };
    let mut tags: Vec<Tag> = ends.leading.iter().chain(&ends.trailing).copied().collect();
    tags.sort_by_key(rank);
    for tag in tags {
        fields.next_tag();
        ends::read(input, tag, fields);
    }
}
