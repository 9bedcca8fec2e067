//! The music library: scanning folders, reading tags, the database, playlists.

pub mod cover;
pub mod db;
mod error;
mod file_name;
pub mod filing;
pub mod m3u;
pub mod misread;
pub mod model;
mod name;
pub mod playlist;
pub mod portable;
pub mod query;
pub mod scan;
mod sound_key;
mod stamp;
pub mod tags;
mod text;

pub use db::Library;
pub use error::LibraryError;
pub use name::Name;
pub use sound_key::{SoundKey, sound_key};
pub use text::{Articles, SortKey, fold};

use db::{absolute, shown};

/// Reads the tags of a file's bytes and forgets them: what is wrong with them must do no harm.
#[doc(hidden)]
pub fn read_tags(bytes: &[u8]) {
    tags::read(std::io::Cursor::new(bytes)).ok();
}
