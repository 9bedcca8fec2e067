//! What every layer may use: identifiers, errors, paths, cancellation, reading and writing files, tables, times, the log,
//! the ten genres and their hues, the fonts, what wakes a thread.

pub mod bell;
pub mod cancel;
pub mod channel;
pub mod csv;
pub mod endings;
pub mod error;
pub mod fonts;
pub mod fs;
pub mod genre;
pub mod ids;
pub mod log;
pub mod oklch;
pub mod paths;
pub mod read;
pub mod time;

pub use bell::Bell;
pub use cancel::CancelToken;
pub use channel::Channel;
pub use error::Report;
pub use ids::{JobId, PlaylistId, TrackId};
pub use paths::DataDir;
