//! The way out: a bounded channel of events and the waker that tells the client to look.

use std::sync::Arc;

use crossbeam_channel::{Receiver, Sender, TrySendError};

use super::event::Event;

/// Called after each event, from any thread. The window asks for a repaint here; the command line does nothing.
pub type Waker = Arc<dyn Fn() + Send + Sync>;

/// Events that may wait for a client that is not looking. Jobs wait when it is full.
const CAPACITY: usize = 4096;

/// The sending end, shared by all threads of the engine.
#[derive(Clone)]
pub struct Outbox {
    sender: Sender<Event>,
    waker: Waker,
}

impl Outbox {
    /// The sending end and the receiving one.
    pub fn new(waker: Waker) -> (Self, Receiver<Event>) {
        let (sender, receiver) = crossbeam_channel::bounded(CAPACITY);
        (Self { sender, waker }, receiver)
    }

    /// Sends an event that must arrive; waits while the channel is full. A client that is gone hears nothing.
    pub fn send(&self, event: Event) {
        if self.sender.send(event).is_ok() {
            (self.waker)();
        }
    }

    /// Sends an event that may be lost when the client is far behind: playback status, live columns.
    pub fn send_if_room(&self, event: Event) {
        match self.sender.try_send(event) {
            Ok(()) => (self.waker)(),
            Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) => {}
        }
    }
}
