//! The Library place with a person's hands: clicks, keys, names as a screen reader says them.
#![cfg(feature = "gui")]

mod support;

use std::time::Duration;

use eframe::egui::accesskit::Role;
use eframe::egui::{Event as Input, Key, Modifiers, ViewportId};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use support::{FakeDialogs, FakeEngine, act, click, library, playing, settings, window};
use timbre::audio::player::{OutputState, PlayerCommand, PlayerEvent, PlayerStatus, Repeat};
use timbre::base::{JobId, PlaylistId, Report, TrackId};
use timbre::engine::event::{ClassifyOutcome, Opened, ScanOutcome, Turn};
use timbre::engine::settings::Change;
use timbre::engine::{Command, Event, ExportSelection, JobEvent, JobKind, JobOutcome, JobPhase, Progress};
use timbre::library::misread::Reading;
use timbre::library::model::{AlbumFields, Snapshot, TextField};
use timbre::state::{Action, Place, Source};
use timbre::ui::App;

const SIZE: [f32; 2] = [1280.0, 800.0];

fn open(snapshot: Snapshot, dialogs: FakeDialogs) -> (FakeEngine, Harness<'static, App>) {
    let engine = FakeEngine::default();
    engine.tell(settings(|_| {}));
    engine.tell(Event::Library(snapshot));
    let mut harness = window(SIZE, engine.clone(), dialogs);
    harness.run_ok();
    (engine, harness)
}

fn opened() -> (FakeEngine, Harness<'static, App>) {
    open(library(270), FakeDialogs::default())
}

fn press(harness: &mut Harness<'static, App>, key: Key) {
    harness.key_press(key);
    harness.run_ok();
}

fn press_with(harness: &mut Harness<'static, App>, modifiers: Modifiers, key: Key) {
    harness.key_press_modifiers(modifiers, key);
    harness.run_ok();
}

fn type_text(harness: &mut Harness<'static, App>, text: &str) {
    harness.event(Input::Text(text.to_owned()));
    harness.run_ok();
}

/// The titles of the rows in view, from the top.
fn titles(harness: &Harness<'static, App>) -> Vec<String> {
    harness
        .get_all_by(|node| node.role() == Role::Row)
        .filter_map(|row| row.accesskit_node().label())
        .map(|label| label.split(',').next().unwrap_or_default().to_owned())
        .collect()
}

#[test]
fn a_window_in_which_nothing_happens_asks_for_no_frame() {
    let (engine, mut harness) = opened();
    let asks_in = |harness: &Harness<'static, App>| harness.output().viewport_output[&ViewportId::ROOT].repaint_delay;
    let output = OutputState::Silent("no sound device was found".to_owned());
    let silent = PlayerStatus { output, ..PlayerStatus::stopped(1.0) };
    for (heard, when) in [(None, "at first"), (Some(PlayerEvent::Status(silent)), "without a sound device")] {
        heard.into_iter().for_each(|event| engine.tell(Event::Player(event)));
        // The silence is shown after a moment, and messages go away.
        harness.run_steps(400);
        assert_eq!(asks_in(&harness), Duration::MAX, "{when}");
    }
    act(&mut harness, Action::AcceptSilence);
    harness.run_steps(20);
    assert_eq!(asks_in(&harness), Duration::MAX, "when that is known and the notice was closed");
    engine.tell(playing(TrackId(1), 3.0, 200.0));
    harness.step();
    press(&mut harness, Key::ArrowDown);
    harness.run_steps(100);
    assert_eq!(asks_in(&harness), Duration::MAX, "while a song plays the player's events bring the frames");
}

#[test]
fn a_genre_in_the_sidebar_filters_the_table() {
    let (_, mut harness) = opened();
    let count = harness.state().state().derived.genres[5].count;
    click(&mut harness, Role::Button, &format!("Jazz, {count}"));
    assert_eq!(harness.state().state().source, Source::Genre("jazz".to_owned()));
    assert_eq!(harness.state().state().rows.places.len(), count);
    assert!(harness.query_all_by_label_contains(", Jazz").count() >= count.min(10));
}

#[test]
fn a_click_on_a_head_sorts_and_a_second_turns() {
    let (_, mut harness) = opened();
    click(&mut harness, Role::ColumnHeader, "Title");
    let upwards = titles(&harness);
    assert!(upwards.len() > 8 && upwards.is_sorted(), "{upwards:?}");
    click(&mut harness, Role::ColumnHeader, "Title, sorted upwards");
    let downwards = titles(&harness);
    assert!(downwards.iter().rev().is_sorted(), "{downwards:?}");
}

#[test]
fn typing_searches_and_escape_clears() {
    let (_, mut harness) = opened();
    press_with(&mut harness, Modifiers::COMMAND, Key::F);
    type_text(&mut harness, "genre:jazz rain");
    let state = harness.state().state();
    assert_eq!(state.search, "genre:jazz rain");
    assert!(!state.rows.places.is_empty() && state.rows.places.len() < 20, "{}", state.rows.places.len());
    press(&mut harness, Key::Escape);
    assert_eq!(harness.state().state().rows.places.len(), 270);
    press(&mut harness, Key::Slash);
    type_text(&mut harness, "no such song");
    harness.get_by_label("Nothing found");
    click(&mut harness, Role::Button, "Show all again");
    assert_eq!(harness.state().state().rows.places.len(), 270);
}

#[test]
fn letters_typed_into_the_search_are_no_shortcuts() {
    let (engine, mut harness) = opened();
    press_with(&mut harness, Modifiers::COMMAND, Key::F);
    engine.take_sent();
    for key in [Key::G, Key::U, Key::M, Key::Space] {
        press(&mut harness, key);
    }
    assert_eq!(harness.state().state().overlay, None);
    assert!(harness.state().state().review.is_none());
    assert_eq!(engine.take_sent(), []);
}

#[test]
fn arrows_select_and_enter_plays_from_there_on() {
    let (engine, mut harness) = opened();
    press(&mut harness, Key::ArrowDown);
    press(&mut harness, Key::ArrowDown);
    press(&mut harness, Key::ArrowDown);
    let chosen = harness.state().row_track_id(2);
    assert_eq!(harness.state().state().selection.lead(), Some(chosen));
    press(&mut harness, Key::Enter);
    let sent = engine.take_sent();
    let [Command::Player(PlayerCommand::PlayQueue { items, start })] = &sent[..] else { panic!("{sent:?}") };
    assert_eq!(items[*start].track, chosen);
    assert_eq!(*start, 2);
    let missing = harness.state().state().derived.missing;
    assert!(missing > 0 && items.len() == 270 - missing, "missing files are not queued");
}

#[test]
fn the_player_bar_controls_the_player() {
    let (engine, mut harness) = opened();
    let song = harness.state().row_track_id(0);
    engine.tell(playing(song, 10.0, 200.0));
    harness.run_ok();
    engine.take_sent();
    click(&mut harness, Role::Button, "Pause");
    click(&mut harness, Role::Button, "Next song");
    click(&mut harness, Role::Button, "Previous song");
    click(&mut harness, Role::Button, "Stop");
    press(&mut harness, Key::ArrowRight);
    press(&mut harness, Key::Space);
    let wanted = [
        PlayerCommand::Toggle,
        PlayerCommand::Next,
        PlayerCommand::Previous,
        PlayerCommand::Stop,
        PlayerCommand::Seek(15.0),
        PlayerCommand::Toggle,
    ];
    assert_eq!(engine.take_sent(), wanted.map(Command::Player));
    press(&mut harness, Key::M);
    press(&mut harness, Key::M);
    let wanted = [PlayerCommand::SetVolume(0.0), PlayerCommand::SetVolume(0.8)];
    assert_eq!(engine.take_sent(), wanted.map(Command::Player));
}

#[test]
fn a_genre_is_set_by_typing_and_taken_back() {
    let (engine, mut harness) = opened();
    press(&mut harness, Key::ArrowDown);
    let song = harness.state().row_track_id(0);
    press(&mut harness, Key::G);
    type_text(&mut harness, "regg");
    press(&mut harness, Key::Enter);
    let set = Command::SetGenre { tracks: vec![song], genre: Some("reggae".to_owned()) };
    assert_eq!(engine.take_sent(), std::slice::from_ref(&set));
    press_with(&mut harness, Modifiers::COMMAND, Key::Z);
    assert_eq!(engine.take_sent(), [Command::Undo]);
    press_with(&mut harness, Modifiers::COMMAND | Modifiers::SHIFT, Key::Z);
    assert_eq!(engine.take_sent(), [Command::Redo]);
}

#[test]
fn review_goes_through_the_unsure_songs_with_keys() {
    let (engine, mut harness) = opened();
    press(&mut harness, Key::U);
    let unsure = harness.state().state().derived.unsure;
    harness.get_by_label(&format!("Song 1 of {unsure}"));
    let song = harness.state().row_track_id(0);
    let best = |harness: &Harness<'static, App>, rank: usize| {
        let track = harness.state().state().track(song).unwrap();
        track.prediction.as_ref().unwrap().top[rank].genre.clone()
    };
    let second = best(&harness, 1);
    engine.take_sent();
    press(&mut harness, Key::Num2);
    let sent = engine.take_sent();
    assert_eq!(sent[0], Command::SetGenre { tracks: vec![song], genre: Some(second.into()) });
    assert!(matches!(&sent[1], Command::Player(PlayerCommand::PlayQueue { items, .. }) if items.len() == 1));
    harness.get_by_label(&format!("Song 2 of {unsure}"));
    press_with(&mut harness, Modifiers::COMMAND, Key::Z);
    assert_eq!(engine.take_sent(), [Command::Undo]);
    let what = Some("filed a song".to_owned());
    engine.tell(Event::Undone(Turn { what, redo: false, genres_of: vec![song] }));
    harness.run_ok();
    harness.get_by_label("Undone: filed a song.");
    engine.take_sent();
    harness.get_by_label(&format!("Song 1 of {unsure}"));
    press(&mut harness, Key::Escape);
    assert!(harness.state().state().review.is_none());
    let given_back = [PlayerCommand::Stop, PlayerCommand::ClearQueue].map(Command::Player);
    assert_eq!(engine.take_sent(), given_back, "nothing played before");
}

#[test]
fn in_unsure_one_genre_after_another_can_be_set() {
    let (engine, mut harness) = opened();
    act(&mut harness, Action::Show(Source::Unsure));
    press(&mut harness, Key::ArrowDown);
    let wanted: Vec<TrackId> = (0..3).map(|row| harness.state().row_track_id(row)).collect();
    engine.take_sent();
    for song in wanted {
        press(&mut harness, Key::G);
        type_text(&mut harness, "regg");
        press(&mut harness, Key::Enter);
        let sent = engine.take_sent();
        assert!(sent.contains(&Command::SetGenre { tracks: vec![song], genre: Some("reggae".to_owned()) }), "{sent:?}");
    }
}

#[test]
fn a_search_that_is_not_understood_is_said_beside_it() {
    let (_engine, mut harness) = opened();
    act(&mut harness, Action::Search("artits:x".to_owned()));
    let sentence = "There is no field “artits”; did you mean artist? In quotes it is searched for as it stands.";
    harness.get_by_label(sentence);
    harness.get_by_label("The search is not understood");
    act(&mut harness, Action::Search("artist:x".to_owned()));
    assert!(harness.query_by_label(sentence).is_none());
}

#[test]
fn folders_are_asked_for_and_playlists_written() {
    let (engine, mut harness) = open(library(0), FakeDialogs::answering("/music"));
    click(&mut harness, Role::Button, "Choose your music folder");
    assert_eq!(engine.take_sent(), [Command::AddRoots(vec!["/music".into()])]);
    click(&mut harness, Role::Button, "Try the demo collection");
    assert_eq!(engine.take_sent(), [Command::AddDemo]);
    let (engine, mut harness) = open(library(60), FakeDialogs::answering("/lists"));
    press_with(&mut harness, Modifiers::COMMAND, Key::E);
    let all = Command::ExportPlaylists { folder: "/lists".into(), selection: ExportSelection::All, within: Vec::new() };
    assert_eq!(engine.take_sent(), [all]);
}

#[test]
fn a_job_shows_its_progress_can_be_stopped_and_says_what_came_of_it() {
    let (engine, mut harness) = opened();
    let step = |phase| Event::Job(JobEvent { id: JobId(4), kind: JobKind::Classify, phase });
    let progress =
        Progress { done: 30, total: Some(270), per_second: 12.0, eta_secs: Some(20.0), detail: String::new() };
    engine.tell(step(JobPhase::Started));
    engine.tell(step(JobPhase::Progress(progress)));
    harness.run_ok();
    harness.get_by_label("Classifying: 30 of 270 · 12/s · 20 s");
    click(&mut harness, Role::Button, "Stop classifying");
    assert_eq!(engine.take_sent(), [Command::Cancel(JobId(4))]);
    let outcome = ClassifyOutcome { classified: 270, unsure: 80, elapsed_secs: 22.0, ..Default::default() };
    engine.tell(step(JobPhase::Finished(JobOutcome::Classify(outcome))));
    harness.run_ok();
    harness.get_by_label("Listened to 270 songs in 22 s.");
    click(&mut harness, Role::Button, "Show 80 unsure");
    assert_eq!(harness.state().state().source, Source::Unsure);
}

#[test]
fn problems_have_a_place_with_retry() {
    let (engine, mut harness) = opened();
    click(&mut harness, Role::Button, "Problems, 3");
    harness.get_by_label_contains("untitled.wav: The file is empty.");
    let first = harness.get_all_by_role_and_label(Role::Button, "Retry").next().unwrap();
    first.click();
    harness.run_ok();
    assert_eq!(engine.take_sent(), [Command::RetryProblems(vec!["/home/ana/Music/Old/demo tape.mp3".into()])]);
    click(&mut harness, Role::Button, "Retry all");
    assert_eq!(engine.take_sent(), [Command::RetryProblems(Vec::new())]);
}

#[test]
fn playlists_are_made_named_and_shown_in_their_order() {
    let (engine, mut harness) = opened();
    click(&mut harness, Role::Button, "New playlist");
    type_text(&mut harness, "Sunday");
    press(&mut harness, Key::Enter);
    assert_eq!(engine.take_sent(), [Command::CreatePlaylist { name: "Sunday".to_owned(), tracks: Vec::new() }]);
    click(&mut harness, Role::Button, "Kitchen, 39");
    let state = harness.state().state();
    assert_eq!(state.source, Source::Playlist(PlaylistId(1)));
    let shown: Vec<i64> = (0..39).map(|row| harness.state().row_track_id(row).0).collect();
    assert_eq!(shown, (0..39).map(|number| number * 7 + 1).collect::<Vec<i64>>());
    press(&mut harness, Key::ArrowDown);
    press(&mut harness, Key::Delete);
    assert_eq!(engine.take_sent(), [Command::RemoveFromPlaylist(PlaylistId(1), vec![0])]);
}

#[test]
fn places_are_reached_by_key_and_by_click() {
    let (_, mut harness) = opened();
    press_with(&mut harness, Modifiers::COMMAND, Key::Num2);
    assert_eq!(harness.state().state().place, Place::Inspect);
    harness.get_by_label("See the sound");
    click(&mut harness, Role::Button, "Settings");
    assert_eq!(harness.state().state().place, Place::Settings);
    type_text(&mut harness, "?");
    harness.get_by_label("Select above");
    press(&mut harness, Key::Escape);
    press_with(&mut harness, Modifiers::COMMAND, Key::Num1);
    assert_eq!(harness.state().state().place, Place::Library);
}

#[test]
fn a_write_protected_library_a_fault_and_where_things_are_are_said() {
    let engine = FakeEngine::default();
    engine.tell(settings(|_| {}));
    engine.tell(Event::Library(library(270)));
    // High enough for all settings.
    let mut harness = window([1280.0, 2600.0], engine.clone(), FakeDialogs::default());
    engine.tell(Event::Opened(Opened {
        data_folder: "/home/ada/data".into(),
        log_folder: "/home/ada/data/log".into(),
        read_only: true,
        after_fault: true,
    }));
    harness.run_ok();
    harness.get_by_label("The library in /home/ada/data is write-protected: changes are not kept.");
    harness.get_by_role_and_label(Role::Button, "Open the folder");
    press_with(&mut harness, Modifiers::COMMAND, Key::Comma);
    harness.get_by_label("/home/ada/data/log");
    harness.get_by_role_and_label(Role::Button, "Data folder");
    harness.get_by_role_and_label(Role::Button, "Log");
    harness.get_by_label(env!("CARGO_PKG_VERSION"));
}

#[test]
fn keys_pressed_back_to_back_both_count_whatever_the_engine_says_meanwhile() {
    let (engine, mut harness) = opened();
    let settings = |harness: &Harness<'_, App>| harness.state().state().settings.clone();
    let told_before = settings(&harness);
    press(&mut harness, Key::R);
    press(&mut harness, Key::Z);
    // An answer from before both of them.
    engine.tell(Event::Settings(told_before));
    harness.run_ok();
    press(&mut harness, Key::R);
    let now = settings(&harness);
    assert_eq!((now.repeat, now.shuffle), (Repeat::One, true));
    let sent: Vec<Change> = engine
        .take_sent()
        .into_iter()
        .filter_map(|command| match command {
            Command::ChangeSettings(changes) => Some(changes),
            _ => None,
        })
        .flatten()
        .collect();
    assert_eq!(sent, [Change::Repeat(Repeat::All), Change::Shuffle(true), Change::Repeat(Repeat::One)]);
}

#[test]
fn settings_change_at_once() {
    let (engine, mut harness) = opened();
    press_with(&mut harness, Modifiers::COMMAND, Key::Comma);
    assert_eq!(engine.take_sent(), [Command::ListOutputDevices]);
    click(&mut harness, Role::CheckBox, "Trust tags in files");
    let sent = engine.take_sent();
    assert!(
        matches!(&sent[..], [Command::ChangeSettings(changes)] if changes[..] == [Change::TrustFileTags(true)]),
        "{sent:?}"
    );
}

#[test]
fn what_goes_wrong_is_said() {
    let (engine, mut harness) = opened();
    engine.tell(Event::Failed(Report::new("The folder /lists cannot be written").with_hint("choose another one")));
    engine.tell(Event::Player(PlayerEvent::Status(PlayerStatus {
        output: OutputState::Silent("there is no sound device.".to_owned()),
        ..PlayerStatus::stopped(0.8)
    })));
    let scan = ScanOutcome { added: 12, problems: 2, ..ScanOutcome::default() };
    let phase = JobPhase::Finished(JobOutcome::Scan(scan));
    engine.tell(Event::Job(JobEvent { id: JobId(1), kind: JobKind::Scan, phase }));
    harness.run_ok();
    harness.run_steps(8);
    harness.get_by_label("The folder /lists cannot be written — choose another one");
    harness.get_by_label("No sound output: there is no sound device. Everything else works.");
    click(&mut harness, Role::Button, "Show problems");
    assert_eq!(harness.state().state().source, Source::Problems);
}

/// Ten songs of a band whose tags were read in the wrong encoding.
fn garbled() -> Snapshot {
    let mut snapshot = library(60);
    for track in std::sync::Arc::make_mut(&mut snapshot.tracks).iter_mut().take(10) {
        (track.title, track.artist, track.album) = ("Ãðóïïà êðîâè".to_owned(), "Êèíî".into(), "Ïîñëåäíèé ãåðîé".into());
    }
    snapshot
}

#[test]
fn garbled_texts_are_repaired_by_keys_in_a_dialog_that_shows_what_comes_of_it() {
    let (engine, mut harness) = open(garbled(), FakeDialogs::default());
    act(&mut harness, Action::Search("Êèíî".to_owned()));
    press(&mut harness, Key::ArrowDown);
    press_with(&mut harness, Modifiers::COMMAND, Key::A);
    engine.take_sent();
    press(&mut harness, Key::T);
    harness.get_by_label("Artist: Êèíî becomes Кино");
    harness.get_by_label("Title: Ãðóïïà êðîâè becomes Группа крови");
    harness.get_by_role_and_label(Role::RadioButton, "Cyrillic (Windows-1251), most likely");
    // The readings stand below each other, and beside them, below each other, the texts.
    let place = |role, label: &str| harness.get_by_role_and_label(role, label).rect();
    let (best, as_is) =
        (place(Role::RadioButton, "Cyrillic (Windows-1251), most likely"), place(Role::RadioButton, "As in the file"));
    let artist = place(Role::Label, "Artist: Êèíî becomes Кино");
    let album = place(Role::Label, "Album: Ïîñëåäíèé ãåðîé becomes Последний герой");
    assert!(as_is.top() > best.bottom() && as_is.left() == best.left(), "{best} {as_is}");
    assert!(artist.left() > best.right() && artist.right() < 1280.0 - 100.0, "{best} {artist}");
    assert!(album.top() >= artist.bottom() && album.left() == artist.left(), "{artist} {album}");
    support::show("repair-text", &mut harness);
    press(&mut harness, Key::ArrowDown);
    assert!(harness.query_by_label("Artist: Êèíî becomes Кино").is_none(), "another encoding");
    press(&mut harness, Key::ArrowUp);
    harness.get_by_label("Artist: Êèíî becomes Кино");
    press(&mut harness, Key::Enter);
    let sent = engine.take_sent();
    let [Command::RepairText { tracks, reading: Some(Reading::Windows1251) }] = &sent[..] else { panic!("{sent:?}") };
    assert_eq!(tracks.len(), 10);
    assert_eq!(harness.state().state().overlay, None);
    press(&mut harness, Key::T);
    press(&mut harness, Key::Escape);
    assert_eq!((harness.state().state().overlay.clone(), engine.take_sent()), (None, Vec::new()));
}

#[test]
fn repaired_texts_can_be_left_as_in_the_file() {
    let mut snapshot = library(60);
    let first = &mut std::sync::Arc::make_mut(&mut snapshot.tracks)[0];
    let id = first.id;
    first.artist = "Кино".into();
    first.in_file = Some(Box::new([(TextField::Artist, "Êèíî".to_owned())].into()));
    let (engine, mut harness) = open(snapshot, FakeDialogs::default());
    act(&mut harness, Action::Search("Кино".to_owned()));
    press(&mut harness, Key::ArrowDown);
    let row = harness.get_by_role(Role::Row);
    row.click_secondary();
    harness.run_ok();
    click(&mut harness, Role::Button, "Repair text… T");
    engine.take_sent();
    click(&mut harness, Role::Button, "As in the file");
    assert_eq!(engine.take_sent(), [Command::RepairText { tracks: vec![id], reading: None }]);
}

#[test]
fn album_artist_disc_and_composer_are_columns_that_can_be_shown() {
    let mut snapshot = library(60);
    for (index, track) in std::sync::Arc::make_mut(&mut snapshot.tracks).iter_mut().enumerate() {
        track.more = Some(Box::new(AlbumFields {
            album_artist: Some(format!("By {:02}", 59 - index).into()),
            disc: Some(1 + index as u32 % 2),
            composer: Some("Clara".into()),
            ..AlbumFields::default()
        }));
    }
    let (_, mut harness) = open(snapshot, FakeDialogs::default());
    assert!(harness.query_by_role_and_label(Role::ColumnHeader, "Album artist").is_none(), "off by default");
    for name in ["Album artist", "Disc", "Composer"] {
        harness.get_by_role_and_label(Role::ColumnHeader, "Title").click_secondary();
        harness.run_ok();
        click(&mut harness, Role::CheckBox, name);
        press(&mut harness, Key::Escape);
        harness.get_by_role_and_label(Role::ColumnHeader, name);
    }
    click(&mut harness, Role::ColumnHeader, "Album artist");
    let first = harness.state().row_track_id(0);
    assert_eq!(harness.state().state().track(first).unwrap().album_artist(), "By 00");
    support::show("more-columns", &mut harness);
}

#[test]
fn articles_count_where_the_switch_says_so() {
    let mut snapshot = library(60);
    let names = ["The Aaa", "Aab", "Tha"];
    for (track, name) in std::sync::Arc::make_mut(&mut snapshot.tracks).iter_mut().zip(names) {
        track.artist = name.into();
        track.more = None;
    }
    let (engine, mut harness) = open(snapshot, FakeDialogs::default());
    act(&mut harness, Action::Search("artist:aa".to_owned()));
    let artists = |harness: &Harness<'static, App>| -> Vec<String> {
        let state = harness.state().state();
        (0..state.rows.places.len()).map(|row| state.row_track(row).unwrap().artist.to_string()).collect()
    };
    assert_eq!(artists(&harness), ["The Aaa", "Aab"]);
    press_with(&mut harness, Modifiers::COMMAND, Key::Comma);
    engine.take_sent();
    act(&mut harness, Action::ChangeSettings(vec![Change::IgnoreArticles(false)]));
    assert_eq!(engine.take_sent(), [Command::ChangeSettings(vec![Change::IgnoreArticles(false)])]);
    assert_eq!(artists(&harness), ["Aab", "The Aaa"]);
}
