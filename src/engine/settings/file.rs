//! `settings.json`: several programs of several versions write to it, so each replaces just what was changed in it and leaves the
//! rest as it stands there.

use std::io;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use super::{Change, Settings};
use crate::base::fs::{FolderLock, private_folder, tighten, write_private};
use crate::base::read::read_text;

/// A longer file is not one of Timbre's.
const MOST_BYTES: u64 = 1 << 20;

/// What stands in the file.
enum Content {
    /// There is none.
    Missing,
    /// Settings, also such that this version does not know.
    Object(Map<String, Value>),
    /// Something else, or nothing that can be read; with the reason.
    Unusable(io::Error),
}

impl Content {
    fn read(path: &Path) -> Self {
        let not_settings = |why: String| Self::Unusable(io::Error::new(io::ErrorKind::InvalidData, why));
        match read_text(path, MOST_BYTES) {
            Ok(text) => match serde_json::from_str(text.trim_start_matches('\u{feff}')) {
                Ok(Value::Object(object)) => Self::Object(object),
                Ok(_) => not_settings("not a JSON object".to_owned()),
                Err(error) => not_settings(error.to_string()),
            },
            Err(error) if error.kind() == io::ErrorKind::NotFound => Self::Missing,
            Err(error) => Self::Unusable(error),
        }
    }
}

/// Reads the settings. Each value that is missing or cannot be understood takes its default, and a warning is logged; of an object
/// the parts that can be understood count.
pub(super) fn read(path: &Path) -> Settings {
    match Content::read(path) {
        Content::Missing => Settings::default(),
        Content::Object(given) => {
            let (settings, refused) = understand(&given);
            for key in refused {
                tracing::warn!(key, ?path, "a setting has a value that is not understood, its default is used");
            }
            let within = settings.clone().clamped();
            for change in settings.changes_to(&within) {
                tracing::warn!(key = change.key(), ?path, "a setting is out of range, the nearest value is used");
            }
            within
        }
        Content::Unusable(error) => {
            tracing::warn!(%error, ?path, "the settings cannot be read, defaults are used");
            Settings::default()
        }
    }
}

/// Writes these changes to what stands in the file by now, and gives back the settings that it then holds.
///
/// # Errors
/// What the file system says; the file is then as it was before.
pub(super) fn change(path: &Path, changes: &[Change]) -> io::Result<Settings> {
    let folder = path.parent().unwrap_or(Path::new("."));
    private_folder(folder)?;
    let _held = FolderLock::take(folder);
    let mut object = match Content::read(path) {
        Content::Missing => Map::new(),
        Content::Object(object) => object,
        Content::Unusable(error) => {
            set_aside(path, &error)?;
            Map::new()
        }
    };
    object.entry("version").or_insert_with(|| Settings::default().version.into());
    let (before, _) = understand(&object);
    let mut after = before.clone();
    changes.iter().for_each(|change| after.set(change.clone()));
    let (before, after) = (as_object(&before)?, as_object(&after)?);
    for change in changes {
        let key = change.key();
        let (Some(old), Some(new)) = (before.get(key), after.get(key)) else { continue };
        let there = object.get(key);
        let Some(there) = there else {
            object.insert(key.to_owned(), new.clone());
            continue;
        };
        let mut merged = there.clone();
        merge(&mut merged, old, new);
        // Where something that is not understood is in the way of the new value, it goes.
        let (understood, refused) = understand(&Map::from_iter([(key.to_owned(), merged.clone())]));
        let holds = !refused.iter().any(|refused| refused == key) && as_object(&understood)?.get(key) == Some(new);
        object.insert(key.to_owned(), if holds { merged } else { new.clone() });
    }
    write_private(path, serde_json::to_string_pretty(&object)?.as_bytes())?;
    Ok(understand(&object).0.clamped())
}

/// What cannot be read is kept under another name, since a person may have written it. Something that is no file is left alone.
fn set_aside(path: &Path, why: &io::Error) -> io::Result<()> {
    if !std::fs::metadata(path)?.is_file() {
        return Err(io::Error::new(why.kind(), why.to_string()));
    }
    let aside: PathBuf = path.with_extension("json.damaged");
    std::fs::rename(path, &aside)?;
    tighten(&aside);
    tracing::warn!(error = %why, ?aside, "the settings could not be read and were set aside");
    Ok(())
}

fn as_object(settings: &Settings) -> io::Result<Map<String, Value>> {
    match serde_json::to_value(settings)? {
        Value::Object(object) => Ok(object),
        _ => Err(io::Error::other("settings are an object")),
    }
}

/// Puts into `there` what differs between `old` and `new`.
fn merge(there: &mut Value, old: &Value, new: &Value) {
    if old == new {
        return;
    }
    match (there, old, new) {
        (Value::Object(there), Value::Object(old), Value::Object(new)) => {
            for key in old.keys().filter(|key| !new.contains_key(*key)) {
                there.remove(key);
            }
            for (key, new) in new {
                match (there.get_mut(key), old.get(key)) {
                    (Some(there), Some(old)) => merge(there, old, new),
                    (_, Some(old)) if old == new => {}
                    _ => {
                        there.insert(key.clone(), new.clone());
                    }
                }
            }
        }
        (there, _, new) => *there = new.clone(),
    }
}

/// The settings that an object holds, and the names of those that are not understood.
fn understand(given: &Map<String, Value>) -> (Settings, Vec<String>) {
    let Ok(mut known) = serde_json::to_value(Settings::default()) else { return (Settings::default(), Vec::new()) };
    let mut refused = Vec::new();
    let mut path = Vec::new();
    overlay(&mut known, &mut path, given, &mut refused);
    (serde_json::from_value(known).unwrap_or_default(), refused)
}

/// Takes over the values of `given` that are understood, the larger ones first and then their parts. Names that this version does not
/// know are passed over; `known` never has more names than this version writes, so the work is bounded.
fn overlay(known: &mut Value, path: &mut Vec<String>, given: &Map<String, Value>, refused: &mut Vec<String>) {
    let names: Vec<String> = match at(known, path) {
        Some(Value::Object(object)) => object.keys().cloned().collect(),
        _ => return,
    };
    for name in names {
        let Some(value) = given.get(&name) else { continue };
        path.push(name);
        if let Some(place) = at(known, path) {
            let default = std::mem::replace(place, value.clone());
            if serde_json::from_value::<Settings>(known.clone()).is_err() {
                let parts = default.is_object().then_some(value).and_then(Value::as_object);
                if let Some(place) = at(known, path) {
                    *place = default;
                }
                match parts {
                    Some(parts) => overlay(known, path, parts, refused),
                    None => refused.push(path.join(".")),
                }
            }
        }
        path.pop();
    }
}

fn at<'a>(value: &'a mut Value, path: &[String]) -> Option<&'a mut Value> {
    path.iter().try_fold(value, |value, name| value.get_mut(name))
}

#[cfg(test)]
mod tests {
    use super::super::{ReplayGain, Theme};
    use super::*;
    use crate::audio::player::Repeat;
    use crate::dsp::picture::{Colormap, Levels, PictureSettings, Transform, Wavelet};

    struct Folder(tempfile::TempDir);

    impl Folder {
        fn new(text: &str) -> Self {
            let folder = Self(tempfile::tempdir().unwrap());
            std::fs::write(folder.path(), text).unwrap();
            folder
        }

        fn path(&self) -> PathBuf {
            self.0.path().join("settings.json")
        }

        fn json(&self) -> Value {
            serde_json::from_slice(&std::fs::read(self.path()).unwrap()).unwrap()
        }
    }

    #[test]
    fn what_a_newer_version_wrote_stays_until_it_is_changed() {
        let folder = Folder::new(
            r#"{"version": 7, "replay_gain": "loudness_v2", "future_setting": {"a": [1, {"b": null}]}, "volume": 0.25,
                "theme": {"high_contrast": true}}"#,
        );
        let settings = read(&folder.path());
        assert_eq!((settings.replay_gain, settings.theme, settings.volume), (ReplayGain::Track, Theme::Dark, 0.25));
        let after = change(&folder.path(), &[Change::Classifier(Some("run".into()))]).unwrap();
        assert_eq!((after.classifier.as_deref(), after.volume), (Some("run"), 0.25));
        let json = folder.json();
        assert_eq!(json["replay_gain"], "loudness_v2");
        assert_eq!(json["future_setting"]["a"][1]["b"], Value::Null);
        assert_eq!((&json["version"], &json["classifier"]), (&7.into(), &"run".into()));
        assert_eq!(json["theme"]["high_contrast"], true);
        // The default is a value that a person can choose, too.
        change(&folder.path(), &[Change::ReplayGain(ReplayGain::Track), Change::Theme(Theme::Light)]).unwrap();
        let json = folder.json();
        assert_eq!((&json["replay_gain"], &json["theme"]), (&"track".into(), &"light".into()));
        assert!(json["future_setting"].is_object());
    }

    #[test]
    fn inside_an_object_the_rest_stays_too() {
        let mut json = serde_json::to_value(Settings::default()).unwrap();
        json["scalogram"]["transform"]["scalogram"]["wavelet"] = serde_json::json!({"superlet": {"order": 5}});
        json["scalogram"]["colormap"] = "viridis".into();
        json["scalogram"]["future"] = serde_json::json!({"x": 1});
        json["scalogram"]["levels"] = serde_json::json!({"fixed": {"low_db": -70.0, "high_db": 0.0, "knee": 3}});
        let folder = Folder::new(&json.to_string());
        let settings = read(&folder.path());
        assert_eq!(settings.scalogram.colormap, Colormap::Viridis, "its neighbours are understood");
        assert_eq!(settings.scalogram.levels, Levels::Fixed { low_db: -70.0, high_db: 0.0 });

        let inverted = PictureSettings { inverted: true, ..settings.scalogram };
        assert_eq!(change(&folder.path(), &[Change::Scalogram(inverted)]).unwrap().scalogram, inverted);
        let json = &folder.json()["scalogram"];
        assert_eq!((&json["inverted"], &json["future"]["x"]), (&true.into(), &1.into()));
        assert_eq!(json["transform"]["scalogram"]["wavelet"]["superlet"]["order"], 5);
        assert_eq!(json["levels"]["fixed"]["knee"], 3);

        // The person chooses another wavelet: the one that is not understood goes.
        let mut other = inverted;
        if let Transform::Scalogram(scalogram) = &mut other.spec.transform {
            scalogram.wavelet = Wavelet::Morlet { cycles: 20.0 };
        }
        assert_eq!(change(&folder.path(), &[Change::Scalogram(other)]).unwrap().scalogram, other);
        assert_eq!(read(&folder.path()).scalogram, other);
    }

    #[test]
    fn changes_of_several_hands_all_stay() {
        let folder = Folder::new("{}");
        std::thread::scope(|scope| {
            for thread in 0..4 {
                let path = folder.path();
                scope.spawn(move || {
                    for n in 1..=25 {
                        let change_one = |one| change(&path, &[one]).unwrap();
                        match thread {
                            0 => assert_eq!(change_one(Change::Jobs(n)).jobs, n),
                            1 => assert_eq!(change_one(Change::PictureCacheMb(n as u64)).picture_cache_mb, n as u64),
                            2 => assert!(change_one(Change::Classifier(Some(n.to_string()))).classifier.is_some()),
                            _ => assert_eq!(change_one(Change::Repeat(Repeat::All)).repeat, Repeat::All),
                        }
                    }
                });
            }
        });
        let settings = read(&folder.path());
        assert_eq!((settings.jobs, settings.picture_cache_mb), (25, 25));
        assert_eq!((settings.classifier.as_deref(), settings.repeat), (Some("25"), Repeat::All));
    }

    #[test]
    fn wrong_values_take_their_default_and_the_rest_stays() {
        let folder = Folder::new(r#"{"threshold": "high", "volume": 9, "compact_rows": true, "jobs": 1000000}"#);
        let settings = read(&folder.path());
        assert_eq!(settings.threshold, Settings::default().threshold);
        assert_eq!((settings.volume, settings.jobs), (1.0, super::super::MOST_JOBS));
        assert!(settings.compact_rows);
        std::fs::write(folder.path(), r#"{"jobs": -1, "ui_scale": 1e999}"#).unwrap();
        assert_eq!(read(&folder.path()), Settings::default());
    }

    #[test]
    fn what_is_no_settings_file_is_set_aside_or_left_alone() {
        let folder = Folder::new(r#"{"volume": 0.3,}"#);
        assert_eq!(read(&folder.path()), Settings::default());
        change(&folder.path(), &[Change::Shuffle(true)]).unwrap();
        assert!(read(&folder.path()).shuffle);
        let aside = folder.0.path().join("settings.json.damaged");
        assert_eq!(std::fs::read_to_string(aside).unwrap(), r#"{"volume": 0.3,}"#);

        let deep = "[".repeat(500_000);
        for text in [deep.as_str(), "null", "\"\"", "\u{feff}[]", ""] {
            std::fs::write(folder.path(), text).unwrap();
            assert_eq!(read(&folder.path()), Settings::default());
        }
        // A gigabyte of nothing.
        std::fs::File::create(folder.path()).unwrap().set_len(1 << 30).unwrap();
        assert_eq!(read(&folder.path()), Settings::default());
        std::fs::remove_file(folder.path()).unwrap();
        std::fs::create_dir(folder.path()).unwrap();
        assert_eq!(read(&folder.path()), Settings::default());
        assert!(change(&folder.path(), &[Change::Shuffle(true)]).is_err());
        assert!(folder.path().is_dir());
    }

    #[cfg(unix)]
    #[test]
    fn a_pipe_or_a_device_is_refused_at_once() {
        let folder = Folder::new("{}");
        std::fs::remove_file(folder.path()).unwrap();
        let made = std::process::Command::new("mkfifo").arg(folder.path()).status().unwrap();
        assert!(made.success());
        assert_eq!(read(&folder.path()), Settings::default());
        assert!(change(&folder.path(), &[Change::Shuffle(true)]).is_err());
        std::fs::remove_file(folder.path()).unwrap();
        std::os::unix::fs::symlink("/dev/zero", folder.path()).unwrap();
        assert_eq!(read(&folder.path()), Settings::default());
        assert!(change(&folder.path(), &[Change::Shuffle(true)]).is_err());
    }

    #[cfg(unix)]
    #[test]
    fn only_the_owner_reads_them() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = Folder::new("{}");
        std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o644)).unwrap();
        change(&folder.path(), &[Change::Shuffle(true)]).unwrap();
        assert_eq!(std::fs::metadata(folder.path()).unwrap().permissions().mode() & 0o777, 0o600);
    }
}
