//! Pictures of sound: the tiles of the window and what the command line writes.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a test may panic, also in its helpers"
)]

#[path = "audio_support/mod.rs"]
mod audio_support;

#[path = "whole_songs/command_line.rs"]
mod command_line;
#[path = "whole_songs/support.rs"]
mod support;
#[path = "whole_songs/tiles.rs"]
mod tiles;
