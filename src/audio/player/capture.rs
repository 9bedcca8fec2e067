//! An output into memory, so that tests can look at what would be heard.

use std::sync::{Arc, Mutex, PoisonError};

/// Collects what is played instead of playing it. Clones share it.
#[derive(Clone, Debug)]
pub struct Capture {
    samples: Arc<Mutex<Vec<f32>>>,
    pub(super) rate_hz: u32,
    pub(super) speed: f64,
}

impl Capture {
    /// An output of `rate_hz` frames a second that runs `speed` times faster than time.
    pub fn new(rate_hz: u32, speed: f64) -> Self {
        Self { samples: Arc::default(), rate_hz, speed }
    }

    /// What was played so far: interleaved stereo. Silence while nothing played is not in it.
    pub fn samples(&self) -> Vec<f32> {
        self.samples.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn append(&self, samples: &[f32]) {
        self.samples.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(samples);
    }
}
