//! One setting that changes: what travels from the window to the engine and from there to the disk.

use std::path::PathBuf;

use crate::audio::player::Repeat;
use crate::dsp::picture::PictureSettings;

use super::{ReplayGain, Settings, Theme};

macro_rules! changes {
    ($($(#[$doc:meta])* $name:ident $field:ident: $kind:ty,)*) => {
        /// A new value of one setting. Whoever changes one says nothing about the others.
        #[derive(Clone, Debug, PartialEq)]
        pub enum Change {
            $($(#[$doc])* $name($kind),)*
        }

        impl Change {
            /// The name of the setting, as it stands in the file.
            pub fn key(&self) -> &'static str {
                match self {
                    $(Self::$name(_) => stringify!($field),)*
                }
            }
        }

        impl Settings {
            /// The same settings after a change, with every number inside its range.
            pub fn set(&mut self, change: Change) {
                match change {
                    $(Change::$name(value) => self.$field = value,)*
                }
                *self = std::mem::take(self).clamped();
            }

            /// What must be changed to make these settings the `wanted` ones.
            pub fn changes_to(&self, wanted: &Self) -> Vec<Change> {
                let mut changes = Vec::new();
                $(if self.$field != wanted.$field {
                    changes.push(Change::$name(wanted.$field.clone()));
                })*
                changes
            }

            /// Whether a change would change nothing.
            pub fn has(&self, change: &Change) -> bool {
                match change {
                    $(Change::$name(value) => self.$field == *value,)*
                }
            }
        }
    };
}

changes! {
    /// How sure a network must be.
    Threshold threshold: f32,
    /// Whether tags decide first.
    TrustFileTags trust_file_tags: bool,
    /// The model that decides; none is the built-in one.
    Classifier classifier: Option<String>,
    /// Whether scans are followed by listening.
    ClassifyAfterScan classify_after_scan: bool,
    /// Threads.
    Jobs jobs: usize,
    /// Whether scans leave out folders that systems make.
    LeaveOutSystemFolders leave_out_system_folders: bool,
    /// Whether scans leave out folders with `.nomedia`.
    LeaveOutNoMedia leave_out_no_media: bool,
    /// What scans leave out.
    LeaveOut leave_out: Vec<String>,
    /// Loudness.
    Volume volume: f32,
    /// Equal loudness.
    ReplayGain replay_gain: ReplayGain,
    /// The output device.
    OutputDevice output_device: Option<String>,
    /// What comes after the end.
    Repeat repeat: Repeat,
    /// Whether the order is shuffled.
    Shuffle shuffle: bool,
    /// Whether the queue comes back at the start.
    Resume resume: bool,
    /// Where playlists go.
    PlaylistsFolder playlists_folder: Option<PathBuf>,
    /// The spectrogram.
    Spectrogram spectrogram: PictureSettings,
    /// The scalogram.
    Scalogram scalogram: PictureSettings,
    /// Room for pictures, MB.
    PictureCacheMb picture_cache_mb: u64,
    /// Whether articles count in names.
    IgnoreArticles ignore_articles: bool,
    /// The theme.
    Theme theme: Theme,
    /// The height of rows.
    CompactRows compact_rows: bool,
    /// Whether anything is animated.
    ReduceMotion reduce_motion: bool,
    /// The size of everything.
    UiScale ui_scale: f32,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_setting_can_be_changed_by_itself() {
        let serde_json::Value::Object(all) = serde_json::to_value(Settings::default()).unwrap() else { panic!() };
        let other = Settings {
            version: 1,
            threshold: 0.25,
            trust_file_tags: true,
            classifier: Some("run".into()),
            classify_after_scan: false,
            jobs: 3,
            leave_out_system_folders: false,
            leave_out_no_media: false,
            leave_out: vec!["Podcasts".into()],
            volume: 0.5,
            replay_gain: ReplayGain::Album,
            output_device: Some("device".into()),
            repeat: Repeat::All,
            shuffle: true,
            resume: false,
            playlists_folder: Some("/lists".into()),
            spectrogram: PictureSettings { inverted: true, ..PictureSettings::spectrogram() },
            scalogram: PictureSettings { inverted: true, ..PictureSettings::scalogram() },
            picture_cache_mb: 7,
            ignore_articles: false,
            theme: Theme::Light,
            compact_rows: true,
            reduce_motion: true,
            ui_scale: 1.5,
        };
        let changes = Settings::default().changes_to(&other);
        let mut keys: Vec<&str> = changes.iter().map(Change::key).collect();
        keys.sort_unstable();
        let mut wanted: Vec<&str> = all.keys().map(String::as_str).filter(|key| *key != "version").collect();
        wanted.sort_unstable();
        assert_eq!(keys, wanted);
        let mut settings = Settings::default();
        for change in changes {
            assert!(!settings.has(&change));
            settings.set(change.clone());
            assert!(settings.has(&change));
        }
        assert_eq!(settings, other);
        settings.set(Change::Volume(7.0));
        assert_eq!(settings.volume, 1.0);
    }
}
