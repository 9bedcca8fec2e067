//! The music library: scanning folders, reading tags, the database, playlists.

mod asf;
pub mod db;
mod error;
pub mod model;
pub mod scan;
pub mod tags;

pub use db::Library;
pub use error::LibraryError;

use db::{absolute, shown};
