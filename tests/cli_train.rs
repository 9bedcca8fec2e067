//! `timbre train`, killed and resumed, `evaluate` and `compare`: the real binary.
#![allow(clippy::unwrap_used, reason = "tests")]

mod audio_support;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use audio_support::genres;
use serde_json::Value;

fn timbre(data_dir: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_timbre"));
    command.env("TIMBRE_DATA_DIR", data_dir).env_remove("RUST_LOG");
    command
}

/// Runs it to its end and gives what it printed as JSON.
fn json(command: &mut Command) -> Value {
    let output = command.arg("--json").output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// The losses of a run, without what the clock says.
fn losses(data_dir: &Path, run: &str) -> Vec<(u64, u64, f64)> {
    let history = std::fs::read(data_dir.join("runs").join(run).join("history.json")).unwrap();
    let history: Vec<Value> = serde_json::from_slice(&history).unwrap();
    let epoch =
        |e: &Value| (e["part"].as_u64().unwrap(), e["epoch"].as_u64().unwrap(), e["train_loss"].as_f64().unwrap());
    history.iter().map(epoch).collect()
}

#[test]
fn a_killed_training_goes_on_with_the_same_losses_and_its_model_judges() {
    let dir = tempfile::tempdir().unwrap();
    let data = genres(dir.path(), &["tone", "noise"], 6);
    let (whole_dir, killed_dir) = (dir.path().join("whole"), dir.path().join("killed"));
    let arguments = ["train", "cnn", data.to_str().unwrap(), "--split", "folds", "--folds", "2", "--epochs", "12"];

    let whole = json(timbre(&whole_dir).args(arguments));
    let run = whole["run"]["id"].as_str().unwrap().to_owned();
    assert_eq!(whole["run"]["status"], "finished");
    assert_eq!(whole["judgement"]["clips"], 12);

    let mut child = timbre(&killed_dir).args(arguments).stderr(Stdio::null()).stdout(Stdio::null()).spawn().unwrap();
    let begun = Instant::now();
    let killed = loop {
        let runs = std::fs::read_dir(killed_dir.join("runs")).into_iter().flatten().flatten();
        let begun_runs: Vec<PathBuf> = runs.map(|run| run.path()).collect();
        if let Some(run) = begun_runs.iter().find(|run| run.join("checkpoint.safetensors").exists()) {
            break run.file_name().unwrap().to_string_lossy().into_owned();
        }
        assert!(begun.elapsed() < Duration::from_secs(120), "no checkpoint was written");
        std::thread::sleep(Duration::from_millis(20));
    };
    child.kill().unwrap();
    child.wait().unwrap();
    let resumed = json(timbre(&killed_dir).args(["train", "--resume", &killed]));
    assert_eq!(resumed["run"]["status"], "finished");
    assert_eq!(losses(&whole_dir, &run), losses(&killed_dir, &killed));
    assert_eq!(whole["judgement"]["accuracy"], resumed["judgement"]["accuracy"]);

    let bundle = dir.path().join("run.zip");
    let exported = timbre(&whole_dir).args(["runs", "export", &run]).arg(&bundle).output().unwrap();
    assert!(exported.status.success(), "{}", String::from_utf8_lossy(&exported.stderr));
    let by_run = json(timbre(&whole_dir).args(["evaluate", &run]).arg(&data));
    let by_bundle = json(timbre(&killed_dir).arg("evaluate").arg(&bundle).arg(&data));
    for key in ["accuracy", "interval", "clips", "classes", "per_class", "confusion", "ece", "predictions"] {
        assert!(!by_run[key].is_null(), "{key}");
        assert_eq!(by_run[key], by_bundle[key], "{key}");
    }

    let figures = dir.path().join("figures");
    let compared = timbre(&whole_dir).args(["compare", &run, "--out"]).arg(&figures).output().unwrap();
    assert!(compared.status.success(), "{}", String::from_utf8_lossy(&compared.stderr));
    let written = std::fs::read_dir(&figures).unwrap().count();
    assert!(written >= 6, "{written} figures");
}

#[test]
fn what_cannot_be_trained_is_refused_with_the_reason() {
    let dir = tempfile::tempdir().unwrap();
    let data = genres(dir.path(), &["tone", "noise"], 6);
    for (arguments, wanted) in [
        (vec!["train", "cnn", data.to_str().unwrap(), "--batch", "0"], "batch"),
        (vec!["train", "mobilenet", data.to_str().unwrap(), "--preset", "article"], "base"),
        (vec!["train", "cnn", data.join("tone").to_str().unwrap()], "genre"),
        (vec!["evaluate", "no-such-model", data.to_str().unwrap()], "no-such-model"),
        (vec!["train", "cnn", data.to_str().unwrap(), "--split", "artist-folds"], "artist"),
    ] {
        let output = timbre(&dir.path().join("data")).args(&arguments).output().unwrap();
        let text = String::from_utf8_lossy(&output.stderr).to_lowercase();
        assert_eq!(output.status.code(), Some(1), "{arguments:?}: {text}");
        assert!(text.contains(wanted), "{arguments:?}: {text}");
    }
}
