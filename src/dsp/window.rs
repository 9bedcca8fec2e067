//! Analysis windows.

/// The periodic Hann window `0.5 - 0.5 cos(2 pi i / length)`, the usual one for a short-time Fourier transform.
pub fn hann_periodic(length: usize) -> Vec<f32> {
    let step = std::f64::consts::TAU / length.max(1) as f64;
    (0..length).map(|i| (0.5 - 0.5 * (step * i as f64).cos()) as f32).collect()
}

#[cfg(test)]
mod tests {
    use super::hann_periodic;

    #[test]
    fn shifted_copies_add_up_to_one() {
        let window = hann_periodic(400);
        assert_eq!(window[0], 0.0);
        assert_eq!(window[200], 1.0);
        for i in 0..200 {
            assert!((window[i] + window[i + 200] - 1.0).abs() < 1e-6);
        }
        assert!(hann_periodic(0).is_empty());
    }
}
