//! One file: its hash, its tags, or what is wrong with it.

use std::fs::File;
use std::io::{self, BufReader, Cursor, Read, Seek};
use std::path::Path;

use super::hash::{self, ContentHash, WHOLE_BYTES};
use super::{FileStamp, ProbeFn, Trouble, cut_off};
use crate::library::model::ProblemKind;
use crate::library::tags::{self, SongTags, TagFailure};

/// Enough for most headers; what follows is skipped by seeking.
const BUFFER_BYTES: usize = 16 * 1024;

/// All that a scan stores of a song besides its path and stamp.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::library) struct Song {
    pub content_hash: ContentHash,
    pub tags: SongTags,
    /// 0: unknown.
    pub duration_secs: f64,
    pub format: String,
    pub playable: bool,
}

/// What came of opening a file.
#[derive(Clone, Debug)]
pub(super) struct Reading {
    /// Size and time of what was read; `None`: it must be opened again the next time.
    pub stamp: Option<FileStamp>,
    /// The song, unless the file cannot be used.
    pub song: Option<Song>,
    /// What is wrong with it; with a song too, when that is worth a remark.
    pub trouble: Option<Trouble>,
}

impl Reading {
    pub fn bad(stamp: Option<FileStamp>, trouble: Trouble) -> Self {
        Self { stamp, song: None, trouble: Some(trouble) }
    }
}

/// Reads one file.
pub(super) fn read_song(path: &Path, probe: &ProbeFn<'_>) -> Reading {
    // What the system refuses today may be allowed tomorrow without a trace in size or time: no stamp.
    let mut file = match File::open(path) {
        Ok(file) => file,
        Err(error) => return Reading::bad(None, system_trouble(&error)),
    };
    let metadata = match file.metadata() {
        Ok(metadata) => metadata,
        Err(error) => return Reading::bad(None, system_trouble(&error)),
    };
    let stamp = FileStamp::from_metadata(&metadata);
    if !metadata.is_file() {
        return Reading::bad(None, Trouble::new(ProblemKind::Other, "This is not a regular file."));
    }
    if metadata.len() == 0 {
        return Reading::bad(Some(stamp), Trouble::new(ProblemKind::Empty, "The file is empty."));
    }
    let read = if metadata.len() <= WHOLE_BYTES {
        let mut bytes = Vec::with_capacity(metadata.len() as usize);
        file.take(WHOLE_BYTES)
            .read_to_end(&mut bytes)
            .map(|_| (hash::of_bytes(&bytes), whole_song_of(path, &mut Cursor::new(&bytes), bytes.len() as u64, probe)))
    } else {
        hash::of_blocks(&mut file, metadata.len()).and_then(|content_hash| {
            file.rewind()?;
            let mut reader = BufReader::with_capacity(BUFFER_BYTES, file);
            Ok((content_hash, whole_song_of(path, &mut reader, metadata.len(), probe)))
        })
    };
    match read {
        Ok((content_hash, Ok((song, trouble)))) => {
            Reading { stamp: Some(stamp), song: Some(Song { content_hash, ..song }), trouble }
        }
        Ok((_, Err(trouble))) => {
            let transient = matches!(trouble.kind, ProblemKind::Permission | ProblemKind::Vanished);
            Reading::bad((!transient).then_some(stamp), trouble)
        }
        Err(error) => Reading::bad(None, system_trouble(&error)),
    }
}

/// As [`song_of`], with a remark when the end of the file is missing.
fn whole_song_of(
    path: &Path,
    reader: &mut (impl Read + Seek),
    length: u64,
    probe: &ProbeFn<'_>,
) -> Result<(Song, Option<Trouble>), Trouble> {
    let (song, trouble) = song_of(path, &mut *reader, probe)?;
    let cut = || {
        let message = "The file is cut off: its end is missing. What is there can be played.";
        cut_off::is_cut_off(reader, length).unwrap_or(false).then(|| Trouble::new(ProblemKind::Damaged, message))
    };
    Ok((song, trouble.or_else(cut)))
}

/// What the tag reader and, where it does not know enough, the decoder make of a file. The hash is left blank.
fn song_of(path: &Path, reader: impl Read + Seek, probe: &ProbeFn<'_>) -> Result<(Song, Option<Trouble>), Trouble> {
    let song = |tags, duration_secs: Option<f64>, format: String, playable| Song {
        content_hash: ContentHash::default(),
        tags,
        duration_secs: duration_secs.filter(|secs| secs.is_finite() && *secs > 0.0).unwrap_or(0.0),
        format,
        playable,
    };
    match tags::read(reader) {
        Ok(parsed) => {
            let trouble = parsed.remark.map(|remark| Trouble::new(ProblemKind::Other, remark));
            let known = parsed.decoder == tags::Decoder::Known && parsed.duration_secs.is_some();
            if known || parsed.decoder == tags::Decoder::None {
                let playable = parsed.decoder == tags::Decoder::Known;
                return Ok((song(parsed.tags, parsed.duration_secs, parsed.format.into(), playable), trouble));
            }
            match probe(path) {
                Ok(probed) => {
                    let duration = parsed.duration_secs.or(probed.duration_secs);
                    Ok((song(parsed.tags, duration, parsed.format.into(), probed.playable), trouble))
                }
                // A header and tags, but no sound after them.
                Err(failure) if parsed.decoder == tags::Decoder::Known => {
                    Err(Trouble::new(ProblemKind::Damaged, failure.message))
                }
                Err(_) => Ok((song(parsed.tags, parsed.duration_secs, parsed.format.into(), false), trouble)),
            }
        }
        Err(failure) => match (probe(path), failure) {
            (Ok(probed), _) => Ok((song(probed.tags, probed.duration_secs, probed.format, probed.playable), None)),
            (Err(probe), TagFailure::Unknown) => Err(Trouble::new(probe.kind, probe.message)),
            (Err(_), TagFailure::Damaged { format, reason }) => Err(Trouble::new(
                ProblemKind::Damaged,
                format!("It begins like a {format} file but is damaged or cut off: {reason}."),
            )),
            (Err(_), TagFailure::System(error)) => Err(system_trouble(&error)),
        },
    }
}

/// What the system said, for people.
pub(super) fn system_trouble(error: &io::Error) -> Trouble {
    match error.kind() {
        io::ErrorKind::NotFound => Trouble::new(ProblemKind::Vanished, "It went away while it was being read."),
        io::ErrorKind::PermissionDenied => {
            Trouble::new(ProblemKind::Permission, "Timbre is not allowed to read this file.")
        }
        _ => Trouble::new(ProblemKind::Other, format!("The system cannot read it: {error}.")),
    }
}
