//! Draws every screen into pictures, to be looked at: `TIMBRE_SCREENS=/some/folder cargo test --test ui_screens`.
//! Without the variable it only checks that every screen can be drawn and every control has a name.
#![cfg(feature = "gui")]
#![allow(clippy::expect_used, reason = "a test may fail")]

mod support;

use std::sync::Arc;

use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;
use support::{FakeDialogs, FakeEngine, act, library, live_columns, live_picture, playing, settings, show, window};
use timbre::audio::player::{OutputState, PlayerEvent, PlayerStatus};
use timbre::base::{JobId, TrackId};
use timbre::engine::settings::Theme;
use timbre::engine::{Event, JobEvent, JobKind, JobPhase, Progress};
use timbre::library::model::Snapshot;
use timbre::state::inspect::Cursor;
use timbre::state::{Action, InspectAction, SelectMode, Source, Verb};
use timbre::ui::App;

fn opened(size: [f32; 2], snapshot: Snapshot, theme: Theme) -> (FakeEngine, Harness<'static, App>) {
    let engine = FakeEngine::default();
    engine.tell(settings(|settings| settings.theme = theme));
    engine.tell(Event::Library(snapshot));
    let harness = window(size, engine.clone(), FakeDialogs::default());
    (engine, harness)
}

fn job(kind: JobKind, done: u64, total: Option<u64>) -> Event {
    let progress =
        Progress { done, total, per_second: 14.6, eta_secs: Some(41.0), detail: "Night drive.flac".to_owned() };
    Event::Job(JobEvent { id: JobId(kind as u64), kind, phase: JobPhase::Progress(progress) })
}

/// Names that break layouts: long, in other scripts and directions, with emoji and line breaks.
fn awkward(mut snapshot: Snapshot) -> Snapshot {
    let tracks = Arc::make_mut(&mut snapshot.tracks);
    let long = "An unreasonably long title that goes on and on ".repeat(5);
    let names = [
        ("夜に駆ける", "ヨアソビ", "ザ・ブック"),
        ("أغنية الصباح", "فيروز الجديدة", "ليالي"),
        ("Полюшко-поле", "Хор имени", "Песни"),
        ("🎸 Rock 🔥 & roll", "Émilie Nguyễn", "Ænigma ŁÓDŹ"),
        (long.as_str(), long.as_str(), long.as_str()),
        ("Line\nbreak and\ttab", "", ""),
    ];
    for (track, (title, artist, album)) in tracks.iter_mut().zip(names) {
        (track.title, track.artist, track.album) = (title.to_owned(), artist.into(), album.into());
    }
    snapshot
}

#[test]
fn every_screen() {
    for (theme, look) in [(Theme::Dark, "dark"), (Theme::Light, "light")] {
        let (_, mut harness) = opened([1280.0, 800.0], library(0), theme);
        show(&format!("first-{look}"), &mut harness);

        let (engine, mut harness) = opened([1280.0, 800.0], library(270), theme);
        act(&mut harness, Action::Select { row: 3, mode: SelectMode::Only });
        let song = harness.state().row_track_id(3);
        engine.tell(playing(song, 83.0, 245.0));
        engine.tell(live_columns(400));
        engine.tell(job(JobKind::Classify, 187, Some(270)));
        show(&format!("library-{look}"), &mut harness);
        act(&mut harness, Action::Do(Verb::GoInspect));
        show(&format!("inspect-{look}"), &mut harness);
        inspect_screens(look, &engine, &mut harness);
        act(&mut harness, Action::Do(Verb::GoSettings));
        show(&format!("settings-{look}"), &mut harness);
        act(&mut harness, Action::Show(Source::Problems));
        show(&format!("problems-{look}"), &mut harness);
        act(&mut harness, Action::Show(Source::Unsure));
        show(&format!("unsure-{look}"), &mut harness);
        act(&mut harness, Action::Do(Verb::ReviewUnsure));
        show(&format!("review-{look}"), &mut harness);
        act(&mut harness, Action::Do(Verb::Escape));
        act(&mut harness, Action::Do(Verb::Help));
        show(&format!("keys-{look}"), &mut harness);
        act(&mut harness, Action::Do(Verb::Escape));
        act(&mut harness, Action::Do(Verb::SetGenre));
        show(&format!("genre-{look}"), &mut harness);
    }
}

/// Inspect zoomed, compared, live, explained, with its settings open; at the end as it was.
fn inspect_screens(look: &str, engine: &FakeEngine, harness: &mut Harness<'static, App>) {
    let cursor = |secs, hz| InspectAction::Point(Some(Cursor { secs, hz, held: true }));
    for _ in 0..5 {
        act(harness, Action::Do(Verb::ZoomIn));
    }
    act(harness, Action::Inspect(cursor(84.2, 440.0)));
    act(harness, Action::Inspect(InspectAction::DraftLoop(82.0, 83.5)));
    for verb in [Verb::Harmonics, Verb::PeakHold] {
        act(harness, Action::Do(verb));
    }
    show(&format!("inspect-zoomed-{look}"), harness);
    for verb in [Verb::Harmonics, Verb::PeakHold, Verb::Curve, Verb::Escape, Verb::Escape, Verb::Compare] {
        act(harness, Action::Do(verb));
    }
    show(&format!("inspect-compare-{look}"), harness);
    act(harness, Action::Do(Verb::Compare));
    for (kind, name) in [("Spectrogram", "spectrogram"), ("Scalogram", "scalogram")] {
        harness.get_by_label(&format!("{kind} settings")).click();
        show(&format!("inspect-{name}-settings-{look}"), harness);
        harness.key_press(eframe::egui::Key::Escape);
        harness.run_ok();
    }
    for verb in [Verb::ZoomWhole, Verb::Explain, Verb::LiveOrWhole] {
        act(harness, Action::Do(verb));
    }
    let settings = harness.state().state().settings.clone();
    engine.tell(live_picture(settings.spectrogram.spec, 60_000, 1_100));
    engine.tell(live_picture(settings.scalogram.spec, 60_000, 1_088));
    show(&format!("inspect-live-{look}"), harness);
    for verb in [Verb::LiveOrWhole, Verb::Explain, Verb::FullScreen] {
        act(harness, Action::Do(verb));
    }
    show(&format!("inspect-full-{look}"), harness);
    act(harness, Action::Do(Verb::FullScreen));
}

#[test]
fn large_small_and_strange() {
    let (engine, mut harness) = opened([1920.0, 1080.0], library(100_000), Theme::Dark);
    while harness.state().state().rows.places.len() < 100_000 {
        harness.step();
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    act(&mut harness, Action::Select { row: 12, mode: SelectMode::Only });
    engine.tell(playing(TrackId(9), 12.0, 200.0));
    engine.tell(live_columns(900));
    show("huge-dark", &mut harness);
    act(&mut harness, Action::Do(Verb::GoInspect));
    act(&mut harness, Action::Do(Verb::Explain));
    show("inspect-huge-dark", &mut harness);

    let (_, mut harness) = opened([1280.0, 800.0], awkward(library(6)), Theme::Dark);
    act(&mut harness, Action::Select { row: 0, mode: SelectMode::Only });
    show("awkward-dark", &mut harness);

    let (_, mut harness) = opened([1280.0, 800.0], library(1), Theme::Light);
    show("one-light", &mut harness);

    let (engine, mut harness) = opened([960.0, 600.0], library(270), Theme::Dark);
    act(&mut harness, Action::Search("zzz".to_owned()));
    engine.tell(Event::Player(PlayerEvent::Status(PlayerStatus {
        output: OutputState::Silent("the system has no sound device.".to_owned()),
        ..PlayerStatus::stopped(0.8)
    })));
    show("small-empty-dark", &mut harness);

    let (_, mut harness) = opened([1280.0, 800.0], library(270), Theme::Dark);
    harness.set_pixels_per_point(2.0);
    act(&mut harness, Action::Select { row: 2, mode: SelectMode::Only });
    show("scaled-dark", &mut harness);
    act(&mut harness, Action::Do(Verb::GoInspect));
    show("inspect-scaled-dark", &mut harness);
}
