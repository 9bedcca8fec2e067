//! A whole training through the window, with the real engine: choose clips, look at them, start, watch, stop and keep.
//!
//! `TIMBRE_SCREENS=/some/folder` also writes what the screens look like.
#![cfg(feature = "gui")]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic, also in its helpers")]

mod audio_support;
#[path = "ui_train/journey.rs"]
mod journey;
#[path = "ui_train/line.rs"]
mod line;
#[path = "ui_train/quit.rs"]
mod quit;
#[path = "ui_train/setup.rs"]
mod setup;
mod support;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use audio_support::genres;
use eframe::egui::accesskit::Role;
use eframe::egui::{Key, Modifiers, ViewportCommand, ViewportEvent, ViewportId};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use support::{FakeDialogs, FakeEngine, act, click, engine, library, settings, show, until, window};
use timbre::base::JobId;
use timbre::engine::settings::Theme;
use timbre::engine::training::message::{RunSummary, TrainingCommand, TrainingEvent};
use timbre::engine::{Command, Event, JobEvent, JobKind, JobPhase};
use timbre::ml::check::{Check, Doubtful, GenreCount, Similar};
use timbre::ml::dataset::{Broken, Sources};
use timbre::ml::model::config::{Architecture, Config, Preset};
use timbre::ml::networks::input::FrontEnd;
use timbre::ml::networks::{CompactSpec, NetworkSpec};
use timbre::ml::runs::run_folder::RunFolder;
use timbre::ml::runs::run_state::{RunState, RunStatus};
use timbre::ml::train::control::{BatchRecord, TrainEvent};
use timbre::ml::train::history::EpochRecord;
use timbre::ml::{DeviceChoice, DeviceStatus};
use timbre::state::genre::GENRES;
use timbre::state::training::{DataPart, Tab};
use timbre::state::{Action, AppState, Overlay, Place, TrainAction};
use timbre::ui::App;

/// A network small enough for a test, which trains until it is told to stop.
fn small(mut config: Config) -> Config {
    config.network = NetworkSpec::Compact(CompactSpec {
        front_end: FrontEnd::LogMel,
        window: 16,
        channels: vec![4, 8, 8],
        dropout: 0.1,
    });
    (config.training.epochs, config.training.batch, config.training.keep_best) = (4000, 6, true);
    config.valid_share = 0.3;
    config
}

#[test]
fn from_a_folder_to_a_trained_network() {
    let dir = tempfile::tempdir().unwrap();
    let clips = genres(dir.path(), &["tone", "pulse", "noise"], 10);
    let mut harness = window([1280.0, 800.0], engine(&dir.path().join("data")), FakeDialogs::answering(&clips));
    until(&mut harness, "the engine has told its library", |state| state.loaded);
    harness.key_press_modifiers(Modifiers::COMMAND, Key::Num3);
    harness.run_steps(4);
    assert_eq!(harness.state().state().place, Place::Train);

    // Nothing can start before there are clips; the reason is said.
    assert!(harness.get_by_role_and_label(Role::Button, "Start").accesskit_node().is_disabled());
    assert!(harness.query_by_label("Choose a folder of clips first.").is_some());
    click(&mut harness, Role::Button, "Choose a folder…");
    until(&mut harness, "the clips are counted", |state| {
        state.training.check_of(&state.training.setup.config.sources).is_some()
    });
    show("train-small", &mut harness);
    assert!(harness.query_by_label("Tone: 10 clips").is_some());

    // A value that cannot be is said at its field and holds the start.
    let mut config = harness.state().state().training.setup.config.clone();
    config.training.epochs = 0;
    act(&mut harness, Action::Train(TrainAction::Configure(Box::new(config.clone()))));
    assert!(harness.query_by_label("must be between 1 and 100,000").is_some());
    assert!(harness.get_by_role_and_label(Role::Button, "Start").accesskit_node().is_disabled());

    let config = small(config);
    act(&mut harness, Action::Train(TrainAction::Configure(Box::new(config))));
    click(&mut harness, Role::Button, "How long?");
    until(&mut harness, "a batch was tried", |state| {
        state.training.trial.as_ref().is_some_and(|trial| trial.rate.is_some())
    });
    harness.get_by_label_contains("of training. About");
    assert!(harness.query_by_role_and_label(Role::Button, "How long?").is_none(), "now it is known");
    click(&mut harness, Role::Button, "Start");
    assert_eq!(harness.state().state().training.tab, Tab::Watch);
    until(&mut harness, "curves have begun", |state| {
        state.training.running().is_some_and(|live| live.history.len() >= 25)
    });
    show("train-small-watch", &mut harness);
    assert!(harness.query_by_role_and_label(Role::ProgressIndicator, "Epochs done").is_some());
    assert!(harness.query_all_by_role(Role::Meter).count() >= 3, "a bar a genre");

    // Held, nothing moves; let go, it does.
    click(&mut harness, Role::Button, "Pause");
    std::thread::sleep(Duration::from_millis(600));
    harness.run_steps(4);
    let held = harness.state().state().training.running().unwrap().history.len();
    std::thread::sleep(Duration::from_millis(600));
    harness.run_steps(4);
    assert_eq!(harness.state().state().training.running().unwrap().history.len(), held);
    click(&mut harness, Role::Button, "Go on");
    // The learning rate rises slowly, so how many epochs that takes depends on nothing but the seed; how long, on the machine.
    let falls = |history: &[EpochRecord]| {
        let first = history.first().map_or(0.0, |epoch| epoch.train_loss);
        history.iter().any(|epoch| epoch.train_loss < 0.7 * first)
    };
    until(&mut harness, "it goes on, and the curve falls", |state| {
        state.training.running().is_some_and(|live| live.history.len() > held + 10 && falls(&live.history))
    });

    click(&mut harness, Role::Button, "Stop and keep the best");
    until(&mut harness, "it has ended", |state| !state.is_training() && state.training.running().is_none());
    let state = harness.state().state();
    let run = state.training.runs.as_ref().unwrap()[0].clone();
    assert_eq!(run.state.status, RunStatus::Stopped);
    assert!(run.score.is_some(), "clips have judged it");
    assert!(falls(state.training.history(&run.state.id)));
    assert!(state.training.details[&run.state.id].has_model());

    // Cancelled in the middle, it is offered again, also by the next window, and its curves go on.
    act(&mut harness, Action::Train(TrainAction::Show(Tab::SetUp)));
    click(&mut harness, Role::Button, "Start");
    until(&mut harness, "the second one trains", |state| {
        state.training.running().is_some_and(|live| live.run != run.state.id && live.history.len() >= 5)
    });
    click(&mut harness, Role::Button, "Cancel");
    until(&mut harness, "it is left", |state| !state.is_training() && state.training.unfinished().next().is_some());
    let second = harness.state().state().training.unfinished().next().unwrap().state.clone();
    drop(harness);
    let mut harness = window([1280.0, 800.0], engine(&dir.path().join("data")), FakeDialogs::default());
    until(&mut harness, "the run is offered", |state| {
        state.toasts.shown().iter().any(|toast| toast.action.as_ref().is_some_and(|(label, _)| label == "Go on"))
    });
    click(&mut harness, Role::Button, "Go on");
    until(&mut harness, "its curves go on", |state| {
        state.training.running().is_some_and(|live| {
            live.run == second.id
                && live.history.first().is_some_and(|first| first.epoch == 1)
                && live.history.len() > second.epochs_done
        })
    });

    // The window does not close over it without a word.
    let events = &mut harness.input_mut().viewports.entry(ViewportId::ROOT).or_default().events;
    events.push(ViewportEvent::Close);
    harness.run_steps(4);
    assert_eq!(harness.state().state().overlay, Some(Overlay::Quit));
    show("train-quit", &mut harness);
    click(&mut harness, Role::Button, "Stay");
    assert_eq!(harness.state().state().overlay, None);
}

/// What a look at a thousand clips might find.
fn checked() -> Check {
    let genre = |(index, genre): (usize, &&str)| GenreCount {
        genre: (*genre).to_owned(),
        clips: 100 - index % 4,
        sounds: 100 - index % 4,
        pictures: 0,
        minutes: 50.0,
        artists: 12 + index,
    };
    Check {
        clips: 999,
        artists: 160,
        without_artist: 42,
        genres: GENRES.iter().enumerate().map(genre).collect(),
        exact: vec![vec!["pop.00015".into(), "pop.00034".into()]],
        similar: vec![Similar {
            a: "disco.1".into(),
            b: "pop.2".into(),
            similarity: 0.98,
            shift_secs: 1.0,
            different_genres: true,
        }],
        doubtful: vec![Doubtful {
            clip: "rock.00038".into(),
            genre: "rock".into(),
            sounds_like: "metal".into(),
            probability: 0.94,
            label_probability: 0.02,
        }],
        broken: vec![Broken { path: "/music/gtzan/jazz/jazz.00054.wav".into(), reason: "it ends too soon".into() }],
        sounds: BTreeMap::from([("rock.00038".to_owned(), PathBuf::from("/music/gtzan/rock/rock.00038.wav"))]),
        agreement: Some(0.8),
        judged: 999,
        ..Check::default()
    }
}

fn epoch(part: usize, epoch: usize) -> EpochRecord {
    let at = epoch as f64;
    let wobble = ((epoch * 7919 + part * 31) % 13) as f64 / 13.0 - 0.5;
    EpochRecord {
        part,
        epoch,
        learning_rate: 1e-3,
        train_loss: 0.35 + 2.0 * (-at / 6.0).exp() + 0.05 * wobble,
        train_accuracy: 0.97 - 0.8 * (-at / 5.0).exp(),
        valid_loss: Some(0.75 + 1.6 * (-at / 5.0).exp() + 0.008 * at + 0.12 * wobble),
        valid_accuracy: Some(0.8 - 0.65 * (-at / 4.0).exp() + 0.05 * wobble),
        valid_f1: (0..GENRES.len())
            .map(|genre| (0.4 + 0.06 * genre as f64 - 0.3 * (-at / 6.0).exp()).max(0.0))
            .collect(),
        clips_per_second: 212.0,
        seconds: 3.1,
    }
}

fn run(id: &str, name: &str, status: RunStatus) -> RunSummary {
    let mut state = RunState::new(id, "cnn", "best", 1_795_305_600);
    (state.name, state.status) = (name.to_owned(), status);
    (state.epochs_done, state.epochs_planned, state.seconds) = (12, 25, 40.0);
    RunSummary { state, score: None }
}

#[test]
fn every_screen_of_train() {
    for (theme, look) in [(Theme::Dark, "dark"), (Theme::Light, "light")] {
        for (size, wide) in [([1280.0, 800.0], ""), ([1920.0, 1080.0], "-wide")] {
            let fake = FakeEngine::default();
            fake.tell(settings(|settings| settings.theme = theme));
            fake.tell(Event::Library(library(40)));
            let mut harness = window(size, fake.clone(), FakeDialogs::default());
            act(&mut harness, Action::Train(TrainAction::Show(Tab::SetUp)));
            show(&format!("train-setup-empty{wide}-{look}"), &mut harness);
            act(&mut harness, Action::Train(TrainAction::Show(Tab::Watch)));
            show(&format!("train-watch-empty{wide}-{look}"), &mut harness);

            act(&mut harness, Action::Train(TrainAction::Show(Tab::SetUp)));
            let runs = vec![run("b", "evening run", RunStatus::Paused), run("a", "first try", RunStatus::Finished)];
            fake.tell(Event::Training(TrainingEvent::Runs(Arc::new(runs))));
            for (part, path) in
                [(DataPart::Folder, "/music/gtzan/images_original"), (DataPart::Index, "/music/gtzan/GTZANindex.txt")]
            {
                act(&mut harness, Action::Train(TrainAction::Put(part, path.into())));
            }
            let sources: Sources = harness.state().state().training.setup.config.sources.clone();
            fake.tell(Event::Training(TrainingEvent::Checked(sources, Arc::new(checked()))));
            harness.run_steps(4);
            show(&format!("train-setup{wide}-{look}"), &mut harness);
            act(&mut harness, Action::Train(TrainAction::Choose(Architecture::Multimodal, Preset::Best)));
            show(&format!("train-setup-multimodal{wide}-{look}"), &mut harness);
            act(&mut harness, Action::Train(TrainAction::Choose(Architecture::Mobilenet, Preset::Article)));
            assert!(harness.query_by_label("Choose a file of MobileNetV2 weights first.").is_some());
            show(&format!("train-setup-article{wide}-{look}"), &mut harness);

            act(&mut harness, Action::Train(TrainAction::Choose(Architecture::Cnn, Preset::Best)));
            fake.take_sent();
            act(&mut harness, Action::Train(TrainAction::Start));
            assert!(
                fake.take_sent()
                    .iter()
                    .any(|command| matches!(command, Command::Training(TrainingCommand::Start { .. })))
            );
            fake.tell(Event::Job(JobEvent { id: JobId(9), kind: JobKind::Train, phase: JobPhase::Started }));
            let tell = |event| fake.tell(Event::Training(TrainingEvent::Progress { run: "c".into(), event }));
            let labels: Vec<String> = GENRES.iter().map(|genre| (*genre).to_owned()).collect();
            for part in 0..2 {
                tell(TrainEvent::Part { part, parts: 5, rounds: 5, clips: (720, 80, 200), labels: labels.clone() });
                (1..=if part == 0 { 25 } else { 18 }).for_each(|number| tell(TrainEvent::Epoch(epoch(part, number))));
            }
            let batch = BatchRecord {
                part: 1,
                epoch: 19,
                epochs: 25,
                batch: 14,
                batches: 23,
                loss: 0.471,
                accuracy: 0.93,
                clips_per_second: 208.4,
            };
            tell(TrainEvent::Batch(batch));
            harness.run_steps(4);
            show(&format!("train-watch{wide}-{look}"), &mut harness);
            let mut watch = harness.state().state().training.watch.clone();
            (watch.smoothing, watch.log_loss) = (0.7, true);
            act(&mut harness, Action::Train(TrainAction::SetWatch(watch)));
            show(&format!("train-watch-log{wide}-{look}"), &mut harness);
        }
    }
}

#[test]
fn a_device_that_cannot_be_used_is_greyed_with_the_reason() {
    static DEVICES: std::sync::LazyLock<Vec<DeviceStatus>> = std::sync::LazyLock::new(|| {
        let status = |device, available, detail: &str| DeviceStatus { device, available, detail: detail.to_owned() };
        vec![
            status(DeviceChoice::Cpu, true, "8 threads"),
            status(DeviceChoice::Cuda, true, "NVIDIA GPU"),
            status(DeviceChoice::Metal, false, "this build has no Metal support"),
        ]
    });
    let fake = FakeEngine::default();
    fake.tell(settings(|_| {}));
    let mut harness = window([1280.0, 1400.0], fake.clone(), FakeDialogs::default());
    act(&mut harness, Action::Train(TrainAction::Show(Tab::SetUp)));
    let disabled = |harness: &Harness<'static, App>, name: &str| {
        harness.get_by_role_and_label(Role::RadioButton, name).accesskit_node().is_disabled()
    };
    assert!(disabled(&harness, "CUDA") && !disabled(&harness, "CPU"), "nothing is known of GPUs yet");
    fake.tell(Event::Training(TrainingEvent::Devices(&DEVICES)));
    harness.run_ok();
    assert!(disabled(&harness, "Metal") && !disabled(&harness, "CUDA"));
    harness.get_by_label("CPU: 8 threads · CUDA: NVIDIA GPU · Metal: this build has no Metal support");
    click(&mut harness, Role::RadioButton, "CUDA");
    show("train-device", &mut harness);
    act(&mut harness, Action::Train(TrainAction::Choose(Architecture::Multimodal, Preset::Best)));
    assert_eq!(harness.state().state().training.setup.config.device, DeviceChoice::Cuda, "a preset keeps it");

    // What came of it is said where the training is watched.
    act(&mut harness, Action::Train(TrainAction::Show(Tab::Watch)));
    let event = TrainEvent::Note("CUDA cannot be used (out of memory): the CPU is used".into());
    fake.tell(Event::Training(TrainingEvent::Progress { run: "c".into(), event }));
    harness.run_ok();
    harness.get_by_label("CUDA cannot be used (out of memory): the CPU is used.");
}

#[test]
fn a_preset_keeps_the_clips_and_dropped_things_find_their_place() {
    let mut state = AppState::default();
    let dropped = ["/a/clips", "/a/wavelets", "/a/index.txt", "/a/fold1.txt", "/a/net.safetensors"];
    let dropped = dropped.into_iter().enumerate().map(|(index, path)| (PathBuf::from(path), index < 2)).collect();
    let sent = state.reduce(Action::Train(TrainAction::Dropped(dropped)));
    assert!(matches!(sent.as_slice(), [Command::Training(TrainingCommand::Check(_))]), "{sent:?}");
    let _ = state.reduce(Action::Train(TrainAction::Choose(Architecture::Mobilenet, Preset::Article)));
    let config = &state.training.setup.config;
    assert_eq!(config.sources.folders, [PathBuf::from("/a/clips")]);
    assert_eq!(config.sources.wavelets, Some("/a/wavelets".into()));
    assert_eq!(config.sources.index, Some("/a/index.txt".into()));
    assert_eq!(config.sources.lists, [PathBuf::from("/a/fold1.txt")]);
    assert_eq!(config.base, Some("/a/net.safetensors".into()));
    assert_eq!(config.training, Config::preset(Architecture::Mobilenet, Preset::Article).training);
    assert_eq!(state.training.setup.obstacle(&state.training), None);
}
