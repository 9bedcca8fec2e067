//! A dense layer with very many inputs: the product over a few rows, shared out over the inputs.

use candle_core::{CpuStorage, CustomOp3, Layout, Result, Shape, Tensor, bail};
use rayon::prelude::*;

use super::gemm::{Matrix, matmul};
use super::{Activation, Gradients, gradients, portable, values, with_values};

/// `x weight + bias`; arguments: x `[n, inputs]`, weight `[inputs, outputs]`, bias `[outputs]`.
#[derive(Clone, Copy, Debug)]
pub struct Dense;

/// Inputs whose part of the sum one thread computes at a time. The parts are added in order: the result does not depend
/// on the threads.
const INPUTS: usize = 4096;

impl Dense {
    /// Applies the layer.
    ///
    /// # Errors
    /// When the shapes do not fit, or the tensors are not float32 on one device.
    pub fn apply(self, x: &Tensor, weight: &Tensor, bias: &Tensor) -> Result<Tensor> {
        if portable::is_needed(x.device()) {
            Self::sizes(x.shape(), weight.shape(), bias.shape())?;
            return portable::linear(x, weight, bias, Activation::None);
        }
        x.contiguous()?.apply_op3(&weight.contiguous()?, &bias.contiguous()?, self)
    }

    fn sizes(x: &Shape, weight: &Shape, bias: &Shape) -> Result<(usize, usize, usize)> {
        let ((n, inputs), (rows, outputs)) = (x.dims2()?, weight.dims2()?);
        if inputs != rows || bias.dims1()? != outputs || inputs * outputs == 0 {
            bail!("dense: input {x:?}, weight {weight:?} and bias {bias:?} do not fit");
        }
        Ok((n, inputs, outputs))
    }
}

/// Some columns of a matrix stored row by row.
fn columns(data: &[f32], rows: usize, all: usize, first: usize, count: usize) -> Matrix<'_> {
    Matrix { data: &data[first..], rows, columns: count, row_stride: all, column_stride: 1 }
}

impl CustomOp3 for Dense {
    fn name(&self) -> &'static str {
        "dense"
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
        let (n, inputs, outputs) = Self::sizes(x_layout.shape(), weight_layout.shape(), bias_layout.shape())?;
        let x = values(x, x_layout, self.name())?;
        let weight = values(weight, weight_layout, self.name())?;
        let bias = values(bias, bias_layout, self.name())?;
        let parts: Vec<Vec<f32>> = weight
            .par_chunks(INPUTS * outputs)
            .enumerate()
            .map(|(chunk, weight)| {
                let count = weight.len() / outputs;
                let mut part = vec![0.0; n * outputs];
                let x = columns(x, n, inputs, chunk * INPUTS, count);
                matmul(&mut part, x, Matrix::rows(weight, count, outputs), false);
                part
            })
            .collect();
        let mut out = bias.repeat(n);
        for part in parts {
            out.iter_mut().zip(part).for_each(|(sum, part)| *sum += part);
        }
        Ok((CpuStorage::F32(out), (n, outputs).into()))
    }

    fn bwd(&self, x: &Tensor, weight: &Tensor, bias: &Tensor, _result: &Tensor, grad: &Tensor) -> Result<Gradients> {
        let (n, inputs, outputs) = Self::sizes(x.shape(), weight.shape(), bias.shape())?;
        let (mut grad_x, mut grad_weight) = (vec![0.0; n * inputs], vec![0.0; inputs * outputs]);
        let mut grad_bias = vec![0.0f32; outputs];
        with_values([x, weight, &grad.contiguous()?], self.name(), |[x, weight, grad]| {
            let grads = Matrix::rows(grad, n, outputs);
            grad_weight.par_chunks_mut(INPUTS * outputs).enumerate().for_each(|(chunk, part)| {
                let count = part.len() / outputs;
                matmul(part, columns(x, n, inputs, chunk * INPUTS, count).transposed(), grads, false);
            });
            let transposed = Matrix::rows(weight, inputs, outputs).transposed();
            let rows = n.div_ceil(rayon::current_num_threads()).max(1);
            grad_x.par_chunks_mut(rows * inputs).zip(grad.par_chunks(rows * outputs)).for_each(|(part, grad)| {
                matmul(part, Matrix::rows(grad, grad.len() / outputs, outputs), transposed, false);
            });
            for row in grad.chunks_exact(outputs) {
                grad_bias.iter_mut().zip(row).for_each(|(sum, g)| *sum += g);
            }
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
        for (n, inputs, outputs) in [(3, 5, 2), (4, INPUTS + 300, 7)] {
            let x = drawn(&[n, inputs], 2.0, &mut rng);
            let weight = drawn(&[inputs, outputs], 0.2, &mut rng);
            let bias = drawn(&[outputs], 2.0, &mut rng);
            assert_portable("dense", &[&x, &weight, &bias], || Dense.apply(&x, &weight, &bias));
        }
    }
}
