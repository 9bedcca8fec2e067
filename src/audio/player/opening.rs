//! The part of the worker that opens songs: one file at a turn, so that commands are always obeyed in between, and never on and
//! on through a queue of which nothing can be played.

use super::command::{PlayState, PlayerEvent, QueueItem};
use super::deck::Deck;
use super::queue::Turn;
use super::worker::Worker;
use crate::audio::error::AudioError;
use crate::audio::resample::StreamResampler;

/// After this many songs in a row that cannot be played, the player stops.
const MOST_FAILURES: usize = 3;
/// A song that gave so much sound was played, even if it breaks off then.
const PLAYED_SECS: f64 = 1.0;

/// Songs in a row that could not be played, of which nothing was told yet.
#[derive(Debug, Default)]
pub(super) struct Failures(Vec<Failure>);

#[derive(Debug)]
struct Failure {
    turn: Turn,
    item: QueueItem,
    reason: String,
}

impl Failures {
    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    /// The newest of them.
    fn last(&self) -> Option<Turn> {
        self.0.last().map(|failure| failure.turn)
    }

    fn are_too_many(&self) -> bool {
        self.0.len() >= MOST_FAILURES
    }
}

/// What came of the wish to decode what follows.
pub(super) enum Following {
    /// It is on the deck.
    Loaded,
    /// It could not be opened; what stands behind it is tried at the next turn.
    NotYet,
    /// Nothing follows, or nothing that can be played.
    Nothing,
}

impl Worker {
    /// Opens the current song, for which a jump asked. What is heard goes on until there is something to take its place.
    pub(super) fn open_current(&mut self) {
        let Some(secs) = self.opening else { return };
        let Some(turn) = self.queue.turn() else { return self.stop() };
        match self.open(turn, secs) {
            Ok(deck) => {
                self.opening = None;
                self.drop_what_is_ahead();
                // How long the song is may not have been known when that place was asked for.
                let duration = deck.duration_secs();
                let secs = if duration > 0.0 { secs.min(duration) } else { secs };
                self.start_secs = secs;
                self.put_on(deck, secs);
                self.set_state(self.state);
            }
            Err(error) => self.pass_over(turn, &error),
        }
    }

    /// The current song cannot be opened. The next one is tried at the next turn; after several the player gives up and
    /// stands at the first of them again, so that `Play` tries that one once more.
    pub(super) fn pass_over(&mut self, turn: Turn, error: &AudioError) {
        self.drop_what_is_ahead();
        self.start_secs = 0.0;
        self.loop_secs = None;
        self.note_failure(turn, error);
        let next = if self.failures.are_too_many() { None } else { self.queue.next_of(turn) };
        if let Some(next) = next {
            self.queue.heard(next);
            self.opening = Some(0.0);
            return;
        }
        if let Some(first) = self.failures.0.first() {
            self.queue.heard(first.turn);
        }
        self.tell_failures(true);
        self.stop();
    }

    /// A song from the deck, if it is there, else from its file.
    pub(super) fn open(&mut self, turn: Turn, secs: f64) -> Result<Deck, AudioError> {
        let on_deck = if self.decoding == Some(turn) { self.deck.take() } else { None };
        let there = on_deck.and_then(|mut deck| deck.seek(secs).is_ok().then_some(deck));
        let mut deck = match there {
            Some(deck) => deck,
            None => self.open_after(turn, secs, &mut None, &mut Vec::new())?.0,
        };
        deck.set_loop(self.loop_secs)?;
        self.decoding = Some(turn);
        Ok(deck)
    }

    fn open_after(
        &self,
        turn: Turn,
        secs: f64,
        carry: &mut Option<StreamResampler>,
        rest: &mut Vec<f32>,
    ) -> Result<(Deck, u64), AudioError> {
        let Some(item) = self.queue.item(turn) else {
            return Err(AudioError::Empty { path: std::path::PathBuf::new() });
        };
        Deck::open(item, secs, (self.gain_of)(item), self.output.rate_hz, carry, rest, &self.cancel)
    }

    /// Goes on with what follows the song that has been decoded; opens one file at most.
    pub(super) fn load_following(&mut self) -> Following {
        let Some(decoded) = self.decoding else { return Following::Nothing };
        if self.failures.are_too_many() {
            self.tell_failures(true);
            return Following::Nothing;
        }
        // A song that repeats alone but cannot be opened again must not be tried for ever.
        let next = match self.failures.last() {
            Some(failed) => self.queue.next_of(failed),
            None => self.queue.following(decoded),
        };
        let Some(next) = next else {
            self.tell_failures(false);
            return Following::Nothing;
        };
        let (mut carry, mut fresh) = (self.carry.take(), std::mem::take(&mut self.fresh));
        let opened = self.open_after(next, 0.0, &mut carry, &mut fresh);
        (self.carry, self.fresh) = (carry, fresh);
        match opened {
            Ok((deck, owed_frames)) => {
                self.decoding = Some(next);
                self.known_duration = Some((next, deck.duration_secs()));
                self.begin_segment(&deck, owed_frames, 0.0, false);
                self.deck = Some(deck);
                Following::Loaded
            }
            Err(error) => {
                self.note_failure(next, &error);
                Following::NotYet
            }
        }
    }

    /// Sound came out of the deck: enough of it ends a row of failures.
    pub(super) fn sound_came(&mut self, deck: &Deck) {
        if self.failures.last().is_some() && deck.given_secs() >= PLAYED_SECS {
            self.tell_failures(false);
        }
    }

    /// The song on the deck was decoded to its end, or to where it broke off.
    pub(super) fn song_ended(&mut self, deck: &Deck, error: Option<AudioError>) {
        let Some(turn) = self.decoding else { return };
        match error {
            None if deck.gave_nothing() => {
                self.note_failure(turn, &AudioError::Empty { path: deck.path().to_path_buf() });
            }
            None => self.tell_failures(false),
            Some(error) if deck.given_secs() < PLAYED_SECS => self.note_failure(turn, &error),
            Some(error) => {
                self.tell_failures(false);
                self.tell_broken(turn, deck.position_secs(), &error);
            }
        }
    }

    /// Once for each time that a song comes up, however often it repeats.
    fn tell_broken(&mut self, turn: Turn, position_secs: f64, error: &AudioError) {
        tracing::warn!("{error}");
        if self.told_broken == Some(turn) || self.cancel.is_cancelled() {
            return;
        }
        self.told_broken = Some(turn);
        if let Some(item) = self.queue.item(turn).cloned() {
            self.say(PlayerEvent::Broken { item, position_secs, reason: error.to_string() });
        }
    }

    fn note_failure(&mut self, turn: Turn, error: &AudioError) {
        let Some(item) = self.queue.item(turn).cloned() else { return };
        self.failures.0.push(Failure { turn, item, reason: error.to_string() });
    }

    /// Tells in one event which songs could not be played, and forgets them.
    pub(super) fn tell_failures(&mut self, stopped: bool) {
        let mut failures = std::mem::take(&mut self.failures.0);
        // A short queue that repeats comes to the same song again.
        let mut seen = Vec::with_capacity(MOST_FAILURES);
        failures.retain(|failure| {
            let is_new = !seen.contains(&failure.item.track);
            seen.push(failure.item.track);
            is_new
        });
        let others = failures.len().saturating_sub(1);
        let Some(Failure { item, reason, .. }) = failures.into_iter().next() else { return };
        if !self.cancel.is_cancelled() {
            self.say(PlayerEvent::Skipped { item, reason, others, stopped });
        }
    }

    /// How loud songs are to be is decided anew: acts on what is heard and on what was decoded ahead. The sound fades over.
    pub(super) fn update_gain(&mut self) {
        let mut changes = true;
        if let (Some(turn), Some(mut deck)) = (self.decoding, self.deck.take()) {
            let gain_db = self.queue.item(turn).and_then(|item| (self.gain_of)(item));
            changes = deck.set_gain(gain_db) || self.queue.turn() != Some(turn);
            self.deck = Some(deck);
        }
        if changes && self.state != PlayState::Stopped {
            self.rejoin();
        }
    }
}
