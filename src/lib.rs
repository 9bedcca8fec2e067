//! Timbre: a music-library organizer that listens.
//!
//! ```text
//! ui       the window; egui is known only here           -> state, engine, ml, library, audio, dsp, base
//! cli      the command line                              -> ui, engine, ml, library, audio, dsp, base
//! state    what the window shows, without egui; pure     -> engine, ml, library, audio, dsp, base
//! engine   jobs, threads, settings: one door to it all   -> ml, library, audio, dsp, base
//! ml       machine learning; its own rooms in `ml`       -> dsp, base
//! library  the database, scanning, tags, searching       -> base
//! audio    decoding and playing                          -> base
//! dsp      spectra and wavelets                          -> base
//! base     identifiers, errors, paths, files
//! ```
//!
//! The window and the command line are two clients of one [`engine::Engine`]: commands in, events out.
//! `tests/architecture.rs` checks that these arrows, and no others, are there.

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
