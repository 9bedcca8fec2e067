//! The window. Panels are plain functions that read [`crate::state::AppState`] and push [`crate::state::Action`]s.

pub mod app;
mod banner;
mod cover_textures;
mod details;
pub mod dialogs;
mod drop;
mod first_run;
mod help;
mod icons;
pub mod inspect;
mod jobs;
mod keys;
mod library;
mod live_texture;
pub mod local;
mod media_keys;
mod play_order;
mod player_bar;
mod popups;
mod preparer;
mod problems;
mod queue;
mod rail;
mod reveal;
mod review;
pub mod run;
mod settings;
mod sidebar;
mod table;
mod text_repair;
pub mod theme;
mod toasts;
mod top_bar;
pub mod train;
mod waveform;
mod widgets;

pub use app::App;
pub use run::{APP_ID, WindowOptions, run};

use table::source_icon as table_source_icon;
