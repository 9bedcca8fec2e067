//! What a file's tags say about its loudness (ReplayGain 2.0; RFC 7845 section 5.2.1 for Opus).

use std::io::{self, BufReader};
use std::path::Path;

use crate::base::read::open_regular;
use crate::library::tags;

/// Gains that bring a song to the reference loudness of ReplayGain 2.0, -18 LUFS.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct LoudnessTags {
    /// For the song by itself, dB.
    pub track_gain_db: Option<f32>,
    /// The song's largest absolute sample, 1 is full scale.
    pub track_peak: Option<f32>,
    /// For the album as a whole, dB.
    pub album_gain_db: Option<f32>,
    /// The album's largest absolute sample.
    pub album_peak: Option<f32>,
}

/// Reads the loudness tags of a file.
///
/// # Errors
/// When the file cannot be opened. A broken tag counts as none.
pub fn loudness_tags(path: &Path) -> io::Result<LoudnessTags> {
    Ok(tags::loudness(BufReader::new(open_regular(path)?)).unwrap_or_default())
}

/// `-6.54 dB` or `+3` as a number; gains beyond 60 dB are not believed.
pub(super) fn gain(text: &str) -> Option<f32> {
    let number = text.trim().trim_end_matches(['d', 'D', 'b', 'B', ' ']);
    number.trim_start_matches('+').parse().ok().filter(|gain: &f32| gain.abs() <= 60.0)
}

/// A peak: above 0 and not absurd.
pub(super) fn peak(text: &str) -> Option<f32> {
    text.trim().parse().ok().filter(|peak: &f32| *peak > 0.0 && *peak <= 100.0)
}

/// Opus gives 1/256 dB towards -23 LUFS.
pub(super) fn r128_gain(text: &str) -> Option<f32> {
    text.trim().parse().ok().map(|steps: i16| f32::from(steps) / 256.0 + 5.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gains_are_understood_as_people_write_them() {
        assert_eq!(gain("-6.54 dB"), Some(-6.54));
        assert_eq!(gain("+3 DB"), Some(3.0));
        assert_eq!(gain(" 0.0"), Some(0.0));
        assert_eq!(gain("1e9 dB"), None);
        assert_eq!(gain("loud"), None);
        assert_eq!(gain("NaN"), None);
        assert_eq!(peak("0.98"), Some(0.98));
        assert_eq!(peak("0"), None);
        assert_eq!(r128_gain("-1280"), Some(0.0));
        assert_eq!(r128_gain("99999"), None);
    }
}
