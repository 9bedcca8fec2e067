//! Timbre: a music-library organizer that listens.
//!
//! ```text
//! ui   (egui, only here)          cli  (clap)
//!   |  Action v   ^ &AppState       |
//! state (no egui, pure)             |
//!   |  Command v  ^ Event           |  Command v  ^ Event
//! engine: Engine, Command, Event, jobs (threads, progress, cancel)
//!   |          |           |         |
//! library    audio        ml  --->  dsp        no other arrows between these four
//!   `----------`-----------`---------`----- base: ids, errors, paths
//! ```
//!
//! The window and the command line are two clients of one [`engine::Engine`]: commands in, events out.
//! `tests/architecture.rs` checks the arrows.

pub mod audio;
pub mod base;
pub mod cli;
pub mod dsp;
pub mod engine;
#[doc(hidden)]
pub mod fuzzing;
pub mod library;
pub mod ml;
pub mod state;
#[cfg(feature = "gui")]
pub mod ui;
