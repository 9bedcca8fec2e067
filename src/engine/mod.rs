//! The one door to everything Timbre does: commands in, events out.
//!
//! A long job is `Started`, then `Progress` or `Warning` any number of times, then exactly one of `Finished`, `Failed`,
//! `Cancelled`, also when it panics.

pub mod command;
pub mod demo;
pub mod event;
pub mod settings;

pub use command::{Command, ExportSelection};
pub use event::{ClassifyOutcome, Event, JobEvent, JobKind, JobOutcome, JobPhase, Progress, ScanOutcome};
pub use settings::Settings;
