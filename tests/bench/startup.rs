//! Opening the window on a library of 100,000 songs that were all heard: time until the table is ready, and memory.
//!
//! Every measurement is a process of its own, started from this program; it prints, and checks nothing.

#![allow(missing_docs, clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark")]

use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rusqlite::{Connection, params};
use timbre::audio::player::OutputKind;
use timbre::base::DataDir;
use timbre::engine::{Engine, EngineConfig, Event};
use timbre::library::Library;
use timbre::library::model::Snapshot;
use timbre::ml::DeviceChoice;
use timbre::state::AppState;
use timbre::state::prepare::prepare;

const SONGS: usize = 100_000;
const TURNS: usize = 5;
const GENRES: [&str; 10] =
    ["blues", "classical", "country", "disco", "hiphop", "jazz", "metal", "pop", "reggae", "rock"];
const TAGS: [&str; 8] =
    ["guitar", "female vocalists", "electronic", "chillout", "acoustic", "80s", "beautiful", "piano"];

/// As the built-in classifier would have left it: all ten genres and the eight strongest tags of each song.
fn make(data_dir: &DataDir) {
    drop(Library::open(&data_dir.database()).unwrap());
    let mut connection = Connection::open(data_dir.database()).unwrap();
    let transaction = connection.transaction().unwrap();
    for number in 0..SONGS {
        let (artist, album) = (number / 48, number / 12);
        let path =
            format!("/home/somebody/Music/artist {artist:04}/album {album:05}/{:02} song {number}.mp3", number % 12);
        transaction
            .prepare_cached(
                "INSERT INTO track (id, path, size, mtime_ns, sound_key, title, artist, album, track_number, year, \
                 tag_genre, duration_secs, format, playable, added_at) \
                 VALUES (?1, ?2, 5000000, 1, randomblob(16), ?3, ?4, ?5, ?6, ?7, 'Rock', 200.5, 'MP3', 1, 1700000000)",
            )
            .unwrap()
            .execute(params![
                number as i64 + 1,
                path,
                format!("Song {number} of the night"),
                format!("Artist {artist}"),
                format!("Album {album}"),
                (number % 12 + 1) as i64,
                (1960 + number % 60) as i64,
            ])
            .unwrap();
        let pairs = |names: &[&str], share: f32| {
            let pair = |rank: usize| {
                let number = share * 0.62_f32.powi(rank as i32) * (1.0 + (number % 97) as f32 * 1e-3);
                (names[(number as usize + rank + album) % names.len()], number)
            };
            let pairs: Vec<_> = (0..names.len()).map(pair).collect();
            serde_json::to_string(&pairs).unwrap()
        };
        transaction
            .prepare_cached(
                "INSERT INTO prediction (track_id, stamp, model_name, model_hash, sound_key, top, tags, heard_secs, \
                 decided_at) VALUES (?1, 1, 'GTZAN, seven branches', '0123456789abcdef0123456789abcdef', NULL, ?2, ?3, \
                 90.0, 1700000000)",
            )
            .unwrap()
            .execute(params![number as i64 + 1, pairs(&GENRES, 0.38), pairs(&TAGS, 0.8)])
            .unwrap();
    }
    transaction.execute("UPDATE state SET revision = 1", []).unwrap();
    transaction.commit().unwrap();
}

/// Kibibytes of the process.
fn memory(field: &str) -> u64 {
    let text = std::fs::read_to_string("/proc/self/smaps_rollup").unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix(field)).unwrap_or_default();
    line.split_whitespace().next().and_then(|number| number.parse().ok()).unwrap_or_default()
}

fn open(folder: &Path) {
    let start = Instant::now();
    let config = EngineConfig {
        data_dir: DataDir::resolve(Some(folder)).unwrap(),
        device: DeviceChoice::Cpu,
        jobs: None,
        player: Some(OutputKind::Silent),
    };
    let engine = Engine::open(config, Arc::new(|| ())).unwrap();
    let opened = start.elapsed();
    let mut state = AppState::default();
    let snapshot: Snapshot = loop {
        match engine.recv_timeout(Duration::from_secs(60)) {
            Some(Event::Library(snapshot)) => break snapshot,
            Some(event) => state.apply(event),
            None => panic!("no library within a minute"),
        }
    };
    let read = start.elapsed();
    let songs = snapshot.tracks.len();
    state.apply_prepared(prepare(snapshot, state.rule.clone(), state.view()));
    let prepared = start.elapsed();
    std::thread::sleep(Duration::from_millis(300));
    println!(
        "{songs:6} songs, {:6} rows: engine open {:4} ms, library read {:4} ms, rows ready {:4} ms; PSS {:5.1} MB, private {:5.1} MB",
        state.rows.places.len(),
        opened.as_millis(),
        read.as_millis(),
        prepared.as_millis(),
        memory("Pss:") as f64 / 1e3,
        memory("Private_Dirty:") as f64 / 1e3,
    );
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    match arguments.as_slice() {
        [mode, folder] if mode == "open" => open(Path::new(folder)),
        // `cargo test --benches` starts benchmarks without asking for one.
        _ if !std::env::args().any(|argument| argument == "--bench") => {}
        _ => {
            let dir = tempfile::tempdir().unwrap();
            let (empty, full) = (dir.path().join("empty"), dir.path().join("full"));
            std::fs::create_dir_all(&full).unwrap();
            make(&DataDir::resolve(Some(&full)).unwrap());
            for folder in [&empty].into_iter().chain([&full; TURNS]) {
                Command::new(std::env::current_exe().unwrap()).arg("open").arg(folder).status().unwrap();
            }
        }
    }
}
