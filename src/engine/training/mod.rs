//! Training and judging networks, as jobs.

pub mod media;

pub use media::SoundFiles;
