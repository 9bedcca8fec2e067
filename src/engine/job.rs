//! Long work: its thread, its progress, its end.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crate::base::log::guarded;
use crate::base::{CancelToken, JobId, Report};
use crate::library::model::Problem;

use super::event::{Event, JobEvent, JobKind, JobOutcome, JobPhase, Progress};
use super::outbox::Outbox;

/// How a job ended before its end.
#[derive(Debug)]
pub enum JobError {
    /// Stopped as asked.
    Cancelled,
    /// It could not be done.
    Failed(Report),
}

impl<E: std::error::Error + 'static> From<E> for JobError {
    fn from(error: E) -> Self {
        Self::Failed(Report::from_error(&error))
    }
}

/// What a running job may do: look whether it should stop, and tell how far it is.
pub struct JobContext {
    id: JobId,
    kind: JobKind,
    /// Whether the job should stop.
    pub cancel: CancelToken,
    outbox: Outbox,
    rate: Rate,
}

impl JobContext {
    /// Tells how far the job is. Most calls are swallowed: a client hears at most ten a second.
    pub fn progress(&mut self, done: u64, total: Option<u64>, detail: impl FnOnce() -> String) {
        if let Some(per_second) = self.rate.sample(done, Instant::now()) {
            let left = total.map(|total| total.saturating_sub(done) as f64);
            let eta_secs = left.filter(|_| per_second > 0.0).map(|left| left / per_second);
            self.tell(JobPhase::Progress(Progress { done, total, per_second, eta_secs, detail: detail() }));
        }
    }

    /// Tells of a file that could not be used.
    pub fn warn(&self, problem: Problem) {
        self.tell(JobPhase::Warning(problem));
    }

    fn tell(&self, phase: JobPhase) {
        self.outbox.send(Event::Job(JobEvent { id: self.id, kind: self.kind, phase }));
    }
}

/// Runs `work` on this thread as a job: `Started`, its own events, then exactly one end, also when it panics.
/// Returns what it finished with.
pub fn run(
    id: JobId,
    kind: JobKind,
    cancel: CancelToken,
    outbox: &Outbox,
    work: impl FnOnce(&mut JobContext) -> Result<JobOutcome, JobError>,
) -> Option<JobOutcome> {
    let mut context = JobContext { id, kind, cancel, outbox: outbox.clone(), rate: Rate::default() };
    context.tell(JobPhase::Started);
    let ended = guarded(|| work(&mut context));
    let (phase, outcome) = match ended {
        Ok(Ok(outcome)) => (JobPhase::Finished(outcome.clone()), Some(outcome)),
        Ok(Err(JobError::Cancelled)) => (JobPhase::Cancelled, None),
        Ok(Err(JobError::Failed(report))) => (JobPhase::Failed(report), None),
        Err(panic) => {
            let cause = panic
                .downcast_ref::<&str>()
                .map(|text| (*text).to_owned())
                .or_else(|| panic.downcast_ref::<String>().cloned())
                .unwrap_or_default();
            let mut report = Report::new("A fault in Timbre stopped the job")
                .with_hint("what was done so far is kept; start the job again, and please report it");
            report.causes.push(cause);
            (JobPhase::Failed(report), None)
        }
    };
    context.tell(phase);
    outcome
}

/// Units per second over the last seconds, and the throttle of progress events.
#[derive(Debug, Default)]
struct Rate {
    samples: VecDeque<(Instant, u64)>,
}

impl Rate {
    const INTERVAL: Duration = Duration::from_millis(100);
    const SPAN: Duration = Duration::from_secs(8);

    /// The rate if it is time to tell it, else `None`.
    fn sample(&mut self, done: u64, now: Instant) -> Option<f64> {
        if let Some((last, _)) = self.samples.back()
            && now.duration_since(*last) < Self::INTERVAL
        {
            return None;
        }
        self.samples.push_back((now, done));
        while self.samples.len() > 2 && now.duration_since(self.samples[0].0) > Self::SPAN {
            self.samples.pop_front();
        }
        let (start, first) = self.samples[0];
        let secs = now.duration_since(start).as_secs_f64();
        Some(if secs > 0.0 { done.saturating_sub(first) as f64 / secs } else { 0.0 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn phases(work: impl FnOnce(&mut JobContext) -> Result<JobOutcome, JobError>) -> Vec<String> {
        let (outbox, events) = Outbox::new(std::sync::Arc::new(|| ()));
        run(JobId(1), JobKind::Scan, CancelToken::default(), &outbox, work);
        events
            .try_iter()
            .map(|event| match event {
                Event::Job(JobEvent { phase: JobPhase::Started, .. }) => "started".to_owned(),
                Event::Job(JobEvent { phase: JobPhase::Progress(p), .. }) => format!("progress {}", p.done),
                Event::Job(JobEvent { phase: JobPhase::Failed(report), .. }) => format!("failed {}", report.causes[0]),
                Event::Job(JobEvent { phase: JobPhase::Cancelled, .. }) => "cancelled".to_owned(),
                other => format!("{other:?}"),
            })
            .collect()
    }

    #[test]
    fn a_panic_is_an_end_like_any_other() {
        assert_eq!(phases(|_| panic!("boom")), ["started", "failed boom"]);
        assert_eq!(phases(|_| Err(JobError::Cancelled)), ["started", "cancelled"]);
    }

    #[test]
    fn progress_is_throttled() {
        let told = phases(|context| {
            for done in 0..1000 {
                context.progress(done, Some(1000), String::new);
            }
            Err(JobError::Cancelled)
        });
        assert_eq!(told[1], "progress 0");
        assert!(told.len() < 100, "{} events", told.len());
    }

    #[test]
    fn the_rate_is_that_of_the_last_seconds() {
        let start = Instant::now();
        let mut rate = Rate::default();
        assert_eq!(rate.sample(0, start), Some(0.0));
        assert_eq!(rate.sample(5, start + Duration::from_millis(50)), None);
        assert_eq!(rate.sample(20, start + Duration::from_secs(2)), Some(10.0));
    }
}
