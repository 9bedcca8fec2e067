//! From a folder of clips to a library that a network of one's own decides, and back: every place on the way, the real engine.

use timbre::base::genre::display_name;
use timbre::engine::settings::Change;
use timbre::state::training::judge::JudgeAction;
use timbre::state::{SelectMode, Verb};

use super::*;

const GENRES: [&str; 3] = ["tone", "pulse", "noise"];
const CLIPS: usize = 8;

/// Trains what the form says to its end, and gives the run's id.
fn train(harness: &mut Harness<'static, App>, name: &str) -> String {
    act(harness, Action::Train(TrainAction::Name(name.to_owned())));
    click(harness, Role::Button, "Start");
    let judged = |state: &AppState| {
        let run = state.training.runs.iter().flat_map(|runs| runs.iter()).find(|run| run.state.name == name)?;
        (run.score.is_some() && !state.is_training()).then(|| run.state.id.clone())
    };
    until(harness, "it was trained and judged", |state| judged(state).is_some());
    judged(harness.state().state()).unwrap()
}

fn judge(harness: &mut Harness<'static, App>, run: &str) {
    act(harness, Action::Train(TrainAction::Judge(JudgeAction::Open(run.to_owned()))));
    until(harness, "the run is read", |state| {
        state.training.details.get(run).is_some_and(|detail| detail.judgement.is_some())
    });
}

#[test]
fn a_network_is_trained_judged_compared_used_and_kept() {
    let dir = tempfile::tempdir().unwrap();
    let clips = genres(dir.path(), &GENRES, CLIPS);
    let engine = engine(&dir.path().join("data"));
    engine.send(Command::ChangeSettings(vec![Change::ClassifyAfterScan(false)]));
    engine.send(Command::AddRoots(vec![clips.clone()]));
    let mut harness = window([1280.0, 1400.0], engine, FakeDialogs::answering(&clips));
    until(&mut harness, "the songs are found", |state| state.snapshot.tracks.len() == GENRES.len() * CLIPS);

    // Set up and watch, twice: the curves fall.
    act(&mut harness, Action::Train(TrainAction::Show(Tab::SetUp)));
    click(&mut harness, Role::Button, "Choose a folder…");
    until(&mut harness, "the clips are counted", |state| {
        state.training.check_of(&state.training.setup.config.sources).is_some()
    });
    let mut config = small(harness.state().state().training.setup.config.clone());
    config.training.epochs = 40;
    act(&mut harness, Action::Train(TrainAction::Configure(Box::new(config.clone()))));
    let first = train(&mut harness, "first try");
    let history = harness.state().state().training.history(&first).to_vec();
    assert!(history.len() == 40 && history[39].train_loss < 0.8 * history[0].train_loss, "{history:?}");
    config.seed = 2;
    config.training.epochs = 3;
    act(&mut harness, Action::Train(TrainAction::Show(Tab::SetUp)));
    act(&mut harness, Action::Train(TrainAction::Configure(Box::new(config))));
    let second = train(&mut harness, "second try");

    // Judge: a cell of the matrix, and a clip of it.
    act(&mut harness, Action::Train(TrainAction::Show(Tab::Judge)));
    judge(&mut harness, &first);
    let verdict = harness.state().state().training.judge.verdicts()[0].clone();
    let accuracy = harness.state().state().training.details[&first].judgement.as_ref().unwrap().accuracy;
    let [truth, decision] = [&verdict.truth, &verdict.decision].map(|genre| display_name(genre).to_lowercase());
    harness.get_by_label_contains(&format!(" {truth} clips were called {decision}")).click();
    harness.run_ok();
    click(&mut harness, Role::Button, &format!("Play {}", verdict.clip));
    until(&mut harness, "the clip plays", |state| state.is_playing());
    show("journey-judge", &mut harness);

    // Compare: the test between the two.
    act(&mut harness, Action::Train(TrainAction::Show(Tab::Compare)));
    until(&mut harness, "both are read", |state| {
        [&first, &second].into_iter().all(|run| state.training.details.contains_key(run))
    });
    harness.get_by_label_contains("common clips, only the first is right on");
    show("journey-compare", &mut harness);

    // Use: it decides the library, which says so, until that is given back.
    judge(&mut harness, &first);
    click(&mut harness, Role::Button, "Use for my library");
    until(&mut harness, "it has heard every song", |state| {
        let mut predictions = state.snapshot.tracks.iter().map(|song| song.prediction.as_ref());
        predictions.all(|by| by.is_some_and(|by| by.model_name == "first try"))
    });
    act(&mut harness, Action::Do(Verb::GoLibrary));
    act(&mut harness, Action::Select { row: 0, mode: SelectMode::Only });
    harness.get_by_label_contains("first try");
    show("journey-library", &mut harness);
    judge(&mut harness, &first);
    click(&mut harness, Role::Button, "Back to the built-in");
    until(&mut harness, "the built-in decides", |state| state.settings.classifier.is_none());

    // Keep: as one file, away, and back with the same figures.
    click(&mut harness, Role::Button, "Run");
    click(&mut harness, Role::Button, "Export as one file…");
    until(&mut harness, "it is written", |_| clips.join(format!("{first}.zip")).is_file());
    until(&mut harness, "that is said", |state| {
        state.toasts.shown().iter().any(|toast| toast.text.starts_with("Wrote 2"))
    });
    std::fs::rename(clips.join(format!("{first}.zip")), clips.join("bundle.zip")).unwrap();
    act(&mut harness, Action::Train(TrainAction::Judge(JudgeAction::Delete)));
    until(&mut harness, "it is gone", |state| state.training.summary(&first).is_none());
    click(&mut harness, Role::Button, "Import a run…");
    until(&mut harness, "it is back", |state| state.training.summary(&first).is_some_and(|run| run.score.is_some()));
    assert_eq!(harness.state().state().training.summary(&first).unwrap().score.as_ref().unwrap().accuracy, accuracy);
}
