//! The decoding thread: holds the queue, keeps the ring full, and knows what is heard.

use std::collections::VecDeque;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError};

use super::command::{OutputState, PlayState, PlayerCommand, PlayerEvent, PlayerStatus, QueueItem};
use super::deck::Deck;
use super::feed::CHANNELS;
use super::output::{Output, OutputKind};
use super::queue::Queue;
use super::tap::TapSource;
use crate::audio::resample::StreamResampler;
use crate::base::CancelToken;

/// Between two status events while playing.
const STATUS_EVERY: Duration = Duration::from_millis(33);
/// How long the worker sleeps when the ring is full or nothing plays (a lost device is noticed after this).
const PLAYING_SLEEP: Duration = Duration::from_millis(10);
const RESTING_SLEEP: Duration = Duration::from_millis(250);
/// Free places in the ring for which it is worth to wake up.
const WORTHWHILE_SAMPLES: usize = 8 * 1024;
/// Samples that may wait for a place in the ring.
const BACKLOG_SAMPLES: usize = 16 * 1024;

/// A stretch of one song in the ring.
#[derive(Clone, Copy, Debug)]
struct Segment {
    /// Its first frame, counted from the output's start.
    start: u64,
    /// Place in the queue.
    index: usize,
    /// Where in the song it begins, seconds.
    offset_secs: f64,
    duration_secs: f64,
}

pub(super) struct Worker {
    output_kind: OutputKind,
    output: Output,
    tap: Arc<Mutex<TapSource>>,
    queue: Queue,
    state: PlayState,
    volume: f32,
    deck: Option<Deck>,
    /// The resampler of the song that has just ended, until the next one goes on with it.
    carry: Option<StreamResampler>,
    /// The song to decode when the deck is empty.
    upcoming: Option<usize>,
    /// Decoded, but not yet in the ring.
    backlog: Vec<f32>,
    /// Frames put into the ring so far.
    written: u64,
    /// What is in the ring, oldest first; the first is what is heard.
    segments: VecDeque<Segment>,
    /// Where the current song begins when it is started (set by seeking while stopped).
    start_secs: f64,
    /// Playing time of a song of the queue, for when it is not in the ring.
    known_duration: Option<(usize, f64)>,
    status: Arc<Mutex<PlayerStatus>>,
    on_event: Box<dyn Fn(PlayerEvent) + Send>,
    cancel: CancelToken,
    last_status: Instant,
}

impl Worker {
    pub(super) fn new(
        output_kind: OutputKind,
        volume: f32,
        tap: Arc<Mutex<TapSource>>,
        status: Arc<Mutex<PlayerStatus>>,
        on_event: Box<dyn Fn(PlayerEvent) + Send>,
        cancel: CancelToken,
    ) -> Self {
        let volume = clean_volume(volume);
        let (output, source) = Output::open(&output_kind, volume);
        *tap.lock().unwrap_or_else(PoisonError::into_inner) = source;
        Self {
            output_kind,
            output,
            tap,
            queue: Queue::default(),
            state: PlayState::Stopped,
            volume,
            deck: None,
            carry: None,
            upcoming: None,
            backlog: Vec::new(),
            written: 0,
            segments: VecDeque::new(),
            start_secs: 0.0,
            known_duration: None,
            status,
            on_event,
            cancel,
            last_status: Instant::now(),
        }
    }

    /// Works until nobody can send commands any more.
    pub(super) fn run(mut self, commands: &Receiver<PlayerCommand>) {
        self.tell();
        loop {
            let wait = match self.state {
                PlayState::Playing if self.can_write() => Duration::ZERO,
                PlayState::Playing => PLAYING_SLEEP,
                PlayState::Paused | PlayState::Stopped => RESTING_SLEEP,
            };
            match commands.recv_timeout(wait) {
                Ok(command) => {
                    self.obey(command);
                    self.tell();
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
            if self.output.controls.failed.load(Ordering::Relaxed) {
                self.fall_silent();
            }
            if self.state != PlayState::Stopped {
                self.fill_ring();
                self.follow();
            }
            if self.state == PlayState::Playing && self.last_status.elapsed() >= STATUS_EVERY {
                self.tell();
            }
        }
    }

    fn obey(&mut self, command: PlayerCommand) {
        match command {
            PlayerCommand::PlayQueue { items, start } => {
                self.queue.replace(items, start);
                self.known_duration = None;
                self.jump(self.queue.current, 0.0, PlayState::Playing);
            }
            PlayerCommand::Enqueue(items) => {
                let was_at_end = self.upcoming.is_none();
                let first = self.queue.items.len();
                self.queue.items.extend(items);
                if self.state != PlayState::Stopped && was_at_end && first < self.queue.items.len() {
                    self.upcoming = Some(first);
                }
            }
            PlayerCommand::Play => self.play(),
            PlayerCommand::Pause => self.pause(),
            PlayerCommand::Toggle if self.state == PlayState::Playing => self.pause(),
            PlayerCommand::Toggle => self.play(),
            PlayerCommand::Stop => self.stop(),
            PlayerCommand::Next => match self.queue.next() {
                Some(next) => self.jump(next, 0.0, self.state),
                None => self.stop(),
            },
            PlayerCommand::Previous => {
                let previous = self.queue.previous(self.position_secs());
                self.jump(previous, 0.0, self.state);
            }
            PlayerCommand::Seek(secs) => {
                let secs = if secs.is_finite() { secs.max(0.0) } else { 0.0 };
                let duration = self.duration_secs();
                let secs = if duration > 0.0 { secs.min(duration) } else { secs };
                self.jump(self.queue.current, secs, self.state);
            }
            // Nothing repeats yet: the status says so.
            PlayerCommand::SetLoop(_) => {}
            PlayerCommand::SetVolume(volume) => {
                self.volume = clean_volume(volume);
                self.output.controls.set_volume(self.volume);
            }
            PlayerCommand::SetDevice(name) => {
                self.output_kind = name.map_or(OutputKind::Default, OutputKind::Named);
                let opened = Output::open(&self.output_kind, self.volume);
                self.switch_output(opened);
            }
        }
    }

    fn play(&mut self) {
        match self.state {
            PlayState::Playing => {}
            PlayState::Paused => self.set_state(PlayState::Playing),
            PlayState::Stopped => self.jump(self.queue.current, self.start_secs, PlayState::Playing),
        }
    }

    fn pause(&mut self) {
        if self.state == PlayState::Playing {
            self.set_state(PlayState::Paused);
        }
    }

    fn stop(&mut self) {
        self.drop_what_is_ahead();
        self.start_secs = 0.0;
        self.set_state(PlayState::Stopped);
    }

    fn set_state(&mut self, state: PlayState) {
        self.state = state;
        // While stopped what is ahead is dropped, so the feed must run.
        self.output.controls.paused.store(state == PlayState::Paused, Ordering::Relaxed);
    }

    /// Goes to `secs` of a song of the queue. What cannot be played is skipped; if nothing can, the player stops.
    fn jump(&mut self, index: usize, secs: f64, state: PlayState) {
        self.drop_what_is_ahead();
        self.queue.current = index.min(self.queue.items.len().saturating_sub(1));
        self.start_secs = secs;
        if state == PlayState::Stopped {
            self.set_state(PlayState::Stopped);
            return;
        }
        self.upcoming = (!self.queue.items.is_empty()).then_some(self.queue.current);
        if self.load_upcoming(secs) {
            self.set_state(state);
        } else {
            self.stop();
        }
    }

    /// Puts the upcoming song, or the first after it that can be played, on the deck.
    fn load_upcoming(&mut self, secs: f64) -> bool {
        let mut secs = secs;
        while let Some(index) = self.upcoming {
            let Some(item) = self.queue.item(index).cloned() else {
                self.upcoming = None;
                return false;
            };
            self.upcoming = (index + 1 < self.queue.items.len()).then_some(index + 1);
            let (carry, backlog) = (&mut self.carry, &mut self.backlog);
            match Deck::open(&item, secs, self.output.rate_hz, carry, backlog, &self.cancel) {
                Ok((deck, owed_frames)) => {
                    let start = self.written + (self.backlog.len() / CHANNELS) as u64 + owed_frames;
                    let duration_secs = deck.duration_secs();
                    self.known_duration = Some((index, duration_secs));
                    self.segments.push_back(Segment { start, index, offset_secs: secs, duration_secs });
                    self.deck = Some(deck);
                    return true;
                }
                Err(error) => {
                    if !self.cancel.is_cancelled() {
                        self.skip(item, error.to_string());
                    }
                    secs = 0.0;
                }
            }
        }
        false
    }

    fn skip(&self, item: QueueItem, reason: String) {
        (self.on_event)(PlayerEvent::Skipped { item, reason });
    }

    /// What was decoded but not heard is not wanted any more.
    fn drop_what_is_ahead(&mut self) {
        self.deck = None;
        self.carry = None;
        self.upcoming = None;
        self.backlog.clear();
        self.segments.clear();
        self.output.controls.drop_before.store(self.written, Ordering::Release);
    }

    fn can_write(&self) -> bool {
        let more = self.deck.is_some() || self.upcoming.is_some() || !self.backlog.is_empty();
        more && self.output.ring.slots() >= WORTHWHILE_SAMPLES
    }

    /// Decodes a little and writes what fits.
    fn fill_ring(&mut self) {
        while self.backlog.len() < BACKLOG_SAMPLES && self.can_write() {
            if self.deck.is_none() && !self.load_upcoming(0.0) {
                self.finish_carry();
                break;
            }
            let Some(deck) = &mut self.deck else { break };
            match deck.next(&mut self.backlog) {
                Ok(true) => {}
                Ok(false) => self.end_of_song(),
                Err(error) => {
                    tracing::warn!("{error}");
                    self.end_of_song();
                }
            }
        }
        let whole = self.output.ring.slots() / CHANNELS * CHANNELS;
        let count = self.backlog.len().min(whole);
        if self.output.ring.push_entire_slice(&self.backlog[..count]).is_ok() {
            self.backlog.drain(..count);
            self.written += (count / CHANNELS) as u64;
        }
    }

    /// Keeps what is inside the resampler for the next song; without one, it is written out.
    fn end_of_song(&mut self) {
        self.carry = self.deck.take().map(Deck::into_resampler);
        if self.upcoming.is_none() {
            self.finish_carry();
        }
    }

    fn finish_carry(&mut self) {
        if let Some(mut resampler) = self.carry.take()
            && let Err(error) = resampler.finish(&mut self.backlog)
        {
            tracing::warn!("{error}");
        }
    }

    /// Finds out which song is heard, and whether all of them were.
    fn follow(&mut self) {
        let taken = self.output.controls.taken.load(Ordering::Acquire);
        let mut changed = false;
        while self.segments.get(1).is_some_and(|next| next.start <= taken) {
            self.segments.pop_front();
            changed = true;
        }
        if let Some(segment) = self.segments.front() {
            self.queue.current = segment.index;
        }
        let decoded = self.deck.is_none() && self.upcoming.is_none() && self.backlog.is_empty();
        if decoded && taken >= self.written {
            self.stop();
            changed = true;
        }
        if changed {
            self.tell();
        }
    }

    fn fall_silent(&mut self) {
        let reason = match &self.output.state {
            OutputState::Device(name) => format!("{name} is gone"),
            OutputState::Silent(reason) => reason.clone(),
        };
        tracing::warn!("sound output lost: {reason}");
        let opened = Output::silent(reason, self.volume);
        self.switch_output(opened);
        self.tell();
    }

    /// Goes on at the same place of the same song on another output.
    fn switch_output(&mut self, (output, tap): (Output, TapSource)) {
        let (index, secs, state) = (self.queue.current, self.position_secs(), self.state);
        *self.tap.lock().unwrap_or_else(PoisonError::into_inner) = tap;
        self.output = output;
        self.written = 0;
        self.jump(index, secs, state);
    }

    fn position_secs(&self) -> f64 {
        let Some(segment) = self.segments.front() else { return self.start_secs };
        let taken = self.output.controls.taken.load(Ordering::Relaxed);
        segment.offset_secs + taken.saturating_sub(segment.start) as f64 / f64::from(self.output.rate_hz)
    }

    fn duration_secs(&self) -> f64 {
        let known = self.known_duration.filter(|(index, _)| *index == self.queue.current).map(|(_, secs)| secs);
        self.segments.front().map(|segment| segment.duration_secs).or(known).unwrap_or(0.0)
    }

    fn tell(&mut self) {
        self.last_status = Instant::now();
        let status = PlayerStatus {
            state: self.state,
            current: self.queue.item(self.queue.current).map(|item| item.track),
            queue_index: self.queue.current,
            queue_len: self.queue.items.len(),
            position_secs: self.position_secs(),
            duration_secs: self.duration_secs(),
            loop_secs: None,
            volume: self.volume,
            output: self.output.state.clone(),
        };
        *self.status.lock().unwrap_or_else(PoisonError::into_inner) = status.clone();
        (self.on_event)(PlayerEvent::Status(status));
    }
}

pub(super) fn clean_volume(volume: f32) -> f32 {
    if volume.is_finite() { volume.clamp(0.0, 1.0) } else { 0.0 }
}
