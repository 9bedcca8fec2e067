//! 1x1 convolution, bias and activation included, channels last: a matrix product over all pixels.

use candle_core::{CpuStorage, CustomOp3, Layout, Result, Shape, Tensor, bail};
use rayon::prelude::*;

use super::gemm::{Matrix, matmul};
use super::{Activation, Gradients, gradients, portable, values, with_values};

/// `activation(x weight + bias)`; arguments: x `[..., inputs]`, weight `[inputs, outputs]`, bias `[outputs]`.
#[derive(Clone, Copy, Debug)]
pub struct Pointwise(pub Activation);

/// Values of the input and the output that a tile of pixels has: they should stay in the second cache.
const TILE: usize = 1 << 16;
/// Pixels of a tile at least: the weights are packed anew for each.
const ROWS: usize = 96;
/// Weights up to which each share of the pixels has its own sum of their gradient.
const SHARED: usize = 1 << 16;
/// Shares of the pixels: a fixed number, so that the result does not depend on the threads.
const SHARES: usize = 8;

/// The product on slices: `pixels x inputs` times `inputs x outputs`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Product {
    pub inputs: usize,
    pub outputs: usize,
}

/// What its backward pass reads.
#[derive(Clone, Copy)]
pub(crate) struct Backward<'a> {
    pub x: &'a [f32],
    pub weight: &'a [f32],
    /// The gradient before the activation.
    pub grad: &'a [f32],
    /// What made `x`: the gradient that goes on is that before it.
    pub before: Activation,
    /// Whether to add to the gradient of `x` instead of writing it.
    pub accumulate: bool,
}

impl Product {
    fn tile(self) -> usize {
        (TILE / (self.inputs + self.outputs)).max(ROWS)
    }

    /// `activation(x weight + bias + shortcut)` by this thread.
    pub fn forward(
        self,
        x: &[f32],
        weight: &[f32],
        bias: &[f32],
        shortcut: Option<&[f32]>,
        activation: Activation,
        out: &mut [f32],
    ) {
        let Self { inputs, outputs } = self;
        let weight = Matrix::rows(weight, inputs, outputs);
        let tiles = out.chunks_mut(self.tile() * outputs).zip(x.chunks(self.tile() * inputs));
        for (tile, (out, x)) in tiles.enumerate() {
            matmul(out, Matrix::rows(x, x.len() / inputs, inputs), weight, false);
            pulp::Arch::new().dispatch(|| {
                for row in out.chunks_exact_mut(outputs) {
                    row.iter_mut().zip(bias).for_each(|(y, b)| *y += b);
                }
                if let Some(shortcut) = shortcut {
                    out.iter_mut().zip(&shortcut[tile * self.tile() * outputs..]).for_each(|(y, s)| *y += s);
                }
                activation.apply(out);
            });
        }
    }

    /// Writes the gradients of `x`, weight and bias, by all threads.
    pub fn backward(self, from: Backward<'_>, grad_x: &mut [f32], grad_weight: &mut [f32], grad_bias: &mut [f32]) {
        let Self { inputs, outputs } = self;
        let pixels = from.grad.len() / outputs;
        let shared = inputs * outputs <= SHARED;
        // Whole tiles a share.
        let tiles = pixels.div_ceil(self.tile());
        let share = tiles.div_ceil(SHARES).max(1) * self.tile();
        let parts: Vec<(Vec<f32>, Vec<f32>)> = grad_x
            .par_chunks_mut(share * inputs)
            .zip(from.x.par_chunks(share * inputs))
            .zip(from.grad.par_chunks(share * outputs))
            .map(|((grad_x, x), grad)| self.share(Backward { x, grad, ..from }, grad_x, shared))
            .collect();
        if !shared {
            self.weights(from.x, from.grad, grad_weight);
        }
        for (weight, bias) in &parts {
            grad_weight.iter_mut().zip(weight).for_each(|(sum, part)| *sum += part);
            grad_bias.iter_mut().zip(bias).for_each(|(sum, part)| *sum += part);
        }
    }

    /// The gradients of weight (if wanted) and bias by some pixels, tile by tile, each while it is in the cache.
    fn share(self, from: Backward<'_>, grad_x: &mut [f32], weights: bool) -> (Vec<f32>, Vec<f32>) {
        let Self { inputs, outputs } = self;
        let transposed = Matrix::rows(from.weight, inputs, outputs).transposed();
        let mut grad_weight = vec![0.0; if weights { inputs * outputs } else { 0 }];
        let mut grad_bias = vec![0.0f32; outputs];
        let pairs = from.x.chunks(self.tile() * inputs).zip(from.grad.chunks(self.tile() * outputs));
        for ((x, grad), grad_x) in pairs.zip(grad_x.chunks_mut(self.tile() * inputs)) {
            let grads = Matrix::rows(grad, grad.len() / outputs, outputs);
            matmul(grad_x, grads, transposed, from.accumulate);
            if weights {
                matmul(&mut grad_weight, Matrix::rows(x, x.len() / inputs, inputs).transposed(), grads, true);
            }
            pulp::Arch::new().dispatch(|| {
                from.before.mask(x, grad_x);
                for row in grad.chunks_exact(outputs) {
                    grad_bias.iter_mut().zip(row).for_each(|(sum, g)| *sum += g);
                }
            });
        }
        (grad_weight, grad_bias)
    }

    /// The gradient of many weights: some rows each, over all pixels.
    fn weights(self, x: &[f32], grad: &[f32], grad_weight: &mut [f32]) {
        let Self { inputs, outputs } = self;
        let pixels = grad.len() / outputs;
        let rows = inputs.div_ceil(4);
        grad_weight.par_chunks_mut(rows * outputs).enumerate().for_each(|(chunk, grad_weight)| {
            let columns = Matrix {
                data: &x[(chunk * rows).min(x.len())..],
                rows: grad_weight.len() / outputs,
                columns: pixels,
                row_stride: 1,
                column_stride: inputs,
            };
            matmul(grad_weight, columns, Matrix::rows(grad, pixels, outputs), false);
        });
    }
}

impl Pointwise {
    /// Applies the layer.
    ///
    /// # Errors
    /// When the shapes do not fit, or the tensors are not float32 on one device.
    pub fn apply(self, x: &Tensor, weight: &Tensor, bias: &Tensor) -> Result<Tensor> {
        if portable::is_needed(x.device()) {
            Self::sizes(x.shape(), weight.shape(), bias.shape())?;
            return portable::linear(x, weight, bias, self.0);
        }
        x.contiguous()?.apply_op3(&weight.contiguous()?, &bias.contiguous()?, self)
    }

    /// Pixels, inputs, outputs.
    fn sizes(x: &Shape, weight: &Shape, bias: &Shape) -> Result<(usize, usize, usize)> {
        let (inputs, outputs) = weight.dims2()?;
        if x.dims().last() != Some(&inputs) || bias.dims1()? != outputs || inputs * outputs == 0 {
            bail!("pointwise: input {x:?}, weight {weight:?} and bias {bias:?} do not fit");
        }
        Ok((x.elem_count() / inputs, inputs, outputs))
    }
}

impl CustomOp3 for Pointwise {
    fn name(&self) -> &'static str {
        "pointwise"
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
        let (pixels, inputs, outputs) = Self::sizes(x_layout.shape(), weight_layout.shape(), bias_layout.shape())?;
        let x = values(x, x_layout, self.name())?;
        let weight = values(weight, weight_layout, self.name())?;
        let bias = values(bias, bias_layout, self.name())?;
        let mut out = vec![0.0; pixels * outputs];
        let product = Product { inputs, outputs };
        let rows = product.tile();
        out.par_chunks_mut(rows * outputs).zip(x.par_chunks(rows * inputs)).for_each(|(out, x)| {
            product.forward(x, weight, bias, None, self.0, out);
        });
        let mut shape = x_layout.dims().to_vec();
        if let Some(last) = shape.last_mut() {
            *last = outputs;
        }
        Ok((CpuStorage::F32(out), shape.into()))
    }

    fn bwd(&self, x: &Tensor, weight: &Tensor, bias: &Tensor, result: &Tensor, grad: &Tensor) -> Result<Gradients> {
        let (pixels, inputs, outputs) = Self::sizes(x.shape(), weight.shape(), bias.shape())?;
        let (mut grad_x, mut grad_weight) = (vec![0.0; pixels * inputs], vec![0.0; inputs * outputs]);
        let mut grad_bias = vec![0.0f32; outputs];
        with_values([x, weight, result, &grad.contiguous()?], self.name(), |[x, weight, result, grad]| {
            let mut grad = grad.to_vec();
            self.0.mask_all(result, &mut grad);
            let grad = &grad;
            let from = Backward { x, weight, grad, before: Activation::None, accumulate: false };
            Product { inputs, outputs }.backward(from, &mut grad_x, &mut grad_weight, &mut grad_bias);
        })?;
        gradients([x, weight, bias], Some(grad_x), grad_weight, grad_bias)
    }
}

#[cfg(test)]
mod tests {
    use super::portable::{assert_portable, drawn};
    use super::*;
    use crate::ml::nn::rng::Rng;

    #[test]
    fn forward_and_gradients_equal_candles() {
        let mut rng = Rng::new(1);
        // More pixels and inputs than one thread takes at a time.
        for (pixels, inputs, outputs, activation) in
            [(5, 3, 4, Activation::Relu6), (450, 150, 7, Activation::Relu), (450, 9, 7, Activation::None)]
        {
            let x = drawn(&[1, pixels, 1, inputs], 2.0, &mut rng);
            let weight = drawn(&[inputs, outputs], 2.0, &mut rng);
            let bias = drawn(&[outputs], 2.0, &mut rng);
            let layer = || Pointwise(activation).apply(&x, &weight, &bias);
            assert_eq!(layer().unwrap().dims(), &[1, pixels, 1, outputs]);
            assert_portable("pointwise", &[&x, &weight, &bias], layer);
        }
    }
}
