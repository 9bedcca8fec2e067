//! `timbre runs` and `timbre compare` on runs made by hand, through the real binary.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic, also in its helpers")]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;
use timbre::ml::eval::{Judgement, Prediction, Temperature};
use timbre::ml::runs;
use timbre::ml::runs::card;
use timbre::ml::runs::run_folder::RunFolder;
use timbre::ml::runs::run_state::{RunState, RunStatus, Separation};
use timbre::ml::train::history::EpochRecord;

const LABELS: [&str; 3] = ["blues", "classical", "my own"];

/// A data folder with runs.
struct Data(TempDir);

impl Data {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn runs(&self) -> PathBuf {
        self.0.path().join("data/runs")
    }

    fn run(&self, args: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_timbre"));
        command.args(args).env("TIMBRE_DATA_DIR", self.0.path().join("data")).env_remove("RUST_LOG");
        command.current_dir(self.0.path()).output().unwrap()
    }

    /// Runs with `--json`, checks the exit code, gives the document.
    fn json(&self, args: &[&str], exit: i32) -> Value {
        let out = self.run(&[args, &["--json"]].concat());
        let stderr = String::from_utf8_lossy(&out.stderr);
        assert_eq!(out.status.code(), Some(exit), "{args:?}: {stderr}");
        serde_json::from_slice(&out.stdout).unwrap_or_else(|error| panic!("{args:?}: {error}: {stderr}"))
    }

    fn text(&self, args: &[&str]) -> String {
        let out = self.run(args);
        assert!(out.status.success(), "{args:?}: {}", String::from_utf8_lossy(&out.stderr));
        String::from_utf8(out.stdout).unwrap()
    }

    /// A finished run that has the first `right` of 30 clips right.
    fn finished(&self, architecture: &str, created: i64, separation: Separation, right: usize) -> RunState {
        let (folder, mut state) = runs::create(&self.runs(), architecture, "best", created).unwrap();
        state.status = RunStatus::Finished;
        state.separation = separation;
        state.parameters = 1000;
        state.write(&folder).unwrap();
        let labels: Vec<String> = LABELS.map(String::from).into();
        let predictions: Vec<Prediction> = (0..30)
            .map(|clip| {
                let mut logits = vec![0.0; 3];
                logits[if clip < right { clip % 3 } else { (clip + 1) % 3 }] = 2.0;
                Prediction { clip: format!("clip.{clip}"), truth: clip % 3, logits, part: 0 }
            })
            .collect();
        let found = Judgement::new("a split", &labels, &predictions, Temperature::Given(1.0)).unwrap();
        let history: Vec<EpochRecord> = (1..=5)
            .map(|epoch| EpochRecord {
                epoch,
                train_loss: 1.0 / epoch as f64,
                valid_loss: Some(1.0),
                valid_accuracy: Some(0.5),
                seconds: 2.5,
                ..EpochRecord::default()
            })
            .collect();
        std::fs::write(folder.metrics(), serde_json::to_vec(&found).unwrap()).unwrap();
        std::fs::write(folder.predictions(), serde_json::to_vec(&predictions).unwrap()).unwrap();
        std::fs::write(folder.history_json(), serde_json::to_vec(&history).unwrap()).unwrap();
        std::fs::write(folder.config(), r#"{"epochs": 5}"#).unwrap();
        std::fs::write(folder.card(), card::card(&state, Some(&found), None)).unwrap();
        std::fs::write(folder.checkpoint(), "only for resuming").unwrap();
        // A model that is used or imported must be one.
        let model = Path::new(env!("CARGO_MANIFEST_DIR")).join("weights/cnn.safetensors");
        std::fs::copy(model, folder.model()).unwrap();
        state
    }
}

#[test]
fn runs_are_listed_shown_named_and_deleted() {
    let data = Data::new();
    assert_eq!(data.json(&["runs", "list"], 0), Value::Array(Vec::new()));
    let old = data.finished("cnn", 1_795_305_600, Separation::Clips, 20);
    let new = data.finished("mobilenet", 1_795_392_000, Separation::Artists, 25);
    let listed = data.json(&["runs", "list"], 0);
    let ids: Vec<&str> = listed.as_array().unwrap().iter().map(|run| run["id"].as_str().unwrap()).collect();
    assert_eq!(ids, [&new.id, &old.id]);
    assert_eq!(listed[1]["status"], "finished");
    assert_eq!(listed[1]["created"], "2026-11-22T00:00:00Z");
    assert!((listed[1]["accuracy"].as_f64().unwrap() - 2.0 / 3.0).abs() < 1e-12);

    assert_eq!(data.json(&["runs", "rename", "20261122", "First  try"], 0)["name"], "First  try");
    data.text(&["runs", "note", "20261122", "too few epochs"]);
    let shown = data.json(&["runs", "show", "20261122"], 0);
    assert_eq!((&shown["notes"], &shown["name"]), (&"too few epochs".into(), &"First  try".into()));
    assert_eq!(shown["metrics"]["classes"][2], "my own");
    assert_eq!(shown["epochs"].as_array().unwrap().len(), 5);
    assert_eq!(shown["config"]["epochs"], 5);
    let text = data.text(&["runs", "show", "20261122"]);
    assert!(text.contains("66.7 %") && text.contains("too few epochs"), "{text}");

    assert!(data.json(&["runs", "show", "2026"], 1)["error"]["sentence"].as_str().unwrap().contains(&new.id));
    assert!(data.json(&["runs", "rename", "20261122", " "], 1)["error"]["sentence"].is_string());
    assert_eq!(data.run(&["runs", "show"]).status.code(), Some(2));

    let folder = RunFolder::new(data.runs().join(&old.id));
    RunState { status: RunStatus::Running, ..RunState::read(&folder).unwrap() }.write(&folder).unwrap();
    assert!(data.json(&["runs", "delete", &old.id], 1)["error"]["hint"].as_str().unwrap().contains("--force"));
    let decides = || std::fs::read_to_string(data.0.path().join("data/settings.json")).unwrap();
    assert_eq!(data.json(&["runs", "use", &new.id], 0)["id"], new.id.as_str());
    assert!(decides().contains(&new.id));
    data.text(&["runs", "use", "built-in"]);
    assert!(!decides().contains(&new.id));
    data.text(&["runs", "use", &old.id]);
    data.text(&["runs", "delete", &old.id, "--force"]);
    assert!(!decides().contains(&old.id), "a library is not left without a classifier");
    assert_eq!(data.run(&["runs", "use", &old.id]).status.code(), Some(1));
    assert!(!folder.path().exists());
    assert_eq!(data.json(&["runs", "list"], 0).as_array().unwrap().len(), 1);

    std::fs::create_dir(data.runs().join("broken")).unwrap();
    std::fs::write(data.runs().join("broken/run.json"), "{").unwrap();
    assert_eq!(data.json(&["runs", "list"], 3).as_array().unwrap().len(), 1, "a broken run hides no other");
}

#[test]
fn a_bundle_brings_a_run_to_another_place() {
    let data = Data::new();
    let run = data.finished("cnn", 1_795_305_600, Separation::Artists, 20);
    data.text(&["runs", "export", &run.id, "a.zip"]);
    let other = Data::new();
    let bundle = data.0.path().join("a.zip");
    let imported = other.json(&["runs", "import", bundle.to_str().unwrap()], 0);
    assert_eq!(imported["id"], run.id.as_str());
    let (here, there) = (data.runs().join(&run.id), other.runs().join(&run.id));
    for file in ["config.json", "metrics.json", "predictions.json", "history.json", "card.md", "model.safetensors"] {
        assert_eq!(std::fs::read(here.join(file)).unwrap(), std::fs::read(there.join(file)).unwrap(), "{file}");
    }
    assert!(!there.join("checkpoint.safetensors").exists());
    // A run is also known by its folder, wherever that is.
    let show = |folder: &Path| data.json(&["runs", "show", folder.to_str().unwrap()], 0)["metrics"]["accuracy"].clone();
    assert_eq!(show(&here), show(&there));
    std::fs::write(&bundle, "no zip").unwrap();
    assert!(other.json(&["runs", "import", bundle.to_str().unwrap()], 1)["error"]["sentence"].is_string());
    assert_eq!(std::fs::read_dir(other.runs()).unwrap().count(), 1);
}

#[test]
fn a_comparison_says_what_is_more_than_chance_and_draws_it() {
    let data = Data::new();
    let one = data.finished("cnn", 1_795_305_600, Separation::Clips, 28);
    let two = data.finished("cnn", 1_795_392_000, Separation::Artists, 18);
    let found = data.json(&["compare", &one.id, &two.id, "--out", "figures"], 0);
    assert_eq!(found["runs"][0]["clips"], 30);
    assert_eq!(found["runs"][0]["seconds_per_epoch"], 2.5);
    assert_eq!(found["article"][1]["accuracy"], 0.54);
    let test = &found["mcnemar"][0];
    assert_eq!((&test["only_first"], &test["only_second"]), (&10.into(), &0.into()));
    assert!((test["p"].as_f64().unwrap() - 2.0 / 1024.0).abs() < 1e-9);
    let warnings = found["warnings"].to_string();
    assert!(warnings.contains("kept artists apart") && warnings.contains("33.3 points"), "{warnings}");

    let figures: Vec<&str> = found["figures"].as_array().unwrap().iter().map(|path| path.as_str().unwrap()).collect();
    assert_eq!(figures.len(), 2 * (3 + 2 * 2), "{figures:?}");
    for figure in figures {
        let bytes = std::fs::read(data.0.path().join(figure)).unwrap();
        if figure.ends_with(".svg") {
            let text = String::from_utf8(bytes).unwrap();
            assert!(text.starts_with("<svg ") && text.trim_end().ends_with("</svg>"), "{figure}");
        } else {
            let picture = image::load_from_memory(&bytes).unwrap().into_luma8();
            let ink = picture.pixels().filter(|pixel| pixel.0[0] < 200).count();
            assert!(picture.width() > 1000 && ink > 5000, "{figure}: {ink}");
        }
    }
    let text = data.text(&["compare", &one.id, &two.id]);
    assert!(text.contains("more than chance") && text.contains("54.0 %") && !text.contains("written"), "{text}");
    assert_eq!(data.run(&["compare"]).status.code(), Some(2));
    assert_eq!(data.run(&["compare", "none"]).status.code(), Some(1));
}
