//! The inner loops of a depthwise 3x3 convolution on one picture, channels last.
//!
//! A few channels at a time: their nine weights (or the nine sums of their gradient) stay in registers along a row, and
//! each result is written once.

use pulp::{Simd, WithSimd};

use super::Activation;

/// Marks a tap outside of the picture.
const OUTSIDE: usize = usize::MAX;

/// Where the three taps of an axis read, for each place that is written.
#[derive(Clone, Debug)]
pub(in crate::ml) struct Axis(Vec<[usize; 3]>);

impl Axis {
    /// From the input (`size`) to the output (`out`).
    pub fn forward(size: usize, out: usize, stride: usize, before: usize) -> Self {
        let tap = |at: usize, tap: usize| {
            let from = (at * stride + tap).wrapping_sub(before);
            if from < size { from } else { OUTSIDE }
        };
        Self((0..out).map(|at| [0, 1, 2].map(|t| tap(at, t))).collect())
    }

    /// From the output's gradient (`out`) to the input's (`size`).
    pub fn backward(size: usize, out: usize, stride: usize, before: usize) -> Self {
        let tap = |at: usize, tap: usize| {
            let from = (at + before).wrapping_sub(tap);
            if from.is_multiple_of(stride) && from / stride < out { from / stride } else { OUTSIDE }
        };
        Self((0..size).map(|at| [0, 1, 2].map(|t| tap(at, t))).collect())
    }

    /// With every place times `step`.
    pub fn scaled(mut self, step: usize) -> Self {
        self.0.iter_mut().flatten().filter(|at| **at != OUTSIDE).for_each(|at| *at *= step);
        self
    }
}

/// Both axes, scaled to offsets in a picture.
#[derive(Clone, Debug)]
pub(in crate::ml) struct Taps {
    rows: Axis,
    columns: Axis,
    channels: usize,
}

impl Taps {
    /// Of a picture that is read and has `width` columns.
    pub fn new(rows: Axis, columns: Axis, width: usize, channels: usize) -> Self {
        Self { rows: rows.scaled(width * channels), columns: columns.scaled(channels), channels }
    }

    fn row_len(&self) -> usize {
        self.columns.0.len() * self.channels
    }

    /// `activation(conv(x) + bias)` of a picture.
    pub fn forward(&self, x: &[f32], weight: &[f32], bias: &[f32], activation: Activation, out: &mut [f32]) {
        for (rows, out) in self.rows.0.iter().zip(out.chunks_exact_mut(self.row_len())) {
            let row = Sums { taps: self, rows: *rows, from: x, weight, bias: Some(bias), out: &mut *out };
            pulp::Arch::new().dispatch(row);
            pulp::Arch::new().dispatch(|| activation.apply(out));
        }
    }
}

/// Gradients of a picture.
pub(in crate::ml) struct Backward<'a> {
    /// From the input to the output, and back.
    pub there: &'a Taps,
    pub back: &'a Taps,
    /// Between two rows of the output.
    pub stride: usize,
    pub x: &'a [f32],
    pub weight: &'a [f32],
    /// Before the activation.
    pub grad: &'a [f32],
    /// What made `x`: the gradient is that before it.
    pub before: Activation,
}

impl Backward<'_> {
    /// Writes `grad_x`; adds to `grad_weight` and `grad_bias`.
    pub fn run(self, grad_x: &mut [f32], grad_weight: &mut [f32], grad_bias: &mut [f32]) {
        let (row_out, row_in) = (self.there.row_len(), self.back.row_len());
        let rows_in = grad_x.chunks_mut(self.stride * row_in).zip(self.x.chunks(self.stride * row_in));
        let mut done = 0;
        // Row by row, so that what both need is still in the cache.
        for ((rows, grad), (grad_x, x)) in self.there.rows.0.iter().zip(self.grad.chunks_exact(row_out)).zip(rows_in) {
            let weights = Weights { taps: self.there, rows: *rows, x: self.x, grad, grad_weight, grad_bias };
            pulp::Arch::new().dispatch(weights);
            for (grad_x, x) in grad_x.chunks_exact_mut(row_in).zip(x.chunks_exact(row_in)) {
                let rows = self.back.rows.0[done];
                let Self { back: taps, grad: from, weight, .. } = self;
                pulp::Arch::new().dispatch(Sums { taps, rows, from, weight, bias: None, out: &mut *grad_x });
                pulp::Arch::new().dispatch(|| self.before.mask(x, grad_x));
                done += 1;
            }
        }
    }
}

/// Some channels of a pixel; fewer than a register holds at the end.
#[inline(always)]
fn load<S: Simd>(simd: S, from: &[f32], at: usize, lanes: usize) -> S::f32s {
    let from = &from[at..at + lanes];
    match S::as_simd_f32s(from).0 {
        [all] => *all,
        _ => simd.partial_load_f32s(from),
    }
}

#[inline(always)]
fn store<S: Simd>(simd: S, to: &mut [f32], at: usize, lanes: usize, values: S::f32s) {
    let to = &mut to[at..at + lanes];
    match S::as_mut_simd_f32s(to).0 {
        [all] => *all = values,
        _ => simd.partial_store_f32s(to, values),
    }
}

/// One row of sums over the taps.
struct Sums<'a> {
    taps: &'a Taps,
    rows: [usize; 3],
    from: &'a [f32],
    weight: &'a [f32],
    bias: Option<&'a [f32]>,
    out: &'a mut [f32],
}

impl WithSimd for Sums<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { taps: Taps { columns, channels, .. }, rows, from, weight, bias, out } = self;
        let channels = *channels;
        for block in (0..channels).step_by(S::F32_LANES) {
            let lanes = S::F32_LANES.min(channels - block);
            let kernel: [S::f32s; 9] =
                [0, 1, 2, 3, 4, 5, 6, 7, 8].map(|tap| load(simd, weight, tap * channels + block, lanes));
            let start = bias.map_or_else(|| simd.splat_f32s(0.0), |bias| load(simd, bias, block, lanes));
            for (column, taps) in columns.0.iter().enumerate() {
                let mut sum = start;
                for y in 0..3 {
                    if rows[y] == OUTSIDE {
                        continue;
                    }
                    for x in 0..3 {
                        if taps[x] != OUTSIDE {
                            let value = load(simd, from, rows[y] + taps[x] + block, lanes);
                            sum = simd.mul_add_e_f32s(value, kernel[3 * y + x], sum);
                        }
                    }
                }
                store(simd, out, column * channels + block, lanes, sum);
            }
        }
    }
}

/// What one row of the output's gradient adds to those of weight and bias.
struct Weights<'a> {
    taps: &'a Taps,
    rows: [usize; 3],
    x: &'a [f32],
    grad: &'a [f32],
    grad_weight: &'a mut [f32],
    grad_bias: &'a mut [f32],
}

impl WithSimd for Weights<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { taps: Taps { columns, channels, .. }, rows, x: pixels, grad, grad_weight, grad_bias } = self;
        let channels = *channels;
        for block in (0..channels).step_by(S::F32_LANES) {
            let lanes = S::F32_LANES.min(channels - block);
            let mut sums = [simd.splat_f32s(0.0); 9];
            let mut bias = load(simd, grad_bias, block, lanes);
            for (column, taps) in columns.0.iter().enumerate() {
                let grad = load(simd, grad, column * channels + block, lanes);
                bias = simd.add_f32s(bias, grad);
                for y in 0..3 {
                    if rows[y] == OUTSIDE {
                        continue;
                    }
                    for x in 0..3 {
                        if taps[x] != OUTSIDE {
                            let value = load(simd, pixels, rows[y] + taps[x] + block, lanes);
                            sums[3 * y + x] = simd.mul_add_e_f32s(value, grad, sums[3 * y + x]);
                        }
                    }
                }
            }
            store(simd, grad_bias, block, lanes, bias);
            for (tap, sum) in sums.into_iter().enumerate() {
                let old = load(simd, grad_weight, tap * channels + block, lanes);
                store(simd, grad_weight, tap * channels + block, lanes, simd.add_f32s(old, sum));
            }
        }
    }
}
