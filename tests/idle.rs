//! A window that nobody uses: the program's threads sleep. Alone in this file, because it counts all threads of the process.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic, also in its helpers")]

mod audio_support;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use audio_support::Sound;
use timbre::audio::player::{OutputKind, PlayState, PlayerCommand, PlayerEvent, QueueItem};
use timbre::base::{DataDir, TrackId};
use timbre::engine::{Command, Engine, EngineConfig, Event};
use timbre::ml::DeviceChoice;

/// How long the threads are watched.
const WATCHED: Duration = Duration::from_secs(4);
/// One thread makes a copy of the library once a week, and a system may have its own reasons to move a thread.
const MOST_WAKE_UPS: u64 = 8;

/// How often each thread of the engine was given the processor so far.
fn turns() -> BTreeMap<String, u64> {
    let mut turns = BTreeMap::new();
    for task in std::fs::read_dir("/proc/self/task").unwrap() {
        let task = task.unwrap().path();
        // A thread may end while it is looked at.
        let Ok(status) = std::fs::read_to_string(task.join("status")) else { continue };
        let field = |name: &str| status.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default().trim();
        let name = field("Name:").to_owned();
        if name.starts_with("timbre-") || name.contains("inotify") {
            let count = |name| field(name).parse::<u64>().unwrap_or_default();
            let id = task.file_name().unwrap().to_string_lossy().into_owned();
            let all = count("voluntary_ctxt_switches:") + count("nonvoluntary_ctxt_switches:");
            turns.insert(format!("{name} {id}"), all);
        }
    }
    turns
}

fn turns_within(time: Duration) -> BTreeMap<String, u64> {
    let before = turns();
    std::thread::sleep(time);
    turns().into_iter().map(|(thread, now)| (thread.clone(), now - before.get(&thread).unwrap_or(&0))).collect()
}

/// Waits until nothing is left to do, and sees to it that nothing happens then.
fn sleeps(when: &str) {
    let start = Instant::now();
    while turns_within(Duration::from_secs(1)).values().sum::<u64>() > 1 {
        assert!(start.elapsed() < Duration::from_secs(90), "{when}: {:?}", turns_within(Duration::from_secs(1)));
    }
    let counted = turns_within(WATCHED);
    assert!(counted.len() >= 4, "the threads are named as this test expects: {counted:?}");
    assert!(counted.values().sum::<u64>() <= MOST_WAKE_UPS, "{when}: wake-ups in {WATCHED:?}: {counted:?}");
}

fn until(engine: &Engine, mut enough: impl FnMut(&Event) -> bool) {
    let start = Instant::now();
    while start.elapsed() < Duration::from_secs(120) {
        if engine.recv_timeout(Duration::from_secs(1)).is_some_and(|event| enough(&event)) {
            return;
        }
    }
    panic!("nothing after two minutes");
}

fn is(state: PlayState, from_secs: f64) -> impl FnMut(&Event) -> bool {
    move |event| match event {
        Event::Player(PlayerEvent::Status(status)) => status.state == state && status.position_secs >= from_secs,
        _ => false,
    }
}

#[test]
fn a_window_that_nobody_uses_wakes_nobody() {
    let dir = tempfile::tempdir().unwrap();
    let config = EngineConfig {
        data_dir: DataDir::resolve(Some(dir.path())).unwrap(),
        device: DeviceChoice::Cpu,
        jobs: None,
        player: Some(OutputKind::Silent),
    };
    let engine = Engine::open(config, Arc::new(|| ())).unwrap();
    until(&engine, |event| matches!(event, Event::Library(_)));
    sleeps("after the start");

    // The same after sound: on hold in the middle of a song, and after it.
    let song = dir.path().join("song.wav");
    std::fs::write(&song, Sound::tone(440.0, 0.1, 48_000, 2, 8.0).wav()).unwrap();
    let play = |command| engine.send(Command::Player(command));
    play(PlayerCommand::PlayQueue { items: vec![QueueItem { track: TrackId(1), path: song }], start: 0 });
    until(&engine, is(PlayState::Playing, 0.3));
    assert!(turns_within(Duration::from_secs(1)).values().sum::<u64>() > 30, "while it plays there is work");
    play(PlayerCommand::Pause);
    until(&engine, is(PlayState::Paused, 0.3));
    sleeps("on hold");
    // It goes on at once, and the end of the song is noticed.
    play(PlayerCommand::Seek(7.0));
    play(PlayerCommand::Play);
    until(&engine, is(PlayState::Playing, 7.2));
    until(&engine, is(PlayState::Stopped, 0.0));
    sleeps("after the song");
}
