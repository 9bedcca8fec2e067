//! `timbre library …`, `undo` and `redo`, from the outside.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic, also in its helpers")]

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::{Value, json};

struct World {
    dir: tempfile::TempDir,
}

impl World {
    /// A scanned folder of four songs, `0.wav` of them under jazz.
    fn new() -> Self {
        let world = Self { dir: tempfile::tempdir().unwrap() };
        std::fs::create_dir(world.dir.path().join("music")).unwrap();
        (0..4).for_each(|number| tone(&world.song(number), number));
        world.json(&["scan", world.dir.path().join("music").to_str().unwrap()], 0);
        world.json(&["genre", "set", &world.text("music/0.wav"), "jazz"], 0);
        world
    }

    fn song(&self, number: u32) -> PathBuf {
        self.dir.path().join(format!("music/{number}.wav"))
    }

    fn data(&self) -> PathBuf {
        self.dir.path().join("data")
    }

    fn text(&self, name: &str) -> String {
        self.dir.path().join(name).to_str().unwrap().to_owned()
    }

    fn run(&self, args: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_timbre"));
        command.args(args).env("TIMBRE_DATA_DIR", self.data()).env_remove("RUST_LOG").stdin(Stdio::null());
        command.output().unwrap()
    }

    fn json(&self, args: &[&str], exit: i32) -> Value {
        let out = self.run(&[args, &["--json"]].concat());
        let stderr = String::from_utf8_lossy(&out.stderr);
        assert_eq!(out.status.code(), Some(exit), "{args:?}: {stderr}");
        serde_json::from_slice(&out.stdout).unwrap_or_else(|error| panic!("{args:?}: {error}: {stderr}"))
    }

    fn says(&self, args: &[&str], exit: i32) -> String {
        let out = self.run(args);
        let text = String::from_utf8_lossy(&out.stdout).into_owned() + &String::from_utf8_lossy(&out.stderr);
        assert_eq!(out.status.code(), Some(exit), "{args:?}: {text}");
        text
    }

    fn genres(&self) -> Vec<Value> {
        self.json(&["list"], 0).as_array().unwrap().iter().map(|song| song["genre"].clone()).collect()
    }

    fn sql(&self, sql: &str) {
        rusqlite::Connection::open(self.data().join("library.sqlite")).unwrap().execute_batch(sql).unwrap();
    }
}

fn tone(path: &Path, number: u32) {
    let samples: Vec<u8> = (0..4000_u32).flat_map(|at| ((at * (number + 3) % 2000) as i16).to_le_bytes()).collect();
    let mut bytes = b"RIFF\0\0\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0\x40\x1f\0\0\x80\x3e\0\0\x02\0\x10\0data".to_vec();
    bytes.extend((samples.len() as u32).to_le_bytes());
    bytes.extend(samples);
    let size = bytes.len() as u32 - 8;
    bytes[4..8].copy_from_slice(&size.to_le_bytes());
    std::fs::write(path, bytes).unwrap();
}

#[test]
fn undo_says_what_it_took_back() {
    let world = World::new();
    assert_eq!(world.genres()[0], "jazz");
    assert_eq!(world.says(&["undo", "--list"], 0).lines().count(), 3, "a header and two changes");
    assert_eq!(world.says(&["undo"], 0).trim(), "Undone: filed “0” under jazz");
    assert_eq!(world.genres()[0], Value::Null);
    let list = world.json(&["undo", "--list"], 0);
    assert_eq!((&list[0]["undone"], &list[1]["undone"]), (&json!(true), &json!(false)));
    assert_eq!(world.json(&["redo"], 0)["what"], "filed “0” under jazz");
    assert_eq!(world.genres()[0], "jazz");
    assert_eq!(world.says(&["redo"], 0).trim(), "There is nothing to redo.");
    world.json(&["undo"], 0);
    world.json(&["undo"], 0);
    assert_eq!(world.genres().len(), 0, "the folder was added first");
    assert_eq!(world.json(&["undo"], 0)["what"], Value::Null);
}

#[test]
fn a_queue_is_taken_back_for_the_next_start() {
    let world = World::new();
    let mut library = timbre::library::Library::open(&world.data().join("library.sqlite")).unwrap();
    let before = timbre::library::db::QueueState { tracks: vec![1, 2], index: 1, position_secs: 0.25 };
    library.note_queue("cleared the queue", before).unwrap();
    assert!(world.says(&["undo"], 0).starts_with("Undone: cleared the queue\n"));
    let queue: Value = serde_json::from_slice(&std::fs::read(world.data().join("queue.json")).unwrap()).unwrap();
    assert_eq!((&queue["tracks"], &queue["index"]), (&json!([1, 2]), &json!(1)));
    world.json(&["redo"], 0);
    let queue: Value = serde_json::from_slice(&std::fs::read(world.data().join("queue.json")).unwrap()).unwrap();
    assert_eq!(queue["tracks"], json!([]));
}

#[test]
fn forgetting_counts_and_wants_a_yes() {
    let world = World::new();
    std::fs::remove_file(world.song(0)).unwrap();
    std::fs::remove_file(world.song(1)).unwrap();
    world.json(&["scan", &world.text("music")], 0);
    let dry = world.json(&["library", "forget", "--missing", "--dry-run"], 0);
    assert_eq!((&dry["songs"], &dry["genres"], &dry["forgotten"]), (&json!(2), &json!(1), &json!(false)));
    assert!(world.says(&["library", "forget", "--missing"], 1).contains("2 songs with 1 genre set by hand would go"));
    assert_eq!(world.genres().len(), 4);
    world.says(&["library", "forget", "--missing", "--yes"], 0);
    assert_eq!(world.genres().len(), 2);
    assert!(world.says(&["undo"], 0).starts_with("Undone: forgot 2 songs"));
    assert_eq!(world.genres(), [json!("jazz"), Value::Null, Value::Null, Value::Null]);
    let some = ["library", "forget", &world.text("music/0.wav"), &world.text("nothing"), "-y"];
    assert_eq!(world.json(&some, 3)["unknown"].as_array().unwrap().len(), 1);
    assert_eq!(world.genres().len(), 3);
    world.says(&["library", "forget"], 2);
    assert!(world.says(&["library", "forget", "--hidden", "-y"], 0).contains("nothing to forget"));
}

#[test]
fn check_backup_restore() {
    let world = World::new();
    assert!(world.says(&["library", "check"], 0).contains("whole: 4 songs, 1 genre set by hand, 0 playlists"));
    let copy = world.text("copy.sqlite");
    world.says(&["library", "backup", &copy], 0);
    world.sql("UPDATE track SET duration_secs = 'x', title = CAST(x'ff' AS TEXT) WHERE path LIKE '%2.wav'");
    let report = world.json(&["library", "check"], 1);
    assert_eq!(report["whole"], false);
    assert!(report["findings"][0]["path"].as_str().unwrap().ends_with("2.wav"));
    assert_eq!(world.genres().len(), 4);
    assert!(world.says(&["problems"], 0).contains("check --repair"));
    let repaired = world.json(&["library", "check", "--repair"], 0);
    assert_eq!(repaired["whole"], true);
    assert!(world.says(&["library", "check"], 0).contains("whole"));

    world.json(&["genre", "set", &world.text("music/0.wav"), "ska"], 0);
    assert!(world.says(&["library", "restore", &copy], 0).contains("was kept"));
    assert_eq!(world.genres()[0], "jazz");
    assert!(world.says(&["library", "restore", &world.text("music/0.wav")], 1).contains("not a Timbre library"));
    let empty = World { dir: tempfile::tempdir().unwrap() };
    assert!(empty.says(&["library", "check"], 1).contains("There is no library"));
    assert!(!empty.data().join("library.sqlite").exists());
    empty.says(&["library", "restore", &copy], 0);
    assert_eq!(empty.genres()[0], "jazz");
}

#[test]
fn what_a_person_gave_moves_to_another_machine() {
    let world = World::new();
    std::fs::write(
        world.data().join("settings.json"),
        r#"{"threshold": 0.75, "jobs": 3, "of_a_later_version": {"a": 1}}"#,
    )
    .unwrap();
    let file = world.text("all.json.zst");
    world.says(&["library", "export", &file], 0);
    let other = World { dir: tempfile::tempdir().unwrap() };
    let dry = other.json(&["library", "import", &file, "--dry-run"], 3);
    assert_eq!(dry["not_found"].as_array().unwrap().len(), 1);
    assert!(!other.data().join("settings.json").exists());
    other.json(&["scan", &world.text("music")], 0);
    assert!(other.says(&["library", "import", &file], 0).contains("genres set by hand: 1"));
    assert_eq!(other.genres()[0], "jazz");
    let settings: Value = serde_json::from_slice(&std::fs::read(other.data().join("settings.json")).unwrap()).unwrap();
    assert_eq!(settings["threshold"], 0.75);
    assert_eq!(settings["of_a_later_version"], json!({"a": 1}));
    assert_ne!(settings["jobs"], 3, "of that machine");
    assert!(other.says(&["library", "import", &file], 0).contains("Nothing to change."));
    assert!(other.says(&["undo"], 0).starts_with("Undone: imported 1 genre from all.json.zst"));
    std::fs::write(world.text("new.json"), r#"{"format": "timbre-library", "version": 7}"#).unwrap();
    assert!(other.says(&["library", "import", &world.text("new.json")], 1).contains("written by a newer Timbre"));
    other.says(&["library", "import", &file, "--map", "nonsense"], 2);
}
