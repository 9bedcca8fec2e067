//! Teaches a copy of a model what a person corrected in the library.

use crate::engine::event::JobOutcome;
use crate::engine::job::{JobContext, JobError};
use crate::engine::training::{desk, learn};

use super::{Shared, train};

/// `model` is a run or the built-in model; the run that is made trains to its end.
pub(super) fn run(shared: &Shared, model: &str, context: &mut JobContext) -> Result<JobOutcome, JobError> {
    context.progress(0, None, || "Looking at your corrections".to_owned());
    let plan = learn::plan(&shared.data_dir, model, &context.cancel).map_err(JobError::Failed)?;
    let command = format!("timbre train --learn-from-corrections {model}");
    let (folder, _) = learn::begin(&shared.data_dir, plan, command).map_err(JobError::Failed)?;
    desk::tell_runs(&shared.data_dir.runs(), &shared.outbox);
    train::run(shared, &folder.id(), context)
}
