//! How long a file says that it is, where it can be believed: what is shorter has lost its end.

use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::Path;

use crate::audio::AudioSpec;
use crate::base::read::open_regular;

/// Sizes from here on are what programs write that do not know the size yet.
const UNKNOWN_SIZE: u32 = 0x7FFF_0000;
/// Chunks that are looked at.
const MOST_CHUNKS: usize = 64;

/// Playing time by the headers, seconds; none where they only let it be guessed.
pub(in crate::engine) fn promised_secs(path: &Path, spec: &AudioSpec) -> Option<f64> {
    match spec.container.as_str() {
        // What the reader says of these is never more than the file can hold.
        "wave" | "wav" => of_riff(path),
        // Of these it is an estimate by their first frames, or the place of the last page.
        "mp3" | "mpa" | "adts" | "aac" | "ogg" => None,
        _ => spec.duration_secs,
    }
}

/// The size of the samples of a WAV, by the bytes of a second that it names.
fn of_riff(path: &Path) -> Option<f64> {
    let mut file = open_regular(path).ok()?;
    let mut head = [0; 12];
    file.read_exact(&mut head).ok()?;
    if !head.starts_with(b"RIFF") || &head[8..] != b"WAVE" {
        return None;
    }
    let mut bytes_a_second = 0;
    for _ in 0..MOST_CHUNKS {
        let mut chunk = [0; 8];
        file.read_exact(&mut chunk).ok()?;
        let [a, b, c, d] = [chunk[4], chunk[5], chunk[6], chunk[7]];
        let size = u32::from_le_bytes([a, b, c, d]);
        let mut read = 0;
        match &chunk[..4] {
            b"fmt " if size >= 16 => {
                let mut format = [0; 12];
                file.read_exact(&mut format).ok()?;
                bytes_a_second = u32::from_le_bytes([format[8], format[9], format[10], format[11]]);
                read = 12;
            }
            b"data" => {
                let known = bytes_a_second > 0 && size < UNKNOWN_SIZE;
                return known.then(|| f64::from(size) / f64::from(bytes_a_second));
            }
            _ => {}
        }
        file.seek(SeekFrom::Current(i64::from(size) + i64::from(size % 2) - read)).ok()?;
    }
    None
}
