//! The player: a queue, a decoding thread, an output, and a tap that tells what is heard.

pub mod command;

pub use command::{OutputState, PlayState, PlayerCommand, PlayerEvent, PlayerStatus, QueueItem};
