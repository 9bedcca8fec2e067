//! An output into memory, so that tests can look at what would be heard.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// Collects what is played instead of playing it. Clones share it.
#[derive(Clone, Debug)]
pub struct Capture {
    /// None: only counted.
    samples: Option<Arc<Mutex<Vec<f32>>>>,
    frames: Arc<AtomicU64>,
    there: Arc<AtomicBool>,
    stuck: Arc<AtomicBool>,
    pub(super) rate_hz: u32,
    pub(super) speed: f64,
}

impl Capture {
    /// An output of `rate_hz` frames a second that runs `speed` times faster than time.
    pub fn new(rate_hz: u32, speed: f64) -> Self {
        Self {
            samples: Some(Arc::default()),
            frames: Arc::default(),
            there: Arc::new(AtomicBool::new(true)),
            stuck: Arc::default(),
            rate_hz,
            speed,
        }
    }

    /// The same, but what is played is only counted: for long runs.
    pub fn counting(rate_hz: u32, speed: f64) -> Self {
        Self { samples: None, ..Self::new(rate_hz, speed) }
    }

    /// Unplugs this output, or plugs it in again.
    pub fn set_there(&self, there: bool) {
        self.there.store(there, Ordering::Relaxed);
    }

    /// From now on nothing is taken, with an error each time, or no longer so.
    pub fn set_stuck(&self, stuck: bool) {
        self.stuck.store(stuck, Ordering::Relaxed);
    }

    pub(super) fn is_stuck(&self) -> bool {
        self.stuck.load(Ordering::Relaxed)
    }

    pub(super) fn is_there(&self) -> bool {
        self.there.load(Ordering::Relaxed)
    }

    /// Frames played so far.
    pub fn frames(&self) -> u64 {
        self.frames.load(Ordering::Relaxed)
    }

    /// What was played so far: interleaved stereo. Silence while nothing played is not in it.
    pub fn samples(&self) -> Vec<f32> {
        let Some(samples) = &self.samples else { return Vec::new() };
        samples.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn append(&self, samples: &[f32]) {
        self.frames.fetch_add((samples.len() / super::feed::CHANNELS) as u64, Ordering::Relaxed);
        if let Some(kept) = &self.samples {
            kept.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(samples);
        }
    }
}
