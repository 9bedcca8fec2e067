//! How a demo piece is written down.

/// A piece: tags, tempo, harmony, and who plays what.
pub struct Piece {
    pub title: &'static str,
    pub artist: &'static str,
    pub album: &'static str,
    pub year: u32,
    /// The genre tag written into the file.
    pub genre: &'static str,
    /// Beats per minute.
    pub tempo: f32,
    /// How late the off-beat eighth comes, as a share of the beat: 0.5 is straight, 0.67 swings.
    pub swing: f32,
    /// MIDI note of the tonic.
    pub tonic: i32,
    /// Chord roots in semitones above the tonic, one a bar, with the chord's kind.
    pub chords: &'static [(i32, Chord)],
    /// How often the chords are gone through.
    pub rounds: usize,
    pub parts: &'static [Part],
}

/// The kinds of chord.
#[derive(Clone, Copy)]
pub enum Chord {
    Major,
    Minor,
    Dominant7,
    Minor7,
    Major7,
    /// Root and fifth only.
    Power,
}

impl Chord {
    /// Semitones above the root.
    pub fn intervals(self) -> &'static [i32] {
        match self {
            Self::Major => &[0, 4, 7],
            Self::Minor => &[0, 3, 7],
            Self::Dominant7 => &[0, 4, 7, 10],
            Self::Minor7 => &[0, 3, 7, 10],
            Self::Major7 => &[0, 4, 7, 11],
            Self::Power => &[0, 7, 12],
        }
    }
}

/// One player of a piece.
pub struct Part {
    pub voice: Voice,
    /// Loudness, 0..1.
    pub gain: f32,
    /// What is played in each bar.
    pub pattern: Pattern,
}

/// The sounds of the synthesiser.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Voice {
    /// Karplus-Strong string.
    Pluck,
    /// Slow detuned saws behind a low-pass.
    Strings,
    /// Additive organ with vibrato.
    Organ,
    /// Inharmonic decaying partials.
    Bell,
    /// Square wave.
    Square,
    /// Sawtooth lead.
    Lead,
    /// Distorted sawtooth.
    Distorted,
    /// Sine bass with a little second harmonic.
    Bass,
    /// Decaying electric-piano tone.
    Keys,
    /// Breathy sine.
    Flute,
    Kick,
    Snare,
    HiHat,
    Ride,
    Clap,
}

/// What a player does with the bar's chord. Steps are eighths, eight to a bar.
pub enum Pattern {
    /// The whole chord on these steps, each this many eighths long.
    Chords { steps: &'static [usize], eighths: f32, octave: i32 },
    /// One chord tone a step, by index into the chord (wrapping upwards by octaves); -1 rests.
    Arpeggio { tones: &'static [i32], eighths: f32, octave: i32 },
    /// A melody in semitones above the tonic, one a step through the bars in turn; `REST` rests, `HOLD` goes on.
    Melody { notes: &'static [i32], octave: i32 },
    /// Hits on these steps.
    Hits(&'static [usize]),
    /// Hits on these steps of sixteen to a bar.
    Hits16(&'static [usize]),
}

/// No note on this step.
pub const REST: i32 = 99;
/// The note before goes on.
pub const HOLD: i32 = 98;
