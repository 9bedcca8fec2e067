//! Large libraries are made ready on a thread of their own; small ones at once.

use crossbeam_channel::{Receiver, bounded};
use eframe::egui::Context;

use crate::library::model::Snapshot;
use crate::state::AppState;
use crate::state::prepare::{Prepared, prepare};

/// From this many songs, another thread does the work. Below, it fits into a frame.
const LARGE: usize = 5_000;

/// At most one library in the making, and the newest that waits.
#[derive(Default)]
pub struct Preparer {
    running: Option<Receiver<Prepared>>,
    waiting: Option<Snapshot>,
}

impl Preparer {
    /// Whether a library is large enough to be worth it. One that waits makes every later one wait behind it.
    pub fn wants(&self, snapshot: &Snapshot) -> bool {
        self.running.is_some() || snapshot.tracks.len() >= LARGE
    }

    /// Takes a library; one that still waits is forgotten for it.
    pub fn submit(&mut self, snapshot: Snapshot) {
        self.waiting = Some(snapshot);
    }

    /// Starts what waits, and gives back what is ready.
    pub fn poll(&mut self, ctx: &Context, state: &AppState) -> Option<Prepared> {
        let ready = self.running.as_ref().and_then(|running| match running.try_recv() {
            Ok(prepared) => Some(Some(prepared)),
            Err(crossbeam_channel::TryRecvError::Empty) => None,
            Err(crossbeam_channel::TryRecvError::Disconnected) => Some(None),
        });
        if ready.is_some() {
            self.running = None;
        }
        if self.running.is_none()
            && let Some(snapshot) = self.waiting.take()
        {
            let (sender, receiver) = bounded(1);
            let (rule, view, repaint) = (state.rule.clone(), state.view(), ctx.clone());
            let spare = snapshot.clone();
            let work = move || {
                sender.send(prepare(snapshot, rule, view)).ok();
                repaint.request_repaint();
            };
            match std::thread::Builder::new().name("timbre-prepare".into()).spawn(work) {
                Ok(_) => self.running = Some(receiver),
                Err(error) => {
                    tracing::warn!(%error, "no thread to prepare the library, the window waits");
                    return Some(prepare(spare, state.rule.clone(), state.view()));
                }
            }
        }
        ready.flatten()
    }
}
