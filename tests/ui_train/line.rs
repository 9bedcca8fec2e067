//! Several starts wait in line; curves are saved.

use super::*;

#[test]
fn trainings_wait_in_line_and_the_curves_are_saved() {
    let dir = tempfile::tempdir().unwrap();
    let clips = genres(dir.path(), &["tone", "pulse", "noise"], 6);
    let out = dir.path().join("out");
    std::fs::create_dir_all(&out).unwrap();
    let mut harness = window([1280.0, 800.0], engine(&dir.path().join("data")), FakeDialogs::answering(&out));
    until(&mut harness, "the engine has told its library", |state| state.loaded);
    let mut config = small(Config::preset(Architecture::Cnn, Preset::Best));
    config.sources.folders = vec![clips];
    act(&mut harness, Action::Train(TrainAction::Configure(Box::new(config))));
    for name in ["first", "second", "third"] {
        act(&mut harness, Action::Train(TrainAction::Show(Tab::SetUp)));
        act(&mut harness, Action::Train(TrainAction::Name(name.to_owned())));
        click(&mut harness, Role::Button, "Start");
        until(&mut harness, "it trains or waits", |state| {
            let waits = |run: &String| state.training.name_of(run) == name;
            let live = state.training.running().map(|live| &live.run);
            live.into_iter().chain(&state.training.waiting).any(waits)
        });
    }
    until(&mut harness, "two wait", |state| state.training.waiting.len() == 2);
    harness.get_by_label("1. second");
    harness.get_by_label("2. third");
    assert_eq!(harness.state().state().training.unfinished().count(), 0, "who waits is not offered as unfinished");

    // One is taken out: nothing of it stays.
    click(&mut harness, Role::Button, "Take second out of the line");
    until(&mut harness, "it is gone", |state| {
        state.training.waiting.len() == 1 && state.training.runs.as_ref().is_some_and(|runs| runs.len() == 2)
    });
    harness.get_by_label("1. third");
    until(&mut harness, "curves have begun", |state| {
        state.training.running().is_some_and(|live| live.history.len() >= 3)
    });
    show("train-waiting", &mut harness);

    // What shows can be saved while it trains.
    click(&mut harness, Role::Button, "Save…");
    until(&mut harness, "the picture is written", |_| out.join("first.png").is_file());
    let courses = {
        let training = &harness.state().state().training;
        let live = training.running().unwrap();
        let course =
            timbre::render::Course { name: "first".into(), history: live.history.clone(), labels: live.labels.clone() };
        vec![course]
    };
    for ending in ["svg", "csv", "docx"] {
        let file = out.join(format!("curves.{ending}"));
        let command = TrainingCommand::Courses(courses.clone(), file);
        act(&mut harness, Action::Train(TrainAction::Send(command)));
    }
    until(&mut harness, "the others are written, and what cannot be is said", |state| {
        out.join("curves.svg").is_file()
            && out.join("curves.csv").is_file()
            && state.toasts.shown().iter().any(|toast| toast.text.contains("curves.docx"))
    });
    assert!(image::open(out.join("first.png")).unwrap().width() > 1000);
    assert!(std::fs::read_to_string(out.join("curves.svg")).unwrap().contains("best epoch on the validation clips"));
    let table = std::fs::read_to_string(out.join("curves.csv")).unwrap();
    assert!(table.lines().next().unwrap().ends_with("seconds,f1 noise,f1 pulse,f1 tone"), "{table}");
    assert_eq!(table.lines().count(), 1 + courses[0].history.len());

    // The first one ends, the next one has its turn by itself.
    click(&mut harness, Role::Button, "Stop and keep the best");
    until(&mut harness, "the next one trains", |state| {
        let live = state.training.running().map(|live| state.training.name_of(&live.run));
        live.as_deref() == Some("third") && state.training.waiting.is_empty()
    });
}
