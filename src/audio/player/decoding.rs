//! The part of the worker that turns songs into frames in the ring.

use std::sync::atomic::Ordering;

use super::command::PlayState;
use super::deck::{Deck, Step};
use super::feed::{CHANNELS, FADE_SECS};
use super::opening::Following;
use super::queue::Turn;
use super::stretch::Stretcher;
use super::timeline::{Segment, Timeline};
use super::worker::Worker;

/// Free places in the ring for which it is worth to wake up.
const WORTHWHILE_SAMPLES: usize = 8 * 1024;
/// Samples that may wait for a place in the ring.
const BACKLOG_SAMPLES: usize = 16 * 1024;
/// At other speeds than 1 no more than this is put into the ring, so that another speed is heard soon.
const STRETCHED_AHEAD_SECS: f64 = 0.25;

impl Worker {
    /// Goes to `secs` of the current song. It is opened at the worker's next turn, unless another command comes first.
    pub(super) fn jump(&mut self, secs: f64, state: PlayState) {
        if state == PlayState::Playing {
            self.stop_waiting_for_output();
        }
        self.failures.clear();
        self.told_broken = None;
        if self.queue.is_empty() {
            return self.stop();
        }
        if state == PlayState::Stopped {
            self.opening = None;
            self.drop_what_is_ahead();
            self.start_secs = secs;
            self.set_state(PlayState::Stopped);
            return;
        }
        self.opening = Some(secs);
        match state {
            // What is held must not be heard again before something has taken its place.
            PlayState::Playing => self.state = state,
            PlayState::Paused | PlayState::Stopped => self.set_state(state),
        }
    }

    /// Decodes anew from what is heard now, because what was decoded is not what is wanted any more. The sound fades out and
    /// in and leaves nothing out.
    pub(super) fn rejoin(&mut self) {
        if self.opening.is_some() {
            return;
        }
        let asked_at = self.position_secs();
        let Some(turn) = self.queue.turn() else {
            self.drop_what_is_ahead();
            return self.stop();
        };
        let mut deck = match self.open(turn, asked_at) {
            Ok(deck) => deck,
            Err(error) => return self.pass_over(turn, &error),
        };
        let mut secs = asked_at;
        if self.state == PlayState::Playing {
            // Meanwhile the old went on, and while it fades out it goes on.
            let late_secs = self.position_secs() - asked_at + f64::from(FADE_SECS * self.speed);
            if let Err(error) = deck.leave_out(late_secs.clamp(0.0, 1.0)) {
                tracing::warn!("{error}");
            }
            secs = deck.position_secs();
        }
        self.drop_what_is_ahead();
        self.start_secs = secs;
        self.put_on(deck, secs);
    }

    pub(super) fn put_on(&mut self, deck: Deck, secs: f64) {
        self.known_duration = self.decoding.map(|turn| (turn, deck.duration_secs()));
        self.ended = false;
        self.begin_segment(&deck, deck.owed_frames(), secs, false);
        self.deck = Some(deck);
    }

    /// What is decoded next is this moment of the song; `owed` frames of what came before are still inside the resampler.
    pub(super) fn begin_segment(&mut self, deck: &Deck, owed: u64, secs: f64, again: bool) {
        let Some(turn) = self.decoding else { return };
        let start = self.material + (self.fresh.len() / CHANNELS) as u64 + owed;
        let duration_secs = deck.duration_secs();
        self.timeline.push(Segment { start, turn, offset_secs: secs, duration_secs, again });
    }

    /// What was decoded but not heard is not wanted any more.
    pub(super) fn drop_what_is_ahead(&mut self) {
        self.deck = None;
        self.carry = None;
        self.ended = true;
        self.fresh.clear();
        self.backlog.clear();
        self.material = 0;
        let speed = f64::from(self.speed);
        self.timeline = Timeline::new(self.output.rate_hz, self.written, speed);
        let is_own = self.speed.to_bits() == 1.0_f32.to_bits();
        self.stretcher = (!is_own).then(|| Stretcher::new(self.output.rate_hz, speed));
        self.output.controls.drop_before.store(self.written, Ordering::Release);
        self.output.wake();
    }

    /// After a change of the queue: if something else was decoded than what is to come, it is decoded anew.
    pub(super) fn check_what_is_ahead(&mut self) {
        if self.state == PlayState::Stopped || self.opening.is_some() {
            return;
        }
        // What comes after a song that failed may be another one now.
        self.tell_failures(false);
        let turns: Vec<Turn> =
            self.timeline.segments().enumerate().filter(|(n, s)| *n == 0 || !s.again).map(|(_, s)| s.turn).collect();
        // Songs that were skipped stand between two segments; they are few, and trying them again does no harm.
        let as_wanted = turns.windows(2).all(|pair| self.queue.following(pair[0]) == Some(pair[1]));
        if !as_wanted {
            return self.rejoin();
        }
        let more = self.decoding.is_some_and(|turn| self.queue.following(turn).is_some());
        if self.deck.is_none() && more {
            self.ended = false;
        }
    }

    pub(super) fn can_write(&self) -> bool {
        let more = self.deck.is_some() || !self.ended || !self.backlog.is_empty();
        more && self.output.ring.slots() >= WORTHWHILE_SAMPLES + self.places_left_empty()
    }

    fn places_left_empty(&self) -> usize {
        if self.stretcher.is_none() {
            return 0;
        }
        let wanted = (STRETCHED_AHEAD_SECS * f64::from(self.output.rate_hz)) as usize * CHANNELS + WORTHWHILE_SAMPLES;
        self.output.ring.buffer().capacity().saturating_sub(wanted)
    }

    /// Decodes a little and writes what fits.
    pub(super) fn fill_ring(&mut self) {
        let mut may_open = true;
        while self.backlog.len() < BACKLOG_SAMPLES && self.can_write() {
            if self.deck.is_none() {
                // One file at a turn: opening it may take long, and a command may be waiting.
                if !self.ended && !std::mem::take(&mut may_open) {
                    break;
                }
                let following = if self.ended { Following::Nothing } else { self.load_following() };
                match following {
                    Following::Loaded => {}
                    Following::NotYet => break,
                    Following::Nothing => {
                        self.end();
                        break;
                    }
                }
            }
            let Some(mut deck) = self.deck.take() else { break };
            match deck.next(&mut self.fresh) {
                Ok(Step::Sound) => {
                    self.sound_came(&deck);
                    self.deck = Some(deck);
                }
                Ok(Step::Again(secs)) => {
                    self.begin_segment(&deck, deck.owed_frames(), secs, true);
                    self.deck = Some(deck);
                }
                Ok(Step::End) => {
                    let broken = deck.broken();
                    self.song_ended(&deck, broken);
                    self.carry = Some(deck.into_resampler());
                }
                Err(error) => {
                    self.song_ended(&deck, Some(error));
                    self.carry = Some(deck.into_resampler());
                }
            }
            self.pass_on();
        }
        let whole = self.output.ring.slots() / CHANNELS * CHANNELS;
        let count = self.backlog.len().min(whole);
        if self.output.ring.push_entire_slice(&self.backlog[..count]).is_ok() {
            self.backlog.drain(..count);
            self.written += (count / CHANNELS) as u64;
            if count > 0 {
                self.output.wake();
            }
        }
    }

    /// Nothing follows: what is still inside of the resampler and the stretcher comes out.
    fn end(&mut self) {
        if self.ended {
            return;
        }
        self.ended = true;
        if let Some(mut resampler) = self.carry.take()
            && let Err(error) = resampler.finish(&mut self.fresh)
        {
            tracing::warn!("{error}");
        }
        self.pass_on();
        if let Some(stretcher) = &mut self.stretcher {
            stretcher.finish(&mut self.backlog);
        }
    }

    fn pass_on(&mut self) {
        self.material += (self.fresh.len() / CHANNELS) as u64;
        match &mut self.stretcher {
            Some(stretcher) => stretcher.push(&self.fresh, &mut self.backlog),
            None => self.backlog.extend_from_slice(&self.fresh),
        }
        self.fresh.clear();
    }
}
