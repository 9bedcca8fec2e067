//! Adam (D. Kingma and J. Ba 2015, algorithm 1) with decoupled weight decay (I. Loshchilov and F. Hutter 2019), one pass
//! over the memory a step.
//!
//! candle's own makes a new tensor for every term of the formula; for the millions of weights of a dense layer that costs
//! more than their gradient on the CPU. On a GPU it is done so here, too.

use std::sync::{Mutex, PoisonError};

use candle_core::backprop::GradStore;
use candle_core::{CpuStorage, InplaceOp2, Layout, Result, Tensor, Var};
use rayon::prelude::*;

use super::ops::{portable, values};

/// The constants of the method.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AdamOptions {
    /// How slowly the mean of the gradient follows.
    pub beta1: f32,
    /// How slowly the mean of its square follows.
    pub beta2: f32,
    /// Keeps the division finite.
    pub epsilon: f32,
    /// Share of a weight that is taken away in each step, times the learning rate.
    pub weight_decay: f32,
}

impl Default for AdamOptions {
    fn default() -> Self {
        Self { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weight_decay: 0.0 }
    }
}

/// The means of gradient and squared gradient of one variable.
#[derive(Clone, Debug, PartialEq)]
pub struct Moments {
    /// Mean of the gradient.
    pub first: Vec<f32>,
    /// Mean of its square.
    pub second: Vec<f32>,
}

/// The same where the variable is.
#[derive(Debug)]
enum Memory {
    Cpu(Moments),
    Elsewhere { first: Tensor, second: Tensor },
}

impl Memory {
    fn of(var: &Var, Moments { first, second }: Moments) -> Result<Self> {
        if !portable::is_needed(var.device()) {
            return Ok(Self::Cpu(Moments { first, second }));
        }
        let there = |values| Tensor::from_vec(values, var.shape(), var.device());
        Ok(Self::Elsewhere { first: there(first)?, second: there(second)? })
    }

    fn moments(&self) -> Result<Moments> {
        let here = |tensor: &Tensor| tensor.flatten_all()?.to_vec1();
        match self {
            Self::Cpu(moments) => Ok(moments.clone()),
            Self::Elsewhere { first, second } => Ok(Moments { first: here(first)?, second: here(second)? }),
        }
    }
}

/// The optimiser: float32 variables and what it remembers of their gradients.
#[derive(Debug)]
pub struct Adam {
    options: AdamOptions,
    vars: Vec<Var>,
    /// The learning rate of each, as a multiple of the step's.
    rates: Vec<f64>,
    memory: Vec<Memory>,
    steps: u32,
}

/// Values that one thread updates at a time.
const CHUNK: usize = 1 << 16;

impl Adam {
    /// An optimiser of these variables.
    ///
    /// # Errors
    /// When the memory of a device is short.
    pub fn new(vars: Vec<Var>, options: AdamOptions) -> Result<Self> {
        let zeros = |var: &Var| {
            let zeros = vec![0.0; var.elem_count()];
            Memory::of(var, Moments { first: zeros.clone(), second: zeros })
        };
        let memory = vars.iter().map(zeros).collect::<Result<_>>()?;
        Ok(Self { options, memory, rates: vec![1.0; vars.len()], vars, steps: 0 })
    }

    /// The same with a learning rate for each variable, as a multiple of the step's.
    #[must_use]
    pub fn with_rates(mut self, rates: Vec<f64>) -> Self {
        self.rates = rates;
        self.rates.resize(self.vars.len(), 1.0);
        self
    }

    /// Steps so far, and what is remembered of each variable: all that a checkpoint needs besides the variables.
    ///
    /// # Errors
    /// When it cannot be read from a device.
    pub fn state(&self) -> Result<(u32, Vec<Moments>)> {
        Ok((self.steps, self.memory.iter().map(Memory::moments).collect::<Result<_>>()?))
    }

    /// Goes on from a state of [`Adam::state`].
    ///
    /// # Errors
    /// When it is of other variables.
    pub fn restore(&mut self, steps: u32, moments: Vec<Moments>) -> Result<()> {
        let fits = moments.len() == self.vars.len()
            && self.vars.iter().zip(&moments).all(|(var, moments)| {
                moments.first.len() == var.elem_count() && moments.second.len() == var.elem_count()
            });
        if !fits {
            candle_core::bail!("the optimiser's state is of another network");
        }
        self.memory =
            self.vars.iter().zip(moments).map(|(var, moments)| Memory::of(var, moments)).collect::<Result<_>>()?;
        self.steps = steps;
        Ok(())
    }

    /// Moves every variable that has a gradient.
    ///
    /// # Errors
    /// When a variable is not contiguous float32.
    pub fn step(&mut self, grads: &GradStore, learning_rate: f64) -> Result<()> {
        self.steps += 1;
        let AdamOptions { beta1, beta2, epsilon, weight_decay } = self.options;
        let steps = i32::try_from(self.steps).unwrap_or(i32::MAX);
        let correct = |beta: f32| 1.0 / (1.0 - f64::from(beta).powi(steps));
        let (scale1, scale2) = (correct(beta1), correct(beta2));
        for ((var, multiple), memory) in self.vars.iter().zip(&self.rates).zip(&mut self.memory) {
            let Some(grad) = grads.get(var) else { continue };
            let learning_rate = learning_rate * multiple;
            let rate = (learning_rate * scale1) as f32;
            let scale2 = scale2 as f32;
            let keep = 1.0 - (learning_rate * f64::from(weight_decay)) as f32;
            match memory {
                Memory::Cpu(moments) => {
                    let moments = Mutex::new(moments);
                    let update = Update { beta1, beta2, epsilon, rate, scale2, keep, moments };
                    var.inplace_op2(&grad.contiguous()?, &update)?;
                }
                Memory::Elsewhere { first, second } => {
                    // Without what it was computed from, or that would be kept from step to step.
                    let grad = grad.detach();
                    let follow = |mean: &Tensor, beta: f32, now: Tensor| {
                        (mean * f64::from(beta))? + (now * f64::from(1.0 - beta))?
                    };
                    *second = follow(second, beta2, grad.sqr()?)?;
                    *first = follow(first, beta1, grad)?;
                    let size = ((&*second * f64::from(scale2))?.sqrt()? + f64::from(epsilon))?;
                    let step = ((&*first * f64::from(rate))? / size)?;
                    var.set(&((var.as_detached_tensor() * f64::from(keep))? - step)?)?;
                }
            }
        }
        Ok(())
    }
}

/// One step of one variable.
struct Update<'a> {
    beta1: f32,
    beta2: f32,
    epsilon: f32,
    rate: f32,
    scale2: f32,
    keep: f32,
    moments: Mutex<&'a mut Moments>,
}

impl InplaceOp2 for Update<'_> {
    fn name(&self) -> &'static str {
        "adam"
    }

    fn cpu_fwd(&self, weight: &mut CpuStorage, layout: &Layout, grad: &CpuStorage, grad_layout: &Layout) -> Result<()> {
        let grad = values(grad, grad_layout, self.name())?;
        let (CpuStorage::F32(weight), Some((start, end))) = (weight, layout.contiguous_offsets()) else {
            candle_core::bail!("adam works on contiguous float32");
        };
        let weight = &mut weight[start..end];
        let mut moments = self.moments.lock().unwrap_or_else(PoisonError::into_inner);
        let Moments { first, second } = &mut **moments;
        let Self { beta1, beta2, epsilon, rate, scale2, keep, .. } = *self;
        let chunks = weight.par_chunks_mut(CHUNK).zip(grad.par_chunks(CHUNK));
        let chunks = chunks.zip(first.par_chunks_mut(CHUNK).zip(second.par_chunks_mut(CHUNK)));
        chunks.for_each(|((weight, grad), (first, second))| {
            pulp::Arch::new().dispatch(|| {
                for (((w, g), m), v) in weight.iter_mut().zip(grad).zip(first).zip(second) {
                    *m = beta1 * *m + (1.0 - beta1) * g;
                    *v = beta2 * *v + (1.0 - beta2) * g * g;
                    *w = *w * keep - rate * *m / ((*v * scale2).sqrt() + epsilon);
                }
            });
        });
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use candle_core::Device;

    use super::*;

    /// The algorithm as printed, in double precision.
    fn printed(mut w: f64, target: f64, steps: i32, rate: f64, decay: f64) -> f64 {
        let (mut m, mut v) = (0.0, 0.0);
        for t in 1..=steps {
            let g = 2.0 * (w - target);
            m = 0.9 * m + 0.1 * g;
            v = 0.999 * v + 0.001 * g * g;
            w -= rate * decay * w;
            w -= rate * (m / (1.0 - 0.9f64.powi(t))) / ((v / (1.0 - 0.999f64.powi(t))).sqrt() + 1e-8);
        }
        w
    }

    #[test]
    fn steps_are_those_of_the_paper_also_after_a_pause_and_on_other_devices() -> Result<()> {
        steps()?;
        portable::forced(steps)
    }

    fn steps() -> Result<()> {
        let device = Device::Cpu;
        for decay in [0.0, 0.1] {
            let start = [3.0f32, -1.0, 0.5];
            let target = [1.0f32, 1.0, -2.0];
            let var = Var::from_vec(start.to_vec(), 3, &device)?;
            let options = AdamOptions { weight_decay: decay, ..AdamOptions::default() };
            let mut adam = Adam::new(vec![var.clone()], options)?;
            for step in 0..50 {
                if step == 20 {
                    let (steps, moments) = adam.state()?;
                    adam = Adam::new(vec![var.clone()], options)?;
                    adam.restore(steps, moments)?;
                }
                let loss = (var.as_tensor() - Tensor::new(&target, &device)?)?.sqr()?.sum_all()?;
                adam.step(&loss.backward()?, 0.05)?;
            }
            for ((w, start), target) in var.to_vec1::<f32>()?.into_iter().zip(start).zip(target) {
                let expected = printed(start.into(), target.into(), 50, 0.05, decay.into());
                assert!((f64::from(w) - expected).abs() < 1e-4, "{w} {expected}");
            }
            assert!(adam.restore(1, Vec::new()).is_err());
        }
        Ok(())
    }
}
