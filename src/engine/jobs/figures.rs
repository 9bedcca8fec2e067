//! Writes the figures and tables of runs.

use std::path::Path;

use crate::engine::event::JobOutcome;
use crate::engine::job::{JobContext, JobError};
use crate::ml::runs;
use crate::render::{write_comparison, write_tables};

use crate::engine::shared::Shared;

pub(super) fn run(
    shared: &Shared,
    names: &[String],
    folder: &Path,
    context: &mut JobContext,
) -> Result<JobOutcome, JobError> {
    let root = shared.data_dir.runs();
    let steps = names.len() as u64 + 1;
    let mut loaded = Vec::with_capacity(names.len());
    for name in names {
        if context.cancel.is_cancelled() {
            return Err(JobError::Cancelled);
        }
        context.progress(loaded.len() as u64, Some(steps), || name.clone());
        let (found, state) = runs::find(&root, name)?;
        loaded.push(runs::load(found, state)?);
    }
    let mut files = write_comparison(&loaded, folder).map_err(JobError::Failed)?;
    files.extend(write_tables(&loaded, folder).map_err(JobError::Failed)?);
    Ok(JobOutcome::Figures { files })
}
