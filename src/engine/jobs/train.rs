//! Trains a network.

use crate::base::Report;
use crate::engine::event::{Event, JobOutcome};
use crate::engine::job::{JobContext, JobError};
use crate::engine::training::message::TrainingEvent;
use crate::engine::training::songs::read_library;
use crate::engine::training::{run_queries, start};
use crate::ml::MlError;
use crate::ml::dataset::Dataset;
use crate::ml::runs::run_state::RunState;
use crate::ml::train::control::{Control, TrainEvent};

use crate::engine::shared::Shared;

/// Trains the run to its end; `Event::Training` tells how it goes.
pub(super) fn run(shared: &Shared, run: &str, context: &mut JobContext) -> Result<JobOutcome, JobError> {
    let (folder, config) = start::reopen(&shared.data_dir, run)?;
    let state = RunState::read(&folder)?;
    let control = Control::new(context.cancel.clone());
    shared.set_training(Some(control.clone()));
    // One core is left for the window and the player.
    let threads = shared.threads().saturating_sub(1).max(1);
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .thread_name(|index| format!("timbre-train-{index}"))
        .build()
        .map_err(|error| JobError::Failed(Report::from_error(&error)))?;
    let (mut epochs_before, outbox) = (state.epochs_done as u64, shared.outbox.clone());
    let mut planned = (state.epochs_planned.max(config.training.epochs)) as u64;
    let id = state.id.clone();
    let mut last_batch = std::time::Instant::now();
    let mut tell = |event: TrainEvent| {
        match &event {
            TrainEvent::Stage { what, done, total } => {
                context.progress(*done as u64, (*total > 0).then_some(*total as u64), || what.clone());
            }
            TrainEvent::Batch(batch) => {
                context.progress(epochs_before, Some(planned), || {
                    format!("epoch {} of {}, loss {:.3}", batch.epoch, batch.epochs, batch.loss)
                });
                // A window draws no more often.
                if last_batch.elapsed().as_millis() < 50 && batch.batch < batch.batches {
                    return;
                }
                last_batch = std::time::Instant::now();
            }
            TrainEvent::Epoch(_) => epochs_before += 1,
            TrainEvent::Note(_) => {}
            TrainEvent::Part { rounds, .. } => planned = (rounds * config.training.epochs) as u64,
        }
        outbox.send(Event::Training(TrainingEvent::Progress { run: id.clone(), event }));
    };
    let cache = start::front_end_cache(&shared.data_dir);
    let ended = pool.install(|| start::train(&folder, &config, &cache, &control, &mut tell));
    shared.set_training(None);
    let root = shared.data_dir.runs();
    run_queries::tell_runs(&root, &shared.outbox);
    match ended {
        Ok(report) => {
            let detail = run_queries::load(&root, run)?;
            shared.outbox.send(Event::Training(TrainingEvent::Loaded(std::sync::Arc::new(detail))));
            let accuracy = report.judgement.as_ref().map(|judgement| judgement.accuracy);
            Ok(JobOutcome::Train { run: run.to_owned(), accuracy, left_out: report.broken.len() })
        }
        Err(MlError::Cancelled) => Err(JobError::Cancelled),
        Err(error) => Err(error.into()),
    }
}

/// Looks at a data set.
pub(super) fn check(
    shared: &Shared,
    sources: &crate::ml::dataset::Sources,
    context: &mut JobContext,
) -> Result<JobOutcome, JobError> {
    let cancel = context.cancel.clone();
    let media = crate::engine::training::SoundFiles::new(&cancel);
    let outbox = shared.outbox.clone();
    let context = std::sync::Mutex::new(context);
    let progress = |done: usize, total: usize| {
        if let Ok(mut context) = context.lock() {
            context.progress(done as u64, Some(total as u64), || "Looking at the clips".into());
        }
    };
    let mut read = sources.clone();
    read_library(&mut read, &shared.data_dir)?;
    let checked = Dataset::open(&read, &media, &cancel)
        .and_then(|dataset| crate::ml::check::check(&dataset, &media, &cancel, &progress));
    match checked {
        Ok(found) => {
            let clips = found.clips;
            outbox.send(Event::Training(TrainingEvent::Checked(sources.clone(), std::sync::Arc::new(found))));
            Ok(JobOutcome::Checked { clips })
        }
        Err(MlError::Cancelled) => Err(JobError::Cancelled),
        Err(error) => Err(error.into()),
    }
}
