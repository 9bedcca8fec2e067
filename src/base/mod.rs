//! What every layer may use: identifiers, errors, paths, cancellation, atomic writes.

pub mod cancel;
pub mod dates;
pub mod error;
pub mod fs;
pub mod ids;
pub mod paths;
pub mod time;

pub use cancel::CancelToken;
pub use error::Report;
pub use ids::{JobId, PlaylistId, TrackId};
pub use paths::DataDir;
