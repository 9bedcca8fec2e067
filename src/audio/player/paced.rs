//! An output without a device: takes frames as time goes by.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{Builder, JoinHandle};
use std::time::{Duration, Instant};

use super::capture::Capture;
use super::feed::{CHANNELS, Feed};

/// How often frames are taken while there are some.
const TICK: Duration = Duration::from_millis(5);
/// How often it looks whether there are some again, while it may not rest.
const IDLE_TICK: Duration = Duration::from_millis(20);
/// The most frames taken at a time.
const BLOCK_FRAMES: usize = 4096;

/// A thread that consumes in real time, or faster for tests; stopped when dropped.
#[derive(Debug)]
pub(super) struct PacedOutput {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl PacedOutput {
    pub(super) fn spawn(mut feed: Feed, speed: f64, capture: Option<Capture>) -> io::Result<Self> {
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let thread = Builder::new().name("timbre-silence".to_owned()).spawn(move || {
            let rate = f64::from(feed.rate_hz()) * speed;
            let mut block = vec![0.0; BLOCK_FRAMES * CHANNELS];
            let mut last = Instant::now();
            let mut owed = 0.0;
            while !stopped.load(Ordering::Relaxed) {
                if capture.as_ref().is_some_and(|capture| !capture.is_there()) {
                    feed.fail();
                    return;
                }
                if capture.as_ref().is_some_and(Capture::is_stuck) {
                    feed.trouble();
                    std::thread::sleep(TICK);
                    continue;
                }
                let now = Instant::now();
                // After a machine slept, time is not made up for.
                owed += (now - last).min(Duration::from_millis(200)).as_secs_f64() * rate;
                last = now;
                let mut got_all = true;
                while owed >= 1.0 && got_all {
                    // Nobody listens, so it rather waits for the decoder than that sound is faded in again.
                    let wanted = (owed as usize).min(BLOCK_FRAMES).min(feed.ready_frames());
                    if wanted == 0 {
                        got_all = false;
                        break;
                    }
                    let frames = feed.fill(&mut block[..wanted * CHANNELS]);
                    if let Some(capture) = &capture {
                        capture.append(&block[..frames * CHANNELS]);
                    }
                    owed -= wanted as f64;
                    got_all = frames == wanted;
                }
                if got_all {
                    std::thread::sleep(TICK);
                    continue;
                }
                owed = 0.0;
                // A captured output may be unplugged by a test at any time.
                if capture.is_none() && feed.is_resting() {
                    std::thread::park();
                    last = Instant::now();
                } else {
                    std::thread::sleep(if speed > 1.0 { TICK } else { IDLE_TICK });
                }
            }
        })?;
        Ok(Self { stop, thread: Some(thread) })
    }
}

impl PacedOutput {
    /// There may be something to take again.
    pub(super) fn wake(&self) {
        if let Some(thread) = &self.thread {
            thread.thread().unpark();
        }
    }
}

impl Drop for PacedOutput {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        self.wake();
        if let Some(thread) = self.thread.take() {
            thread.join().ok();
        }
    }
}
