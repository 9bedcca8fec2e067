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

/// A WAV whose INFO chunk names title and artist in these bytes.
fn tagged(path: &Path, number: u32, title: &[u8], artist: &[u8]) {
    tone(path, number);
    let mut bytes = std::fs::read(path).unwrap();
    let mut list = b"INFO".to_vec();
    for (name, text) in [(b"INAM", title), (b"IART", artist)] {
        list.extend(name);
        list.extend((text.len() as u32).to_le_bytes());
        list.extend(text);
        list.extend(std::iter::repeat_n(0, text.len() % 2));
    }
    bytes.extend(b"LIST");
    bytes.extend((list.len() as u32).to_le_bytes());
    bytes.extend(list);
    let size = bytes.len() as u32 - 8;
    bytes[4..8].copy_from_slice(&size.to_le_bytes());
    std::fs::write(path, bytes).unwrap();
}

#[test]
fn garbled_texts_are_read_in_the_right_encoding() {
    let world = World::new();
    let bytes = |text: &str| encoding_rs::WINDOWS_1251.encode(text).0.into_owned();
    for (number, title) in [(0, "Группа крови"), (1, "Звезда по имени Солнце")] {
        tagged(&world.song(number), number, &bytes(title), &bytes("Кино"));
    }
    world.json(&["scan", &world.text("music")], 0);
    let song = |number: usize| world.json(&["list"], 0)[number].clone();
    assert_eq!((&song(0)["artist"], &song(0)["in_file"]), (&json!("Êèíî"), &Value::Null));
    let music = world.text("music");
    let dry = world.json(&["repair-text", &music, "--dry-run"], 0);
    assert_eq!((&dry["encoding"], &dry["applied"], &dry["changed"]), (&json!("cp1251"), &json!(false), &json!(2)));
    assert_eq!(dry["likely"][0]["encoding"], "cp1251");
    assert_eq!(dry["songs"][0]["texts"]["title"], json!({"in_file": "Ãðóïïà êðîâè", "repaired": "Группа крови"}));
    assert_eq!(song(0)["artist"], "Êèíî");
    let said = world.says(&["repair-text", "--search", "Êèíî"], 0);
    assert!(said.contains("Звезда по имени Солнце") && said.contains("2 songs is read as cp1251 now"), "{said}");
    assert_eq!((&song(1)["artist"], &song(1)["in_file"]["artist"]), (&json!("Кино"), &json!("Êèíî")));
    assert_eq!(world.json(&["list", "--search", "artist:кино"], 0).as_array().unwrap().len(), 2);
    assert!(world.says(&["repair-text", &music], 0).contains("Nothing to change."));
    assert_eq!(world.says(&["undo"], 0).trim(), "Undone: read the text of 2 songs as cp1251");
    assert_eq!(song(0)["artist"], "Êèíî");
    world.json(&["redo"], 0);
    assert_eq!(world.json(&["repair-text", &world.text("music/0.wav"), "--as-in-file"], 0)["changed"], 1);
    assert_eq!((&song(0)["artist"], &song(1)["artist"]), (&json!("Êèíî"), &json!("Кино")));
    assert_eq!(
        world.json(&["repair-text", &world.text("music/0.wav"), "--encoding", "KOI8-R"], 0)["encoding"],
        "koi8-r"
    );
    assert_ne!(song(0)["artist"], "Кино");

    assert!(world.says(&["repair-text", &music, "--encoding", "utf-7"], 2).contains("there is no encoding utf-7"));
    assert!(world.says(&["repair-text", "--search", "artits:x"], 2).contains("There is no field"));
    world.says(&["repair-text"], 2);
    assert!(world.says(&["repair-text", "--search", "nobody"], 1).contains("No song matches"));
    assert_eq!(world.json(&["repair-text", &world.text("elsewhere")], 3)["unknown"].as_array().unwrap().len(), 1);
    assert!(world.says(&["repair-text", &world.text("music/2.wav")], 0).contains("look right as they are"));

    let file = world.text("all.json");
    world.says(&["library", "export", &file], 0);
    let other = World { dir: tempfile::tempdir().unwrap() };
    other.json(&["scan", &music], 0);
    assert!(other.says(&["library", "import", &file], 0).contains("songs with repaired texts: 2"));
    assert_eq!(other.json(&["list"], 0)[1]["artist"], "Кино");
}

#[test]
fn a_list_is_sorted_with_or_without_articles() {
    let world = World::new();
    for (number, artist) in [(0, "The Beatles"), (1, "Cream"), (2, "Abba"), (3, "Die Toten Hosen")] {
        tagged(&world.song(number), number, b"Song", artist.as_bytes());
    }
    world.json(&["scan", &world.text("music")], 0);
    let artists = |args: &[&str]| -> Vec<String> {
        let list = world.json(&[&["list"], args].concat(), 0);
        list.as_array().unwrap().iter().map(|song| song["artist"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(artists(&[]), ["The Beatles", "Cream", "Abba", "Die Toten Hosen"], "by path");
    assert_eq!(artists(&["--sort", "artist"]), ["Abba", "The Beatles", "Cream", "Die Toten Hosen"]);
    std::fs::write(world.data().join("settings.json"), r#"{"ignore_articles": false}"#).unwrap();
    assert_eq!(artists(&["--sort", "artist"]), ["Abba", "Cream", "Die Toten Hosen", "The Beatles"]);
}
