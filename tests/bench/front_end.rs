//! Log-mel spectrograms of 30 s of sound.

#![allow(missing_docs, reason = "criterion's macros make undocumented functions")]

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use timbre::dsp::mel::MelBank;
use timbre::dsp::stft::{Framing, Stft};
use timbre::dsp::window::hann_periodic;
use timbre::ml::networks::input::FrontEnd;
use timbre::ml::networks::{mobilenet, musicnn};

fn tones(secs: usize, rate: usize) -> Vec<f32> {
    let value = |i: usize| {
        let t = i as f32 / rate as f32;
        [110.0, 220.0, 440.0, 1760.0].iter().map(|hz| (std::f32::consts::TAU * hz * t).sin()).sum::<f32>() * 0.1
    };
    (0..secs * rate).map(value).collect()
}

fn front_end(c: &mut Criterion) {
    let sound = tones(30, 22_050);
    let stft = Stft::new(2048, hann_periodic(2048), 512, Framing::Centred);
    let bank = MelBank::slaney(22_050.0, 2048, 128, 0.0, 11_025.0);
    c.bench_function("log-mel 128, 30 s at 22.05 kHz, fft 2048, hop 512", |b| {
        b.iter(|| {
            bank.spectrogram(
                &stft,
                black_box(&sound),
                |p| p,
                |mel| 10.0 * std::f32::consts::LOG10_E * mel.max(1e-10).ln(),
            )
        });
    });
    for kind in [FrontEnd::LogMel, FrontEnd::Picture, FrontEnd::Scalogram] {
        c.bench_function(&format!("{} of a clip of 30 s", kind.name()), |b| {
            b.iter(|| kind.of_sound(black_box(&sound)))
        });
    }
    let sound = tones(3, 16_000);
    let front_end = musicnn::FrontEnd::new();
    c.bench_function("MusiCNN patch of 3 s", |b| b.iter(|| front_end.patch(black_box(&sound))));
    let front_end = mobilenet::FrontEnd::new();
    c.bench_function("MobileNet patches of 3 s", |b| b.iter(|| front_end.patches(black_box(&sound))));
}

criterion_group!(benches, front_end);
criterion_main!(benches);
