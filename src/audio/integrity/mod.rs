//! Whether a file is whole: checksums, gaps and missing ends, found without decoding.
//!
//! Formats with checksums are checked by them (FLAC, everything in Ogg); in others a hole shows where frames should be and
//! are not. The whole file is read once, from start to end.

mod adts;
mod flac;
mod mpeg;
mod ogg;
mod packets;

use std::path::Path;

use super::container;
use super::error::AudioError;
use super::formats::window::Window;
use super::reader::AudioReader;
use super::source::GuardedFile;
use crate::base::CancelToken;

/// Places that are kept; all are counted.
const MOST_PLACES: usize = 16;
/// After this many places a file is not looked at any further.
const TOO_MANY: u32 = 10_000;

/// One place where a file is damaged.
#[derive(Clone, Debug, PartialEq)]
pub struct Damage {
    /// Where, seconds from the start; as near as can be told.
    pub at_secs: f64,
    /// What is wrong there, as part of a sentence.
    pub what: &'static str,
}

/// What a check found.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Checked {
    /// The first places, in order.
    pub damage: Vec<Damage>,
    /// All places.
    pub places: u32,
    /// The playing time that was counted, seconds, where the file itself may say another one.
    pub duration_secs: Option<f64>,
    /// Streams one after the other; more than one in a chained file.
    pub links: u32,
    /// All samples were decoded, and are not those of which the file keeps a checksum.
    pub wrong_sum: bool,
}

impl Checked {
    /// Keeps a place; false when there are too many.
    fn add(&mut self, at_secs: f64, what: &'static str) -> bool {
        self.places += 1;
        if self.damage.len() < MOST_PLACES {
            self.damage.push(Damage { at_secs: at_secs.max(0.0), what });
        }
        self.places < TOO_MANY
    }

    /// One sentence for people; `None` when nothing is wrong.
    pub fn note(&self) -> Option<String> {
        let Some(first) = self.damage.first() else {
            return self.wrong_sum.then(|| "the sound is not what the file's checksum promises".to_owned());
        };
        let more = match self.places {
            0 | 1 => String::new(),
            places => format!(", and at {} more places", places - 1),
        };
        Some(format!("damaged at {}: {}{more}", clock(first.at_secs), first.what))
    }
}

/// Minutes and seconds.
pub(super) fn clock(secs: f64) -> String {
    let whole = secs.max(0.0) as u64;
    format!("{}:{:02}", whole / 60, whole % 60)
}

/// Reads a file from start to end and tells what is wrong with it. Formats in which nothing can be told are always whole.
///
/// # Errors
/// As [`AudioReader::open_with`].
pub fn check(path: &Path, cancel: &CancelToken) -> Result<Checked, AudioError> {
    let container = AudioReader::open_with(path, cancel)?.spec().container.clone();
    check_container(path, &container, cancel)
}

/// What is wrong with a file, after `reader` has read all of it: one sentence for people, `None` when nothing is. A reader that
/// was opened by [`AudioReader::open_verified`] also tells a wrong checksum of the sound.
///
/// # Errors
/// As [`AudioReader::open_with`].
pub fn note_of_whole(reader: &mut AudioReader, cancel: &CancelToken) -> Result<Option<String>, AudioError> {
    let mut checked = check_container(reader.path(), &reader.spec().container, cancel)?;
    if let Some((at_secs, what)) = reader.met().filter(|_| checked.places == 0) {
        checked.add(at_secs, what);
    }
    checked.wrong_sum = reader.sum_is_wrong();
    Ok(checked.note())
}

/// [`check`] of a file whose container is known by its short name.
pub(super) fn check_container(path: &Path, container: &str, cancel: &CancelToken) -> Result<Checked, AudioError> {
    if matches!(container, "isomp4" | "matroska") {
        return packets::check(path, cancel);
    }
    let is_checked = matches!(container, "flac" | "ogg" | "mp3" | "mp2" | "mp1" | "aac");
    if !is_checked {
        return Ok(Checked::default());
    }
    let (mut file, guard) = GuardedFile::open(path, cancel)?;
    // Whatever the file, it is read once, and what is looked at twice is little.
    let len = std::fs::metadata(path).map_err(|error| AudioError::from_io(path, error))?.len();
    guard.allow(len.saturating_mul(3).saturating_add(1 << 20));
    let mut run = || -> std::io::Result<Checked> {
        let start = container::skip_leading_tags(&mut file, len)?;
        let mut bytes = Bytes { window: Window::new(&mut file), start, end: len };
        match container {
            "flac" => flac::check(&mut bytes),
            "ogg" => ogg::check(&mut bytes),
            "aac" => adts::check(&mut bytes),
            _ => mpeg::check(bytes),
        }
    };
    let checked = run();
    match checked {
        Err(_) if guard.is_cancelled() => Err(AudioError::Cancelled { path: path.to_path_buf() }),
        Err(error) if guard.is_exhausted() => {
            tracing::debug!("checking {}: {error}", path.display());
            Ok(Checked::default())
        }
        Err(error) => Err(AudioError::from_io(path, error)),
        Ok(checked) => Ok(checked),
    }
}

/// The sound of a file: a window on it, and where it begins and ends.
struct Bytes<R> {
    window: Window<R>,
    start: u64,
    end: u64,
}

/// A table for a checksum of 32 bits, highest bit first.
const fn table(polynomial: u32) -> [u32; 256] {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let mut value = (byte as u32) << 24;
        let mut bit = 0;
        while bit < 8 {
            value = if value & 0x8000_0000 != 0 { value << 1 ^ polynomial } else { value << 1 };
            bit += 1;
        }
        table[byte] = value;
        byte += 1;
    }
    table
}
