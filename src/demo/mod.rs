//! The built-in demo collection: short pieces that this program composes, plays on its own synthesiser, tags, and gives
//! covers, so that everything can be tried without owning a single song. No sound in it comes from elsewhere.

mod cover;
mod pieces;
mod score;
mod synth;
mod write;

use std::path::{Path, PathBuf};

use crate::base::CancelToken;

use pieces::PIECES;

/// Samples per second of the demo pieces.
pub const DEMO_RATE_HZ: u32 = 22_050;

/// Why the demo collection could not be made.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// Stopped as asked.
    #[error("stopped")]
    Cancelled,
    /// A file could not be written.
    #[error("the demo collection cannot be written; check that the place has room: {path}")]
    Io {
        /// Which file or folder.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// A tag could not be written.
    #[error("a demo piece could not be tagged: {path}")]
    Tag {
        /// Which file.
        path: PathBuf,
        /// What the tag writer says.
        source: lofty::error::FileEncodingError,
    },
    /// A cover could not be drawn.
    #[error("a demo cover could not be drawn")]
    Cover(#[from] image::ImageError),
}

/// Number of pieces.
pub fn piece_count() -> usize {
    PIECES.len()
}

/// Makes the collection in `folder`: `artist/title.wav`, each with tags and a cover. A piece that is there already stays.
/// `progress` hears how many are done.
///
/// # Errors
/// When a file cannot be written, or `cancel` says stop; pieces are whole or absent.
pub fn make(folder: &Path, cancel: &CancelToken, mut progress: impl FnMut(usize, &str)) -> Result<(), DemoError> {
    for (index, piece) in PIECES.iter().enumerate() {
        if cancel.is_cancelled() {
            return Err(DemoError::Cancelled);
        }
        progress(index, piece.title);
        let path = folder.join(piece.artist).join(format!("{}.wav", piece.title));
        if !path.exists() {
            let seed = index as u32 + 1;
            write::piece(&path, piece, &synth::render(piece, seed), &cover::draw(seed)?)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_have_distinct_files_and_audible_unclipped_sound() {
        let mut names: Vec<_> = PIECES.iter().map(|piece| (piece.artist, piece.title)).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), PIECES.len());
        assert!((20..=30).contains(&PIECES.len()));
        for (index, piece) in PIECES.iter().enumerate().step_by(5) {
            let samples = synth::render(piece, index as u32 + 1);
            let secs = samples.len() as f64 / f64::from(DEMO_RATE_HZ);
            assert!((8.0..30.0).contains(&secs), "{}: {secs} s", piece.title);
            let peak = samples.iter().fold(0.0_f32, |peak, sample| peak.max(sample.abs()));
            assert!((0.3..=1.0).contains(&peak), "{}: peak {peak}", piece.title);
            let power = samples.iter().map(|sample| f64::from(*sample).powi(2)).sum::<f64>() / samples.len() as f64;
            assert!(power.sqrt() > 0.01, "{}: rms {}", piece.title, power.sqrt());
        }
    }

    #[test]
    fn the_same_piece_sounds_the_same_every_time() {
        assert_eq!(synth::render(&PIECES[0], 1), synth::render(&PIECES[0], 1));
    }

    #[test]
    fn made_files_carry_tags_and_cover() {
        use lofty::prelude::*;
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a/b.wav");
        let piece = &PIECES[0];
        write::piece(&path, piece, &[0.0, 0.5, -0.5], &cover::draw(1).unwrap()).unwrap();
        let file = lofty::read_from_path(&path).unwrap();
        let tag = file.primary_tag().unwrap();
        assert_eq!(tag.title().as_deref(), Some(piece.title));
        assert_eq!(tag.artist().as_deref(), Some(piece.artist));
        assert_eq!(tag.pictures().len(), 1);
        assert_eq!(file.properties().sample_rate(), Some(DEMO_RATE_HZ));
    }
}
