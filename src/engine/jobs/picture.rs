//! Writes a picture of a song, or its numbers.

use std::path::Path;

use crate::engine::event::JobOutcome;
use crate::engine::job::{JobContext, JobError};
use crate::engine::picture::{PictureRequest, write_picture};

pub(super) fn run(
    song: &Path,
    request: &PictureRequest,
    file: &Path,
    context: &mut JobContext,
) -> Result<JobOutcome, JobError> {
    let cancel = context.cancel.clone();
    let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let mut progress = |done: f64, all: f64| context.progress(done as u64, Some(all.ceil() as u64), || name.clone());
    match write_picture(song, request, file, &cancel, &mut progress) {
        Ok(written) => Ok(JobOutcome::Picture(written)),
        Err(error) if error.is_cancelled() => Err(JobError::Cancelled),
        Err(error) => Err(error.into()),
    }
}
