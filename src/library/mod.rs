//! The music library: scanning folders, reading tags, the database, playlists.

pub mod cover;
pub mod db;
mod error;
mod file_name;
pub mod loudness;
pub mod m3u;
pub mod model;
pub mod playlist;
pub mod query;
pub mod scan;
mod sound_key;
pub mod tags;
mod text;

pub use db::Library;
pub use error::LibraryError;
pub use sound_key::{SoundKey, sound_key};
pub use text::fold;

use db::{absolute, shown};
