//! The player from the outside: what would be heard, sample by sample.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test stops at what it does not expect")]

mod audio_support;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use audio_support::{Sound, amplitude_at, write};
use timbre::audio::player::{
    Capture, OutputKind, OutputState, PlayState, Player, PlayerCommand, PlayerEvent, PlayerStatus, QueueItem, Repeat,
};
use timbre::base::TrackId;

const RATE_HZ: u32 = 48_000;
/// Frames of the fade at the start of what is heard, with a margin.
const FADE_FRAMES: usize = 300;

/// A player that plays into memory, and all that it told.
struct Bench {
    player: Player,
    capture: Capture,
    events: Arc<Mutex<Vec<PlayerEvent>>>,
}

impl Bench {
    fn new(speed: f64) -> Self {
        Self::with(Capture::new(RATE_HZ, speed), |_| None)
    }

    fn with(capture: Capture, gain: impl Fn(&QueueItem) -> Option<f32> + Send + 'static) -> Self {
        let events: Arc<Mutex<Vec<PlayerEvent>>> = Arc::default();
        let told = Arc::clone(&events);
        let player = Player::spawn(OutputKind::CaptureTo(capture.clone()), 1.0, gain, move |event| {
            told.lock().unwrap().push(event);
        });
        Self { player, capture, events }
    }

    fn play(&self, paths: &[PathBuf], start: usize) {
        let items = (0..).zip(paths).map(|(id, path)| QueueItem { track: TrackId(id), path: path.clone() }).collect();
        self.player.send(PlayerCommand::PlayQueue { items, start });
    }

    /// Waits until the status is as wanted; a minute is far more than any of this takes.
    fn wait(&self, what: &str, wanted: impl Fn(&PlayerStatus) -> bool) -> PlayerStatus {
        let start = Instant::now();
        loop {
            let status = self.player.status();
            if wanted(&status) {
                return status;
            }
            assert!(start.elapsed() < Duration::from_secs(60), "never {what}: {status:?}");
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    /// Waits until the command that was just sent has been answered.
    fn settle(&self) {
        let before = self.events.lock().unwrap().len();
        // Setting the volume to what it is changes nothing and is answered like everything else.
        self.player.send(PlayerCommand::SetVolume(self.player.status().volume));
        let start = Instant::now();
        while self.events.lock().unwrap().len() <= before + 1 && start.elapsed() < Duration::from_millis(300) {
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    fn wait_for_end(&self) {
        self.wait("playing", |status| status.state == PlayState::Playing);
        self.wait("at the end", |status| status.state == PlayState::Stopped);
    }

    /// What was heard on the left.
    fn left(&self) -> Vec<f32> {
        self.capture.samples().chunks(2).map(|frame| frame[0]).collect()
    }

    /// The first song of each row of songs that could not be played.
    fn skipped(&self) -> Vec<TrackId> {
        self.rows_skipped().into_iter().map(|(first, _, _)| first).collect()
    }

    /// The first of each row, how many more there were, and whether the player gave up.
    fn rows_skipped(&self) -> Vec<(TrackId, usize, bool)> {
        let events = self.events.lock().unwrap();
        events
            .iter()
            .filter_map(|event| match event {
                PlayerEvent::Skipped { item, reason, others, stopped } => {
                    assert!(!reason.is_empty());
                    Some((item.track, *others, *stopped))
                }
                PlayerEvent::Status(_) | PlayerEvent::Broken { .. } => None,
            })
            .collect()
    }

    /// The songs that broke off: where, and why.
    fn broken(&self) -> Vec<(TrackId, f64, String)> {
        let events = self.events.lock().unwrap();
        events
            .iter()
            .filter_map(|event| match event {
                PlayerEvent::Broken { item, position_secs, reason } => {
                    Some((item.track, *position_secs, reason.clone()))
                }
                PlayerEvent::Status(_) | PlayerEvent::Skipped { .. } => None,
            })
            .collect()
    }

    /// Waits until so many rows of songs were told that could not be played.
    fn wait_for_rows(&self, rows: usize) {
        self.wait("told what cannot be played", |_| self.rows_skipped().len() >= rows);
    }
}

fn steepest(heard: &[f32]) -> f32 {
    heard.windows(2).map(|pair| (pair[1] - pair[0]).abs()).fold(0.0, f32::max)
}

fn queued(ids: &[i64]) -> Vec<TrackId> {
    ids.iter().map(|id| TrackId(*id)).collect()
}

fn tone_file(folder: &Path, name: &str, hz: f64, secs: f64) -> PathBuf {
    write(folder, name, &Sound::tone(hz, 0.5, RATE_HZ, 2, secs).wav())
}

#[test]
fn songs_follow_each_other_without_a_gap_or_a_click() {
    let folder = tempfile::tempdir().unwrap();
    // One sound, cut in the middle of a swing, in two files.
    let whole = Sound::sweep(RATE_HZ, 2, 3.0);
    let cut = 2 * 61_237;
    let part = |samples: &[f32]| Sound { samples: samples.to_vec(), ..whole.clone() };
    let first = write(folder.path(), "1.wav", &part(&whole.samples[..cut]).wav());
    let second = write(folder.path(), "2.wav", &part(&whole.samples[cut..]).wav());
    let bench = Bench::new(10.0);
    bench.play(&[first, second], 0);
    bench.wait_for_end();
    let heard = bench.capture.samples();
    assert_eq!(heard.len(), whole.samples.len());
    let worst = audio_support::largest_difference(&heard[2 * FADE_FRAMES..], &whole.samples[2 * FADE_FRAMES..]);
    assert!(worst < 1e-4, "{worst}");
}

#[test]
fn songs_of_another_rate_follow_each_other_without_a_click_too() {
    let folder = tempfile::tempdir().unwrap();
    let whole = Sound::tone(300.0, 0.5, 44_100, 2, 2.0);
    let cut = 2 * 40_001;
    let part = |samples: &[f32]| Sound { samples: samples.to_vec(), ..whole.clone() };
    let first = write(folder.path(), "1.wav", &part(&whole.samples[..cut]).wav());
    let second = write(folder.path(), "2.wav", &part(&whole.samples[cut..]).wav());
    let bench = Bench::new(10.0);
    bench.play(&[first, second], 0);
    bench.wait_for_end();
    let heard = bench.capture.samples();
    let ideal = Sound::tone(300.0, 0.5, RATE_HZ, 2, 2.0).samples;
    assert_eq!(heard.len(), ideal.len());
    // The ends are where the sound itself starts and stops at once.
    let inside = 2 * 2_000..ideal.len() - 2 * 2_000;
    let worst = audio_support::largest_difference(&heard[inside.clone()], &ideal[inside]);
    assert!(worst < 1e-3, "{worst}");
}

#[test]
fn seeking_lands_where_it_should() {
    let folder = tempfile::tempdir().unwrap();
    // Each second has its own frequency.
    let sound = Sound::made(RATE_HZ, 1, 20.0, |time| {
        0.5 * (std::f64::consts::TAU * (500.0 + 100.0 * time.floor()) * time).sin()
    });
    let path = write(folder.path(), "steps.wav", &sound.wav());
    let bench = Bench::new(1.0);
    bench.play(&[path], 0);
    bench.wait("playing", |status| status.position_secs > 0.2);
    bench.player.send(PlayerCommand::Seek(12.25));
    let status = bench.wait("at 12.25 s", |status| status.position_secs >= 12.25);
    assert!(status.position_secs < 13.0 && (status.duration_secs - 20.0).abs() < 0.01, "{status:?}");
    bench.wait("later", |status| status.position_secs > 12.7);
    bench.player.send(PlayerCommand::Pause);
    bench.wait("paused", |status| status.state == PlayState::Paused);
    let heard: Vec<f32> = bench.capture.samples().chunks(2).map(|frame| frame[0]).collect();
    let last = &heard[heard.len() - 9_600 - FADE_FRAMES..heard.len() - FADE_FRAMES];
    assert!(amplitude_at(last, 1_700.0, RATE_HZ) > 0.45);
    assert!(amplitude_at(last, 500.0, RATE_HZ) < 0.05);
}

#[test]
fn pause_holds_the_place() {
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::new(1.0);
    bench.play(&[tone_file(folder.path(), "a.wav", 440.0, 30.0)], 0);
    bench.wait("playing", |status| status.position_secs > 0.1);
    bench.player.send(PlayerCommand::Toggle);
    bench.wait("paused", |status| status.state == PlayState::Paused);
    std::thread::sleep(Duration::from_millis(60));
    bench.settle();
    let (held, heard) = (bench.player.status().position_secs, bench.capture.samples().len());
    std::thread::sleep(Duration::from_millis(120));
    bench.settle();
    assert_eq!(bench.player.status().position_secs, held);
    assert_eq!(bench.capture.samples().len(), heard);
    bench.player.send(PlayerCommand::Toggle);
    bench.wait("going on", |status| status.state == PlayState::Playing && status.position_secs > held + 0.05);
    // Neither the pause nor going on clicks: a tone of 440 Hz at 0.5 never moves more than this from frame to frame.
    let heard = bench.capture.samples();
    let steepest = heard.chunks(2).zip(heard.chunks(2).skip(1)).map(|(a, b)| (a[0] - b[0]).abs()).fold(0.0, f32::max);
    assert!(steepest < 0.035, "{steepest}");
}

#[test]
fn the_volume_is_heard_and_does_not_click() {
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::new(1.0);
    bench.play(&[tone_file(folder.path(), "a.wav", 440.0, 30.0)], 0);
    bench.wait("playing", |status| status.position_secs > 0.1);
    bench.player.send(PlayerCommand::SetVolume(0.25));
    bench.wait("softer", |status| status.volume == 0.25);
    let position = bench.player.status().position_secs;
    bench.wait("later", |status| status.position_secs > position + 0.2);
    let heard = bench.capture.samples();
    let last: Vec<f32> = heard[heard.len() - 9_600..].chunks(2).map(|frame| frame[0]).collect();
    assert!((amplitude_at(&last, 440.0, RATE_HZ) - 0.125).abs() < 0.01);
    let steepest = heard.chunks(2).zip(heard.chunks(2).skip(1)).map(|(a, b)| (a[0] - b[0]).abs()).fold(0.0, f32::max);
    assert!(steepest < 0.035, "{steepest}");
    bench.player.send(PlayerCommand::SetVolume(f32::NAN));
    bench.wait("silent", |status| status.volume == 0.0);
}

#[test]
fn next_and_previous_follow_their_rules() {
    let folder = tempfile::tempdir().unwrap();
    let songs: Vec<PathBuf> = (0..3).map(|n| tone_file(folder.path(), &format!("{n}.wav"), 440.0, 30.0)).collect();
    let bench = Bench::new(1.0);
    bench.play(&songs, 0);
    bench.wait("the first", |status| status.current == Some(TrackId(0)) && status.position_secs > 0.0);
    bench.player.send(PlayerCommand::Next);
    let status = bench.wait("the second", |status| status.current == Some(TrackId(1)));
    assert!(status.position_secs < 1.0 && status.queue_index == 1 && status.queue_len == 3);
    // Far into the song it starts again, near its start the one before comes.
    bench.player.send(PlayerCommand::Seek(10.0));
    bench.wait("far", |status| status.position_secs > 10.0);
    bench.player.send(PlayerCommand::Previous);
    let status = bench.wait("near", |status| status.position_secs < 5.0);
    assert_eq!(status.current, Some(TrackId(1)));
    bench.player.send(PlayerCommand::Previous);
    bench.wait("the first again", |status| status.current == Some(TrackId(0)));
    bench.player.send(PlayerCommand::Next);
    bench.player.send(PlayerCommand::Next);
    bench.wait("the last", |status| status.current == Some(TrackId(2)));
    bench.player.send(PlayerCommand::Next);
    let status = bench.wait("stopped", |status| status.state == PlayState::Stopped);
    assert_eq!((status.current, status.position_secs), (Some(TrackId(2)), 0.0));
    // What was stopped can be started again, also elsewhere.
    bench.player.send(PlayerCommand::Seek(7.0));
    bench.player.send(PlayerCommand::Play);
    bench.wait("playing from 7 s", |status| status.state == PlayState::Playing && status.position_secs > 7.0);
    bench.player.send(PlayerCommand::Stop);
    bench.wait("stopped", |status| status.state == PlayState::Stopped && status.position_secs == 0.0);
}

#[test]
fn what_cannot_be_played_is_skipped_and_said() {
    let folder = tempfile::tempdir().unwrap();
    let songs = [
        write(folder.path(), "broken.mp3", b"no sound"),
        tone_file(folder.path(), "a.wav", 440.0, 1.0),
        folder.path().join("gone.wav"),
        tone_file(folder.path(), "b.wav", 880.0, 1.0),
        write(folder.path(), "empty.flac", b""),
    ];
    let bench = Bench::new(10.0);
    bench.play(&songs, 0);
    bench.wait_for_end();
    assert_eq!(bench.skipped(), [TrackId(0), TrackId(2), TrackId(4)]);
    assert_eq!(bench.capture.samples().len(), 2 * 2 * RATE_HZ as usize);
}

#[test]
fn a_queue_of_nothing_stops() {
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::new(10.0);
    bench.play(&[folder.path().join("gone.mp3"), folder.path().join("too.mp3")], 1);
    let start = Instant::now();
    while bench.skipped().is_empty() && start.elapsed() < Duration::from_secs(60) {
        std::thread::sleep(Duration::from_millis(2));
    }
    assert_eq!(bench.skipped(), [TrackId(1)]);
    bench.wait("stopped", |status| status.state == PlayState::Stopped && status.queue_len == 2);
    bench.play(&[], 0);
    bench.wait("empty", |status| status.queue_len == 0 && status.current.is_none());
    for command in [PlayerCommand::Play, PlayerCommand::Next, PlayerCommand::Previous, PlayerCommand::Seek(5.0)] {
        bench.player.send(command);
    }
    bench.settle();
    assert_eq!(bench.player.status().state, PlayState::Stopped);
}

/// Songs on a drive that is not there.
fn unreachable(count: i64) -> Vec<QueueItem> {
    (0..count).map(|id| QueueItem { track: TrackId(id), path: format!("/no such drive/{id}.flac").into() }).collect()
}

#[test]
fn after_three_songs_in_a_row_that_cannot_be_played_it_stops_and_says_so_once() {
    let bench = Bench::new(10.0);
    bench.player.send(PlayerCommand::SetRepeat(Repeat::All));
    bench.player.send(PlayerCommand::PlayQueue { items: unreachable(60_000), start: 7 });
    bench.wait_for_rows(1);
    let status = bench.wait("stopped", |status| status.state == PlayState::Stopped && status.queue_len == 60_000);
    assert_eq!(status.queue_index, 7, "where it was to begin");
    std::thread::sleep(Duration::from_millis(200));
    assert_eq!(bench.rows_skipped(), [(TrackId(7), 2, true)]);
    // Playing again tries again, whatever was asked for meanwhile is obeyed.
    bench.player.send(PlayerCommand::Play);
    bench.wait_for_rows(2);
    assert_eq!(bench.rows_skipped()[1], (TrackId(7), 2, true));
    for index in 0..200 {
        bench.player.send(PlayerCommand::PlayIndex(100 * index));
    }
    bench.player.send(PlayerCommand::Stop);
    bench.player.send(PlayerCommand::SetVolume(0.5));
    let asked = Instant::now();
    let status = bench.wait("obeyed", |status| status.volume == 0.5);
    assert!(asked.elapsed() < Duration::from_secs(1), "{:?}", asked.elapsed());
    assert!(status.state == PlayState::Stopped && (19_900..19_903).contains(&status.queue_index), "{status:?}");
    // A queue shorter than that, which repeats, is no endless one.
    bench.player.send(PlayerCommand::PlayQueue { items: unreachable(1), start: 0 });
    bench.wait("stopped again", |status| status.queue_len == 1 && status.state == PlayState::Stopped);
    assert_eq!(bench.rows_skipped().last(), Some(&(TrackId(0), 0, true)));
}

#[test]
fn what_follows_cannot_be_played_either_and_the_song_before_is_heard_to_its_end() {
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::new(4.0);
    let mut items = unreachable(60_000);
    items[3].path = tone_file(folder.path(), "a.wav", 440.0, 2.0);
    bench.player.send(PlayerCommand::PlayQueue { items, start: 3 });
    bench.wait_for_end();
    assert_eq!(bench.rows_skipped(), [(TrackId(4), 2, true)]);
    assert_eq!(bench.capture.frames(), 2 * u64::from(RATE_HZ));
}

#[test]
fn a_song_that_plays_ends_the_row_of_those_that_do_not() {
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::new(20.0);
    let mut items = unreachable(12);
    for index in [2, 5, 8, 11] {
        items[index].path = tone_file(folder.path(), &format!("{index}.wav"), 440.0, 0.5);
    }
    bench.player.send(PlayerCommand::PlayQueue { items, start: 0 });
    bench.wait_for_end();
    let rows = [0, 3, 6, 9].map(|first| (TrackId(first), 1, false));
    assert_eq!(bench.rows_skipped(), rows);
    assert_eq!(bench.capture.frames(), 4 * u64::from(RATE_HZ) / 2);
}

#[test]
fn a_song_that_breaks_off_is_told_and_the_next_one_plays() {
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::new(2.0);
    let songs = [tone_file(folder.path(), "a.wav", 440.0, 60.0), tone_file(folder.path(), "b.wav", 880.0, 1.0)];
    bench.play(&songs, 0);
    bench.wait("playing", |status| status.position_secs > 0.5);
    // The first one is cut off while it plays.
    let file = std::fs::OpenOptions::new().write(true).open(&songs[0]).unwrap();
    let len = file.metadata().unwrap().len();
    file.set_len(len / 4).unwrap();
    bench.wait("the second", |status| status.current == Some(TrackId(1)));
    bench.wait("at the end", |status| status.state == PlayState::Stopped);
    let broken = bench.broken();
    assert_eq!(broken.len(), 1, "{broken:?}");
    assert_eq!(broken[0].0, TrackId(0));
    assert!((broken[0].1 - 15.0).abs() < 0.5 && broken[0].2.contains("a.wav"), "{broken:?}");
    assert!(bench.rows_skipped().is_empty());
}

#[test]
fn another_gain_is_heard_at_once_and_does_not_click() {
    let folder = tempfile::tempdir().unwrap();
    let softer = Arc::new(AtomicBool::new(false));
    let asked = Arc::clone(&softer);
    let gain = move |_: &QueueItem| Some(if asked.load(Ordering::Relaxed) { -12.0 } else { 0.0 });
    let bench = Bench::with(Capture::new(RATE_HZ, 1.0), gain);
    bench.play(&[tone_file(folder.path(), "a.wav", 440.0, 2.5), tone_file(folder.path(), "b.wav", 440.0, 2.0)], 0);
    // By then the second song is decoded ahead.
    bench.wait("near the end", |status| status.position_secs > 1.5);
    softer.store(true, Ordering::Relaxed);
    bench.player.send(PlayerCommand::UpdateGain);
    let changed_at = bench.capture.frames() as usize;
    bench.wait("at the end", |status| status.state == PlayState::Stopped);
    let heard = bench.left();
    let second = RATE_HZ as usize;
    assert!((heard.len() as i64 - 9 * second as i64 / 2).abs() < second as i64 / 20, "{} frames", heard.len());
    let before = amplitude_at(&heard[FADE_FRAMES..changed_at - second / 10], 440.0, RATE_HZ);
    assert!((before - 0.5).abs() < 0.01, "{before}");
    for (from, to) in [(changed_at + second / 4, 5 * second / 2 - 4_800), (3 * second, 4 * second)] {
        let after = amplitude_at(&heard[from..to], 440.0, RATE_HZ);
        assert!((after - 0.125_6).abs() < 0.005, "{after} from {from}");
    }
    assert!(steepest(&heard) < 0.035, "{}", steepest(&heard));
}

#[test]
fn songs_added_while_the_last_one_plays_are_played() {
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::new(4.0);
    bench.play(&[tone_file(folder.path(), "a.wav", 440.0, 2.0)], 0);
    bench.wait("playing", |status| status.state == PlayState::Playing);
    let path = tone_file(folder.path(), "b.wav", 880.0, 1.0);
    bench.player.send(PlayerCommand::Enqueue(vec![QueueItem { track: TrackId(9), path }]));
    bench.wait("the added one", |status| status.current == Some(TrackId(9)));
    bench.wait("at the end", |status| status.state == PlayState::Stopped);
    assert_eq!(bench.capture.samples().len(), 2 * 3 * RATE_HZ as usize);
}

#[test]
fn the_tap_hears_what_is_played_whatever_the_volume() {
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::new(1.0);
    bench.player.send(PlayerCommand::SetVolume(0.0));
    let mut tap = bench.player.take_tap().unwrap();
    assert!(bench.player.take_tap().is_none());
    bench.play(&[tone_file(folder.path(), "a.wav", 440.0, 5.0)], 0);
    let mut heard = Vec::new();
    let start = Instant::now();
    while heard.len() < 12_000 && start.elapsed() < Duration::from_secs(60) {
        assert_eq!(tap.read(&mut heard), RATE_HZ);
        std::thread::sleep(Duration::from_millis(5));
    }
    assert!((amplitude_at(&heard[FADE_FRAMES..12_000], 440.0, RATE_HZ) - 0.5).abs() < 0.02);
    assert!(bench.capture.samples().iter().all(|sample| *sample == 0.0));
}

#[test]
fn without_a_device_time_still_runs() {
    let folder = tempfile::tempdir().unwrap();
    let player = Player::spawn(OutputKind::Named("a device that nobody has".to_owned()), 0.5, |_| None, |_| {});
    let items = vec![QueueItem { track: TrackId(1), path: tone_file(folder.path(), "a.wav", 440.0, 5.0) }];
    player.send(PlayerCommand::PlayQueue { items, start: 0 });
    let start = Instant::now();
    while player.status().position_secs < 0.1 {
        assert!(start.elapsed() < Duration::from_secs(60));
        std::thread::sleep(Duration::from_millis(5));
    }
    assert!(matches!(player.status().output, OutputState::Silent(reason) if !reason.is_empty()));
    player.send(PlayerCommand::SetDevice(Some("nor this one".to_owned())));
    let position = player.status().position_secs;
    let start = Instant::now();
    while player.status().position_secs < position + 0.1 {
        assert!(start.elapsed() < Duration::from_secs(60));
        std::thread::sleep(Duration::from_millis(5));
    }
    assert_eq!(player.status().state, PlayState::Playing);
}

#[test]
fn a_queue_that_repeats_has_no_gap_where_it_begins_again() {
    let folder = tempfile::tempdir().unwrap();
    let whole = Sound::sweep(RATE_HZ, 2, 1.5);
    let cut = 2 * 31_237;
    let part = |samples: &[f32]| Sound { samples: samples.to_vec(), ..whole.clone() };
    let first = write(folder.path(), "1.wav", &part(&whole.samples[..cut]).wav());
    let second = write(folder.path(), "2.wav", &part(&whole.samples[cut..]).wav());
    for (repeat, songs, round) in [
        (Repeat::All, vec![first.clone(), second], &whole.samples[..]),
        (Repeat::One, vec![first.clone(), first], &whole.samples[..cut]),
    ] {
        let bench = Bench::new(10.0);
        bench.player.send(PlayerCommand::SetRepeat(repeat));
        bench.play(&songs, 0);
        bench.wait("far", |_| bench.capture.frames() > 4 * u64::from(RATE_HZ));
        let heard = bench.capture.samples();
        let expected: Vec<f32> = round.iter().copied().cycle().take(heard.len()).collect();
        let worst = audio_support::largest_difference(&heard[2 * FADE_FRAMES..], &expected[2 * FADE_FRAMES..]);
        assert!(worst < 1e-4, "{repeat:?}: {worst}");
        let status = bench.player.status();
        assert!(status.repeat == repeat && status.position_secs <= status.duration_secs, "{status:?}");
    }
}

#[test]
fn shuffle_plays_each_song_once() {
    let folder = tempfile::tempdir().unwrap();
    let songs: Vec<PathBuf> =
        (0..6).map(|n| tone_file(folder.path(), &format!("{n}.wav"), 300.0 + 100.0 * f64::from(n), 0.5)).collect();
    let bench = Bench::new(4.0);
    bench.player.send(PlayerCommand::SetShuffle(true));
    bench.play(&songs, 3);
    bench.wait("playing", |status| status.state == PlayState::Playing && status.queue_len == 6);
    let order = bench.player.status().queue;
    bench.wait("at the end", |status| status.state == PlayState::Stopped);
    assert_eq!(order[0], TrackId(3));
    let heard = bench.left();
    let one = RATE_HZ as usize / 2;
    assert_eq!(heard.len(), 6 * one);
    for (n, song) in order.iter().enumerate() {
        let level =
            amplitude_at(&heard[n * one + 2_400..(n + 1) * one - 2_400], 300.0 + 100.0 * song.0 as f64, RATE_HZ);
        assert!(level > 0.45, "{n}: {level}");
    }
}

#[test]
fn the_queue_is_changed_while_it_plays() {
    let folder = tempfile::tempdir().unwrap();
    let path = tone_file(folder.path(), "a.wav", 440.0, 30.0);
    let bench = Bench::new(1.0);
    bench.play(&vec![path.clone(); 4], 1);
    bench.wait("playing", |status| status.position_secs > 0.1);
    let item = |id| QueueItem { track: TrackId(id), path: path.clone() };
    bench.player.send(PlayerCommand::PlayNext(vec![item(8), item(9)]));
    bench.player.send(PlayerCommand::MoveInQueue { from: 5, to: 0 });
    bench.player.send(PlayerCommand::RemoveFromQueue(vec![1, 77]));
    let status = bench.wait("changed", |status| *status.queue == queued(&[3, 1, 8, 9, 2]));
    assert!(status.queue_index == 1 && status.position_secs > 0.1 && status.state == PlayState::Playing);
    bench.player.send(PlayerCommand::PlayIndex(3));
    bench.wait("the third", |status| status.current == Some(TrackId(9)));
    // The current song goes, so the next one plays.
    bench.player.send(PlayerCommand::RemoveFromQueue(vec![3]));
    bench.wait("the next", |status| status.current == Some(TrackId(2)) && status.state == PlayState::Playing);
    bench.player.send(PlayerCommand::Previous);
    bench.wait("before it", |status| status.current == Some(TrackId(8)));
    bench.player.send(PlayerCommand::ClearQueue);
    let status = bench.wait("alone", |status| status.queue_len == 1);
    assert!(status.current == Some(TrackId(8)) && status.state == PlayState::Playing);
}

#[test]
fn what_was_decoded_ahead_but_is_not_to_come_is_not_heard() {
    let folder = tempfile::tempdir().unwrap();
    let [a, b, c] = [("a", 440.0), ("b", 880.0), ("c", 1_320.0)]
        .map(|(name, hz)| tone_file(folder.path(), &format!("{name}.wav"), hz, 2.0));
    let bench = Bench::new(1.0);
    bench.play(&[a, b, c], 0);
    // The second song is in the ring by then.
    bench.wait("near the end", |status| status.position_secs > 1.3);
    bench.player.send(PlayerCommand::RemoveFromQueue(vec![1]));
    bench.wait("at the end", |status| status.state == PlayState::Stopped);
    let heard = bench.left();
    let missed = 4 * RATE_HZ as usize - heard.len().min(4 * RATE_HZ as usize);
    assert!(missed < 4_800 && heard.len() < 4 * RATE_HZ as usize + 4_800, "{}", heard.len());
    assert!(amplitude_at(&heard, 880.0, RATE_HZ) < 0.01 && amplitude_at(&heard, 1_320.0, RATE_HZ) > 0.2);
}

#[test]
fn a_loop_repeats_to_the_sample_and_does_not_click() {
    let folder = tempfile::tempdir().unwrap();
    let sound = Sound::sweep(RATE_HZ, 2, 6.0);
    let path = write(folder.path(), "a.wav", &sound.wav());
    let bench = Bench::new(4.0);
    bench.play(&[path.clone(), path], 0);
    bench.wait("playing", |status| status.state == PlayState::Playing && status.position_secs > 0.0);
    let (from, period) = (2 * RATE_HZ as usize, 20_011);
    let secs = |frame: usize| frame as f64 / f64::from(RATE_HZ);
    bench.player.send(PlayerCommand::SetLoop(Some((secs(from), secs(from + period)))));
    bench.wait("looping", |status| status.loop_secs.is_some() && status.position_secs >= 2.0);
    let started = bench.capture.frames();
    bench.wait("four rounds", |_| bench.capture.frames() > started + 5 * period as u64);
    let status = bench.player.status();
    assert!((secs(from)..=secs(from + period)).contains(&status.position_secs), "{status:?}");
    let heard = bench.left();
    let song: Vec<f32> = sound.samples.chunks(2).map(|frame| frame[0]).collect();
    let probe = &song[from + 2_000..from + 3_000];
    let close = |a: &[f32], b: &[f32]| a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-4);
    let places: Vec<usize> = (0..heard.len() - probe.len()).filter(|at| close(&heard[*at..], probe)).collect();
    assert!(places.len() >= 4, "{places:?}");
    assert!(places.windows(2).all(|pair| pair[1] - pair[0] == period), "{places:?}");
    // All but the seam is the song itself, and the seam is no click.
    let round = places[1] - 2_000;
    assert!(close(&heard[round..round + period - 300], &song[from..]));
    assert!(steepest(&heard[places[0]..]) < 1.2 * steepest(&song[..from + period]));
    // Without the loop the song goes on behind it; the next song has none.
    bench.player.send(PlayerCommand::SetLoop(None));
    bench.wait("behind it", |status| status.loop_secs.is_none() && status.position_secs > secs(from + period) + 0.2);
    bench.player.send(PlayerCommand::SetLoop(Some((1.0, 2.0))));
    bench.wait("looping again", |status| status.loop_secs == Some((1.0, 2.0)) && status.position_secs < 2.1);
    bench.player.send(PlayerCommand::Next);
    bench.wait("the next song", |status| status.queue_index == 1 && status.loop_secs.is_none());
    bench.player.send(PlayerCommand::SetLoop(Some((2.0, 1.0))));
    bench.settle();
    assert_eq!(bench.player.status().loop_secs, None);
}

#[test]
fn another_speed_keeps_pitch_level_and_time() {
    let folder = tempfile::tempdir().unwrap();
    let path = tone_file(folder.path(), "a.wav", 440.0, 4.0);
    for speed in [0.5, 0.8, 1.25, 2.0] {
        let bench = Bench::new(8.0);
        bench.player.send(PlayerCommand::SetSpeed(speed));
        bench.play(std::slice::from_ref(&path), 0);
        bench.wait("playing", |status| status.state == PlayState::Playing && status.position_secs > 0.5);
        let status = bench.player.status();
        let heard_secs = bench.capture.frames() as f64 / f64::from(RATE_HZ);
        // The output runs eight times as fast as time, so looking at both takes a moment of the song.
        assert!((status.position_secs - heard_secs * f64::from(speed)).abs() < 0.4, "{speed}: {status:?} {heard_secs}");
        bench.wait("at the end", |status| status.state == PlayState::Stopped);
        let heard = bench.left();
        let expected = (4.0 * f64::from(RATE_HZ) / f64::from(speed)) as usize;
        assert!(heard.len().abs_diff(expected) < RATE_HZ as usize / 20, "{speed}: {}", heard.len());
        let inside = &heard[FADE_FRAMES..heard.len() - 2_000];
        let rising = inside.windows(2).filter(|pair| pair[0] < 0.0 && pair[1] >= 0.0).count();
        let hz = rising as f64 * f64::from(RATE_HZ) / inside.len() as f64;
        assert!((hz / 440.0 - 1.0).abs() < 0.01, "{speed}: {hz} Hz");
        // The level, 20 ms at a time: half a decibel around that of the tone.
        for part in inside.chunks_exact(960) {
            let rms = (part.iter().map(|sample| sample * sample).sum::<f32>() / 960.0).sqrt();
            assert!((0.333..0.375).contains(&rms), "{speed}: {rms}");
        }
        assert!(steepest(&heard) < 0.035, "{speed}: {}", steepest(&heard));
    }
}

#[test]
fn the_speed_changes_while_it_plays_without_a_click_or_a_jump() {
    let folder = tempfile::tempdir().unwrap();
    let path = tone_file(folder.path(), "a.wav", 440.0, 60.0);
    let bench = Bench::new(1.0);
    bench.play(&[path], 0);
    bench.wait("playing", |status| status.position_secs > 0.2);
    for speed in [1.5, 0.7, 1.0, 2.0] {
        let before = bench.player.status().position_secs;
        bench.player.send(PlayerCommand::SetSpeed(speed));
        let status = bench.wait("at that speed", |status| status.speed == speed);
        assert!((before - 0.05..before + 1.0).contains(&status.position_secs), "{before} {status:?}");
        bench.wait("later", |status| status.position_secs > before + 0.5);
    }
    assert!(steepest(&bench.left()) < 0.035, "{}", steepest(&bench.left()));
    // At the recording's own speed it is the recording again.
    bench.player.send(PlayerCommand::SetSpeed(1.0));
    bench.player.send(PlayerCommand::Seek(10.0));
    bench.wait("there", |status| status.speed == 1.0 && status.position_secs > 10.3);
    let heard = bench.left();
    let song = Sound::tone(440.0, 0.5, RATE_HZ, 1, 12.0).samples;
    let last = &heard[heard.len() - 4_800..];
    let fits =
        (480_000..480_000 + 48_000 - 4_800).any(|at| last.iter().zip(&song[at..]).all(|(a, b)| (a - b).abs() < 1e-4));
    assert!(fits);
}

#[test]
fn a_song_is_played_with_its_gain() {
    let folder = tempfile::tempdir().unwrap();
    let songs = [440.0, 880.0].map(|hz| tone_file(folder.path(), &format!("{hz}.wav"), hz, 1.0));
    let gain = |item: &QueueItem| (item.track == TrackId(0)).then_some(-6.0206);
    let bench = Bench::with(Capture::new(RATE_HZ, 10.0), gain);
    bench.play(&songs, 0);
    bench.wait_for_end();
    let heard = bench.left();
    let second = RATE_HZ as usize;
    assert!((amplitude_at(&heard[4_800..second - 4_800], 440.0, RATE_HZ) - 0.25).abs() < 0.001);
    assert!((amplitude_at(&heard[second..2 * second - 4_800], 880.0, RATE_HZ) - 0.5).abs() < 0.001);
}

#[test]
fn a_device_that_goes_away_pauses_and_goes_on_when_it_is_back() {
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::new(1.0);
    bench.play(&[tone_file(folder.path(), "a.wav", 440.0, 60.0)], 0);
    bench.wait("playing", |status| status.position_secs > 0.5);
    bench.capture.set_there(false);
    let status = bench.wait("gone", |status| matches!(status.output, OutputState::Gone(_)));
    assert_eq!(status.state, PlayState::Paused);
    let held = status.position_secs;
    assert!(held > 0.5 && held < 30.0);
    bench.settle();
    assert!((bench.player.status().position_secs - held).abs() < 0.01, "time stands still");
    let heard = bench.capture.frames();
    bench.capture.set_there(true);
    let status = bench.wait("back", |status| status.state == PlayState::Playing && status.position_secs > held + 0.1);
    assert!(!matches!(status.output, OutputState::Gone(_)) && bench.capture.frames() > heard);
    // Whoever does not want to wait hears it on what is there, or in silence.
    bench.capture.set_there(false);
    bench.wait("gone again", |status| matches!(status.output, OutputState::Gone(_)));
    bench.player.send(PlayerCommand::Play);
    let status = bench.wait("in spite of it", |status| status.state == PlayState::Playing);
    assert!(!matches!(status.output, OutputState::Gone(_)));
    bench.wait("on", |later| later.position_secs > status.position_secs + 0.1);
    // Whoever pauses meanwhile does not want it to go on by itself.
    let bench = Bench::new(1.0);
    bench.play(&[tone_file(folder.path(), "a.wav", 440.0, 60.0)], 0);
    bench.wait("playing", |status| status.position_secs > 0.1);
    bench.capture.set_there(false);
    bench.wait("gone", |status| matches!(status.output, OutputState::Gone(_)));
    bench.player.send(PlayerCommand::Pause);
    bench.capture.set_there(true);
    let status = bench.wait("back", |status| !matches!(status.output, OutputState::Gone(_)));
    assert_eq!(status.state, PlayState::Paused);
}

#[test]
fn a_device_whose_trouble_does_not_pass_is_given_up_until_it_works_again() {
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::new(1.0);
    bench.play(&[tone_file(folder.path(), "a.wav", 440.0, 60.0)], 0);
    bench.wait("playing", |status| status.position_secs > 0.2);
    bench.capture.set_stuck(true);
    let held = bench.wait("gone", |status| matches!(status.output, OutputState::Gone(_)));
    assert_eq!(held.state, PlayState::Paused);
    bench.capture.set_stuck(false);
    bench.wait("back", |status| {
        let there = !matches!(status.output, OutputState::Gone(_));
        there && status.state == PlayState::Playing && status.position_secs > held.position_secs + 0.1
    });
}

#[test]
fn a_queue_of_an_earlier_run_is_held_where_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let path = tone_file(folder.path(), "a.wav", 440.0, 30.0);
    let bench = Bench::new(1.0);
    bench.player.send(PlayerCommand::SetShuffle(true));
    let items = [5, 3, 9].map(|id| QueueItem { track: TrackId(id), path: path.clone() }).to_vec();
    bench.player.send(PlayerCommand::Restore { items, index: 1, position_secs: 12.5 });
    let status = bench.wait("held", |status| status.state == PlayState::Paused);
    assert_eq!((&*status.queue, status.queue_index), (&queued(&[5, 3, 9])[..], 1));
    assert!((status.position_secs - 12.5).abs() < 1e-6 && (status.duration_secs - 30.0).abs() < 0.01);
    assert_eq!(bench.capture.frames(), 0);
    bench.player.send(PlayerCommand::Play);
    bench.wait("playing", |status| status.position_secs > 12.6 && status.position_secs < 14.0);
}

/// An hour of songs at sixty times their speed: `cargo test --release --test playback -- --ignored --nocapture an_hour`.
#[cfg(target_os = "linux")]
#[test]
#[ignore = "takes a minute and is a measurement"]
fn an_hour_of_playing_takes_no_more_memory_at_its_end() {
    let memory = || {
        let text = std::fs::read_to_string("/proc/self/status").unwrap();
        let line = text.lines().find(|line| line.starts_with("VmRSS")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse::<f64>().unwrap() / 1024.0
    };
    let folder = tempfile::tempdir().unwrap();
    let songs: Vec<PathBuf> =
        (0..20).map(|n| tone_file(folder.path(), &format!("{n}.wav"), 300.0 + 20.0 * f64::from(n), 60.0)).collect();
    let bench = Bench::with(Capture::counting(RATE_HZ, 60.0), |_| None);
    bench.player.send(PlayerCommand::SetRepeat(Repeat::All));
    bench.player.send(PlayerCommand::SetShuffle(true));
    bench.play(&songs, 0);
    let minute = 60 * u64::from(RATE_HZ);
    let mut first = 0.0;
    for minutes in [2, 15, 30, 45, 60] {
        while bench.capture.frames() < minutes * minute {
            std::thread::sleep(Duration::from_millis(20));
            // What was told is not part of the player.
            *bench.events.lock().unwrap() = Vec::new();
        }
        println!("after {minutes} minutes: {:.1} MB", memory());
        if minutes == 2 {
            first = memory();
        }
    }
    assert!(memory() - first < 4.0, "{first} -> {} MB", memory());
}

/// The real path to a sound card, with ALSA's own file writer in place of the card.
#[cfg(all(target_os = "linux", feature = "playback"))]
mod alsa {
    use super::*;
    use std::process::Command;

    const FOLDER: &str = "TIMBRE_TEST_ALSA_FOLDER";

    /// Runs in a process of its own, whose only sound device is the file; does nothing without one.
    #[test]
    fn inside() {
        let Some(folder) = std::env::var_os(FOLDER).map(PathBuf::from) else { return };
        // This card takes sound as fast as it is decoded, so only what is told is sure to say that it played.
        let played = Arc::new(Mutex::new(false));
        let told = Arc::clone(&played);
        let hear = move |event| {
            if let PlayerEvent::Status(status) = event
                && status.state == PlayState::Playing
                && matches!(status.output, OutputState::Device(_))
            {
                *told.lock().unwrap() = true;
            }
        };
        let player = Player::spawn(OutputKind::Default, 1.0, |_| None, hear);
        let items = vec![QueueItem { track: TrackId(1), path: tone_file(&folder, "a.wav", 440.0, 3.0) }];
        player.send(PlayerCommand::PlayQueue { items, start: 0 });
        let start = Instant::now();
        while !*played.lock().unwrap() || player.status().state != PlayState::Stopped {
            assert!(start.elapsed() < Duration::from_secs(60), "{:?}", player.status());
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    #[test]
    fn the_sound_reaches_the_device() {
        let folder = tempfile::tempdir().unwrap();
        let heard = folder.path().join("heard.raw");
        let configuration = format!(
            "pcm.null {{ type null }}\n\
             pcm.!default {{ type file slave.pcm null file \"{}\" format raw }}\n\
             ctl.!default {{ type hw card 0 }}\n",
            heard.display()
        );
        let configuration = write(folder.path(), "asound.conf", configuration.as_bytes());
        let output = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "alsa::inside", "--nocapture"])
            .env("ALSA_CONFIG_PATH", configuration)
            .env(FOLDER, folder.path())
            .output()
            .unwrap();
        let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "{said}");
        let bytes = std::fs::read(&heard).unwrap();
        let left: Vec<f32> = bytes.chunks_exact(8).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect();
        // This card takes sound faster than time goes by, so there is silence in between, but all three seconds are there.
        let stretches: Vec<&[f32]> = left
            .split_inclusive(|sample| *sample != 0.0)
            .fold(Vec::new(), |mut found: Vec<(usize, usize)>, piece| {
                let at = found.last().map_or(0, |(_, end)| *end) + piece.len();
                match found.last_mut() {
                    // A tone passes through zero now and then.
                    Some((_, end)) if piece.len() < 10 => *end = at,
                    _ => found.push((at - 1, at)),
                }
                found
            })
            .into_iter()
            .map(|(start, end)| &left[start..end])
            .collect();
        println!("{} frames in {} stretches", left.len(), stretches.len());
        let sound: usize = stretches.iter().map(|stretch| stretch.len()).sum();
        assert!((140_000..=145_000).contains(&sound), "{sound} frames of sound");
        let longest = stretches.iter().max_by_key(|stretch| stretch.len()).unwrap();
        let level = amplitude_at(&longest[FADE_FRAMES..], 440.0, RATE_HZ);
        assert!((level - 0.5).abs() < 0.02, "{level}");
    }
}
