//! Writes a demo piece: 16-bit WAV with tags and a cover.

use std::fs;
use std::io::{Seek as _, SeekFrom, Write as _};
use std::path::Path;

use lofty::config::WriteOptions;
use lofty::picture::{MimeType, Picture, PictureType};
use lofty::prelude::*;
use lofty::tag::{Tag, TagType};

use crate::base::fs::NewFile;

use super::score::Piece;
use super::{DEMO_RATE_HZ, DemoError};

/// Writes the piece beside its place and renames it there when it is whole.
pub(super) fn piece(path: &Path, piece: &Piece, samples: &[f32], cover_png: &[u8]) -> Result<(), DemoError> {
    let io = |source| DemoError::Io { path: path.to_path_buf(), source };
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(io)?;
    }
    let mut file = NewFile::create(path).map_err(io)?;
    file.as_file_mut().write_all(&wav(samples)).map_err(io)?;
    let mut tag = Tag::new(TagType::Id3v2);
    tag.set_title(piece.title.to_owned());
    tag.set_artist(piece.artist.to_owned());
    tag.set_album(piece.album.to_owned());
    tag.set_genre(piece.genre.to_owned());
    tag.insert_text(ItemKey::RecordingDate, piece.year.to_string());
    let cover = Picture::unchecked(cover_png.to_vec()).pic_type(PictureType::CoverFront).mime_type(MimeType::Png);
    tag.push_picture(cover.build());
    // The name does not say what it is yet, so the content has to.
    file.as_file_mut().seek(SeekFrom::Start(0)).map_err(io)?;
    tag.save_to(file.as_file_mut(), WriteOptions::default())
        .map_err(|source| DemoError::Tag { path: path.to_path_buf(), source })?;
    file.keep().map_err(io)
}

/// A canonical WAV file: 44 bytes of header, then 16-bit mono samples.
fn wav(samples: &[f32]) -> Vec<u8> {
    let data_bytes = samples.len() as u32 * 2;
    let mut bytes = Vec::with_capacity(44 + data_bytes as usize);
    bytes.extend_from_slice(b"RIFF");
    bytes.extend_from_slice(&(36 + data_bytes).to_le_bytes());
    bytes.extend_from_slice(b"WAVEfmt ");
    bytes.extend_from_slice(&16_u32.to_le_bytes());
    bytes.extend_from_slice(&1_u16.to_le_bytes());
    bytes.extend_from_slice(&1_u16.to_le_bytes());
    bytes.extend_from_slice(&DEMO_RATE_HZ.to_le_bytes());
    bytes.extend_from_slice(&(DEMO_RATE_HZ * 2).to_le_bytes());
    bytes.extend_from_slice(&2_u16.to_le_bytes());
    bytes.extend_from_slice(&16_u16.to_le_bytes());
    bytes.extend_from_slice(b"data");
    bytes.extend_from_slice(&data_bytes.to_le_bytes());
    for sample in samples {
        bytes.extend_from_slice(&((sample.clamp(-1.0, 1.0) * 32767.0) as i16).to_le_bytes());
    }
    bytes
}
