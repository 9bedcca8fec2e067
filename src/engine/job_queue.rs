//! Which jobs wait and which run: one of a kind at a time.

use std::collections::VecDeque;

use crate::base::{CancelToken, JobId};

use super::dispatcher::{Dispatcher, Running};
use super::event::{Event, JobKind, JobOutcome};
use super::jobs::JobSpec;
use super::message::Message;
use super::training::message::TrainingEvent;
use super::{Command, job};

impl Dispatcher {
    /// A job that waits for its turn; one that waits already is not added again.
    pub(super) fn enqueue(&mut self, spec: JobSpec) {
        if self.waiting.iter().any(|(_, other)| *other == spec) {
            return;
        }
        let id = JobId(self.next_job);
        self.next_job += 1;
        if let (JobSpec::Classify { again_until, within }, Some(classifications)) = (&spec, &mut self.classifications) {
            classifications.begun(id, *again_until, within);
        }
        self.waiting.push_back((id, spec));
        self.start_waiting();
    }

    /// Starts what can start: one job of a kind at a time.
    pub(super) fn start_waiting(&mut self) {
        let mut later = VecDeque::new();
        while let Some((id, spec)) = self.waiting.pop_front() {
            let kind = spec.kind();
            if self.busy.contains(&kind) {
                later.push_back((id, spec));
                continue;
            }
            let cancel = CancelToken::default();
            let (shared, back, token) = (self.shared.clone(), self.back.clone(), cancel.clone());
            let body = move || {
                let outcome = job::run(id, kind, token, &shared.outbox, |context| spec.run(&shared, &back, context));
                back.send(Message::JobEnded(id, kind, outcome)).ok();
            };
            match std::thread::Builder::new().name(format!("timbre-{kind:?}").to_lowercase()).spawn(body) {
                Ok(thread) => {
                    self.busy.push(kind);
                    self.running.insert(id, Running { cancel, thread });
                }
                Err(error) => self.refused_thread(&error),
            }
        }
        self.waiting = later;
        self.tell_waiting();
        if let Some(maker) = &self.tiles {
            maker.make_room(!self.busy.is_empty());
        }
    }

    /// Asks one job to stop.
    pub(super) fn cancel(&mut self, id: JobId) {
        if let Some(running) = self.running.get(&id) {
            running.cancel.cancel();
        }
        self.waiting.retain(|(waiting, _)| *waiting != id);
        self.classification_ended(id);
        self.tell_waiting();
    }

    /// Tells which runs wait, where that has changed.
    pub(super) fn tell_waiting(&mut self) {
        let runs = self.waiting.iter().filter_map(|(_, spec)| match spec {
            JobSpec::Train(run) => Some(run.clone()),
            _ => None,
        });
        let runs: Vec<String> = runs.collect();
        if runs != self.told_waiting {
            self.told_waiting.clone_from(&runs);
            self.shared.outbox.send(Event::Training(TrainingEvent::Waiting(runs)));
        }
    }

    /// Does nothing for jobs of other kinds.
    pub(super) fn classification_ended(&mut self, id: JobId) {
        if let Some(classifications) = &mut self.classifications {
            classifications.ended(id);
        }
    }

    /// Asks all jobs to stop.
    pub(super) fn cancel_all(&mut self) {
        self.stopping = true;
        self.waiting.clear();
        for running in self.running.values() {
            running.cancel.cancel();
        }
    }

    /// A job has come to its end: what follows it, and what has waited for it.
    pub(super) fn job_ended(&mut self, id: JobId, kind: JobKind, outcome: Option<JobOutcome>) {
        if let Some(running) = self.running.remove(&id) {
            running.thread.join().ok();
        }
        self.busy.retain(|busy| *busy != kind);
        // What came to its end although everybody was asked to stop is done.
        if !self.stopping || outcome.is_some() {
            self.classification_ended(id);
        }
        if self.listening.is_some() {
            if matches!(kind, JobKind::Scan | JobKind::Classify) {
                self.send_snapshot();
            }
            match outcome {
                Some(JobOutcome::Scan(_)) if self.shared.settings().classify_after_scan => {
                    self.enqueue(JobSpec::Classify { again_until: None, within: Vec::new() });
                }
                Some(JobOutcome::Demo(folder)) => self.carry_out(Command::AddRoots(vec![folder])),
                _ => {}
            }
        }
        self.start_waiting();
    }
}
