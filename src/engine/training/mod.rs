//! Training and judging networks, as jobs.

pub mod evaluate;
pub mod learn;
pub mod media;
pub mod message;
pub(super) mod promised;
pub mod run_queries;
pub mod shipped;
pub mod songs;
pub mod start;

pub use media::SoundFiles;
