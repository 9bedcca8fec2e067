//! `timbre train`, killed and resumed, `evaluate` and `compare`: the real binary.
#![allow(clippy::unwrap_used, reason = "tests")]

mod audio_support;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use audio_support::genres;
use lofty::config::WriteOptions;
use lofty::tag::{Accessor as _, Tag, TagExt as _, TagType};
use serde_json::Value;
use timbre::library::Library;
use timbre::ml::model::config::{Architecture, Config, Preset};
use timbre::ml::networks::input::FrontEnd;
use timbre::ml::networks::{CompactSpec, NetworkSpec};

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
    let killed = first_checkpoint(&killed_dir);
    child.kill().unwrap();
    child.wait().unwrap();
    let resumed = json(timbre(&killed_dir).args(["train", "--resume", &killed]));
    assert_eq!(resumed["run"]["status"], "finished");
    assert_eq!(losses(&whole_dir, &run), losses(&killed_dir, &killed));
    assert_eq!(whole["judgement"]["accuracy"], resumed["judgement"]["accuracy"]);

    let again = timbre(&killed_dir).args(["train", "--resume", &killed]).output().unwrap();
    assert_eq!(again.status.code(), Some(1), "what has ended is not trained once more over its figures");
    assert!(String::from_utf8_lossy(&again.stderr).contains("it has ended"));
    assert!(killed_dir.join("runs").join(&killed).join("metrics.json").exists());

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
    let data = genres(dir.path(), &["tone", "noise"], 6);
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
    let data = genres(dir.path(), &["tone", "noise"], 6);
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

/// Writes who plays a sound file into it.
fn set_artist(file: &Path, artist: &str) {
    let mut tag = Tag::new(TagType::RiffInfo);
    tag.set_artist(artist.to_owned());
    tag.save_to_path(file, WriteOptions::default()).unwrap();
}

#[test]
fn the_library_trains_on_the_genres_that_were_set_by_hand_with_artists_apart() {
    let dir = tempfile::tempdir().unwrap();
    let (music, data_dir) = (genres(dir.path(), &["tone", "noise"], 6), dir.path().join("data"));
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
    let data = genres(dir.path(), &["tone", "noise"], 6);
    let garbage = dir.path().join("garbage");
    std::fs::write(&garbage, "nothing of use").unwrap();
    let (clips, one, garbage) = (data.to_str().unwrap(), data.join("tone"), garbage.to_str().unwrap());
    for (arguments, code, wanted) in [
        (vec!["train", "cnn", clips, "--batch", "0"], 2, "batch must be between 1 and 1024"),
        (vec!["train", "cnn", clips, "--train-share", "7"], 2, "train share must be"),
        (vec!["train", "cnn", clips, "--name", " "], 2, "one line of 1 to"),
        (vec!["train", "cnn"], 2, "a folder of clips is needed"),
        (vec!["train", "--resume", "x", "--epochs", "3"], 2, "cannot be used with"),
        (vec!["train", "--config", "x", "--epochs", "3"], 2, "cannot be used with"),
        (vec!["train", "cnn", "/no/such/folder"], 1, "/no/such/folder"),
        (vec!["train", "cnn", one.to_str().unwrap()], 1, "one folder for each genre"),
        (vec!["train", "cnn", clips, "--split", "artist-folds"], 1, "artist"),
        (vec!["train", "cnn", clips, "--index", garbage], 1, "garbage does not fit the clips"),
        (vec!["train", "cnn", clips, "--list", garbage], 1, "in the lists"),
        (vec!["train", "cnn", clips, "--out", "/no/such/folder/x"], 1, "cannot be written"),
        (vec!["train", "mobilenet", clips, "--preset", "article"], 1, "name a file of mobilenetv2 weights"),
        (vec!["train", "mobilenet", clips, "--base", garbage], 1, "not a whole safetensors file"),
        (
            vec!["train", "mobilenet", clips, "--base", "weights/cnn.safetensors"],
            1,
            "the network starts from mobilenetv1",
        ),
        (vec!["train", "--resume", "no-such-run"], 1, "“no-such-run” is not a run"),
        (vec!["evaluate", "no-such-model", clips], 1, "“no-such-model” is neither a model file nor a run"),
        (vec!["evaluate", garbage, clips], 1, "not a whole safetensors file"),
        (vec!["evaluate", "weights/musicnn.safetensors", clips], 1, "not a model that timbre trained"),
        (vec!["evaluate", "built-in"], 2, "a folder of clips is needed"),
        (vec!["compare", "no-such-run"], 1, "“no-such-run” is not a run"),
        (vec!["dataset", "check", "/no/such/folder"], 1, "/no/such/folder"),
    ] {
        let output = timbre(&dir.path().join("data")).args(&arguments).output().unwrap();
        let text = String::from_utf8_lossy(&output.stderr).to_lowercase();
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {text}");
        assert!(text.contains(wanted), "{arguments:?}: {text}");
    }
    let left = std::fs::read_dir(dir.path().join("data/runs")).map_or(0, Iterator::count);
    assert_eq!(left, 0, "what never began leaves no run behind");
}

#[test]
fn broken_files_are_left_out_and_named_and_a_missing_gpu_is_said() {
    let dir = tempfile::tempdir().unwrap();
    let data = genres(dir.path(), &["Тон ♪", "noise"], 4);
    std::fs::write(data.join("noise/bad.wav"), "no sound").unwrap();
    std::fs::write(data.join("noise/empty.wav"), "").unwrap();
    let train = |more: &[&str]| {
        let mut command = timbre(&dir.path().join("data"));
        command.args(["train", "cnn", data.to_str().unwrap(), "--epochs", "1", "--name", "Ünï", "--json"]);
        command.args(more).output().unwrap()
    };
    if !cfg!(feature = "cuda") {
        // Who names a device wants that one.
        let refused = train(&["--device", "cuda"]);
        assert_eq!(refused.status.code(), Some(1));
        let text = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert!(text.contains("CUDA cannot be used (this build has no CUDA support)"), "{text}");
    }
    let output = train(&[]);
    let text = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(3), "{text}");
    let bad = format!("left out: {}: it is not an audio file", data.join("noise/bad.wav").display());
    assert!(text.contains(&bad) && text.contains("empty.wav: it is empty"), "{text}");
    let trained: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(trained["run"]["name"], "Ünï");
    assert!(trained["judgement"]["classes"].as_array().unwrap().contains(&"Тон ♪".into()));
}

#[test]
fn damaged_files_of_a_run_are_named_and_a_run_without_a_model_says_so() {
    let dir = tempfile::tempdir().unwrap();
    let data = genres(dir.path(), &["tone", "noise"], 4);
    let data_dir = dir.path().join("data");
    let trained = json(timbre(&data_dir).args(["train", "cnn", data.to_str().unwrap(), "--epochs", "1"]));
    let run = trained["run"]["id"].as_str().unwrap();
    assert_eq!(trained["run"]["device"], "CPU");
    let folder = data_dir.join("runs").join(run);
    let model = folder.join("model.safetensors");
    let fails = |arguments: &[&str], wanted: &str| {
        let output = timbre(&data_dir).args(arguments).output().unwrap();
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{arguments:?}: {text}");
        assert!(text.contains(wanted), "{arguments:?}: {text}");
    };
    let clips = data.to_str().unwrap();
    let whole = std::fs::read(&model).unwrap();
    std::fs::write(&model, &whole[..whole.len() / 2]).unwrap();
    fails(&["evaluate", run, clips], "not a whole safetensors file");
    // A model of a version to come.
    let format = br#"{\"format\":1"#;
    let at = whole.windows(format.len()).position(|bytes| bytes == format).unwrap();
    let mut other = whole.clone();
    other[at + format.len() - 1] = b'9';
    std::fs::write(&model, &other).unwrap();
    fails(&["evaluate", run, clips], "its format is 9, this program reads 1");
    std::fs::remove_file(&model).unwrap();
    fails(&["evaluate", run, clips], "has no model: it is finished");

    // As if it had been killed, and its disk damaged.
    let state = std::fs::read_to_string(folder.join("run.json")).unwrap();
    std::fs::write(folder.join("run.json"), state.replace("\"finished\"", "\"running\"")).unwrap();
    std::fs::write(folder.join("checkpoint.safetensors"), "half of").unwrap();
    fails(&["train", "--resume", run], "checkpoint.safetensors is not a model");
    std::fs::write(folder.join("config.json"), "{\"format\": 1,").unwrap();
    fails(&["train", "--resume", run], "config.json");
}
