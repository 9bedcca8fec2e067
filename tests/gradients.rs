//! The layers' values and gradients against PyTorch's (`tests/scripts/gradients.py`).

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use candle_core::{Device, Result, Tensor, Var};
use timbre::ml::nn::ops::Activation;
use timbre::ml::nn::ops::conv_pool::ConvPool;
use timbre::ml::nn::ops::conv3x3::{Conv3x3, Kind, Padding};
use timbre::ml::nn::ops::dense::Dense;
use timbre::ml::nn::ops::pointwise::Pointwise;
use timbre::ml::nn::weights::Weights;

const GOLDEN: &[u8] = include_bytes!("fixtures/gradients.safetensors");

fn golden(name: &str) -> Tensor {
    let weights = Weights::parse("gradients", GOLDEN).unwrap();
    let shape = weights.shape(name).unwrap();
    Tensor::from_vec(weights.get(name, &shape).unwrap(), shape, &Device::Cpu).unwrap()
}

fn assert_near(name: &str, found: &Tensor) {
    let expected = golden(name);
    assert_eq!(found.dims(), expected.dims(), "{name}");
    let largest = |tensor: &Tensor| tensor.abs().unwrap().max_all().unwrap().to_scalar::<f32>().unwrap();
    let size = largest(&expected);
    assert!(size > 0.1, "{name}: nothing to compare");
    assert!(largest(&(found - &expected).unwrap()) < 1e-5 * size, "{name}");
}

/// Compares a layer whose input has a gradient or not.
fn check(name: &str, for_input: bool, layer: impl Fn(&Tensor, &Tensor, &Tensor) -> Result<Tensor>) {
    let var = |part: &str| Var::from_tensor(&golden(&format!("{name}.{part}"))).unwrap();
    let [x, weight, bias] = ["x", "weight", "bias"].map(var);
    let y = layer(x.as_tensor(), weight.as_tensor(), bias.as_tensor()).unwrap();
    assert_near(&format!("{name}.y"), &y);
    let grads = (y * golden(&format!("{name}.pull"))).unwrap().sum_all().unwrap().backward().unwrap();
    assert_eq!(grads.get(&x).is_some(), for_input, "{name}");
    for (part, var) in [("x", &x), ("weight", &weight), ("bias", &bias)] {
        if let Some(grad) = grads.get(var) {
            assert_near(&format!("{name}.grad_{part}"), grad);
        } else {
            assert_eq!(part, "x", "{name} has no gradient of its {part}");
        }
    }
}

#[test]
fn layers_have_pytorchs_values_and_gradients() {
    let conv = |kind, stride| Conv3x3 { kind, stride, padding: Padding::One, activation: Activation::Relu6 };
    check("conv_pool", true, |x, weight, bias| ConvPool::new(false).apply(x, weight, bias));
    check("stem", false, |x, weight, bias| conv(Kind::Stem, 2).apply(x, weight, bias));
    check("depthwise1", true, |x, weight, bias| conv(Kind::Depthwise, 1).apply(x, weight, bias));
    check("depthwise2", true, |x, weight, bias| conv(Kind::Depthwise, 2).apply(x, weight, bias));
    check("pointwise", true, |x, weight, bias| Pointwise(Activation::Relu).apply(x, weight, bias));
    check("dense", true, |x, weight, bias| Dense.apply(x, weight, bias));
}
