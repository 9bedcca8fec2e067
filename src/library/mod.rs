//! The music library: scanning folders, reading tags, the database, playlists.

pub mod model;
