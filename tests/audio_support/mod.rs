//! Small sounds and the files they are kept in, made by the tests themselves.

#![allow(dead_code, reason = "each test program uses its own part")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a test may panic and say what it leaves out, also in its helpers"
)]

use std::f64::consts::TAU;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Interleaved samples.
#[derive(Clone, Debug)]
pub struct Sound {
    pub rate_hz: u32,
    pub channels: usize,
    pub samples: Vec<f32>,
}

impl Sound {
    /// A tone of the given level (1 is full scale) on all channels.
    pub fn tone(hz: f64, level: f64, rate_hz: u32, channels: usize, secs: f64) -> Self {
        Self::made(rate_hz, channels, secs, |time| level * (TAU * hz * time).sin())
    }

    /// Something that is different at every moment: a sweep with a slow tremolo.
    pub fn sweep(rate_hz: u32, channels: usize, secs: f64) -> Self {
        Self::made(rate_hz, channels, secs, |time| {
            let phase = 200.0 * time + 0.5 * 60.0 * time * time;
            0.4 * (TAU * phase).sin() * (0.7 + 0.3 * (TAU * 0.9 * time).sin())
        })
    }

    pub fn made(rate_hz: u32, channels: usize, secs: f64, value: impl Fn(f64) -> f64) -> Self {
        let frames = (secs * f64::from(rate_hz)).round() as usize;
        let samples = (0..frames)
            .flat_map(|n| std::iter::repeat_n(value(n as f64 / f64::from(rate_hz)) as f32, channels))
            .collect();
        Self { rate_hz, channels, samples }
    }

    pub fn frames(&self) -> usize {
        self.samples.len() / self.channels
    }

    fn sixteen_bits(&self) -> impl Iterator<Item = i16> + '_ {
        self.samples.iter().map(|sample| (sample * 32767.0).round() as i16)
    }

    /// 16-bit RIFF WAVE.
    pub fn wav(&self) -> Vec<u8> {
        let data: Vec<u8> = self.sixteen_bits().flat_map(i16::to_le_bytes).collect();
        let frame = self.channels * 2;
        let mut file = Vec::new();
        file.extend_from_slice(b"RIFF");
        file.extend_from_slice(&(36 + data.len() as u32).to_le_bytes());
        file.extend_from_slice(b"WAVEfmt ");
        file.extend_from_slice(&16u32.to_le_bytes());
        file.extend_from_slice(&1u16.to_le_bytes());
        file.extend_from_slice(&(self.channels as u16).to_le_bytes());
        file.extend_from_slice(&self.rate_hz.to_le_bytes());
        file.extend_from_slice(&(self.rate_hz * frame as u32).to_le_bytes());
        file.extend_from_slice(&(frame as u16).to_le_bytes());
        file.extend_from_slice(&16u16.to_le_bytes());
        file.extend_from_slice(b"data");
        file.extend_from_slice(&(data.len() as u32).to_le_bytes());
        file.extend(data);
        file
    }

    /// 16-bit AIFF.
    pub fn aiff(&self) -> Vec<u8> {
        let data: Vec<u8> = self.sixteen_bits().flat_map(i16::to_be_bytes).collect();
        let mut common = Vec::new();
        common.extend_from_slice(&(self.channels as u16).to_be_bytes());
        common.extend_from_slice(&(self.frames() as u32).to_be_bytes());
        common.extend_from_slice(&16u16.to_be_bytes());
        common.extend_from_slice(&extended(self.rate_hz));
        let mut file = Vec::new();
        file.extend_from_slice(b"FORM");
        file.extend_from_slice(&((4 + 8 + common.len() + 8 + 8 + data.len()) as u32).to_be_bytes());
        file.extend_from_slice(b"AIFFCOMM");
        file.extend_from_slice(&(common.len() as u32).to_be_bytes());
        file.extend(common);
        file.extend_from_slice(b"SSND");
        file.extend_from_slice(&(8 + data.len() as u32).to_be_bytes());
        file.extend_from_slice(&[0; 8]);
        file.extend(data);
        file
    }

    /// Sun audio in one of its encodings, with a text of 8 bytes in the header.
    pub fn au(&self, encoding: u32) -> Vec<u8> {
        let data: Vec<u8> = match encoding {
            1 => self.sixteen_bits().map(mu_law).collect(),
            2 => self.samples.iter().map(|s| (s * 127.0).round() as i8 as u8).collect(),
            3 => self.sixteen_bits().flat_map(i16::to_be_bytes).collect(),
            4 => self
                .samples
                .iter()
                .flat_map(|s| {
                    let [_, rest @ ..] = ((f64::from(*s) * 8_388_607.0).round() as i32).to_be_bytes();
                    rest
                })
                .collect(),
            5 => self.samples.iter().flat_map(|s| ((f64::from(*s) * 2_147_483_647.0) as i32).to_be_bytes()).collect(),
            6 => self.samples.iter().flat_map(|s| s.to_be_bytes()).collect(),
            7 => self.samples.iter().flat_map(|s| f64::from(*s).to_be_bytes()).collect(),
            27 => self.sixteen_bits().map(a_law).collect(),
            _ => self.samples.iter().map(|_| 0).collect(),
        };
        let mut file = au_header(32, data.len() as u32, encoding, self.rate_hz, self.channels as u32);
        file.extend_from_slice(b"a tone\0\0");
        file.extend(data);
        file
    }
}

/// A folder `genres` with a folder for each name, of clips of two seconds: tones, or pulses, or noise where the name is neither.
pub fn genres(root: &Path, names: &[&str], clips: usize) -> PathBuf {
    sounds(root, names, clips, 2, |_| 1.0)
}

/// The same as songs: long enough to be heard by a classifier, and swelling, since what never changes is no music.
pub fn songs(root: &Path, names: &[&str], clips: usize) -> PathBuf {
    sounds(root, names, clips, 4, |secs| 0.6 - 0.4 * (TAU * secs / 4.0).cos())
}

fn sounds(root: &Path, names: &[&str], clips: usize, secs: u32, level: fn(f64) -> f64) -> PathBuf {
    let data = root.join("genres");
    for name in names {
        std::fs::create_dir_all(data.join(name)).unwrap();
        for clip in 0..clips {
            // The noise of two names differs: equal clips of two genres would contradict each other.
            let known = matches!(*name, "tone" | "pulse" | "noise");
            let own = if known { 0 } else { name.bytes().map(u64::from).sum::<u64>() * 1_000_003 };
            let mut state = 12_345 + clip as u64 + own;
            let samples = (0..22_050 * secs).map(|i| {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                let noise = (state >> 40) as f64 / f64::from(1 << 24) - 0.5;
                let secs = f64::from(i) / 22_050.0;
                let sample = match *name {
                    "tone" => 0.5 * (TAU * 440.0 * (1.0 + 0.05 * clip as f64) * secs).sin() + 0.01 * noise,
                    "pulse" if (secs * 2.5).fract() > 0.5 => 0.001 * noise,
                    _ => noise,
                };
                (sample * level(secs)) as f32
            });
            let sound = Sound { rate_hz: 22_050, channels: 1, samples: samples.collect() };
            write(&data.join(name), &format!("{name}.{clip:05}.wav"), &sound.wav());
        }
    }
    data
}

/// The six words of a Sun audio header.
pub fn au_header(offset: u32, size: u32, encoding: u32, rate_hz: u32, channels: u32) -> Vec<u8> {
    let mut header = b".snd".to_vec();
    for word in [offset, size, encoding, rate_hz, channels] {
        header.extend_from_slice(&word.to_be_bytes());
    }
    header
}

/// An IEEE 754 80-bit number, for the sample rate of AIFF.
fn extended(value: u32) -> [u8; 10] {
    let shift = value.leading_zeros();
    let exponent = 16383 + 31 - shift as u16;
    let mantissa = u64::from(value << shift) << 32;
    let mut bytes = [0; 10];
    bytes[..2].copy_from_slice(&exponent.to_be_bytes());
    bytes[2..].copy_from_slice(&mantissa.to_be_bytes());
    bytes
}

/// G.711 mu-law by the bias-and-segment method of the standard.
fn mu_law(sample: i16) -> u8 {
    let sign = if sample < 0 { 0x80 } else { 0 };
    let magnitude = (i32::from(sample).abs().min(32_635) + 132) as u32;
    let segment = 31 - magnitude.leading_zeros() - 7;
    let mantissa = (magnitude >> (segment + 3)) & 0x0f;
    !(sign | ((segment as u8) << 4) | mantissa as u8)
}

/// G.711 A-law.
fn a_law(sample: i16) -> u8 {
    let sign = if sample >= 0 { 0x80 } else { 0 };
    let magnitude = (i32::from(sample).abs().min(32_767) >> 4) as u32;
    let code = if magnitude < 32 {
        magnitude
    } else {
        let shift = 31 - magnitude.leading_zeros() - 4;
        ((shift + 1) << 4) | ((magnitude >> shift) & 0x0f)
    };
    (sign | code as u8) ^ 0x55
}

/// Writes bytes to a file of the folder.
pub fn write(folder: &Path, name: &str, bytes: &[u8]) -> PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, bytes).unwrap();
    path
}

/// Runs an encoder; false (with a message) when the machine has none.
pub fn run(program: &str, arguments: &[&str]) -> bool {
    let done = Command::new(program).args(arguments).stdin(Stdio::null()).output();
    match done {
        Ok(output) if output.status.success() => true,
        Ok(output) => panic!("{program} {arguments:?}: {}", String::from_utf8_lossy(&output.stderr)),
        Err(error) => {
            println!("skipped: {program} is not here ({error})");
            false
        }
    }
}

/// The same sound in the other format by `ffmpeg`.
pub fn ffmpeg(wav: &Path, name: &str, arguments: &[&str]) -> Option<PathBuf> {
    let target = wav.with_file_name(name);
    let mut all = vec!["-v", "error", "-y", "-i", wav.to_str()?];
    all.extend_from_slice(arguments);
    all.push(target.to_str()?);
    run("ffmpeg", &all).then_some(target)
}

/// Amplitude of the frequency in the signal, by correlation with it.
pub fn amplitude_at(samples: &[f32], hz: f64, rate_hz: u32) -> f64 {
    let (mut real, mut imaginary) = (0.0, 0.0);
    for (n, sample) in samples.iter().enumerate() {
        let angle = TAU * hz * n as f64 / f64::from(rate_hz);
        real += f64::from(*sample) * angle.cos();
        imaginary += f64::from(*sample) * angle.sin();
    }
    2.0 * (real * real + imaginary * imaginary).sqrt() / samples.len() as f64
}

/// Largest absolute difference.
pub fn largest_difference(a: &[f32], b: &[f32]) -> f32 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
}
