//! The player as the rest of the program holds it.

use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use crossbeam_channel::{Sender, TrySendError};

use super::command::{PlayerCommand, PlayerEvent, PlayerStatus, QueueItem};
use super::output::OutputKind;
use super::tap::Tap;
use super::worker::{Worker, clean_volume};
use crate::base::CancelToken;

/// Commands that may wait for the worker; a person does not press keys faster than it works them off.
const WAITING_COMMANDS: usize = 1024;

/// A running player. Dropping it stops the sound and its threads.
pub struct Player {
    commands: Option<Sender<PlayerCommand>>,
    status: Arc<Mutex<PlayerStatus>>,
    tap: Mutex<Option<Tap>>,
    cancel: CancelToken,
    thread: Option<JoinHandle<()>>,
}

impl Player {
    /// Starts a player, stopped, with an empty queue. `gain` says how much louder a song is to be played, dB (already so
    /// limited that peaks do not clip; `None` is as recorded); it is asked on the worker's thread whenever a song is opened.
    /// `on_event` is called on that thread too and must not block.
    ///
    /// Returns at once; the output opens in the background. It never fails: without a device the output is silent and says why ([`super::OutputState::Silent`]).
    pub fn spawn(
        output: OutputKind,
        volume: f32,
        gain: impl Fn(&QueueItem) -> Option<f32> + Send + 'static,
        on_event: impl Fn(PlayerEvent) + Send + 'static,
    ) -> Self {
        let (sender, receiver) = crossbeam_channel::bounded(WAITING_COMMANDS);
        let cancel = CancelToken::default();
        let status = Arc::new(Mutex::new(PlayerStatus::stopped(clean_volume(volume))));
        let shared_status = Arc::clone(&status);
        let worker_cancel = cancel.clone();
        let tap = Tap::unconnected();
        let tap_source = Arc::clone(&tap.source);
        // Devices are opened on the worker's own thread: not all of them may be used from another one, and some take long.
        let thread = std::thread::Builder::new().name("timbre-decode".to_owned()).spawn(move || {
            let (gain, on_event) = (Box::new(gain), Box::new(on_event));
            Worker::new(output, volume, gain, tap_source, shared_status, on_event, worker_cancel).run(&receiver);
        });
        if let Err(error) = &thread {
            tracing::error!("the player cannot start: {error}");
        }
        Self { commands: Some(sender), status, tap: Mutex::new(Some(tap)), cancel, thread: thread.ok() }
    }

    /// Tells the player what to do; returns at once.
    pub fn send(&self, command: PlayerCommand) {
        if let Some(commands) = &self.commands
            && let Err(TrySendError::Full(command)) = commands.try_send(command)
        {
            tracing::warn!("the player is busy; dropped {command:?}");
        }
    }

    /// The state as last told by [`PlayerEvent::Status`].
    pub fn status(&self) -> PlayerStatus {
        self.status.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What is heard; there is one, for whoever asks first.
    pub fn take_tap(&self) -> Option<Tap> {
        self.tap.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl Drop for Player {
    fn drop(&mut self) {
        self.cancel.cancel();
        // The worker ends when nobody can send any more.
        self.commands = None;
        if let Some(thread) = self.thread.take() {
            thread.join().ok();
        }
    }
}
