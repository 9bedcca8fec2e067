//! The whole product through its window, with the real engine: demo collection, scan, classification by the shipped
//! network, playlists, playing, export.
//!
//! `TIMBRE_SCREENSHOT=1` also writes the picture of the README, `assets/screenshots/library.png`.
#![cfg(feature = "gui")]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic, also in its helpers")]

mod support;

use std::path::Path;

use eframe::egui::accesskit::Role;
use eframe::egui::{Key, Modifiers};
use egui_kittest::Harness;
use support::{FakeDialogs, click, engine, until, window};
use timbre::engine::JobKind;
use timbre::library::filing::GenreSource;
use timbre::state::{Action, Source};
use timbre::ui::App;

/// The lines of a playlist that name songs.
fn songs_in(file: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(file).unwrap();
    assert!(text.starts_with("#EXTM3U"), "{file:?}");
    text.lines().filter(|line| !line.starts_with('#') && !line.is_empty()).map(str::to_owned).collect()
}

#[test]
fn from_the_first_screen_to_exported_playlists() {
    let dir = tempfile::Builder::new().prefix("Timbre-").tempdir().unwrap();
    let (data, lists) = (dir.path().join("data"), dir.path().join("lists"));
    let mut harness = window([1280.0, 800.0], engine(&data), FakeDialogs::answering(&lists));
    until(&mut harness, "the engine has told its library, and that nothing can be heard", |state| {
        state.loaded && state.silent_because().is_some()
    });

    click(&mut harness, Role::Button, "Try the demo collection");
    until(&mut harness, "the demo is scanned", |state| !state.snapshot.tracks.is_empty());
    until(&mut harness, "everything was heard", |state| {
        state.jobs.running().is_empty() && state.snapshot.tracks.iter().all(|track| track.prediction.is_some())
    });
    let state = harness.state().state();
    let songs = state.snapshot.tracks.len();
    assert!(songs >= 20, "{songs} pieces");
    let filed: usize = state.derived.genres.iter().map(|genre| genre.count).sum();
    assert_eq!(filed + state.derived.unsure, songs, "each song is in one genre or unsure");
    assert!(filed > 0, "the network is sure of something");

    // The sidebar shows the automatic playlists, and a click fills the table with one.
    let (largest, count) =
        state.derived.genres.iter().max_by_key(|genre| genre.count).map(|genre| (genre.clone(), genre.count)).unwrap();
    click(&mut harness, Role::Button, &format!("{}, {count}", largest.shown));
    assert_eq!(harness.state().state().source, Source::Genre(largest.name.clone()));
    assert_eq!(harness.state().state().rows.places.len(), count);

    // A genre set by hand wins and shows who decided.
    harness.key_press(Key::ArrowDown);
    harness.run_ok();
    let song = harness.state().state().selection.lead().unwrap();
    harness.key_press(Key::G);
    harness.run_ok();
    click(&mut harness, Role::Button, if largest.name == "reggae" { "Blues" } else { "Reggae" });
    until(&mut harness, "the genre is stored", |state| {
        let place = state.derived.place_of(song).unwrap();
        state.derived.genre_of(place).is_some_and(|(_, source)| source == GenreSource::Person)
    });
    harness.key_press_modifiers(Modifiers::COMMAND, Key::Z);
    until(&mut harness, "the genre is taken back", |state| state.track(song).unwrap().user_genre.is_none());

    // Playing moves the time and draws the live spectrogram.
    click(&mut harness, Role::Button, &format!("All songs, {songs}"));
    click(&mut harness, Role::ColumnHeader, "Confidence");
    harness.key_press(Key::Home);
    harness.run_ok();
    harness.key_press(Key::Enter);
    until(&mut harness, "the time runs and the sound is seen", |state| {
        state.is_playing() && state.player.position_secs > 0.5 && state.live.len() > 20
    });
    picture(&mut harness);
    harness.key_press(Key::Space);
    until(&mut harness, "it is held", |state| !state.is_playing());

    // Export writes every song once into the playlists of genres and Unsure.
    harness.key_press_modifiers(Modifiers::COMMAND, Key::E);
    until(&mut harness, "the playlists are written", |state| {
        !state.jobs.any(JobKind::Export) && state.toasts.shown().iter().any(|toast| toast.text.starts_with("Wrote "))
    });
    let files: Vec<_> = std::fs::read_dir(&lists).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert!(files.iter().all(|file| file.extension().is_some_and(|ending| ending == "m3u8")), "{files:?}");
    let mut written: Vec<String> = files.iter().flat_map(|file| songs_in(file)).collect();
    assert_eq!(written.len(), songs, "{files:?}");
    for line in &written {
        assert!(lists.join(line).exists(), "{line} is not relative to the playlist");
    }
    written.sort();
    written.dedup();
    assert_eq!(written.len(), songs, "no song stands in two playlists");

    // Everything is there again in the next run.
    drop(harness);
    let mut harness = window([1280.0, 800.0], engine(&data), FakeDialogs::default());
    until(&mut harness, "the library is back", |state| state.snapshot.tracks.len() == songs);
    assert!(harness.state().state().snapshot.tracks.iter().all(|track| track.prediction.is_some()));
}

/// The picture of the README, when asked for.
fn picture(harness: &mut Harness<'static, App>) {
    if std::env::var_os("TIMBRE_SCREENSHOT").is_none() {
        return;
    }
    until(harness, "the strip is full and the toasts are gone", |state| {
        state.player.position_secs > 4.0 && state.toasts.shown().is_empty()
    });
    harness.state_mut().act(Action::AcceptSilence);
    harness.remove_cursor();
    harness.run_ok();
    let image = harness.render().unwrap();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/screenshots");
    std::fs::create_dir_all(&folder).unwrap();
    image.save(folder.join("library.png")).unwrap();
}
