//! 3x3 convolution of one channel at a time (depthwise) or of a picture of few channels (a network's first layer), bias
//! and activation included, channels last: `[n, height, width, channels]`.
//!
//! candle runs a depthwise convolution as one convolution for each channel; here the channels are the inner loop.

use candle_core::{CpuStorage, CustomOp3, Layout, Result, Shape, Tensor, bail};
use rayon::prelude::*;

use super::depthwise::{Axis, Backward, Taps};
use super::{Activation, Gradients, gradients, portable, values, with_values};

/// Which of the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Each channel has its own kernel.
    Depthwise,
    /// Few input channels, all of which each output channel sums; gives no gradient for its input.
    Stem,
}

/// Where a strided layer begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Padding {
    /// As much as is needed, the smaller half before: TensorFlow's SAME.
    Needed,
    /// One pixel on every side: PyTorch's `padding=1`.
    One,
}

/// `activation(conv(x) + bias)`; arguments: x `[n, height, width, inputs]`, weight `[9, channels]` (depthwise) or
/// `[9 * inputs, channels]` (stem), bias `[channels]`.
#[derive(Clone, Copy, Debug)]
pub struct Conv3x3 {
    /// Which of the two.
    pub kind: Kind,
    /// 1 or 2.
    pub stride: usize,
    /// What surrounds the picture.
    pub padding: Padding,
    /// What is done with the sums.
    pub activation: Activation,
}

/// Sizes of one call.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plan {
    kind: Kind,
    stride: usize,
    activation: Activation,
    /// Of a stem: input channels.
    inputs: usize,
    channels: usize,
    /// Height and width of the input, of the output, and the padding above and to the left.
    input: (usize, usize),
    pub output: (usize, usize),
    pub before: (usize, usize),
}

impl Plan {
    /// Of pictures of this size.
    pub fn new(op: Conv3x3, height: usize, width: usize, inputs: usize, channels: usize) -> Self {
        // Output size and the smaller half of the padding.
        let axis = |size: usize| {
            let out = size.div_ceil(op.stride);
            let needed = ((out.max(1) - 1) * op.stride + 3).saturating_sub(size) / 2;
            (out, if op.padding == Padding::One { 1 } else { needed })
        };
        let ((rows, top), (columns, left)) = (axis(height), axis(width));
        Self {
            kind: op.kind,
            stride: op.stride,
            activation: op.activation,
            inputs,
            channels,
            input: (height, width),
            output: (rows, columns),
            before: (top, left),
        }
    }

    fn input_channels(&self) -> usize {
        if self.kind == Kind::Depthwise { self.channels } else { self.inputs }
    }

    /// Values of one picture that comes in.
    pub fn input_len(&self) -> usize {
        self.input.0 * self.input.1 * self.input_channels()
    }

    /// Values of one picture that goes out.
    pub fn output_len(&self) -> usize {
        self.output.0 * self.output.1 * self.channels
    }

    /// Calls `each(output offset, tap, input offset)` for every pair of output position and kernel tap inside the
    /// picture.
    #[inline(always)]
    fn for_each_tap(&self, mut each: impl FnMut(usize, usize, usize)) {
        for row in 0..self.output.0 {
            for column in 0..self.output.1 {
                let out = (row * self.output.1 + column) * self.channels;
                for tap in 0..9 {
                    let y = (row * self.stride + tap / 3).wrapping_sub(self.before.0);
                    let x = (column * self.stride + tap % 3).wrapping_sub(self.before.1);
                    if y < self.input.0 && x < self.input.1 {
                        each(out, tap, (y * self.input.1 + x) * self.input_channels());
                    }
                }
            }
        }
    }

    /// `activation(conv(x) + bias)` of one picture.
    pub fn forward(&self, x: &[f32], weight: &[f32], bias: &[f32], out: &mut [f32]) {
        match self.kind {
            Kind::Depthwise => self.taps().forward(x, weight, bias, self.activation, out),
            Kind::Stem => pulp::Arch::new().dispatch(|| self.forward_stem(x, weight, bias, out)),
        }
    }

    #[inline(always)]
    fn forward_stem(&self, x: &[f32], weight: &[f32], bias: &[f32], out: &mut [f32]) {
        let channels = self.channels;
        out.chunks_exact_mut(channels).for_each(|pixel| pixel.copy_from_slice(bias));
        self.for_each_tap(|to, tap, from| {
            let sum = &mut out[to..to + channels];
            let kernels = &weight[tap * self.inputs * channels..(tap + 1) * self.inputs * channels];
            for (x, kernel) in x[from..from + self.inputs].iter().zip(kernels.chunks_exact(channels)) {
                sum.iter_mut().zip(kernel).for_each(|(sum, w)| *sum += w * x);
            }
        });
        self.activation.apply(out);
    }

    fn taps(&self) -> Taps {
        let rows = Axis::forward(self.input.0, self.output.0, self.stride, self.before.0);
        let columns = Axis::forward(self.input.1, self.output.1, self.stride, self.before.1);
        Taps::new(rows, columns, self.input.1, self.channels)
    }

    /// The gradients of all pictures, by all threads: writes that of `x` (depthwise) and adds those of weight and bias.
    /// `grad` is the gradient before the activation; that of `x` is the one before `before`, which made `x`.
    pub fn backward(
        &self,
        [x, weight, grad]: [&[f32]; 3],
        before: Activation,
        grad_x: &mut [f32],
        grad_weight: &mut [f32],
        grad_bias: &mut [f32],
    ) {
        let there = self.taps();
        let rows = Axis::backward(self.input.0, self.output.0, self.stride, self.before.0);
        let columns = Axis::backward(self.input.1, self.output.1, self.stride, self.before.1);
        let back = Taps::new(rows, columns, self.output.1, self.channels);
        let pictures = x.par_chunks_exact(self.input_len()).zip(grad.par_chunks_exact(self.output_len()));
        // One partial sum an item, added in order afterwards: the result does not depend on the threads.
        let partial: Vec<(Vec<f32>, Vec<f32>)> = match self.kind {
            Kind::Depthwise => {
                let items = pictures.zip(grad_x.par_chunks_exact_mut(self.input_len()));
                let each = |((x, grad), grad_x): ((&[f32], &[f32]), &mut [f32])| {
                    let (mut grad_weight, mut grad_bias) = (vec![0.0; weight.len()], vec![0.0; self.channels]);
                    let picture = Backward { there: &there, back: &back, stride: self.stride, x, weight, grad, before };
                    picture.run(grad_x, &mut grad_weight, &mut grad_bias);
                    (grad_weight, grad_bias)
                };
                items.map(each).collect()
            }
            Kind::Stem => {
                let each = |(x, grad): (&[f32], &[f32])| {
                    let (mut grad_weight, mut grad_bias) = (vec![0.0; weight.len()], vec![0.0; self.channels]);
                    pulp::Arch::new().dispatch(|| self.backward_stem(x, grad, &mut grad_weight, &mut grad_bias));
                    (grad_weight, grad_bias)
                };
                pictures.map(each).collect()
            }
        };
        for (weight, bias) in &partial {
            grad_weight.iter_mut().zip(weight).for_each(|(sum, g)| *sum += g);
            grad_bias.iter_mut().zip(bias).for_each(|(sum, g)| *sum += g);
        }
    }

    #[inline(always)]
    fn backward_stem(&self, x: &[f32], grad: &[f32], grad_weight: &mut [f32], grad_bias: &mut [f32]) {
        let channels = self.channels;
        self.for_each_tap(|to, tap, from| {
            let grad = &grad[to..to + channels];
            let kernels = &mut grad_weight[tap * self.inputs * channels..(tap + 1) * self.inputs * channels];
            for (x, kernel) in x[from..from + self.inputs].iter().zip(kernels.chunks_exact_mut(channels)) {
                kernel.iter_mut().zip(grad).for_each(|(gw, g)| *gw += g * x);
            }
        });
        for pixel in grad.chunks_exact(channels) {
            grad_bias.iter_mut().zip(pixel).for_each(|(sum, g)| *sum += g);
        }
    }
}

impl Conv3x3 {
    /// Applies the layer.
    ///
    /// # Errors
    /// When the shapes do not fit, or the tensors are not float32 on one device.
    pub fn apply(self, x: &Tensor, weight: &Tensor, bias: &Tensor) -> Result<Tensor> {
        if portable::is_needed(x.device()) {
            let (_, plan) = self.plan(x.shape(), weight.shape(), bias.shape())?;
            return portable::conv3x3(self, &plan, x, weight, bias);
        }
        x.contiguous()?.apply_op3(&weight.contiguous()?, &bias.contiguous()?, self)
    }

    fn plan(self, x: &Shape, weight: &Shape, bias: &Shape) -> Result<(usize, Plan)> {
        let (n, height, width, channels_in) = x.dims4()?;
        let channels = bias.dims1()?;
        let (fits, taps) = match self.kind {
            Kind::Depthwise => (channels_in == channels, 9),
            Kind::Stem => (channels_in > 0, 9 * channels_in),
        };
        if !fits
            || weight.dims2()? != (taps, channels)
            || !(1..=2).contains(&self.stride)
            || height * width * channels == 0
        {
            bail!("{self:?}: input {x:?}, weight {weight:?} and bias {bias:?} do not fit");
        }
        Ok((n, Plan::new(self, height, width, channels_in, channels)))
    }
}

impl CustomOp3 for Conv3x3 {
    fn name(&self) -> &'static str {
        "conv3x3"
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
        let (n, plan) = self.plan(x_layout.shape(), weight_layout.shape(), bias_layout.shape())?;
        let x = values(x, x_layout, self.name())?;
        let weight = values(weight, weight_layout, self.name())?;
        let bias = values(bias, bias_layout, self.name())?;
        let mut out = vec![0.0; n * plan.output_len()];
        out.par_chunks_exact_mut(plan.output_len()).zip(x.par_chunks_exact(plan.input_len())).for_each(|(out, x)| {
            plan.forward(x, weight, bias, out);
        });
        Ok((CpuStorage::F32(out), (n, plan.output.0, plan.output.1, plan.channels).into()))
    }

    fn bwd(&self, x: &Tensor, weight: &Tensor, bias: &Tensor, result: &Tensor, grad: &Tensor) -> Result<Gradients> {
        let (n, plan) = self.plan(x.shape(), weight.shape(), bias.shape())?;
        let wants_input = self.kind == Kind::Depthwise;
        let mut grad_x = vec![0.0; if wants_input { n * plan.input_len() } else { 0 }];
        let channels = plan.channels;
        let (mut grad_weight, mut grad_bias) = (vec![0.0f32; weight.elem_count()], vec![0.0f32; channels]);
        with_values([x, weight, result, &grad.contiguous()?], self.name(), |[x, weight, result, grad]| {
            let mut grad = grad.to_vec();
            self.activation.mask_all(result, &mut grad);
            let grad = &grad;
            plan.backward([x, weight, grad], Activation::None, &mut grad_x, &mut grad_weight, &mut grad_bias);
        })?;
        gradients([x, weight, bias], wants_input.then_some(grad_x), grad_weight, grad_bias)
    }
}

#[cfg(test)]
mod tests {
    use candle_core::Device;

    use super::*;
    use crate::ml::nn::rng::Rng;

    /// The same from candle's own conv2d.
    fn naive(op: Conv3x3, x: &Tensor, weight: &Tensor, bias: &Tensor) -> Result<Tensor> {
        let channels = bias.dim(0)?;
        let (_, height, width, _) = x.dims4()?;
        let inputs = x.dim(3)?;
        let plan = Plan::new(op, height, width, inputs, channels);
        let after = |size: usize, out: usize, before: usize| ((out - 1) * op.stride + 3).saturating_sub(size + before);
        let picture = x.permute((0, 3, 1, 2))?;
        let picture = picture.pad_with_zeros(2, plan.before.0, after(height, plan.output.0, plan.before.0))?;
        let picture = picture.pad_with_zeros(3, plan.before.1, after(width, plan.output.1, plan.before.1))?;
        let (kernel, groups) = match op.kind {
            Kind::Depthwise => (weight.t()?.reshape((channels, 1, 3, 3))?, channels),
            Kind::Stem => (weight.reshape((3, 3, inputs, channels))?.permute((3, 2, 0, 1))?.contiguous()?, 1),
        };
        let y = picture.conv2d(&kernel, 0, op.stride, 1, groups)?.permute((0, 2, 3, 1))?;
        let y = y.broadcast_add(bias)?;
        match op.activation {
            Activation::None => Ok(y),
            Activation::Relu => y.relu(),
            Activation::Relu6 => y.clamp(0f32, 6f32),
        }
    }

    fn case(op: Conv3x3, height: usize, width: usize, channels: usize) -> Result<()> {
        let device = Device::Cpu;
        let Conv3x3 { kind, stride, .. } = op;
        let (inputs, taps) = if kind == Kind::Depthwise { (channels, 9) } else { (2, 18) };
        let mut rng = Rng::new(7);
        let [x, weight, bias] = [&[2, height, width, inputs][..], &[taps, channels], &[channels]]
            .map(|shape| portable::drawn(shape, 1.5, &mut rng));
        let name = format!("{op:?}");
        portable::assert_portable(&name, &[&x, &weight, &bias], || op.apply(&x, &weight, &bias));
        let fast = op.apply(x.as_tensor(), weight.as_tensor(), bias.as_tensor())?;
        let slow = naive(op, x.as_tensor(), weight.as_tensor(), bias.as_tensor())?;
        assert_eq!(fast.dims(), slow.dims());
        assert!((&fast - &slow)?.abs()?.max_all()?.to_scalar::<f32>()? < 1e-5);
        // The gradients by finite differences of a weighted sum.
        let pull = portable::drawn(fast.dims(), 1.5, &mut rng);
        let pull = pull.as_tensor();
        let grads = (fast * pull)?.sum_all()?.backward()?;
        let expected = (slow * pull)?.sum_all()?;
        if stride == 1 {
            let expected = expected.backward()?;
            for var in [&x, &weight, &bias].into_iter().skip(usize::from(kind == Kind::Stem)) {
                let (a, b) = (grads.get(var).unwrap(), expected.get(var).unwrap());
                assert!((a - b)?.abs()?.max_all()?.to_scalar::<f32>()? < 1e-4, "{op:?}");
            }
        }
        let base = expected.to_scalar::<f32>()?;
        for var in [&weight, &x].into_iter().take(if kind == Kind::Stem { 1 } else { 2 }) {
            let start = var.flatten_all()?.to_vec1::<f32>()?;
            let slope = |step: f32| -> Result<f32> {
                let mut moved = start.clone();
                moved[3] += step;
                let old = var.as_tensor().copy()?;
                var.set(&Tensor::from_vec(moved, var.shape(), &device)?)?;
                let after = naive(op, x.as_tensor(), weight.as_tensor(), bias.as_tensor())? * pull;
                var.set(&old)?;
                Ok((after?.sum_all()?.to_scalar::<f32>()? - base) / step)
            };
            let found = grads.get(var).unwrap().flatten_all()?.to_vec1::<f32>()?[3];
            // On a corner of the ReLU the slopes of the two sides differ.
            let near = |slope: f32| (slope - found).abs() < 0.05 * found.abs().max(1.0);
            assert!(near(slope(1e-3)?) || near(slope(-1e-3)?), "{op:?}: {found}");
        }
        assert_eq!(grads.get(&x).is_some(), kind == Kind::Depthwise);
        Ok(())
    }

    #[test]
    fn forward_and_gradients_equal_candles() -> Result<()> {
        for kind in [Kind::Depthwise, Kind::Stem] {
            for stride in [1, 2] {
                for (padding, activation) in [
                    (Padding::Needed, Activation::Relu),
                    (Padding::One, Activation::Relu6),
                    (Padding::One, Activation::None),
                ] {
                    for (height, width) in [(6, 8), (5, 4), (3, 2), (1, 1)] {
                        // Fewer channels than a register holds, and some more than it.
                        for channels in [5, 21] {
                            case(Conv3x3 { kind, stride, padding, activation }, height, width, channels)?;
                        }
                    }
                }
            }
        }
        Ok(())
    }

    #[test]
    fn shapes_that_do_not_fit_are_errors() -> Result<()> {
        let zeros = |shape: &[usize]| Tensor::zeros(shape, candle_core::DType::F32, &Device::Cpu);
        let op = Conv3x3 { kind: Kind::Depthwise, stride: 1, padding: Padding::One, activation: Activation::Relu };
        assert!(op.apply(&zeros(&[1, 4, 4, 3])?, &zeros(&[9, 4])?, &zeros(&[4])?).is_err());
        assert!(op.apply(&zeros(&[1, 4, 4, 4])?, &zeros(&[8, 4])?, &zeros(&[4])?).is_err());
        Ok(())
    }
}
