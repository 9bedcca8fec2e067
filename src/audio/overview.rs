//! A whole song at a glance, in one pass over it: its outline, how loud it is, its highest sample.

use std::path::Path;

use ebur128::{EbuR128, Mode};

use super::error::AudioError;
use super::integrity;
use super::reader::AudioReader;
use crate::base::CancelToken;

/// An outline has at most this many points, and at least half of them unless the song is very short.
const MOST_POINTS: usize = 4096;
/// Frames of a point at first; it doubles whenever the outline is full.
const FIRST_FRAMES: usize = 256;
/// Of the stored form; another number is not read.
const MAGIC: &[u8; 4] = b"TOV2";

/// A stretch of the outline, over all channels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OutlinePoint {
    /// The lowest sample, -127 to 127 for -1 to 1.
    pub low: i8,
    /// The highest sample.
    pub high: i8,
    /// Root mean square, 0 to 255 for 0 to 1.
    pub rms: u8,
}

/// What one pass over a song tells.
#[derive(Clone, Debug, PartialEq)]
pub struct Overview {
    /// Playing time as decoded, seconds.
    pub duration_secs: f64,
    /// Integrated loudness (EBU R128 / ITU-R BS.1770), LUFS; `None` for silence and for less than 0.4 s.
    pub loudness_lufs: Option<f64>,
    /// The largest absolute sample, 1 is full scale.
    pub peak: f32,
    /// Stretches of equal length from start to end.
    pub outline: Vec<OutlinePoint>,
    /// What is wrong with the file and where, as one sentence for people; `None` when nothing is.
    pub damage: Option<String>,
}

impl Overview {
    /// Decodes the whole file.
    ///
    /// # Errors
    /// All of [`AudioError`].
    pub fn measure(path: &Path, cancel: &CancelToken) -> Result<Self, AudioError> {
        let mut reader = AudioReader::open_verified(path, cancel)?;
        let spec = reader.spec();
        let (channels, rate_hz) = (spec.channels.max(1), spec.sample_rate_hz);
        let failed = |error: ebur128::Error| AudioError::Damaged { path: path.into(), reason: error.to_string() };
        // A histogram of block loudness: memory does not grow with the song.
        let mode = Mode::I | Mode::SAMPLE_PEAK | Mode::HISTOGRAM;
        let mut meter = EbuR128::new(channels as u32, rate_hz, mode).map_err(failed)?;
        let mut outline = Outline::default();
        let mut frames = 0_u64;
        let mut block = Vec::new();
        loop {
            block.clear();
            if reader.next_block(&mut block)? == 0 {
                break;
            }
            meter.add_frames_f32(&block).map_err(failed)?;
            outline.push(&block, channels);
            frames += (block.len() / channels) as u64;
        }
        let damage = integrity::note_of_whole(&mut reader, cancel)?;
        let peak = (0..channels as u32).filter_map(|channel| meter.sample_peak(channel).ok()).fold(0.0, f64::max);
        Ok(Self {
            duration_secs: frames as f64 / f64::from(rate_hz),
            loudness_lufs: meter.loudness_global().ok().filter(|lufs| lufs.is_finite()),
            peak: peak as f32,
            outline: outline.finish(),
            damage,
        })
    }

    /// The stored form.
    pub fn to_bytes(&self) -> Vec<u8> {
        let damage = self.damage.as_deref().unwrap_or_default().as_bytes();
        // Sentences are short; one that is not would be cut within a letter, and is left out instead.
        let (damage, damage_len) = u16::try_from(damage.len()).map_or((&[][..], 0), |len| (damage, len));
        let mut bytes = Vec::with_capacity(34 + damage.len() + 3 * self.outline.len());
        bytes.extend_from_slice(MAGIC);
        bytes.extend_from_slice(&self.duration_secs.to_le_bytes());
        bytes.extend_from_slice(&self.loudness_lufs.unwrap_or(f64::NAN).to_le_bytes());
        bytes.extend_from_slice(&self.peak.to_le_bytes());
        bytes.extend_from_slice(&damage_len.to_le_bytes());
        bytes.extend_from_slice(damage);
        for point in &self.outline {
            bytes.extend_from_slice(&[point.low as u8, point.high as u8, point.rms]);
        }
        bytes.extend_from_slice(&xxhash_rust::xxh3::xxh3_64(&bytes).to_le_bytes());
        bytes
    }

    /// Reads the stored form; `None` when it is not whole or of another version.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (content, sum) = bytes.split_last_chunk::<8>()?;
        let (magic, rest) = content.split_first_chunk::<4>()?;
        if magic != MAGIC || xxhash_rust::xxh3::xxh3_64(content).to_le_bytes() != *sum {
            return None;
        }
        let (duration, rest) = rest.split_first_chunk::<8>()?;
        let (loudness, rest) = rest.split_first_chunk::<8>()?;
        let (peak, rest) = rest.split_first_chunk::<4>()?;
        let (damage_len, rest) = rest.split_first_chunk::<2>()?;
        let (damage, rest) = rest.split_at_checked(usize::from(u16::from_le_bytes(*damage_len)))?;
        let damage = std::str::from_utf8(damage).ok()?;
        let (points, []) = rest.as_chunks::<3>() else { return None };
        Some(Self {
            duration_secs: f64::from_le_bytes(*duration),
            loudness_lufs: Some(f64::from_le_bytes(*loudness)).filter(|lufs| lufs.is_finite()),
            peak: f32::from_le_bytes(*peak),
            outline: points
                .iter()
                .map(|[low, high, rms]| OutlinePoint { low: *low as i8, high: *high as i8, rms: *rms })
                .collect(),
            damage: (!damage.is_empty()).then(|| damage.to_owned()),
        })
    }
}

/// One point while it is gathered.
#[derive(Clone, Copy, Debug)]
struct Stretch {
    low: f32,
    high: f32,
    squares: f64,
    samples: u64,
}

const NOTHING: Stretch = Stretch { low: f32::MAX, high: f32::MIN, squares: 0.0, samples: 0 };

impl Stretch {
    fn join(self, other: Self) -> Self {
        Self {
            low: self.low.min(other.low),
            high: self.high.max(other.high),
            squares: self.squares + other.squares,
            samples: self.samples + other.samples,
        }
    }

    fn point(self) -> OutlinePoint {
        if self.samples == 0 {
            return OutlinePoint::default();
        }
        let rms = (self.squares / self.samples as f64).sqrt();
        OutlinePoint {
            low: (self.low * 127.0).round() as i8,
            high: (self.high * 127.0).round() as i8,
            rms: (rms * 255.0).round() as u8,
        }
    }
}

/// An outline of a song whose length is not known before its end.
struct Outline {
    done: Vec<Stretch>,
    open: Stretch,
    open_frames: usize,
    frames_each: usize,
}

impl Default for Outline {
    fn default() -> Self {
        Self { done: Vec::with_capacity(MOST_POINTS), open: NOTHING, open_frames: 0, frames_each: FIRST_FRAMES }
    }
}

impl Outline {
    fn push(&mut self, mut samples: &[f32], channels: usize) {
        while !samples.is_empty() {
            let frames = (self.frames_each - self.open_frames).min(samples.len() / channels).max(1);
            let (now, later) = samples.split_at((frames * channels).min(samples.len()));
            let mut sum = NOTHING;
            for sample in now {
                sum.low = sum.low.min(*sample);
                sum.high = sum.high.max(*sample);
                sum.squares += f64::from(sample * sample);
            }
            sum.samples = now.len() as u64;
            self.open = self.open.join(sum);
            self.open_frames += frames;
            samples = later;
            if self.open_frames >= self.frames_each {
                self.close();
            }
        }
    }

    fn close(&mut self) {
        self.done.push(std::mem::replace(&mut self.open, NOTHING));
        self.open_frames = 0;
        if self.done.len() == MOST_POINTS {
            for pair in 0..MOST_POINTS / 2 {
                self.done[pair] = self.done[2 * pair].join(self.done[2 * pair + 1]);
            }
            self.done.truncate(MOST_POINTS / 2);
            self.frames_each *= 2;
        }
    }

    fn finish(mut self) -> Vec<OutlinePoint> {
        if self.open_frames > 0 {
            self.done.push(self.open);
        }
        self.done.into_iter().map(Stretch::point).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A stereo WAVE file (16 bits) of a sine on both sides.
    fn wave(path: &Path, hz: f64, amplitude: f64, rate_hz: u32, frames: u32) {
        let mut bytes = Vec::new();
        let data_len = frames * 4;
        bytes.extend_from_slice(b"RIFF");
        bytes.extend_from_slice(&(36 + data_len).to_le_bytes());
        bytes.extend_from_slice(b"WAVEfmt \x10\0\0\0\x01\0\x02\0");
        bytes.extend_from_slice(&rate_hz.to_le_bytes());
        bytes.extend_from_slice(&(rate_hz * 4).to_le_bytes());
        bytes.extend_from_slice(b"\x04\0\x10\0data");
        bytes.extend_from_slice(&data_len.to_le_bytes());
        for n in 0..frames {
            let x = amplitude * (std::f64::consts::TAU * hz * f64::from(n) / f64::from(rate_hz)).sin();
            let sample = ((x * 32_767.0).round() as i16).to_le_bytes();
            bytes.extend_from_slice(&[sample[0], sample[1], sample[0], sample[1]]);
        }
        std::fs::write(path, bytes).unwrap();
    }

    #[test]
    fn a_sine_has_the_loudness_that_the_recommendation_says() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("sine.wav");
        // EBU Tech 3341, test 1: a stereo sine of 1 kHz at -23 dBFS has -23 LUFS.
        let amplitude = 10f64.powf(-23.0 / 20.0);
        wave(&path, 1_000.0, amplitude, 48_000, 48_000 * 20);
        let overview = Overview::measure(&path, &CancelToken::default()).unwrap();
        let loudness = overview.loudness_lufs.unwrap();
        assert!((loudness + 23.0).abs() < 0.1, "{loudness}");
        assert!((f64::from(overview.peak) - amplitude).abs() < 1e-3);
        assert!((overview.duration_secs - 20.0).abs() < 1e-6);
        assert!((MOST_POINTS / 2..=MOST_POINTS).contains(&overview.outline.len()), "{}", overview.outline.len());
        let point = overview.outline[1_000];
        let expected = (amplitude * 127.0).round() as i8;
        assert_eq!((point.low, point.high), (-expected, expected));
        assert_eq!(point.rms, (amplitude / 2f64.sqrt() * 255.0).round() as u8);
    }

    #[test]
    fn what_is_stored_is_read_and_what_is_broken_is_not() {
        let overview = Overview {
            duration_secs: 1.5,
            loudness_lufs: None,
            peak: 0.25,
            outline: vec![OutlinePoint { low: -3, high: 90, rms: 200 }; 5],
            damage: Some("damaged at 0:01: a checksum is wrong".into()),
        };
        let mut bytes = overview.to_bytes();
        assert_eq!(Overview::from_bytes(&bytes), Some(overview.clone()));
        let whole = Overview { damage: None, ..overview };
        assert_eq!(Overview::from_bytes(&whole.to_bytes()), Some(whole));
        bytes[10] ^= 1;
        assert_eq!(Overview::from_bytes(&bytes), None);
        assert_eq!(Overview::from_bytes(b"TOV2"), None);
        assert_eq!(Overview::from_bytes(&[]), None);
    }

    #[test]
    fn points_join_without_losing_a_click() {
        let mut outline = Outline::default();
        let mut samples = vec![0.0; 2 * 3_000_000];
        samples[2_345_678] = 1.0;
        samples[2_345_679] = -0.5;
        for piece in samples.chunks(7_777 * 2) {
            outline.push(piece, 2);
        }
        let points = outline.finish();
        assert!(points.len() <= MOST_POINTS && points.len() >= MOST_POINTS / 2);
        let loud: Vec<_> = points.iter().enumerate().filter(|(_, point)| point.high > 0).collect();
        assert_eq!(loud.len(), 1);
        let share = loud[0].0 as f64 / points.len() as f64;
        assert!((share - 2_345_678.0 / 6_000_000.0).abs() < 0.002, "{share}");
        assert_eq!(*loud[0].1, OutlinePoint { low: -64, high: 127, ..*loud[0].1 });
    }
}
