//! The engine as a window sees it: commands in, events out.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a test may panic or say what it skips"
)]

mod audio_support;

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tempfile::TempDir;
use timbre::audio::Overview;
use timbre::audio::player::{Capture, OutputKind, PlayState, PlayerCommand, PlayerEvent, QueueItem};
use timbre::base::{DataDir, JobId};
use timbre::engine::settings::{Change, ReplayGain};
use timbre::engine::{Command, Engine, EngineConfig, Event, JobEvent, JobKind, JobOutcome, JobPhase, Settings};
use timbre::library::model::Snapshot;
use timbre::ml::DeviceChoice;

fn open(dir: &TempDir) -> Engine {
    open_on(dir, OutputKind::Silent)
}

fn open_on(dir: &TempDir, output: OutputKind) -> Engine {
    let config = EngineConfig {
        data_dir: DataDir::resolve(Some(dir.path())).unwrap(),
        device: DeviceChoice::Cpu,
        jobs: None,
        player: Some(output),
    };
    Engine::open(config, Arc::new(|| ())).unwrap()
}

/// Collects events until `enough` says so; fails after two minutes.
fn until(engine: &Engine, events: &mut Vec<Event>, mut enough: impl FnMut(&Event) -> bool) {
    let start = Instant::now();
    while start.elapsed() < Duration::from_secs(120) {
        if let Some(event) = engine.recv_timeout(Duration::from_secs(1)) {
            let done = enough(&event);
            events.push(event);
            if done {
                return;
            }
        }
    }
    panic!("nothing after two minutes; last: {:?}", events.last());
}

fn ended(kind: JobKind) -> impl FnMut(&Event) -> bool {
    move |event| match event {
        Event::Job(JobEvent { kind: of, phase, .. }) if *of == kind => {
            matches!(phase, JobPhase::Finished(_) | JobPhase::Failed(_) | JobPhase::Cancelled)
        }
        _ => false,
    }
}

fn last_snapshot(events: &[Event]) -> &Snapshot {
    let snapshots = events.iter().rev().find_map(|event| match event {
        Event::Library(snapshot) => Some(snapshot),
        _ => None,
    });
    snapshots.expect("a snapshot was sent")
}

/// Copies of a demo piece under names of their own.
fn music(dir: &TempDir, count: usize) -> std::path::PathBuf {
    let made = dir.path().join("made");
    let mut stop_after_one = 0;
    let cancel = timbre::base::CancelToken::default();
    timbre::demo::make(&made, &cancel, |_, _| {
        stop_after_one += 1;
        if stop_after_one == 1 {
            cancel.cancel();
        }
    })
    .ok();
    let piece = walkdir::WalkDir::new(&made).into_iter().flatten().find(|entry| entry.file_type().is_file()).unwrap();
    let music = dir.path().join("music");
    std::fs::create_dir(&music).unwrap();
    for index in 0..count {
        std::fs::copy(piece.path(), music.join(format!("{index:03}.wav"))).unwrap();
    }
    music
}

#[test]
fn the_demo_is_made_scanned_and_classified_and_every_job_ends_once() {
    let dir = tempfile::tempdir().unwrap();
    let engine = open(&dir);
    let mut events = Vec::new();
    engine.send(Command::AddDemo);
    until(&engine, &mut events, ended(JobKind::Classify));
    until(&engine, &mut events, |event| matches!(event, Event::Library(_)));

    let mut lives: HashMap<(JobId, JobKind), Vec<&JobPhase>> = HashMap::new();
    for event in &events {
        if let Event::Job(JobEvent { id, kind, phase }) = event {
            lives.entry((*id, *kind)).or_default().push(phase);
        }
    }
    assert_eq!(lives.len(), 3, "demo, scan, classify");
    for ((_, kind), phases) in &lives {
        assert!(matches!(phases.first(), Some(JobPhase::Started)), "{kind:?}: {phases:?}");
        assert!(matches!(phases.last(), Some(JobPhase::Finished(_))), "{kind:?}: {phases:?}");
        let between = &phases[1..phases.len() - 1];
        assert!(between.iter().all(|phase| matches!(phase, JobPhase::Progress(_) | JobPhase::Warning(_))), "{kind:?}");
    }
    let snapshot = last_snapshot(&events);
    assert_eq!(snapshot.tracks.len(), timbre::demo::piece_count());
    assert!(snapshot.tracks.iter().all(|track| track.prediction.is_some()));
    assert!(snapshot.problems.is_empty(), "{:?}", snapshot.problems);
}

/// Waits until a classification has written something, more than a second after it began.
fn until_half_done(engine: &Engine, events: &mut Vec<Event>) -> JobId {
    let mut job = None;
    until(engine, events, |event| match event {
        Event::Job(JobEvent { id, kind: JobKind::Classify, phase: JobPhase::Progress(progress) })
            if progress.done > 0 =>
        {
            job = Some(*id);
            false
        }
        Event::Library(snapshot) => job.is_some() && snapshot.tracks.iter().any(|track| track.prediction.is_some()),
        _ => false,
    });
    job.unwrap()
}

fn finished_classification(events: &[Event]) -> &timbre::engine::ClassifyOutcome {
    match events.last() {
        Some(Event::Job(JobEvent { phase: JobPhase::Finished(JobOutcome::Classify(outcome)), .. })) => outcome,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_classification_that_the_end_of_the_window_interrupts_goes_on_with_the_next() {
    let dir = tempfile::tempdir().unwrap();
    let music = music(&dir, 60);
    let marker = dir.path().join("classify.json");
    let mut events = Vec::new();
    let engine = open(&dir);
    engine.send(Command::AddRoots(vec![music]));
    until_half_done(&engine, &mut events);
    assert!(marker.exists());
    drop(engine);
    assert!(marker.exists(), "a closed window stops nothing for good");

    let engine = open(&dir);
    until(&engine, &mut events, ended(JobKind::Classify));
    let outcome = finished_classification(&events);
    assert_eq!(outcome.classified + outcome.unchanged, 60);
    assert!(outcome.unchanged > 0, "what was heard is not heard again");
    drop(engine);
    assert!(!marker.exists(), "it came to its end");
}

#[test]
fn classifying_everything_again_remembers_what_it_has_done_again() {
    let dir = tempfile::tempdir().unwrap();
    let music = music(&dir, 60);
    let marker = dir.path().join("classify.json");
    let mut events = Vec::new();
    let engine = open(&dir);
    engine.send(Command::AddRoots(vec![music]));
    until(&engine, &mut events, ended(JobKind::Classify));
    std::thread::sleep(Duration::from_millis(1100));
    engine.send(Command::Classify { again: true, within: Vec::new() });
    let before = timbre::base::time::unix_now_secs();
    let mut redone = 0;
    until(&engine, &mut events, |event| match event {
        Event::Library(snapshot) => {
            let done = |track: &&timbre::library::model::Track| {
                track.prediction.as_ref().is_some_and(|prediction| prediction.decided_at > before)
            };
            redone = snapshot.tracks.iter().filter(done).count();
            redone > 0
        }
        _ => false,
    });
    drop(engine);

    let engine = open(&dir);
    until(&engine, &mut events, ended(JobKind::Classify));
    let outcome = finished_classification(&events);
    assert_eq!(outcome.classified + outcome.unchanged, 60);
    assert!(outcome.unchanged >= redone, "{redone} were done again already, {outcome:?}");
    drop(engine);

    // What a person stops stays stopped, and the command line does just what it is told.
    let engine = open(&dir);
    engine.send(Command::Classify { again: true, within: Vec::new() });
    let mut job = None;
    until(&engine, &mut events, |event| match event {
        Event::Job(JobEvent { id, kind: JobKind::Classify, phase: JobPhase::Started }) => {
            job = Some(*id);
            true
        }
        _ => false,
    });
    assert!(marker.exists());
    engine.send(Command::Cancel(job.unwrap()));
    until(&engine, &mut events, ended(JobKind::Classify));
    drop(engine);
    assert!(!marker.exists());
}

#[test]
fn a_cancelled_classification_keeps_what_it_has_and_goes_on_later() {
    let dir = tempfile::tempdir().unwrap();
    let music = music(&dir, 40);
    let engine = open(&dir);
    let mut events = Vec::new();
    engine.send(Command::AddRoots(vec![music]));
    let mut job = None;
    until(&engine, &mut events, |event| match event {
        Event::Job(JobEvent { id, kind: JobKind::Classify, phase: JobPhase::Progress(progress) })
            if progress.done > 0 =>
        {
            job = Some(*id);
            true
        }
        _ => false,
    });
    engine.send(Command::Cancel(job.unwrap()));
    until(&engine, &mut events, ended(JobKind::Classify));
    assert!(
        matches!(events.last(), Some(Event::Job(JobEvent { phase: JobPhase::Cancelled, .. }))),
        "{:?}",
        events.last()
    );

    engine.send(Command::Classify { again: false, within: Vec::new() });
    until(&engine, &mut events, ended(JobKind::Classify));
    let Some(Event::Job(JobEvent { phase: JobPhase::Finished(JobOutcome::Classify(outcome)), .. })) = events.last()
    else {
        panic!("{:?}", events.last());
    };
    assert_eq!(outcome.classified + outcome.unchanged, 40);
    assert!(outcome.unchanged > 0, "the cancelled run's results were lost");
}

#[test]
fn settings_are_told_and_kept() {
    let dir = tempfile::tempdir().unwrap();
    let engine = open(&dir);
    let mut events = Vec::new();
    let settings = Settings { threshold: 0.8, compact_rows: true, ..Settings::default() };
    engine.send(Command::ChangeSettings(Settings::default().changes_to(&settings)));
    until(&engine, &mut events, |event| matches!(event, Event::Settings(told) if **told == settings));
    drop(engine);
    assert_eq!(*open(&dir).settings(), settings);
}

#[test]
fn changes_that_follow_each_other_are_written_together_and_those_of_others_stay() {
    let dir = tempfile::tempdir().unwrap();
    let engine = open(&dir);
    let mut events = Vec::new();
    let path = dir.path().join("settings.json");
    std::fs::write(&path, r#"{"later": {"x": 1}, "replay_gain": "loudness_v2"}"#).unwrap();
    let start = Instant::now();
    let mut versions = std::collections::BTreeSet::new();
    for step in 1..=200 {
        engine.send(Command::ChangeSettings(vec![Change::Volume(step as f32 / 200.0)]));
        let volume = step as f32 / 200.0;
        until(&engine, &mut events, |event| matches!(event, Event::Settings(told) if told.volume == volume));
        versions.insert(std::fs::read(&path).unwrap());
    }
    let seconds = start.elapsed().as_secs() as usize;
    assert!(versions.len() <= seconds + 3, "{} versions in {seconds} s", versions.len());
    // Another program.
    Settings::change_file(&path, &[Change::Theme(timbre::engine::settings::Theme::Light)]).unwrap();
    engine.send(Command::ChangeSettings(vec![Change::Shuffle(true)]));
    let light =
        |event: &Event| matches!(event, Event::Settings(told) if told.theme == timbre::engine::settings::Theme::Light);
    until(&engine, &mut events, light);
    engine.send(Command::ChangeSettings(vec![Change::UiScale(1.5)]));
    drop(engine);
    let kept = Settings::read(&path);
    assert_eq!((kept.volume, kept.shuffle, kept.ui_scale), (1.0, true, 1.5));
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(text.contains("\"later\"") && text.contains("loudness_v2"), "{text}");
}

#[test]
fn playlists_and_hand_set_genres_reach_the_snapshot() {
    let dir = tempfile::tempdir().unwrap();
    let music = music(&dir, 3);
    let engine = open(&dir);
    let mut events = Vec::new();
    engine.send(Command::ChangeSettings(vec![Change::ClassifyAfterScan(false)]));
    engine.send(Command::AddRoots(vec![music]));
    until(&engine, &mut events, |event| matches!(event, Event::Library(snapshot) if snapshot.tracks.len() == 3));
    let ids: Vec<_> = last_snapshot(&events).tracks.iter().map(|track| track.id).collect();
    engine.send(Command::CreatePlaylist { name: "Morning".into(), tracks: ids[..2].to_vec() });
    until(&engine, &mut events, |event| matches!(event, Event::Library(snapshot) if !snapshot.playlists.is_empty()));
    let playlist = last_snapshot(&events).playlists[0].clone();
    assert_eq!((playlist.name.as_str(), &playlist.tracks), ("Morning", &ids[..2].to_vec()));
    engine.send(Command::AddToPlaylist(playlist.id, vec![ids[2]]));
    engine.send(Command::RemoveFromPlaylist(playlist.id, vec![0]));
    engine.send(Command::SetGenre { tracks: ids.clone(), genre: Some("jazz".into()) });
    until(
        &engine,
        &mut events,
        |event| matches!(event, Event::Library(snapshot) if snapshot.tracks.iter().all(|track| track.user_genre.is_some())),
    );
    assert_eq!(last_snapshot(&events).playlists[0].tracks, [ids[1], ids[2]]);
    engine.send(Command::CreatePlaylist { name: " ".into(), tracks: Vec::new() });
    until(&engine, &mut events, |event| matches!(event, Event::Failed(_)));
}

#[test]
fn dropping_the_engine_stops_its_work() {
    let dir = tempfile::tempdir().unwrap();
    let music = music(&dir, 30);
    let engine = open(&dir);
    let mut events = Vec::new();
    engine.send(Command::AddRoots(vec![music]));
    until(&engine, &mut events, |event| matches!(event, Event::Job(JobEvent { kind: JobKind::Classify, .. })));
    drop(engine);
    let reopened = open(&dir);
    until(&reopened, &mut Vec::new(), |event| matches!(event, Event::Library(snapshot) if snapshot.tracks.len() == 30));
}

#[test]
fn the_queue_and_the_place_are_there_again_at_the_next_start() {
    let dir = tempfile::tempdir().unwrap();
    let music = music(&dir, 3);
    let engine = open(&dir);
    let mut events = Vec::new();
    engine.send(Command::ChangeSettings(vec![Change::ClassifyAfterScan(false)]));
    engine.send(Command::AddRoots(vec![music]));
    until(&engine, &mut events, ended(JobKind::Scan));
    until(&engine, &mut events, |event| matches!(event, Event::Library(snapshot) if snapshot.tracks.len() == 3));
    let tracks = last_snapshot(&events).tracks.clone();
    let items = tracks.iter().map(|track| QueueItem { track: track.id, path: track.path.clone() }).collect();
    engine.send(Command::Player(PlayerCommand::PlayQueue { items, start: 1 }));
    engine.send(Command::Player(PlayerCommand::Seek(2.0)));
    until(
        &engine,
        &mut events,
        |event| matches!(event, Event::Player(PlayerEvent::Status(status)) if status.state == PlayState::Playing && status.position_secs > 2.1),
    );
    drop(engine);

    let again = open(&dir);
    let mut held = None;
    until(&again, &mut events, |event| match event {
        Event::Player(PlayerEvent::Status(status)) if status.queue_len > 0 => {
            held = Some(status.clone());
            true
        }
        _ => false,
    });
    let held = held.unwrap();
    assert_eq!((held.state, held.current, held.queue_len), (PlayState::Paused, Some(tracks[1].id), 3));
    assert!((2.1..20.0).contains(&held.position_secs), "{held:?}");
    // Who does not want that has an empty queue.
    again.send(Command::ChangeSettings(vec![Change::Resume(false)]));
    until(&again, &mut events, |event| matches!(event, Event::Settings(settings) if !settings.resume));
    drop(again);
    let third = open(&dir);
    until(&third, &mut events, |event| matches!(event, Event::Library(_)));
    std::thread::sleep(Duration::from_millis(300));
    let statuses: Vec<usize> = third
        .poll()
        .into_iter()
        .filter_map(|event| match event {
            Event::Player(PlayerEvent::Status(status)) => Some(status.queue_len),
            _ => None,
        })
        .collect();
    assert!(statuses.iter().all(|len| *len == 0), "{statuses:?}");
}

#[test]
fn a_measured_song_plays_at_the_reference_loudness() {
    let dir = tempfile::tempdir().unwrap();
    let music = dir.path().join("music");
    std::fs::create_dir(&music).unwrap();
    let tone = audio_support::Sound::tone(1_000.0, 0.5, 48_000, 2, 5.0);
    audio_support::write(&music, "tone.wav", &tone.wav());
    let capture = Capture::new(48_000, 20.0);
    let engine = open_on(&dir, OutputKind::CaptureTo(capture.clone()));
    let mut events = Vec::new();
    engine.send(Command::ChangeSettings(vec![Change::ClassifyAfterScan(false)]));
    engine.send(Command::Player(PlayerCommand::SetVolume(1.0)));
    engine.send(Command::AddRoots(vec![music]));
    until(&engine, &mut events, |event| matches!(event, Event::Library(snapshot) if snapshot.tracks.len() == 1));
    let track = last_snapshot(&events).tracks[0].clone();
    engine.send(Command::LoadOverview(track.id));
    let mut overview = None;
    until(&engine, &mut events, |event| match event {
        Event::Overview(id, found) if *id == track.id => {
            overview.clone_from(found);
            true
        }
        _ => false,
    });
    // EBU Tech 3341: a stereo sine of 1 kHz has its level in dBFS as its loudness.
    let loudness = overview.unwrap().loudness_lufs.unwrap();
    assert!((loudness + 6.02).abs() < 0.1, "{loudness}");
    let items = vec![QueueItem { track: track.id, path: track.path.clone() }];
    engine.send(Command::Player(PlayerCommand::PlayQueue { items, start: 0 }));
    until(&engine, &mut events, |_| capture.samples().len() > 2 * 48_000 * 3);
    let heard = capture.samples();
    let peak = heard[48_000..4 * 48_000].iter().fold(0.0_f32, |peak, sample| peak.max(sample.abs()));
    let expected = 10_f32.powf(-18.0 / 20.0);
    assert!((peak / expected - 1.0).abs() < 0.02, "{peak} instead of {expected}");
}

/// The overview of the only song of a library, by an engine that is opened for it; with `music`, that is added first.
fn overview_of_only_song(dir: &TempDir, music: Option<&Path>) -> Arc<Overview> {
    let engine = open(dir);
    let mut events = Vec::new();
    if let Some(music) = music {
        engine.send(Command::ChangeSettings(vec![Change::ClassifyAfterScan(false)]));
        engine.send(Command::AddRoots(vec![music.to_path_buf()]));
    }
    until(&engine, &mut events, |event| matches!(event, Event::Library(snapshot) if snapshot.tracks.len() == 1));
    let track = last_snapshot(&events).tracks[0].id;
    engine.send(Command::LoadOverview(track));
    let mut overview = None;
    until(&engine, &mut events, |event| match event {
        Event::Overview(id, found) if *id == track => {
            overview.clone_from(found);
            true
        }
        _ => false,
    });
    overview.expect("an overview")
}

#[test]
fn a_song_that_lost_its_end_says_so_with_its_overview() {
    let whole = audio_support::Sound::sweep(44_100, 1, 9.0).wav();
    for (bytes, expected) in
        [(&whole[..whole.len() * 2 / 3], Some("damaged at 0:05: its end is missing")), (&whole[..], None)]
    {
        let dir = tempfile::tempdir().unwrap();
        let music = dir.path().join("music");
        std::fs::create_dir(&music).unwrap();
        audio_support::write(&music, "song.wav", bytes);
        assert_eq!(overview_of_only_song(&dir, Some(&music)).damage.as_deref(), expected);
    }
}

#[test]
fn damage_comes_with_the_overview_also_when_the_file_was_damaged_later() {
    let dir = tempfile::tempdir().unwrap();
    let music = dir.path().join("music");
    std::fs::create_dir(&music).unwrap();
    let wav = audio_support::write(dir.path(), "song.wav", &audio_support::Sound::sweep(44_100, 2, 8.0).wav());
    let Some(flac) = audio_support::ffmpeg(&wav, "song.flac", &[]) else { return };
    let song = music.join("song.flac");
    std::fs::rename(flac, &song).unwrap();
    assert_eq!(overview_of_only_song(&dir, Some(&music)).damage, None);
    // A FLAC file is known by the checksum in its header: it is the same song, in a file that has changed.
    let mut bytes = std::fs::read(&song).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle..middle + 64].fill(0);
    std::fs::write(&song, bytes).unwrap();
    let damage = overview_of_only_song(&dir, None).damage.clone();
    assert!(damage.as_deref().is_some_and(|note| note.starts_with("damaged at 0:0")), "{damage:?}");
}

#[test]
fn the_player_obeys_at_once_while_another_program_holds_the_library() {
    let dir = tempfile::tempdir().unwrap();
    let music = dir.path().join("music");
    std::fs::create_dir(&music).unwrap();
    let tone = audio_support::Sound::tone(440.0, 0.5, 48_000, 2, 60.0);
    audio_support::write(&music, "tone.wav", &tone.wav());
    let engine = open(&dir);
    let mut events = Vec::new();
    engine.send(Command::ChangeSettings(vec![Change::ClassifyAfterScan(false)]));
    engine.send(Command::AddRoots(vec![music]));
    until(&engine, &mut events, ended(JobKind::Scan));
    until(&engine, &mut events, |event| matches!(event, Event::Library(snapshot) if snapshot.tracks.len() == 1));
    let track = last_snapshot(&events).tracks[0].clone();
    let items = vec![QueueItem { track: track.id, path: track.path.clone() }];
    engine.send(Command::Player(PlayerCommand::PlayQueue { items, start: 0 }));
    let is = |state: PlayState| move |event: &Event| matches!(event, Event::Player(PlayerEvent::Status(status)) if status.state == state);
    until(&engine, &mut events, is(PlayState::Playing));

    let other = rusqlite::Connection::open(engine.data_dir().database()).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    engine.send(Command::SetGenre { tracks: vec![track.id], genre: Some("jazz".into()) });
    // The engine's thread waits for the library by then.
    std::thread::sleep(Duration::from_millis(300));
    let mut waited = Vec::new();
    for state in [PlayState::Paused, PlayState::Playing, PlayState::Paused, PlayState::Playing, PlayState::Paused] {
        engine.poll();
        let asked = Instant::now();
        engine.send(Command::Player(PlayerCommand::Toggle));
        until(&engine, &mut events, is(state));
        waited.push(asked.elapsed());
    }
    // On a busy machine one of them may be late, but not most of them.
    waited.sort();
    assert!(waited[2] < Duration::from_millis(100), "{waited:?}");
    engine.send(Command::Player(PlayerCommand::Seek(30.0)));
    until(
        &engine,
        &mut events,
        |event| matches!(event, Event::Player(PlayerEvent::Status(status)) if (status.position_secs - 30.0).abs() < 0.1),
    );
    other.execute_batch("COMMIT").unwrap();
    let set = |event: &Event| matches!(event, Event::Library(snapshot) if snapshot.tracks[0].user_genre.is_some());
    until(&engine, &mut events, set);
}

#[test]
fn the_loudness_setting_acts_on_the_song_that_plays() {
    let dir = tempfile::tempdir().unwrap();
    let music = dir.path().join("music");
    std::fs::create_dir(&music).unwrap();
    let tone = audio_support::Sound::tone(1_000.0, 0.5, 48_000, 2, 20.0);
    audio_support::write(&music, "tone.wav", &tone.wav());
    let capture = Capture::new(48_000, 1.0);
    let engine = open_on(&dir, OutputKind::CaptureTo(capture.clone()));
    let mut events = Vec::new();
    let settings = Settings { classify_after_scan: false, replay_gain: ReplayGain::Off, ..Settings::default() };
    engine.send(Command::ChangeSettings(Settings::default().changes_to(&settings)));
    engine.send(Command::Player(PlayerCommand::SetVolume(1.0)));
    engine.send(Command::AddRoots(vec![music]));
    until(&engine, &mut events, |event| matches!(event, Event::Library(snapshot) if snapshot.tracks.len() == 1));
    let track = last_snapshot(&events).tracks[0].clone();
    engine.send(Command::LoadOverview(track.id));
    until(&engine, &mut events, |event| matches!(event, Event::Overview(id, _) if *id == track.id));
    let items = vec![QueueItem { track: track.id, path: track.path.clone() }];
    engine.send(Command::Player(PlayerCommand::PlayQueue { items, start: 0 }));
    until(&engine, &mut events, |_| capture.frames() > 24_000);
    engine.send(Command::ChangeSettings(vec![Change::ReplayGain(ReplayGain::Track)]));
    let changed_at = capture.frames() as usize;
    until(&engine, &mut events, |_| capture.frames() as usize > changed_at + 72_000);
    let heard: Vec<f32> = capture.samples().chunks(2).map(|frame| frame[0]).collect();
    let peak = |part: &[f32]| part.iter().fold(0.0_f32, |peak, sample| peak.max(sample.abs()));
    assert!((peak(&heard[4_800..changed_at - 4_800]) - 0.5).abs() < 0.01);
    // A second later at the latest it has the reference loudness.
    let (now, expected) = (peak(&heard[changed_at + 48_000..changed_at + 72_000]), 10_f32.powf(-18.0 / 20.0));
    assert!((now / expected - 1.0).abs() < 0.02, "{now} instead of {expected}");
}
