//! Convolution over time with channels last: `[n, frames, in]` to `[n, frames, out]`, ReLU and batch norm included.

use candle_core::{CpuStorage, CustomOp1, Device, Layout, Result, Shape, Tensor, bail};
use rayon::prelude::*;

use super::gemm::{Matrix, matmul};
use super::{relu, values};

/// `scale * relu(conv(x) + bias) + offset` over `taps` frames, zero padded, for inference.
#[derive(Clone, Debug)]
pub struct TimeConv {
    taps: usize,
    inputs: usize,
    /// `[taps * inputs, outputs]`.
    kernel: Vec<f32>,
    bias: Vec<f32>,
    scale: Vec<f32>,
    offset: Vec<f32>,
}

impl TimeConv {
    /// `kernel` is `[taps, inputs, outputs]` row by row, the others have one value an output.
    ///
    /// # Errors
    /// When the lengths do not fit each other.
    pub fn new(
        taps: usize,
        inputs: usize,
        kernel: Vec<f32>,
        bias: Vec<f32>,
        scale: Vec<f32>,
        offset: Vec<f32>,
    ) -> Result<Self> {
        let outputs = bias.len();
        if outputs == 0
            || taps == 0
            || kernel.len() != taps * inputs * outputs
            || scale.len() != outputs
            || offset.len() != outputs
        {
            bail!("{taps} taps of {inputs} inputs and {outputs} outputs cannot have {} weights", kernel.len());
        }
        Ok(Self { taps, inputs, kernel, bias, scale, offset })
    }

    /// Applies the layer to `x` `[n, frames, inputs]`.
    ///
    /// # Errors
    /// When `x` has another shape.
    pub fn forward(&self, x: &Tensor) -> Result<Tensor> {
        let before = (self.taps - 1) / 2;
        let x = x.pad_with_zeros(1, before, self.taps - 1 - before)?.contiguous()?;
        match x.device() {
            Device::Cpu => x.apply_op1_no_bwd(self),
            device => self.composed(&x, device),
        }
    }

    /// The same from candle's own operations; `x` is padded.
    fn composed(&self, x: &Tensor, device: &Device) -> Result<Tensor> {
        let (n, padded, _) = x.dims3()?;
        let (frames, outputs) = (padded + 1 - self.taps, self.bias.len());
        let row = |values: &[f32]| Tensor::from_slice(values, (1, 1, outputs), device);
        let kernel = Tensor::from_slice(&self.kernel, (self.taps, self.inputs, outputs), device)?;
        let mut sum = row(&self.bias)?.broadcast_as((n, frames, outputs))?.contiguous()?;
        for tap in 0..self.taps {
            let part = x.narrow(1, tap, frames)?.contiguous()?.reshape((n * frames, self.inputs))?;
            sum = (sum + part.matmul(&kernel.get(tap)?)?.reshape((n, frames, outputs))?)?;
        }
        sum.relu()?.broadcast_mul(&row(&self.scale)?)?.broadcast_add(&row(&self.offset)?)
    }
}

impl CustomOp1 for TimeConv {
    fn name(&self) -> &'static str {
        "time-conv"
    }

    fn cpu_fwd(&self, storage: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let (n, padded, inputs) = layout.shape().dims3()?;
        if inputs != self.inputs || padded < self.taps {
            bail!("input {:?} does not fit {} taps of {} channels", layout.shape(), self.taps, self.inputs);
        }
        let x = values(storage, layout, self.name())?;
        let (frames, outputs) = (padded + 1 - self.taps, self.bias.len());
        let kernel = Matrix::rows(&self.kernel, self.taps * inputs, outputs);
        let mut out = vec![0.0; n * frames * outputs];
        out.par_chunks_mut(frames * outputs).zip(x.par_chunks(padded * inputs)).for_each(|(out, x)| {
            // Row t is what the kernel sees from frame t; rows overlap.
            let views =
                Matrix { data: x, rows: frames, columns: self.taps * inputs, row_stride: inputs, column_stride: 1 };
            matmul(out, views, kernel, false);
            for row in out.chunks_exact_mut(outputs) {
                for (o, y) in row.iter_mut().enumerate() {
                    *y = self.scale[o] * relu(*y + self.bias[o]) + self.offset[o];
                }
            }
        });
        Ok((CpuStorage::F32(out), (n, frames, outputs).into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equals_candles_own_operations() -> Result<()> {
        let device = Device::Cpu;
        let (inputs, outputs) = (5, 4);
        for taps in [7, 2, 1] {
            let vector = || Tensor::rand(-1f32, 1f32, outputs, &device)?.to_vec1::<f32>();
            let kernel = Tensor::randn(0f32, 1f32, taps * inputs * outputs, &device)?.to_vec1()?;
            let op = TimeConv::new(taps, inputs, kernel, vector()?, vector()?, vector()?)?;
            let x = Tensor::randn(0f32, 1f32, (3, 8, inputs), &device)?;
            let before = (taps - 1) / 2;
            let slow = op.composed(&x.pad_with_zeros(1, before, taps - 1 - before)?, &device)?;
            let worst = (op.forward(&x)? - slow)?.abs()?.max_all()?.to_scalar::<f32>()?;
            assert!(worst < 1e-4, "{taps} taps: {worst}");
        }
        Ok(())
    }

    #[test]
    fn sizes_that_do_not_fit_are_errors() -> Result<()> {
        assert!(TimeConv::new(7, 4, vec![0.0; 3], vec![0.0], vec![1.0], vec![0.0]).is_err());
        let op = TimeConv::new(3, 4, vec![0.0; 12], vec![0.0], vec![1.0], vec![0.0])?;
        assert!(op.forward(&Tensor::zeros((1, 5, 3), candle_core::DType::F32, &Device::Cpu)?).is_err());
        Ok(())
    }
}
