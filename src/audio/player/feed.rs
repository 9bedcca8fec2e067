//! The last step before the loudspeaker, run inside the device's callback: it never locks, allocates, logs or waits.

use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use rtrb::{Consumer, Producer};

use crate::base::Bell;

/// Time of a full fade in or out; shorter ones click.
pub(super) const FADE_SECS: f32 = 0.005;
/// Channels of what is played.
pub(super) const CHANNELS: usize = 2;

/// What the worker tells the feed, and the feed the worker.
#[derive(Debug)]
pub(super) struct Controls {
    /// Hold: fade out, then take nothing.
    pub(super) paused: AtomicBool,
    /// Loudness 0..1, the bits of an `f32`.
    volume: AtomicU32,
    /// Frames taken from the ring (played or dropped).
    pub(super) taken: AtomicU64,
    /// Frames before this one are not to be heard any more: fade out, then drop them.
    pub(super) drop_before: AtomicU64,
    /// The device went away; set by [`Self::fail`].
    pub(super) failed: AtomicBool,
    /// The device has said that something went wrong, and took nothing since; set by [`Self::trouble`].
    pub(super) troubled: AtomicBool,
    /// What it said first.
    pub(super) reason: OnceLock<String>,
    /// Wakes the worker.
    worker: Bell,
}

impl Controls {
    pub(super) fn new(volume: f32, worker: Bell) -> Self {
        Self {
            paused: AtomicBool::new(false),
            volume: AtomicU32::new(volume.to_bits()),
            taken: AtomicU64::new(0),
            drop_before: AtomicU64::new(0),
            failed: AtomicBool::new(false),
            troubled: AtomicBool::new(false),
            reason: OnceLock::new(),
            worker,
        }
    }

    pub(super) fn set_volume(&self, volume: f32) {
        self.volume.store(volume.to_bits(), Ordering::Relaxed);
    }

    /// The output is over. Not for the callback that fetches sound: it wakes the worker.
    pub(super) fn fail(&self) {
        self.failed.store(true, Ordering::Relaxed);
        self.worker.ring();
    }

    /// Something went wrong that may pass. Not for the callback that fetches sound, either.
    pub(super) fn trouble(&self) {
        self.troubled.store(true, Ordering::Relaxed);
        self.worker.ring();
    }

    fn volume(&self) -> f32 {
        f32::from_bits(self.volume.load(Ordering::Relaxed))
    }
}

/// Pulls stereo frames out of the ring.
pub(super) struct Feed {
    controls: Arc<Controls>,
    ring: Consumer<f32>,
    tap: Producer<f32>,
    rate_hz: u32,
    /// The gain that follows pause and drop, 0..1; each change takes [`FADE_SECS`].
    fade: f32,
    /// The gain that follows the volume, at the same speed.
    gain: f32,
    step: f32,
}

impl Feed {
    pub(super) fn new(controls: Arc<Controls>, ring: Consumer<f32>, tap: Producer<f32>, rate_hz: u32) -> Self {
        let gain = controls.volume();
        Self { controls, ring, tap, rate_hz, fade: 0.0, gain, step: 1.0 / (FADE_SECS * rate_hz as f32) }
    }

    pub(super) fn rate_hz(&self) -> u32 {
        self.rate_hz
    }

    /// The output is over.
    pub(super) fn fail(&self) {
        self.controls.fail();
    }

    /// Something went wrong that may pass.
    pub(super) fn trouble(&self) {
        self.controls.trouble();
    }

    /// Frames that wait in the ring.
    pub(super) fn ready_frames(&self) -> usize {
        self.ring.slots() / CHANNELS
    }

    /// Whether nothing changes, however often it is asked for sound, until the worker does something.
    pub(super) fn is_resting(&self) -> bool {
        let dropping = self.controls.taken.load(Ordering::Relaxed) < self.controls.drop_before.load(Ordering::Acquire);
        let held = self.controls.paused.load(Ordering::Relaxed) && self.fade <= 0.0 && !dropping;
        held || self.ready_frames() == 0
    }

    /// Writes up to `out.len() / 2` frames and returns how many there were; the rest of `out` is silence.
    pub(super) fn fill(&mut self, out: &mut [f32]) -> usize {
        self.controls.troubled.store(false, Ordering::Relaxed);
        let paused = self.controls.paused.load(Ordering::Relaxed);
        let volume = self.controls.volume();
        // Acquire: the worker sets it after it has written all frames that stay.
        let drop_before = self.controls.drop_before.load(Ordering::Acquire);
        let mut taken = self.controls.taken.load(Ordering::Relaxed);
        let mut frames = 0;
        let mut chunks = out.chunks_exact_mut(CHANNELS);
        for frame in chunks.by_ref() {
            let dropping = taken < drop_before;
            if self.fade <= 0.0 {
                // Nothing is heard, so the loudness may jump.
                self.gain = volume;
            }
            let silent = paused || dropping;
            self.fade = towards(self.fade, if silent { 0.0 } else { 1.0 }, self.step);
            if silent && self.fade <= 0.0 {
                if dropping {
                    taken += self.skip(drop_before - taken);
                }
                if paused || taken < drop_before {
                    frame.fill(0.0);
                    break;
                }
                self.fade = towards(0.0, 1.0, self.step);
            }
            self.gain = towards(self.gain, volume, self.step);
            let mut sound = [0.0; CHANNELS];
            if self.ring.pop_entire_slice(&mut sound).is_err() {
                // Nothing decoded yet, or the end; what comes next fades in.
                self.fade = 0.0;
                frame.fill(0.0);
                break;
            }
            taken += 1;
            frames += 1;
            // The picture of the sound does not depend on how loud the listener wants it.
            self.tap.push(0.5 * (sound[0] + sound[1]) * self.fade).ok();
            let gain = self.gain * self.fade;
            frame[0] = sound[0] * gain;
            frame[1] = sound[1] * gain;
        }
        for frame in chunks {
            frame.fill(0.0);
        }
        // Release: what was taken is really out of the ring.
        self.controls.taken.store(taken, Ordering::Release);
        frames
    }

    /// Drops up to `frames` frames.
    fn skip(&mut self, frames: u64) -> u64 {
        let there = (self.ring.slots() / CHANNELS) as u64;
        let count = there.min(frames);
        // The ring holds that many, so this cannot fail; if it did, nothing would be dropped.
        self.ring.read_chunk(count as usize * CHANNELS).map_or(0, |chunk| {
            chunk.commit_all();
            count
        })
    }
}

fn towards(value: f32, target: f32, step: f32) -> f32 {
    if value < target { (value + step).min(target) } else { (value - step).max(target) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rtrb::RingBuffer;

    fn feed_with(frames: usize) -> (Feed, Arc<Controls>, Consumer<f32>) {
        let controls = Arc::new(Controls::new(1.0, Bell::new().0));
        let (mut producer, consumer) = RingBuffer::new(frames * CHANNELS);
        for _ in 0..frames * CHANNELS {
            producer.push(1.0).unwrap();
        }
        let (tap, heard) = RingBuffer::new(frames);
        (Feed::new(Arc::clone(&controls), consumer, tap, 1_000), controls, heard)
    }

    #[test]
    fn pause_fades_out_then_holds_and_goes_on_where_it_was() {
        let (mut feed, controls, _) = feed_with(100);
        let mut out = [9.0; 40];
        assert_eq!(feed.fill(&mut out), 20);
        assert_eq!(out[39], 1.0);
        controls.paused.store(true, Ordering::Relaxed);
        let faded = feed.fill(&mut out);
        assert!(faded > 0 && faded <= 5, "{faded}");
        assert!(out[0] < 1.0 && out[0] > 0.5, "the first frame is a little softer, not silent");
        assert!(out.chunks(2).zip(out.chunks(2).skip(1)).all(|(now, next)| now[0] - next[0] <= 0.201));
        assert_eq!(feed.fill(&mut out), 0);
        assert_eq!(controls.taken.load(Ordering::Relaxed), 20 + faded as u64);
        controls.paused.store(false, Ordering::Relaxed);
        assert_eq!(feed.fill(&mut out), 20);
        assert!(out[0] < 0.3 && out[39] == 1.0);
    }

    #[test]
    fn it_rests_while_it_is_held_or_empty() {
        let (mut feed, controls, _) = feed_with(100);
        assert!(!feed.is_resting());
        feed.fill(&mut [0.0; 40]);
        controls.paused.store(true, Ordering::Relaxed);
        assert!(!feed.is_resting(), "it has yet to fade out");
        feed.fill(&mut [0.0; 40]);
        assert!(feed.is_resting());
        controls.drop_before.store(90, Ordering::Relaxed);
        assert!(!feed.is_resting(), "there is something to drop");
        feed.fill(&mut [0.0; 40]);
        assert!(feed.is_resting());
        controls.paused.store(false, Ordering::Relaxed);
        assert!(!feed.is_resting());
        feed.fill(&mut [0.0; 40]);
        assert!(feed.is_resting(), "all was played");
    }

    #[test]
    fn dropped_frames_are_counted_but_not_heard() {
        let (mut feed, controls, mut heard) = feed_with(100);
        feed.fill(&mut [0.0; 20]);
        controls.drop_before.store(90, Ordering::Relaxed);
        let mut out = [0.0; 200];
        let played = feed.fill(&mut out);
        assert_eq!(controls.taken.load(Ordering::Relaxed), 100);
        assert!(played <= 5 + 10, "{played}");
        let mut tapped = 0;
        while heard.pop().is_ok() {
            tapped += 1;
        }
        assert_eq!(tapped, 10 + played);
    }

    #[test]
    fn trouble_has_passed_when_sound_is_taken_again() {
        let (mut feed, controls, _) = feed_with(100);
        feed.trouble();
        assert!(controls.troubled.load(Ordering::Relaxed));
        feed.fill(&mut [0.0; 20]);
        assert!(!controls.troubled.load(Ordering::Relaxed) && !controls.failed.load(Ordering::Relaxed));
    }

    #[test]
    fn volume_changes_without_a_step() {
        let (mut feed, controls, _) = feed_with(100);
        let mut out = [0.0; 40];
        feed.fill(&mut out);
        controls.set_volume(0.0);
        feed.fill(&mut out);
        let loudest_step =
            out.chunks(2).zip(out.chunks(2).skip(1)).map(|(a, b)| (a[0] - b[0]).abs()).fold(0.0, f32::max);
        assert!(loudest_step <= 0.201 && out[39] == 0.0, "{loudest_step}");
    }
}
