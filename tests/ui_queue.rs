//! The queue panel and the controls beside the transport, with a person's hands.
//! `TIMBRE_SCREENS=/some/folder` also writes what it looks like.
#![cfg(feature = "gui")]
#![allow(clippy::unwrap_used, reason = "a test stops at what it does not expect")]

mod support;

use std::sync::Arc;

use eframe::egui::accesskit::Role;
use eframe::egui::{Key, Modifiers};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;
use support::{FakeDialogs, FakeEngine, library, settings, show, window};
use timbre::audio::player::{OutputState, PlayState, PlayerCommand, PlayerEvent, PlayerStatus, Repeat};
use timbre::base::TrackId;
use timbre::engine::{Command, Event};
use timbre::state::Overlay;
use timbre::ui::App;

fn status(queue: Arc<[TrackId]>, index: usize) -> PlayerStatus {
    PlayerStatus {
        state: PlayState::Playing,
        current: queue.get(index).copied(),
        queue_len: queue.len(),
        queue_index: index,
        queue,
        duration_secs: 200.0,
        position_secs: 61.0,
        output: OutputState::Device("Built-in audio".to_owned()),
        ..PlayerStatus::stopped(0.8)
    }
}

/// A window with a queue of so many songs, of which the third plays, and the panel open.
fn opened(songs: usize) -> (FakeEngine, Harness<'static, App>) {
    let engine = FakeEngine::default();
    engine.tell(settings(|_| {}));
    let snapshot = library(270);
    let ids: Vec<TrackId> = snapshot.tracks.iter().map(|track| track.id).collect();
    engine.tell(Event::Library(snapshot));
    let queue: Arc<[TrackId]> = ids.into_iter().cycle().take(songs).collect();
    engine.tell(Event::Player(PlayerEvent::Status(status(queue, 2))));
    let mut harness = window([1280.0, 800.0], engine.clone(), FakeDialogs::default());
    harness.run_ok();
    press(&mut harness, Modifiers::NONE, Key::Q);
    engine.take_sent();
    (engine, harness)
}

fn press(harness: &mut Harness<'static, App>, modifiers: Modifiers, key: Key) {
    harness.key_press_modifiers(modifiers, key);
    harness.run_ok();
}

fn rows(harness: &Harness<'static, App>) -> usize {
    harness.get_all_by(|node| node.role() == Role::ListItem).count()
}

#[test]
fn keys_move_remove_and_play_what_is_chosen() {
    let (engine, mut harness) = opened(9);
    assert_eq!(rows(&harness), 9);
    harness
        .get_by(|node| node.role() == Role::ListItem && node.label().is_some_and(|l| l.starts_with("Current song: ")));
    harness.get_all_by(|node| node.role() == Role::ListItem).nth(5).unwrap().click();
    harness.run_ok();
    assert_eq!(harness.state().state().queue_panel.selected, Some(5));
    show("queue", &mut harness);
    engine.take_sent();
    press(&mut harness, Modifiers::ALT, Key::ArrowUp);
    press(&mut harness, Modifiers::ALT, Key::ArrowDown);
    press(&mut harness, Modifiers::NONE, Key::ArrowDown);
    press(&mut harness, Modifiers::NONE, Key::Delete);
    press(&mut harness, Modifiers::NONE, Key::Enter);
    let player = |command| Command::Player(command);
    assert_eq!(
        engine.take_sent(),
        [
            player(PlayerCommand::MoveInQueue { from: 5, to: 4 }),
            player(PlayerCommand::MoveInQueue { from: 4, to: 5 }),
            player(PlayerCommand::RemoveFromQueue(vec![6])),
            player(PlayerCommand::PlayIndex(6)),
        ]
    );
}

#[test]
fn the_whole_queue_is_cleared_or_saved() {
    let (engine, mut harness) = opened(4);
    harness.get_by_role_and_label(Role::Button, "Clear the queue").click();
    harness.run_ok();
    assert_eq!(engine.take_sent(), [Command::Player(PlayerCommand::ClearQueue)]);
    harness.get_by_role_and_label(Role::Button, "Save as playlist").click();
    harness.run_ok();
    assert!(matches!(&harness.state().state().overlay, Some(Overlay::NewPlaylist(tracks)) if tracks.len() == 4));
}

#[test]
fn a_long_queue_draws_only_what_shows_and_an_empty_one_says_what_it_is_for() {
    let (_, harness) = opened(100_000);
    assert!((5..40).contains(&rows(&harness)), "{}", rows(&harness));
    let (_, mut harness) = opened(0);
    harness.get_by_label("The queue is empty");
    show("queue-empty", &mut harness);
    press(&mut harness, Modifiers::NONE, Key::Q);
    assert!(harness.query_by_label("The queue is empty").is_none());
}

#[test]
fn order_and_speed_have_buttons_that_say_how_they_stand() {
    let (engine, mut harness) = opened(3);
    harness.get_by_role_and_label(Role::Button, "Repeat: off").click();
    harness.run_ok();
    harness.get_by_role_and_label(Role::Button, "Shuffle: off").click();
    harness.run_ok();
    harness.get_by_role_and_label(Role::Button, "Repeat: whole queue");
    harness.get_by_role_and_label(Role::Button, "Shuffle: on");
    let sent = engine.take_sent();
    assert!(sent.contains(&Command::Player(PlayerCommand::SetRepeat(Repeat::All))), "{sent:?}");
    assert!(sent.contains(&Command::Player(PlayerCommand::SetShuffle(true))), "{sent:?}");
    press(&mut harness, Modifiers::NONE, Key::CloseBracket);
    assert_eq!(engine.take_sent(), [Command::Player(PlayerCommand::SetSpeed(1.05))]);
    harness.get_by_role_and_label(Role::Button, "Speed: 1.05×").click();
    harness.run_ok();
    show("speed", &mut harness);
    harness.get_by_role_and_label(Role::Slider, "Speed");
    harness.get_by_role_and_label(Role::Button, "Normal speed").click();
    harness.run_ok();
    assert_eq!(engine.take_sent(), [Command::Player(PlayerCommand::SetSpeed(1.0))]);
}

#[test]
fn a_device_that_is_gone_is_said_across_the_window() {
    let (engine, mut harness) = opened(3);
    let gone = PlayerStatus {
        state: PlayState::Paused,
        output: OutputState::Gone("USB headset".to_owned()),
        ..status(vec![TrackId(1)].into(), 0)
    };
    engine.tell(Event::Player(PlayerEvent::Status(gone)));
    harness.run_ok();
    harness.get_by_label("USB headset is gone; playback is paused. It goes on when it or another comes back.");
}
