//! The engine as the window sees it, so that tests can put their own in its place.

use crate::engine::{Command, Engine, Event};

/// Commands in, events out. Neither call blocks.
pub trait EngineLink {
    /// Asks for something; what comes of it arrives as events.
    fn send(&self, command: Command);

    /// What happened since the last call, oldest first.
    fn poll(&self) -> Vec<Event>;
}

impl EngineLink for Engine {
    fn send(&self, command: Command) {
        Self::send(self, command);
    }

    fn poll(&self) -> Vec<Event> {
        Self::poll(self)
    }
}
