//! Where Timbre keeps what it knows.

use std::path::{Path, PathBuf};

/// The environment variable that overrides the data folder.
pub const DATA_DIR_VARIABLE: &str = "TIMBRE_DATA_DIR";

/// The data folder: library database, settings, runs, log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DataDir {
    root: PathBuf,
    cache: PathBuf,
}

impl DataDir {
    /// The folder given, else `TIMBRE_DATA_DIR`, else the platform's own place. `None` when the platform names no home.
    pub fn resolve(given: Option<&Path>) -> Option<Self> {
        let chosen = given
            .map(Path::to_path_buf)
            .or_else(|| std::env::var_os(DATA_DIR_VARIABLE).filter(|value| !value.is_empty()).map(PathBuf::from));
        match chosen {
            Some(root) => Some(Self { cache: root.join("cache"), root }),
            None => directories::ProjectDirs::from("io.github", "timbre", "Timbre")
                .map(|dirs| Self { root: dirs.data_local_dir().to_path_buf(), cache: dirs.cache_dir().to_path_buf() }),
        }
    }

    /// The folder itself.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The library database (SQLite).
    pub fn database(&self) -> PathBuf {
        self.root.join("library.sqlite")
    }

    /// The settings file (JSON).
    pub fn settings(&self) -> PathBuf {
        self.root.join("settings.json")
    }

    /// The queue as it was when the window was closed (JSON).
    pub fn queue(&self) -> PathBuf {
        self.root.join("queue.json")
    }

    /// The folder of the log file.
    pub fn log(&self) -> PathBuf {
        self.root.join("log")
    }

    /// The classification that was not finished (JSON); there is none otherwise.
    pub fn unfinished(&self) -> PathBuf {
        self.root.join("classify.json")
    }

    /// The folder of the built-in demo collection once it is made.
    pub fn demo(&self) -> PathBuf {
        self.root.join("demo")
    }

    /// Playlists go here when the user names no folder.
    pub fn playlists(&self) -> PathBuf {
        self.root.join("playlists")
    }

    /// What was measured of songs: outlines and loudness.
    pub fn overviews(&self) -> PathBuf {
        self.cache.join("overviews")
    }

    /// The trainings: one folder a run.
    pub fn runs(&self) -> PathBuf {
        self.root.join("runs")
    }

    /// What can be made again and may be deleted at any time: the platform's cache folder, or `cache` in a data folder that
    /// was chosen.
    pub fn cache(&self) -> &Path {
        &self.cache
    }

    /// Pictures of sound that were made before.
    pub fn pictures(&self) -> PathBuf {
        self.cache.join("pictures")
    }
}
