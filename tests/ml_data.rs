//! Data sets as people have them: what networks see of real clips is what it should be.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a test may panic, and says what it skips"
)]

mod audio_support;

use std::path::{Path, PathBuf};

use timbre::base::CancelToken;
use timbre::engine::training::SoundFiles;
use timbre::ml::dataset::{Clip, Dataset, Media, Sources};
use timbre::ml::features::{Features, Loaded, load};
use timbre::ml::networks::input::FrontEnd;

/// GTZAN's clips, where they are at hand.
fn gtzan() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/gtzan");
    let found = folder.is_dir().then_some(folder);
    if found.is_none() {
        println!("skipped: GTZAN is not here");
    }
    found
}

fn open(folders: &[PathBuf], index: Option<PathBuf>) -> Dataset {
    let cancel = CancelToken::default();
    let sources = Sources { folders: folders.to_vec(), index, ..Sources::default() };
    Dataset::open(&sources, &SoundFiles::new(&cancel), &cancel).unwrap()
}

fn load_all(clips: &[Clip], front_ends: &[FrontEnd], cache: Option<&Path>) -> Loaded {
    let cancel = CancelToken::default();
    load(clips, front_ends, cache, &SoundFiles::new(&cancel), &cancel, &|_, _| ()).unwrap()
}

/// Mean absolute difference.
fn distance(a: &Features, b: &Features) -> f64 {
    assert_eq!(a.shape, b.shape);
    let sum: f64 = a.to_f32().iter().zip(b.to_f32()).map(|(a, b)| f64::from((a - b).abs())).sum();
    sum / a.values.len() as f64
}

/// The clip with its sound only and with its picture only.
fn sides(clip: &Clip) -> [Clip; 2] {
    [Clip { spectrogram: None, ..clip.clone() }, Clip { audio: None, ..clip.clone() }]
}

#[test]
fn sound_and_picture_of_a_clip_look_the_same() {
    let Some(gtzan) = gtzan() else { return };
    let data = open(&[gtzan.join("audio"), gtzan.join("images_original")], Some(gtzan.join("splits/GTZANindex.txt")));
    let lossless = |clip: &&Clip| clip.audio.as_ref().is_some_and(|path| path.extension().unwrap() != "ogg");
    let both: Vec<&Clip> = data.clips.iter().filter(|c| c.audio.is_some() && c.spectrogram.is_some()).collect();
    let chosen: Vec<Clip> =
        both.iter().copied().filter(lossless).chain(both.iter().copied().step_by(40)).cloned().collect();
    assert!(chosen.len() >= 4, "{} of {} clips", chosen.len(), data.clips.len());
    for clip in &chosen {
        let front_ends = [FrontEnd::LogMel, FrontEnd::Picture];
        let loaded = load_all(&sides(clip), &front_ends, None);
        assert_eq!(loaded.broken, [], "{}", clip.name);
        let of = |side: usize, front_end: usize| loaded.features[side][front_end].as_deref().unwrap();
        assert_eq!(of(0, 0).shape, [336, 128]);
        let (mel, picture) = (distance(of(0, 0), of(1, 0)), distance(of(0, 1), of(1, 1)));
        let sound = clip.audio.as_ref().unwrap().extension().unwrap().to_str().unwrap();
        println!("{} {sound}: log-mel {mel:.5}, picture {picture:.5}", clip.name);
        // A step of a picture is 1/256 = 0.004; Vorbis changes faint levels by a few.
        let allowed = if sound == "ogg" { 0.02 } else { 0.003 };
        assert!(mel < allowed && picture < allowed, "{}", clip.name);
    }
}

fn wave(path: &Path, rate_hz: u32, samples: &[f32]) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    let sound = audio_support::Sound { rate_hz, channels: 1, samples: samples.to_vec() };
    std::fs::write(path, sound.wav()).unwrap();
}

fn tone(hz: f32, secs: f32, rate_hz: u32) -> Vec<f32> {
    let beat = |i: usize| 0.6 + 0.4 * (i as f32 / rate_hz as f32 * 9.0).sin();
    (0..(secs * rate_hz as f32) as usize)
        .map(|i| beat(i) * 0.5 * (std::f32::consts::TAU * hz * i as f32 / rate_hz as f32).sin())
        .collect()
}

#[test]
fn clips_of_any_length_are_seen_and_broken_ones_are_named() {
    let dir = tempfile::tempdir().unwrap();
    for (name, secs) in [("a/short.wav", 0.3), ("a/clip.wav", 30.2), ("b/long.wav", 45.0)] {
        wave(&dir.path().join(name), 22_050, &tone(440.0, secs, 22_050));
    }
    std::fs::write(dir.path().join("b/wrong.wav"), "this is no sound").unwrap();
    std::fs::write(dir.path().join("b/empty.wav"), "").unwrap();
    let data = open(&[dir.path().to_path_buf()], None);
    assert_eq!(data.broken.len(), 1, "an empty file shows at once");
    let cache = dir.path().join("cache");
    let loaded = load_all(&data.clips, &FrontEnd::ALL, Some(&cache));
    assert_eq!(loaded.broken.iter().map(|b| b.path.file_name().unwrap()).collect::<Vec<_>>(), ["wrong.wav"]);
    let names: Vec<&str> = data.clips.iter().map(|clip| clip.name.as_str()).collect();
    assert_eq!(names, ["a/clip", "a/short", "b/long", "b/wrong"]);
    let shapes = |clip: usize| -> Vec<Vec<usize>> {
        loaded.features[clip].iter().map(|f| f.as_deref().map_or_else(Vec::new, |f| f.shape.clone())).collect()
    };
    let picture = vec![256, 256, 3];
    let expected = |columns, frames, wide, windows| {
        let pictures = [picture.clone(), picture.clone()];
        let others = [vec![columns, 128], vec![frames, 64], vec![wide, 96], vec![windows, 928], vec![1, 50]];
        [&pictures[..], &others[..]].concat()
    };
    assert_eq!(shapes(0), expected(336, 3018, 1031, 1));
    assert_eq!(shapes(1), expected(3, 96, 10, 1));
    assert_eq!(shapes(2), expected(504, 4498, 1536, 2));
    assert_eq!(shapes(3), vec![Vec::<usize>::new(); 7]);
    // A tone is one bright line, wherever it is looked at.
    let level = |clip: usize, front_end: usize| loaded.features[clip][front_end].as_deref().unwrap().to_f32();
    let column = &level(2, 2)[250 * 128..251 * 128];
    let loudest = (0..128).max_by(|a, b| column[*a].total_cmp(&column[*b])).unwrap();
    assert_eq!(loudest, 16, "440 Hz is 6.6 mel, the bands lie 0.387 mel apart");
    assert!(level(0, 0) != level(0, 1), "spectrogram and scalogram differ");

    // What was made before is taken from disk, damaged files are made again.
    struct Silent;
    impl Media for Silent {
        fn decode(&self, _: &Path, _: u32) -> Result<Vec<f32>, String> {
            Err("decoded again".into())
        }
        fn artist(&self, _: &Path) -> Option<String> {
            None
        }
    }
    let again = |media: &dyn Media| {
        load(&data.clips[..3], &FrontEnd::ALL, Some(&cache), media, &CancelToken::default(), &|_, _| ()).unwrap()
    };
    let kept = again(&Silent);
    assert_eq!((kept.broken.len(), kept.features == loaded.features[..3]), (0, true));
    for file in std::fs::read_dir(&cache).unwrap() {
        let path = file.unwrap().path();
        let bytes = std::fs::read(&path).unwrap();
        std::fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
    }
    assert!(!again(&Silent).broken.is_empty());
    assert!(again(&SoundFiles::default()).features == loaded.features[..3]);
    assert!(again(&Silent).broken.is_empty());

    let cancel = CancelToken::default();
    cancel.cancel();
    assert!(load(&data.clips, &FrontEnd::ALL, None, &Silent, &cancel, &|_, _| ()).is_err());
}

#[test]
fn the_command_line_names_what_is_wrong_with_a_data_set() {
    let dir = tempfile::tempdir().unwrap();
    // A melody of tones that no other clip has.
    let melody = |seed: u32, gain: f32| -> Vec<f32> {
        let mut state = seed;
        let mut notes = Vec::new();
        for _ in 0..40 {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let hz = 200.0 * 2f32.powf((state >> 24) as f32 / 64.0);
            notes.extend(tone(hz, 0.25, 22_050).into_iter().map(|x| x * gain));
        }
        notes
    };
    let file = |name: &str| dir.path().join(name);
    wave(&file("a/a.00000.wav"), 22_050, &melody(1, 0.9));
    wave(&file("a/a.00001.wav"), 22_050, &melody(2, 0.9));
    wave(&file("b/b.00000.wav"), 22_050, &melody(3, 0.9));
    wave(&file("b/b.00001.wav"), 22_050, &melody(1, 0.3));
    std::fs::copy(file("a/a.00001.wav"), file("a/a.00002.wav")).unwrap();
    std::fs::write(file("b/b.00002.wav"), "this is no sound").unwrap();
    std::fs::write(file("b/b.00003.wav"), "").unwrap();
    let run = |folder: &Path| {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_timbre"));
        command.args(["dataset", "check", "--json"]).arg(folder).env_remove("RUST_LOG").output().unwrap()
    };
    let output = run(dir.path());
    assert_eq!(output.status.code(), Some(3), "{}", String::from_utf8_lossy(&output.stderr));
    let found: timbre::ml::check::Check = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((found.clips, found.genres.len(), found.artists, found.without_artist), (5, 2, 0, 5));
    assert_eq!((found.genres[0].sounds, found.genres[1].clips), (3, 2));
    assert!((found.genres[0].minutes - 0.5).abs() < 0.01);
    assert_eq!(found.broken.len(), 2);
    assert_eq!(found.exact, [["a.00001", "a.00002"]]);
    assert_eq!(found.similar.len(), 1, "{:?}", found.similar);
    assert_eq!((found.similar[0].a.as_str(), found.similar[0].b.as_str()), ("a.00000", "b.00001"));
    assert!(found.similar[0].different_genres);
    assert_eq!(found.judged, 0, "five clips are too few to judge labels by");

    let output = run(&dir.path().join("a"));
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("name the folder above it"));
}
