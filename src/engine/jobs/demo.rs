//! Makes the demo collection.

use crate::demo::{self, DemoError};
use crate::engine::event::JobOutcome;
use crate::engine::job::{JobContext, JobError};

use crate::engine::shared::Shared;

pub(super) fn run(shared: &Shared, context: &mut JobContext) -> Result<JobOutcome, JobError> {
    let folder = shared.data_dir.demo();
    let cancel = context.cancel.clone();
    let total = demo::piece_count() as u64;
    let progress = |done: usize, title: &str| context.progress(done as u64, Some(total), || title.to_owned());
    match demo::make(&folder, &cancel, progress) {
        Ok(()) => Ok(JobOutcome::Demo(folder)),
        Err(DemoError::Cancelled) => Err(JobError::Cancelled),
        Err(error) => Err(error.into()),
    }
}
