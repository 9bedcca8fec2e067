//! A genre head is trained from files as a person has them, and the result is used.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "helpers of tests")]

use std::path::{Path, PathBuf};

use timbre::base::CancelToken;
use timbre::ml::{Classifier, DeviceChoice, HeadOptions, MlError, train_head};

/// Two kinds of sound that anything can tell apart, by four artists each; the files hold a number only.
fn collection(dir: &Path) -> HeadOptions {
    let mut index = String::from("## who plays what\n");
    for genre in ["drone", "noise"] {
        std::fs::create_dir_all(dir.join("audio").join(genre)).unwrap();
        for clip in 0..8 {
            std::fs::write(dir.join(format!("audio/{genre}/{genre}.{clip}.wav")), format!("{clip}")).unwrap();
            index += &format!("{genre}.{clip}.wav ::: artist {genre} {} ::: title\n", clip / 2);
        }
    }
    std::fs::write(dir.join("audio/drone/broken.wav"), "no sound").unwrap();
    std::fs::write(dir.join("index.txt"), index).unwrap();
    HeadOptions {
        audio: Some(dir.join("audio")),
        index: Some(dir.join("index.txt")),
        output: dir.join("mine.safetensors"),
        windows: 1,
        folds: 4,
        ..HeadOptions::default()
    }
}

fn decode(path: &Path) -> Result<Vec<f32>, String> {
    let number: u32 = std::fs::read_to_string(path).unwrap().parse().map_err(|_| "not audio".to_owned())?;
    let mut state = number + 1;
    let mut noise = move || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as f32 / (1 << 24) as f32 - 0.5
    };
    let hz = 200.0 + 20.0 * number as f32;
    let drone = path.to_string_lossy().contains("drone.");
    let sample =
        |i: usize| if drone { (i as f32 / 16_000.0 * hz * std::f32::consts::TAU).sin() * 0.4 } else { noise() };
    Ok((0..48_000).map(sample).collect())
}

#[test]
fn what_is_trained_can_be_used_and_says_what_it_is() {
    let dir = tempfile::tempdir().unwrap();
    let options = collection(dir.path());
    let mut stages = Vec::new();
    let report = train_head(&options, &decode, &CancelToken::default(), &mut |p| stages.push(p.stage)).unwrap();
    assert_eq!(report.labels, ["drone", "noise"]);
    assert_eq!((report.clips, report.evaluation.clips), (16, 16));
    assert_eq!(report.evaluation.accuracy, 1.0);
    assert_eq!(report.skipped, [(dir.path().join("audio/drone/broken.wav"), "not audio".to_owned())]);
    assert!(stages.iter().any(|stage| stage == "Listening"));

    let classifier = Classifier::load(&options.output, &DeviceChoice::Cpu).unwrap();
    assert_eq!(&*classifier.info().labels, ["drone", "noise"]);
    let metrics = classifier.info().metrics.as_ref().unwrap();
    assert_eq!((metrics.clips, &metrics.confusion), (16, &report.evaluation.confusion));
    let sound = decode(&dir.path().join("audio/noise/noise.3.wav")).unwrap();
    assert!(classifier.classify(&[sound]).unwrap().probabilities[1] > 0.5);

    let bytes = std::fs::read(&options.output).unwrap();
    train_head(&options, &decode, &CancelToken::default(), &mut |_| ()).unwrap();
    assert!(bytes == std::fs::read(&options.output).unwrap(), "the same seed gives the same file");
}

#[test]
fn too_little_to_train_on_is_said() {
    let dir = tempfile::tempdir().unwrap();
    let options = HeadOptions { output: dir.path().join("out"), ..HeadOptions::default() };
    let error = train_head(&options, &decode, &CancelToken::default(), &mut |_| ()).unwrap_err();
    assert!(error.to_string().contains("not enough"), "{error}");
    let options = HeadOptions { lists: vec![PathBuf::from("/none.txt")], ..options };
    assert!(matches!(train_head(&options, &decode, &CancelToken::default(), &mut |_| ()), Err(MlError::Read { .. })));
    let options = collection(dir.path());
    let cancel = CancelToken::default();
    cancel.cancel();
    assert!(matches!(train_head(&options, &decode, &cancel, &mut |_| ()), Err(MlError::Cancelled)));
    assert!(!options.output.exists());
}
