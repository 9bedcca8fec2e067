//! Multinomial logistic regression: the smallest classifier that gives probabilities, and hard to overfit.

use super::metrics::softmax;

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

/// Fits by minimising the mean cross-entropy over the clips, each genre weighing the same, plus
/// `l2 / 2 * |weight|^2` on standardised features. The result takes features as they are, not standardised.
///
/// `rows` are the features, `truth` the labels `0..labels`. The minimum is unique, so nothing is random here.
pub fn fit(rows: &[Vec<f64>], truth: &[usize], labels: usize, l2: f64) -> Linear {
    let width = rows.first().map_or(0, Vec::len);
    let (mean, deviation) = standardisation(rows, width);
    let x: Vec<Vec<f64>> =
        rows.iter().map(|row| (0..width).map(|j| (row[j] - mean[j]) / deviation[j]).collect()).collect();
    let clip_weights = balanced_weights(truth, labels);

    // Nesterov's accelerated gradient; the step is the inverse of the curvature's upper bound.
    let step = 1.0 / (0.5 * largest_curvature(&x, &clip_weights) + l2);
    let momentum = {
        let root = (l2 * step).sqrt().min(1.0);
        (1.0 - root) / (1.0 + root)
    };
    let mut at = Linear { weight: vec![vec![0.0; width]; labels], bias: vec![0.0; labels] };
    let mut ahead = at.clone();
    for _ in 0..2000 {
        let (gradient, size) = gradient(&ahead, &x, truth, &clip_weights, l2);
        let mut next = ahead.clone();
        for label in 0..labels {
            for j in 0..width {
                next.weight[label][j] -= step * gradient.weight[label][j];
                ahead.weight[label][j] =
                    next.weight[label][j] + momentum * (next.weight[label][j] - at.weight[label][j]);
            }
            next.bias[label] -= step * gradient.bias[label];
            ahead.bias[label] = next.bias[label] + momentum * (next.bias[label] - at.bias[label]);
        }
        at = next;
        if size < 1e-7 {
            break;
        }
    }
    // Back to features as they are.
    for (row, bias) in at.weight.iter_mut().zip(&mut at.bias) {
        for j in 0..width {
            row[j] /= deviation[j];
            *bias -= row[j] * mean[j];
        }
    }
    at
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

fn gradient(at: &Linear, x: &[Vec<f64>], truth: &[usize], clip_weights: &[f64], l2: f64) -> (Linear, f64) {
    let n = x.len().max(1) as f64;
    let mut weight: Vec<Vec<f64>> = at.weight.iter().map(|row| row.iter().map(|w| l2 * w).collect()).collect();
    let mut bias = vec![0.0; at.bias.len()];
    for ((row, genre), clip_weight) in x.iter().zip(truth).zip(clip_weights) {
        let mut error = softmax(&at.logits(row), 1.0);
        error[*genre] -= 1.0;
        for (label, e) in error.iter().enumerate() {
            let e = e * clip_weight / n;
            bias[label] += e;
            for (g, x) in weight[label].iter_mut().zip(row) {
                *g += e * x;
            }
        }
    }
    let size = weight.iter().flatten().chain(&bias).fold(0.0f64, |a, b| a.max(b.abs()));
    (Linear { weight, bias }, size)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ml::metrics::best;
    use crate::ml::rng::Rng;

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
        let (found, _) = gradient(&at, &rows, &truth, &weights, 0.05);
        let before = loss(&at);
        at.weight[1][0] += 1e-6;
        assert!(((loss(&at) - before) / 1e-6 - found.weight[1][0]).abs() < 1e-5);
        at.weight[1][0] -= 1e-6;
        at.bias[0] += 1e-6;
        assert!(((loss(&at) - before) / 1e-6 - found.bias[0]).abs() < 1e-5);
    }
}
