//! `timbre spectrogram` and `timbre scalogram` through the real binary.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

use crate::audio_support::{Sound, write};

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn text(&self, name: &str) -> String {
        self.path(name).to_str().unwrap().to_owned()
    }

    fn sound(&self, name: &str, sound: &Sound) -> String {
        write(self.0.path(), name, &sound.wav()).to_str().unwrap().to_owned()
    }

    fn run(&self, args: &[&str]) -> Output {
        // A data folder that cannot be made: these commands need none.
        let mut command = Command::new(env!("CARGO_BIN_EXE_timbre"));
        command.args(args).current_dir(self.0.path()).env("TIMBRE_DATA_DIR", "/dev/null/none").env_remove("RUST_LOG");
        command.output().unwrap()
    }

    fn json(&self, args: &[&str], exit: i32) -> Value {
        let out = self.run(&[args, &["--json"]].concat());
        assert_eq!(out.status.code(), Some(exit), "{args:?}: {}", String::from_utf8_lossy(&out.stderr));
        serde_json::from_slice(&out.stdout).unwrap()
    }
}

struct Numbers {
    frequencies_hz: Vec<f64>,
    times_secs: Vec<f64>,
    /// `[frequency][time]`
    values: Vec<Vec<f32>>,
    legend: Value,
}

fn read_npy(path: &Path) -> Numbers {
    let bytes = fs::read(path).unwrap();
    assert_eq!(&bytes[..8], b"\x93NUMPY\x01\x00");
    let length = usize::from(u16::from_le_bytes([bytes[8], bytes[9]]));
    assert_eq!((10 + length) % 64, 0);
    let header = std::str::from_utf8(&bytes[10..10 + length]).unwrap();
    assert!(header.ends_with('\n') && header.contains("'descr': '<f4'") && header.contains("'fortran_order': False"));
    let shape = header.split("'shape': (").nth(1).unwrap().split(')').next().unwrap();
    let shape: Vec<usize> = shape.split(',').map(|size| size.trim().parse().unwrap()).collect();
    let values: Vec<f32> =
        bytes[10 + length..].chunks_exact(4).map(|b| f32::from_le_bytes(b.try_into().unwrap())).collect();
    assert_eq!(values.len(), shape[0] * shape[1]);
    let legend: Value = serde_json::from_slice(&fs::read(path.with_extension("json")).unwrap()).unwrap();
    let list = |key: &str| legend[key].as_array().unwrap().iter().map(|n| n.as_f64().unwrap()).collect::<Vec<_>>();
    let (frequencies_hz, times_secs) = (list("frequencies_hz"), list("times_secs"));
    assert_eq!((frequencies_hz.len(), times_secs.len()), (shape[0], shape[1]));
    Numbers { frequencies_hz, times_secs, values: values.chunks(shape[1]).map(<[f32]>::to_vec).collect(), legend }
}

fn luminance(pixel: &image::Rgb<u8>) -> f32 {
    let [r, g, b] = pixel.0.map(f32::from);
    0.21 * r + 0.72 * g + 0.07 * b
}

#[test]
fn a_tone_is_bright_where_the_axis_says() {
    let folder = Folder::new();
    let song = folder.sound("tone.wav", &Sound::tone(1000.0, 0.5, 44_100, 2, 3.0));
    for (command, axis) in [("spectrogram", "log"), ("spectrogram", "linear"), ("scalogram", "log")] {
        let size =
            ["--no-axes", "--width", "200", "--height", "300", "--axis", axis, "--low", "100", "--high", "10000"];
        folder.json(&[&[command, &song, "-o", "tone.png"], &size[..]].concat(), 0);
        let picture = image::open(folder.path("tone.png")).unwrap().into_rgb8();
        assert_eq!(picture.dimensions(), (200, 300));
        let brightest = (0..300).max_by_key(|y| luminance(picture.get_pixel(100, *y)) as i32).unwrap();
        let share = if axis == "log" { 0.5 } else { 900.0 / 9900.0 };
        let expected = 300.0 * (1.0 - share);
        assert!((f64::from(brightest) + 0.5 - expected).abs() < 3.0, "{command} {axis}: {brightest} {expected}");
    }
    // With axes, on white: the size is that of the whole, and the margin is white.
    folder.json(&["spectrogram", &song, "-o", "light.png", "--light", "--width", "640", "--height", "360"], 0);
    let picture = image::open(folder.path("light.png")).unwrap().into_rgb8();
    assert_eq!((picture.dimensions(), picture.get_pixel(1, 1).0), ((640, 360), [255; 3]));
    let ink = picture.enumerate_pixels().filter(|(x, y, p)| *x < 40 && *y > 20 && luminance(p) < 100.0).count();
    assert!(ink > 100, "an axis has text: {ink}");
}

#[test]
fn left_stands_above_right() {
    let folder = Folder::new();
    let (left, right) = (Sound::tone(500.0, 0.5, 44_100, 1, 2.0), Sound::tone(4000.0, 0.05, 44_100, 1, 2.0));
    let samples = left.samples.iter().zip(&right.samples).flat_map(|(left, right)| [*left, *right]).collect();
    let song = folder.sound("sides.wav", &Sound { rate_hz: 44_100, channels: 2, samples });
    let draw = |command: &str, channel: &str, height: &str, more: &[&str]| {
        let size = ["--no-axes", "--width", "120", "--height", height, "--low", "100", "--high", "10000"];
        folder.json(&[&[command, &song, "-o", "x.png", "--channel", channel], &size[..], more].concat(), 0);
        image::open(folder.path("x.png")).unwrap().into_rgb8()
    };
    for command in ["spectrogram", "scalogram"] {
        let both = draw(command, "both", "301", &[]);
        assert_eq!(both.dimensions(), (120, 301));
        let (upper, lower) = both.as_raw().split_at(3 * 120 * 150);
        assert_eq!(upper, draw(command, "left", "150", &[]).as_raw(), "{command}");
        assert_eq!(lower, draw(command, "right", "151", &[]).as_raw(), "{command}");
        assert_ne!(upper[..100], lower[..100], "{command}");
        // What is loudest on one side is so on the other as well: the soft side stays dark.
        let both = draw(command, "both", "300", &["--levels", "auto"]);
        let brightest = |rows: std::ops::Range<u32>| rows.map(|y| luminance(both.get_pixel(60, y))).fold(0.0, f32::max);
        assert!(brightest(0..150) > brightest(150..300) + 20.0, "{command}");
    }
    // With axes each has its own, and the picture is as large as was asked for.
    folder.json(&["scalogram", &song, "-o", "a.png", "--channel", "both", "--width", "640", "--height", "481"], 0);
    assert_eq!(image::open(folder.path("a.png")).unwrap().into_rgb8().dimensions(), (640, 481));
    let out = folder.run(&["spectrogram", &song, "-o", "a.csv", "--channel", "both"]);
    assert_eq!(out.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&out.stderr).contains("numbers are those of one signal"));
    let out = folder.run(&["spectrogram", &song, "-o", "s.png", "--channel", "both", "--height", "40"]);
    assert!(
        String::from_utf8_lossy(&out.stderr).contains("1600 x 40 pixels is too small"),
        "the size that was asked for"
    );
}

#[test]
fn a_sweep_and_clicks_are_drawn_where_they_belong() {
    let folder = Folder::new();
    let song = folder.sound("sweep.wav", &Sound::sweep(22_050, 1, 20.0));
    let size = ["--no-axes", "--width", "400", "--height", "400", "--axis", "linear", "--low", "20", "--high", "2020"];
    folder.json(&[&["spectrogram", &song, "-o", "s.png", "--from", "0:02", "--to", "18"], &size[..]].concat(), 0);
    let picture = image::open(folder.path("s.png")).unwrap().into_rgb8();
    for x in (5..395).step_by(10) {
        let secs = 2.0 + (f64::from(x) + 0.5) / 400.0 * 16.0;
        let expected = 400.0 * (1.0 - (200.0 + 60.0 * secs - 20.0) / 2000.0);
        let brightest = (0..400).max_by_key(|y| luminance(picture.get_pixel(x, *y)) as i32).unwrap();
        assert!((f64::from(brightest) + 0.5 - expected).abs() < 5.0, "{secs}: {brightest} {expected}");
    }
    let clicks =
        Sound::made(22_050, 1, 4.0, |secs| if (secs * 22_050.0).round() % 22_050.0 == 11_025.0 { 1.0 } else { 0.0 });
    let song = folder.sound("clicks.wav", &clicks);
    for command in ["spectrogram", "scalogram"] {
        let flags =
            ["-o", "c.png", "--no-axes", "--width", "400", "--height", "100", "--low", "500", "--levels", "auto"];
        folder.json(&[&[command, &song], &flags[..]].concat(), 0);
        let picture = image::open(folder.path("c.png")).unwrap().into_rgb8();
        let sum = |x: u32| (0..100).map(|y| luminance(picture.get_pixel(x, y))).sum::<f32>();
        for second in 0..4 {
            let around = second * 100..second * 100 + 100;
            let loudest = around.max_by_key(|x| sum(*x) as i32).unwrap();
            assert!(loudest.abs_diff(second * 100 + 50) <= 3, "{command}: {loudest}");
        }
    }
}

#[test]
fn numbers_are_those_of_the_transform() {
    let folder = Folder::new();
    let song = folder.sound("tone.wav", &Sound::tone(1000.0, 0.5, 16_000, 1, 2.0));
    let written = folder.json(&["spectrogram", &song, "-o", "tone.npy", "--high", "8000"], 0);
    let numbers = read_npy(&folder.path("tone.npy"));
    assert_eq!(written["written"][0]["width"], numbers.times_secs.len());
    assert_eq!(written["written"][0]["height"], numbers.frequencies_hz.len());
    assert!(numbers.frequencies_hz.windows(2).all(|pair| (pair[1] - pair[0] - 16_000.0 / 4096.0).abs() < 1e-3));
    assert!(numbers.times_secs.windows(2).all(|pair| (pair[1] - pair[0] - 512.0 / 16_000.0).abs() < 1e-9));
    assert_eq!(numbers.times_secs[0], 0.0);
    assert!(numbers.times_secs.last().unwrap() + 0.032 > 2.0);
    let middle = numbers.times_secs.len() / 2;
    let column: Vec<f32> = numbers.values.iter().map(|row| row[middle]).collect();
    let peak = (0..column.len()).max_by(|a, b| column[*a].total_cmp(&column[*b])).unwrap();
    assert!((numbers.frequencies_hz[peak] - 1000.0).abs() < 4.0);
    assert!((column[peak] + 6.02).abs() < 0.1, "half of full scale: {}", column[peak]);
    assert_eq!(numbers.legend["settings"]["transform"]["spectrogram"]["window_len"], 2048);

    folder.json(&["spectrogram", &song, "-o", "tone.csv", "--high", "8000"], 0);
    let text = fs::read_to_string(folder.path("tone.csv")).unwrap();
    let rows: Vec<Vec<&str>> = text.lines().map(|line| line.split(',').collect()).collect();
    assert_eq!((rows.len(), rows[0].len()), (numbers.frequencies_hz.len() + 1, numbers.times_secs.len() + 1));
    for (row, values) in rows[1..].iter().zip(&numbers.values) {
        for (cell, value) in row[1..].iter().zip(values) {
            assert!((cell.parse::<f32>().unwrap() - value).abs() < 0.001);
        }
    }
    assert!((rows[peak + 1][0].parse::<f64>().unwrap() - numbers.frequencies_hz[peak]).abs() < 0.01);

    folder.json(&["scalogram", &song, "-o", "s.npy", "--low", "100", "--high", "4000", "--hop", "160"], 0);
    let numbers = read_npy(&folder.path("s.npy"));
    assert!((numbers.times_secs[1] - 0.01).abs() < 1e-9);
    let middle = numbers.times_secs.len() / 2;
    let peak =
        (0..numbers.values.len()).max_by(|a, b| numbers.values[*a][middle].total_cmp(&numbers.values[*b][middle]));
    let peak_hz = numbers.frequencies_hz[peak.unwrap()];
    assert!((peak_hz / 1000.0).log2().abs() < 1.0 / 16.0, "{peak_hz}");
    assert!(
        folder.0.path().read_dir().unwrap().all(|entry| !entry.unwrap().path().to_str().unwrap().contains(".part"))
    );
}

#[test]
fn a_batch_goes_on_after_a_broken_file() {
    let folder = Folder::new();
    fs::create_dir(folder.path("other")).unwrap();
    let one = folder.sound("one.wav", &Sound::tone(440.0, 0.5, 16_000, 1, 1.0));
    let same = write(&folder.path("other"), "one.wav", &Sound::tone(880.0, 0.5, 16_000, 1, 1.0).wav());
    fs::write(folder.path("broken.wav"), b"RIFF no").unwrap();
    let broken = folder.text("broken.wav");
    let small = ["--width", "200", "--height", "150"];
    let songs = [one.as_str(), &broken, same.to_str().unwrap()];
    let args = [&["spectrogram"], &songs[..], &["-o", "out", "--format", "png"], &small].concat();
    let printed = folder.json(&args, 3);
    assert_eq!((printed["written"].as_array().unwrap().len(), printed["failed"].as_array().unwrap().len()), (2, 1));
    assert!(printed["failed"][0]["error"]["sentence"].as_str().unwrap().contains("broken.wav"));
    for name in ["one.png", "one (2).png"] {
        assert!(image::open(folder.path("out").join(name)).is_ok(), "{name}");
    }
    assert_eq!(fs::read_dir(folder.path("out")).unwrap().count(), 2);
    assert_eq!(folder.run(&["spectrogram", &broken, "-o", "b.png"]).status.code(), Some(1));
    assert!(!folder.path("b.png").exists());
}

#[test]
fn wrong_usage_is_2() {
    let folder = Folder::new();
    let song = folder.sound("a.wav", &Sound::tone(440.0, 0.5, 16_000, 1, 1.0));
    for args in [
        &["-o", "a.gif"][..],
        &["-o", "folder"],
        &[],
        &[song.as_str(), "-o", "a.png"],
        &["-o", "a.png", "--size", "1000"],
        &["-o", "a.png", "--window", "square"],
        &["-o", "a.png", "--from", "2:99"],
        &["-o", "a.png", "--from", "5", "--to", "4"],
        &["-o", "a.png", "--low", "500", "--high", "400"],
        &["-o", "a.png", "--levels", "0:-90"],
    ] {
        let all = [&["spectrogram", song.as_str()], args].concat();
        let out = folder.run(&all);
        assert_eq!(out.status.code(), Some(2), "{args:?}");
        assert!(!out.stderr.is_empty());
    }
    assert_eq!(folder.run(&["scalogram", &song, "-o", "a.png", "--wavelet", "db4"]).status.code(), Some(2));
    // After the end there is nothing to see: that is no wrong usage.
    assert_eq!(folder.run(&["scalogram", &song, "-o", "a.png", "--from", "9"]).status.code(), Some(1));
    for command in ["spectrogram", "scalogram"] {
        assert!(folder.run(&[command, "--help"]).status.success());
    }
}

#[test]
fn every_choice_draws_something() {
    let folder = Folder::new();
    let song = folder.sound("a.wav", &Sound::sweep(16_000, 1, 1.5));
    let spectrograms = [
        "--window hamming",
        "--window blackman-harris --size 256",
        "--window kaiser --kaiser-beta 12",
        "--window flat-top",
        "--reassigned --overlap 90",
        "--zero-padding 8 --size 512",
        "--axis mel --colormap viridis",
        "--axis bark --colormap grey --inverted",
        "--axis linear --levels auto --range 60 --colormap cividis",
    ];
    let scalograms = [
        "--wavelet mexican-hat",
        "--wavelet dog4",
        "--wavelet dog6",
        "--wavelet paul --norm l2",
        "--wavelet haar --no-cone",
        "--show power",
        "--show phase --colormap inferno",
        "--cycles 16 --voices 32",
    ];
    let all = spectrograms.iter().map(|f| ("spectrogram", f)).chain(scalograms.iter().map(|f| ("scalogram", f)));
    let mut seen = std::collections::HashSet::new();
    for (command, flags) in all {
        let flags: Vec<&str> = flags.split(' ').collect();
        let size = ["-o", "x.png", "--no-axes", "--width", "120", "--height", "90"];
        folder.json(&[&[command, song.as_str()], &size[..], &flags].concat(), 0);
        let picture = image::open(folder.path("x.png")).unwrap().into_rgb8();
        let (dark, bright) = picture.pixels().map(luminance).fold((255f32, 0f32), |(a, b), l| (a.min(l), b.max(l)));
        assert!(bright - dark > 60.0, "{flags:?}: {dark} to {bright}");
        assert!(seen.insert(picture.into_raw()), "{flags:?} changes nothing");
    }
}
