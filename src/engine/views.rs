//! The live spectrogram's thread: takes what is heard from the player's tap and makes columns of it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use crate::audio::player::Tap;
use crate::dsp::live::LiveSpectrum;

use super::event::Event;
use super::outbox::Outbox;

/// How often the tap is looked at.
const INTERVAL: Duration = Duration::from_millis(16);

/// The thread; it ends when this is dropped.
pub(super) struct LiveViews {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl LiveViews {
    /// Starts the thread.
    ///
    /// # Errors
    /// When the system refuses another thread.
    pub fn spawn(mut tap: Tap, outbox: Outbox) -> std::io::Result<Self> {
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = stop.clone();
        let thread = std::thread::Builder::new().name("timbre-views".into()).spawn(move || {
            let mut samples = Vec::new();
            let mut spectrum = LiveSpectrum::new(tap.read(&mut samples));
            while !stopped.load(Ordering::Relaxed) {
                samples.clear();
                let rate_hz = tap.read(&mut samples);
                if spectrum.rate_hz() != rate_hz {
                    spectrum = LiveSpectrum::new(rate_hz);
                }
                let columns = spectrum.push(&samples);
                if !columns.is_empty() {
                    outbox.send_if_room(Event::LiveColumns(columns));
                }
                std::thread::sleep(INTERVAL);
            }
        })?;
        Ok(Self { stop, thread: Some(thread) })
    }
}

impl Drop for LiveViews {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            thread.join().ok();
        }
    }
}
