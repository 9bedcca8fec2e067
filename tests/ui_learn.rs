//! Learning from corrections, with a person's hands and the real engine: a model, songs, genres set by hand, a lesson, and the two
//! answers to it; then the songs on which two models disagree.
//!
//! `TIMBRE_SCREENS=/some/folder` also writes what it looks like.
#![cfg(feature = "gui")]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic, also in its helpers")]

mod audio_support;
mod support;

use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;

use audio_support::genres;
use eframe::egui::accesskit::Role;
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;
use support::{FakeDialogs, act, click, engine, show, until, window};
use timbre::engine::settings::Change;
use timbre::engine::training::message::{RunDetail, TrainingCommand};
use timbre::engine::{Command, Engine, Event, JobKind};
use timbre::library::model::Snapshot;
use timbre::ml::dataset::protocol::Protocol;
use timbre::ml::model::config::{Architecture, Config, Preset};
use timbre::ml::networks::input::FrontEnd;
use timbre::ml::networks::{CompactSpec, NetworkSpec};
use timbre::state::training::Tab;
use timbre::state::{Action, AppState, EngineLink, TrainAction};
use timbre::ui::App;

/// The engine of the window and of the test.
struct Shared(Rc<Engine>);

impl EngineLink for Shared {
    fn send(&self, command: Command) {
        self.0.send(command);
    }

    fn poll(&self) -> Vec<Event> {
        self.0.poll()
    }
}

/// A network small enough for a test, that knows tones and noise.
fn config(clips: PathBuf) -> Config {
    let mut config = Config::preset(Architecture::Cnn, Preset::Best);
    let spec = CompactSpec { front_end: FrontEnd::LogMel, window: 16, channels: vec![4, 8, 8], dropout: 0.0 };
    config.network = NetworkSpec::Compact(spec);
    config.sources.folders = vec![clips];
    config.protocol = Protocol::Holdout { train_share: 0.5 };
    config.valid_share = 0.0;
    (config.training.epochs, config.training.batch, config.training.learning_rate) = (60, 6, 1e-2);
    (config.training.keep_best, config.training.patience) = (false, None);
    config
}

fn send(harness: &mut Harness<'static, App>, command: TrainingCommand) {
    act(harness, Action::Train(TrainAction::Send(command)));
}

/// The run that Judge shows.
fn shown(state: &AppState) -> Option<&Arc<RunDetail>> {
    state.training.details.get(state.training.judge.run.as_ref()?)
}

fn songs(snapshot: &Snapshot, kind: &str) -> Vec<timbre::base::TrackId> {
    let found = snapshot.tracks.iter().filter(|track| track.title.starts_with(kind));
    found.map(|track| track.id).collect()
}

/// Opens the lesson of the run that shows, looks at it, and lets it be learned.
fn learn(harness: &mut Harness<'static, App>) {
    let before = harness.state().state().training.judge.run.clone();
    click(harness, Role::Button, "Learn from my corrections…");
    until(harness, "the corrections are counted", |state| {
        state.training.judge.learn.as_ref().is_some_and(|learn| learn.found.is_some())
    });
    show("learn-ask", harness);
    click(harness, Role::Button, "Learn");
    assert_eq!(harness.state().state().training.tab, Tab::Watch);
    until(harness, "the lesson is over", |state| {
        !state.is_training() && state.training.judge.run != before && shown(state).is_some()
    });
    act(harness, Action::Train(TrainAction::Show(Tab::Judge)));
    until(harness, "what was learned is read", |state| shown(state).is_some_and(|detail| detail.learned.is_some()));
}

#[test]
fn a_model_learns_from_corrections_and_only_accepting_it_changes_the_library() {
    let dir = tempfile::tempdir().unwrap();
    let clips = genres(dir.path(), &["tone", "noise"], 16);
    // In the library pulses are what their owner calls tone; the model calls them noise.
    let music = audio_support::songs(&dir.path().join("music"), &["pulse", "odd"], 24);
    let engine = Rc::new(engine(&dir.path().join("data")));
    engine.send(Command::ChangeSettings(vec![Change::ClassifyAfterScan(false)]));
    engine.send(Command::AddRoots(vec![music]));
    let mut harness = window([1280.0, 1400.0], Shared(engine.clone()), FakeDialogs::default());
    until(&mut harness, "the songs are known", |state| state.snapshot.tracks.len() == 48);
    let config = Box::new(config(clips));
    send(&mut harness, TrainingCommand::Start { config, name: "tones and noise".into() });
    act(&mut harness, Action::Train(TrainAction::Show(Tab::Judge)));
    until(&mut harness, "the model is trained", |state| {
        !state.is_training() && shown(state).is_some_and(|detail| detail.judgement.is_some())
    });
    let start = harness.state().state().training.judge.run.clone().unwrap();
    let of_start = shown(harness.state().state()).unwrap().clone();
    let own = of_start.judgement.as_ref().unwrap();
    assert_eq!((own.clips, own.accuracy), (16, 1.0), "tones and noise can be told apart");
    assert!(own.ms_per_song.is_some_and(|ms| ms > 0.0) && of_start.model_bytes.is_some());

    // Without corrections there is nothing to learn.
    click(&mut harness, Role::Button, "Learn from my corrections…");
    until(&mut harness, "it is said", |state| {
        state.training.judge.learn.as_ref().is_some_and(|learn| learn.found.is_some())
    });
    harness.get_by_label_contains("Nothing can be learned yet");
    click(&mut harness, Role::Button, "Cancel");

    let snapshot = harness.state().state().snapshot.clone();
    let set =
        |kind: &str, genre: &str| Command::SetGenre { tracks: songs(&snapshot, kind), genre: Some(genre.to_owned()) };
    for command in [set("pulse", "Tone"), set("odd", "zydeco")] {
        engine.send(command);
    }
    until(&mut harness, "the genres are set", |state| {
        state.snapshot.tracks.iter().all(|track| track.user_genre.is_some())
    });

    learn(&mut harness);
    show("learn-before-and-after", &mut harness);
    let detail = shown(harness.state().state()).unwrap().clone();
    let learned = detail.learned.clone().unwrap();
    let config = detail.config.clone().unwrap();
    let lesson = config.lesson.unwrap();
    assert_eq!(learned.start, "tones and noise");
    assert_eq!(learned.learned + learned.held_out.clips, 24, "songs of an unknown genre are left out");
    assert_eq!(learned.rehearsed, learned.learned.min(16), "as many of the clips that it was trained on");
    assert_eq!(learned.own_test.as_ref().unwrap().clips, 16);
    assert_eq!(learned.all.clips, learned.held_out.clips + 16);
    let (before, after) = (learned.held_out.before, learned.held_out.after);
    assert!(before.accuracy < 0.3 && after.accuracy > 0.7, "{before:?} {after:?}");
    assert!(learned.own_test.as_ref().unwrap().after.accuracy > 0.8, "{:?}", learned.own_test);
    // What judges was never learned, and both are judged on just these clips.
    let split: serde_json::Value = {
        let run = dir.path().join("data/runs").join(&detail.state.id);
        serde_json::from_slice(&std::fs::read(run.join("split.json")).unwrap()).unwrap()
    };
    let names = |part: &str| -> Vec<String> { serde_json::from_value(split[0][part].clone()).unwrap() };
    let (train, test) = (names("train"), names("test"));
    assert!(lesson.held_out.iter().all(|clip| test.contains(clip) && !train.contains(clip)));
    assert!(detail.predictions.iter().all(|clip| test.contains(&clip.clip)));
    let rows = harness.query_all_by_role(Role::Row).count();
    assert!(rows >= 5, "three sets of clips and two genres: {rows}");

    // Nothing has changed for the library, and after discarding it nothing will.
    assert_eq!(harness.state().state().settings.classifier, None);
    let run = detail.state.id.clone();
    click(&mut harness, Role::Button, "Discard: keep the old one");
    until(&mut harness, "the run is gone", |state| {
        state.training.runs.as_ref().is_some_and(|runs| runs.iter().all(|known| known.state.id != run))
    });
    let state = harness.state().state();
    assert_eq!((state.settings.classifier.clone(), state.training.judge.run.clone()), (None, Some(start.clone())));

    // The next lesson holds back the same songs; accepted, it decides.
    learn(&mut harness);
    let detail = shown(harness.state().state()).unwrap().clone();
    assert_eq!(detail.config.as_ref().unwrap().lesson.as_ref().unwrap().held_out, lesson.held_out);
    click(&mut harness, Role::Button, "Accept: it decides my library's genres");
    until(&mut harness, "the library has heard it", |state| {
        state.settings.classifier.as_ref() == Some(&detail.state.id)
            && !state.jobs.any(JobKind::Classify)
            && state.snapshot.tracks.iter().all(|track| {
                track.prediction.as_ref().is_some_and(|heard| heard.model_name == "tones and noise + corrections")
            })
    });
    harness.get_by_label("Accepted: it decides your library's genres.");
    // A trusted tag may name what this model knows, and nothing else.
    assert_eq!(*harness.state().state().rule.genres, ["noise".to_owned(), "tone".to_owned()]);
    let snapshot = harness.state().state().snapshot.clone();
    let by = |track: &&timbre::library::model::Track| {
        track.prediction.as_ref().unwrap().model_name == "tones and noise + corrections"
    };
    assert_eq!(snapshot.tracks.iter().filter(by).count(), 48);
    assert!(snapshot.tracks.iter().all(|track| track.user_genre.is_some()), "what was set by hand stays");

    // Old and new disagree on the pulses, which can be listened to.
    act(&mut harness, Action::Train(TrainAction::Show(Tab::Compare)));
    until(&mut harness, "both runs are ticked", |state| state.training.compare.ticked.len() == 2);
    click(&mut harness, Role::Button, "Hear my library with both");
    until(&mut harness, "both have heard it", |state| state.training.compare.disagreements().is_some());
    let found = harness.state().state().training.compare.disagreements().unwrap().clone();
    assert_eq!(found.heard, 48);
    let pulses = songs(&snapshot, "pulse");
    assert!(found.songs.len() > 12 && found.songs.iter().all(|song| pulses.contains(&song.track)), "{found:?}");
    assert!(found.songs.iter().all(|song| song.first.genre != song.second.genre));
    harness.run_steps(4);
    show("compare-disagree", &mut harness);
    click(&mut harness, Role::Button, "Play them all");
    until(&mut harness, "they play", |state| {
        state.is_playing()
            && state.player.queue.len() == found.songs.len()
            && state.player.current == Some(found.songs[0].track)
    });
}
