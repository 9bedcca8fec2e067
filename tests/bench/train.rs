//! Training steps.

#![allow(
    missing_docs,
    clippy::unwrap_used,
    reason = "criterion's macros make undocumented functions; a bench may stop"
)]

use candle_core::{DType, Device, Tensor};
use criterion::{Criterion, criterion_group, criterion_main};
use timbre::ml::adam::{Adam, AdamOptions};
use timbre::ml::plain::{PlainCnn, cross_entropy};
use timbre::ml::rng::Rng;

fn train(c: &mut Criterion) {
    let mut rng = Rng::new(1);
    let net = PlainCnn::new(256, 10, &mut rng).unwrap();
    let mut adam = Adam::new(net.vars(), AdamOptions::default());
    let x = Tensor::rand(0f32, 1f32, (32, 256, 256, 3), &Device::Cpu).unwrap();
    let mut targets = vec![0f32; 320];
    (0..32).for_each(|i| targets[i * 10 + i % 10] = 1.0);
    let targets = Tensor::from_vec(targets, (32, 10), &Device::Cpu).unwrap().to_dtype(DType::F32).unwrap();
    c.bench_function("plain CNN, one Adam step, 32x3x256x256", |b| {
        b.iter(|| {
            let loss = cross_entropy(&net.forward(&x, Some(&mut rng)).unwrap(), &targets).unwrap();
            adam.step(&loss.backward().unwrap(), 1e-4).unwrap();
        });
    });
}

criterion_group! { name = benches; config = Criterion::default().sample_size(10); targets = train }
criterion_main!(benches);
