//! The networks against values that their reference implementations (PyTorch, librosa) computed.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "helpers of tests")]

use std::path::{Path, PathBuf};

use candle_core::{Device, Tensor};
use timbre::ml::networks::mobilenet::{self, MobileNet};
use timbre::ml::networks::mobilenet_v2::MobileNetV2;
use timbre::ml::networks::musicnn::{self, FrontEnd, MusiCnn};
use timbre::ml::nn::weights::{Weights, read_file};

const MUSICNN: &[u8] = include_bytes!("../weights/musicnn.safetensors");

/// The golden vectors beside the project, if they are there.
fn shared(name: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/weights").join(name);
    if !path.exists() {
        println!("skipped: {} is not here", path.display());
        return None;
    }
    Some(path)
}

fn network() -> MusiCnn {
    MusiCnn::new(&Weights::parse("musicnn", MUSICNN).unwrap(), &Device::Cpu).unwrap()
}

/// The largest difference, relative to the largest expected value.
fn difference(found: &[f32], expected: &[f32]) -> f32 {
    assert_eq!(found.len(), expected.len());
    let largest = expected.iter().fold(0f32, |a, b| a.max(b.abs()));
    found.iter().zip(expected).fold(0f32, |worst, (a, b)| worst.max((a - b).abs())) / largest
}

fn flat(tensor: &Tensor) -> Vec<f32> {
    tensor.flatten_all().unwrap().to_vec1().unwrap()
}

/// sin(2 pi (200 t + 300 t^2)) / 2 + sin(2 pi 3000 t) / 10.
fn chirp(samples: usize) -> Vec<f32> {
    let value = |i: usize| {
        let t = i as f64 / 16_000.0;
        let tau = std::f64::consts::TAU;
        (0.5 * (tau * (200.0 * t + 300.0 * t * t)).sin() + 0.1 * (tau * 3000.0 * t).sin()) as f32
    };
    (0..samples).map(value).collect()
}

#[test]
fn musicnn_on_a_chirp() {
    let patch = FrontEnd::new().patch(&chirp(48_000));
    let mel = [(0, 10, 3.56472), (50, 8, 0.005_725_86), (120, 30, 0.008_761_29), (186, 44, 0.004_568_88)];
    for (frame, band, expected) in mel {
        let found = patch[frame * musicnn::BANDS + band];
        assert!((found - expected).abs() < 1e-3 * expected, "frame {frame} band {band}: {found}");
    }
    let output = network().forward(&Tensor::from_vec(patch, (1, 187, 96), &Device::Cpu).unwrap()).unwrap();
    let logits = flat(&output.tag_logits);
    for (tag, expected) in
        [(5, 0.14212), (20, 0.11395), (3, 0.088_336), (26, 0.087_779), (0, 0.084_476), (9, 0.065_698)]
    {
        let found = 1.0 / (1.0 + (-logits[tag]).exp());
        assert!((found - expected).abs() < 1e-3 * expected, "{}: {found}", musicnn::TAGS[tag]);
    }
    assert!((flat(&output.max_pool)[752] - 9.6734).abs() < 0.01);
    assert!((flat(&output.mean_pool)[752] + 0.960_96).abs() < 0.001);
}

#[test]
fn musicnn_golden_vectors() {
    let Some(path) = shared("golden_musicnn.safetensors") else { return };
    let bytes = read_file(&path).unwrap();
    let golden = Weights::parse("golden", &bytes).unwrap();
    let patches = Tensor::from_vec(golden.get("patches", &[2, 187, 96]).unwrap(), (2, 187, 96), &Device::Cpu).unwrap();
    let output = network().forward(&patches).unwrap();
    let tags: Vec<f32> = flat(&output.tag_logits).iter().map(|x| 1.0 / (1.0 + (-x).exp())).collect();
    assert!(difference(&tags, &golden.get("tags", &[2, 50]).unwrap()) < 1e-3);
    assert!(difference(&flat(&output.max_pool), &golden.get("max_pool", &[2, 753]).unwrap()) < 1e-3);
    assert!(difference(&flat(&output.mean_pool), &golden.get("mean_pool", &[2, 753]).unwrap()) < 1e-3);
}

#[test]
fn yamnet_golden_vectors() {
    let (Some(path), Some(weights)) = (shared("golden_yamnet.safetensors"), shared("yamnet.safetensors")) else {
        return;
    };
    let (bytes, weights) = (read_file(&path).unwrap(), read_file(&weights).unwrap());
    let golden = Weights::parse("golden", &bytes).unwrap();
    let network = MobileNet::read(&Weights::parse("yamnet", &weights).unwrap(), "layers.").unwrap();
    let log_mel = mobilenet::FrontEnd::new().log_mel(&golden.get("samples", &[51_200]).unwrap());
    assert!(difference(&log_mel, &golden.get("log_mel", &[318, 64]).unwrap()) < 1e-3);
    let patches = golden.get("patches", &[5, 1, 96, 64]).unwrap();
    let found = network.forward(&Tensor::from_vec(patches, (5, 96, 64), &Device::Cpu).unwrap()).unwrap();
    assert!(difference(&flat(&found), &golden.get("embedding", &[5, 1024]).unwrap()) < 1e-3);
}

#[test]
fn mobilenet_v2_golden_vectors() {
    let (Some(golden), Some(weights)) = (shared("golden_mobilenet_v2.safetensors"), shared("mobilenet_v2.safetensors"))
    else {
        return;
    };
    let (golden, weights) = (read_file(&golden).unwrap(), read_file(&weights).unwrap());
    let golden = Weights::parse("golden", &golden).unwrap();
    let network = MobileNetV2::read(&Weights::parse("mobilenet_v2", &weights).unwrap(), "").unwrap();
    let images = golden.get("images", &[2, 3, 224, 224]).unwrap();
    let images = Tensor::from_vec(images, (2, 3, 224, 224), &Device::Cpu).unwrap().permute((0, 2, 3, 1)).unwrap();
    let features = flat(&network.forward(&images).unwrap());
    let worst = difference(&features, &golden.get("features", &[2, 1280]).unwrap());
    assert!(worst < 1e-3, "{worst}");
}
