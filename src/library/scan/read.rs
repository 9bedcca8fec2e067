//! One file: its sound key, its tags, or what is wrong with it.

use std::fs::File;
use std::io::{self, BufReader, Cursor, Read, Seek};
use std::path::Path;

use super::v1_hash::v1_hash;
use super::{ProbeFn, Trouble, cut_off};
use crate::library::model::ProblemKind;
use crate::library::sound_key::{self, SoundKey};
use crate::library::stamp::FileStamp;
use crate::library::stamp::inode;
use crate::library::tags::{self, SongTags, TagFailure, Unread};

/// Files up to this size are read into memory once, for the sound key and the tags.
const WHOLE_BYTES: u64 = 256 * 1024;
/// Enough for most headers; what follows is skipped by seeking.
const BUFFER_BYTES: usize = 16 * 1024;

/// All that a scan stores of a song besides its path and stamp.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::library) struct Song {
    pub sound_key: SoundKey,
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
    /// 0: unknown.
    pub inode: i64,
    /// What version 1 would know it by, where that was wanted.
    pub v1_hash: Option<[u8; 16]>,
    /// The song, unless the file cannot be used.
    pub song: Option<Song>,
    /// What is wrong with it; with a song too, when that is worth a remark.
    pub trouble: Option<Trouble>,
}

impl Reading {
    pub fn bad(stamp: Option<FileStamp>, trouble: Trouble) -> Self {
        Self { stamp, inode: 0, v1_hash: None, song: None, trouble: Some(trouble) }
    }
}

/// Reads one file. `wants_v1` tells for which sizes the hash of version 1 is needed.
pub(super) fn read_song(path: &Path, probe: &ProbeFn<'_>, wants_v1: &dyn Fn(u64) -> bool) -> Reading {
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
    let length = metadata.len();
    let wants_v1 = wants_v1(length);
    let read = if length <= WHOLE_BYTES {
        let mut bytes = Vec::with_capacity(length as usize);
        file.take(WHOLE_BYTES).read_to_end(&mut bytes).and_then(|_| {
            let length = bytes.len() as u64;
            let mut content = Cursor::new(bytes);
            let keys = keys(&mut content, length, wants_v1)?;
            Ok((keys, whole_song_of(path, &mut content, length, probe)))
        })
    } else {
        // Keys read here and there, a few bytes or whole blocks: a buffer would only read more than is needed.
        keys(&mut file, length, wants_v1)
            .map(|keys| (keys, whole_song_of(path, &mut BufReader::with_capacity(BUFFER_BYTES, file), length, probe)))
    };
    match read {
        Ok(((sound_key, v1_hash), Ok((song, trouble)))) => Reading {
            stamp: Some(stamp),
            inode: inode(&metadata),
            v1_hash,
            song: Some(Song { sound_key, ..song }),
            trouble,
        },
        Ok((_, Err(trouble))) => {
            let transient = matches!(trouble.kind, ProblemKind::Permission | ProblemKind::Vanished);
            Reading::bad((!transient).then_some(stamp), trouble)
        }
        Err(error) => Reading::bad(None, system_trouble(&error)),
    }
}

/// The sound key of a file, and its hash of version 1 where that is wanted. The reader stands at the beginning afterwards.
fn keys(reader: &mut (impl Read + Seek), length: u64, wants_v1: bool) -> io::Result<(SoundKey, Option<[u8; 16]>)> {
    let sound_key = sound_key::of_reader(reader, length)?;
    let v1_hash = if wants_v1 { Some(v1_hash(reader, length)?) } else { None };
    reader.rewind()?;
    Ok((sound_key, v1_hash))
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

/// What the tag reader and, where it does not know enough, the decoder make of a file. The key is left blank.
fn song_of(path: &Path, reader: impl Read + Seek, probe: &ProbeFn<'_>) -> Result<(Song, Option<Trouble>), Trouble> {
    let song = |tags, duration_secs: Option<f64>, format: String, playable| Song {
        sound_key: SoundKey::default(),
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
        Err(Unread { failure, tags }) => match (probe(path), failure) {
            (Ok(probed), _) => {
                let tags = if tags.is_empty() { probed.tags } else { *tags };
                Ok((song(tags, probed.duration_secs, probed.format, probed.playable), None))
            }
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
