//! The runs of a folder: list, find, rename, delete.

pub mod bundle;
pub mod card;
pub mod comparison;
pub mod contents;
pub mod lesson;
pub mod lock;
pub mod run;
pub mod run_folder;
pub mod run_state;

use std::path::Path;

use serde::de::DeserializeOwned;

use crate::base::read::{MOST_TEXT_BYTES, read_bounded};
use crate::base::time::utc_stamp;
use crate::ml::error::MlError;
use crate::ml::eval::{Judgement, Prediction};
use crate::ml::runs::contents::Contents;
use crate::ml::runs::lesson::SplitFile;
use crate::ml::runs::lock::RunLock;
use crate::ml::runs::run_folder::RunFolder;
use crate::ml::runs::run_state::RunState;
use crate::ml::train::history::EpochRecord;

/// The longest name of a run, in letters.
const LONGEST_NAME: usize = 120;

/// What lies in a folder of runs.
#[derive(Debug, Default)]
pub struct Listing {
    /// The runs, the newest first.
    pub runs: Vec<(RunFolder, RunState)>,
    /// Why other folders in it are no runs.
    pub troubles: Vec<MlError>,
}

/// The runs in `root`. No folder: no runs.
///
/// # Errors
/// When `root` cannot be listed.
pub fn list(root: &Path) -> Result<Listing, MlError> {
    let failed = |source| MlError::Read { path: root.to_path_buf(), source };
    let entries = match std::fs::read_dir(root) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Listing::default()),
        entries => entries.map_err(failed)?,
    };
    let Listing { mut runs, mut troubles } = Listing::default();
    for entry in entries {
        let path = entry.map_err(failed)?.path();
        // A folder with a leading dot is being imported or deleted.
        let hidden = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
        if hidden || !path.is_dir() {
            continue;
        }
        let folder = RunFolder::new(path);
        match RunState::read(&folder) {
            Ok(state) => runs.push((folder, state)),
            Err(error) => troubles.push(error),
        }
    }
    runs.sort_by(|(_, a), (_, b)| b.created.cmp(&a.created).then_with(|| a.id.cmp(&b.id)));
    Ok(Listing { runs, troubles })
}

/// The run that a person means: a folder with a run in it, an id, or the beginning of just one id in `root`.
///
/// # Errors
/// When there is none, or several.
pub fn find(root: &Path, name: &str) -> Result<(RunFolder, RunState), MlError> {
    let given = RunFolder::new(name);
    if given.state().is_file() {
        return Ok((given.clone(), RunState::read(&given)?));
    }
    let Listing { mut runs, .. } = list(root)?;
    let of_id = |id: &str| id.eq_ignore_ascii_case(name);
    let exact = runs.iter().any(|(_, run)| of_id(&run.id));
    let begins = |id: &str| id.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name));
    runs.retain(|(_, run)| if exact { of_id(&run.id) } else { !name.is_empty() && begins(&run.id) });
    match runs.len() {
        0 => Err(MlError::NoRun(name.to_owned())),
        1 => Ok(runs.remove(0)),
        _ => {
            let ids: Vec<&str> = runs.iter().map(|(_, run)| run.id.as_str()).collect();
            let reason = format!("several runs begin so: {}", ids.join(", "));
            Err(MlError::Run { run: format!("“{name}”"), reason })
        }
    }
}

/// Makes the folder of a new run in `root` and writes its first state. The id tells time, architecture and preset.
///
/// # Errors
/// When it cannot be written.
pub fn create(root: &Path, architecture: &str, preset: &str, now: i64) -> Result<(RunFolder, RunState), MlError> {
    let plain = |text: &str| text.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect::<String>();
    let wish = format!("{}-{}-{}", utc_stamp(now), plain(architecture), plain(preset));
    let (folder, id) = free_folder(root, &wish)?;
    let state = RunState::new(id, architecture, preset, now);
    state.write(&folder)?;
    Ok((folder, state))
}

/// Makes a folder whose name is `wish`, or `wish` with a number where that is taken.
pub(in crate::ml) fn free_folder(root: &Path, wish: &str) -> Result<(RunFolder, String), MlError> {
    let failed = |path: &Path, source| MlError::Write { path: path.to_path_buf(), source };
    std::fs::create_dir_all(root).map_err(|source| failed(root, source))?;
    for number in 1..=1000 {
        let id = if number == 1 { wish.to_owned() } else { format!("{wish}-{number}") };
        let path = root.join(&id);
        match std::fs::create_dir(&path) {
            Ok(()) => return Ok((RunFolder::new(path), id)),
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(failed(&path, error)),
        }
    }
    Err(MlError::Run { run: root.join(wish).display().to_string(), reason: "there are too many of that name".into() })
}

/// The name without spaces around it.
///
/// # Errors
/// When it is empty, too long or not one line; with what a name must be.
pub fn usable_name(name: &str) -> Result<String, String> {
    let name = name.trim();
    if name.is_empty() || name.chars().count() > LONGEST_NAME || name.chars().any(char::is_control) {
        return Err(format!("a name is one line of 1 to {LONGEST_NAME} letters"));
    }
    Ok(name.to_owned())
}

/// Gives a run another name.
///
/// # Errors
/// When the name is empty, too long or not one line, or cannot be written.
pub fn rename(folder: &RunFolder, name: &str) -> Result<RunState, MlError> {
    let name = usable_name(name).map_err(|reason| MlError::Run { run: folder.path().display().to_string(), reason })?;
    RunState::change(folder, |state| state.name = name)
}

/// Replaces what a person wrote about a run.
///
/// # Errors
/// When it cannot be written.
pub fn set_notes(folder: &RunFolder, notes: &str) -> Result<RunState, MlError> {
    RunState::change(folder, |state| state.notes = notes.trim().to_owned())
}

/// Deletes a run. Of a run that is not in `root` only files that a run has are deleted: with anything else beside them
/// nothing is.
///
/// # Errors
/// When the folder is no run, is being trained, holds something else, or cannot be deleted.
pub fn delete(root: &Path, folder: &RunFolder) -> Result<(), MlError> {
    RunState::read(folder)?;
    let failed = |source| MlError::Write { path: folder.path().to_path_buf(), source };
    let path = folder.path().canonicalize().map_err(failed)?;
    let held = RunLock::take(folder)?;
    let is_ours = root.canonicalize().is_ok_and(|root| path.parent() == Some(&root));
    if !is_ours {
        let known: Vec<_> = folder.files().into_iter().chain([folder.lock()]).collect();
        for entry in std::fs::read_dir(&path).map_err(failed)? {
            let name = entry.map_err(failed)?.file_name();
            if !known.iter().any(|file| file.file_name() == Some(&name)) {
                let reason = format!("{} lies in it, so that nothing was deleted", name.to_string_lossy());
                return Err(MlError::Run { run: path.display().to_string(), reason });
            }
        }
    }
    // Out of the list at once, so that no half of a run is ever seen.
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let hidden = path.with_file_name(format!(".deleting-{name}-{}", std::process::id()));
    // There a folder does not move while a file in it is open.
    let held = if cfg!(windows) {
        drop(held);
        None
    } else {
        Some(held)
    };
    std::fs::rename(&path, &hidden).map_err(failed)?;
    drop(held);
    std::fs::remove_dir_all(&hidden).map_err(failed)
}

/// The epochs of a run, none where there is no history yet.
///
/// # Errors
/// When the file cannot be understood.
pub fn history(folder: &RunFolder) -> Result<Vec<EpochRecord>, MlError> {
    Ok(read_json(&folder.history_json())?.unwrap_or_default())
}

/// What a run said about its test clips, if it came so far.
///
/// # Errors
/// When the file cannot be understood.
pub fn predictions(folder: &RunFolder) -> Result<Option<Vec<Prediction>>, MlError> {
    read_json(&folder.predictions())
}

/// What the model of a lesson said about the test clips before it learned.
///
/// # Errors
/// When the file cannot be understood.
pub(in crate::ml) fn before(folder: &RunFolder) -> Result<Option<Vec<Prediction>>, MlError> {
    read_json(&folder.before())
}

/// The names of the clips of each part of the split.
///
/// # Errors
/// When the file cannot be understood.
pub(in crate::ml) fn split(folder: &RunFolder) -> Result<Option<SplitFile>, MlError> {
    read_json(&folder.split())
}

/// What the clips were when the run began.
///
/// # Errors
/// When the file cannot be understood.
pub(in crate::ml) fn contents(folder: &RunFolder) -> Result<Option<Contents>, MlError> {
    read_json(&folder.contents())
}

/// The configuration of a run, as it stands in the file.
///
/// # Errors
/// When the file cannot be understood.
pub fn config(folder: &RunFolder) -> Result<Option<serde_json::Value>, MlError> {
    read_json(&folder.config())
}

/// The figures of a run, if it came so far.
///
/// # Errors
/// When the file cannot be understood.
pub fn judgement(folder: &RunFolder) -> Result<Option<Judgement>, MlError> {
    read(&folder.metrics(), Judgement::parse)
}

/// A run with all that is known about how good it is.
#[derive(Clone, Debug)]
pub struct LoadedRun {
    /// Where it lies.
    pub folder: RunFolder,
    /// What it is.
    pub state: RunState,
    /// Its epochs.
    pub history: Vec<EpochRecord>,
    /// Its figures, if it came so far.
    pub judgement: Option<Judgement>,
    /// What it said about its test clips, nothing if it did not come so far.
    pub predictions: Vec<Prediction>,
    /// Bytes of its model file, if it has one.
    pub model_bytes: Option<u64>,
}

/// Size of a run's model file; none where it has no model.
pub fn model_bytes(folder: &RunFolder) -> Option<u64> {
    std::fs::metadata(folder.model()).ok().filter(std::fs::Metadata::is_file).map(|file| file.len())
}

/// Reads everything that is known about how good a run is.
///
/// # Errors
/// When a file cannot be understood.
pub fn load(folder: RunFolder, state: RunState) -> Result<LoadedRun, MlError> {
    let (history, judgement) = (history(&folder)?, judgement(&folder)?);
    let predictions = predictions(&folder)?.unwrap_or_default();
    let model_bytes = model_bytes(&folder);
    Ok(LoadedRun { folder, state, history, judgement, predictions, model_bytes })
}

fn read_json<T: DeserializeOwned>(path: &Path) -> Result<Option<T>, MlError> {
    read(path, |bytes| serde_json::from_slice(bytes).map_err(|error| error.to_string()))
}

fn read<T>(path: &Path, parse: impl Fn(&[u8]) -> Result<T, String>) -> Result<Option<T>, MlError> {
    match read_bounded(path, MOST_TEXT_BYTES) {
        Ok(bytes) => parse(&bytes).map(Some).map_err(|reason| MlError::Run { run: path.display().to_string(), reason }),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(MlError::Read { path: path.to_path_buf(), source }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_are_listed_the_newest_first_and_found_by_the_beginning() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().join("runs");
        assert!(list(&root).unwrap().runs.is_empty());
        let (_, old) = create(&root, "cnn", "article", 1_795_305_600).unwrap();
        let (_, new) = create(&root, "mobilenet", "best", 1_795_305_700).unwrap();
        let (_, twin) = create(&root, "mobilenet", "best", 1_795_305_700).unwrap();
        assert_eq!(old.id, "20261122-000000-cnn-article");
        assert_eq!(twin.id, format!("{}-2", new.id));
        std::fs::create_dir(root.join("something")).unwrap();
        std::fs::create_dir(root.join(".importing-x")).unwrap();
        let Listing { runs, troubles } = list(&root).unwrap();
        let ids: Vec<&str> = runs.iter().map(|(_, run)| run.id.as_str()).collect();
        assert_eq!(ids, [&new.id, &twin.id, &old.id]);
        assert_eq!(troubles.len(), 1, "{troubles:?}");

        assert_eq!(find(&root, "20261122-0000").unwrap().1, old);
        assert_eq!(find(&root, &new.id.to_uppercase()).unwrap().1, new, "a whole id wins over longer ones");
        assert_eq!(find(Path::new("/nowhere"), root.join(&old.id).to_str().unwrap()).unwrap().1, old);
        assert!(find(&root, "2026").unwrap_err().to_string().contains(&twin.id));
        assert!(find(&root, "").is_err() && find(&root, "ä").is_err() && find(&root, "something").is_err());
    }

    #[test]
    fn names_and_notes_can_be_changed_but_not_to_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let (folder, _) = create(dir.path(), "cnn", "best", 0).unwrap();
        assert_eq!(rename(&folder, "  Second try ").unwrap().name, "Second try");
        set_notes(&folder, "two\nlines\n").unwrap();
        let read = RunState::read(&folder).unwrap();
        assert_eq!((read.name.as_str(), read.notes.as_str()), ("Second try", "two\nlines"));
        for name in ["", " ", "two\nlines", &"a".repeat(200)] {
            assert!(rename(&folder, name).is_err(), "{name}");
        }
    }

    #[test]
    fn only_runs_are_deleted() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().join("runs");
        let (folder, _) = create(&root, "cnn", "best", 0).unwrap();
        std::fs::write(folder.path().join("a plot.svg"), "x").unwrap();
        delete(&root, &folder).unwrap();
        assert_eq!(std::fs::read_dir(&root).unwrap().count(), 0);

        let music = RunFolder::new(dir.path().join("music"));
        std::fs::create_dir(music.path()).unwrap();
        std::fs::write(music.path().join("song.flac"), "x").unwrap();
        assert!(delete(&root, &music).is_err());
        RunState::new("a", "cnn", "best", 0).write(&music).unwrap();
        assert!(delete(&root, &music).unwrap_err().to_string().contains("song.flac"));
        assert!(music.path().join("song.flac").exists() && music.state().exists());
        std::fs::remove_file(music.path().join("song.flac")).unwrap();
        delete(&root, &music).unwrap();
        assert!(!music.path().exists());
    }

    #[test]
    fn files_that_are_missing_are_none_and_broken_ones_are_errors() {
        let dir = tempfile::tempdir().unwrap();
        let (folder, _) = create(dir.path(), "cnn", "best", 0).unwrap();
        assert!(history(&folder).unwrap().is_empty() && judgement(&folder).unwrap().is_none());
        std::fs::write(folder.metrics(), "{").unwrap();
        std::fs::write(folder.history_json(), "{}").unwrap();
        assert!(history(&folder).is_err() && judgement(&folder).is_err());
    }
}
