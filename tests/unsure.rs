//! The window, the command line, the jobs and the export say the same of what is *Unsure*.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic, also in its helpers")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use serde_json::Value;
use timbre::base::DataDir;
use timbre::engine::{Engine, EngineConfig, Event};
use timbre::library::Library;
use timbre::library::model::{GenreProbability, Prediction};
use timbre::ml::DeviceChoice;
use timbre::state::{Action, AppState, Source};

const DECIDED: [&str; 4] = ["none", "hand", "tag", "network"];
const REACH: [&str; 3] = ["there", "missing", "unplayable"];

fn run(data: &Path, args: &[&str]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_timbre"));
    let out = command.args(args).env("TIMBRE_DATA_DIR", data).env_remove("RUST_LOG").output().unwrap();
    assert!(out.status.success(), "{args:?}: {}", String::from_utf8_lossy(&out.stderr));
    String::from_utf8(out.stdout).unwrap()
}

fn json(data: &Path, args: &[&str]) -> Value {
    serde_json::from_str(&run(data, &[args, &["--json"]].concat())).unwrap()
}

/// Two seconds of a tone, another one for each song.
fn tone(path: &Path, hz: f64) {
    let samples: Vec<u8> = (0..44_100_u32)
        .flat_map(|n| (((f64::from(n) / 22_050.0 * hz * std::f64::consts::TAU).sin() * 9_000.0) as i16).to_le_bytes())
        .collect();
    let mut bytes = Vec::new();
    bytes.extend(b"RIFF");
    bytes.extend((36 + samples.len() as u32).to_le_bytes());
    bytes.extend(b"WAVEfmt ");
    bytes.extend(16_u32.to_le_bytes());
    bytes.extend([1, 0, 1, 0]);
    bytes.extend(22_050_u32.to_le_bytes());
    bytes.extend(44_100_u32.to_le_bytes());
    bytes.extend([2, 0, 16, 0]);
    bytes.extend(b"data");
    bytes.extend((samples.len() as u32).to_le_bytes());
    bytes.extend(samples);
    fs::write(path, bytes).unwrap();
}

fn names(paths: impl Iterator<Item = PathBuf>) -> BTreeSet<String> {
    paths.map(|path| path.file_stem().unwrap().to_string_lossy().into_owned()).collect()
}

fn listed(data: &Path, args: &[&str]) -> BTreeSet<String> {
    let rows = json(data, args);
    names(rows.as_array().unwrap().iter().map(|row| row["path"].as_str().unwrap().into()))
}

/// What each client says is unsure; all the same, and how many.
fn everyones_answer(data: &Path, lists: &Path) -> BTreeSet<String> {
    let by_flag = listed(data, &["list", "--unsure"]);
    assert_eq!(by_flag, listed(data, &["list", "--search", "is:unsure"]));
    let rows = json(data, &["list"]);
    let flagged = rows.as_array().unwrap().iter().filter(|row| row["unsure"] == true);
    assert_eq!(by_flag, names(flagged.map(|row| row["path"].as_str().unwrap().into())));

    fs::remove_dir_all(lists).ok();
    run(data, &["export", "--unsure", lists.to_str().unwrap()]);
    let file = fs::read_dir(lists).unwrap().next().unwrap().unwrap().path();
    let text = fs::read_to_string(file).unwrap();
    let entries = text.lines().filter(|line| !line.starts_with(['#', '\u{feff}']) && !line.is_empty());
    assert_eq!(by_flag, names(entries.map(PathBuf::from)));

    let config = EngineConfig {
        data_dir: DataDir::resolve(Some(data)).unwrap(),
        device: DeviceChoice::Cpu,
        jobs: None,
        player: None,
    };
    let engine = Engine::open(config, Arc::new(|| ())).unwrap();
    let mut state = AppState::default();
    state.apply(Event::Settings(engine.settings()));
    state.apply(Event::Genres(engine.rule().unwrap().genres));
    state.apply(Event::Library(engine.snapshot().unwrap()));
    assert_eq!(state.derived.unsure, by_flag.len());
    state.reduce(Action::Show(Source::Unsure));
    let rows =
        |state: &AppState| names((0..state.rows.places.len()).map(|row| state.row_track(row).unwrap().path.clone()));
    assert_eq!(rows(&state), by_flag);
    state.reduce(Action::Show(Source::All));
    state.reduce(Action::Search("is:unsure".to_owned()));
    assert_eq!(rows(&state), by_flag);
    by_flag
}

#[test]
fn every_client_gives_the_same_answer_for_every_kind_of_song() {
    let dir = tempfile::tempdir().unwrap();
    let (data, music, lists) = (dir.path().join("data"), dir.path().join("music"), dir.path().join("lists"));
    fs::create_dir_all(&data).unwrap();
    fs::create_dir(&music).unwrap();
    fs::write(data.join("settings.json"), r#"{"threshold": 0.95, "trust_file_tags": true}"#).unwrap();
    let mut hz = 200.0;
    for heard in ["heard", "new"] {
        for reach in REACH {
            for decided in DECIDED {
                hz += 20.0;
                tone(&music.join(format!("{heard} {reach} {decided}.wav")), hz);
            }
        }
    }
    run(&data, &["scan", music.to_str().unwrap(), "-q"]);

    let mut library = Library::open(&data.join("library.sqlite")).unwrap();
    for track in library.snapshot().unwrap().tracks.iter() {
        let name = track.file_name();
        if name.contains("hand") {
            library.set_genre(&[track.id], Some("blues")).unwrap();
        }
        if name.contains("heard") {
            let probability = if name.contains("network") { 0.99 } else { 0.4 };
            let prediction = Prediction {
                model_name: "m".into(),
                model_hash: "h".into(),
                top: vec![GenreProbability { genre: "jazz".into(), probability }],
                tags: Vec::new(),
                heard_secs: 2.0,
                note: None,
                decided_at: 1,
            };
            library.store_prediction(track.id, &prediction).unwrap();
        }
        if name.contains("missing") {
            fs::remove_file(&track.path).unwrap();
        }
    }
    drop(library);
    run(&data, &["scan", music.to_str().unwrap(), "-q"]);
    let database = rusqlite::Connection::open(data.join("library.sqlite")).unwrap();
    let set = |what: &str| database.execute(&format!("UPDATE track SET {what}"), []).unwrap();
    assert_eq!(set("tag_genre = 'Hip-Hop' WHERE path LIKE '% tag.wav'"), 6);
    assert_eq!(set("playable = 0 WHERE path LIKE '% unplayable %'"), 8);
    drop(database);
    assert_eq!(everyones_answer(&data, &lists), BTreeSet::from(["heard there none".to_owned()]));

    // Now a network hears all that it can; what it says does not matter, only that everyone counts alike.
    let outcome = json(&data, &["classify", "--again"]);
    assert_eq!(outcome["classified"], 8);
    let unsure = everyones_answer(&data, &lists);
    assert_eq!(outcome["unsure"], unsure.len());
    assert!(unsure.iter().all(|name| name.contains("there") && !name.contains("hand") && !name.contains("tag")));
}

#[test]
fn a_list_without_songs_says_why() {
    let dir = tempfile::tempdir().unwrap();
    let (data, music) = (dir.path().join("data"), dir.path().join("music"));
    fs::create_dir(&music).unwrap();
    assert!(run(&data, &["list"]).contains("timbre scan"));
    tone(&music.join("a.wav"), 300.0);
    run(&data, &["scan", music.to_str().unwrap(), "-q"]);
    for (args, sentence) in [
        (&["--search", "zzzz"][..], "No song matches zzzz."),
        (&["--unsure"], "No song is unsure."),
        (&["--genre", "jazz"], "No song is filed under jazz."),
    ] {
        assert_eq!(run(&data, &[&["list"][..], args].concat()).trim_end(), sentence);
    }
    assert!(run(&data, &["list", "--search", "-live"]).contains("a.wav"));
    let mut command = Command::new(env!("CARGO_BIN_EXE_timbre"));
    let out = command.args(["list", "--search=artits:x"]).env("TIMBRE_DATA_DIR", &data).output().unwrap();
    let stderr = String::from_utf8_lossy(&out.stderr);
    assert_eq!(out.status.code(), Some(2), "{stderr}");
    assert!(stderr.contains("did you mean artist?"), "{stderr}");
}
