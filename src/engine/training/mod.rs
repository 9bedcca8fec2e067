//! Training and judging networks, as jobs.

pub mod evaluate;
pub mod media;
pub mod start;

pub use media::SoundFiles;
