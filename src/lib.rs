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
//!
//! # For contributors
//!
//! * **Build**: `packaging/run.sh`, or `packaging/install-dependencies.sh` once and then `cargo build --release`.
//! * **Test one thing**: `cargo test --lib -- tags::` for unit tests of a module, `cargo test --test engine name_of_a_test`
//!   for one of `tests/`. `.ci/run` is what a change must pass.
//! * **Add a genre**: the genres are those of the model. Train one on a folder that has a folder of that name:
//!   `timbre train multimodal FOLDER`, then `timbre runs use RUN`. Colours and display names are in `base/genre.rs`.
//! * **Add a format**: a reader in `audio/formats` (or a feature of Symphonia) and a line in `audio/container.rs`, its tags
//!   in `library/tags`, its sound key in `library/sound_key`, its ending in `base/endings.rs`, and its row in the README's
//!   table, which `tests/formats.rs` checks.
//! * **Add a command**: in the window a row in `state/verb.rs` and an arm in `state/reduce.rs`; on the command line a variant
//!   in `cli/args.rs` and a function beside it. Work that takes time belongs in a job in `engine/jobs`.
//! * **Add a network**: its layers in `ml/networks` with a variant of [`ml::networks::NetworkSpec`], bounds in
//!   `ml/networks/bounds.rs`, a preset in `ml/model/presets.rs`, and its size in `ml/train/estimate.rs`.

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
