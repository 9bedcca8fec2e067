//! The decoding thread: obeys, keeps the ring full, and knows what is heard.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError, select};

use super::command::{OutputState, PlayState, PlayerCommand, PlayerEvent, PlayerStatus, QueueItem, SPEEDS};
use super::deck::Deck;
use super::lost::Lost;
use super::opening::Failures;
use super::output::{Output, OutputKind};
use super::queue::{Queue, Turn};
use super::stretch::Stretcher;
use super::tap::TapSource;
use super::timeline::Timeline;
use crate::audio::resample::StreamResampler;
use crate::base::{Bell, CancelToken};

/// Between two status events while playing.
const STATUS_EVERY: Duration = Duration::from_millis(33);
/// How long the worker sleeps while the ring is full.
const PLAYING_SLEEP: Duration = Duration::from_millis(10);
/// How often it decodes ahead while it is held, and looks whether the output has come to rest.
const HELD_SLEEP: Duration = Duration::from_millis(250);
/// Shorter loops are a buzz.
const SHORTEST_LOOP_SECS: f64 = 0.05;

/// How much louder or softer a song is to be played, dB; asked on the decoding thread when a song is opened, and when
/// [`PlayerCommand::UpdateGain`] says that the answer may be another one.
pub(super) type GainOf = Box<dyn Fn(&QueueItem) -> Option<f32> + Send>;

pub(super) struct Worker {
    pub(super) output_kind: OutputKind,
    pub(super) output: Output,
    /// Wakes this thread when something happens to the output.
    pub(super) bell: Bell,
    rings: Receiver<()>,
    tap: Arc<Mutex<TapSource>>,
    pub(super) queue: Queue,
    pub(super) state: PlayState,
    pub(super) volume: f32,
    pub(super) gain_of: GainOf,
    pub(super) deck: Option<Deck>,
    /// The current song is to be opened at this place, seconds, at the next turn.
    pub(super) opening: Option<f64>,
    pub(super) failures: Failures,
    /// The song of which was told last that it broke off.
    pub(super) told_broken: Option<Turn>,
    /// Whose song is on the deck, or was last.
    pub(super) decoding: Option<Turn>,
    /// The resampler of the song that has just ended, until the next one goes on with it.
    pub(super) carry: Option<StreamResampler>,
    /// Nothing comes after what was decoded.
    pub(super) ended: bool,
    pub(super) speed: f32,
    /// Only at other speeds than 1.
    pub(super) stretcher: Option<Stretcher>,
    pub(super) loop_secs: Option<(f64, f64)>,
    /// Decoded at its own speed, on its way into the backlog.
    pub(super) fresh: Vec<f32>,
    /// Frames that were in `fresh` so far, since the timeline began.
    pub(super) material: u64,
    /// What is to be heard, but not yet in the ring.
    pub(super) backlog: Vec<f32>,
    /// Frames put into the ring so far.
    pub(super) written: u64,
    pub(super) timeline: Timeline,
    /// Where the current song begins when it is started (set by seeking while stopped).
    pub(super) start_secs: f64,
    /// Playing time of a song of the queue, for when it is not in the ring.
    pub(super) known_duration: Option<(Turn, f64)>,
    /// The device that went away.
    pub(super) lost: Option<Lost>,
    /// Since when something is wrong with the device.
    pub(super) troubled: Option<Instant>,
    /// Frames that were taken from the ring when this thread looked last.
    seen_taken: u64,
    status: Arc<Mutex<PlayerStatus>>,
    on_event: Box<dyn Fn(PlayerEvent) + Send>,
    pub(super) cancel: CancelToken,
    last_status: Instant,
}

impl Worker {
    pub(super) fn new(
        output_kind: OutputKind,
        volume: f32,
        gain_of: GainOf,
        tap: Arc<Mutex<TapSource>>,
        status: Arc<Mutex<PlayerStatus>>,
        on_event: Box<dyn Fn(PlayerEvent) + Send>,
        cancel: CancelToken,
    ) -> Self {
        let volume = clean_volume(volume);
        let (bell, rings) = Bell::new();
        let (output, source) = Output::open(&output_kind, volume, &bell);
        *tap.lock().unwrap_or_else(PoisonError::into_inner) = source;
        Self {
            output_kind,
            timeline: Timeline::new(output.rate_hz, 0, 1.0),
            output,
            bell,
            rings,
            tap,
            queue: Queue::default(),
            state: PlayState::Stopped,
            volume,
            gain_of,
            deck: None,
            opening: None,
            failures: Failures::default(),
            told_broken: None,
            decoding: None,
            carry: None,
            ended: true,
            speed: 1.0,
            stretcher: None,
            loop_secs: None,
            fresh: Vec::new(),
            material: 0,
            backlog: Vec::new(),
            written: 0,
            start_secs: 0.0,
            known_duration: None,
            lost: None,
            troubled: None,
            seen_taken: 0,
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
            let wait = self.wait();
            match self.next_command(commands, wait) {
                Ok(command) => {
                    self.obey(command);
                    // Nothing is opened for a wish that the next command may take back.
                    if self.opening.is_some() && !commands.is_empty() {
                        continue;
                    }
                    if self.opening.is_none() {
                        self.tell();
                    }
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
            if self.output_is_gone() {
                self.lose_output();
            }
            self.look_for_output();
            if self.opening.is_some() {
                self.open_current();
                self.tell();
            } else if self.state != PlayState::Stopped {
                self.fill_ring();
                self.follow();
            }
            if self.state == PlayState::Playing && self.last_status.elapsed() >= STATUS_EVERY {
                self.tell();
            }
        }
    }

    /// How long nothing is to be done but to obey; `None` until something happens.
    fn wait(&mut self) -> Option<Duration> {
        let taken = self.output.controls.taken.load(Ordering::Relaxed);
        let is_at_rest = std::mem::replace(&mut self.seen_taken, taken) == taken;
        let to_state = match self.state {
            _ if self.opening.is_some() => Some(Duration::ZERO),
            PlayState::Playing if self.can_write() => Some(Duration::ZERO),
            PlayState::Playing => Some(PLAYING_SLEEP),
            PlayState::Paused if is_at_rest && !self.can_write() => None,
            PlayState::Paused => Some(HELD_SLEEP),
            PlayState::Stopped => None,
        };
        to_state.into_iter().chain(self.time_to_output()).min()
    }

    /// The next command, unless something happens to the output or the time is over before.
    fn next_command(
        &self,
        commands: &Receiver<PlayerCommand>,
        wait: Option<Duration>,
    ) -> Result<PlayerCommand, RecvTimeoutError> {
        let command = match wait {
            Some(wait) => select! {
                recv(commands) -> command => Some(command),
                recv(self.rings) -> _ => None,
                default(wait) => None,
            },
            None => select! {
                recv(commands) -> command => Some(command),
                recv(self.rings) -> _ => None,
            },
        };
        command.map_or(Err(RecvTimeoutError::Timeout), |command| command.map_err(|_| RecvTimeoutError::Disconnected))
    }

    fn obey(&mut self, command: PlayerCommand) {
        match command {
            PlayerCommand::PlayQueue { items, start } => {
                self.queue.replace(items, start);
                self.begin(PlayState::Playing);
            }
            PlayerCommand::Restore { items, index, position_secs } => {
                self.queue.restore(items, index);
                self.loop_secs = None;
                let state = if self.queue.is_empty() { PlayState::Stopped } else { PlayState::Paused };
                self.jump(clean_secs(position_secs), state);
            }
            PlayerCommand::Enqueue(items) => self.change_queue(|queue| queue.append(items)),
            PlayerCommand::PlayNext(items) => self.change_queue(|queue| queue.insert_next(items)),
            PlayerCommand::MoveInQueue { from, to } => self.change_queue(|queue| queue.move_entry(from, to)),
            PlayerCommand::RemoveFromQueue(indices) => self.remove(&indices),
            PlayerCommand::ClearQueue => {
                let keep_current = self.state != PlayState::Stopped;
                self.change_queue(|queue| queue.clear(keep_current));
            }
            PlayerCommand::PlayIndex(index) => {
                if self.queue.go_to(index) {
                    self.begin(PlayState::Playing);
                }
            }
            PlayerCommand::Play => self.play(),
            PlayerCommand::Pause => self.pause(),
            PlayerCommand::Toggle if self.state == PlayState::Playing => self.pause(),
            PlayerCommand::Toggle => self.play(),
            PlayerCommand::Stop => self.stop(),
            PlayerCommand::Next => self.next(),
            PlayerCommand::Previous => {
                let previous = self.queue.previous(self.position_secs());
                if previous == self.queue.current_index() {
                    self.jump(0.0, self.state);
                } else if self.queue.go_to(previous) {
                    self.begin(self.state);
                }
            }
            PlayerCommand::Seek(secs) => self.seek(secs),
            PlayerCommand::SetLoop(range_secs) => self.set_loop(range_secs),
            PlayerCommand::SetSpeed(speed) => self.set_speed(speed),
            PlayerCommand::SetRepeat(repeat) => self.change_queue(|queue| queue.repeat = repeat),
            PlayerCommand::SetShuffle(shuffle) => self.change_queue(|queue| queue.set_shuffle(shuffle)),
            PlayerCommand::SetVolume(volume) => {
                self.volume = clean_volume(volume);
                self.output.controls.set_volume(self.volume);
            }
            PlayerCommand::UpdateGain => self.update_gain(),
            PlayerCommand::SetDevice(name) => {
                self.output_kind = name.map_or(OutputKind::Default, OutputKind::Named);
                self.choose_output();
            }
        }
    }

    /// The current song from its start.
    fn begin(&mut self, state: PlayState) {
        self.loop_secs = None;
        self.jump(0.0, state);
    }

    /// The user's wish to go on: also without the device that was lost.
    fn play(&mut self) {
        self.stop_waiting_for_output();
        match self.state {
            PlayState::Playing => {}
            PlayState::Paused => self.set_state(PlayState::Playing),
            PlayState::Stopped => self.jump(self.start_secs, PlayState::Playing),
        }
    }

    fn pause(&mut self) {
        if let Some(lost) = &mut self.lost {
            lost.plays_on = false;
        }
        if self.state == PlayState::Playing {
            self.set_state(PlayState::Paused);
        }
    }

    pub(super) fn stop(&mut self) {
        self.opening = None;
        self.failures.clear();
        self.drop_what_is_ahead();
        self.start_secs = 0.0;
        self.loop_secs = None;
        self.set_state(PlayState::Stopped);
    }

    pub(super) fn set_state(&mut self, state: PlayState) {
        self.state = state;
        // While stopped what is ahead is dropped, so the feed must run.
        self.output.controls.paused.store(state == PlayState::Paused, Ordering::Relaxed);
        self.output.wake();
    }

    fn next(&mut self) {
        let next = self.queue.turn().and_then(|turn| self.queue.next_of(turn));
        match next {
            Some(next) => {
                self.queue.heard(next);
                self.begin(self.state);
            }
            None => self.stop(),
        }
    }

    fn remove(&mut self, indices: &[usize]) {
        match self.queue.remove(indices) {
            Some(true) => self.begin(self.state),
            Some(false) => self.stop(),
            None => {}
        }
        self.check_what_is_ahead();
    }

    fn change_queue(&mut self, change: impl FnOnce(&mut Queue)) {
        change(&mut self.queue);
        self.check_what_is_ahead();
    }

    fn seek(&mut self, secs: f64) {
        let duration = self.duration_secs();
        let secs = if duration > 0.0 { clean_secs(secs).min(duration) } else { clean_secs(secs) };
        if self.loop_secs.is_some_and(|(_, to)| secs >= to) {
            self.loop_secs = None;
        }
        self.jump(secs, self.state);
    }

    /// Loops with an end before their start, or hardly after it, are none.
    fn set_loop(&mut self, range_secs: Option<(f64, f64)>) {
        let duration = self.duration_secs();
        let range_secs = range_secs
            .map(|(from, to)| {
                (clean_secs(from), if duration > 0.0 { clean_secs(to).min(duration) } else { clean_secs(to) })
            })
            .filter(|(from, to)| to - from >= SHORTEST_LOOP_SECS && !self.queue.is_empty());
        if range_secs == self.loop_secs {
            return;
        }
        self.loop_secs = range_secs;
        let position = self.position_secs();
        match range_secs {
            Some((from, to)) if position < from || position >= to => self.jump(from, self.state),
            _ if self.state != PlayState::Stopped => self.rejoin(),
            _ => {}
        }
    }

    fn set_speed(&mut self, speed: f32) {
        let speed = if speed.is_finite() { speed.clamp(*SPEEDS.start(), *SPEEDS.end()) } else { 1.0 };
        if speed.to_bits() == self.speed.to_bits() {
            return;
        }
        self.speed = speed;
        let is_own = speed.to_bits() == 1.0_f32.to_bits();
        match &mut self.stretcher {
            // What is already decoded is little and keeps its speed.
            Some(stretcher) if !is_own => {
                stretcher.set_speed(f64::from(speed));
                let made = self.written + (self.backlog.len() / super::feed::CHANNELS) as u64;
                self.timeline.set_speed(made, f64::from(speed));
            }
            _ if self.state != PlayState::Stopped => self.rejoin(),
            _ => {}
        }
    }

    /// Finds out which song is heard, and whether all of them were.
    fn follow(&mut self) {
        let taken = self.output.controls.taken.load(Ordering::Acquire);
        let mut changed = self.timeline.advance(taken);
        if let Some(turn) = self.timeline.now().map(|segment| segment.turn) {
            if self.loop_secs.is_some() && self.queue.turn().is_some_and(|before| before != turn) {
                self.loop_secs = None;
            }
            self.queue.heard(turn);
        }
        let decoded = self.deck.is_none() && self.ended && self.backlog.is_empty();
        if decoded && taken >= self.written {
            self.stop();
            changed = true;
        }
        if changed {
            self.tell();
        }
    }

    pub(super) fn replace_output(&mut self, (output, tap): (Output, TapSource)) {
        *self.tap.lock().unwrap_or_else(PoisonError::into_inner) = tap;
        self.output = output;
        self.written = 0;
    }

    pub(super) fn say(&self, event: PlayerEvent) {
        (self.on_event)(event);
    }

    pub(super) fn position_secs(&self) -> f64 {
        if let Some(secs) = self.opening {
            return secs;
        }
        let taken = self.output.controls.taken.load(Ordering::Relaxed);
        self.timeline.position_secs(taken).unwrap_or(self.start_secs)
    }

    fn duration_secs(&self) -> f64 {
        let known = self.known_duration.filter(|(turn, _)| self.queue.turn() == Some(*turn)).map(|(_, secs)| secs);
        let heard =
            self.timeline.now().filter(|segment| self.opening.is_none() || self.queue.turn() == Some(segment.turn));
        heard.map(|segment| segment.duration_secs).or(known).unwrap_or(0.0)
    }

    pub(super) fn tell(&mut self) {
        self.last_status = Instant::now();
        let output = match &self.lost {
            Some(lost) => OutputState::Gone(lost.name.clone()),
            None => self.output.state.clone(),
        };
        let status = PlayerStatus {
            state: self.state,
            current: self.queue.current_item().map(|item| item.track),
            queue: self.queue.shown(),
            queue_index: self.queue.current_index(),
            queue_len: self.queue.len(),
            position_secs: self.position_secs(),
            duration_secs: self.duration_secs(),
            loop_secs: self.loop_secs,
            speed: self.speed,
            repeat: self.queue.repeat,
            shuffle: self.queue.is_shuffled(),
            volume: self.volume,
            output,
        };
        *self.status.lock().unwrap_or_else(PoisonError::into_inner) = status.clone();
        (self.on_event)(PlayerEvent::Status(status));
    }
}

fn clean_secs(secs: f64) -> f64 {
    if secs.is_finite() { secs.max(0.0) } else { 0.0 }
}

pub(super) fn clean_volume(volume: f32) -> f32 {
    if volume.is_finite() { volume.clamp(0.0, 1.0) } else { 0.0 }
}
