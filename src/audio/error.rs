//! Why a file cannot be heard, by what the caller can do about it.

use std::io;
use std::path::{Path, PathBuf};

/// What went wrong with one audio file. Each reads as one sentence that names the file.
#[derive(Debug, thiserror::Error)]
pub enum AudioError {
    /// Nothing is there (any more).
    #[error("There is no file {}", path.display())]
    NotFound {
        /// The file.
        path: PathBuf,
    },
    /// The system refuses to open it.
    #[error("Timbre may not read {}", path.display())]
    Permission {
        /// The file.
        path: PathBuf,
    },
    /// A folder, a pipe or a device, whatever its name says.
    #[error("{} is not a file", path.display())]
    NotAFile {
        /// What was to be opened.
        path: PathBuf,
    },
    /// No bytes, or a container without a single sample.
    #[error("{} is empty: there is no sound in it", path.display())]
    Empty {
        /// The file.
        path: PathBuf,
    },
    /// No container that is known.
    #[error("{} is not an audio file that Timbre knows", path.display())]
    NotAudio {
        /// The file.
        path: PathBuf,
    },
    /// Audio, of a kind that cannot be decoded here.
    #[error("{} is {codec}, which Timbre cannot decode", path.display())]
    Unsupported {
        /// The file.
        path: PathBuf,
        /// The codec or container, as people call it.
        codec: String,
    },
    /// Audio, but so damaged or so odd that nothing can be decoded (or no more of it).
    #[error("{} is damaged: {reason}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What the decoder said.
        reason: String,
    },
    /// More sound than fits in memory at once.
    #[error("{} is too long to be decoded in one piece (more than {} hours)", path.display(), limit_secs / 3600)]
    TooLong {
        /// The file.
        path: PathBuf,
        /// The longest playing time that is taken, seconds.
        limit_secs: u64,
    },
    /// The caller asked to stop.
    #[error("Reading {} was cancelled", path.display())]
    Cancelled {
        /// The file.
        path: PathBuf,
    },
    /// Anything else that the system said.
    #[error("Cannot read {}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

impl AudioError {
    /// The error for what the system said about `path`.
    pub(crate) fn from_io(path: &Path, source: io::Error) -> Self {
        let path = path.to_path_buf();
        match source.kind() {
            io::ErrorKind::NotFound => Self::NotFound { path },
            io::ErrorKind::PermissionDenied => Self::Permission { path },
            io::ErrorKind::IsADirectory => Self::NotAFile { path },
            _ => Self::Io { path, source },
        }
    }

    /// The file in question.
    pub fn path(&self) -> &Path {
        match self {
            Self::NotFound { path }
            | Self::Permission { path }
            | Self::NotAFile { path }
            | Self::Empty { path }
            | Self::NotAudio { path }
            | Self::Unsupported { path, .. }
            | Self::Damaged { path, .. }
            | Self::TooLong { path, .. }
            | Self::Cancelled { path }
            | Self::Io { path, .. } => path,
        }
    }
}
