//! Judge and Compare with a person's hands: runs made by hand, the real engine.
//!
//! `TIMBRE_SCREENS=/some/folder` also writes what it looks like; with `TIMBRE_RUNS=/a/data/folder` of runs of one's own.
#![cfg(feature = "gui")]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic, also in its helpers")]

mod audio_support;
mod support;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use audio_support::{Sound, write};
use candle_core::Tensor;
use eframe::egui::accesskit::Role;
use eframe::egui::{Key, Modifiers};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;
use support::{FakeDialogs, FakeEngine, act, click, engine, library, settings, show, until, window};
use tempfile::TempDir;
use timbre::audio::player::PlayerCommand;
use timbre::base::JobId;
use timbre::engine::picture::Picture;
use timbre::engine::settings::Change;
use timbre::engine::settings::Theme;
use timbre::engine::training::message::{
    Disagreement, Disagreements, RunSummary, Score, TrainingCommand, TrainingEvent,
};
use timbre::engine::{Command, Event, JobEvent, JobKind, JobPhase, Progress};
use timbre::library::model::GenreProbability;
use timbre::ml::eval::branches::BranchScore;
use timbre::ml::eval::{Judgement, Prediction, Temperature};
use timbre::ml::model::config::{Architecture, Config, Preset};
use timbre::ml::model::{MODEL_FORMAT, Model, ModelCard};
use timbre::ml::networks::input::FrontEnd;
use timbre::ml::networks::{BranchSpec, CompactSpec, FusionSpec, NetworkSpec, PerceptronSpec};
use timbre::ml::nn::rng::Rng;
use timbre::ml::runs;
use timbre::ml::runs::run_folder::RunFolder;
use timbre::ml::runs::run_state::{RunState, RunStatus, Separation};
use timbre::ml::train::history::EpochRecord;
use timbre::state::training::Tab;
use timbre::state::training::judge::{ClassColumn, JudgeAction};
use timbre::state::{Action, AppState, TrainAction, Verb};
use timbre::ui::App;

const LABELS: [&str; 3] = ["metal", "my own", "rock"];

/// Runs in a data folder, and the clips that they were judged on.
struct Data(TempDir);

impl Data {
    fn new() -> Self {
        let dir = tempfile::Builder::new().prefix("Timbre-").tempdir().unwrap();
        for label in LABELS {
            std::fs::create_dir_all(dir.path().join("clips").join(label)).unwrap();
        }
        let tone = Sound::tone(380.0, 0.1, 8_000, 1, 3.0);
        for clip in 0..30 {
            let label = LABELS[clip % 3];
            write(&dir.path().join("clips").join(label), &format!("{label}.{clip:05}.wav"), &tone.wav());
        }
        Self(dir)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// A finished run that has the first `right` of 30 clips right; others are called the next genre.
    fn run(&self, architecture: &str, name: &str, created: i64, separation: Separation, right: usize) -> RunState {
        let (folder, mut state) = runs::create(&self.path("data/runs"), architecture, "best", created).unwrap();
        state.status = RunStatus::Finished;
        (state.separation, state.name, state.parameters) = (separation, name.to_owned(), 193_322);
        state.write(&folder).unwrap();
        let labels: Vec<String> = LABELS.map(String::from).into();
        let predictions: Vec<Prediction> = (0..30)
            .map(|clip| {
                let mut logits = vec![0.0, 0.3, 0.1];
                logits[if clip < right { clip % 3 } else { (clip + 1) % 3 }] = 2.0 + clip as f64 / 20.0;
                let name = format!("{}.{clip:05}", LABELS[clip % 3]);
                Prediction { clip: name, truth: clip % 3, logits, part: 0 }
            })
            .collect();
        let found = Judgement::new("artists kept apart", &labels, &predictions, Temperature::Given(1.2)).unwrap();
        let history: Vec<EpochRecord> = (1..=12)
            .map(|epoch| EpochRecord {
                epoch,
                train_loss: 2.2 / epoch as f64,
                train_accuracy: 1.0 - 0.8 / epoch as f64,
                valid_loss: Some(1.6 / (epoch as f64).sqrt()),
                valid_accuracy: Some(right as f64 / 30.0 - 0.4 / epoch as f64),
                seconds: 2.5,
                ..EpochRecord::default()
            })
            .collect();
        let mut config = Config::preset(Architecture::Cnn, Preset::Best);
        config.sources.folders = vec![self.path("clips")];
        std::fs::write(folder.config(), serde_json::to_vec(&config).unwrap()).unwrap();
        std::fs::write(folder.metrics(), serde_json::to_vec(&found).unwrap()).unwrap();
        std::fs::write(folder.predictions(), serde_json::to_vec(&predictions).unwrap()).unwrap();
        std::fs::write(folder.history_json(), serde_json::to_vec(&history).unwrap()).unwrap();
        // A model file without tensors: the length of its header, and the header.
        std::fs::write(folder.model(), [&8u64.to_le_bytes()[..], b"{}      "].concat()).unwrap();
        state
    }

    fn window_of(&self, size: [f32; 2]) -> Harness<'static, App> {
        opened(size, &self.path("data"), Theme::Dark, &self.path("out"))
    }

    fn window(&self, answers: &Path) -> Harness<'static, App> {
        opened([1280.0, 800.0], &self.path("data"), Theme::Dark, answers)
    }
}

fn opened(size: [f32; 2], data: &Path, theme: Theme, answers: &Path) -> Harness<'static, App> {
    let engine = engine(data);
    engine.send(Command::ChangeSettings(vec![Change::Theme(theme)]));
    let mut harness = window(size, engine, FakeDialogs::answering(answers));
    until(&mut harness, "the engine has told its library", |state| state.loaded && state.settings.theme == theme);
    act(&mut harness, Action::Do(Verb::GoTrain));
    until(&mut harness, "the runs are listed", |state| state.training.runs.is_some());
    harness
}

fn judge(harness: &mut Harness<'static, App>, action: JudgeAction) {
    act(harness, Action::Train(TrainAction::Judge(action)));
}

fn show_tab(harness: &mut Harness<'static, App>, tab: Tab) {
    act(harness, Action::Train(TrainAction::Show(tab)));
    until(harness, "the runs are read", |state| {
        let training = &state.training;
        let wanted = if tab == Tab::Judge {
            training.judge.run.iter().collect()
        } else {
            Vec::from_iter(&training.compare.ticked)
        };
        wanted.iter().all(|id| training.details.contains_key(*id))
    });
}

#[test]
fn a_cell_of_the_matrix_lists_its_clips_and_plays_them() {
    let data = Data::new();
    data.run("cnn", "honest", 1_795_305_600, Separation::Artists, 18);
    data.run("cnn", "leaky", 1_795_392_000, Separation::Clips, 27);
    let mut harness = data.window(&data.path("out"));
    show_tab(&mut harness, Tab::Judge);
    // The newest is judged first; the other one is a click away.
    harness.get_by_label_contains("Artists, albums and even recordings may be on both sides");
    assert!(harness.get_all_by_label("90.0 %").count() > 1, "at the head, and beside the other protocol");
    harness.get_by_label_contains("30.0 points lie between them");
    show("judge-made", &mut harness);
    click(&mut harness, Role::Button, "honest, 60.0 % (42.3 to 75.4 %) · 30 clips");
    until(&mut harness, "the run is read", |state| {
        state.training.details.contains_key(state.training.judge.run.as_ref().unwrap())
    });

    harness.get_by_role_and_label(Role::Button, "6 of 10 metal clips were called metal");
    harness.get_by_role_and_label(Role::Button, "0 of 10 rock clips were called my own");
    click(&mut harness, Role::Button, "4 of 10 rock clips were called metal");
    assert_eq!(harness.query_all_by_role(Role::ListItem).count(), 4);
    for clip in ["rock.00020", "rock.00023", "rock.00026", "rock.00029"] {
        harness.get_by_role_and_label(Role::Button, &format!("Play {clip}"));
    }
    assert!(harness.query_by_label("Play rock.00002").is_none(), "a clip of another cell");
    show("judge-cell", &mut harness);

    click(&mut harness, Role::Button, "Play rock.00023");
    until(&mut harness, "the clip plays", |state| {
        let playing = state.player.current.and_then(|id| state.played_file(id));
        state.is_playing() && playing.is_some_and(|file| file.title == "rock.00023")
    });
    harness.get_by_role_and_label(Role::Button, "Pause rock.00023");

    // The keyboard goes from cell to cell and opens one.
    harness.get_by_role_and_label(Role::Button, "4 of 10 rock clips were called metal").focus();
    harness.run_ok();
    for key in [Key::ArrowUp, Key::ArrowRight, Key::Enter] {
        harness.key_press_modifiers(Modifiers::NONE, key);
        harness.run_ok();
    }
    assert_eq!(harness.state().state().training.judge.cell, Some((1, 1)));
    harness.get_by_role_and_label(Role::Button, "Play my own.00016");

    // Sorted by recall, the worst genre stands last.
    judge(&mut harness, JudgeAction::SortBy(ClassColumn::Recall));
    harness.get_by_role_and_label(Role::ColumnHeader, "Recall, sorted downwards");
    // This model has no tensors: that is said, not hidden.
    judge(&mut harness, JudgeAction::See(Some("rock.00023".into())));
    until(&mut harness, "it is said why not", |state| !state.training.explained.is_empty());
    harness.get_by_label_contains("It cannot be shown");
}

/// A network of two branches, of which one always says metal and the other rock, whatever it hears.
fn write_fusion(path: &Path) {
    let branch = |name: &str, network| BranchSpec { name: name.into(), network, rate: 1.0, weight: 1.0 };
    let grid = CompactSpec { front_end: FrontEnd::LogMel, window: 16, channels: vec![4, 4], dropout: 0.0 };
    let tags = PerceptronSpec { front_end: FrontEnd::Tags, hidden: 0, dropout: (0.0, 0.0) };
    let branches = vec![branch("grid", NetworkSpec::Compact(grid)), branch("tags", NetworkSpec::Perceptron(tags))];
    let spec = NetworkSpec::Fusion(FusionSpec { branches });
    let labels: Vec<String> = LABELS.map(String::from).into();
    let network = spec.build(&labels, None, &mut Rng::new(1), &candle_core::Device::Cpu).unwrap();
    for (name, bias) in [("grid", [3.0_f32, 0.0, 0.0]), ("tags", [0.0, 0.0, 4.0])] {
        for variable in network.variables().all() {
            if variable.name == format!("{name}.output.weight") {
                variable.var.set(&variable.var.zeros_like().unwrap()).unwrap();
            } else if variable.name == format!("{name}.output.bias") {
                variable.var.set(&Tensor::new(&bias, variable.var.device()).unwrap()).unwrap();
            }
        }
    }
    let config = Config { network: spec.clone(), ..Config::preset(Architecture::Multimodal, Preset::Best) };
    let card = ModelCard {
        format: MODEL_FORMAT,
        name: "two branches".into(),
        front_ends: spec.inputs().iter().map(|input| (input.front_end, input.front_end.version())).collect(),
        network: spec,
        labels,
        windows: 3,
        temperature: 1.0,
        config,
        command: String::new(),
        split: String::new(),
        trained_on: Vec::new(),
        metrics: None,
    };
    Model::write(path, &card, &*network, false).unwrap();
}

#[test]
fn the_fusion_meter_tells_how_much_each_branch_decided() {
    let data = Data::new();
    let mut run = data.run("multimodal", "two branches", 1_795_305_600, Separation::Artists, 18);
    let score = |branch: &str, right| BranchScore { branch: branch.into(), clips: 30, right };
    run.branches = vec![score("grid", 12), score("tags", 15)];
    run.write(&RunFolder::new(data.path("data/runs").join(&run.id))).unwrap();
    write_fusion(&data.path("data/runs").join(&run.id).join("model.safetensors"));
    let mut harness = data.window_of([1280.0, 2000.0]);
    show_tab(&mut harness, Tab::Judge);
    judge(&mut harness, JudgeAction::See(Some("rock.00002".into())));
    let key = (run.id, "rock.00002".to_owned());
    until(&mut harness, "the clip is explained and drawn", |state| {
        state.training.explained.contains_key(&key) && !state.training.pictures.is_empty()
    });
    let explained = harness.state().state().training.explained[&key].clone().unwrap();
    assert_eq!(explained.branches.len(), 2, "{:?}", explained.branches);
    // Logits (3, 0, 0) and (0, 0, 4) have the mean (1.5, 0, 2).
    harness.get_by_label("Rock 57 %");
    harness.get_by_label("What each branch alone gives to Rock");
    harness.get_by_label("Branch grid: 5 %, would say Metal");
    harness.get_by_label("Branch tags: 96 %, agrees");
    // The clip lies outside of the library and is drawn all the same.
    for name in ["Spectrogram of rock.00002", "Scalogram of rock.00002"] {
        let picture = harness.get_by_role_and_label(Role::Image, name);
        assert!(picture.rect().width() > 200.0 && picture.rect().height() > 60.0);
    }
    let drawn = harness.state().state().training.pictures.values().next().unwrap().clone().unwrap();
    let colours = |picture: &Picture| picture.rgb.chunks_exact(3).collect::<std::collections::HashSet<_>>().len();
    assert!(drawn.iter().all(|picture| colours(picture) > 20), "they show something");
    show("judge-fusion", &mut harness);
    // And what each is worth over all test clips.
    for line in ["grid: 40.0 % (", "tags: 50.0 % (", "together: 60.0 % (42.3 to 75.4 %) of 30 clips"] {
        harness.get_by_label_contains(line);
    }
}

#[test]
fn a_run_is_named_noted_deleted_exported_and_taken_in_again() {
    let data = Data::new();
    let run = data.run("cnn", "honest", 1_795_305_600, Separation::Artists, 18);
    // What is chosen or taken in must be a model.
    let model = Path::new(env!("CARGO_MANIFEST_DIR")).join("weights/cnn.safetensors");
    std::fs::copy(model, data.path("data/runs").join(&run.id).join("model.safetensors")).unwrap();
    std::fs::create_dir_all(data.path("out")).unwrap();
    let mut harness = data.window(&data.path("out"));
    show_tab(&mut harness, Tab::Judge);

    click(&mut harness, Role::Button, "Run");
    click(&mut harness, Role::Button, "Rename…");
    harness.get_by_role_and_label(Role::TextInput, "Rename the run").type_text(" run");
    harness.run_ok();
    click(&mut harness, Role::Button, "Rename");
    let name = |state: &AppState| state.training.runs.as_ref().unwrap().first().map(|run| run.state.name.clone());
    until(&mut harness, "the run has its new name", |state| name(state).is_some_and(|name| name.contains(" run")));
    judge(&mut harness, JudgeAction::Note("too few epochs".into()));
    until(&mut harness, "the note is kept", |state| {
        state.training.runs.as_ref().unwrap()[0].state.notes == "too few epochs"
    });
    harness.get_by_label("too few epochs");

    judge(&mut harness, JudgeAction::Export);
    let bundle = data.path(&format!("out/{}.zip", run.id));
    until(&mut harness, "the bundle is written", |state| {
        state.toasts.shown().iter().any(|toast| toast.text.starts_with("Wrote 2026"))
    });
    assert!(std::fs::metadata(&bundle).unwrap().len() > 500);

    click(&mut harness, Role::Button, "Figures…");
    until(&mut harness, "the figures are written", |state| {
        state.toasts.shown().iter().any(|toast| toast.text == "Wrote 12 files.")
    });
    let files = std::fs::read_dir(data.path("out")).unwrap().count();
    assert_eq!(files, 13, "five plots twice, two tables, the bundle");

    // What it was trained with can be trained again, changed or not.
    click(&mut harness, Role::Button, "Run");
    click(&mut harness, Role::Button, "Train again…");
    until(&mut harness, "the clips are counted", |state| {
        let check = state.training.check_of(&state.training.setup.config.sources);
        check.is_some_and(|check| check.genres.iter().map(|genre| genre.clips).sum::<usize>() == 30)
    });
    let training = &harness.state().state().training;
    assert_eq!((training.tab, &training.setup.config.sources.folders), (Tab::SetUp, &vec![data.path("clips")]));
    show_tab(&mut harness, Tab::Judge);

    // It may decide the library's genres; when it is gone, the built-in classifier does that again.
    let used = Change::Classifier(Some(run.id.clone()));
    act(&mut harness, Action::ChangeSettings(vec![used]));
    until(&mut harness, "it decides", |state| state.settings.classifier.as_ref() == Some(&run.id));
    click(&mut harness, Role::Button, "Run");
    click(&mut harness, Role::Button, "Delete…");
    assert!(data.path("data/runs").join(&run.id).exists(), "it asks first");
    harness.get_by_label_contains("It decides your library's genres");
    click(&mut harness, Role::Button, "Delete");
    until(&mut harness, "the run is gone", |state| state.training.runs.as_ref().is_some_and(|runs| runs.is_empty()));
    harness.get_by_label("Nothing to judge yet");
    until(&mut harness, "the built-in classifier decides", |state| state.settings.classifier.is_none());

    std::fs::rename(bundle, data.path("out/bundle.zip")).unwrap();
    click(&mut harness, Role::Button, "Import a run…");
    until(&mut harness, "the run is back", |state| {
        state.training.judge.run.as_ref().is_some_and(|run| state.training.details.contains_key(run))
    });
    assert!(harness.get_all_by_label("60.0 %").count() > 0);
    harness.get_by_label("too few epochs");
}

#[test]
fn two_runs_side_by_side() {
    let data = Data::new();
    data.run("cnn", "honest", 1_795_305_600, Separation::Artists, 18);
    data.run("mobilenet", "leaky", 1_795_392_000, Separation::Clips, 28);
    data.run("cnn", "twin", 1_795_392_001, Separation::Artists, 19);
    let mut harness = data.window(&data.path("out"));
    show_tab(&mut harness, Tab::Compare);
    harness.get_by_role_and_label(Role::Row, "leaky: accuracy 93.3 %");
    harness.get_by_role_and_label(Role::Row, "the article's mobilenet: accuracy 54.0 %");
    harness.get_by_label_contains("“leaky” did not");
    harness.get_by_label_contains("leaky is better than honest, more than by chance; of 30 common clips");
    harness.get_by_label_contains("twin and honest: the difference may be chance");
    show("compare-made", &mut harness);
    click(&mut harness, Role::CheckBox, "leaky, 93.3 % (78.7 to 98.2 %) · 30 clips");
    assert!(harness.query_by_label("leaky: accuracy 93.3 %").is_none());
    harness.get_by_label_contains("twin and honest: the difference may be chance");
    click(&mut harness, Role::CheckBox, "twin, 63.3 % (45.5 to 78.1 %) · 30 clips");
    harness.get_by_label("Choose runs to compare");
}

#[test]
fn songs_on_which_two_models_disagree_are_heard_stopped_and_played() {
    let fake = FakeEngine::default();
    fake.tell(settings(|_| ()));
    fake.tell(Event::Library(library(40)));
    let mut harness = window([1280.0, 1000.0], fake.clone(), FakeDialogs::default());
    harness.run_ok();
    act(&mut harness, Action::Train(TrainAction::Show(Tab::Compare)));
    let run = |id: &str, accuracy| {
        let score = Score { accuracy, interval: (0.0, 1.0), macro_f1: accuracy, ece: 0.1, clips: 10 };
        RunSummary { state: RunState::new(id, "cnn", "best", 0), score: Some(score) }
    };
    fake.tell(Event::Training(TrainingEvent::Runs(Arc::new(vec![run("one", 0.5)]))));
    harness.run_ok();
    // With a single run, the built-in model is the other one.
    harness.get_by_label("First model: Built-in");
    click(&mut harness, Role::Button, "Hear my library with both");
    let asked = Command::Training(TrainingCommand::Disagree("built-in".into(), "one".into()));
    assert!(fake.take_sent().contains(&asked));
    let job = |phase| Event::Job(JobEvent { id: JobId(7), kind: JobKind::Disagree, phase });
    fake.tell(job(JobPhase::Started));
    fake.tell(job(JobPhase::Progress(Progress { done: 20, total: Some(80), ..Progress::default() })));
    harness.run_steps(4);
    harness.get_by_role_and_label(Role::ProgressIndicator, "Songs heard with both models");
    harness.get_by_role_and_label(Role::Button, "Stop listening").click();
    harness.run_steps(4);
    assert!(fake.take_sent().contains(&Command::Cancel(JobId(7))));
    fake.tell(job(JobPhase::Cancelled));

    let tracks = harness.state().state().snapshot.tracks.clone();
    let opinion = |genre: &str, probability| GenreProbability { genre: genre.into(), probability };
    let songs: Vec<Disagreement> = tracks
        .iter()
        .filter(|track| track.playable && !track.missing)
        .take(3)
        .map(|track| Disagreement { track: track.id, first: opinion("jazz", 0.9), second: opinion("blues", 0.6) })
        .collect();
    let found = Disagreements { first: "built-in".into(), second: "one".into(), heard: 40, songs: songs.clone() };
    fake.tell(Event::Training(TrainingEvent::Disagreements(Arc::new(found))));
    harness.run_ok();
    harness.get_by_label_contains("They disagree on 3 of 40 songs");
    let said = "Built-in says Jazz 90 %, cnn best says Blues 60 %";
    assert_eq!(harness.get_all_by_label_contains(said).count(), 3);
    let second = tracks.iter().find(|track| track.id == songs[1].track).unwrap();
    click(&mut harness, Role::Button, &format!("Play {}", second.title));
    let played = fake.take_sent().into_iter().find_map(|command| match command {
        Command::Player(PlayerCommand::PlayQueue { items, start }) => Some((items, start)),
        _ => None,
    });
    let (items, start) = played.unwrap();
    let queue: Vec<_> = items.iter().map(|item| item.track).collect();
    assert_eq!((queue, start), (songs.iter().map(|song| song.track).collect(), 1));
}

/// What real runs look like, to be looked at; nothing is done to them.
#[test]
fn real_runs_can_be_looked_at() {
    let Some(data) = std::env::var_os("TIMBRE_RUNS").map(PathBuf::from) else { return };
    for (theme, look) in [(Theme::Dark, "dark"), (Theme::Light, "light")] {
        for (size, name) in [([1280.0, 800.0], "1280"), ([1920.0, 1080.0], "1920")] {
            let mut harness = opened(size, &data, theme, Path::new("/nowhere"));
            show_tab(&mut harness, Tab::Judge);
            show(&format!("judge-{name}-{look}"), &mut harness);
            let found = harness.state().state().training.judge.verdicts().iter();
            let mistake =
                found.filter(|clip| clip.truth != clip.decision).max_by(|a, b| a.confidence.total_cmp(&b.confidence));
            if let Some(clip) = mistake.map(|clip| clip.clip.clone()) {
                judge(&mut harness, JudgeAction::Cell(9, 6));
                show(&format!("judge-cell-{name}-{look}"), &mut harness);
                judge(&mut harness, JudgeAction::See(Some(clip)));
                until(&mut harness, "the clip is explained", |state| !state.training.explained.is_empty());
                show(&format!("judge-sees-{name}-{look}"), &mut harness);
            }
            show_tab(&mut harness, Tab::Compare);
            show(&format!("compare-{name}-{look}"), &mut harness);
        }
    }
    // The whole of it, on a screen as high as it.
    for (theme, look) in [(Theme::Dark, "dark"), (Theme::Light, "light")] {
        let mut harness = opened([1280.0, 2000.0], &data, theme, Path::new("/nowhere"));
        show_tab(&mut harness, Tab::Judge);
        let runs = harness.state().state().training.runs.clone().unwrap();
        let judged = |architecture: &str| {
            let of = |run: &&RunSummary| run.state.architecture == architecture && run.score.is_some();
            runs.iter().find(of).map(|run| run.state.id.clone())
        };
        for architecture in ["cnn", "mobilenet", "multimodal"] {
            let Some(run) = judged(architecture) else { continue };
            judge(&mut harness, JudgeAction::Choose(run.clone()));
            until(&mut harness, "the run is read", |state| state.training.details.contains_key(&run));
            let clip = harness.state().state().training.judge.verdicts().first().map(|verdict| verdict.clip.clone());
            let Some(clip) = clip else { continue };
            judge(&mut harness, JudgeAction::See(Some(clip.clone())));
            let key = (run, clip);
            until(&mut harness, "the clip is explained", |state| state.training.explained.contains_key(&key));
            show(&format!("judge-whole-{architecture}-{look}"), &mut harness);
        }
        show_tab(&mut harness, Tab::Compare);
        show(&format!("compare-whole-{look}"), &mut harness);
    }
}
