//! What a data set must not hide from whoever trains on it, and things that are no files where files should be: the real binary.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test may panic, and says what it skips")]

mod audio_support;

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use audio_support::{Sound, genres, write};
use serde_json::Value;
use timbre::base::DataDir;
use timbre::engine::training::start::begin;
use timbre::ml::check::{Check, OddKind};
use timbre::ml::dataset::Broken;
use timbre::ml::model::config::{Architecture, Config, Preset};
use timbre::ml::runs::run::read_config;

/// Nothing that is refused takes longer, also in a debug build on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

fn timbre(data_dir: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_timbre"));
    command.env("TIMBRE_DATA_DIR", data_dir).env_remove("RUST_LOG").stdin(Stdio::null());
    command
}

/// Runs to the end, which must come.
fn run(data_dir: &Path, arguments: &[&str]) -> Output {
    let mut child = timbre(data_dir).args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let begun = Instant::now();
    while child.try_wait().unwrap().is_none() {
        if begun.elapsed() > PATIENCE {
            child.kill().unwrap();
            panic!("{arguments:?} gave no answer");
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    child.wait_with_output().unwrap()
}

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Tones of five seconds, all different.
fn clips(root: &Path, names: &[&str], count: usize) -> PathBuf {
    let data = root.join("set");
    for (genre, name) in names.iter().enumerate() {
        std::fs::create_dir_all(data.join(name)).unwrap();
        for clip in 0..count {
            let hz = 200.0 + 300.0 * genre as f64 + 17.0 * clip as f64;
            write(&data.join(name), &format!("{name}.{clip:05}.wav"), &Sound::tone(hz, 0.5, 16_000, 1, 5.0).wav());
        }
    }
    data
}

#[test]
fn a_check_names_every_clip_that_is_not_as_it_should_be() {
    let dir = tempfile::tempdir().unwrap();
    let data = clips(dir.path(), &["blues", "jazz"], 2);
    let blues = data.join("blues");
    let wav =
        |name: &str, secs: f64, value: fn(f64) -> f64| write(&blues, name, &Sound::made(44_100, 2, secs, value).wav());
    wav("silent.wav", 5.0, |_| 0.0);
    wav("constant.wav", 5.0, |_| 0.3);
    wav("short.wav", 0.01, |secs| (3000.0 * secs).sin() * 0.5);
    wav("clipped.wav", 5.0, |secs| (3000.0 * secs).sin().signum());
    let mut cut = Sound::made(44_100, 1, 4.0, |secs| (3000.0 * secs).sin() * 0.5).wav();
    cut[40..44].copy_from_slice(&(44_100u32 * 2 * 10).to_le_bytes());
    write(&blues, "cut.wav", &cut);
    let mut float = b"RIFF\0\0\0\0WAVEfmt \x10\0\0\0\x03\0\x01\0\x44\xac\0\0\x10\xb1\x02\0\x04\0\x20\0data".to_vec();
    let samples = 5 * 44_100;
    float.extend((4 * samples as u32).to_le_bytes());
    (0..samples)
        .for_each(|i| float.extend((if i == 1000 { f32::INFINITY } else { 0.1 * (i % 7) as f32 }).to_le_bytes()));
    let size = float.len() as u32 - 8;
    float[4..8].copy_from_slice(&size.to_le_bytes());
    write(&blues, "infinite.wav", &float);
    std::fs::copy(blues.join("blues.00000.wav"), data.join("jazz/other.wav")).unwrap();
    std::fs::create_dir(data.join("rock")).unwrap();
    // What systems leave is no genre.
    for left in ["__MACOSX/blues/._a.wav", "@eaDir/a.wav", ".hidden/a.wav", "blues/Thumbs.db", "blues/@eaDir/x.wav"] {
        let path = data.join(left);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, b"nothing").unwrap();
    }
    let output = run(&dir.path().join("data"), &["dataset", "check", "--json", data.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(3), "{}", text(&output));
    let found: Check = serde_json::from_slice(&output.stdout).unwrap();
    let odd: Vec<_> = found.odd.iter().map(|odd| (odd.clip.as_str(), odd.kind)).collect();
    // What is left of a cut clip is heard, or it is broken; it is named in any case.
    let (cut, others): (Vec<_>, Vec<_>) = odd.into_iter().partition(|(clip, _)| *clip == "blues/cut");
    let (cut_off, broken): (Vec<&Broken>, Vec<&Broken>) =
        found.broken.iter().partition(|broken| broken.path.ends_with("cut.wav"));
    assert!(cut == [("blues/cut", OddKind::Cut)] || cut_off.len() == 1, "{cut:?} {cut_off:?}");
    assert_eq!(
        others,
        [
            ("blues/clipped", OddKind::Clipped),
            ("blues/constant", OddKind::Silent),
            ("blues/short", OddKind::TooShort),
            ("blues/silent", OddKind::Silent),
        ]
    );
    assert!(found.odd.iter().all(|odd| odd.path.is_file() && !odd.reason.is_empty()));
    let broken: Vec<_> = broken.iter().map(|broken| (broken.path.clone(), broken.reason.as_str())).collect();
    assert_eq!(broken, [(blues.join("infinite.wav"), "one of its samples is not a number")]);
    assert_eq!(found.empty, ["rock"]);
    let filed: Vec<Vec<&str>> =
        found.contradictions.iter().map(|group| group.iter().map(|clip| clip.clip.as_str()).collect()).collect();
    assert_eq!(filed, [["blues.00000", "jazz/other"]]);
    let output = run(&dir.path().join("data"), &["dataset", "check", data.to_str().unwrap()]);
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    for words in ["Genres without a clip: 1", "other.wav (jazz)", "silent.wav: it is silent", "10 ms", "clipped: "] {
        assert!(said.contains(words), "{words}: {said}");
    }
}

#[test]
fn the_same_clip_under_two_genres_is_not_trained_on_unless_that_is_said() {
    let dir = tempfile::tempdir().unwrap();
    let (data, data_dir) = (clips(dir.path(), &["blues", "jazz"], 4), dir.path().join("data"));
    std::fs::copy(data.join("blues/blues.00000.wav"), data.join("jazz/other.wav")).unwrap();
    let mut arguments = vec!["train", "cnn", data.to_str().unwrap(), "--epochs", "1"];
    let output = run(&data_dir, &arguments);
    let said = text(&output);
    assert_eq!(output.status.code(), Some(1), "{said}");
    for words in ["blues.00000.wav (blues)", "other.wav (jazz)", "--allow-contradictions"] {
        assert!(said.contains(words), "{words}: {said}");
    }
    assert_eq!(std::fs::read_dir(data_dir.join("runs")).map_or(0, Iterator::count), 0, "nothing stays");
    arguments.push("--allow-contradictions");
    let output = run(&data_dir, &arguments);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output));
    assert!(text(&output).contains("note: the same clip is filed under different genres"));
}

#[test]
fn a_run_that_was_refused_its_contradictions_goes_on_when_they_are_allowed() {
    let dir = tempfile::tempdir().unwrap();
    let (data, data_dir) = (clips(dir.path(), &["blues", "jazz"], 4), dir.path().join("data"));
    std::fs::copy(data.join("blues/blues.00000.wav"), data.join("jazz/other.wav")).unwrap();
    // As the window begins it: a run that is refused stays in the list.
    let mut config = Config::preset(Architecture::Cnn, Preset::Best);
    config.sources.folders = vec![data];
    config.training.epochs = 1;
    let place = DataDir::resolve(Some(&data_dir)).unwrap();
    let (folder, _) = begin(&place, config, "", None).unwrap();
    let refused = run(&data_dir, &["train", "--resume", &folder.id()]);
    assert_eq!(refused.status.code(), Some(1), "{}", text(&refused));
    assert!(text(&refused).contains("--allow-contradictions"), "{}", text(&refused));
    let allowed = || read_config(&folder).unwrap().allow_contradictions;
    assert!(!allowed());
    let trained = run(&data_dir, &["train", "--resume", &folder.id(), "--allow-contradictions"]);
    assert_eq!(trained.status.code(), Some(0), "{}", text(&trained));
    assert!(text(&trained).contains("note: the same clip is filed under different genres"));
    assert!(allowed(), "a run that is stopped and goes on again needs not be told twice");
}

/// A training that was stopped after a checkpoint.
fn stopped(data_dir: &Path, data: &Path) -> String {
    let arguments = ["train", "cnn", data.to_str().unwrap(), "--epochs", "2000"];
    let mut child = timbre(data_dir).args(arguments).stderr(Stdio::null()).stdout(Stdio::null()).spawn().unwrap();
    let begun = Instant::now();
    let run = loop {
        let runs = std::fs::read_dir(data_dir.join("runs")).into_iter().flatten().flatten();
        if let Some(run) = runs.map(|run| run.path()).find(|run| run.join("checkpoint.safetensors").exists()) {
            break run;
        }
        assert!(begun.elapsed() < PATIENCE, "no checkpoint");
        std::thread::sleep(Duration::from_millis(20));
    };
    terminate(&mut child);
    run.file_name().unwrap().to_str().unwrap().to_owned()
}

/// One SIGTERM, after which it must end soon.
fn terminate(child: &mut std::process::Child) {
    let sent = Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap();
    assert!(sent.success());
    let begun = Instant::now();
    let code = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status.code();
        }
        if begun.elapsed() > Duration::from_secs(15) {
            child.kill().unwrap();
            panic!("it did not end");
        }
        std::thread::sleep(Duration::from_millis(20));
    };
    assert_eq!(code, Some(130));
}

#[cfg(unix)]
#[test]
fn a_training_goes_on_only_with_the_clips_that_it_began_with() {
    let dir = tempfile::tempdir().unwrap();
    let (data, data_dir) = (clips(dir.path(), &["blues", "jazz"], 5), dir.path().join("data"));
    let run_id = stopped(&data_dir, &data);
    let refused = |words: &[&str]| {
        let output = run(&data_dir, &["train", "--resume", &run_id]);
        assert_eq!(output.status.code(), Some(1), "{}", text(&output));
        for words in words {
            assert!(text(&output).contains(words), "{words}: {}", text(&output));
        }
        let state: Value =
            serde_json::from_slice(&std::fs::read(data_dir.join("runs").join(&run_id).join("run.json")).unwrap())
                .unwrap();
        assert_eq!(state["status"], "paused", "it can go on when they are back");
    };
    let clip = data.join("jazz/jazz.00003.wav");
    let whole = std::fs::read(&clip).unwrap();
    std::fs::write(&clip, Sound::tone(900.0, 0.5, 16_000, 1, 5.0).wav()).unwrap();
    refused(&["jazz.00003 holds something else now", "put them back"]);
    std::fs::remove_file(&clip).unwrap();
    refused(&["jazz.00003 is gone"]);
    std::fs::write(data.join("blues/jazz.00003.wav"), &whole).unwrap();
    refused(&["jazz.00003"]);
    std::fs::remove_file(data.join("blues/jazz.00003.wav")).unwrap();
    std::fs::write(&clip, &whole).unwrap();
    // As it was: it goes on until it is stopped again.
    let mut child = timbre(&data_dir)
        .args(["train", "--resume", &run_id])
        .stderr(Stdio::null())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    std::thread::sleep(Duration::from_secs(2));
    assert!(child.try_wait().unwrap().is_none(), "it trains");
    terminate(&mut child);
}

#[cfg(unix)]
#[test]
fn pipes_sockets_and_devices_are_refused_where_files_should_be() {
    let dir = tempfile::tempdir().unwrap();
    let (data, data_dir) = (genres(dir.path(), &["tone", "noise"], 3), dir.path().join("data"));
    let pipe = |name: &str| {
        let path = dir.path().join(name);
        assert!(Command::new("mkfifo").arg(&path).status().unwrap().success());
        path.to_str().unwrap().to_owned()
    };
    let (model, bundle, list) = (pipe("m.safetensors"), pipe("run.zip"), pipe("list.txt"));
    // The names beside a file of tags.
    pipe("m.txt");
    let socket = dir.path().join("socket");
    let _listener = std::os::unix::net::UnixListener::bind(&socket).unwrap();
    let (socket, clips) = (socket.to_str().unwrap(), data.to_str().unwrap());
    for arguments in [
        vec!["evaluate", &model, clips],
        vec!["evaluate", &bundle, clips],
        vec!["evaluate", "/dev/zero", clips],
        vec!["evaluate", socket, clips],
        vec!["runs", "import", &bundle],
        vec!["runs", "import", "/dev/zero"],
        vec!["dataset", "check", clips, "--index", "/dev/zero"],
        vec!["dataset", "check", clips, "--list", &list],
        vec!["train", "cnn", clips, "--index", &list],
        vec!["train", "cnn", clips, "--list", "/dev/zero"],
        vec!["train", "cnn", clips, "--split", "lists", "--train-list", &list],
        vec!["train", "cnn", clips, "--tags", &model],
        vec!["train", "mobilenet", clips, "--base", &model],
        vec!["train", "--config", &list],
        vec!["spectrogram", &model, "-o", "out.png"],
        vec!["spectrogram", "/dev/zero", "-o", "out.png"],
    ] {
        let output = run(&data_dir, &arguments);
        let said = text(&output);
        assert_eq!(output.status.code(), Some(1), "{arguments:?}: {said}");
        assert!(said.contains("not a file") || said.contains("not a regular file"), "{arguments:?}: {said}");
    }
    // Among the clips they are left out, and named.
    let clip = data.join("tone/pipe.wav");
    assert!(Command::new("mkfifo").arg(&clip).status().unwrap().success());
    let output = run(&data_dir, &["train", "cnn", clips, "--epochs", "1"]);
    assert_eq!(output.status.code(), Some(3), "{}", text(&output));
    assert!(text(&output).contains("pipe.wav: it is not a file"), "{}", text(&output));
}

#[test]
fn what_was_asked_for_and_cannot_be_is_an_error() {
    let dir = tempfile::tempdir().unwrap();
    let data = genres(dir.path(), &["tone", "noise"], 3);
    let mut wrong = vec![
        vec!["--base", "Cargo.toml"],
        vec!["--batch", "0"],
        vec!["--folds", "1", "--split", "folds"],
        vec!["--folds", "3"],
        vec!["--split", "folds", "--train-share", "0.5"],
        vec!["--train-list", "Cargo.toml"],
    ];
    if !cfg!(feature = "cuda") {
        wrong.push(vec!["--device", "cuda"]);
    }
    for words in wrong {
        let arguments = [vec!["train", "cnn", data.to_str().unwrap(), "--epochs", "1"], words].concat();
        let output = run(&dir.path().join("data"), &arguments);
        assert!(matches!(output.status.code(), Some(1 | 2)), "{arguments:?}: {}", text(&output));
    }
}
