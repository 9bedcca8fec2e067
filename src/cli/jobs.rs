//! Runs an engine job from the command line: progress bar, warnings, Ctrl-C.

use crate::base::Report;
use crate::engine::{Command, Engine, Event, JobEvent, JobKind, JobOutcome, JobPhase};

use super::output::{Exit, Output, one_line};

/// Why a run ends early.
#[derive(Debug)]
pub enum Ended {
    /// It could not be done.
    Failed(Report),
    /// Ctrl-C.
    Stopped,
    /// What was typed after this command cannot be meant so.
    Usage(&'static str, String),
}

impl<E: std::error::Error + 'static> From<E> for Ended {
    fn from(error: E) -> Self {
        // A report is an error itself; it passes as it is.
        let report = match (&error as &dyn std::any::Any).downcast_ref::<Report>() {
            Some(report) => report.clone(),
            None => Report::from_error(&error),
        };
        Self::Failed(report)
    }
}

/// What a command of the command line gives back.
pub type Run = Result<Exit, Ended>;

/// Runs the job to its end.
pub fn run_job(engine: &Engine, output: &Output, command: Command, kind: JobKind) -> Result<JobOutcome, Ended> {
    let bar = output.bar(match kind {
        JobKind::Scan => "Scanning",
        JobKind::Classify => "Listening",
        JobKind::Export => "Exporting",
        JobKind::Picture => "Drawing",
        JobKind::Demo => "Composing",
        JobKind::Train => "Training",
        JobKind::Check => "Checking",
        JobKind::Disagree => "Listening",
        JobKind::Figures => "Drawing",
    });
    let phase = engine.run_to_end(command, kind, |event| match event {
        Event::Job(JobEvent { phase: JobPhase::Progress(progress), .. }) => {
            if let Some(total) = progress.total {
                bar.set_length(total);
            }
            bar.set_position(progress.done);
            let eta = progress.eta_secs.map(|secs| format!(", {} left", crate::base::time::clock_text(secs)));
            let detail = one_line(&progress.detail);
            bar.set_message(format!("{:.0}/s{}  {detail}", progress.per_second, eta.unwrap_or_default()));
        }
        Event::Job(JobEvent { phase: JobPhase::Warning(problem), .. }) => {
            let (message, path) = (one_line(&problem.message), one_line(&problem.path.display().to_string()));
            bar.suspend(|| output.note(&format!("warning: {message} [{path}]")));
        }
        _ => {}
    });
    bar.finish_and_clear();
    match phase {
        JobPhase::Finished(outcome) => Ok(outcome),
        JobPhase::Failed(report) => Err(Ended::Failed(report)),
        _ => Err(Ended::Stopped),
    }
}
