//! Where Timbre keeps what it knows.

use std::path::{Path, PathBuf};

/// The environment variable that overrides the data folder.
pub const DATA_DIR_VARIABLE: &str = "TIMBRE_DATA_DIR";

/// The data folder: library database, settings, models, log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DataDir(PathBuf);

impl DataDir {
    /// The folder given, else `TIMBRE_DATA_DIR`, else the platform's own place. `None` when the platform names no home.
    pub fn resolve(given: Option<&Path>) -> Option<Self> {
        given
            .map(Path::to_path_buf)
            .or_else(|| std::env::var_os(DATA_DIR_VARIABLE).filter(|value| !value.is_empty()).map(PathBuf::from))
            .or_else(|| {
                directories::ProjectDirs::from("io.github", "timbre", "Timbre")
                    .map(|dirs| dirs.data_local_dir().to_path_buf())
            })
            .map(Self)
    }

    /// The folder itself.
    pub fn root(&self) -> &Path {
        &self.0
    }

    /// The library database (SQLite).
    pub fn database(&self) -> PathBuf {
        self.0.join("library.sqlite")
    }

    /// The settings file (JSON).
    pub fn settings(&self) -> PathBuf {
        self.0.join("settings.json")
    }

    /// The folder of the built-in demo collection once it is made.
    pub fn demo(&self) -> PathBuf {
        self.0.join("demo")
    }

    /// Playlists go here when the user names no folder.
    pub fn playlists(&self) -> PathBuf {
        self.0.join("playlists")
    }

    /// The user's own classifiers.
    pub fn models(&self) -> PathBuf {
        self.0.join("models")
    }
}
