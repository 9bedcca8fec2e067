//! What is heard, for those who draw it.

use std::sync::{Arc, Mutex, PoisonError};

use rtrb::{Consumer, RingBuffer};

/// The rate that is told before anything can be heard.
const UNCONNECTED_RATE_HZ: u32 = 48_000;

/// The mono mix of what is played, before the volume. Reading it never disturbs the sound: what is not read is lost.
#[derive(Debug)]
pub struct Tap {
    pub(super) source: Arc<Mutex<TapSource>>,
}

/// The reading end, replaced when the output changes. Only the reader and the worker lock it, never the sound's callback.
#[derive(Debug)]
pub(super) struct TapSource {
    pub(super) ring: Consumer<f32>,
    pub(super) rate_hz: u32,
}

impl Tap {
    /// A tap on nothing, until the worker has opened an output.
    pub(super) fn unconnected() -> Self {
        let (_, ring) = RingBuffer::new(0);
        Self { source: Arc::new(Mutex::new(TapSource { ring, rate_hz: UNCONNECTED_RATE_HZ })) }
    }

    /// Appends all that was heard since the last call to `out` and returns its rate, samples a second.
    pub fn read(&mut self, out: &mut Vec<f32>) -> u32 {
        let mut source = self.source.lock().unwrap_or_else(PoisonError::into_inner);
        let ready = source.ring.slots();
        if let Ok(chunk) = source.ring.read_chunk(ready) {
            let (first, second) = chunk.as_slices();
            out.extend_from_slice(first);
            out.extend_from_slice(second);
            chunk.commit_all();
        }
        source.rate_hz
    }
}
