//! Another speed at the same pitch.
//!
//! WSOLA (Verhelst and Roelands, "An overlap-add technique based on waveform similarity (WSOLA) for high quality time-scale
//! modification of speech", ICASSP 1993): grains of the sound are laid over each other at a fixed distance, taken from the
//! input at another distance, each at the place near its own where it continues the one before best.
//!
//! Written here because which moment of the song each frame is must be known exactly, for positions and for loops. The crate
//! `timestretch` rounds its distances (a song at 0.9 ends 0.16 % early) and `wsola` is up to 20 ms off after ten seconds and
//! takes nine times as long; on tones and chords they sound no steadier.

use super::feed::CHANNELS;

/// Half the length of a grain, which is the distance between two.
const HOP_SECS: f64 = 0.020;
/// How far from its place a grain may be taken.
const SEARCH_SECS: f64 = 0.012;
/// The search looks at every this many frames first, then around the best of them.
const COARSE_STEP: usize = 8;

/// Stereo frames in, stereo frames out.
pub(super) struct Stretcher {
    speed: f64,
    hop: usize,
    search: usize,
    /// Rises over one hop; with its mirror image it adds to 1.
    rise: Vec<f32>,
    /// Interleaved input, from frame `first` on.
    input: Vec<f32>,
    /// The mono mix of it, in which is searched.
    mix: Vec<f32>,
    first: u64,
    /// Where in the input the next grain belongs, in frames.
    place: f64,
    /// Where the grain before would go on; nothing before the first.
    follows: Option<u64>,
}

impl Stretcher {
    /// For sound of `rate_hz` frames a second; `speed` 0.5 takes twice as long.
    pub(super) fn new(rate_hz: u32, speed: f64) -> Self {
        let frames = |secs: f64| ((secs * f64::from(rate_hz)).round() as usize).max(COARSE_STEP);
        let hop = frames(HOP_SECS);
        let rise = (0..hop)
            .map(|n| {
                let share = (n as f64 + 0.5) / hop as f64;
                (0.5 - 0.5 * (std::f64::consts::PI * share).cos()) as f32
            })
            .collect();
        Self {
            speed,
            hop,
            search: frames(SEARCH_SECS),
            rise,
            input: Vec::new(),
            mix: Vec::new(),
            first: 0,
            place: 0.0,
            follows: None,
        }
    }

    /// From the next frame that comes out on.
    pub(super) fn set_speed(&mut self, speed: f64) {
        self.speed = speed;
    }

    /// Takes sound and appends what is ready.
    pub(super) fn push(&mut self, samples: &[f32], out: &mut Vec<f32>) {
        self.input.extend_from_slice(samples);
        self.mix.extend(samples.chunks_exact(CHANNELS).map(|frame| frame[0] + frame[1]));
        while self.end() >= self.reach() {
            self.lay(out);
        }
        self.forget();
    }

    /// Appends the rest, so that all that came in has gone out, and starts afresh.
    pub(super) fn finish(&mut self, out: &mut Vec<f32>) {
        let end = self.end();
        let silence = vec![0.0; (self.search * 2 + self.hop * 3) * CHANNELS];
        let before = out.len();
        let left = ((end as f64 - self.place) / self.speed).round().max(0.0) as usize * CHANNELS;
        while (out.len() - before) < left {
            let reach = self.reach();
            if self.end() < reach {
                self.input.extend_from_slice(&silence);
                self.mix.resize(self.input.len() / CHANNELS, 0.0);
            }
            self.lay(out);
        }
        out.truncate(before + left);
        self.input.clear();
        self.mix.clear();
        (self.first, self.place, self.follows) = (0, 0.0, None);
    }

    fn end(&self) -> u64 {
        self.first + self.mix.len() as u64
    }

    /// The input that must be there for the next hop.
    fn reach(&self) -> u64 {
        let place = self.place.round() as u64 + (self.search + 2 * self.hop) as u64;
        place.max(self.follows.map_or(0, |follows| follows + self.hop as u64))
    }

    /// One hop of output: the grain before goes out, the next comes in.
    fn lay(&mut self, out: &mut Vec<f32>) {
        let place = self.place.round() as u64;
        let chosen = match self.follows {
            Some(follows) => self.best(place, follows),
            None => place,
        };
        let follows = self.follows.unwrap_or(chosen);
        let (old, new) = (self.at(follows), self.at(chosen));
        for n in 0..self.hop {
            let share = self.rise[n];
            for channel in 0..CHANNELS {
                let (old, new) = (self.input[old + n * CHANNELS + channel], self.input[new + n * CHANNELS + channel]);
                out.push(old + (new - old) * share);
            }
        }
        self.follows = Some(chosen + self.hop as u64);
        self.place += self.hop as f64 * self.speed;
    }

    /// The place around `place` from which on the input is most like that from `follows` on.
    fn best(&self, place: u64, follows: u64) -> u64 {
        let low = place.saturating_sub(self.search as u64).max(self.first);
        let high = place + self.search as u64;
        let target = &self.mix[(follows - self.first) as usize..][..self.hop];
        let likeness = |at: u64, step: usize| {
            let candidate = &self.mix[(at - self.first) as usize..][..self.hop];
            let (mut product, mut power) = (0.0f32, 1e-9f32);
            for (a, b) in candidate.iter().zip(target).step_by(step) {
                product += a * b;
                power += a * a;
            }
            product / power.sqrt()
        };
        let best_of = |places: &mut dyn Iterator<Item = u64>, step: usize, nearest: u64| {
            let mut best = (f32::MIN, nearest);
            for at in places {
                let like = likeness(at, step);
                if like > best.0 {
                    best = (like, at);
                }
            }
            best.1
        };
        let coarse = best_of(&mut (low..=high).step_by(COARSE_STEP / 2), COARSE_STEP / 2, place);
        let near = COARSE_STEP as u64 / 2;
        best_of(&mut (coarse.saturating_sub(near).max(low)..=(coarse + near).min(high)), 1, coarse)
    }

    fn at(&self, frame: u64) -> usize {
        (frame - self.first) as usize * CHANNELS
    }

    /// Drops input that nothing will look at again.
    fn forget(&mut self) {
        let earliest = (self.place.round() as u64).saturating_sub(self.search as u64);
        let earliest = self.follows.map_or(earliest, |follows| follows.min(earliest)).min(self.end());
        let frames = earliest.saturating_sub(self.first) as usize;
        if frames > 16 * self.hop {
            self.input.drain(..frames * CHANNELS);
            self.mix.drain(..frames);
            self.first += frames as u64;
        }
    }
}
