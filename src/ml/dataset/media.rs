//! What data sets need from the layers that know sound files.

use std::path::Path;

use crate::ml::dataset::levels::Levels;

/// The rate of most music.
const NATIVE_RATE_HZ: u32 = 44_100;

/// Reads sound files; the network layer itself knows no format.
pub trait Media: Sync {
    /// The whole file as mono samples in [-1, 1] at `rate_hz`, or why it cannot be had.
    ///
    /// # Errors
    /// A sentence for a person.
    fn decode(&self, path: &Path, rate_hz: u32) -> Result<Vec<f32>, String>;

    /// What networks hear of a file: all of a clip, some stretches of a long song.
    ///
    /// # Errors
    /// A sentence for a person.
    fn excerpt(&self, path: &Path, rate_hz: u32) -> Result<Vec<f32>, String> {
        self.decode(path, rate_hz)
    }

    /// The samples of the whole file as they are, before channels are mixed and rates changed.
    ///
    /// # Errors
    /// A sentence for a person.
    fn levels(&self, path: &Path) -> Result<Levels, String> {
        let mut levels = Levels::new(NATIVE_RATE_HZ, 1);
        levels.push(&self.decode(path, NATIVE_RATE_HZ)?);
        Ok(levels)
    }

    /// The artist that the file's tags name.
    fn artist(&self, path: &Path) -> Option<String>;
}
