//! A stretch of a song that plays again and again.

use super::feed::CHANNELS;

/// The seam passes over in at most this.
const SEAM_SECS: f64 = 0.005;
/// Loops up to this long are kept in memory after their first round, so that short ones do not seek all the time.
const MEMORY_SECS: f64 = 20.0;
/// Frames that are given out of the memory at a time.
const REPLAY_FRAMES: usize = 2048;

/// From and to which frame of the song, in its own rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Loop {
    pub(super) start: u64,
    /// The first frame that is not in it.
    pub(super) end: u64,
    seam: u64,
}

impl Loop {
    /// `end` is after `start`.
    pub(super) fn new(start: u64, end: u64, rate_hz: u32) -> Self {
        let longest = (SEAM_SECS * f64::from(rate_hz)) as u64;
        Self { start, end, seam: longest.min(end.saturating_sub(start) / 4) }
    }

    /// From where on the end passes over into the start.
    pub(super) fn fade_start(&self) -> u64 {
        self.end - self.seam
    }
}

/// Lets the end of `tail` pass over into `head` (which may be shorter): at its last frame almost all is `head`.
pub(super) fn pass_over(tail: &mut [f32], head: &[f32]) {
    let start = tail.len() - head.len().min(tail.len());
    let frames = (head.len() / CHANNELS) as f32;
    for (n, (old, new)) in tail[start..].chunks_exact_mut(CHANNELS).zip(head.chunks_exact(CHANNELS)).enumerate() {
        // Both are almost always alike (that is why somebody chose this loop), so their levels add, not their powers.
        let share = (n as f32 + 0.5) / frames;
        for (old, new) in old.iter_mut().zip(new) {
            *old += (*new - *old) * share;
        }
    }
}

/// One round of the loop, from its start to the end of its seam.
#[derive(Debug, Default)]
pub(super) struct LoopMemory {
    state: State,
    samples: Vec<f32>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq)]
enum State {
    #[default]
    Off,
    /// Between two seams.
    Recording,
    /// The next sample to give out.
    Replaying(usize),
}

impl LoopMemory {
    pub(super) fn is_replaying(&self) -> bool {
        matches!(self.state, State::Replaying(_))
    }

    pub(super) fn forget(&mut self) {
        *self = Self::default();
    }

    /// What was given out between seams.
    pub(super) fn remember(&mut self, block: &[f32]) {
        if self.state == State::Recording {
            self.samples.extend_from_slice(block);
        }
    }

    /// A seam was given out: a whole round is known, or begins to be.
    pub(super) fn turned_back(&mut self, seam: &[f32], round_frames: u64, rate_hz: u32) {
        if self.state == State::Recording {
            self.samples.extend_from_slice(seam);
            if self.samples.len() as u64 == round_frames * CHANNELS as u64 {
                self.state = State::Replaying(0);
                return;
            }
        }
        self.samples.clear();
        let fits = round_frames as f64 <= MEMORY_SECS * f64::from(rate_hz);
        self.state = if fits { State::Recording } else { State::Off };
    }

    /// Appends what comes next; true at the end of the round.
    pub(super) fn replay(&mut self, out: &mut Vec<f32>) -> bool {
        let State::Replaying(from) = self.state else { return true };
        let to = (from + REPLAY_FRAMES * CHANNELS).min(self.samples.len());
        out.extend_from_slice(&self.samples[from..to]);
        let at_end = to == self.samples.len();
        self.state = State::Replaying(if at_end { 0 } else { to });
        at_end
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_seam_starts_as_the_end_and_ends_as_the_start() {
        let mut tail = vec![1.0; 200];
        pass_over(&mut tail, &[0.0; 200]);
        assert!(tail[0] > 0.98 && tail[199] < 0.02);
        assert!(tail.chunks(2).zip(tail.chunks(2).skip(1)).all(|(a, b)| a[0] > b[0] && a[0] - b[0] < 0.011));
        let mut tail = vec![1.0; 20];
        pass_over(&mut tail, &[0.0; 4]);
        assert_eq!(tail[..16], [1.0; 16]);
    }

    #[test]
    fn a_round_is_remembered_and_given_out_again() {
        let mut memory = LoopMemory::default();
        memory.remember(&[9.0; 8]);
        memory.turned_back(&[9.0; 2], 4, 48_000);
        memory.remember(&[1.0, 1.0, 2.0, 2.0, 3.0, 3.0]);
        assert!(!memory.is_replaying());
        memory.turned_back(&[4.0, 4.0], 4, 48_000);
        let mut out = Vec::new();
        assert!(memory.replay(&mut out) && memory.replay(&mut out));
        assert_eq!(out, [1.0, 1.0, 2.0, 2.0, 3.0, 3.0, 4.0, 4.0].repeat(2));
        memory.forget();
        assert!(!memory.is_replaying());
    }
}
