//! The player: a queue, a decoding thread, an output, and a tap that tells what is heard.
//!
//! ```text
//! commands -> worker ("timbre-decode"): queue, decoder, loop, resampler, speed
//!               |  stereo frames, lock-free ring            ^ frames taken (atomic)
//!               v                                            |
//!             feed (in the device's callback, or a paced thread): pause, fade, volume
//!               |  mono, lock-free ring
//!               v
//!             tap (whoever draws what is heard)
//! ```
//!
//! Songs follow each other in the same ring, so there is no gap between them; positions count frames taken from it, and
//! a timeline says which moment of which song each of them is.

pub mod capture;
pub mod command;
pub mod tap;

pub(in crate::audio) mod channels;
mod deck;
mod decoding;
#[cfg(feature = "playback")]
mod device;
mod feed;
mod handle;
mod looping;
mod lost;
mod opening;
mod order;
mod output;
mod paced;
mod queue;
mod stretch;
mod timeline;
mod worker;

pub use capture::Capture;
pub use command::{OutputState, PlayState, PlayerCommand, PlayerEvent, PlayerStatus, QueueItem, Repeat, SPEEDS};
pub use handle::Player;
pub use output::{OutputKind, output_devices};
pub use tap::Tap;
