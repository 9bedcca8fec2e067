//! 3x3 convolution (padded to the same size), bias, ReLU and 2x2 max pooling in one operation, channels last.
//!
//! The picture between convolution and pooling is the largest thing in a plain network, and nobody needs it as a whole:
//! here two of its rows at a time are computed, pooled and forgotten. What the backward pass needs is which of the four
//! won, one byte for each pooled value.
//!
//! A row of a picture with a margin of one pixel, channels last, read with overlapping windows of three pixels, is the
//! matrix that the convolution multiplies, so nothing is rearranged: three products, one for each row of the kernel.

use std::sync::OnceLock;

use candle_core::{CpuStorage, CustomOp3, Layout, Result, Shape, Tensor, bail};
use rayon::prelude::*;

use super::gemm::{Matrix, matmul};
use super::{Gradients, gradients, portable, relu, values, with_values};

/// `max_pool2(relu(conv(x) + bias))`; arguments: x `[n, height, width, inputs]` with even height and width, weight
/// `[9 * inputs, outputs]` (kernel row, kernel column, input), bias `[outputs]`; gives `[n, height/2, width/2, outputs]`.
#[derive(Debug, Default)]
pub struct ConvPool {
    /// The first layer of a network needs no gradient for its input.
    first_layer: bool,
    /// For each pooled value: which of the four pixels won (row by row), or [`CLOSED`]. Kept for the backward pass.
    winners: OnceLock<Vec<u8>>,
}

/// No pixel was above zero: the ReLU lets no gradient through.
const CLOSED: u8 = 4;

/// Sizes of one call.
#[derive(Clone, Copy)]
struct Plan {
    height: usize,
    width: usize,
    inputs: usize,
    outputs: usize,
}

impl Plan {
    /// Pixels of a row with its margins.
    fn pitch(&self) -> usize {
        self.width + 2
    }

    fn input_len(&self) -> usize {
        self.height * self.width * self.inputs
    }

    fn output_len(&self) -> usize {
        self.height * self.width / 4 * self.outputs
    }

    /// Copies a picture into one with a margin of zeros: `[height + 2, width + 2, channels]`.
    fn with_margin(&self, picture: &[f32], channels: usize, out: &mut Vec<f32>) {
        out.clear();
        // Two more pixels than the margin needs: the last window of the last row ends there.
        out.resize(((self.height + 2) * self.pitch() + 2) * channels, 0.0);
        let row_len = self.width * channels;
        for (y, row) in picture.chunks_exact(row_len).enumerate() {
            let start = ((y + 1) * self.pitch() + 1) * channels;
            out[start..start + row_len].copy_from_slice(row);
        }
    }

    /// `rows` rows from `first` of a convolution over a picture with a margin: `out` is `[rows * pitch, to]`, where the last
    /// two pixels of each row are of no use. `kernel` is `[9 * from, to]`.
    fn convolve(
        &self,
        padded: &[f32],
        kernel: &[f32],
        first: usize,
        rows: usize,
        from: usize,
        to: usize,
        out: &mut [f32],
    ) {
        let pixels = rows * self.pitch();
        for tap_row in 0..3 {
            let windows = Matrix {
                data: &padded[(first + tap_row) * self.pitch() * from..],
                rows: pixels,
                columns: 3 * from,
                row_stride: from,
                column_stride: 1,
            };
            let kernel = Matrix::rows(&kernel[tap_row * 3 * from * to..], 3 * from, to);
            matmul(out, windows, kernel, tap_row > 0);
        }
    }

    fn forward(&self, x: &[f32], weight: &[f32], bias: &[f32], out: &mut [f32], winners: &mut [u8]) {
        let outputs = self.outputs;
        let mut padded = Vec::new();
        self.with_margin(x, self.inputs, &mut padded);
        let mut rows = vec![0.0; 2 * self.pitch() * outputs];
        let pooled_row = self.width / 2 * outputs;
        let results = out.chunks_exact_mut(pooled_row).zip(winners.chunks_exact_mut(pooled_row));
        for (pair, (out, winners)) in results.enumerate() {
            self.convolve(&padded, weight, 2 * pair, 2, self.inputs, outputs, &mut rows);
            pulp::Arch::new().dispatch(|| self.pool(&rows, bias, out, winners));
        }
    }

    /// Pools two rows, bias added, into one.
    #[inline(always)]
    fn pool(&self, rows: &[f32], bias: &[f32], out: &mut [f32], winners: &mut [u8]) {
        let outputs = self.outputs;
        let (upper, lower) = rows.split_at(self.pitch() * outputs);
        let pairs = upper.chunks_exact(2 * outputs).zip(lower.chunks_exact(2 * outputs));
        let results = out.chunks_exact_mut(outputs).zip(winners.chunks_exact_mut(outputs));
        for ((out, winners), (upper, lower)) in results.zip(pairs) {
            let (a, b) = upper.split_at(outputs);
            let (c, d) = lower.split_at(outputs);
            for channel in 0..outputs {
                let (mut best, mut winner) = (a[channel], 0u8);
                for (value, number) in [(b[channel], 1), (c[channel], 2), (d[channel], 3)] {
                    winner = if value > best { number } else { winner };
                    best = if value > best { value } else { best };
                }
                best += bias[channel];
                winners[channel] = if best > 0.0 { winner } else { CLOSED };
                out[channel] = relu(best);
            }
        }
    }

    /// The gradient before pooling, `[height + 2, width + 2, outputs]` with a margin of zeros.
    fn unpool(&self, grad: &[f32], winners: &[u8], out: &mut Vec<f32>) {
        let outputs = self.outputs;
        out.clear();
        out.resize(((self.height + 2) * self.pitch() + 2) * outputs, 0.0);
        let pooled_row = self.width / 2 * outputs;
        for (pair, (grad, winners)) in grad.chunks_exact(pooled_row).zip(winners.chunks_exact(pooled_row)).enumerate() {
            let start = ((2 * pair + 1) * self.pitch() + 1) * outputs;
            let offsets = [0, outputs, self.pitch() * outputs, (self.pitch() + 1) * outputs];
            for (index, (grad, winner)) in grad.iter().zip(winners).enumerate() {
                if let Some(offset) = offsets.get(usize::from(*winner)) {
                    let (pixel, channel) = (index / outputs, index % outputs);
                    out[start + offset + 2 * pixel * outputs + channel] = *grad;
                }
            }
        }
    }

    /// Gradients of one picture: adds to `grad_weight` and `grad_bias`, writes `grad_x` unless it is empty.
    fn backward(
        &self,
        x: &[f32],
        flipped: &[f32],
        grad: &[f32],
        winners: &[u8],
        grad_x: &mut [f32],
        grad_weight: &mut [f32],
        grad_bias: &mut [f32],
        scratch: &mut Scratch,
    ) {
        let (inputs, outputs) = (self.inputs, self.outputs);
        for (grad, winners) in grad.chunks_exact(outputs).zip(winners.chunks_exact(outputs)) {
            for ((sum, grad), winner) in grad_bias.iter_mut().zip(grad).zip(winners) {
                *sum += if *winner == CLOSED { 0.0 } else { *grad };
            }
        }
        self.with_margin(x, inputs, &mut scratch.padded);
        self.unpool(grad, winners, &mut scratch.grad);
        let pixels = self.height * self.pitch();
        // The first pixel that counts; the margins between rows are zeros, so they add nothing.
        let grads = Matrix::rows(&scratch.grad[(self.pitch() + 1) * outputs..], pixels, outputs);
        for tap_row in 0..3 {
            let windows = Matrix {
                data: &scratch.padded[tap_row * self.pitch() * inputs..],
                rows: pixels,
                columns: 3 * inputs,
                row_stride: inputs,
                column_stride: 1,
            };
            let part = &mut grad_weight[tap_row * 3 * inputs * outputs..(tap_row + 1) * 3 * inputs * outputs];
            matmul(part, windows.transposed(), grads, true);
        }
        if grad_x.is_empty() {
            return;
        }
        let row_len = self.width * inputs;
        scratch.rows.resize(ROWS * self.pitch() * inputs, 0.0);
        for (block, grad_x) in grad_x.chunks_mut(ROWS * row_len).enumerate() {
            let rows = grad_x.len() / row_len;
            self.convolve(&scratch.grad, flipped, block * ROWS, rows, outputs, inputs, &mut scratch.rows);
            for (to, from) in grad_x.chunks_exact_mut(row_len).zip(scratch.rows.chunks_exact(self.pitch() * inputs)) {
                to.copy_from_slice(&from[..row_len]);
            }
        }
    }

    /// The kernel of the backward convolution: turned by half a turn, inputs and outputs exchanged.
    fn flipped(&self, weight: &[f32]) -> Vec<f32> {
        let (inputs, outputs) = (self.inputs, self.outputs);
        let mut flipped = vec![0.0; weight.len()];
        for tap in 0..9 {
            for input in 0..inputs {
                for output in 0..outputs {
                    flipped[((8 - tap) * outputs + output) * inputs + input] =
                        weight[(tap * inputs + input) * outputs + output];
                }
            }
        }
        flipped
    }
}

/// Rows of the input's gradient that are computed at a time.
const ROWS: usize = 4;

/// Buffers of one thread.
#[derive(Default)]
struct Scratch {
    padded: Vec<f32>,
    grad: Vec<f32>,
    rows: Vec<f32>,
}

impl ConvPool {
    /// The layer; the first one of a network gives no gradient for its input.
    pub fn new(first_layer: bool) -> Self {
        Self { first_layer, winners: OnceLock::new() }
    }

    /// Applies the layer.
    ///
    /// # Errors
    /// When the shapes do not fit, or the tensors are not float32 on one device.
    pub fn apply(self, x: &Tensor, weight: &Tensor, bias: &Tensor) -> Result<Tensor> {
        if portable::is_needed(x.device()) {
            Self::plan(x.shape(), weight.shape(), bias.shape())?;
            let detached = x.detach();
            return portable::conv_pool(if self.first_layer { &detached } else { x }, weight, bias);
        }
        x.contiguous()?.apply_op3(&weight.contiguous()?, &bias.contiguous()?, self)
    }

    fn plan(x: &Shape, weight: &Shape, bias: &Shape) -> Result<(usize, Plan)> {
        let (n, height, width, inputs) = x.dims4()?;
        let outputs = bias.dims1()?;
        let even = height % 2 == 0 && width % 2 == 0 && height * width * inputs * outputs > 0;
        if !even || weight.dims2()? != (9 * inputs, outputs) {
            bail!("conv_pool: input {x:?}, weight {weight:?} and bias {bias:?} do not fit");
        }
        Ok((n, Plan { height, width, inputs, outputs }))
    }
}

impl CustomOp3 for ConvPool {
    fn name(&self) -> &'static str {
        "conv_pool"
    }

    fn cpu_fwd(
        &self,
        x: &CpuStorage,
        x_layout: &Layout,
        weight: &CpuStorage,
        weight_layout: &Layout,
        bias: &CpuStorage,
        bias_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let (n, plan) = Self::plan(x_layout.shape(), weight_layout.shape(), bias_layout.shape())?;
        let x = values(x, x_layout, self.name())?;
        let weight = values(weight, weight_layout, self.name())?;
        let bias = values(bias, bias_layout, self.name())?;
        let (mut out, mut winners) = (vec![0.0; n * plan.output_len()], vec![0; n * plan.output_len()]);
        out.par_chunks_exact_mut(plan.output_len())
            .zip(winners.par_chunks_exact_mut(plan.output_len()))
            .zip(x.par_chunks_exact(plan.input_len()))
            .for_each(|((out, winners), x)| plan.forward(x, weight, bias, out, winners));
        if self.winners.set(winners).is_err() {
            bail!("conv_pool: an operation is applied once");
        }
        Ok((CpuStorage::F32(out), (n, plan.height / 2, plan.width / 2, plan.outputs).into()))
    }

    fn bwd(&self, x: &Tensor, weight: &Tensor, bias: &Tensor, _result: &Tensor, grad: &Tensor) -> Result<Gradients> {
        let (n, plan) = Self::plan(x.shape(), weight.shape(), bias.shape())?;
        let Some(winners) = self.winners.get() else { bail!("conv_pool: backward before forward") };
        let mut grad_x = vec![0.0; if self.first_layer { 0 } else { n * plan.input_len() }];
        let (weights, biases) = (9 * plan.inputs * plan.outputs, plan.outputs);
        // A fixed share of the pictures each, added in order: the result does not depend on the threads.
        let share = n.div_ceil(SHARES).max(1);
        let partial: Vec<(Vec<f32>, Vec<f32>)> =
            with_values([x, weight, &grad.contiguous()?], self.name(), |[x, weight, grad]| {
                let flipped = plan.flipped(weight);
                let (x_len, out_len) = (share * plan.input_len(), share * plan.output_len());
                let mut rooms: Vec<&mut [f32]> = if self.first_layer {
                    x.chunks(x_len).map(|_| &mut [][..]).collect()
                } else {
                    grad_x.chunks_mut(x_len).collect()
                };
                rooms
                    .par_iter_mut()
                    .zip(x.par_chunks(x_len))
                    .zip(grad.par_chunks(out_len).zip(winners.par_chunks(out_len)))
                    .map(|((room, x), (grad, winners))| {
                        let (mut grad_weight, mut grad_bias) = (vec![0.0; weights], vec![0.0; biases]);
                        let mut scratch = Scratch::default();
                        let pictures = x.chunks_exact(plan.input_len()).zip(grad.chunks_exact(plan.output_len()));
                        let winners = winners.chunks_exact(plan.output_len());
                        for (i, ((x, grad), winners)) in pictures.zip(winners).enumerate() {
                            let at = i * plan.input_len();
                            let room = if room.is_empty() { &mut [][..] } else { &mut room[at..at + plan.input_len()] };
                            plan.backward(
                                x,
                                &flipped,
                                grad,
                                winners,
                                room,
                                &mut grad_weight,
                                &mut grad_bias,
                                &mut scratch,
                            );
                        }
                        (grad_weight, grad_bias)
                    })
                    .collect()
            })?;
        let (mut grad_weight, mut grad_bias) = (vec![0.0f32; weights], vec![0.0f32; biases]);
        for (weight, bias) in &partial {
            grad_weight.iter_mut().zip(weight).for_each(|(sum, g)| *sum += g);
            grad_bias.iter_mut().zip(bias).for_each(|(sum, g)| *sum += g);
        }
        gradients([x, weight, bias], (!self.first_layer).then_some(grad_x), grad_weight, grad_bias)
    }
}

/// Partial sums of a batch's weight gradient.
const SHARES: usize = 8;

#[cfg(test)]
mod tests {
    use candle_core::{Device, Var};

    use super::*;
    use crate::ml::nn::rng::Rng;

    /// The definition, on vectors: convolution, bias, ReLU, then the largest of four.
    fn naive(plan: Plan, n: usize, x: &[f32], weight: &[f32], bias: &[f32]) -> Vec<f32> {
        let (h, w, ci, co) = (plan.height, plan.width, plan.inputs, plan.outputs);
        let conv = |item: usize, y: usize, col: usize, o: usize| {
            let mut sum = bias[o];
            for tap in 0..9 {
                let (yy, xx) = ((y + tap / 3).wrapping_sub(1), (col + tap % 3).wrapping_sub(1));
                if yy < h && xx < w {
                    for i in 0..ci {
                        sum += x[((item * h + yy) * w + xx) * ci + i] * weight[(tap * ci + i) * co + o];
                    }
                }
            }
            sum.max(0.0)
        };
        let mut out = Vec::new();
        for item in 0..n {
            for y in 0..h / 2 {
                for col in 0..w / 2 {
                    for o in 0..co {
                        let four = [(0, 0), (0, 1), (1, 0), (1, 1)];
                        let best = four.map(|(dy, dx)| conv(item, 2 * y + dy, 2 * col + dx, o));
                        out.push(best.into_iter().fold(0.0, f32::max));
                    }
                }
            }
        }
        out
    }

    #[test]
    fn what_is_no_number_stays_none() -> Result<()> {
        let zeros = |shape: &[usize]| Tensor::zeros(shape, candle_core::DType::F32, &Device::Cpu);
        let bias = Tensor::new(&[1.0, f32::NAN, -1.0, 1.0, 1.0, 1.0, 1.0, 1.0], &Device::Cpu)?;
        let out = ConvPool::new(false).apply(&zeros(&[1, 4, 4, 8])?, &zeros(&[72, 8])?, &bias)?;
        for pixel in out.flatten_all()?.to_vec1::<f32>()?.chunks_exact(8) {
            assert!(pixel[1].is_nan() && pixel[0] == 1.0 && pixel[2] == 0.0, "{pixel:?}");
        }
        Ok(())
    }

    fn check(n: usize, plan: Plan) -> Result<()> {
        let mut rng = Rng::new(3);
        let x = portable::drawn(&[n, plan.height, plan.width, plan.inputs], 1.5, &mut rng);
        let weight = portable::drawn(&[9 * plan.inputs, plan.outputs], 0.8, &mut rng);
        let bias = portable::drawn(&[plan.outputs], 0.8, &mut rng);
        for first in [false, true] {
            let name = format!("{n} pictures, first layer: {first}");
            portable::assert_portable(&name, &[&x, &weight, &bias], || ConvPool::new(first).apply(&x, &weight, &bias));
        }
        let list = |var: &Tensor| var.flatten_all()?.to_vec1::<f32>();
        let fast = ConvPool::new(false).apply(x.as_tensor(), weight.as_tensor(), bias.as_tensor())?;
        assert_eq!(fast.dims(), &[n, plan.height / 2, plan.width / 2, plan.outputs]);
        let slow = naive(plan, n, &list(x.as_tensor())?, &list(weight.as_tensor())?, &list(bias.as_tensor())?);
        assert!(list(&fast)?.iter().zip(&slow).all(|(a, b)| (a - b).abs() < 1e-4));
        // Gradients of a weighted sum against differences of the definition.
        let pull = portable::drawn(fast.dims(), 1.5, &mut rng);
        let pull = pull.as_tensor();
        let weights = list(pull)?;
        let grads = (&fast * pull)?.sum_all()?.backward()?;
        let sum = |x: &[f32], weight: &[f32], bias: &[f32]| -> f64 {
            let out = naive(plan, n, x, weight, bias);
            out.iter().zip(&weights).map(|(y, w)| f64::from(*y) * f64::from(*w)).sum()
        };
        let values = [list(x.as_tensor())?, list(weight.as_tensor())?, list(bias.as_tensor())?];
        for (which, var) in [&x, &weight, &bias].into_iter().enumerate() {
            let found = list(grads.get(var).unwrap())?;
            let still = sum(&values[0], &values[1], &values[2]);
            for index in (0..found.len()).step_by((found.len() / 23).max(1)) {
                let slope = |step: f32| {
                    let mut all = values.clone();
                    all[which][index] += step;
                    (sum(&all[0], &all[1], &all[2]) - still) / f64::from(step)
                };
                // On a corner of the ReLU or of the maximum the slopes of the two sides differ.
                let near = |slope: f64| (slope - f64::from(found[index])).abs() < 0.02 * slope.abs().max(1.0);
                assert!(near(slope(1e-3)) || near(slope(-1e-3)), "argument {which}, value {index}: {}", found[index]);
            }
        }
        let first = ConvPool::new(true).apply(x.as_tensor(), weight.as_tensor(), bias.as_tensor())?;
        let first_grads = (&first * pull)?.sum_all()?.backward()?;
        assert!(first_grads.get(&x).is_none());
        assert_eq!(list(first_grads.get(&weight).unwrap())?, list(grads.get(&weight).unwrap())?);
        Ok(())
    }

    #[test]
    fn forward_and_gradients_equal_the_definition() -> Result<()> {
        for (n, height, width, inputs, outputs) in [(1, 2, 2, 1, 1), (3, 4, 6, 3, 5), (9, 6, 4, 4, 2), (2, 12, 2, 2, 8)]
        {
            check(n, Plan { height, width, inputs, outputs })?;
        }
        Ok(())
    }

    #[test]
    fn the_gradient_of_the_largest_is_one_also_for_equal_values() -> Result<()> {
        let device = Device::Cpu;
        // The kernel that does nothing.
        let mut kernel = vec![0.0f32; 9];
        kernel[4] = 1.0;
        let weight = Tensor::from_vec(kernel, (9, 1), &device)?;
        let bias = Tensor::zeros(1, candle_core::DType::F32, &device)?;
        for picture in [[1f32, 2.0, 3.0, 4.0], [5.0, 5.0, 5.0, 5.0]] {
            let x = Var::from_vec(picture.to_vec(), (1, 2, 2, 1), &device)?;
            let grad = || {
                let y = ConvPool::new(false).apply(x.as_tensor(), &weight, &bias)?;
                y.sum_all()?.backward()?.get(&x).unwrap().flatten_all()?.to_vec1::<f32>()
            };
            assert_eq!(grad()?.iter().sum::<f32>(), 1.0, "{picture:?}");
            assert_eq!(portable::forced(grad)?, grad()?, "{picture:?}");
        }
        Ok(())
    }

    #[test]
    fn shapes_that_do_not_fit_are_errors() -> Result<()> {
        let zeros = |shape: &[usize]| Tensor::zeros(shape, candle_core::DType::F32, &Device::Cpu);
        assert!(ConvPool::new(false).apply(&zeros(&[1, 3, 4, 1])?, &zeros(&[9, 2])?, &zeros(&[2])?).is_err());
        assert!(ConvPool::new(false).apply(&zeros(&[1, 4, 4, 2])?, &zeros(&[9, 2])?, &zeros(&[2])?).is_err());
        Ok(())
    }
}
