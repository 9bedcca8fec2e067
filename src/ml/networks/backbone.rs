//! What both MobileNets are made of: convolutions that follow each other, then the mean over the pixels. Channels last,
//! batch norm folded.
//!
//! On the CPU the whole network is one operation to candle, with one vector of parameters: of a chain of operations, candle's backward
//! pass makes a tensor of zeros for each gradient and then adds to it by one thread, and every result takes fresh memory. Together
//! with the kernel of `ops::depthwise` this halved a training step (MobileNetV1: 206 to 100 ms, MobileNetV2: 1.66 to 0.72 s, median);
//! how much is due to which was not measured.

use std::sync::{Arc, Mutex, PoisonError};

use candle_core::{CpuStorage, CustomOp2, Device, Layout, Result, Shape, Tensor, Var, bail};
use rayon::prelude::*;

use crate::ml::nn::ops::conv3x3::{Conv3x3, Kind, Padding, Plan};
use crate::ml::nn::ops::pointwise::{Backward, Pointwise, Product};
use crate::ml::nn::ops::{Activation, portable, values, with_values};

/// What a step convolves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::ml) enum Convolution {
    /// 3x3, all channels of the picture.
    Stem,
    /// 3x3, each channel on its own.
    Depthwise,
    /// 1x1.
    Pointwise,
}

/// One convolution with its bias and activation.
#[derive(Clone, Copy, Debug)]
pub(in crate::ml) struct Step {
    pub convolution: Convolution,
    pub inputs: usize,
    pub outputs: usize,
    /// 1 or 2.
    pub stride: usize,
    pub activation: Activation,
    /// The step whose result is added to what comes out, here a pointwise step without activation; the step after that one
    /// is pointwise, too.
    pub shortcut: Option<usize>,
}

impl Step {
    /// Rows of the weight: taps times the inputs that each output sums.
    pub fn rows(&self) -> usize {
        match self.convolution {
            Convolution::Stem => 9 * self.inputs,
            Convolution::Depthwise => 9,
            Convolution::Pointwise => self.inputs,
        }
    }

    fn product(&self) -> Product {
        Product { inputs: self.inputs, outputs: self.outputs }
    }

    /// The 3x3 convolution of a step that has one.
    fn conv3x3(&self, padding: Padding) -> Conv3x3 {
        let kind = if self.convolution == Convolution::Stem { Kind::Stem } else { Kind::Depthwise };
        Conv3x3 { kind, stride: self.stride, padding, activation: self.activation }
    }
}

/// What a network of steps costs with one picture.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::ml) struct Cost {
    /// Numbers in all weights and biases.
    pub parameters: usize,
    /// Values of all steps together: while training, all are kept.
    pub kept: usize,
    /// The most values that a step has on both sides.
    pub widest: usize,
}

impl Cost {
    /// Of these steps with a picture of that size.
    pub fn of(steps: impl Iterator<Item = Step>, mut height: usize, mut width: usize) -> Self {
        let mut cost = Self::default();
        for step in steps {
            cost.parameters += step.rows() * step.outputs + step.outputs;
            let before = height * width * step.inputs;
            (height, width) = (height.div_ceil(step.stride), width.div_ceil(step.stride));
            let values = height * width * step.outputs;
            cost.kept += values;
            cost.widest = cost.widest.max(before + values);
        }
        cost
    }
}

/// The steps in their order, and where their parameters lie in the vector.
#[derive(Debug)]
struct Steps {
    steps: Vec<Step>,
    /// Of weight and bias of each step, and the end.
    starts: Vec<[usize; 2]>,
    end: usize,
    padding: Padding,
}

/// A network up to its features.
#[derive(Clone, Debug)]
pub(in crate::ml) struct Backbone {
    steps: Arc<Steps>,
    parameters: Tensor,
    pool: Arc<Pool>,
}

/// Pictures that one thread takes through the network at a time have at least this many pixels in the last step: enough
/// rows for its products, and few enough that a picture stays in the cache between two steps.
const LAST_PIXELS: usize = 48;

impl Backbone {
    /// A network of these steps; `layers` are their weights `[rows, outputs]` and biases, row by row.
    pub fn new(steps: Vec<Step>, padding: Padding, layers: &[(Vec<f32>, Vec<f32>)]) -> Result<Self> {
        let (mut starts, mut end) = (Vec::new(), 0);
        for step in &steps {
            let bias = end + step.rows() * step.outputs;
            starts.push([end, bias]);
            end = bias + step.outputs;
        }
        let parameters: Vec<f32> =
            layers.iter().flat_map(|(weight, bias)| weight.iter().chain(bias)).copied().collect();
        let parameters = Tensor::from_vec(parameters, end, &Device::Cpu)?;
        Ok(Self { steps: Arc::new(Steps { steps, starts, end, padding }), parameters, pool: Arc::default() })
    }

    /// Weight `[rows, outputs]` and bias of a step.
    fn layer(&self, index: usize) -> Result<(Tensor, Tensor)> {
        let (step, [weight, bias]) = (self.steps.steps[index], self.steps.starts[index]);
        let weight = self.parameters.narrow(0, weight, step.rows() * step.outputs)?;
        Ok((weight.reshape((step.rows(), step.outputs))?, self.parameters.narrow(0, bias, step.outputs)?))
    }

    /// A copy that can be trained on a device, and the variable of all its parameters.
    pub fn trainable(&self, device: &Device) -> Result<(Self, Var)> {
        let var = Var::from_tensor(&self.parameters.to_device(device)?)?;
        Ok((Self { parameters: var.as_tensor().clone(), pool: Arc::default(), ..self.clone() }, var))
    }

    /// A copy without a variable, for inference.
    pub fn frozen(&self) -> Self {
        Self { parameters: self.parameters.detach(), ..self.clone() }
    }

    /// How pictures are padded.
    pub fn padding(&self) -> Padding {
        self.steps.padding
    }

    /// The same parameters with another padding.
    pub fn with_padding(&self, padding: Padding) -> Self {
        if padding == self.steps.padding {
            return self.clone();
        }
        let Steps { steps, starts, end, .. } = &*self.steps;
        let steps = Steps { steps: steps.clone(), starts: starts.clone(), end: *end, padding };
        Self { steps: Arc::new(steps), ..self.clone() }
    }

    /// The features `[n, channels]` of pictures `[n, height, width, colours]`; no gradient for the pictures.
    pub fn forward(&self, pictures: &Tensor) -> Result<Tensor> {
        if portable::is_needed(self.parameters.device()) {
            return self.step_by_step(pictures);
        }
        let keep = self.parameters.is_variable();
        let run = Run { steps: self.steps.clone(), pool: self.pool.clone(), keep, kept: Mutex::default() };
        let pictures = pictures.contiguous()?;
        if keep { pictures.apply_op2(&self.parameters, run) } else { pictures.apply_op2_no_bwd(&self.parameters, &run) }
    }
}

impl Backbone {
    /// The same by one operation a step.
    fn step_by_step(&self, pictures: &Tensor) -> Result<Tensor> {
        let mut results: Vec<Tensor> = Vec::with_capacity(self.steps.steps.len());
        for (index, step) in self.steps.steps.iter().enumerate() {
            let (weight, bias) = self.layer(index)?;
            let x = results.last().unwrap_or(pictures);
            let mut y = match step.convolution {
                Convolution::Pointwise => Pointwise(step.activation).apply(x, &weight, &bias)?,
                _ => step.conv3x3(self.steps.padding).apply(x, &weight, &bias)?,
            };
            if let Some(from) = step.shortcut {
                y = (y + &results[from])?;
            }
            results.push(y);
        }
        results.last().unwrap_or(pictures).mean((1, 2))
    }
}

/// Buffers that are used again: fresh memory costs a page fault every 4 kB.
#[derive(Debug, Default)]
struct Pool(Mutex<Vec<Vec<f32>>>);

impl Pool {
    /// A buffer with any values in it.
    fn take(&self, length: usize) -> Vec<f32> {
        let mut free = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let fits = free.iter().enumerate().filter(|(_, buffer)| buffer.capacity() >= length);
        let best = fits.min_by_key(|(_, buffer)| buffer.capacity()).map(|(index, _)| index);
        let Some(index) = best else { return vec![0.0; length] };
        let mut buffer = free.swap_remove(index);
        drop(free);
        buffer.resize(length, 0.0);
        buffer
    }

    fn give(&self, buffers: impl IntoIterator<Item = Vec<f32>>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend(buffers);
    }
}

/// One pass through the network.
struct Run {
    steps: Arc<Steps>,
    pool: Arc<Pool>,
    /// Whether the backward pass will want what the steps gave.
    keep: bool,
    kept: Mutex<Vec<Vec<f32>>>,
}

impl Drop for Run {
    fn drop(&mut self) {
        self.pool.give(std::mem::take(&mut *self.kept.lock().unwrap_or_else(PoisonError::into_inner)));
    }
}

/// The sizes of one pass.
struct Sizes {
    n: usize,
    input_len: usize,
    /// Of each step, with a pointwise step's height and width in vain.
    plans: Vec<Plan>,
    /// Values of one picture after each step.
    lens: Vec<usize>,
    /// Pixels and channels after the last step.
    last: (usize, usize),
    /// Pictures that a thread takes through at a time.
    group: usize,
}

impl Steps {
    fn sizes(&self, x: &Shape, parameters: &Shape) -> Result<Sizes> {
        let (n, mut height, mut width, colours) = x.dims4()?;
        let fits = self.steps.first().is_some_and(|step| step.inputs == colours);
        if !fits || height * width == 0 || parameters.dims1()? != self.end {
            bail!("network: input {x:?} does not fit");
        }
        let (mut plans, mut lens) = (Vec::new(), Vec::new());
        for step in &self.steps {
            let plan = Plan::new(step.conv3x3(self.padding), height, width, step.inputs, step.outputs);
            (height, width) = plan.output;
            lens.push(plan.output_len());
            plans.push(plan);
        }
        let last = (height * width, self.steps.last().map_or(colours, |step| step.outputs));
        let input_len = x.elem_count() / n.max(1);
        Ok(Sizes { n, input_len, plans, lens, last, group: LAST_PIXELS.div_ceil(last.0) })
    }

    /// Weight and bias of a step.
    fn layer<'a>(&self, index: usize, parameters: &'a [f32]) -> (&'a [f32], &'a [f32]) {
        let [weight, bias] = self.starts[index];
        (&parameters[weight..bias], &parameters[bias..bias + self.steps[index].outputs])
    }

    /// One step of some pictures.
    fn step(
        &self,
        index: usize,
        plan: &Plan,
        x: &[f32],
        parameters: &[f32],
        shortcut: Option<&[f32]>,
        out: &mut [f32],
    ) {
        let step = self.steps[index];
        let (weight, bias) = self.layer(index, parameters);
        if step.convolution == Convolution::Pointwise {
            step.product().forward(x, weight, bias, shortcut, step.activation, out);
        } else {
            let pictures = out.chunks_exact_mut(plan.output_len()).zip(x.chunks_exact(plan.input_len()));
            pictures.for_each(|(out, x)| plan.forward(x, weight, bias, out));
        }
    }
}

impl Run {
    /// All steps of all pictures, each step's result kept.
    fn forward_kept(&self, sizes: &Sizes, x: &[f32], parameters: &[f32], features: &mut [f32]) {
        let mut kept: Vec<Vec<f32>> = sizes.lens.iter().map(|len| self.pool.take(sizes.n * len)).collect();
        let mut groups: Vec<Vec<&mut [f32]>> = Vec::new();
        groups.resize_with(sizes.n.div_ceil(sizes.group), Vec::new);
        for (all, len) in kept.iter_mut().zip(&sizes.lens) {
            groups.iter_mut().zip(all.chunks_mut(sizes.group * len)).for_each(|(group, part)| group.push(part));
        }
        let inputs = x.par_chunks(sizes.group * sizes.input_len);
        let features = features.par_chunks_mut(sizes.group * sizes.last.1);
        groups.into_par_iter().zip(inputs).zip(features).for_each(|((mut outs, x), features)| {
            for (index, step) in self.steps.steps.iter().enumerate() {
                let (done, rest) = outs.split_at_mut(index);
                let input = done.last().map_or(x, |last| &**last);
                let shortcut = step.shortcut.map(|from| &*done[from]);
                self.steps.step(index, &sizes.plans[index], input, parameters, shortcut, rest[0]);
            }
            if let Some(last) = outs.last() {
                means(last, sizes.last, features);
            }
        });
        *self.kept.lock().unwrap_or_else(PoisonError::into_inner) = kept;
    }

    /// All steps of all pictures, with no more memory than the widest of them need.
    fn forward(&self, sizes: &Sizes, x: &[f32], parameters: &[f32], features: &mut [f32]) {
        let steps = &self.steps.steps;
        // The last step that reads each step's result.
        let mut last_use: Vec<usize> = (1..=steps.len()).collect();
        steps.iter().enumerate().for_each(|(i, step)| step.shortcut.into_iter().for_each(|from| last_use[from] = i));
        let inputs = x.par_chunks(sizes.group * sizes.input_len);
        inputs.zip(features.par_chunks_mut(sizes.group * sizes.last.1)).for_each(|(x, features)| {
            let n = x.len() / sizes.input_len;
            let mut live: Vec<Vec<f32>> = Vec::with_capacity(steps.len());
            for (index, step) in steps.iter().enumerate() {
                let mut out = self.pool.take(n * sizes.lens[index]);
                let input = live.last().map_or(x, |last| last);
                let shortcut = step.shortcut.map(|from| &*live[from]);
                self.steps.step(index, &sizes.plans[index], input, parameters, shortcut, &mut out);
                live.push(out);
                let over =
                    live.iter_mut().zip(&last_use).filter(|(buffer, last)| **last == index && !buffer.is_empty());
                self.pool.give(over.map(|(buffer, _)| std::mem::take(buffer)));
            }
            if let Some(last) = live.last() {
                means(last, sizes.last, features);
            }
            self.pool.give(live.into_iter().filter(|buffer| !buffer.is_empty()));
        });
    }

    /// The gradient of the parameters.
    fn backward(&self, sizes: &Sizes, x: &[f32], parameters: &[f32], grad: &[f32]) -> Result<Vec<f32>> {
        let steps = &self.steps.steps;
        let mut kept = std::mem::take(&mut *self.kept.lock().unwrap_or_else(PoisonError::into_inner));
        let Some(last) = kept.pop().filter(|_| kept.len() + 1 == steps.len()) else {
            bail!("network: one backward pass after each forward pass");
        };
        let mut grads = vec![0.0; parameters.len()];
        let mut grad_out = self.pool.take(last.len());
        let activation = steps.last().map_or(Activation::None, |step| step.activation);
        spread(grad, sizes.last, &mut grad_out);
        activation.mask_all(&last, &mut grad_out);
        self.pool.give([last]);
        // The gradient that a shortcut hands on, and of which step.
        let mut waiting: Option<(usize, Vec<f32>)> = None;
        for (index, step) in steps.iter().enumerate().rev() {
            let (weight, _) = self.steps.layer(index, parameters);
            let [start, bias] = self.steps.starts[index];
            let (grad_weight, grad_bias) = grads[start..bias + step.outputs].split_at_mut(bias - start);
            let below = index.checked_sub(1);
            let input = kept.pop();
            let x = input.as_deref().unwrap_or(x);
            let before = below.map_or(Activation::None, |below| steps[below].activation);
            let shortcut = waiting.take_if(|(from, _)| Some(*from) == below);
            let accumulate = shortcut.is_some();
            let mut grad_x = match (step.convolution, shortcut) {
                (Convolution::Stem, _) => Vec::new(),
                (_, Some((_, buffer))) => buffer,
                (_, None) => self.pool.take(x.len()),
            };
            if step.convolution == Convolution::Pointwise {
                let from = Backward { x, weight, grad: &grad_out, before, accumulate };
                step.product().backward(from, &mut grad_x, grad_weight, grad_bias);
            } else {
                sizes.plans[index].backward([x, weight, &grad_out], before, &mut grad_x, grad_weight, grad_bias);
            }
            let done = std::mem::replace(&mut grad_out, grad_x);
            match step.shortcut {
                Some(from) => waiting = Some((from, done)),
                None => self.pool.give([done]),
            }
            self.pool.give(input);
        }
        Ok(grads)
    }
}

/// The mean over the pixels of each picture.
fn means(x: &[f32], (pixels, channels): (usize, usize), out: &mut [f32]) {
    for (x, out) in x.chunks_exact(pixels * channels).zip(out.chunks_exact_mut(channels)) {
        out.fill(0.0);
        for pixel in x.chunks_exact(channels) {
            out.iter_mut().zip(pixel).for_each(|(sum, x)| *sum += x);
        }
        out.iter_mut().for_each(|sum| *sum /= pixels as f32);
    }
}

/// The gradient before [`means`].
fn spread(grad: &[f32], (pixels, channels): (usize, usize), out: &mut [f32]) {
    for (out, grad) in out.chunks_exact_mut(pixels * channels).zip(grad.chunks_exact(channels)) {
        for pixel in out.chunks_exact_mut(channels) {
            pixel.iter_mut().zip(grad).for_each(|(out, g)| *out = g / pixels as f32);
        }
    }
}

impl CustomOp2 for Run {
    fn name(&self) -> &'static str {
        "network"
    }

    fn cpu_fwd(
        &self,
        x: &CpuStorage,
        x_layout: &Layout,
        parameters: &CpuStorage,
        parameters_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let sizes = self.steps.sizes(x_layout.shape(), parameters_layout.shape())?;
        let x = values(x, x_layout, self.name())?;
        let parameters = values(parameters, parameters_layout, self.name())?;
        let mut features = vec![0.0; sizes.n * sizes.last.1];
        let pass = if self.keep { Self::forward_kept } else { Self::forward };
        pass(self, &sizes, x, parameters, &mut features);
        Ok((CpuStorage::F32(features), (sizes.n, sizes.last.1).into()))
    }

    fn bwd(
        &self,
        x: &Tensor,
        parameters: &Tensor,
        _result: &Tensor,
        grad: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>)> {
        let sizes = self.steps.sizes(x.shape(), parameters.shape())?;
        let grads = with_values([x, parameters, &grad.contiguous()?], self.name(), |[x, parameters, grad]| {
            self.backward(&sizes, x, parameters, grad)
        })??;
        Ok((None, Some(Tensor::from_vec(grads, parameters.shape(), parameters.device())?)))
    }
}

#[cfg(test)]
impl Backbone {
    /// A network that has learned nothing: uniform with the variance that keeps the signal's power through a ReLU (K. He et al. 2015).
    pub(in crate::ml) fn random(steps: Vec<Step>, padding: Padding, rng: &mut crate::ml::nn::rng::Rng) -> Self {
        let mut drawn = |count: usize, size: f64| -> Vec<f32> {
            (0..count).map(|_| ((2.0 * rng.uniform() - 1.0) * size) as f32).collect()
        };
        let layers: Vec<_> = steps
            .iter()
            .map(|step| {
                let size = (6.0 / step.rows() as f64).sqrt();
                (drawn(step.rows() * step.outputs, size), drawn(step.outputs, 0.3))
            })
            .collect();
        Self::new(steps, padding, &layers).unwrap()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ml::nn::rng::Rng;

    /// A stem, a block without a shortcut and two with one, and a last layer.
    fn network(padding: Padding, rng: &mut Rng) -> Backbone {
        let step = |convolution, inputs, outputs, stride, activation, shortcut| Step {
            convolution,
            inputs,
            outputs,
            stride,
            activation,
            shortcut,
        };
        use Activation::{None as Linear, Relu, Relu6};
        use Convolution::{Depthwise, Pointwise, Stem};
        let steps = vec![
            step(Stem, 2, 20, 2, Relu, None),
            step(Depthwise, 20, 20, 1, Relu6, None),
            step(Pointwise, 20, 5, 1, Linear, None),
            step(Pointwise, 5, 18, 1, Relu6, None),
            step(Depthwise, 18, 18, 1, Relu6, None),
            step(Pointwise, 18, 5, 1, Linear, Some(2)),
            step(Pointwise, 5, 18, 1, Relu6, None),
            step(Depthwise, 18, 18, 1, Relu, None),
            step(Pointwise, 18, 5, 1, Linear, Some(5)),
            step(Pointwise, 5, 17, 1, Relu6, None),
            step(Depthwise, 17, 17, 2, Relu6, None),
            step(Pointwise, 17, 300, 1, Relu, None),
            step(Pointwise, 300, 230, 1, Relu, None),
        ];
        Backbone::random(steps, padding, rng)
    }

    fn worst(a: &Tensor, b: &Tensor) -> f32 {
        let largest = b.abs().unwrap().max_all().unwrap().to_scalar::<f32>().unwrap();
        let difference = (a - b).unwrap().abs().unwrap().max_all().unwrap().to_scalar::<f32>().unwrap();
        assert!(largest > 0.01);
        difference / largest
    }

    #[test]
    fn values_and_gradients_are_those_of_the_single_operations() -> Result<()> {
        let mut rng = Rng::new(11);
        for padding in [Padding::Needed, Padding::One] {
            let (network, var) = network(padding, &mut rng).trainable(&Device::Cpu)?;
            // Buffers are used again, also by a batch of another size.
            for n in [3, 5, 2, 3] {
                let pixels: Vec<f32> = (0..n * 19 * 14 * 2).map(|_| rng.uniform() as f32 - 0.5).collect();
                let x = Tensor::from_vec(pixels, (n, 19, 14, 2), &Device::Cpu)?;
                let (fast, slow) = (network.forward(&x)?, network.step_by_step(&x)?);
                assert!(worst(&fast, &slow) < 1e-5);
                let frozen = network.frozen();
                assert!(worst(&frozen.forward(&x)?, &slow) < 1e-5 && worst(&frozen.forward(&x)?, &slow) < 1e-5);
                let pull: Vec<f32> = (0..n * 230).map(|_| rng.uniform() as f32 - 0.3).collect();
                let pull = Tensor::from_vec(pull, (n, 230), &Device::Cpu)?;
                let found = (&fast * &pull)?.sum_all()?.backward()?;
                let expected = (&slow * &pull)?.sum_all()?.backward()?;
                let (found, expected) = (found.get(&var).unwrap(), expected.get(&var).unwrap());
                for (index, [weight, bias]) in network.steps.starts.iter().enumerate() {
                    let outputs = network.steps.steps[index].outputs;
                    for (at, length) in [(*weight, bias - weight), (*bias, outputs)] {
                        let part = |all: &Tensor| all.narrow(0, at, length);
                        assert!(worst(&part(found)?, &part(expected)?) < 1e-4, "step {index}");
                    }
                }
                assert!(fast.sum_all()?.backward().is_err(), "what was kept is used once");
            }
        }
        Ok(())
    }
}
