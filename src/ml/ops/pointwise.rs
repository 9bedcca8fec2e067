//! 1x1 convolution, bias and activation included, channels last: a matrix product over all pixels.

use candle_core::{CpuStorage, CustomOp3, Layout, Result, Shape, Tensor, bail};
use rayon::prelude::*;

use super::gemm::{Matrix, matmul};
use super::{Activation, Gradients, gradients, values, with_values};

/// `activation(x weight + bias)`; arguments: x `[..., inputs]`, weight `[inputs, outputs]`, bias `[outputs]`.
#[derive(Clone, Copy, Debug)]
pub struct Pointwise(pub Activation);

/// Pixels that one thread multiplies at a time: enough to keep the kernel busy, few enough to share out.
const ROWS: usize = 192;
/// Rows of the weight gradient that one thread computes at a time.
const WEIGHT_ROWS: usize = 128;

impl Pointwise {
    /// Applies the layer.
    ///
    /// # Errors
    /// When the shapes do not fit, or the tensors are not float32 on the CPU.
    pub fn apply(self, x: &Tensor, weight: &Tensor, bias: &Tensor) -> Result<Tensor> {
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
        let weight = Matrix::rows(values(weight, weight_layout, self.name())?, inputs, outputs);
        let bias = values(bias, bias_layout, self.name())?;
        let mut out = vec![0.0; pixels * outputs];
        out.par_chunks_mut(ROWS * outputs).zip(x.par_chunks(ROWS * inputs)).for_each(|(out, x)| {
            matmul(out, Matrix::rows(x, x.len() / inputs, inputs), weight, false);
            pulp::Arch::new().dispatch(|| {
                for row in out.chunks_exact_mut(outputs) {
                    row.iter_mut().zip(bias).for_each(|(y, b)| *y += b);
                }
                self.0.apply(out);
            });
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
            let mut masked = vec![0.0; grad.len()];
            let open = result.par_chunks(ROWS * outputs).zip(grad.par_chunks(ROWS * outputs));
            masked.par_chunks_mut(ROWS * outputs).zip(open).for_each(|(masked, (result, grad))| {
                self.0.backward(grad, result, masked);
            });
            let transposed = Matrix::rows(weight, inputs, outputs).transposed();
            grad_x.par_chunks_mut(ROWS * inputs).zip(masked.par_chunks(ROWS * outputs)).for_each(|(grad_x, masked)| {
                matmul(grad_x, Matrix::rows(masked, masked.len() / outputs, outputs), transposed, false);
            });
            // Some rows of the result each, over all pixels: no partial sums whose order could vary.
            let masked_all = Matrix::rows(&masked, pixels, outputs);
            grad_weight.par_chunks_mut(WEIGHT_ROWS * outputs).enumerate().for_each(|(chunk, grad_weight)| {
                let columns = Matrix {
                    data: &x[chunk * WEIGHT_ROWS..],
                    rows: grad_weight.len() / outputs,
                    columns: pixels,
                    row_stride: 1,
                    column_stride: inputs,
                };
                matmul(grad_weight, columns, masked_all, false);
            });
            for row in masked.chunks_exact(outputs) {
                grad_bias.iter_mut().zip(row).for_each(|(sum, g)| *sum += g);
            }
        })?;
        gradients([x, weight, bias], Some(grad_x), grad_weight, grad_bias)
    }
}

#[cfg(test)]
mod tests {
    use candle_core::{Device, Var};

    use super::*;

    #[test]
    fn forward_and_gradients_equal_candles() -> Result<()> {
        let device = Device::Cpu;
        // More pixels and inputs than one thread takes at a time.
        for (pixels, inputs, outputs, activation) in
            [(5, 3, 4, Activation::Relu6), (450, 150, 7, Activation::Relu), (450, 9, 7, Activation::None)]
        {
            let x = Var::randn(0f32, 1f32, (1, pixels, 1, inputs), &device)?;
            let weight = Var::randn(0f32, 1f32, (inputs, outputs), &device)?;
            let bias = Var::randn(0f32, 1f32, outputs, &device)?;
            let fast = Pointwise(activation).apply(x.as_tensor(), weight.as_tensor(), bias.as_tensor())?;
            assert_eq!(fast.dims(), &[1, pixels, 1, outputs]);
            let slow = x.reshape((pixels, inputs))?.matmul(weight.as_tensor())?.broadcast_add(bias.as_tensor())?;
            let slow = match activation {
                Activation::None => slow,
                Activation::Relu => slow.relu()?,
                Activation::Relu6 => slow.clamp(0f32, 6f32)?,
            };
            let slow = slow.reshape(fast.shape())?;
            assert!((&fast - &slow)?.abs()?.max_all()?.to_scalar::<f32>()? < 1e-4);
            let pull = Tensor::randn(0f32, 1f32, fast.dims(), &device)?;
            let found = (fast * &pull)?.sum_all()?.backward()?;
            let expected = (slow * &pull)?.sum_all()?.backward()?;
            for var in [&x, &weight, &bias] {
                let difference = (found.get(var).unwrap() - expected.get(var).unwrap())?.abs()?.max_all()?;
                assert!(difference.to_scalar::<f32>()? < 1e-3);
            }
        }
        Ok(())
    }
}
