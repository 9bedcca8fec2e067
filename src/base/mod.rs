//! What every layer may use: identifiers, errors, paths, cancellation, atomic writes, tables, dates, the ten genres and their hues.

pub mod cancel;
pub mod channel;
pub mod csv;
pub mod dates;
pub mod endings;
pub mod error;
pub mod fs;
pub mod genre;
pub mod ids;
pub mod oklch;
pub mod paths;
pub mod time;

pub use cancel::CancelToken;
pub use channel::Channel;
pub use error::Report;
pub use ids::{JobId, PlaylistId, TrackId};
pub use paths::DataDir;
