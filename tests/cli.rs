//! The real binary, from the outside.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic, also in its helpers")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;

/// The demo collection, made once for all tests of this file by the binary itself.
fn demo() -> &'static Path {
    static DEMO: OnceLock<TempDir> = OnceLock::new();
    DEMO.get_or_init(|| {
        let dir = tempfile::tempdir().unwrap();
        let made =
            Command::new(env!("CARGO_BIN_EXE_timbre")).arg("demo").arg(dir.path().join("music")).output().unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        dir
    })
    .path()
}

/// A music folder with the first `count` demo pieces (by path) and a data folder of its own.
struct Library {
    dir: TempDir,
}

impl Library {
    fn new(count: usize) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let music = dir.path().join("music");
        fs::create_dir(&music).unwrap();
        let mut pieces = files(&demo().join("music"));
        pieces.sort();
        for piece in &pieces[..count] {
            fs::copy(piece, music.join(piece.file_name().unwrap())).unwrap();
        }
        Self { dir }
    }

    fn music(&self) -> PathBuf {
        self.dir.path().join("music").canonicalize().unwrap()
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_timbre"));
        command.args(args).env("TIMBRE_DATA_DIR", self.dir.path().join("data")).env_remove("RUST_LOG");
        command
    }

    fn run(&self, args: &[&str]) -> Output {
        self.command(args).output().unwrap()
    }

    /// Runs with `--json`, checks the exit code, gives the document.
    fn json(&self, args: &[&str], exit: i32) -> Value {
        let out = self.run(&[args, &["--json"]].concat());
        let stderr = String::from_utf8_lossy(&out.stderr);
        assert_eq!(out.status.code(), Some(exit), "{args:?}: {stderr}");
        serde_json::from_slice(&out.stdout).unwrap_or_else(|error| panic!("{args:?}: {error}: {stderr}"))
    }

    /// What the library knows, without the times at which it learned it.
    fn content(&self) -> Vec<Value> {
        self.json(&["list"], 0).as_array().unwrap().clone()
    }
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found
}

#[test]
fn organize_scans_classifies_and_writes_playlists() {
    let library = Library::new(4);
    let music = library.music();
    let before: Vec<_> = files(&music).iter().map(|path| fs::read(path).unwrap()).collect();
    let playlists = library.dir.path().join("lists");
    let args = ["organize", music.to_str().unwrap(), "--playlists", playlists.to_str().unwrap()];
    let organized = library.json(&args, 0);
    assert_eq!(organized["scan"]["added"], 4);
    assert_eq!(organized["classify"]["classified"], 4);
    let filed: u64 = organized["genres"].as_object().unwrap().values().map(|songs| songs.as_u64().unwrap()).sum();
    assert_eq!(filed + organized["unsure"].as_u64().unwrap(), 4);

    // Each song stands in exactly one automatic playlist, by a path relative to it that exists.
    let mut listed = Vec::new();
    for playlist in organized["playlists"].as_array().unwrap() {
        let text = fs::read_to_string(playlist.as_str().unwrap()).unwrap();
        assert!(text.starts_with("#EXTM3U\n"), "{text}");
        listed.extend(text.lines().filter(|line| !line.starts_with('#')).map(|line| playlists.join(line)));
    }
    listed.sort();
    let mut expected = files(&music);
    expected.sort();
    let listed: Vec<_> = listed.iter().map(|path| path.canonicalize().unwrap()).collect();
    assert_eq!(listed, expected);

    for song in library.content() {
        assert!(song["duration_secs"].as_f64().unwrap() > 5.0);
        assert!(!song["artist"].as_str().unwrap().is_empty());
        let top = song["top"].as_array().unwrap();
        let sum: f64 = top.iter().map(|genre| genre["probability"].as_f64().unwrap()).sum();
        assert!((sum - 1.0).abs() < 1e-3, "{sum}");
        assert_eq!(song["confidence"], top[0]["probability"]);
        assert!(song["tags"].as_array().unwrap().len() > 2);
        let source = if song["genre"].is_null() { Value::Null } else { "network".into() };
        assert_eq!(song["genre_source"], source);
    }

    let again = library.json(&args, 0);
    assert_eq!((&again["scan"]["added"], &again["scan"]["unchanged"]), (&0.into(), &4.into()));
    assert_eq!((&again["classify"]["classified"], &again["classify"]["unchanged"]), (&0.into(), &4.into()));
    assert_eq!(again["playlists"], organized["playlists"]);
    let after: Vec<_> = files(&music).iter().map(|path| fs::read(path).unwrap()).collect();
    assert!(before == after, "a music file was touched");
}

#[test]
fn a_genre_set_by_hand_is_kept_for_ever() {
    let library = Library::new(2);
    let music = library.music();
    library.json(&["scan", music.to_str().unwrap()], 0);
    let song = files(&music).remove(0);
    let song = song.to_str().unwrap();
    let set = library.json(&["genre", "set", song, "Hip-Hop"], 0);
    assert_eq!(set["genre"], "hiphop", "the classifier's own spelling");
    library.json(&["classify", "--again"], 0);
    let find = || library.content().into_iter().find(|row| row["path"] == song).unwrap();
    assert_eq!((&find()["genre"], &find()["genre_source"]), (&"hiphop".into(), &"person".into()));

    // A moved file is the same song.
    let moved = music.join("elsewhere.wav");
    fs::rename(song, &moved).unwrap();
    assert_eq!(library.json(&["scan", music.to_str().unwrap()], 0)["moved"], 1);
    let row = library.content().into_iter().find(|row| row["path"] == moved.to_str().unwrap()).unwrap();
    assert_eq!(row["genre"], "hiphop");

    library.json(&["genre", "clear", moved.to_str().unwrap()], 0);
    let row = library.content().into_iter().find(|row| row["path"] == moved.to_str().unwrap()).unwrap();
    assert_ne!(row["genre_source"], "person");
}

#[test]
fn bad_files_are_listed_and_do_not_stop_the_run() {
    let library = Library::new(2);
    let music = library.music();
    let whole = fs::read(&files(&music)[0]).unwrap();
    fs::write(music.join("empty.mp3"), b"").unwrap();
    fs::write(music.join("text.flac"), b"this is no music at all\n".repeat(400)).unwrap();
    fs::write(music.join("noise.ogg"), whole.iter().map(|byte| byte.wrapping_mul(31) ^ 0x55).collect::<Vec<_>>())
        .unwrap();
    fs::write(music.join("right content.mp3"), &whole).unwrap();
    let sparse = fs::File::create(music.join("zeros.wav")).unwrap();
    sparse.set_len(4 << 30).unwrap();
    let organized = library.json(&["organize", music.to_str().unwrap()], 3);
    assert_eq!(organized["scan"]["added"], 3, "{organized}");
    assert_eq!(organized["classify"]["classified"], 3);
    let problems = library.json(&["problems"], 0);
    let names: Vec<&str> = problems
        .as_array()
        .unwrap()
        .iter()
        .map(|problem| Path::new(problem["path"].as_str().unwrap()).file_name().unwrap().to_str().unwrap())
        .collect();
    assert_eq!(names, ["empty.mp3", "noise.ogg", "text.flac", "zeros.wav"]);
    assert!(problems.as_array().unwrap().iter().all(|problem| !problem["message"].as_str().unwrap().is_empty()));
}

#[test]
fn wrong_usage_is_2_and_failure_is_1() {
    let library = Library::new(0);
    assert_eq!(library.run(&["organise"]).status.code(), Some(2), "neither a folder nor a command");
    assert_eq!(library.run(&["list", "--no-such-flag"]).status.code(), Some(2));
    assert_eq!(library.run(&[library.music().to_str().unwrap(), "list"]).status.code(), Some(2), "which of the two?");
    let elsewhere = library.dir.path().join("elsewhere");
    assert!(
        library.run(&["--data-dir", elsewhere.to_str().unwrap(), "list"]).status.success(),
        "options may come first"
    );
    assert!(elsewhere.is_dir());
    let failed = library.json(&["scan", "/no/such/folder"], 1);
    assert!(failed["error"]["sentence"].as_str().unwrap().contains("/no/such/folder"), "{failed}");
    let failed = library.json(&["genre", "set", "/no/such/file.mp3", "jazz"], 1);
    assert!(failed["error"]["hint"].as_str().unwrap().contains("timbre scan"), "{failed}");
}

#[test]
fn every_command_explains_itself() {
    let library = Library::new(0);
    for command in [
        "scan",
        "classify",
        "organize",
        "list",
        "genre",
        "export",
        "problems",
        "devices",
        "demo",
        "spectrogram",
        "scalogram",
    ] {
        let help = library.run(&[command, "--help"]);
        assert!(help.status.success() && help.stdout.len() > 100, "{command}");
    }
    let devices = library.json(&["devices"], 0);
    assert!(devices["compute"].as_array().unwrap().iter().any(|device| device["device"] == "cpu"), "{devices}");
}

/// Killed in the middle of a scan and of a classification, the next run goes on and ends with the same content.
#[test]
fn a_killed_run_is_finished_by_the_next_one() {
    let whole = Library::new(6);
    whole.json(&["organize", whole.music().to_str().unwrap()], 0);

    let killed = Library::new(6);
    let music = killed.music();
    let args = ["organize", music.to_str().unwrap(), "--jobs", "1", "--quiet"];
    for after_ms in [15, 60, 400, 1500] {
        let mut child = killed.command(&args).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(after_ms));
        child.kill().unwrap();
        child.wait().unwrap();
    }
    killed.json(&["organize", music.to_str().unwrap()], 0);

    let comparable = |library: &Library| -> Vec<Value> {
        let mut rows = library.content();
        for row in &mut rows {
            let name = Path::new(row["path"].as_str().unwrap()).file_name().unwrap().to_str().unwrap().to_owned();
            row["path"] = name.into();
        }
        rows
    };
    assert_eq!(comparable(&killed), comparable(&whole));
}

#[cfg(unix)]
#[test]
fn ctrl_c_leaves_everything_whole() {
    let library = Library::new(12);
    let music = library.music();
    let mut child = library
        .command(&["organize", music.to_str().unwrap(), "--jobs", "1"])
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // The scan's result is printed before the listening starts.
    let mut stderr = child.stderr.take().unwrap();
    let mut line = Vec::new();
    while !line.ends_with(b"\n") {
        let mut byte = [0];
        std::io::Read::read_exact(&mut stderr, &mut byte).unwrap();
        line.push(byte[0]);
    }
    let signal = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(signal.success());
    let mut rest = String::new();
    std::io::Read::read_to_string(&mut stderr, &mut rest).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130), "{rest}");
    assert_eq!(library.content().len(), 12);
}
