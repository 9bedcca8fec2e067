//! The threads that make tiles.

use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use crate::audio::AudioError;
use crate::base::{CancelToken, Report, log};
use crate::engine::event::Event;
use crate::engine::outbox::Outbox;

use super::cache::TileCache;
use super::plan::{Plan, Song, Task, Wish};
use super::sound::SoundStore;
use super::worker::{Means, Worker, look_up};

/// Decoded sound that is kept.
const SOUND_BYTES: usize = 64 << 20;
/// Threads: one may listen while the other computes.
const THREADS: usize = 2;

/// Makes tiles on its threads; they end when this is dropped.
pub(in crate::engine) struct TileMaker {
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
}

struct Shared {
    plan: Mutex<Plan>,
    changed: Condvar,
    stop: CancelToken,
    means: Means,
}

impl TileMaker {
    /// Starts the threads. Tiles are kept in `folder`, at most this many bytes; 0 keeps none on disk.
    ///
    /// # Errors
    /// When the system refuses another thread.
    pub fn spawn(folder: &Path, limit_bytes: u64, outbox: Outbox) -> std::io::Result<Self> {
        let stop = CancelToken::default();
        let store = SoundStore::new(SOUND_BYTES, stop.clone());
        let means = Means { store, cache: TileCache::new(folder, limit_bytes), outbox };
        let shared = Arc::new(Shared { plan: Mutex::new(Plan::new(THREADS)), changed: Condvar::new(), stop, means });
        let mut maker = Self { shared, threads: Vec::new() };
        for index in 0..THREADS {
            let shared = maker.shared.clone();
            let thread = std::thread::Builder::new().name(format!("timbre-tiles-{index}"));
            maker.threads.push(thread.spawn(move || shared.work())?);
        }
        Ok(maker)
    }

    /// Replaces all earlier wishes.
    pub fn want(&self, wishes: &[Wish]) {
        self.shared.plan().want(wishes);
        self.shared.changed.notify_all();
    }

    /// While jobs run, one thread has to do.
    pub fn make_room(&self, jobs_run: bool) {
        self.shared.plan().limit = if jobs_run { 1 } else { THREADS };
        self.shared.changed.notify_all();
    }
}

impl Drop for TileMaker {
    fn drop(&mut self) {
        self.shared.stop.cancel();
        self.want(&[]);
        for thread in self.threads.drain(..) {
            thread.join().ok();
        }
    }
}

impl Shared {
    fn plan(&self) -> MutexGuard<'_, Plan> {
        self.plan.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn next(&self) -> Option<(u64, Task)> {
        let mut plan = self.plan();
        loop {
            if self.stop.is_cancelled() {
                return None;
            }
            if let Some(next) = plan.next() {
                return Some(next);
            }
            plan = self.changed.wait(plan).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn work(&self) {
        let mut worker = Worker::default();
        while let Some((id, task)) = self.next() {
            let (song, done) = match task {
                Task::LookUp(strip) => {
                    let missing = look_up(&strip, &self.means);
                    self.plan().looked_up(id, missing);
                    self.changed.notify_all();
                    continue;
                }
                Task::Rough(strips, cancel) => {
                    let song = strips.first().map(|strip| strip.song.clone());
                    (song, guarded(|| worker.rough(&strips, &cancel, &self.means)))
                }
                Task::Exact(strip, cancel) => {
                    let made = || self.plan().made(id);
                    let done = guarded(|| worker.exact(&strip, &cancel, &self.means, made));
                    (Some(strip.song.clone()), done)
                }
            };
            if let (Err(report), Some(song)) = (done, song) {
                self.give_up(&song, report);
            }
            self.plan().end(id);
            self.changed.notify_all();
        }
    }

    fn give_up(&self, song: &Song, report: Report) {
        // Bound first: sending may wait, and nobody may hold the plan meanwhile.
        let news = self.plan().fail(song.track);
        if news {
            self.means.outbox.send(Event::Failed(report));
        }
    }
}

/// Runs it; a fault in it is an error like any other.
fn guarded(work: impl FnOnce() -> Result<(), AudioError>) -> Result<(), Report> {
    match log::guarded(work) {
        Ok(Ok(()) | Err(AudioError::Cancelled { .. })) => Ok(()),
        Ok(Err(error)) => Err(Report::from_error(&error)),
        Err(_) => Err(Report::new("A fault in Timbre stopped a picture").with_hint("please report it")),
    }
}
