//! Reading files on many threads while the results are used in order on one.

use std::collections::BTreeMap;
use std::path::Path;

use crossbeam_channel::bounded;
use rayon::ThreadPool;
use rayon::prelude::*;

use super::read::{Reading, read_song};
use super::{ProbeFn, Trouble};
use crate::base::CancelToken;
use crate::base::log::guarded;
use crate::library::LibraryError;
use crate::library::model::ProblemKind;

/// Files that are in work at a time. Their results wait for the slowest of them.
const CHUNK: usize = 256;

/// A pool whose threads are ready to read tags. `jobs` 0: one thread for each core.
pub(super) fn thread_pool(jobs: usize) -> Result<ThreadPool, LibraryError> {
    rayon::ThreadPoolBuilder::new()
        .num_threads(jobs)
        .thread_name(|index| format!("scan-{index}"))
        .start_handler(|_| crate::library::tags::prepare_thread())
        .build()
        .map_err(|error| LibraryError::Threads(Box::new(error)))
}

/// Reads all files (`wants_v1` as for [`read_song`]) and hands each result to `sink`, in the order of `paths`. When cancelled, it ends with the last
/// result that has all those before it.
///
/// # Errors
/// The first error of `sink`; then nothing more is read.
pub(super) fn read_in_order(
    pool: &ThreadPool,
    paths: &[&Path],
    probe: &ProbeFn<'_>,
    wants_v1: &(dyn Fn(u64) -> bool + Sync),
    cancel: &CancelToken,
    sink: &mut dyn FnMut(usize, Reading) -> Result<(), LibraryError>,
) -> Result<(), LibraryError> {
    if paths.is_empty() {
        return Ok(());
    }
    let (sender, receiver) = bounded::<(usize, Reading)>(CHUNK);
    std::thread::scope(|scope| {
        let reader = move || {
            for (chunk, paths) in paths.chunks(CHUNK).enumerate() {
                let sent_all = pool.install(|| {
                    paths.par_iter().enumerate().with_max_len(1).try_for_each(|(index, path)| {
                        if cancel.is_cancelled() {
                            return Err(());
                        }
                        sender.send((chunk * CHUNK + index, read_guarded(path, probe, wants_v1))).map_err(drop)
                    })
                });
                if sent_all.is_err() {
                    break;
                }
            }
        };
        std::thread::Builder::new()
            .name("scan-reader".into())
            .spawn_scoped(scope, reader)
            .map_err(|error| LibraryError::Threads(Box::new(error)))?;
        let mut waiting = BTreeMap::new();
        let mut next = 0;
        // Returning early drops the receiver, which ends the reader.
        for (index, reading) in receiver {
            waiting.insert(index, reading);
            while let Some(reading) = waiting.remove(&next) {
                sink(next, reading)?;
                next += 1;
            }
        }
        Ok(())
    })
}

/// Reads one file; a panic of a tag reader costs this file only.
fn read_guarded(path: &Path, probe: &ProbeFn<'_>, wants_v1: &dyn Fn(u64) -> bool) -> Reading {
    guarded(|| read_song(path, probe, wants_v1)).unwrap_or_else(|_| {
        tracing::error!("a tag reader panicked");
        Reading::bad(
            crate::library::stamp::FileStamp::of(path).ok(),
            Trouble::new(ProblemKind::Other, "Reading it failed in an unforeseen way; this is a fault of Timbre."),
        )
    })
}
