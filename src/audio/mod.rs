//! Sound: decoding any file to samples, and playing it.

pub mod player;
