//! Forward passes of the shipped networks, and a depthwise layer forward and backward.

#![allow(
    missing_docs,
    clippy::unwrap_used,
    reason = "criterion's macros make undocumented functions; a bench may stop"
)]

use candle_core::{DType, Device, Tensor, Var};
use criterion::{Criterion, criterion_group, criterion_main};
use timbre::ml::mobilenet::MobileNet;
use timbre::ml::musicnn::MusiCnn;
use timbre::ml::ops::Activation;
use timbre::ml::ops::conv3x3::{Conv3x3, Kind, Padding};
use timbre::ml::weights::Weights;
use timbre::ml::{Classifier, DeviceChoice};

const MUSICNN: &[u8] = include_bytes!("../../weights/musicnn.safetensors");
const GENRES: &[u8] = include_bytes!("../../weights/genres.safetensors");

fn ml(c: &mut Criterion) {
    let device = Device::Cpu;
    let network = MusiCnn::new(&Weights::parse("musicnn", MUSICNN).unwrap(), &device).unwrap();
    let patch = Tensor::rand(0f32, 3f32, (1, 187, 96), &device).unwrap();
    c.bench_function("MusiCNN forward, one window", |b| b.iter(|| network.forward(&patch).unwrap()));

    let network = MobileNet::read(&Weights::parse("genres", GENRES).unwrap(), "network.").unwrap();
    let patches: Vec<Vec<f32>> =
        Tensor::rand(-4f32, 1f32, (62, 96 * 64), &device).unwrap().to_dtype(DType::F32).unwrap().to_vec2().unwrap();
    c.bench_function("MobileNetV1 forward, 62 patches", |b| b.iter(|| network.mean_embedding(&patches).unwrap()));

    let op = Conv3x3 { kind: Kind::Depthwise, stride: 1, padding: Padding::One, activation: Activation::Relu };
    let x = Var::randn(0f32, 1f32, (16, 16, 16, 256), &device).unwrap();
    let weight = Var::randn(0f32, 1f32, (9, 256), &device).unwrap();
    let bias = Var::zeros(256, DType::F32, &device).unwrap();
    let forward = || op.apply(x.as_tensor(), weight.as_tensor(), bias.as_tensor()).unwrap();
    c.bench_function("depthwise 3x3, 16x256x16x16, forward", |b| b.iter(forward));
    c.bench_function("depthwise 3x3, 16x256x16x16, forward and backward", |b| {
        b.iter(|| forward().sum_all().unwrap().backward().unwrap());
    });

    let classifier = Classifier::embedded(&DeviceChoice::Cpu).unwrap();
    let windows: Vec<Vec<f32>> = (0..classifier.info().max_windows)
        .map(|w| (0..48_000).map(|i| ((i + w) as f32 * 0.05).sin() * 0.3).collect())
        .collect();
    c.bench_function("classify one song, all windows", |b| b.iter(|| classifier.classify(&windows).unwrap()));
}

criterion_group! { name = benches; config = Criterion::default().sample_size(10); targets = ml }
criterion_main!(benches);
