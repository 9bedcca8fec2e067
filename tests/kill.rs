//! The real binary, killed at any moment: the library stays whole, and every decision stays on its sound.
//!
//! `TIMBRE_KILL_ROUNDS` says how often each command is killed before its end (5, if not said).

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout, reason = "a test may panic")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use serde_json::Value;

/// Songs in each library.
const SONGS: usize = 400;

fn rounds() -> u64 {
    std::env::var("TIMBRE_KILL_ROUNDS").ok().and_then(|text| text.parse().ok()).unwrap_or(5)
}

/// Goes on until so many commands were killed before their end; on a slow machine most are, on a fast one some end first.
struct Rounds {
    killed: u64,
    tried: u64,
}

impl Rounds {
    fn new() -> Self {
        Self { killed: 0, tried: 0 }
    }

    fn go_on(&self) -> bool {
        self.killed < rounds() && self.tried < rounds() * 10
    }

    fn count(&mut self, was_killed: bool) {
        self.killed += u64::from(was_killed);
        self.tried += 1;
    }
}

struct World {
    dir: tempfile::TempDir,
    dice: u64,
}

impl World {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir(dir.path().join("music")).unwrap();
        let dice = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos() as u64 | 1;
        let world = Self { dir, dice };
        (0..SONGS).for_each(|number| tone(&world.song(number), number as u32));
        world
    }

    fn song(&self, number: usize) -> PathBuf {
        self.dir.path().join(format!("music/{number:03}.wav"))
    }

    fn file(&self, name: &str) -> String {
        self.dir.path().join(name).to_str().unwrap().to_owned()
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_timbre"));
        command.args(args).args(["--data-dir", &self.file("data")]).env_remove("RUST_LOG");
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command
    }

    fn json(&self, args: &[&str]) -> Value {
        let out = self.command(args).arg("--json").stdout(Stdio::piped()).stderr(Stdio::piped()).output().unwrap();
        let trouble = String::from_utf8_lossy(&out.stderr).into_owned();
        assert!(matches!(out.status.code(), Some(0 | 3)), "{args:?}: {:?} {trouble}", out.status);
        serde_json::from_slice(&out.stdout).unwrap_or_else(|error| panic!("{args:?}: {error} {trouble}"))
    }

    fn below(&mut self, end: u64) -> u64 {
        self.dice ^= self.dice << 13;
        self.dice ^= self.dice >> 7;
        self.dice ^= self.dice << 17;
        self.dice % end.max(1)
    }

    /// Starts a command and kills it at any moment of the time that it usually takes; whether it had not ended by then.
    fn kill(&mut self, args: &[&str], usual: Duration) -> bool {
        let wait = Duration::from_micros(self.below(usual.as_micros() as u64));
        let mut child = self.command(args).spawn().unwrap();
        std::thread::sleep(wait);
        child.kill().ok();
        child.wait().unwrap().code().is_none()
    }

    fn check(&self) {
        let report = self.json(&["library", "check"]);
        assert_eq!(report["whole"], true, "{report}");
    }

    /// The genre that a person gave, by sound: the content of the file says which one it is.
    fn decisions(&self) -> BTreeMap<u32, String> {
        let songs = self.json(&["list"]);
        let mut decisions = BTreeMap::new();
        for song in songs.as_array().unwrap() {
            if song["genre_source"] == "person" && song["missing"] == false {
                let sound = sound_of(Path::new(song["path"].as_str().unwrap()));
                decisions.insert(sound, song["genre"].as_str().unwrap().to_owned());
            }
        }
        decisions
    }

    /// A scanned library in which every fourth song has the genre of its number.
    fn decided(&self) -> BTreeMap<u32, String> {
        self.json(&["scan", &self.file("music")]);
        let songs: Vec<Value> = (0..SONGS)
            .step_by(4)
            .map(|number| {
                serde_json::json!({
                    "path": self.song(number), "title": format!("{number:03}"),
                    "genre": {"name": format!("genre {number}"), "set_at": 1_000}
                })
            })
            .collect();
        let document = serde_json::json!({
            "format": "timbre-library", "version": 1, "songs": songs,
            "playlists": [{"name": "Train", "songs": [3, 1, 2]}]
        });
        std::fs::write(self.file("first.json"), document.to_string()).unwrap();
        let report = self.json(&["library", "import", &self.file("first.json")]);
        assert_eq!(report["genres"], SONGS / 4, "{report}");
        let decisions = self.decisions();
        assert_eq!(decisions.len(), SONGS / 4);
        assert!(decisions.iter().all(|(sound, genre)| *genre == format!("genre {sound}")));
        decisions
    }
}

/// A short WAV whose last four bytes say which sound it is.
fn tone(path: &Path, number: u32) {
    let samples: Vec<u8> = (0..400_u32).flat_map(|at| ((at * (number + 3) % 2000) as i16).to_le_bytes()).collect();
    let mut bytes = b"RIFF\0\0\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0\x40\x1f\0\0\x80\x3e\0\0\x02\0\x10\0data".to_vec();
    bytes.extend((samples.len() as u32 + 4).to_le_bytes());
    bytes.extend(samples);
    bytes.extend(number.to_le_bytes());
    let size = bytes.len() as u32 - 8;
    bytes[4..8].copy_from_slice(&size.to_le_bytes());
    std::fs::write(path, bytes).unwrap();
}

fn sound_of(path: &Path) -> u32 {
    let bytes = std::fs::read(path).unwrap();
    u32::from_le_bytes(bytes[bytes.len() - 4..].try_into().unwrap())
}

fn time(work: impl FnOnce()) -> Duration {
    let begun = Instant::now();
    work();
    begun.elapsed()
}

#[test]
fn a_killed_scan_keeps_decisions_with_their_sounds() {
    let mut world = World::new();
    let decisions = world.decided();
    let music = world.file("music");
    let shuffle = |world: &mut World| {
        // Everything gets the name of something else.
        let mut order: Vec<usize> = (0..SONGS).collect();
        for at in (1..SONGS).rev() {
            let other = world.below(at as u64 + 1) as usize;
            order.swap(at, other);
        }
        (0..SONGS)
            .for_each(|n| std::fs::rename(world.song(n), world.dir.path().join(format!("music/{n}.part"))).unwrap());
        for (n, to) in order.into_iter().enumerate() {
            std::fs::rename(world.dir.path().join(format!("music/{n}.part")), world.song(to)).unwrap();
        }
    };
    shuffle(&mut world);
    let usual = time(|| drop(world.json(&["scan", &music])));
    let mut kills = Rounds::new();
    while kills.go_on() {
        shuffle(&mut world);
        kills.count(world.kill(&["scan", &music], usual));
        world.check();
        world.json(&["scan", &music]);
        assert_eq!(world.decisions(), decisions, "round {}", kills.tried);
    }
    println!("scan: {} of {} killed ({usual:?})", kills.killed, kills.tried);
}

#[test]
fn a_killed_import_is_made_or_not() {
    let mut world = World::new();
    let before = world.decided();
    let songs: Vec<Value> = (0..SONGS)
        .map(|number| {
            serde_json::json!({
                "path": world.song(number), "genre": {"name": format!("later {number}"), "set_at": 2_000}
            })
        })
        .collect();
    let all: Vec<usize> = (0..SONGS).collect();
    let document = serde_json::json!({
        "format": "timbre-library", "version": 1, "songs": songs, "playlists": [{"name": "All", "songs": all}],
        "settings": {"threshold": 0.25}
    });
    let file = world.file("second.json");
    std::fs::write(&file, document.to_string()).unwrap();
    let usual = time(|| drop(world.json(&["library", "import", &file])));
    let after = world.decisions();
    assert!(after.len() == SONGS && after.iter().all(|(sound, genre)| *genre == format!("later {sound}")));
    let (mut done, mut kills) = (0, Rounds::new());
    while kills.go_on() {
        world.json(&["undo"]);
        assert_eq!(world.decisions(), before);
        kills.count(world.kill(&["library", "import", &file], usual));
        world.check();
        let now = world.decisions();
        assert!(now == before || now == after, "round {}", kills.tried);
        done += u64::from(now == after);
        world.json(&["library", "import", &file]);
        assert_eq!(world.decisions(), after);
    }
    println!("import: {} of {} killed, {done} were made ({usual:?})", kills.killed, kills.tried);
}

#[test]
fn a_killed_restore_leaves_one_library_or_the_other() {
    let mut world = World::new();
    let first = world.decided();
    let copies = [world.file("first.sqlite"), world.file("second.sqlite")];
    world.json(&["library", "backup", &copies[0]]);
    let target = world.song(1);
    world.json(&["genre", "set", target.to_str().unwrap(), "another"]);
    world.json(&["library", "backup", &copies[1]]);
    let second = world.decisions();
    assert_ne!(first, second);
    let usual = time(|| drop(world.json(&["library", "restore", &copies[0]])));
    let (mut done, mut kills) = (0, Rounds::new());
    while kills.go_on() {
        let before = world.decisions();
        let to = usize::from(before == first);
        kills.count(world.kill(&["library", "restore", &copies[to]], usual));
        world.check();
        let now = world.decisions();
        assert!(now == before || now == [&first, &second][to].clone(), "round {}", kills.tried);
        done += u64::from(now != before);
    }
    println!("restore: {} of {} killed, {done} were made ({usual:?})", kills.killed, kills.tried);
    // What kills left beside the library is not taken for a copy.
    world.json(&["library", "restore", &copies[1]]);
    assert_eq!(world.decisions(), second);
}

#[test]
fn a_killed_forget_or_undo_happens_or_not() {
    let mut world = World::new();
    let before = world.decided();
    let half: Vec<String> = (0..SONGS / 2).map(|number| world.song(number).to_str().unwrap().to_owned()).collect();
    let mut forget = vec!["library", "forget", "--yes"];
    forget.extend(half.iter().map(String::as_str));
    let usual = time(|| drop(world.json(&forget)));
    let after = world.decisions();
    assert_eq!(after.len(), before.len() / 2);
    let usual_undo = time(|| drop(world.json(&["undo"])));
    assert_eq!(world.decisions(), before);
    let (mut forgotten, mut undone) = (0, 0);
    let (mut kills, mut undo_kills) = (Rounds::new(), Rounds::new());
    while kills.go_on() || undo_kills.go_on() {
        kills.count(world.kill(&forget, usual));
        world.check();
        let now = world.decisions();
        assert!(now == before || now == after, "round {}", kills.tried);
        forgotten += u64::from(now == after);
        if now == before {
            world.json(&forget);
        }
        undo_kills.count(world.kill(&["undo"], usual_undo));
        world.check();
        let now = world.decisions();
        assert!(now == before || now == after, "round {}", kills.tried);
        undone += u64::from(now == before);
        if now == after {
            world.json(&["undo"]);
        }
        assert_eq!(world.decisions(), before);
    }
    let (Rounds { killed, tried }, undo) = (kills, undo_kills);
    println!("forget: {killed} of {tried} killed, {forgotten} were made ({usual:?})");
    println!("undo: {} of {} killed, {undone} were made ({usual_undo:?})", undo.killed, undo.tried);
}
