//! The samples of a file as they are: how many, how loud, and whether they are numbers at all.

use serde::{Deserialize, Serialize};

/// Shorter sound tells too little, seconds.
pub const LEAST_SECS: f64 = 3.0;
/// Sound that moves less than this is silence; a constant value is none either.
pub(in crate::ml) const SILENT: f32 = 2e-4;
/// Equal samples in a row at the loudest level are a top that was cut flat, from this many on.
const FLAT_RUN: u32 = 4;
/// Samples that differ by no more count as equal.
const EQUAL: f32 = 1e-4;
/// Share of all samples in such tops from which a clip counts as clipped. A sine at full scale has a hundredth.
const MOST_FLAT: f64 = 0.1;
/// Quieter tops were not cut by the end of the scale.
const LOUD: f32 = 0.4;
/// Steps of the levels at which samples stand still, of the scale 0..2.
const STEPS: usize = 256;
/// Tops lie so close to the loudest sample, steps.
const NEAR: usize = 3;
/// A file may end so much before its headers say, as a share and in seconds.
const MISSING_SHARE: f64 = 0.02;
const MISSING_SECS: f64 = 0.5;

/// What is wrong with the sound of a clip that can be decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OddKind {
    /// Nothing is heard.
    Silent,
    /// Too little to judge by.
    TooShort,
    /// Its loudest parts are cut flat.
    Clipped,
    /// Its end is missing.
    Cut,
    /// Parts of it cannot be decoded.
    Damaged,
}

/// Counts the samples of a file.
#[derive(Clone, Debug)]
pub struct Levels {
    rate_hz: u32,
    frames: u64,
    not_numbers: u64,
    lowest: f32,
    highest: f32,
    /// Of each channel the last sample, and how often it came in a row.
    runs: Vec<(f32, u32)>,
    /// Samples in long rows of equal ones, by their level.
    flat: Vec<u64>,
    /// Length by the file's own headers, seconds.
    promised_secs: Option<f64>,
    damaged_packets: u32,
}

impl Levels {
    /// None yet, of a file with this many samples a second and channels.
    pub fn new(rate_hz: u32, channels: usize) -> Self {
        Self {
            rate_hz: rate_hz.max(1),
            frames: 0,
            not_numbers: 0,
            lowest: f32::INFINITY,
            highest: f32::NEG_INFINITY,
            runs: vec![(f32::NAN, 0); channels.max(1)],
            flat: vec![0; STEPS],
            promised_secs: None,
            damaged_packets: 0,
        }
    }

    /// What the headers say about the length, where they can be relied on.
    pub fn promise(&mut self, secs: Option<f64>) {
        self.promised_secs = secs;
    }

    /// Parts that could not be decoded.
    pub fn damaged(&mut self, packets: u32) {
        self.damaged_packets = packets;
    }

    /// Samples that were no numbers and that the decoder has replaced by silence.
    pub fn replaced(&mut self, samples: u64) {
        self.not_numbers += samples;
    }

    /// Takes the next frames, nominally -1 to 1.
    pub fn push(&mut self, interleaved: &[f32]) {
        let channels = self.runs.len();
        for frame in interleaved.chunks_exact(channels) {
            for (sample, (last, count)) in frame.iter().zip(&mut self.runs) {
                if !sample.is_finite() {
                    self.not_numbers += 1;
                    continue;
                }
                (self.lowest, self.highest) = (self.lowest.min(*sample), self.highest.max(*sample));
                // Compared with the first of the row, so that a slow slope is none.
                if (sample - *last).abs() <= EQUAL {
                    *count += 1;
                } else {
                    (*last, *count) = (*sample, 1);
                }
                if *count >= FLAT_RUN {
                    // Those before it are in the row, too.
                    let new = if *count == FLAT_RUN { u64::from(FLAT_RUN) } else { 1 };
                    self.flat[step(sample.abs())] += new;
                }
            }
        }
        self.frames += (interleaved.len() / channels) as u64;
    }

    /// Length of the sound, seconds.
    pub fn secs(&self) -> f64 {
        self.frames as f64 / f64::from(self.rate_hz)
    }

    /// Why the samples cannot be used at all; none when they can.
    pub fn unusable(&self) -> Option<String> {
        match self.not_numbers {
            0 => None,
            1 => Some("one of its samples is not a number".into()),
            count => Some(format!("{count} of its samples are not numbers")),
        }
    }

    /// What is odd about them, in words for a person.
    pub(in crate::ml) fn oddities(&self) -> Vec<(OddKind, String)> {
        let secs = self.secs();
        let mut found = Vec::new();
        let mut tell = |odd: bool, kind: OddKind, reason: String| {
            if odd {
                found.push((kind, reason));
            }
        };
        let peak = self.highest.max(-self.lowest).max(0.0);
        let silent = self.frames > 0 && self.highest - self.lowest < SILENT;
        let reason = if peak < SILENT { "it is silent" } else { "it is one constant value: nothing is heard" };
        tell(silent, OddKind::Silent, reason.into());
        let said = if secs < 0.1 { format!("{:.0} ms", secs * 1000.0) } else { format!("{secs:.1} s") };
        let reason = format!("it has only {said} of sound, {LEAST_SECS} s are the least to judge by");
        tell(secs < LEAST_SECS, OddKind::TooShort, reason);
        let tops: u64 = self.flat[step(peak).saturating_sub(NEAR)..].iter().sum();
        let share = tops as f64 / (self.frames * self.runs.len() as u64).max(1) as f64;
        let reason = format!("it is clipped: {:.0} % of its samples stand at the end of the scale", share * 100.0);
        tell(!silent && peak >= LOUD && share >= MOST_FLAT, OddKind::Clipped, reason);
        if let Some(promised) = self.promised_secs {
            let missing = promised - secs;
            let reason = format!("its end is missing: it says that it has {promised:.1} s, but there are {secs:.1} s");
            tell(missing > (promised * MISSING_SHARE).max(MISSING_SECS), OddKind::Cut, reason);
        }
        let reason = format!("{} parts of it cannot be decoded", self.damaged_packets);
        tell(self.damaged_packets > 0, OddKind::Damaged, reason);
        found
    }
}

fn step(level: f32) -> usize {
    ((level * (STEPS / 2) as f32) as usize).min(STEPS - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: u32 = 44_100;

    fn of(secs: f64, value: impl Fn(f64) -> f64) -> Levels {
        let mut levels = Levels::new(RATE, 1);
        let samples: Vec<f32> =
            (0..(secs * f64::from(RATE)) as usize).map(|i| value(i as f64 / f64::from(RATE)) as f32).collect();
        samples.chunks(1000).for_each(|block| levels.push(block));
        levels
    }

    fn kinds(levels: &Levels) -> Vec<OddKind> {
        levels.oddities().into_iter().map(|(kind, _)| kind).collect()
    }

    fn sine(hz: f64, secs: f64) -> f64 {
        (std::f64::consts::TAU * hz * secs).sin()
    }

    #[test]
    fn sound_as_it_should_be_is_not_odd() {
        for hz in [30.0, 440.0, 5000.0] {
            for level in [0.01, 0.5, 1.0] {
                assert_eq!(kinds(&of(5.0, |secs| level * sine(hz, secs))), [], "{hz} Hz at {level}");
            }
        }
        // A quiet square wave is not clipped, only square.
        assert_eq!(kinds(&of(5.0, |secs| 0.1 * sine(440.0, secs).signum())), []);
    }

    #[test]
    fn silence_constants_shortness_clipping_and_missing_ends_are_told() {
        assert_eq!(kinds(&of(5.0, |_| 0.0)), [OddKind::Silent]);
        assert_eq!(kinds(&of(5.0, |_| 0.7)), [OddKind::Silent]);
        assert_eq!(kinds(&of(5.0, |secs| 5e-5 * sine(440.0, secs))), [OddKind::Silent]);
        assert_eq!(kinds(&of(2.9, |secs| 0.5 * sine(440.0, secs))), [OddKind::TooShort]);
        assert_eq!(kinds(&of(0.01, |secs| 0.5 * sine(440.0, secs))), [OddKind::TooShort]);
        for gain in [1.2, 2.0, 100.0] {
            for top in [0.5, 0.99, 1.0] {
                let clipped = of(5.0, |secs| (gain * sine(220.0, secs)).clamp(-1.0, 1.0) * top);
                assert_eq!(kinds(&clipped), [OddKind::Clipped], "{gain} {top}");
            }
        }
        let mut cut = of(5.0, |secs| 0.5 * sine(440.0, secs));
        cut.promise(Some(5.2));
        assert_eq!(kinds(&cut), []);
        cut.promise(Some(10.0));
        cut.damaged(3);
        assert_eq!(kinds(&cut), [OddKind::Cut, OddKind::Damaged]);
        assert_eq!(kinds(&Levels::new(RATE, 2)), [OddKind::TooShort]);
    }

    #[test]
    fn what_is_no_number_is_counted_in_any_channel() {
        for odd in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
            let mut levels = Levels::new(RATE, 2);
            levels.push(&[0.1, 0.2, odd, 0.3, 0.1, odd]);
            assert_eq!(levels.unusable().unwrap(), "2 of its samples are not numbers");
        }
        assert_eq!(of(1.0, |_| 0.1).unusable(), None);
    }
}
