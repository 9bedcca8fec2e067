//! Inspect with a person's hands: by keyboard alone, by wheel and drag, with names as a screen reader says them.
#![cfg(feature = "gui")]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

mod support;

use std::sync::Arc;

use eframe::egui::accesskit::Role;
use eframe::egui::{Event as Input, Key, Modifiers, OutputCommand, Pos2, Rect, vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use support::{FakeDialogs, FakeEngine, act, level_db, library, live_picture, playing, settings, window};
use timbre::audio::Overview;
use timbre::audio::player::PlayerCommand;
use timbre::base::{Channel, TrackId};
use timbre::engine::settings::Change;
use timbre::engine::tiles::{TileWish, column_secs};
use timbre::engine::{Command, Event};
use timbre::state::inspect::{Compare, Cursor, Kind, Mode, Panes};
use timbre::state::{Action, InspectAction, Place, SelectMode, Verb};
use timbre::ui::App;

/// How long the song that plays lasts, seconds.
const SECS: f64 = 200.0;

type Window = Harness<'static, App>;

fn opened() -> (FakeEngine, Window, TrackId) {
    opened_with(FakeDialogs::default())
}

fn opened_with(dialogs: FakeDialogs) -> (FakeEngine, Window, TrackId) {
    let engine = FakeEngine::default();
    engine.tell(settings(|_| {}));
    engine.tell(Event::Library(library(270)));
    let mut harness = window([1280.0, 800.0], engine.clone(), dialogs);
    harness.run_ok();
    let song = harness.state().row_track_id(3);
    engine.tell(playing(song, 40.0, SECS));
    harness.run_ok();
    press_with(&mut harness, Modifiers::COMMAND, Key::Num2);
    (engine, harness, song)
}

fn press(harness: &mut Window, key: Key) {
    harness.key_press(key);
    harness.run_ok();
}

fn press_with(harness: &mut Window, modifiers: Modifiers, key: Key) {
    harness.key_press_modifiers(modifiers, key);
    harness.run_ok();
}

fn type_sign(harness: &mut Window, sign: &str) {
    harness.event(Input::Text(sign.to_owned()));
    harness.run_ok();
}

fn wishes(sent: &[Command]) -> Vec<TileWish> {
    let wishes = sent.iter().filter_map(|command| match command {
        Command::WantTiles(wishes) => Some(wishes.clone()),
        _ => None,
    });
    wishes.flatten().collect()
}

#[test]
fn the_right_tiles_are_wished_for_and_none_twice() {
    let (engine, mut harness, song) = opened();
    let sent = wishes(&engine.take_sent());
    let inspect = &harness.state().state().inspect;
    let canvas = inspect.canvas.expect("the pictures have a size");
    assert!(!sent.is_empty() && sent.iter().all(|wish| wish.track == song));
    let (time_level, _) = harness.state().state().inspect_sharpness();
    let column_px = column_secs(time_level) / (SECS / f64::from(canvas.width_px));
    assert!((0.7..1.42).contains(&column_px), "a column is {column_px} pixels wide");
    let settings = &harness.state().state().settings;
    for spec in [settings.spectrogram.spec, settings.scalogram.spec] {
        let of_spec: Vec<_> = sent.iter().filter(|wish| wish.spec == spec).flat_map(|wish| &wish.tiles).collect();
        assert!(of_spec.iter().any(|place| place.time_level == time_level));
        assert!(of_spec.iter().any(|place| place.time_level > time_level), "a coarse one comes along");
    }
    harness.run_ok();
    press(&mut harness, Key::H);
    assert_eq!(wishes(&engine.take_sent()), [], "all is there");
    type_sign(&mut harness, "+");
    type_sign(&mut harness, "+");
    let nearer = wishes(&engine.take_sent());
    assert!(nearer.iter().flat_map(|wish| &wish.tiles).any(|place| place.time_level < time_level));
    type_sign(&mut harness, "-");
    type_sign(&mut harness, "-");
    press(&mut harness, Key::Num0);
    assert_eq!(wishes(&engine.take_sent()), [], "what was there is there still");
}

#[test]
fn nothing_is_wished_for_in_other_places() {
    let (engine, mut harness, _) = opened();
    type_sign(&mut harness, "+");
    press(&mut harness, Key::V);
    engine.take_sent();
    press_with(&mut harness, Modifiers::COMMAND, Key::Num1);
    let sent = engine.take_sent();
    assert!(sent.contains(&Command::WantLivePictures(Vec::new())), "{sent:?}");
}

#[test]
fn a_cursor_by_keyboard_reads_seeks_and_copies() {
    let (engine, mut harness, song) = opened();
    press(&mut harness, Key::K);
    let (secs, hz) = (40.5, 880.0);
    act(&mut harness, Action::Inspect(InspectAction::Point(Some(Cursor { secs, hz, held: true }))));
    let text = harness.state().state().read_out().expect("a read-out").text();
    let expected = level_db(song, secs, f64::from(hz));
    assert!(text.starts_with("0:40.50, 880.0 Hz, A5 +0 ct, spectrogram −"), "{text}");
    let level: f64 = text.split("spectrogram −").nth(1).unwrap().split(' ').next().unwrap().parse().unwrap();
    assert!((-level - expected).abs() < 6.0, "{text}, made with {expected}");
    let figure = harness.get_by_role_and_label(Role::Figure, "Pictures of sound");
    assert_eq!(figure.accesskit_node().value().as_deref(), Some(text.as_str()));

    press(&mut harness, Key::ArrowRight);
    press(&mut harness, Key::ArrowUp);
    let cursor = harness.state().state().inspect.cursor.unwrap();
    assert!(cursor.secs > secs && cursor.hz > hz, "{cursor:?}");
    engine.take_sent();
    press(&mut harness, Key::Enter);
    assert_eq!(engine.take_sent(), [Command::Player(PlayerCommand::Seek(cursor.secs))]);
    harness.event(Input::Copy);
    harness.step();
    let shown = harness.state().state().read_out().unwrap().text();
    let copied = &harness.output().platform_output.commands;
    assert!(copied.contains(&OutputCommand::CopyText(shown)), "{copied:?}");
    press(&mut harness, Key::Escape);
    assert_eq!(harness.state().state().inspect.cursor, None);
    assert_eq!(harness.state().state().place, Place::Inspect, "the first Esc only takes the cursor");
}

#[test]
fn space_still_plays_and_arrows_seek_without_the_cursor() {
    let (engine, mut harness, _) = opened();
    press(&mut harness, Key::ArrowRight);
    assert!(engine.take_sent().contains(&Command::Player(PlayerCommand::Seek(45.0))));
    press(&mut harness, Key::K);
    engine.take_sent();
    press(&mut harness, Key::Space);
    press(&mut harness, Key::ArrowRight);
    assert_eq!(engine.take_sent(), [Command::Player(PlayerCommand::Toggle)]);
}

#[test]
fn zooming_follows_the_playhead_until_someone_moves_the_view() {
    let (engine, mut harness, song) = opened();
    for _ in 0..4 {
        type_sign(&mut harness, "+");
    }
    let span = harness.state().state().inspect_span();
    assert!(span.len() < 30.0 && span.contains(40.0), "{span:?}");
    engine.tell(playing(song, 120.0, SECS));
    harness.run_ok();
    assert!(harness.state().state().inspect_span().contains(120.0));
    press(&mut harness, Key::Comma);
    let moved = harness.state().state().inspect_span();
    assert!(!harness.state().state().inspect.follow);
    engine.tell(playing(song, 10.0, SECS));
    harness.run_ok();
    assert_eq!(harness.state().state().inspect_span(), moved);
    press(&mut harness, Key::W);
    assert!(harness.state().state().inspect_span().contains(10.0));
    press_with(&mut harness, Modifiers::SHIFT, Key::PageUp);
    assert!(harness.state().state().inspect.band.len() < 0.9);
    press(&mut harness, Key::Num0);
    assert!(!harness.state().state().inspect.is_zoomed());
}

#[test]
fn a_loop_by_key_and_by_drag() {
    let (engine, mut harness, song) = opened();
    engine.take_sent();
    for _ in 0..4 {
        type_sign(&mut harness, "+");
    }
    let span = harness.state().state().inspect_span();
    engine.take_sent();
    press(&mut harness, Key::L);
    let sent = engine.take_sent();
    assert!(sent.contains(&Command::Player(PlayerCommand::SetLoop(Some((span.from, span.to))))), "{sent:?}");
    let Event::Player(timbre::audio::player::PlayerEvent::Status(mut status)) = playing(song, 40.0, SECS) else {
        panic!()
    };
    status.loop_secs = Some((span.from, span.to));
    engine.tell(Event::Player(timbre::audio::player::PlayerEvent::Status(status)));
    harness.run_ok();
    harness.get_by_label("End loop");
    press(&mut harness, Key::L);
    assert_eq!(engine.take_sent(), [Command::Player(PlayerCommand::SetLoop(None))]);
    engine.tell(playing(song, 40.0, SECS));
    press(&mut harness, Key::Num0);

    let picture = picture(&harness, "Spectrogram");
    let (from, to) = (picture.lerp_inside(vec2(0.25, 0.5)), picture.lerp_inside(vec2(0.5, 0.5)));
    harness.event(Input::PointerMoved(from));
    harness.run_ok();
    button(&mut harness, from, true, Modifiers::SHIFT);
    for share in [0.3, 0.4, 0.5] {
        let moved = Input::PointerMoved(picture.lerp_inside(vec2(share, 0.5)));
        harness.event_modifiers(moved, Modifiers::SHIFT);
        harness.step();
    }
    button(&mut harness, to, false, Modifiers::SHIFT);
    harness.run_ok();
    let looped = engine.take_sent().into_iter().find_map(|command| match command {
        Command::Player(PlayerCommand::SetLoop(Some(stretch))) => Some(stretch),
        _ => None,
    });
    let (from_secs, to_secs) = looped.expect("a loop");
    assert!((from_secs - 50.0).abs() < 1.0 && (to_secs - 100.0).abs() < 1.0, "{from_secs} {to_secs}");
}

fn picture(harness: &Window, kind: &str) -> Rect {
    let node = harness
        .get_all_by(|node| node.role() == Role::Image && node.label().is_some_and(|label| label.starts_with(kind)))
        .next()
        .expect("a picture");
    node.rect()
}

fn button(harness: &mut Window, pos: Pos2, pressed: bool, modifiers: Modifiers) {
    harness.event_modifiers(
        Input::PointerButton { pos, button: eframe::egui::PointerButton::Primary, pressed, modifiers },
        modifiers,
    );
    harness.step();
}

#[test]
fn a_click_seeks_and_a_drag_moves() {
    let (engine, mut harness, _) = opened();
    engine.take_sent();
    let area = picture(&harness, "Scalogram");
    let middle = area.center();
    harness.event(Input::PointerMoved(middle));
    harness.step();
    button(&mut harness, middle, true, Modifiers::NONE);
    button(&mut harness, middle, false, Modifiers::NONE);
    harness.run_ok();
    let sent = engine.take_sent();
    assert!(matches!(sent[..], [Command::Player(PlayerCommand::Seek(secs))] if (secs - 100.0).abs() < 1.0), "{sent:?}");
    let cursor = harness.state().state().inspect.cursor.expect("the pointer reads");
    assert!((cursor.secs - 100.0).abs() < 1.0);

    type_sign(&mut harness, "+");
    type_sign(&mut harness, "+");
    let before = harness.state().state().inspect_span();
    button(&mut harness, middle, true, Modifiers::NONE);
    for step in 1..5 {
        harness.event(Input::PointerMoved(middle + vec2(40.0 * step as f32, 0.0)));
        harness.step();
    }
    button(&mut harness, middle + vec2(160.0, 0.0), false, Modifiers::NONE);
    harness.run_ok();
    let after = harness.state().state().inspect_span();
    let expected = before.len() * 160.0 / f64::from(area.width());
    assert!((before.from - after.from - expected).abs() < before.len() * 0.02, "{before:?} {after:?} {expected}");
    assert_eq!(engine.take_sent().iter().filter(|command| matches!(command, Command::Player(_))).count(), 0);
}

#[test]
fn the_live_view_asks_moves_and_freezes() {
    let (engine, mut harness, _) = opened();
    engine.take_sent();
    press(&mut harness, Key::V);
    let settings = harness.state().state().settings.clone();
    let specs = vec![settings.spectrogram.spec, settings.scalogram.spec];
    assert!(engine.take_sent().contains(&Command::WantLivePictures(specs.clone())));
    for spec in &specs {
        engine.tell(live_picture(*spec, 1_000, 300));
    }
    harness.run_ok();
    let span = harness.state().state().inspect_span();
    assert!((span.to - 1_300.0 / 60.0).abs() < 0.02, "{span:?}");
    press(&mut harness, Key::F);
    assert!(engine.take_sent().contains(&Command::WantLivePictures(Vec::new())));
    engine.tell(live_picture(specs[0], 1_300, 100));
    harness.run_ok();
    assert_eq!(harness.state().state().inspect_span(), span, "frozen");
    press(&mut harness, Key::F);
    engine.tell(live_picture(specs[0], 1_500, 60));
    harness.run_ok();
    assert!((harness.state().state().inspect_span().to - 1_560.0 / 60.0).abs() < 0.02);
    act(&mut harness, Action::Inspect(InspectAction::Point(Some(Cursor { secs: 21.0, hz: 440.0, held: true }))));
    let text = harness.state().state().read_out().unwrap().text();
    assert!(text.starts_with("5.00 s ago, 440.0 Hz, A4 +0 ct, spectrogram −"), "{text}");
}

#[test]
fn settings_are_found_by_name_and_go_to_the_engine() {
    let (engine, mut harness, _) = opened();
    harness.get_by_role_and_label(Role::Button, "Spectrogram settings").click();
    harness.run_ok();
    engine.take_sent();
    harness.get_by_role_and_label(Role::RadioButton, "Window size: 8192").click();
    harness.run_ok();
    let sent = engine.take_sent();
    let changed = sent.iter().find_map(|command| match command {
        Command::ChangeSettings(changes) => match changes[..] {
            [Change::Spectrogram(spectrogram)] => Some(spectrogram),
            _ => None,
        },
        _ => None,
    });
    let changed = changed.unwrap_or_else(|| panic!("{sent:?}"));
    let timbre::dsp::picture::Transform::Spectrogram(spectrogram) = changed.spec.transform else { panic!() };
    assert_eq!(spectrogram.window_len, 8192);
    // The window's own copy changes at once.
    assert!(wishes(&sent).iter().any(|wish| wish.spec == changed.spec));
    engine.tell(settings(|settings| settings.spectrogram = changed));
    harness.run_ok();
    engine.take_sent();
    harness.get_by_role_and_label(Role::Slider, "Overlap");
    harness.get_by_role_and_label(Role::RadioButton, "Colours: Viridis").click();
    harness.run_ok();
    assert!(matches!(&engine.take_sent()[..], [Command::ChangeSettings(changes)]
        if matches!(changes[..], [Change::Spectrogram(changed)] if changed.colormap == timbre::dsp::picture::Colormap::Viridis)));
}

#[test]
fn both_sides_lie_one_above_the_other() {
    let (engine, mut harness, song) = opened_with(FakeDialogs::answering("/tmp/pictures"));
    harness.get_by_role_and_label(Role::Button, "Spectrogram settings").click();
    harness.run_ok();
    engine.take_sent();
    harness.get_by_role_and_label(Role::RadioButton, "Channel: Both").click();
    harness.run_ok();
    let sent = engine.take_sent();
    let changed = sent.iter().find_map(|command| match command {
        Command::ChangeSettings(changes) => match changes[..] {
            [Change::Spectrogram(spectrogram)] => Some(spectrogram),
            _ => None,
        },
        _ => None,
    });
    let changed = changed.unwrap_or_else(|| panic!("{sent:?}"));
    assert!(changed.both_sides, "remembered in the settings");
    let wished: Vec<Channel> =
        wishes(&sent).iter().filter(|wish| wish.track == song).map(|wish| wish.spec.channel).collect();
    assert!(wished.contains(&Channel::Left) && wished.contains(&Channel::Right), "{wished:?}");
    engine.tell(settings(|settings| settings.spectrogram = changed));
    press(&mut harness, Key::Escape);

    let (left, right) = (picture(&harness, "Spectrogram left of"), picture(&harness, "Spectrogram right of"));
    assert!(left.bottom() < right.top() && left.x_range() == right.x_range(), "{left:?} {right:?}");
    assert!((left.height() - right.height()).abs() < 1.0 && left.height() > 40.0, "{left:?} {right:?}");
    assert!(right.bottom() < picture(&harness, "Scalogram of").top());
    harness.get_by_role_and_label(Role::Button, "Spectrogram settings");
    act(&mut harness, Action::Inspect(InspectAction::Point(Some(Cursor { secs: 40.5, hz: 880.0, held: true }))));
    let text = harness.state().state().read_out().unwrap().text();
    assert!(text.contains("spectrogram left −") && text.contains("spectrogram right −"), "{text}");

    // What is saved is what shows: one picture of both.
    engine.take_sent();
    harness.get_by_label("Save picture or numbers").click();
    harness.run_ok();
    harness.get_by_label("Save spectrogram…").click();
    harness.run_ok();
    let sent = engine.take_sent();
    let [Command::ExportPicture { request, .. }] = &sent[..] else { panic!("{sent:?}") };
    assert_eq!(request.settings, changed);

    press(&mut harness, Key::C);
    assert_eq!(harness.state().state().inspect_views().len(), 6, "two of both sides, two scalograms");
    press(&mut harness, Key::C);
    press(&mut harness, Key::V);
    assert_eq!(harness.state().state().inspect_views().len(), 2, "what is heard live is one signal");
}

#[test]
fn damage_is_a_quiet_note_wherever_the_song_is_shown() {
    let (engine, mut harness, song) = opened();
    let words = "Damaged at 0:12: a checksum is wrong.";
    assert_eq!(harness.query_all_by_label(words).count(), 0);
    let overview = |damage: Option<&str>| {
        let outline = Vec::new();
        let damage = damage.map(str::to_owned);
        Arc::new(Overview { duration_secs: SECS, loudness_lufs: None, peak: 1.0, outline, damage })
    };
    engine.tell(Event::Overview(song, Some(overview(Some("damaged at 0:12: a checksum is wrong")))));
    harness.run_ok();
    assert_eq!(harness.query_all_by_label(words).count(), 2, "in the player bar and in Inspect");
    assert!(harness.state().state().toasts.shown().is_empty());
    // A song that is looked at without playing is decoded to its end as well.
    let other = harness.state().row_track_id(6);
    engine.take_sent();
    act(&mut harness, Action::Inspect(InspectAction::Open(other)));
    assert!(engine.take_sent().contains(&Command::LoadOverview(other)));
    engine.tell(Event::Overview(other, Some(overview(None))));
    harness.run_ok();
    assert_eq!(harness.query_all_by_label(words).count(), 1, "only in the player bar");
    press_with(&mut harness, Modifiers::COMMAND, Key::Num1);
    act(&mut harness, Action::Select { row: 3, mode: SelectMode::Only });
    assert_eq!(harness.query_all_by_label(words).count(), 2, "in the player bar and in the details");
}

#[test]
fn every_switch_has_a_name_and_a_key() {
    let (_, mut harness, _) = opened();
    for (label, key) in [("Follow", Key::W), ("Harmonics", Key::H), ("Spectrum curve", Key::S), ("Peak hold", Key::P)] {
        let on = |harness: &Window| {
            harness.get_by_label(label).accesskit_node().toggled() == Some(eframe::egui::accesskit::Toggled::True)
        };
        let before = on(&harness);
        press(&mut harness, key);
        if label != "Peak hold" {
            assert_ne!(on(&harness), before, "{label}");
        }
        press(&mut harness, key);
        assert_eq!(on(&harness), before, "{label}");
    }
    press(&mut harness, Key::E);
    harness.get_by_label("Why not sharp in both?");
    press(&mut harness, Key::E);
    press(&mut harness, Key::X);
    assert_eq!(harness.state().state().inspect.panes, Panes::Only(Kind::Spectrogram));
    type_sign(&mut harness, "?");
    harness.get_by_label("Follow the playhead");
}

#[test]
fn two_settings_and_two_songs_side_by_side() {
    let (engine, mut harness, song) = opened();
    engine.take_sent();
    press(&mut harness, Key::C);
    let sent = wishes(&engine.take_sent());
    let own = harness.state().state().settings.spectrogram.spec;
    assert!(sent.iter().any(|wish| wish.spec != own && wish.track == song));
    harness.get_by_role_and_label(Role::Button, "Spectrogram settings B");
    assert_eq!(harness.state().state().inspect_views().len(), 4);
    press(&mut harness, Key::C);
    assert_eq!(harness.state().state().inspect.compare, None);

    let other = harness.state().row_track_id(8);
    act(&mut harness, Action::Inspect(InspectAction::CompareTrack(other)));
    assert_eq!(harness.state().state().inspect.compare, Some(Compare::Track(other)));
    assert!(wishes(&engine.take_sent()).iter().any(|wish| wish.track == other));
    type_sign(&mut harness, "+");
    assert!(harness.state().state().inspect_limits().to >= SECS, "one axis for both");
}

#[test]
fn a_row_opens_and_pins_its_song() {
    let (engine, mut harness, playing_song) = opened();
    press_with(&mut harness, Modifiers::COMMAND, Key::Num1);
    act(&mut harness, Action::Select { row: 6, mode: SelectMode::Only });
    let song = harness.state().row_track_id(6);
    act(&mut harness, Action::Inspect(InspectAction::Open(song)));
    assert_eq!(harness.state().state().place, Place::Inspect);
    assert_eq!(harness.state().state().inspected().map(|track| track.id), Some(song));
    assert_eq!(harness.state().state().inspect_playhead(), None, "another song plays");
    engine.take_sent();
    act(&mut harness, Action::Inspect(InspectAction::SeekTo(12.0)));
    let sent = engine.take_sent();
    assert!(
        matches!(&sent[..], [Command::Player(PlayerCommand::PlayQueue { items, .. }), Command::Player(PlayerCommand::Seek(12.0))]
        if items[0].track == song),
        "{sent:?}"
    );
    harness.get_by_label("Show what plays").click();
    harness.run_ok();
    assert_eq!(harness.state().state().inspected().map(|track| track.id), Some(playing_song));
}

#[test]
fn what_shows_is_saved_where_the_dialog_says() {
    let engine = FakeEngine::default();
    engine.tell(settings(|_| {}));
    engine.tell(Event::Library(library(270)));
    let mut harness = window([1280.0, 800.0], engine.clone(), FakeDialogs::answering("/tmp/pictures"));
    harness.run_ok();
    let song = harness.state().row_track_id(3);
    act(&mut harness, Action::Inspect(InspectAction::Open(song)));
    type_sign(&mut harness, "+");
    let span = harness.state().state().inspect_span();
    engine.take_sent();
    harness.get_by_label("Save picture or numbers").click();
    harness.run_ok();
    harness.get_by_label("Save scalogram…").click();
    harness.run_ok();
    let sent = engine.take_sent();
    let [Command::ExportPicture { track, request, file }] = &sent[..] else { panic!("{sent:?}") };
    assert_eq!((*track, request.from_secs, request.to_secs), (song, span.from, span.to));
    assert_eq!(request.settings, harness.state().state().settings.scalogram);
    assert!(file.starts_with("/tmp/pictures") && file.to_string_lossy().ends_with(" scalogram.png"), "{file:?}");
}

#[test]
fn full_screen_is_a_picture_frame_that_escape_leaves() {
    let (_, mut harness, _) = opened();
    press_with(&mut harness, Modifiers::COMMAND, Key::Num1);
    press(&mut harness, Key::F11);
    assert_eq!(harness.state().state().place, Place::Inspect);
    assert!(harness.query_by_label("Library").is_none(), "no rail");
    assert!(picture(&harness, "Spectrogram").width() > 1_000.0);
    press(&mut harness, Key::Escape);
    assert!(!harness.state().state().inspect.full_screen);
    harness.get_by_label("Library");
}

#[test]
fn without_any_song_it_says_what_to_do() {
    let engine = FakeEngine::default();
    engine.tell(settings(|_| {}));
    engine.tell(Event::Library(library(10)));
    let mut harness = window([1280.0, 800.0], engine.clone(), FakeDialogs::default());
    act(&mut harness, Action::Do(Verb::GoInspect));
    harness.get_by_label("See the sound");
    assert_eq!(wishes(&engine.take_sent()), []);
    act(&mut harness, Action::Inspect(InspectAction::SetMode(Mode::Live)));
    harness.get_by_label("See the sound");
}
