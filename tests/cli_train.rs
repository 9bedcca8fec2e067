//! `timbre train`, killed and resumed, `evaluate` and `compare`: the real binary.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use timbre::ml::data::features::FrontEnd;
use timbre::ml::train::config::{Architecture, Config, Preset};
use timbre::ml::train::network::{CompactSpec, NetworkSpec};

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

/// Folders `tone` and `noise`, each with clips of two seconds.
fn genres(root: &Path) -> PathBuf {
    let data = root.join("genres");
    for genre in ["tone", "noise"] {
        std::fs::create_dir_all(data.join(genre)).unwrap();
        for clip in 0..6 {
            let mut state = 99u64 + clip;
            let samples = (0..44_100).flat_map(|i| {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                let noise = (state >> 40) as f64 / f64::from(1 << 24) - 0.5;
                let tone = (std::f64::consts::TAU * (400.0 + 30.0 * clip as f64) * i as f64 / 22_050.0).sin();
                let sample = if genre == "tone" { 0.4 * tone + 0.01 * noise } else { noise };
                ((sample * 32_000.0) as i16).to_le_bytes()
            });
            let samples: Vec<u8> = samples.collect();
            let mut wav = b"RIFF".to_vec();
            wav.extend((36 + samples.len() as u32).to_le_bytes());
            wav.extend(b"WAVEfmt \x10\0\0\0\x01\0\x01\0");
            wav.extend(22_050u32.to_le_bytes());
            wav.extend(44_100u32.to_le_bytes());
            wav.extend(b"\x02\0\x10\0data");
            wav.extend((samples.len() as u32).to_le_bytes());
            wav.extend(samples);
            std::fs::write(data.join(genre).join(format!("{genre}.{clip:05}.wav")), wav).unwrap();
        }
    }
    data
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
    let data = genres(dir.path());
    let (whole_dir, killed_dir) = (dir.path().join("whole"), dir.path().join("killed"));
    let arguments = ["train", "cnn", data.to_str().unwrap(), "--split", "folds", "--folds", "2", "--epochs", "12"];

    let whole = json(timbre(&whole_dir).args(arguments));
    let run = whole["run"]["id"].as_str().unwrap().to_owned();
    assert_eq!(whole["run"]["status"], "finished");
    assert_eq!(whole["judgement"]["clips"], 12);

    let mut child = timbre(&killed_dir).args(arguments).stderr(Stdio::null()).stdout(Stdio::null()).spawn().unwrap();
    let killed = first_checkpoint(&killed_dir);
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

/// Waits until a program that trains has written its first checkpoint, and gives the run's id.
fn first_checkpoint(data_dir: &Path) -> String {
    let begun = Instant::now();
    loop {
        let runs = std::fs::read_dir(data_dir.join("runs")).into_iter().flatten().flatten();
        if let Some(run) = runs.map(|run| run.path()).find(|run| run.join("checkpoint.safetensors").exists()) {
            return run.file_name().unwrap().to_string_lossy().into_owned();
        }
        assert!(begun.elapsed() < Duration::from_secs(120), "no checkpoint was written");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn a_run_that_is_trained_is_neither_trained_nor_deleted_by_another_program() {
    let dir = tempfile::tempdir().unwrap();
    let data = genres(dir.path());
    let data_dir = dir.path().join("data");
    let mut first = timbre(&data_dir)
        .args(["train", "cnn", data.to_str().unwrap(), "--epochs", "5000"])
        .stderr(Stdio::null())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let run = first_checkpoint(&data_dir);
    for arguments in [vec!["train", "--resume", &run], vec!["runs", "delete", &run, "--force"]] {
        let second = timbre(&data_dir).args(&arguments).output().unwrap();
        let text = String::from_utf8_lossy(&second.stderr).into_owned();
        assert_eq!(second.status.code(), Some(1), "{arguments:?}: {text}");
        assert!(text.contains("is being trained, by this or another program"), "{arguments:?}: {text}");
    }
    assert!(first.try_wait().unwrap().is_none(), "the first one trains on");
    assert!(data_dir.join("runs").join(&run).join("run.json").exists());
    // A program that is killed lets go.
    first.kill().unwrap();
    first.wait().unwrap();
    let deleted = timbre(&data_dir).args(["runs", "delete", &run, "--force"]).output().unwrap();
    assert!(deleted.status.success(), "{}", String::from_utf8_lossy(&deleted.stderr));
    assert!(!data_dir.join("runs").join(&run).exists());
}

#[test]
fn a_model_learns_from_genres_that_were_set_by_hand() {
    let dir = tempfile::tempdir().unwrap();
    let data = genres(dir.path());
    let data_dir = dir.path().join("data");
    // A network small enough for a test.
    let mut config = Config::preset(Architecture::Cnn, Preset::Best);
    let spec = CompactSpec { front_end: FrontEnd::LogMel, window: 16, channels: vec![4, 8, 8], dropout: 0.0 };
    config.network = NetworkSpec::Compact(spec);
    config.sources.folders = vec![data.clone()];
    std::fs::create_dir_all(&data_dir).unwrap();
    let file = dir.path().join("config.json");
    std::fs::write(&file, serde_json::to_vec(&config).unwrap()).unwrap();
    let trained = json(timbre(&data_dir).args(["train", "--config"]).arg(&file));
    let run = trained["run"]["id"].as_str().unwrap().to_owned();
    assert!(trained["judgement"]["ms_per_song"].as_f64().unwrap() > 0.0);
    let lesson = |more: &[&str]| {
        let mut command = timbre(&data_dir);
        command.args(["train", "--learn-from-corrections", &run]).args(more);
        command
    };
    // Without songs there is nothing to learn, and nothing is left behind.
    let refused = lesson(&[]).output().unwrap();
    let text = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(refused.status.code() == Some(1) && text.contains("Nothing can be learned yet"), "{text}");
    assert_eq!(std::fs::read_dir(data_dir.join("runs")).unwrap().count(), 1);

    // The library's songs are the clips with a beat of silence, the other way round than the model hears them.
    let music = dir.path().join("music");
    std::fs::create_dir_all(&music).unwrap();
    for (genre, other) in [("tone", "noise"), ("noise", "tone")] {
        for clip in 0..6 {
            let mut wav = std::fs::read(data.join(genre).join(format!("{genre}.{clip:05}.wav"))).unwrap();
            wav[44..44 + 20_000].fill(0);
            std::fs::write(music.join(format!("{other}-{clip}.wav")), wav).unwrap();
        }
    }
    let done = |command: &mut Command| {
        let output = command.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    };
    done(timbre(&data_dir).arg("scan").arg(&music));
    for genre in ["tone", "noise"] {
        for clip in 0..6 {
            let song = music.join(format!("{genre}-{clip}.wav"));
            done(timbre(&data_dir).args(["genre", "set"]).arg(song).arg(genre));
        }
    }
    let first = json(&mut lesson(&[]));
    let learned = &first["learned"];
    let count = |value: &Value| value.as_u64().unwrap();
    let held_out = count(&learned["held_out"]["clips"]);
    assert_eq!(count(&learned["learned"]) + held_out, 12);
    assert!(held_out > 0 && count(&learned["held_out"]["after"]["right"]) <= held_out);
    assert_eq!(count(&learned["own_test"]["clips"]), count(&trained["judgement"]["clips"]));
    assert_eq!(count(&learned["all"]["clips"]), count(&first["judgement"]["clips"]));
    let settings = data_dir.join("settings.json");
    let classifier = || -> Value {
        let text = std::fs::read(&settings).unwrap_or_else(|_| b"{}".to_vec());
        serde_json::from_slice::<Value>(&text).unwrap()["classifier"].clone()
    };
    assert!(classifier().is_null(), "nothing was accepted");
    let second = json(&mut lesson(&["--accept"]));
    assert_eq!(classifier(), second["run"]["id"]);
    // The same songs judge every time, so that lessons can be compared.
    assert_eq!(second["learned"]["held_out"]["clips"], learned["held_out"]["clips"]);
    assert_eq!(second["learned"]["all"]["before"], learned["all"]["before"]);
    let compared = timbre(&data_dir).args(["compare", &run, second["run"]["id"].as_str().unwrap()]).output().unwrap();
    let table = String::from_utf8_lossy(&compared.stdout).into_owned();
    assert!(table.contains("ms/song") && table.contains("second - first, points"), "{table}");
}

#[test]
fn what_cannot_be_trained_is_refused_with_the_reason() {
    let dir = tempfile::tempdir().unwrap();
    let data = genres(dir.path());
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
