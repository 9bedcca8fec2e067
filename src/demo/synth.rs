//! The synthesiser that plays the demo pieces.

use std::f32::consts::TAU;

use super::DEMO_RATE_HZ;
use super::score::{HOLD, Part, Pattern, Piece, REST, Voice};

const RATE: f32 = DEMO_RATE_HZ as f32;
const STEPS: usize = 8;

/// A small generator of noise (xorshift), so that a piece sounds the same every time.
struct Noise(u32);

impl Noise {
    /// The next value, -1..1.
    fn next(&mut self) -> f32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 17;
        self.0 ^= self.0 << 5;
        self.0 as f32 / u32::MAX as f32 * 2.0 - 1.0
    }
}

/// Plays the piece: mono samples at [`DEMO_RATE_HZ`], peak 0.8.
pub(super) fn render(piece: &Piece, seed: u32) -> Vec<f32> {
    let beat_secs = 60.0 / piece.tempo;
    let bar_secs = beat_secs * 4.0;
    let bars = piece.chords.len() * piece.rounds;
    let mut mix = vec![0.0; ((bar_secs * bars as f32 + 1.5) * RATE) as usize];
    let mut noise = Noise(seed.wrapping_mul(0x9E37_79B9) | 1);
    for bar in 0..bars {
        for part in piece.parts {
            play_bar(piece, part, bar, bar as f32 * bar_secs, beat_secs, &mut noise, &mut mix);
        }
    }
    let fade = (1.2 * RATE) as usize;
    let len = mix.len();
    for (index, sample) in mix[len - fade..].iter_mut().enumerate() {
        *sample *= 1.0 - index as f32 / fade as f32;
    }
    let peak = mix.iter().fold(1e-9_f32, |peak, sample| peak.max(sample.abs()));
    mix.iter_mut().for_each(|sample| *sample *= 0.8 / peak);
    mix
}

fn play_bar(piece: &Piece, part: &Part, bar: usize, start: f32, beat_secs: f32, noise: &mut Noise, mix: &mut [f32]) {
    let (root, chord) = piece.chords[bar % piece.chords.len()];
    // An off-beat eighth comes where the swing says.
    let at = |step: usize| start + beat_secs * ((step / 2) as f32 + if step % 2 == 1 { piece.swing } else { 0.0 });
    let eighth = beat_secs / 2.0;
    let mut note = |time: f32, secs: f32, midi: i32| {
        let hz = 440.0 * 2.0_f32.powf((midi - 69) as f32 / 12.0);
        add(mix, time, part.gain, play(part.voice, hz, secs, noise));
    };
    match &part.pattern {
        Pattern::Chords { steps, eighths, octave } => {
            for &step in *steps {
                for interval in chord.intervals() {
                    note(at(step), eighth * eighths, piece.tonic + root + interval + 12 * octave);
                }
            }
        }
        Pattern::Arpeggio { tones, eighths, octave } => {
            for (step, &tone) in tones.iter().enumerate().filter(|(_, tone)| **tone >= 0) {
                let intervals = chord.intervals();
                let (wraps, index) = (tone as usize / intervals.len(), tone as usize % intervals.len());
                let midi = piece.tonic + root + intervals[index] + 12 * (octave + wraps as i32);
                note(at(step), eighth * eighths, midi);
            }
        }
        Pattern::Melody { notes, octave } => {
            let bars = notes.len() / STEPS;
            let here = &notes[bar % bars * STEPS..][..STEPS];
            for (step, &semitones) in here.iter().enumerate().filter(|(_, note)| !matches!(**note, REST | HOLD)) {
                let held = 1 + here[step + 1..].iter().take_while(|note| **note == HOLD).count();
                note(at(step), eighth * held as f32, piece.tonic + semitones + 12 * octave);
            }
        }
        Pattern::Hits(steps) => steps.iter().for_each(|&step| note(at(step), eighth, 0)),
        Pattern::Hits16(steps) => steps.iter().for_each(|&step| note(start + beat_secs * step as f32 / 4.0, eighth, 0)),
    }
}

fn add(mix: &mut [f32], time: f32, gain: f32, sound: Vec<f32>) {
    let start = (time * RATE) as usize;
    for (to, from) in mix.iter_mut().skip(start).zip(sound) {
        *to += gain * from;
    }
}

/// One note of a voice: samples from its start to the end of its release.
fn play(voice: Voice, hz: f32, secs: f32, noise: &mut Noise) -> Vec<f32> {
    let held = |attack: f32, release: f32| {
        move |t: f32| (t / attack).min(1.0) * (1.0 - ((t - secs) / release).clamp(0.0, 1.0))
    };
    let decay = |rate: f32| move |t: f32| (-t * rate).exp() * (t / 0.003).min(1.0);
    let saw = |hz: f32, t: f32| {
        // Band-limited: partials below the Nyquist frequency only.
        let partials = ((RATE / 2.0 / hz) as usize).clamp(1, 24);
        (1..=partials).map(|k| (TAU * hz * k as f32 * t).sin() / k as f32).sum::<f32>() * 0.6
    };
    match voice {
        Voice::Pluck => pluck(hz, secs, noise),
        Voice::Strings => tone(secs + 0.5, |t| {
            let partials = ((RATE / 2.0 / hz) as usize).clamp(1, 10);
            let detuned = |hz: f32| -> f32 {
                (1..=partials).map(|k| (TAU * hz * k as f32 * t).sin() / (k * k) as f32 * 1.4).sum()
            };
            held(0.25, 0.5)(t) * (detuned(hz * 0.997) + detuned(hz * 1.003)) * 0.5
        }),
        Voice::Organ => tone(secs + 0.05, |t| {
            let hz = hz * (1.0 + 0.004 * (TAU * 6.0 * t).sin());
            let drawbars = [(0.5, 0.6), (1.0, 1.0), (2.0, 0.7), (3.0, 0.4), (4.0, 0.3), (6.0, 0.15)];
            let sum: f32 = drawbars.iter().map(|(multiple, level)| level * (TAU * hz * multiple * t).sin()).sum();
            held(0.01, 0.05)(t) * sum * 0.4
        }),
        Voice::Bell => tone(2.0, |t| {
            let partials = [(1.0, 1.0, 2.0), (2.76, 0.6, 3.5), (5.4, 0.3, 6.0), (8.93, 0.15, 9.0)];
            partials
                .iter()
                .filter(|(ratio, ..)| hz * ratio < RATE / 2.0)
                .map(|(ratio, level, rate)| level * decay(*rate)(t) * (TAU * hz * ratio * t).sin())
                .sum()
        }),
        Voice::Square => tone(secs + 0.02, |t| {
            let partials = ((RATE / 2.0 / hz) as usize).clamp(1, 31);
            let sum: f32 = (1..=partials).step_by(2).map(|k| (TAU * hz * k as f32 * t).sin() / k as f32).sum();
            held(0.003, 0.02)(t) * sum * 0.8
        }),
        Voice::Lead => tone(secs + 0.08, |t| held(0.02, 0.08)(t) * saw(hz * (1.0 + 0.003 * (TAU * 5.0 * t).sin()), t)),
        Voice::Distorted => tone(secs + 0.05, |t| held(0.004, 0.05)(t) * (saw(hz, t) * 6.0).tanh() * 0.8),
        Voice::Bass => {
            tone(secs + 0.06, |t| held(0.006, 0.06)(t) * ((TAU * hz * t).sin() + 0.35 * (TAU * 2.0 * hz * t).sin()))
        }
        Voice::Keys => tone(secs.max(0.4) + 0.3, |t| {
            // Two-operator frequency modulation whose index falls with the loudness.
            let modulation = 1.6 * (-t * 5.0).exp() * (TAU * hz * 2.0 * t).sin();
            held(0.004, 0.3)(t) * (-t * 1.8).exp() * (TAU * hz * t + modulation).sin()
        }),
        Voice::Flute => tone(secs + 0.1, |t| {
            let breath = noise.next() * 0.05;
            let vibrato = 1.0 + 0.15 * (TAU * 4.5 * t).sin() * (t * 2.0).min(1.0);
            held(0.06, 0.1)(t) * ((TAU * hz * t).sin() + 0.15 * (TAU * 3.0 * hz * t).sin() + breath) * vibrato * 0.8
        }),
        Voice::Kick => tone(0.3, |t| decay(12.0)(t) * (TAU * (45.0 * t - 4.5 * (-t * 28.0).exp())).sin() * 1.6),
        Voice::Snare => tone(0.22, |t| decay(20.0)(t) * (noise.next() * 0.8 + 0.5 * (TAU * 190.0 * t).sin())),
        Voice::HiHat => tone(0.07, bright(noise, decay(60.0))),
        Voice::Ride => tone(0.5, bright(noise, decay(9.0))),
        Voice::Clap => tone(0.2, |t| {
            let bursts: f32 =
                [0.0, 0.012, 0.026].iter().filter(|from| t >= **from).map(|from| decay(45.0)(t - from)).sum();
            bursts * noise.next()
        }),
    }
}

/// High-passed noise under an envelope.
fn bright(noise: &mut Noise, envelope: impl Fn(f32) -> f32) -> impl FnMut(f32) -> f32 {
    let mut before = 0.0;
    move |t| {
        let now = noise.next();
        let high = now - before;
        before = now;
        envelope(t) * high * 0.5
    }
}

fn tone(secs: f32, mut sample: impl FnMut(f32) -> f32) -> Vec<f32> {
    (0..(secs * RATE) as usize).map(|index| sample(index as f32 / RATE)).collect()
}

/// A plucked string after Karplus and Strong (Computer Music Journal 7(2), 1983): noise in a loop with a mean filter.
fn pluck(hz: f32, secs: f32, noise: &mut Noise) -> Vec<f32> {
    let period = (RATE / hz).max(2.0) as usize;
    let mut string: Vec<f32> = (0..period).map(|_| noise.next()).collect();
    let len = ((secs + 0.4) * RATE) as usize;
    let release = (secs * RATE) as usize;
    let mut sound = Vec::with_capacity(len);
    for index in 0..len {
        let at = index % period;
        let damping = if index > release { 0.96 } else { 0.996 };
        sound.push(string[at]);
        string[at] = damping * 0.5 * (string[at] + string[(at + 1) % period]);
    }
    sound
}
