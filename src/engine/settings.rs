//! What a person can set. Reading never fails: what is missing or wrong takes its default, with a warning.

mod change;
mod file;
pub(super) mod keeper;

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::audio::player::Repeat;
use crate::dsp::picture::PictureSettings;

pub use change::Change;

/// Threads that scan and classify, at most.
pub const MOST_JOBS: usize = 256;

/// The settings, stored as JSON in the data folder.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// Version of this form.
    pub version: u32,
    /// A network's best genre below this probability leaves the song in *Unsure*, 0..1.
    pub threshold: f32,
    /// A genre tag in the file that names one of the classifier's genres decides before the network.
    pub trust_file_tags: bool,
    /// The run whose model decides genres; none: the built-in classifier.
    pub classifier: Option<String>,
    /// Classify after every scan.
    pub classify_after_scan: bool,
    /// Threads for scanning and classifying; 0 is one for each core.
    pub jobs: usize,
    /// Scans leave out folders that systems make (`@eaDir`, `#recycle`, `lost+found` and the like).
    pub leave_out_system_folders: bool,
    /// Scans leave out folders that hold a file called `.nomedia`.
    pub leave_out_no_media: bool,
    /// Scans leave out files and folders that match one of these patterns ([`crate::library::scan::LeaveOut`]).
    pub leave_out: Vec<String>,
    /// Loudness, 0..1.
    pub volume: f32,
    /// Whether songs are brought to the same loudness.
    pub replay_gain: ReplayGain,
    /// Output device by name; `None` is the system's choice.
    pub output_device: Option<String>,
    /// What comes after the end of a song or of the queue.
    pub repeat: Repeat,
    /// The queue plays in random order.
    pub shuffle: bool,
    /// The window starts with the queue and the place at which it was closed.
    pub resume: bool,
    /// Where playlists were exported last.
    pub playlists_folder: Option<PathBuf>,
    /// The spectrogram.
    pub spectrogram: PictureSettings,
    /// The scalogram.
    pub scalogram: PictureSettings,
    /// Room for pictures that were made before, MB on disk; 0 keeps none.
    pub picture_cache_mb: u64,
    /// The article at the beginning of an artist's name does not count when artists are sorted: `The Beatles` stand under B.
    pub ignore_articles: bool,
    /// Dark, light or as the system says.
    pub theme: Theme,
    /// Rows of 22 instead of 28 pixels.
    pub compact_rows: bool,
    /// No animation.
    pub reduce_motion: bool,
    /// Size of everything, 1 is normal.
    pub ui_scale: f32,
}

/// Dark, light, or as the system says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Theme {
    /// Dark.
    #[default]
    Dark,
    /// Light.
    Light,
    /// As the system says.
    System,
}

/// How songs are brought to the same loudness (ReplayGain 2.0): by their tags, else as measured (EBU R128).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReplayGain {
    /// Songs play as recorded.
    Off,
    /// Every song is equally loud.
    #[default]
    Track,
    /// Albums are equally loud, as far as their tags say so; within one, quiet songs stay quiet.
    Album,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            version: 1,
            threshold: 0.5,
            trust_file_tags: false,
            classifier: None,
            classify_after_scan: true,
            jobs: 0,
            leave_out_system_folders: true,
            leave_out_no_media: true,
            leave_out: Vec::new(),
            volume: 0.8,
            replay_gain: ReplayGain::default(),
            output_device: None,
            repeat: Repeat::Off,
            shuffle: false,
            resume: true,
            playlists_folder: None,
            spectrogram: PictureSettings::spectrogram(),
            scalogram: PictureSettings::scalogram(),
            picture_cache_mb: 1024,
            ignore_articles: true,
            theme: Theme::default(),
            compact_rows: false,
            reduce_motion: false,
            ui_scale: 1.0,
        }
    }
}

impl Settings {
    /// Reads the file. Each value that is missing or cannot be understood takes its default, and a warning is logged.
    pub fn read(path: &Path) -> Self {
        file::read(path)
    }

    /// Changes single settings in the file and gives back the settings that it then holds. What other programs wrote to it meanwhile
    /// stays, and so does what a newer version wrote.
    ///
    /// # Errors
    /// What the file system says; the file is then as it was before.
    pub fn change_file(path: &Path, changes: &[Change]) -> std::io::Result<Self> {
        file::change(path, changes)
    }

    /// The same settings with every number inside its range.
    #[must_use]
    pub fn clamped(mut self) -> Self {
        let clamp = |value: f32, low: f32, high: f32, default: f32| {
            if value.is_finite() { value.clamp(low, high) } else { default }
        };
        let default = Self::default();
        self.threshold = clamp(self.threshold, 0.0, 1.0, default.threshold);
        self.volume = clamp(self.volume, 0.0, 1.0, default.volume);
        self.spectrogram = self.spectrogram.clamped();
        self.scalogram = self.scalogram.clamped();
        self.picture_cache_mb = self.picture_cache_mb.min(1 << 20);
        self.jobs = self.jobs.min(MOST_JOBS);
        self.ui_scale = clamp(self.ui_scale, 0.5, 3.0, default.ui_scale);
        self
    }
}
