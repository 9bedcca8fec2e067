//! Forward passes of the shipped networks, and a depthwise layer forward and backward.

#![allow(
    missing_docs,
    clippy::unwrap_used,
    reason = "criterion's macros make undocumented functions; a bench may stop"
)]

use candle_core::{DType, Device, Tensor, Var};
use criterion::{Criterion, criterion_group, criterion_main};
use timbre::ml::networks::mobilenet::MobileNet;
use timbre::ml::networks::mobilenet_v2::MobileNetV2;
use timbre::ml::networks::musicnn::MusiCnn;
use timbre::ml::nn::ops::Activation;
use timbre::ml::nn::ops::conv3x3::{Conv3x3, Kind, Padding};
use timbre::ml::nn::weights::{Weights, read_file};
use timbre::ml::{Classifier, DeviceChoice};

const MUSICNN: &[u8] = include_bytes!("../../weights/musicnn.safetensors");
/// Not part of the repository.
const YAMNET: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/data/weights/yamnet.safetensors");
const MOBILENET_V2: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/data/weights/mobilenet_v2.safetensors");

fn ml(c: &mut Criterion) {
    let device = Device::Cpu;
    let network = MusiCnn::new(&Weights::parse("musicnn", MUSICNN).unwrap(), &device).unwrap();
    let patch = Tensor::rand(0f32, 3f32, (1, 187, 96), &device).unwrap();
    c.bench_function("MusiCNN forward, one window", |b| b.iter(|| network.forward(&patch).unwrap()));

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
    let info = classifier.info();
    let windows = |rate_hz: u32| -> Vec<Vec<f32>> {
        let samples = (info.window_secs * rate_hz as f32) as usize;
        (0..info.max_windows).map(|w| (0..samples).map(|i| ((i + w) as f32 * 0.05).sin() * 0.3).collect()).collect()
    };
    let first = windows(info.sample_rate_hz);
    let second = info.second_rate_hz.map_or_else(Vec::new, windows);
    c.bench_function("classify one song, all windows", |b| b.iter(|| classifier.classify(&first, &second).unwrap()));

    let Ok(bytes) = read_file(YAMNET.as_ref()) else { return };
    let network = MobileNet::read(&Weights::parse("yamnet", &bytes).unwrap(), "layers.").unwrap();
    let patches: Vec<Vec<f32>> =
        Tensor::rand(-4f32, 1f32, (62, 96 * 64), &device).unwrap().to_dtype(DType::F32).unwrap().to_vec2().unwrap();
    c.bench_function("MobileNetV1 forward, 62 patches", |b| b.iter(|| network.mean_embedding(&patches).unwrap()));

    let Ok(bytes) = read_file(MOBILENET_V2.as_ref()) else { return };
    let network = MobileNetV2::read(&Weights::parse("mobilenet_v2", &bytes).unwrap(), "").unwrap();
    let x = Tensor::rand(-1f32, 1f32, (16, 256, 256, 3), &device).unwrap();
    c.bench_function("MobileNetV2 forward, 16x3x256x256", |b| b.iter(|| network.forward(&x).unwrap()));
}

criterion_group! { name = benches; config = Criterion::default().sample_size(10); targets = ml }
criterion_main!(benches);
