//! The player from the outside: what would be heard, sample by sample.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test stops at what it does not expect")]

mod audio_support;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use audio_support::{Sound, amplitude_at, write};
use timbre::audio::player::{
    Capture, OutputKind, OutputState, PlayState, Player, PlayerCommand, PlayerEvent, PlayerStatus, QueueItem,
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
        let capture = Capture::new(RATE_HZ, speed);
        let events: Arc<Mutex<Vec<PlayerEvent>>> = Arc::default();
        let told = Arc::clone(&events);
        let player = Player::spawn(OutputKind::CaptureTo(capture.clone()), 1.0, move |event| {
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

    fn skipped(&self) -> Vec<TrackId> {
        let events = self.events.lock().unwrap();
        events
            .iter()
            .filter_map(|event| match event {
                PlayerEvent::Skipped { item, reason } => {
                    assert!(!reason.is_empty());
                    Some(item.track)
                }
                PlayerEvent::Status(_) => None,
            })
            .collect()
    }
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
    let player = Player::spawn(OutputKind::Named("a device that nobody has".to_owned()), 0.5, |_| {});
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
        let player = Player::spawn(OutputKind::Default, 1.0, |_| {});
        let items = vec![QueueItem { track: TrackId(1), path: tone_file(&folder, "a.wav", 440.0, 3.0) }];
        player.send(PlayerCommand::PlayQueue { items, start: 0 });
        let start = Instant::now();
        while player.status().state != PlayState::Playing || player.status().position_secs < 0.5 {
            assert!(start.elapsed() < Duration::from_secs(60), "{:?}", player.status());
            std::thread::sleep(Duration::from_millis(5));
        }
        assert!(matches!(player.status().output, OutputState::Device(_)), "{:?}", player.status());
        while player.status().state != PlayState::Stopped {
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
