//! The same layers from candle's own operations: what a GPU runs. Values and gradients are those of the kernels, also where candle's
//! own layers differ: a ReLU at zero lets nothing through, of equal values the first one wins the pooling, and a strided layer
//! takes any height and width.

use candle_core::{Device, Result, Tensor};

use super::Activation;
use super::batch_norm::{EPSILON, Normalised};
use super::conv3x3::{Conv3x3, Kind, Plan};

/// Whether a layer on this device is made of candle's own operations: everywhere but on the CPU.
pub(crate) fn is_needed(device: &Device) -> bool {
    !device.is_cpu() || is_forced()
}

/// `activation(x weight + bias)` over the last axis: `x` `[..., inputs]`, `weight` `[inputs, outputs]`, `bias` `[outputs]`.
pub(in crate::ml) fn linear(x: &Tensor, weight: &Tensor, bias: &Tensor, activation: Activation) -> Result<Tensor> {
    let (inputs, outputs) = weight.dims2()?;
    let mut shape = x.dims().to_vec();
    if let Some(last) = shape.last_mut() {
        *last = outputs;
    }
    let y = x.reshape(((), inputs))?.matmul(weight)?.broadcast_add(bias)?;
    activate(y, activation)?.reshape(shape)
}

/// A [`Conv3x3`] of these sizes. Each of the nine taps is a view of the picture: a stem is their dense layer, a depthwise layer their
/// weighted sum. It needs more memory than the kernel does, a picture a tap.
pub(in crate::ml) fn conv3x3(op: Conv3x3, plan: &Plan, x: &Tensor, weight: &Tensor, bias: &Tensor) -> Result<Tensor> {
    // Its first layer gives no gradient for the picture.
    let x = if op.kind == Kind::Stem { x.detach() } else { x.clone() };
    let (n, height, width, channels) = x.dims4()?;
    let ((rows, columns), (top, left), stride) = (plan.output, plan.before, op.stride);
    // So much that its rows and columns come in whole strides.
    let (tall, wide) = (stride * rows + 2, stride * columns + 2);
    let x = x.pad_with_zeros(1, top, tall - height - top)?.pad_with_zeros(2, left, wide - width - left)?;
    let strides = x.reshape((n, tall / stride, stride, wide / stride, stride * channels))?;
    let mut taps = Vec::with_capacity(9);
    for tap in 0..9 {
        let (y, x) = (tap / 3, tap % 3);
        let of_row = strides.narrow(2, y % stride, 1)?.squeeze(2)?.narrow(1, y / stride, rows)?;
        taps.push(of_row.narrow(3, x % stride * channels, channels)?.narrow(2, x / stride, columns)?);
    }
    if op.kind == Kind::Stem {
        return linear(&Tensor::cat(&taps, 3)?, weight, bias, op.activation);
    }
    let mut sum = taps[0].broadcast_mul(&weight.get(0)?)?.broadcast_add(bias)?;
    for (tap, x) in taps.iter().enumerate().skip(1) {
        sum = (sum + x.broadcast_mul(&weight.get(tap)?)?)?;
    }
    activate(sum, op.activation)
}

/// `max_pool2(relu(conv(x) + bias))`; see [`super::conv_pool::ConvPool`]. What is added and cut after the pooling comes out the same,
/// with a quarter of the work.
pub(in crate::ml) fn conv_pool(x: &Tensor, weight: &Tensor, bias: &Tensor) -> Result<Tensor> {
    let ((n, height, width, inputs), outputs) = (x.dims4()?, bias.dims1()?);
    let kernel = weight.reshape((3, 3, inputs, outputs))?.permute((3, 2, 0, 1))?.contiguous()?;
    let y = x.permute((0, 3, 1, 2))?.contiguous()?.conv2d(&kernel, 1, 1, 1, 1)?;
    let fours = y.reshape((n, outputs, height / 2, 2, width / 2, 2))?;
    let pixel = |row: usize, column: usize| fours.narrow(3, row, 1)?.narrow(5, column, 1)?.contiguous();
    let mut best = pixel(0, 0)?;
    for (row, column) in [(0, 1), (1, 0), (1, 1)] {
        let other = pixel(row, column)?;
        best = other.gt(&best)?.where_cond(&other, &best)?;
    }
    let best = best.reshape((n, outputs, height / 2, width / 2))?.permute((0, 2, 3, 1))?.contiguous()?;
    activate(best.broadcast_add(bias)?, Activation::Relu)
}

/// See [`super::batch_norm::batch_norm`].
pub(in crate::ml) fn batch_norm(x: &Tensor, scale: &Tensor, shift: &Tensor) -> Result<Normalised> {
    let rows = x.reshape(((), scale.dims1()?))?;
    let mean = rows.mean_keepdim(0)?;
    let centred = rows.broadcast_sub(&mean)?;
    let variance = centred.sqr()?.mean_keepdim(0)?;
    let y = centred.broadcast_div(&(&variance + f64::from(EPSILON))?.sqrt()?)?;
    let y = y.broadcast_mul(scale)?.broadcast_add(shift)?.reshape(x.shape())?;
    Ok(Normalised { y, mean: mean.squeeze(0)?.detach(), variance: variance.squeeze(0)?.detach() })
}

fn activate(x: Tensor, activation: Activation) -> Result<Tensor> {
    if activation == Activation::None {
        return Ok(x);
    }
    let zeros = x.zeros_like()?;
    let positive = x.gt(&zeros)?.where_cond(&x, &zeros)?;
    if activation == Activation::Relu {
        return Ok(positive);
    }
    let six = (zeros + 6.0)?;
    positive.lt(&six)?.where_cond(&positive, &six)
}

#[cfg(not(test))]
fn is_forced() -> bool {
    false
}

#[cfg(test)]
use forcing::is_forced;
#[cfg(test)]
pub(crate) use forcing::{assert_portable, drawn, forced};

#[cfg(test)]
mod forcing {
    use std::cell::Cell;

    use candle_core::{Device, Result, Tensor, Var};

    use crate::ml::nn::rng::Rng;

    thread_local! {
        static FORCED: Cell<bool> = const { Cell::new(false) };
    }

    pub fn is_forced() -> bool {
        FORCED.get()
    }

    /// Does `work` on this thread as a GPU would do it.
    pub(crate) fn forced<T>(work: impl FnOnce() -> T) -> T {
        struct Back(bool);
        impl Drop for Back {
            fn drop(&mut self) {
                FORCED.set(self.0);
            }
        }
        let _back = Back(FORCED.replace(true));
        work()
    }

    /// Values between `-size` and `size`, the same in every run: whether a sum lies beside the corner of a ReLU must not be left to
    /// chance.
    pub(crate) fn drawn(shape: &[usize], size: f64, rng: &mut Rng) -> Var {
        let values: Vec<f32> =
            (0..shape.iter().product()).map(|_| ((2.0 * rng.uniform() - 1.0) * size) as f32).collect();
        Var::from_vec(values, shape, &Device::Cpu).unwrap()
    }

    /// Whether a layer has the same values and the same gradients of all `vars`, by kernel and by candle's own operations.
    pub(crate) fn assert_portable(name: &str, vars: &[&Var], layer: impl Fn() -> Result<Tensor>) {
        let (kernel, portable) = (layer().unwrap(), forced(&layer).unwrap());
        assert_eq!(kernel.dims(), portable.dims(), "{name}");
        assert_near(name, &portable, &kernel);
        // Not the same for every output.
        let size = kernel.elem_count();
        let pull: Vec<f32> = (0..size).map(|i| 0.3 + (i * 37 % 101) as f32 / 101.0).collect();
        let pull = Tensor::from_vec(pull, kernel.shape(), kernel.device()).unwrap();
        let grads = |y: Tensor| (y * &pull).unwrap().sum_all().unwrap().backward().unwrap();
        let (expected, found) = (grads(kernel), grads(portable));
        for (index, var) in vars.iter().enumerate() {
            let name = format!("{name}, gradient of argument {index}");
            match (found.get(var), expected.get(var)) {
                (Some(found), Some(expected)) => assert_near(&name, found, expected),
                (found, expected) => assert_eq!(found.is_some(), expected.is_some(), "{name}"),
            }
        }
    }

    fn assert_near(name: &str, found: &Tensor, expected: &Tensor) {
        let largest = |x: &Tensor| x.abs().unwrap().max_all().unwrap().to_scalar::<f32>().unwrap();
        let (size, difference) = (largest(expected), largest(&(found - expected).unwrap()));
        assert!(size > 1e-3, "{name}: nothing to compare");
        assert!(difference <= 1e-4 * size.max(1.0), "{name}: {difference} of {size}");
    }
}
