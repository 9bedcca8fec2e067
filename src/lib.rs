//! Timbre: a music-library organizer that listens.
//!
//! ```text
//! ui       the window; egui is known only here          -> state, engine, render, ml, library, audio, dsp, base
//! cli      the command line                             -> ui, engine, render, demo, ml, library, audio, dsp, base
//! state    what the window shows, without egui          -> engine, render, ml, library, audio, dsp, base
//! engine   jobs, threads, settings: one door to it all  -> render, demo, ml, library, audio, dsp, base
//! render   figures about trainings, as SVG and PNG      -> ml, dsp, base
//! demo     composes the demo collection                 -> base
//! ml       machine learning, in rooms of its own        -> dsp, base
//! library  the database, scanning, tags, searching      -> base
//! audio    decoding and playing                         -> base
//! dsp      spectra and wavelets                         -> base
//! base     identifiers, errors, paths, files
//! ```
//!
//! The window and the command line are two clients of one [`engine::Engine`]: commands in, events out.
//! `tests/architecture.rs` checks that these arrows, and no others, are there.

pub mod audio;
pub mod base;
pub mod cli;
pub mod demo;
pub mod dsp;
pub mod engine;
#[doc(hidden)]
pub mod fuzzing;
pub mod library;
pub mod ml;
pub mod render;
pub mod state;
#[cfg(feature = "gui")]
pub mod ui;
