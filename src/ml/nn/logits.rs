//! What logits say.

/// The index of the largest value, the first of equals; 0 for nothing.
pub fn best(values: &[f64]) -> usize {
    (1..values.len()).fold(0, |best, i| if values[i] > values[best] { i } else { best })
}

/// `exp(logits / temperature)`, scaled to the sum one.
pub fn softmax(logits: &[f64], temperature: f64) -> Vec<f64> {
    let top = logits.iter().fold(f64::NEG_INFINITY, |a, b| a.max(*b));
    let powers: Vec<f64> = logits.iter().map(|x| ((x - top) / temperature).exp()).collect();
    let sum: f64 = powers.iter().sum();
    powers.into_iter().map(|x| x / sum).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn softmax_survives_large_logits() {
        assert_eq!(softmax(&[1e6, 0.0], 1.0), [1.0, 0.0]);
    }
}
