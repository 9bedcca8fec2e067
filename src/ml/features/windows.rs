//! Where a clip is listened to.

use crate::ml::networks::musicnn::PATCH_SAMPLES;

/// Starts of `count` windows of `window` samples spread evenly over `samples`; fewer when they would overlap by more
/// than half.
pub fn window_starts(samples: usize, window: usize, count: usize) -> Vec<usize> {
    let room = samples.saturating_sub(window);
    let useful = 1 + 2 * room / window.max(1);
    let count = count.clamp(1, useful);
    if count == 1 {
        return vec![room / 2];
    }
    (0..count).map(|i| room * i / (count - 1)).collect()
}

/// At most `count` patches of the tagger's three seconds, spread over a clip.
pub(crate) fn cut(samples: &[f32], count: usize) -> Vec<Vec<f32>> {
    let starts = window_starts(samples.len(), PATCH_SAMPLES, count);
    starts.into_iter().map(|start| samples[start..samples.len().min(start + PATCH_SAMPLES)].to_vec()).collect()
}

#[cfg(test)]
mod tests {
    use super::window_starts;

    #[test]
    fn windows_are_spread_and_never_overlap_by_more_than_half() {
        assert_eq!(window_starts(100, 10, 4), [0, 30, 60, 90]);
        assert_eq!(window_starts(100, 10, 1), [45]);
        assert_eq!(window_starts(10, 10, 4), [0]);
        assert_eq!(window_starts(5, 10, 4), [0]);
        assert_eq!(window_starts(0, 10, 4), [0]);
        assert_eq!(window_starts(20, 10, 8), [0, 5, 10]);
    }
}
