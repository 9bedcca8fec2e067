//! MusiCNN's first layers: a convolution over time and bands, ReLU, batch norm, and the maximum over the bands.
//!
//! The convolution's full result (7 MB a window for the 7x38 kernels) is never stored: one position of the kernel on
//! the band axis is one matrix product of all frames with all kernels, whose result is folded into a running maximum.

use candle_core::{CpuStorage, CustomOp1, Device, Layout, Result, Shape, Tensor, bail};
use rayon::prelude::*;

use super::gemm::{Matrix, matmul};
use super::{relu, values};

/// `max over bands of scale * relu(conv(x) + bias) + offset`, for inference.
#[derive(Clone, Debug)]
pub struct BandMax {
    /// Kernel length in frames and bands.
    size: (usize, usize),
    /// `[frames * bands, channels]`; a channel with a negative scale is stored negated, so that its largest product
    /// is the one that counts.
    kernel: Vec<f32>,
    bias: Vec<f32>,
    scale: Vec<f32>,
    offset: Vec<f32>,
}

impl BandMax {
    /// `kernel` is `[frames, bands, channels]` row by row; `scale` and `offset` are batch norm's, one a channel.
    ///
    /// # Errors
    /// When the lengths do not fit each other.
    pub fn new(
        size: (usize, usize),
        mut kernel: Vec<f32>,
        bias: Vec<f32>,
        scale: Vec<f32>,
        offset: Vec<f32>,
    ) -> Result<Self> {
        let channels = bias.len();
        if channels == 0
            || kernel.len() != size.0 * size.1 * channels
            || scale.len() != channels
            || offset.len() != channels
        {
            bail!("a {size:?} kernel of {channels} channels has {} weights", kernel.len());
        }
        for row in kernel.chunks_exact_mut(channels) {
            for (weight, scale) in row.iter_mut().zip(&scale) {
                *weight = if *scale < 0.0 { -*weight } else { *weight };
            }
        }
        Ok(Self { size, kernel, bias, scale, offset })
    }

    /// `x` `[n, frames, bands]` to `[n, frames, channels]`: the frames are padded with zeros (the smaller half first),
    /// the bands are not.
    ///
    /// # Errors
    /// When `x` has another rank or fewer bands than the kernel.
    pub fn forward(&self, x: &Tensor) -> Result<Tensor> {
        let before = (self.size.0 - 1) / 2;
        let x = x.pad_with_zeros(1, before, self.size.0 - 1 - before)?.contiguous()?;
        match x.device() {
            Device::Cpu => x.apply_op1_no_bwd(self),
            device => self.composed(&x, device),
        }
    }

    /// The same from candle's own operations; `x` is padded.
    fn composed(&self, x: &Tensor, device: &Device) -> Result<Tensor> {
        let channels = self.bias.len();
        let row = |values: &[f32]| Tensor::from_slice(values, (1, channels, 1, 1), device);
        let sign: Vec<f32> = self.scale.iter().map(|s| if *s < 0.0 { -1.0 } else { 1.0 }).collect();
        let kernel = Tensor::from_slice(&self.kernel, (self.size.0, self.size.1, 1, channels), device)?;
        let kernel = kernel.permute((3, 2, 0, 1))?.contiguous()?.broadcast_mul(&Tensor::from_slice(
            &sign,
            (channels, 1, 1, 1),
            device,
        )?)?;
        let y = x.unsqueeze(1)?.conv2d(&kernel, 0, 1, 1, 1)?.broadcast_add(&row(&self.bias)?)?.relu()?;
        let y = y.broadcast_mul(&row(&self.scale)?)?.broadcast_add(&row(&self.offset)?)?;
        y.max(3)?.transpose(1, 2)?.contiguous()
    }

    /// One padded item `[frames + size.0 - 1, bands]` into `out` `[frames, channels]`.
    fn item(&self, x: &[f32], bands: usize, out: &mut [f32]) {
        let (taps, width) = self.size;
        let channels = self.bias.len();
        let frames = out.len() / channels;
        let kernel = Matrix::rows(&self.kernel, taps * width, channels);
        let mut strip = vec![0.0; (frames + taps - 1) * width];
        let mut product = vec![0.0; frames * channels];
        for position in 0..=bands - width {
            for (to, from) in strip.chunks_exact_mut(width).zip(x.chunks_exact(bands)) {
                to.copy_from_slice(&from[position..position + width]);
            }
            // Row t is the kernel's view from frame t: `taps` frames of the strip, which lie one after the other.
            let views =
                Matrix { data: &strip, rows: frames, columns: taps * width, row_stride: width, column_stride: 1 };
            if position == 0 {
                matmul(out, views, kernel, false);
                continue;
            }
            matmul(&mut product, views, kernel, false);
            for (best, y) in out.iter_mut().zip(&product) {
                *best = if *y > *best { *y } else { *best };
            }
        }
        for row in out.chunks_exact_mut(channels) {
            for (c, y) in row.iter_mut().enumerate() {
                let signed = if self.scale[c] < 0.0 { -*y } else { *y };
                *y = self.scale[c] * relu(signed + self.bias[c]) + self.offset[c];
            }
        }
    }
}

impl CustomOp1 for BandMax {
    fn name(&self) -> &'static str {
        "band-max"
    }

    fn cpu_fwd(&self, storage: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let (n, padded, bands) = layout.shape().dims3()?;
        let (taps, width) = self.size;
        if padded < taps || bands < width {
            bail!("input {:?} is smaller than the kernel {:?}", layout.shape(), self.size);
        }
        let x = values(storage, layout, self.name())?;
        let (frames, channels) = (padded - taps + 1, self.bias.len());
        let mut out = vec![0.0; n * frames * channels];
        out.par_chunks_mut(frames * channels).zip(x.par_chunks(padded * bands)).for_each(|(out, x)| {
            self.item(x, bands, out);
        });
        Ok((CpuStorage::F32(out), (n, frames, channels).into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equals_candles_own_operations() -> Result<()> {
        let device = Device::Cpu;
        for size in [(7, 4), (8, 1), (1, 5)] {
            let channels = 6;
            let vector = |low: f32| Tensor::rand(low, 1f32, channels, &device)?.to_vec1::<f32>();
            let kernel = Tensor::randn(0f32, 1f32, size.0 * size.1 * channels, &device)?.to_vec1()?;
            let op = BandMax::new(size, kernel, vector(-1.0)?, vector(-1.0)?, vector(-1.0)?)?;
            let x = Tensor::randn(0f32, 1f32, (2, 11, 9), &device)?;
            let fast = op.forward(&x)?;
            let before = (size.0 - 1) / 2;
            let slow = op.composed(&x.pad_with_zeros(1, before, size.0 - 1 - before)?, &device)?;
            assert_eq!(fast.dims(), &[2, 11, channels]);
            let worst = (fast - slow)?.abs()?.max_all()?.to_scalar::<f32>()?;
            assert!(worst < 1e-4, "{size:?}: {worst}");
        }
        Ok(())
    }

    #[test]
    fn sizes_that_do_not_fit_are_errors() -> Result<()> {
        assert!(BandMax::new((7, 4), vec![0.0; 3], vec![0.0], vec![1.0], vec![0.0]).is_err());
        let op = BandMax::new((3, 4), vec![0.0; 12], vec![0.0], vec![1.0], vec![0.0])?;
        assert!(op.forward(&Tensor::zeros((1, 5, 3), candle_core::DType::F32, &Device::Cpu)?).is_err());
        Ok(())
    }
}
