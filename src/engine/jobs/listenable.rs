//! Whether there is anything in a song that a network could judge. Networks have an answer to everything, also to silence.

use crate::audio::DecodedWindows;
use crate::dsp::stft::{Framing, Stft};
use crate::dsp::window::hann_periodic;

/// Less sound than this says nothing, seconds.
const SHORTEST_SECS: f64 = 3.0;
/// Rounding of decoders and resamplers.
const ROUNDING_SECS: f64 = 0.05;
/// Root mean square below which a moment is silent: -80 dB of full scale.
const SILENT: f64 = 1e-4;
/// How long a moment is.
const BLOCK_SECS: f64 = 0.1;
/// With less sound than this a song is silent.
const LEAST_SOUND_SECS: f64 = 1.0;
/// More samples than this share are no numbers: something went wrong when the file was made.
const NOT_NUMBERS: f64 = 0.02;
/// Sound whose bands change by less than this (standard deviation, dB) is a tone or noise. Of music, five is little.
const STEADY_DB: f64 = 1.0;
/// Samples of a spectrum.
const FRAME: usize = 2048;
/// Spectra that are taken together: about half a second.
const GROUP: usize = 4;
/// Half seconds that are needed to call a sound steady.
const FEWEST_GROUPS: usize = 4;
/// Bands: octaves from the fourth bin on.
const BANDS: usize = 8;

/// Why this sound gets no genre; `None` when it may be music.
pub(super) fn why_not(found: &DecodedWindows, rate_hz: u32) -> Option<String> {
    let secs = found.heard_secs.min(found.duration_secs.unwrap_or(f64::INFINITY));
    if secs < SHORTEST_SECS - ROUNDING_SECS {
        return Some(format!("no genre: it lasts {secs:.1} seconds, and a genre needs at least {SHORTEST_SECS}"));
    }
    if found.not_numbers as f64 > NOT_NUMBERS * found.heard_secs * f64::from(rate_hz) {
        return Some("no genre: many of its samples are not numbers".to_owned());
    }
    let sounding_secs = sounding_secs(&found.windows, rate_hz);
    if sounding_secs < LEAST_SOUND_SECS {
        return Some("no genre: it is silent".to_owned());
    }
    is_steady(&found.windows).then(|| "no genre: it is one steady tone or noise from start to end".to_owned())
}

/// Seconds in which there is sound. A constant offset is none, nor are the steps at its ends, which last a moment.
fn sounding_secs(windows: &[Vec<f32>], rate_hz: u32) -> f64 {
    let block = (f64::from(rate_hz) * BLOCK_SECS).round().max(1.0) as usize;
    let sounds = |block: &&[f32]| {
        let count = block.len() as f64;
        let mean = block.iter().map(|sample| f64::from(*sample)).sum::<f64>() / count;
        let power = block.iter().map(|sample| (f64::from(*sample) - mean).powi(2)).sum::<f64>() / count;
        power.sqrt() >= SILENT
    };
    windows.iter().map(|window| window.chunks_exact(block).filter(sounds).count() as f64 * BLOCK_SECS).sum()
}

/// Whether the sound is the same all the time. Bands count by their power.
fn is_steady(windows: &[Vec<f32>]) -> bool {
    let stft = Stft::new(FRAME, hann_periodic(FRAME), FRAME, Framing::Inside);
    let mut groups: Vec<[f64; BANDS]> = Vec::new();
    for window in windows {
        let mut group = [0.0; BANDS];
        stft.for_each_power(window, |frame, bins| {
            for (band, sum) in group.iter_mut().enumerate() {
                let from = 4 << band;
                *sum += bins.iter().skip(from).take(from).map(|power| f64::from(*power)).sum::<f64>();
            }
            if frame % GROUP == GROUP - 1 {
                groups.push(std::mem::take(&mut group));
            }
        });
    }
    if groups.len() < FEWEST_GROUPS {
        return false;
    }
    let count = groups.len() as f64;
    let (mut change, mut all) = (0.0, 0.0);
    for band in 0..BANDS {
        let weight = groups.iter().map(|group| group[band]).sum::<f64>();
        let level = |group: &[f64; BANDS]| 10.0 * (group[band] + 1e-20).log10();
        let mean = groups.iter().map(level).sum::<f64>() / count;
        let spread = groups.iter().map(|group| (level(group) - mean).powi(2)).sum::<f64>() / count;
        change += weight * spread.sqrt();
        all += weight;
    }
    all > 0.0 && change / all < STEADY_DB
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE_HZ: u32 = 16_000;

    fn heard(secs: f64, of: impl Fn(f64) -> f64) -> DecodedWindows {
        let all: Vec<f32> = (0..(secs * 16_000.0) as usize).map(|n| of(n as f64 / 16_000.0) as f32).collect();
        let windows: Vec<Vec<f32>> = all.chunks(48_000).map(<[f32]>::to_vec).collect();
        DecodedWindows { windows, heard_secs: secs, duration_secs: Some(secs), ..DecodedWindows::default() }
    }

    /// White noise by an integer hash.
    fn noise(secs: f64) -> f64 {
        let mut x = (secs * 16_000.0).round() as u64 ^ 0x9e37_79b9_7f4a_7c15;
        for _ in 0..3 {
            x = (x ^ x >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            x ^= x >> 27;
        }
        (x >> 11) as f64 / (1_u64 << 52) as f64 - 1.0
    }

    #[test]
    fn what_is_no_music_gets_no_genre_and_a_reason() {
        let tone = |hz: f64| move |t: f64| 0.5 * (std::f64::consts::TAU * hz * t).sin();
        for (word, found) in [
            ("silent", heard(12.0, |_| 0.0)),
            ("silent", heard(12.0, |_| 0.4)),
            ("silent", heard(12.0, |t| 1e-5 * noise(t))),
            ("steady", heard(12.0, tone(440.0))),
            ("steady", heard(12.0, tone(50.0))),
            ("steady", heard(12.0, |t| 0.2 * noise(t))),
            ("lasts", heard(2.0, tone(440.0))),
            ("numbers", DecodedWindows { not_numbers: 50_000, ..heard(12.0, tone(440.0)) }),
        ] {
            let said = why_not(&found, RATE_HZ).unwrap_or_default();
            assert!(said.contains(word), "{word}: {said}");
        }
    }

    #[test]
    fn what_changes_may_be_music() {
        // A melody, a tremolo of a noise, a quiet song, and one exactly as long as is needed.
        let melody = |t: f64| 0.3 * (std::f64::consts::TAU * 220.0 * 1.06_f64.powf((t * 2.0).floor() % 12.0) * t).sin();
        assert_eq!(why_not(&heard(12.0, melody), RATE_HZ), None);
        assert_eq!(why_not(&heard(12.0, |t| noise(t) * (0.3 + 0.25 * (t * 3.0).sin())), RATE_HZ), None);
        assert_eq!(why_not(&heard(12.0, |t| 0.01 * melody(t)), RATE_HZ), None);
        assert_eq!(why_not(&heard(3.0, melody), RATE_HZ), None);
    }
}
