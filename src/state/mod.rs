//! What the window shows, without any egui: pure data, pure changes.
//!
//! ```text
//! engine --Event--> AppState::apply          AppState --&--> panels --Action--> AppState::reduce --Command--> engine
//!                                                                                       `--Effect--> the window itself
//! ```
//!
//! Panels read [`AppState`] and give back [`Action`]s; nothing else changes it.

pub mod action;
mod advance;
pub mod app;
pub mod apply;
pub mod asked;
pub mod derived;
pub mod effect;
pub mod genre;
pub mod inspect;
pub mod jobs;
pub mod link;
pub mod live;
pub mod playing;
pub mod prepare;
pub mod queue;
pub mod reduce;
pub mod review;
pub mod rows;
pub mod selection;
pub mod shortcut;
pub mod text_repair;
pub mod toast;
pub mod training;
pub mod verb;

pub use action::{Action, SelectMode};
pub use app::{AppState, Overlay, Place, Source};
pub use effect::{Effect, FolderPurpose};
pub use inspect::InspectAction;
pub use link::EngineLink;
pub use rows::{Column, Direction, Sort};
pub use training::TrainAction;
pub use verb::Verb;
