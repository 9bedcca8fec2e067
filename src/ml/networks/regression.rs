//! Multinomial logistic regression: the smallest classifier that gives probabilities, and hard to overfit.

use crate::ml::nn::logits::softmax;

/// `logits = weight x + bias`.
#[derive(Clone, Debug, PartialEq)]
pub struct Linear {
    /// One row for every label.
    pub weight: Vec<Vec<f64>>,
    /// One value for every label.
    pub bias: Vec<f64>,
}

impl Linear {
    /// The logit of each label.
    pub fn logits(&self, x: &[f64]) -> Vec<f64> {
        let dot = |row: &Vec<f64>| row.iter().zip(x).map(|(w, x)| w * x).sum::<f64>();
        self.weight.iter().zip(&self.bias).map(|(row, b)| dot(row) + b).collect()
    }
}

/// Fits on features `rows` with labels `truth` in `0..labels`, each label that occurs weighted equally; `l2 / 2 * |weight|^2` on
/// standardised features is added to the mean cross-entropy. The minimum is unique, so nothing is random here. The result takes
/// features as they are, not standardised.
pub fn fit(rows: &[Vec<f64>], truth: &[usize], labels: usize, l2: f64) -> Linear {
    let width = rows.first().map_or(0, Vec::len);
    let (mean, deviation) = standardisation(rows, width);
    let x: Vec<Vec<f64>> =
        rows.iter().map(|row| (0..width).map(|j| (row[j] - mean[j]) / deviation[j]).collect()).collect();
    let clip_weights = balanced_weights(truth, labels);
    let present = (0..labels).map(|label| truth.contains(&label)).collect();
    let mut at = Problem { x: &x, truth, clip_weights: &clip_weights, l2, present }.minimise(labels, width);
    // Back to features as they are.
    for (row, bias) in at.weight.iter_mut().zip(&mut at.bias) {
        for j in 0..width {
            row[j] /= deviation[j];
            *bias -= row[j] * mean[j];
        }
    }
    at
}

/// A regression on standardised features.
struct Problem<'a> {
    x: &'a [Vec<f64>],
    truth: &'a [usize],
    clip_weights: &'a [f64],
    l2: f64,
    /// A label that has no clips must lose.
    present: Vec<bool>,
}

impl Problem<'_> {
    /// Nesterov's accelerated gradient; the step is the inverse of an upper bound of the curvature.
    fn minimise(&self, labels: usize, width: usize) -> Linear {
        let step = 1.0 / (0.5 * largest_curvature(self.x, self.clip_weights) + self.l2);
        let root = (self.l2 * step).sqrt().min(1.0);
        let momentum = (1.0 - root) / (1.0 + root);
        let mut at = Linear { weight: vec![vec![0.0; width]; labels], bias: vec![0.0; labels] };
        let mut ahead = at.clone();
        let stride = |at: &mut f64, ahead: &mut f64, gradient: f64| {
            let next = *ahead - step * gradient;
            *ahead = next + momentum * (next - *at);
            *at = next;
        };
        for _ in 0..1000 {
            let (gradient, size) = self.gradient(&ahead);
            for label in 0..at.bias.len() {
                let moving = at.weight[label].iter_mut().zip(&mut ahead.weight[label]);
                for ((at, ahead), gradient) in moving.zip(&gradient.weight[label]) {
                    stride(at, ahead, *gradient);
                }
                stride(&mut at.bias[label], &mut ahead.bias[label], gradient.bias[label]);
            }
            if size < 1e-6 {
                break;
            }
        }
        at
    }

    /// The gradient and its largest element.
    fn gradient(&self, at: &Linear) -> (Linear, f64) {
        let n = self.x.len().max(1) as f64;
        let mut weight: Vec<Vec<f64>> =
            at.weight.iter().map(|row| row.iter().map(|weight| self.l2 * weight).collect()).collect();
        let mut bias = vec![0.0; at.bias.len()];
        for ((row, label), clip_weight) in self.x.iter().zip(self.truth).zip(self.clip_weights) {
            let mut logits = at.logits(row);
            for (logit, present) in logits.iter_mut().zip(&self.present) {
                *logit = if *present { *logit } else { f64::NEG_INFINITY };
            }
            let mut error = softmax(&logits, 1.0);
            error[*label] -= 1.0;
            for (label, e) in error.iter().enumerate().filter(|(label, _)| self.present[*label]) {
                let e = e * clip_weight / n;
                bias[label] += e;
                weight[label].iter_mut().zip(row).for_each(|(g, x)| *g += e * x);
            }
        }
        let size = weight.iter().flatten().chain(&bias).fold(0.0f64, |a, b| a.max(b.abs()));
        (Linear { weight, bias }, size)
    }
}

/// One weight a clip, of mean one, so that each genre that occurs counts the same.
pub fn balanced_weights(truth: &[usize], labels: usize) -> Vec<f64> {
    let mut counts = vec![0usize; labels];
    truth.iter().for_each(|genre| counts[*genre] += 1);
    let present = counts.iter().filter(|count| **count > 0).count();
    truth.iter().map(|genre| truth.len() as f64 / (present * counts[*genre]) as f64).collect()
}

fn standardisation(rows: &[Vec<f64>], width: usize) -> (Vec<f64>, Vec<f64>) {
    let n = rows.len().max(1) as f64;
    let mean: Vec<f64> = (0..width).map(|j| rows.iter().map(|row| row[j]).sum::<f64>() / n).collect();
    let deviation = (0..width)
        .map(|j| (rows.iter().map(|row| (row[j] - mean[j]).powi(2)).sum::<f64>() / n).sqrt().max(1e-6))
        .collect();
    (mean, deviation)
}

/// The largest eigenvalue of the weighted covariance with the constant feature, by power iteration, rounded up.
fn largest_curvature(x: &[Vec<f64>], clip_weights: &[f64]) -> f64 {
    let width = x.first().map_or(0, Vec::len);
    let mut v = vec![1.0; width + 1];
    let mut largest = 1.0;
    for _ in 0..50 {
        let mut next = vec![0.0; width + 1];
        for (row, weight) in x.iter().zip(clip_weights) {
            let along = row.iter().zip(&v).map(|(x, v)| x * v).sum::<f64>() + v[width];
            for (n, x) in next.iter_mut().zip(row) {
                *n += weight * along * x;
            }
            next[width] += weight * along;
        }
        let length = next.iter().map(|x| x * x).sum::<f64>().sqrt();
        let before = v.iter().map(|x| x * x).sum::<f64>().sqrt();
        largest = length / before.max(1e-300) / x.len().max(1) as f64;
        v = next.iter().map(|x| x / length.max(1e-300)).collect();
    }
    1.1 * largest.max(1e-6)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ml::nn::logits::best;
    use crate::ml::nn::rng::Rng;

    #[test]
    fn separates_clouds_and_balances_their_sizes() {
        let mut rng = Rng::new(1);
        let centres = [[0.0, 0.0], [4.0, 0.0], [0.0, 400.0]];
        let (mut rows, mut truth) = (Vec::new(), Vec::new());
        for (label, (centre, count)) in centres.iter().zip([100, 10, 30]).enumerate() {
            for _ in 0..count {
                rows.push(vec![centre[0] + rng.uniform() - 0.5, centre[1] + 100.0 * (rng.uniform() - 0.5), 7.0]);
                truth.push(label);
            }
        }
        let linear = fit(&rows, &truth, 3, 0.01);
        assert!(rows.iter().zip(&truth).all(|(row, label)| best(&linear.logits(row)) == *label));
        let weights = balanced_weights(&truth, 3);
        assert!((weights.iter().sum::<f64>() - 140.0).abs() < 1e-9);
        assert!((weights[0] * 100.0 - weights[139] * 30.0).abs() < 1e-9);
    }

    #[test]
    fn the_gradient_is_the_losss_slope() {
        let rows = vec![vec![0.3, -1.0], vec![1.0, 0.5], vec![-0.7, 0.2]];
        let truth = [0, 1, 1];
        let weights = balanced_weights(&truth, 2);
        let mut at = Linear { weight: vec![vec![0.2, -0.1], vec![0.4, 0.3]], bias: vec![0.1, -0.2] };
        let loss = |at: &Linear| {
            let clips = rows.iter().zip(truth).zip(&weights);
            let entropy: f64 = clips.map(|((row, label), w)| -w * softmax(&at.logits(row), 1.0)[label].ln()).sum();
            entropy / 3.0 + 0.05 / 2.0 * at.weight.iter().flatten().map(|w| w * w).sum::<f64>()
        };
        let problem = Problem { x: &rows, truth: &truth, clip_weights: &weights, l2: 0.05, present: vec![true; 2] };
        let (found, _) = problem.gradient(&at);
        let before = loss(&at);
        at.weight[1][0] += 1e-6;
        assert!(((loss(&at) - before) / 1e-6 - found.weight[1][0]).abs() < 1e-5);
        at.weight[1][0] -= 1e-6;
        at.bias[0] += 1e-6;
        assert!(((loss(&at) - before) / 1e-6 - found.bias[0]).abs() < 1e-5);
    }
}
