//! How long it takes to hear a song: whole, in windows, and the steps in between.
//!
//! `cargo bench --bench decode`. The song is made by `lame`; without it those lines are left out.

#![allow(missing_docs, clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark")]

#[path = "../audio_support/mod.rs"]
mod audio_support;

use std::path::PathBuf;

use audio_support::{Sound, run, write};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use timbre::audio::resample::StreamResampler;
use timbre::audio::{AudioReader, WindowPlan, decode_mono, decode_windows, probe};
use timbre::base::CancelToken;
use timbre::dsp::live::LiveSpectrum;

const SONG_SECS: f64 = 180.0;

/// Three minutes with something to encode: a sweep over noise.
fn song() -> Sound {
    let mut noise = 1u32;
    let mut sound = Sound::sweep(44_100, 2, SONG_SECS);
    for sample in &mut sound.samples {
        noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        *sample = 0.5 * *sample + 0.1 * ((noise >> 8) as f32 / (1 << 23) as f32 - 1.0);
    }
    sound
}

fn files(folder: &std::path::Path) -> Vec<(&'static str, PathBuf)> {
    let wav = write(folder, "song.wav", &song().wav());
    let encode = |name: &'static str, program: &str, arguments: &[&str]| {
        let target = folder.join(name);
        let mut all: Vec<&str> = arguments.to_vec();
        let (from, to) = (wav.to_str().unwrap(), target.to_str().unwrap());
        match program {
            "oggenc" | "flac" => all.extend(["-o", to, from]),
            _ => all.extend([from, to]),
        }
        run(program, &all).then_some((name, target))
    };
    let made = [
        encode("song.mp3", "lame", &["--quiet", "-b", "192"]),
        encode("song.ogg", "oggenc", &["-Q", "-q", "5"]),
        encode("song.flac", "flac", &["-s", "-f"]),
        encode("song.opus", "opusenc", &["--quiet", "--bitrate", "128"]),
    ];
    let mut files: Vec<_> = made.into_iter().flatten().collect();
    files.push(("song.wav", wav.clone()));
    files
}

fn decoding(criterion: &mut Criterion) {
    let folder = tempfile::tempdir().unwrap();
    let cancel = CancelToken::default();
    let plan = WindowPlan { rate_hz: 16_000, second_rate_hz: None, window_secs: 3.0, max_windows: 12 };
    let mut group = criterion.benchmark_group("three minutes");
    group.sample_size(10);
    for (name, path) in files(folder.path()) {
        group.bench_function(format!("{name}: 12 windows of 3 s at 16 kHz"), |bench| {
            bench.iter(|| decode_windows(&path, &plan, &cancel).unwrap());
        });
        group.bench_function(format!("{name}: all of it at 16 kHz"), |bench| {
            bench.iter(|| decode_mono(&path, 16_000, &cancel).unwrap());
        });
        group.bench_function(format!("{name}: all of it, neither mixed nor resampled"), |bench| {
            bench.iter(|| {
                let mut reader = AudioReader::open(&path).unwrap();
                let mut block = Vec::new();
                let mut frames = 0;
                loop {
                    block.clear();
                    match reader.next_block(&mut block).unwrap() {
                        0 => break frames,
                        more => frames += more,
                    }
                }
            });
        });
        group.bench_function(format!("{name}: probe"), |bench| bench.iter(|| probe(&path).unwrap()));
    }
    group.finish();
}

fn steps(criterion: &mut Criterion) {
    let mono = Sound::tone(440.0, 0.5, 48_000, 1, 10.0);
    let mut group = criterion.benchmark_group("ten seconds");
    group.throughput(Throughput::Elements(10));
    for from_hz in [22_050, 44_100, 48_000] {
        let samples = &mono.samples[..10 * from_hz as usize];
        group.bench_function(format!("resample {from_hz} to 16000 Hz"), |bench| {
            let mut resampler = StreamResampler::new(from_hz, 16_000, 1).unwrap();
            let mut out = Vec::new();
            bench.iter(|| {
                out.clear();
                resampler.push(samples, &mut out).unwrap();
                resampler.finish(&mut out).unwrap();
                out.len()
            });
        });
    }
    group.bench_function("live spectrum at 48000 Hz", |bench| {
        let mut live = LiveSpectrum::new(48_000);
        bench.iter(|| mono.samples.chunks(800).map(|piece| live.push(piece).len()).sum::<usize>());
    });
    group.finish();
}

criterion_group!(benches, decoding, steps);
criterion_main!(benches);
