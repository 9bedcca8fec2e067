//! What a program that was killed left in the data folder goes at the next start.

use std::path::PathBuf;

use crate::base::DataDir;
use crate::base::fs;

/// Runs that are looked through.
const MOST_RUNS: usize = 10_000;

/// Deletes left-over temporary files: beside the library and in the runs at once; `everywhere` also those in the large folders, on a thread of its
/// own.
///
/// # Errors
/// When the system refuses a thread.
pub(super) fn remove_left_overs(data_dir: &DataDir, everywhere: bool) -> std::io::Result<()> {
    let runs = std::fs::read_dir(data_dir.runs()).into_iter().flatten().flatten().take(MOST_RUNS);
    let runs = runs.filter(|run| run.file_type().is_ok_and(|kind| kind.is_dir())).map(|run| run.path());
    let near: Vec<PathBuf> = [data_dir.root().to_path_buf()].into_iter().chain(runs).collect();
    remove(&near);
    if everywhere {
        let far = [data_dir.overviews(), data_dir.pictures(), data_dir.playlists(), data_dir.demo()];
        std::thread::Builder::new().name("timbre-tidy".to_owned()).spawn(move || remove(&far))?;
    }
    Ok(())
}

fn remove(folders: &[PathBuf]) {
    let removed: usize = folders.iter().map(|folder| fs::remove_left_overs(folder)).sum();
    if removed > 0 {
        tracing::info!(removed, "left-over temporary files were deleted");
    }
}
