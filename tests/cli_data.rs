//! The data folder as the real binary finds and leaves it: settings of other versions, foreign files, permissions, left-overs.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic, also in its helpers")]

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::{Duration, Instant, SystemTime};

use serde_json::Value;
use tempfile::TempDir;

struct Data(TempDir);

impl Data {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn at(&self, name: &str) -> PathBuf {
        self.0.path().join("data").join(name)
    }

    fn with_settings(text: &str) -> Self {
        let data = Self::new();
        fs::create_dir(data.at("")).unwrap();
        fs::write(data.at("settings.json"), text).unwrap();
        data
    }

    /// Two short tones in a music folder, scanned.
    fn with_songs() -> Self {
        let data = Self::new();
        let music = data.0.path().join("music");
        fs::create_dir(&music).unwrap();
        for (name, hz) in [("a.wav", 330.0_f32), ("b.wav", 440.0)] {
            let sound: Vec<u8> = (0..8000)
                .flat_map(|n| (((n as f32 * hz / 8000.0 * std::f32::consts::TAU).sin() * 9000.0) as i16).to_le_bytes())
                .collect();
            let mut wav = Vec::new();
            for part in [&b"RIFF"[..], &(36 + sound.len() as u32).to_le_bytes(), b"WAVEfmt ", &16_u32.to_le_bytes()] {
                wav.extend_from_slice(part);
            }
            for number in [1_u16, 1, 8000, 0, 16000, 0, 2, 16] {
                wav.extend_from_slice(&number.to_le_bytes());
            }
            wav.extend_from_slice(b"data");
            wav.extend_from_slice(&(sound.len() as u32).to_le_bytes());
            wav.extend_from_slice(&sound);
            fs::write(music.join(name), wav).unwrap();
        }
        data.succeeds(&["scan", music.to_str().unwrap()]);
        data
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_timbre"));
        command.args(args).env("TIMBRE_DATA_DIR", self.at("")).env_remove("RUST_LOG");
        command
    }

    fn succeeds(&self, args: &[&str]) -> (String, String) {
        said(args, self.command(args).output().unwrap(), 0)
    }

    fn settings(&self) -> Value {
        serde_json::from_slice(&fs::read(self.at("settings.json")).unwrap()).unwrap()
    }
}

fn said(args: &[&str], out: Output, exit: i32) -> (String, String) {
    let (stdout, stderr) = (String::from_utf8(out.stdout).unwrap(), String::from_utf8(out.stderr).unwrap());
    assert_eq!(out.status.code(), Some(exit), "{args:?}: {stdout}{stderr}");
    (stdout, stderr)
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn settings_of_a_newer_version_survive_a_change_of_another_one() {
    let data = Data::with_settings(
        r#"{"version": 9, "replay_gain": "loudness_v2", "future_setting": {"deep": [1, 2]}, "volume": 0.25}"#,
    );
    data.succeeds(&["runs", "use", "built-in"]);
    let settings = data.settings();
    assert_eq!((&settings["version"], &settings["replay_gain"]), (&9.into(), &"loudness_v2".into()));
    assert_eq!(settings["future_setting"], serde_json::json!({"deep": [1, 2]}));
    assert_eq!((&settings["volume"], &settings["classifier"]), (&0.25.into(), &Value::Null));
    assert_eq!(mode(&data.at("settings.json")), 0o600);
}

#[test]
fn impossible_settings_files_are_refused_and_never_waited_for() {
    let start = Instant::now();
    let data = Data::with_settings(r#"{"jobs": 1000000}"#);
    let (_, warned) = data.succeeds(&["list"]);
    assert!(warned.contains("out of range") && warned.contains("jobs"), "{warned}");
    fs::File::create(data.at("settings.json")).unwrap().set_len(1 << 30).unwrap();
    let (_, warned) = data.succeeds(&["list"]);
    assert!(warned.contains("settings"), "{warned}");
    fs::remove_file(data.at("settings.json")).unwrap();
    assert!(Command::new("mkfifo").arg(data.at("settings.json")).status().unwrap().success());
    data.succeeds(&["list"]);
    let out = data.command(&["runs", "use", "built-in"]).output().unwrap();
    assert_eq!(out.status.code(), Some(1), "a pipe is not replaced");
    assert!(start.elapsed() < Duration::from_secs(60));
}

#[test]
fn without_the_chosen_model_the_built_in_one_stands_in() {
    let data = Data::with_songs();
    fs::write(data.at("settings.json"), r#"{"classifier": "20260101-000000-gone-best"}"#).unwrap();
    let out = data.0.path().join("lists");
    for args in [&["list"][..], &["export", out.to_str().unwrap()], &["classify"]] {
        let (_, warned) = data.succeeds(args);
        assert!(warned.contains("20260101-000000-gone-best") && warned.contains("built-in"), "{args:?}: {warned}");
    }
    assert_eq!(data.settings()["classifier"], "20260101-000000-gone-best", "it may come back");

    // There, but damaged.
    let run = data.at("runs/20260101-000000-gone-best");
    fs::create_dir_all(&run).unwrap();
    fs::write(run.join("run.json"), "{").unwrap();
    fs::write(run.join("model.safetensors"), "nonsense").unwrap();
    data.succeeds(&["list"]);
    data.succeeds(&["export", out.to_str().unwrap()]);
}

#[test]
fn a_foreign_database_is_a_sentence() {
    let data = Data::with_settings("{}");
    let connection = rusqlite::Connection::open(data.at("library.sqlite")).unwrap();
    connection.execute_batch("CREATE TABLE track (a); CREATE TABLE notes (b)").unwrap();
    drop(connection);
    let before = fs::read(data.at("library.sqlite")).unwrap();
    let (_, complaint) = said(&["list"], data.command(&["list"]).output().unwrap(), 1);
    assert!(complaint.contains("another program") && complaint.contains("library.sqlite"), "{complaint}");
    assert!(!complaint.contains("CREATE") && !complaint.contains("already exists"), "{complaint}");
    assert_eq!(fs::read(data.at("library.sqlite")).unwrap(), before);
}

#[test]
fn what_timbre_keeps_is_its_owners_alone() {
    let data = Data::new();
    data.succeeds(&["list"]);
    assert_eq!((mode(&data.at("")), mode(&data.at("library.sqlite"))), (0o700, 0o600));
    // One from before.
    for name in ["library.sqlite", "settings.json", "queue.json"] {
        if name != "library.sqlite" {
            fs::write(data.at(name), "{}").unwrap();
        }
        fs::set_permissions(data.at(name), fs::Permissions::from_mode(0o644)).unwrap();
    }
    fs::write(data.at("mine.txt"), "").unwrap();
    fs::set_permissions(data.at("mine.txt"), fs::Permissions::from_mode(0o644)).unwrap();
    fs::set_permissions(data.at(""), fs::Permissions::from_mode(0o755)).unwrap();
    data.succeeds(&["list"]);
    for name in ["library.sqlite", "settings.json", "queue.json"] {
        assert_eq!(mode(&data.at(name)), 0o600, "{name}");
    }
    assert_eq!((mode(&data.at("")), mode(&data.at("mine.txt"))), (0o755, 0o644));
}

#[test]
fn what_a_killed_program_left_goes_at_the_next_start() {
    let data = Data::with_settings("{}");
    let run = data.at("runs/20260101-000000-cnn-best");
    fs::create_dir_all(&run).unwrap();
    let old = SystemTime::now() - Duration::from_secs(3600);
    let left = [
        data.at(".timbre-abcdefABCDEF.part"),
        run.join(".timbre-abcdefABCDEF.part"),
        data.at(".settings.json.77.part"),
    ];
    let kept = [data.at("song.part"), data.at(".timbre-notes.part")];
    for path in left.iter().chain(&kept) {
        fs::File::create(path).unwrap().set_modified(old).unwrap();
    }
    fs::write(data.at(".timbre-newnewnewnew.part"), "").unwrap();
    data.succeeds(&["list"]);
    assert!(left.iter().all(|path| !path.exists()));
    assert!(kept.iter().all(|path| path.exists()) && data.at(".timbre-newnewnewnew.part").exists());
}

#[test]
fn a_write_protected_library_is_read() {
    /// Nobody's number; permissions mean nothing to root.
    const NOBODY: u32 = 65_534;
    let data = Data::with_songs();
    let before: Value = serde_json::from_str(&data.succeeds(&["list", "--json"]).0).unwrap();
    let out = data.0.path().join("lists");
    fs::create_dir(&out).unwrap();
    let is_root = chown(&out, Some(NOBODY), Some(NOBODY)).is_ok();
    fs::set_permissions(data.0.path(), fs::Permissions::from_mode(0o755)).unwrap();
    for entry in fs::read_dir(data.at("")).unwrap() {
        let path = entry.unwrap().path();
        fs::set_permissions(&path, fs::Permissions::from_mode(if path.is_dir() { 0o500 } else { 0o400 })).unwrap();
        chown(&path, is_root.then_some(NOBODY), is_root.then_some(NOBODY)).unwrap();
    }
    chown(data.at(""), is_root.then_some(NOBODY), is_root.then_some(NOBODY)).unwrap();
    fs::set_permissions(data.at(""), fs::Permissions::from_mode(0o500)).unwrap();
    let run = |args: &[&str]| {
        let mut command = data.command(args);
        if is_root {
            command.uid(NOBODY).gid(NOBODY);
        }
        command.output()
    };
    let Ok(listed) = run(&["list", "--json"]) else {
        println!("skipped: the binary is out of another user's reach");
        return;
    };
    assert_eq!(serde_json::from_str::<Value>(&said(&["list"], listed, 0).0).unwrap(), before);
    let found = said(&["search"], run(&["list", "--search", "a", "--json"]).unwrap(), 0).0;
    assert!(found.contains("a.wav"), "{found}");
    said(&["export"], run(&["export", out.to_str().unwrap()]).unwrap(), 0);
    assert!(fs::read_dir(&out).unwrap().count() > 0);
    let song = data.0.path().join("music/a.wav");
    let set = run(&["genre", "set", song.to_str().unwrap(), "jazz"]).unwrap();
    let (_, complaint) = said(&["genre"], set, 1);
    assert!(complaint.contains("write-protected"), "{complaint}");
    fs::set_permissions(data.at(""), fs::Permissions::from_mode(0o700)).unwrap();
}
