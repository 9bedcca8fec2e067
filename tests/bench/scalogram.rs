//! Wavelet scalograms of 30 s of sound, tiles and live pictures; says first how much memory one scalogram takes.

#![allow(missing_docs, clippy::print_stderr, reason = "a benchmark")]

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion};
use timbre::dsp::picture::cwt::Cwt;
use timbre::dsp::picture::{
    Analyzer, Columns, LiveAnalyzer, PictureSettings, Rows, ScalogramSettings, Sound, SpectrogramSettings, Transform,
    Wavelet,
};

/// Four tones and noise.
fn clip(secs: usize, rate: usize) -> Vec<f32> {
    let mut state = 1_u32;
    let mut value = |i: usize| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let noise = (state >> 8) as f32 / (1 << 23) as f32 - 1.0;
        let t = i as f64 / rate as f64;
        let tones = [110.0, 220.0, 440.0, 1760.0].iter().zip(1..);
        let tones: f64 = tones.map(|(hz, i)| (std::f64::consts::TAU * hz * t).sin() / f64::from(i)).sum();
        0.2 * tones as f32 + 0.05 * noise
    };
    (0..secs * rate).map(&mut value).collect()
}

/// 128 log-spaced scales from 40 Hz to 10 kHz.
fn transform(cycles: f32) -> Cwt {
    let settings = ScalogramSettings { wavelet: Wavelet::Morlet { cycles }, ..ScalogramSettings::default() };
    let frequencies = (0..128).map(|i| 40.0 * 250_f32.powf(i as f32 / 127.0)).collect();
    Cwt::new(&settings, 22_050, frequencies)
}

/// 40 columns a second.
const COLUMNS: Columns = Columns { start_secs: 0.0, step_secs: 0.025, count: 1200 };

/// The most memory that this process has had, MB, where the system says it.
fn most_memory_mb() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.trim().trim_end_matches(" kB").parse::<f64>().ok()? / 1024.0)
}

fn scalogram(c: &mut Criterion) {
    let sound = clip(30, 22_050);
    let sound = Sound { samples: &sound, first: 0 };
    let mut group = c.benchmark_group("128 Morlet scales, 40 Hz-10 kHz, 30 s at 22.05 kHz");
    group.sample_size(10);
    // As wide as cmor1.5-1.0 of PyWavelets, and as the Morlet wavelet of ssqueezepy.
    for cycles in [5.44, 13.4] {
        group.bench_function(BenchmarkId::new("planned each time, w0", cycles), |b| {
            b.iter(|| transform(cycles).peaks(black_box(sound), COLUMNS));
        });
        let mut planned = transform(cycles);
        group.bench_function(BenchmarkId::new("planned before, w0", cycles), |b| {
            b.iter(|| planned.peaks(black_box(sound), COLUMNS));
        });
    }
}

fn pictures(c: &mut Criterion) {
    let sound = clip(60, 44_100);
    let sound = Sound { samples: &sound, first: 0 };
    for (name, settings) in
        [("spectrogram", PictureSettings::spectrogram()), ("scalogram", PictureSettings::scalogram())]
    {
        let mut group = c.benchmark_group(format!("a tile of 256 x 256, {name}"));
        group.sample_size(10);
        let mut analyzer = Analyzer::new(&settings.spec.transform, 44_100);
        let rows = Rows::whole(settings.spec.axis, 256);
        for step_secs in [1.0 / 2048.0, 1.0 / 64.0, 1.0 / 8.0] {
            let columns = Columns { start_secs: 10.0, step_secs, count: 256 };
            let mut out = vec![0; 256 * 256];
            group.bench_function(BenchmarkId::new("columns of", format!("{:.1} ms", step_secs * 1e3)), |b| {
                b.iter(|| analyzer.render(black_box(sound), columns, rows, &mut out));
            });
        }
    }
}

fn live(c: &mut Criterion) {
    let sound = clip(1, 48_000);
    let reassigned = SpectrogramSettings { reassigned: true, ..SpectrogramSettings::default() };
    let mut moved = PictureSettings::spectrogram();
    moved.spec.transform = Transform::Spectrogram(reassigned);
    let pictures = [
        ("spectrogram", PictureSettings::spectrogram()),
        ("reassigned spectrogram", moved),
        ("scalogram", PictureSettings::scalogram()),
    ];
    let mut group = c.benchmark_group("a second of live picture, 48 kHz, 60 columns of 512 rows");
    group.sample_size(20);
    for (name, settings) in pictures {
        let mut live = LiveAnalyzer::new(&settings.spec, 48_000, 512, 60.0);
        let mut out = Vec::new();
        group.bench_function(name, |b| {
            b.iter(|| {
                out.clear();
                sound.chunks(800).map(|piece| live.push(black_box(piece), &mut out)).sum::<usize>()
            });
        });
    }
}

fn main() {
    let sound = clip(30, 22_050);
    let before = most_memory_mb();
    black_box(transform(5.44).peaks(Sound { samples: &sound, first: 0 }, COLUMNS));
    if let (Some(before), Some(after)) = (before, most_memory_mb()) {
        eprintln!("memory: {before:.1} MB with the sound alone, at most {after:.1} MB while the scalogram was made");
    }
    let mut criterion = Criterion::default().configure_from_args();
    scalogram(&mut criterion);
    pictures(&mut criterion);
    live(&mut criterion);
    criterion.final_summary();
}
