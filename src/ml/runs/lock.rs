//! Who works on a run: one program at a time trains or deletes it.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::ErrorKind;

use super::run_folder::RunFolder;
use super::run_state::RunState;
use crate::ml::error::MlError;

/// Held as long as a run is worked on. The system lets go of it when the program ends, however that happens; the empty file stays, since
/// removing it could pull it away from a program that uses it.
#[derive(Debug)]
pub struct RunLock {
    _file: File,
}

impl RunLock {
    /// Takes the run.
    ///
    /// # Errors
    /// [`MlError::Busy`] while this or another program works on it; or when the file cannot be made.
    pub fn take(folder: &RunFolder) -> Result<Self, MlError> {
        let path = folder.lock();
        let failed = |source| MlError::Write { path: path.clone(), source };
        let file = OpenOptions::new().create(true).truncate(false).write(true).open(&path).map_err(failed)?;
        match file.try_lock() {
            Ok(()) => Ok(Self { _file: file }),
            Err(TryLockError::WouldBlock) => {
                let name = RunState::read(folder).map(|state| state.name);
                Err(MlError::Busy { run: name.unwrap_or_else(|_| folder.path().display().to_string()) })
            }
            // Some network drives know no locks; there it is as it was without them.
            Err(TryLockError::Error(error)) if error.kind() == ErrorKind::Unsupported => Ok(Self { _file: file }),
            Err(TryLockError::Error(source)) => Err(failed(source)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ml::runs;

    #[test]
    fn a_run_is_in_one_hand_at_a_time() {
        let dir = tempfile::tempdir().unwrap();
        let (folder, state) = runs::create(dir.path(), "cnn", "best", 0).unwrap();
        let held = RunLock::take(&folder).unwrap();
        let error = RunLock::take(&folder).unwrap_err();
        assert!(matches!(error, MlError::Busy { .. }) && error.to_string().contains(&state.name), "{error}");
        let refused = runs::delete(dir.path(), &folder).unwrap_err();
        assert!(matches!(refused, MlError::Busy { .. }) && folder.state().exists(), "{refused}");
        drop(held);
        runs::delete(dir.path(), &folder).unwrap();
        assert!(!folder.path().exists());
    }
}
