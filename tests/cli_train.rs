//! `timbre train`, killed and resumed, `evaluate` and `compare`: the real binary.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use lofty::config::WriteOptions;
use lofty::tag::{Accessor as _, Tag, TagExt as _, TagType};
use serde_json::Value;
use timbre::library::Library;

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

/// Writes who plays a sound file into it.
fn set_artist(file: &Path, artist: &str) {
    let mut tag = Tag::new(TagType::RiffInfo);
    tag.set_artist(artist.to_owned());
    tag.save_to_path(file, WriteOptions::default()).unwrap();
}

#[test]
fn the_library_trains_on_the_genres_that_were_set_by_hand_with_artists_apart() {
    let dir = tempfile::tempdir().unwrap();
    let (music, data_dir) = (genres(dir.path()), dir.path().join("data"));
    let file = |genre: &str, clip: usize| music.join(genre).join(format!("{genre}.{clip:05}.wav"));
    let songs: Vec<(&str, usize)> = (0..6).flat_map(|clip| [("tone", clip), ("noise", clip)]).collect();
    for (genre, clip) in &songs {
        set_artist(&file(genre, *clip), &format!("Artist {clip}"));
    }
    json(timbre(&data_dir).arg("scan").arg(&music));
    let refused = timbre(&data_dir).args(["train", "cnn", "--library"]).output().unwrap();
    let said = String::from_utf8_lossy(&refused.stderr);
    assert_eq!(refused.status.code(), Some(1), "{said}");
    assert!(said.contains("timbre genre set"), "it says what to do: {said}");
    assert!(!data_dir.join("runs").exists(), "a run that cannot begin is none");

    let mut library = Library::open(&data_dir.join("library.sqlite")).unwrap();
    let tracks = library.snapshot().unwrap().tracks;
    for (genre, clip) in &songs {
        let song = file(genre, *clip).canonicalize().unwrap();
        let track = tracks.iter().find(|track| track.path == song).unwrap();
        // Spelt differently once, it is the same genre.
        let name = if *clip == 5 { genre.to_uppercase() } else { (*genre).to_owned() };
        library.set_genre(&[track.id], Some(&name)).unwrap();
    }
    let checked = json(timbre(&data_dir).args(["dataset", "check", "--library"]));
    assert_eq!((checked["clips"].as_u64(), checked["artists"].as_u64()), (Some(12), Some(6)));

    let arguments = ["train", "cnn", "--library", "--split", "artist-holdout", "--epochs", "2"];
    let trained = json(timbre(&data_dir).args(arguments));
    assert_eq!(trained["run"]["status"], "finished");
    assert_eq!(trained["run"]["separation"], "artists");
    let folder = PathBuf::from(trained["folder"].as_str().unwrap());
    let read = |name: &str| -> Value { serde_json::from_slice(&std::fs::read(folder.join(name)).unwrap()).unwrap() };
    assert_eq!(read("config.json")["sources"]["songs"].as_array().unwrap().len(), 12);
    let split = read("split.json");
    let clips = |side: &str| -> Vec<String> {
        let names = split[0][side].as_array().unwrap().iter();
        // The number of the clip is that of its artist.
        names.map(|name| name.as_str().unwrap().rsplit('.').nth(1).unwrap().to_owned()).collect()
    };
    let (train, test) = (clips("train"), clips("test"));
    assert!(!test.is_empty() && test.iter().all(|artist| !train.contains(artist)), "{train:?} {test:?}");

    // The library goes on, the run keeps the songs that it began with.
    library.set_genre(&[tracks[0].id], None).unwrap();
    let run = trained["run"]["id"].as_str().unwrap();
    let judged = json(timbre(&data_dir).args(["evaluate", run, "--library"]));
    assert_eq!(judged["clips"], 11);
    let again = json(timbre(&data_dir).args(["train", "--config"]).arg(folder.join("config.json")));
    assert_eq!(again["run"]["split_hash"], trained["run"]["split_hash"]);
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
