//! Training steps of the three networks.

#![allow(
    missing_docs,
    clippy::unwrap_used,
    reason = "criterion's macros make undocumented functions; a bench may stop"
)]

use candle_core::{Device, Tensor, Var};
use criterion::{Criterion, criterion_group, criterion_main};
use timbre::ml::networks::mobilenet::{EMBEDDING, MobileNet};
use timbre::ml::networks::mobilenet_v2::{FEATURES, MobileNetV2};
use timbre::ml::networks::plain_cnn::PlainCnn;
use timbre::ml::nn::adam::{Adam, AdamOptions};
use timbre::ml::nn::layers::cross_entropy;
use timbre::ml::nn::rng::Rng;
use timbre::ml::nn::variables::Variables;
use timbre::ml::nn::weights::{Weights, read_file};

/// Not part of the repository.
const YAMNET: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/data/weights/yamnet.safetensors");
const MOBILENET_V2: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/data/weights/mobilenet_v2.safetensors");

/// Targets of ten labels in turn.
fn targets(n: usize) -> Tensor {
    let mut targets = vec![0f32; n * 10];
    (0..n).for_each(|i| targets[i * 10 + i % 10] = 1.0);
    Tensor::from_vec(targets, (n, 10), &Device::Cpu).unwrap()
}

/// One step of Adam on all of `vars`: logits from `forward`, backward, update.
fn step(c: &mut Criterion, name: &str, vars: Vec<Var>, n: usize, mut forward: impl FnMut() -> Tensor) {
    let mut adam = Adam::new(vars, AdamOptions::default()).unwrap();
    let targets = targets(n);
    c.bench_function(name, |b| {
        b.iter(|| {
            let loss = cross_entropy(&forward(), &targets).unwrap();
            adam.step(&loss.backward().unwrap(), 1e-4).unwrap();
        });
    });
}

/// A head of ten labels on features.
fn head(features: usize) -> (Var, Vec<Var>) {
    let weight = Var::randn(0f32, 0.01f32, (features, 10), &Device::Cpu).unwrap();
    (weight.clone(), vec![weight])
}

fn train(c: &mut Criterion) {
    let device = Device::Cpu;
    let mut rng = Rng::new(1);
    let mut variables = Variables::on(&device);
    let net = PlainCnn::new(256, 10, &mut variables, &mut rng).unwrap();
    let x = Tensor::rand(0f32, 1f32, (32, 256, 256, 3), &device).unwrap();
    step(c, "plain CNN, one Adam step, 32x3x256x256", variables.trained(), 32, || {
        net.forward(&x, Some(&mut rng)).unwrap()
    });

    let Ok(bytes) = read_file(YAMNET.as_ref()) else { return };
    let base = MobileNet::read(&Weights::parse("yamnet", &bytes).unwrap(), "layers.").unwrap();
    let (net, var) = base.trainable(&device).unwrap();
    let (weight, mut vars) = head(EMBEDDING);
    vars.push(var);
    let x = Tensor::rand(-4f32, 1f32, (32, 96, 64), &device).unwrap();
    step(c, "MobileNetV1, one Adam step, 32x1x96x64", vars, 32, || {
        net.forward(&x).unwrap().matmul(weight.as_tensor()).unwrap()
    });

    let Ok(bytes) = read_file(MOBILENET_V2.as_ref()) else { return };
    let base = MobileNetV2::read(&Weights::parse("mobilenet_v2", &bytes).unwrap(), "").unwrap();
    let (net, var) = base.trainable(&device).unwrap();
    let (weight, mut vars) = head(FEATURES);
    vars.push(var);
    let x = Tensor::rand(-1f32, 1f32, (16, 256, 256, 3), &device).unwrap();
    step(c, "MobileNetV2, one Adam step, 16x3x256x256", vars, 16, || {
        net.forward(&x).unwrap().matmul(weight.as_tensor()).unwrap()
    });
}

criterion_group! { name = benches; config = Criterion::default().sample_size(10); targets = train }
criterion_main!(benches);
