//! What the frames in the ring are: which song, and which moment of it.

use std::collections::VecDeque;

use super::queue::Turn;

/// A stretch of one song. It starts at a frame of *material*: sound at the output's rate before its speed is changed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Segment {
    pub(super) start: u64,
    pub(super) turn: Turn,
    /// Where in the song it begins, seconds.
    pub(super) offset_secs: f64,
    pub(super) duration_secs: f64,
    /// A loop begins again here.
    pub(super) again: bool,
}

/// From this frame of the output on, material passes at this speed.
#[derive(Clone, Copy, Debug)]
struct Pace {
    output: u64,
    material: f64,
    speed: f64,
}

/// From the frame that is heard now to the newest that was decoded.
#[derive(Debug)]
pub(super) struct Timeline {
    rate_hz: f64,
    segments: VecDeque<Segment>,
    /// Never empty.
    paces: VecDeque<Pace>,
}

impl Timeline {
    /// Empty; material frame 0 is the output's frame `output`.
    pub(super) fn new(rate_hz: u32, output: u64, speed: f64) -> Self {
        let pace = Pace { output, material: 0.0, speed };
        Self { rate_hz: f64::from(rate_hz), segments: VecDeque::new(), paces: VecDeque::from([pace]) }
    }

    pub(super) fn push(&mut self, segment: Segment) {
        self.segments.push_back(segment);
    }

    /// From an output frame that was not made yet on, material passes at another speed.
    pub(super) fn set_speed(&mut self, output: u64, speed: f64) {
        self.paces.push_back(Pace { output, material: self.material_at(output), speed });
    }

    /// What is heard.
    pub(super) fn now(&self) -> Option<&Segment> {
        self.segments.front()
    }

    /// What is heard and what comes then.
    pub(super) fn segments(&self) -> impl Iterator<Item = &Segment> {
        self.segments.iter()
    }

    /// Lets go of what was heard before that frame of the output; true if another segment is heard now.
    pub(super) fn advance(&mut self, output: u64) -> bool {
        let material = self.material_at(output);
        let mut changed = false;
        while self.segments.get(1).is_some_and(|next| next.start as f64 <= material) {
            self.segments.pop_front();
            changed = true;
        }
        while self.paces.get(1).is_some_and(|next| next.output <= output) {
            self.paces.pop_front();
        }
        changed
    }

    /// The moment of the song that a frame of the output is, seconds.
    pub(super) fn position_secs(&self, output: u64) -> Option<f64> {
        let material = self.material_at(output);
        let segment = self.segments.iter().rev().find(|segment| segment.start as f64 <= material);
        let segment = segment.or(self.segments.front())?;
        Some(segment.offset_secs + (material - segment.start as f64).max(0.0) / self.rate_hz)
    }

    fn material_at(&self, output: u64) -> f64 {
        let pace = self.paces.iter().rev().find(|pace| pace.output <= output).unwrap_or(&self.paces[0]);
        pace.material + output.saturating_sub(pace.output) as f64 * pace.speed
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audio::player::command::QueueItem;
    use crate::audio::player::queue::Queue;
    use crate::base::TrackId;

    #[test]
    fn positions_follow_songs_seams_and_speeds() {
        let mut queue = Queue::default();
        queue.replace((0..2).map(|n| QueueItem { track: TrackId(n), path: "a".into() }).collect(), 0);
        let [first, second] = [0, 1].map(|index| queue.turn_at(index).unwrap());
        let segment = |start, turn, offset_secs, again| Segment { start, turn, offset_secs, duration_secs: 9.0, again };
        let mut timeline = Timeline::new(100, 1_000, 1.0);
        assert_eq!(timeline.position_secs(1_000), None);
        timeline.push(segment(0, first, 5.0, false));
        timeline.push(segment(200, first, 6.0, true));
        timeline.set_speed(1_250, 2.0);
        timeline.push(segment(300, second, 0.0, false));
        assert_eq!(timeline.position_secs(900), Some(5.0), "before what was dropped is dropped");
        assert_eq!(timeline.position_secs(1_100), Some(6.0));
        assert_eq!(timeline.position_secs(1_225), Some(6.25));
        assert_eq!(timeline.position_secs(1_260), Some(6.7));
        assert_eq!(timeline.position_secs(1_300), Some(0.5));
        assert!(!timeline.advance(1_199) && timeline.advance(1_200) && timeline.now().unwrap().again);
        assert!(timeline.advance(1_275) && timeline.now().unwrap().turn == second);
        assert_eq!(timeline.position_secs(1_300), Some(0.5));
        assert_eq!(timeline.segments().count(), 1);
    }
}
