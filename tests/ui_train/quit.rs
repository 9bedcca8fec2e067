//! The window is closed while a training runs: it asks, keeps what was learnt, and goes on next time.

use super::*;

/// Asks the window to close, as the system does.
fn close(harness: &mut Harness<'static, App>) {
    harness.input_mut().viewports.entry(ViewportId::ROOT).or_default().events.push(ViewportEvent::Close);
    harness.run_steps(4);
}

/// What the window asked of the system in the last frame.
fn asked_to(harness: &Harness<'static, App>, command: &ViewportCommand) -> bool {
    harness.output().viewport_output[&ViewportId::ROOT].commands.contains(command)
}

#[test]
fn closing_the_window_asks_keeps_a_checkpoint_and_the_curves_go_on_next_time() {
    let dir = tempfile::tempdir().unwrap();
    let (clips, data) = (genres(dir.path(), &["tone", "pulse", "noise"], 8), dir.path().join("data"));
    let mut harness = window([1280.0, 800.0], engine(&data), FakeDialogs::default());
    until(&mut harness, "the engine has told its library", |state| state.loaded);
    let mut config = small(Config::preset(Architecture::Cnn, Preset::Best));
    config.sources.folders = vec![clips];
    act(&mut harness, Action::Train(TrainAction::Configure(Box::new(config))));
    act(&mut harness, Action::Train(TrainAction::Show(Tab::SetUp)));
    for _ in 0..2 {
        act(&mut harness, Action::Train(TrainAction::Start));
    }
    until(&mut harness, "one trains, one waits", |state| {
        state.training.running().is_some_and(|live| live.history.len() >= 8) && state.training.waiting.len() == 1
    });
    let (run, waiting) = {
        let training = &harness.state().state().training;
        (training.running().unwrap().run.clone(), training.waiting[0].clone())
    };
    let folder = data.join("runs").join(&run);
    until(&mut harness, "there is a checkpoint", |_| folder.join("checkpoint.safetensors").is_file());

    // The first wish to close is held back until the person has said so.
    close(&mut harness);
    assert_eq!(harness.state().state().overlay, Some(Overlay::Quit));
    harness.get_by_label_contains("So can 1 other one that waits");
    let told = harness.state().state().training.running().unwrap().history.len();
    harness.get_by_role_and_label(Role::Button, "Quit").click();
    let mut closes = false;
    for _ in 0..4 {
        harness.step();
        closes |= asked_to(&harness, &ViewportCommand::Close);
    }
    assert!(closes, "the window is closed for good");
    // Now it is not asked again.
    harness.input_mut().viewports.entry(ViewportId::ROOT).or_default().events.push(ViewportEvent::Close);
    harness.step();
    assert!(!asked_to(&harness, &ViewportCommand::CancelClose));

    // The engine ends with the window, at once as a person sees it, and leaves a checkpoint.
    let closing = Instant::now();
    drop(harness);
    assert!(closing.elapsed() < Duration::from_secs(20), "it took {:?} to close", closing.elapsed());
    assert!(folder.join("checkpoint.safetensors").is_file());
    let read = |run: &str| RunState::read(&RunFolder::new(data.join("runs").join(run))).unwrap();
    let kept = read(&run);
    assert_eq!(kept.status, RunStatus::Paused);
    assert_eq!(read(&waiting).status, RunStatus::Created);
    assert!(kept.epochs_done > 0, "nothing of {told} epochs is kept");

    // The next window offers both, and the curves go on where they were.
    let mut harness = window([1280.0, 800.0], engine(&data), FakeDialogs::default());
    until(&mut harness, "it is offered", |state| {
        state.training.unfinished().count() == 2 && state.toasts.shown().iter().any(|toast| toast.action.is_some())
    });
    act(&mut harness, Action::Train(TrainAction::Show(Tab::SetUp)));
    show("train-unfinished", &mut harness);
    act(&mut harness, Action::Train(TrainAction::GoOn(run.clone())));
    until(&mut harness, "the curves go on", |state| {
        state.training.running().is_some_and(|live| live.run == run && live.history.len() > kept.epochs_done + 2)
    });
    let training = &harness.state().state().training;
    let epochs: Vec<usize> = training.running().unwrap().history.iter().map(|record| record.epoch).collect();
    assert_eq!(epochs, (1..=epochs.len()).collect::<Vec<_>>(), "no epoch is missing and none is there twice");
}
