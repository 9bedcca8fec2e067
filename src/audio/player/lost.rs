//! The part of the worker that deals with devices that go away and come back.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use super::command::{OutputState, PlayState};
use super::output::{Output, OutputKind};
use super::worker::Worker;

/// How often a device that went away is looked for.
const LOOK_EVERY: Duration = Duration::from_millis(1500);

/// Something that went wrong with a device and has not passed for so long is its end.
const PATIENCE: Duration = Duration::from_millis(400);

/// A device that went away while it was in use.
#[derive(Debug)]
pub(super) struct Lost {
    pub(super) name: String,
    /// It played, and nobody has said since that it shall not.
    pub(super) plays_on: bool,
    next_look: Instant,
}

impl Worker {
    /// Plays on what was chosen from now on, at the same place.
    pub(super) fn choose_output(&mut self) {
        let plays_on = self.lost.take().is_some_and(|lost| lost.plays_on);
        let opened = Output::open(&self.output_kind, self.volume, &self.bell);
        self.switch_output(opened, plays_on);
    }

    /// Whether the device went away, or something is wrong with it that does not pass.
    pub(super) fn output_is_gone(&mut self) -> bool {
        let controls = &self.output.controls;
        self.troubled = controls.troubled.load(Ordering::Relaxed).then(|| self.troubled.unwrap_or_else(Instant::now));
        controls.failed.load(Ordering::Relaxed) || self.troubled.is_some_and(|since| since.elapsed() >= PATIENCE)
    }

    /// The device is gone: holds, in silence, at the same place.
    pub(super) fn lose_output(&mut self) {
        let name = match &self.output.state {
            OutputState::Device(name) if !name.is_empty() => name.clone(),
            OutputState::Device(_) | OutputState::Silent(_) | OutputState::Gone(_) => "The sound device".to_owned(),
        };
        let reason = self.output.controls.reason.get().map_or("no reason was told", String::as_str);
        tracing::warn!("sound output lost: {name}: {reason}");
        let plays_on = self.state == PlayState::Playing;
        if plays_on {
            self.state = PlayState::Paused;
        }
        let opened = Output::silent(format!("{name} is gone"), self.volume, &self.bell);
        self.switch_output(opened, false);
        self.lost = Some(Lost { name, plays_on, next_look: Instant::now() + LOOK_EVERY });
        self.tell();
    }

    /// How long it is until something is to be done about the device even if nobody says anything.
    pub(super) fn time_to_output(&self) -> Option<Duration> {
        let to_look = self.lost.as_ref().map(|lost| lost.next_look.saturating_duration_since(Instant::now()));
        let to_end = self.troubled.map(|since| PATIENCE.saturating_sub(since.elapsed()));
        to_look.into_iter().chain(to_end).min()
    }

    /// Goes on by itself once the device, or where the system chooses any device, is there.
    pub(super) fn look_for_output(&mut self) {
        let Some(lost) = &mut self.lost else { return };
        if Instant::now() < lost.next_look {
            return;
        }
        lost.next_look = Instant::now() + LOOK_EVERY;
        let plays_on = lost.plays_on;
        if let Ok(opened) = Output::try_open(&self.output_kind, self.volume, &self.bell) {
            self.lost = None;
            self.switch_output(opened, plays_on);
            self.tell();
        }
    }

    /// Somebody wants to hear something now: on what was chosen, else on what is there, else in silence.
    pub(super) fn stop_waiting_for_output(&mut self) {
        if self.lost.take().is_none() {
            return;
        }
        let opened = Output::try_open(&self.output_kind, self.volume, &self.bell)
            .or_else(|_| Output::try_open(&OutputKind::Default, self.volume, &self.bell))
            .unwrap_or_else(|reason| Output::silent(reason, self.volume, &self.bell));
        self.switch_output(opened, false);
    }

    /// Goes on at the same place of the same song on another output.
    fn switch_output(&mut self, opened: (Output, super::tap::TapSource), plays_on: bool) {
        let secs = self.position_secs();
        let state = if plays_on && self.state == PlayState::Paused { PlayState::Playing } else { self.state };
        self.replace_output(opened);
        // The song is opened anew: its resampler was made for the other output.
        self.deck = None;
        self.jump(secs, state);
    }
}
