//! What a person gave Timbre, library and settings together, goes into a file and comes out of one.

use std::path::Path;

use serde_json::{Map, Value};

use crate::base::DataDir;
use crate::base::fs::{FolderLock, write_private};
use crate::base::read::{MOST_TEXT_BYTES, read_text};
use crate::library::db::ImportReport;
use crate::library::portable::{self, Document, PathMap, PortableError};
use crate::library::{Library, LibraryError};

/// Settings that belong to a machine, not to a person.
const OF_THIS_MACHINE: [&str; 5] = ["version", "jobs", "output_device", "playlists_folder", "classifier"];

/// Why an export or import fails.
#[derive(Debug, thiserror::Error)]
pub enum BelongingsError {
    /// The file.
    #[error(transparent)]
    File(#[from] PortableError),
    /// The library.
    #[error(transparent)]
    Library(#[from] LibraryError),
    /// The settings cannot be written; everything else was imported.
    #[error("the settings cannot be written; everything else was imported: {}", path.display())]
    Settings {
        /// The settings file.
        path: std::path::PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
}

/// Writes everything into a file, and gives back what stands in it.
///
/// # Errors
/// When the library cannot be read or the file not be written.
pub fn export(data_dir: &DataDir, file: &Path) -> Result<Document, BelongingsError> {
    let mut document = Library::open(&data_dir.database())?.portable()?;
    document.settings = settings(data_dir);
    portable::write(&document, file)?;
    Ok(document)
}

/// Takes in what stands in a file, or says what would be. Settings of this machine (threads, sound device, playlist folder,
/// classifier) stay.
///
/// # Errors
/// When the file is no export; when the library or the settings cannot be written.
pub fn import(
    data_dir: &DataDir,
    file: &Path,
    maps: &[PathMap],
    dry_run: bool,
) -> Result<ImportReport, BelongingsError> {
    let document = portable::read(file)?;
    let name = file.file_name().unwrap_or(file.as_os_str()).to_string_lossy();
    let mut library = Library::open(&data_dir.database())?;
    let mut report = library.import(&document, maps, &name, dry_run)?;
    // Other programs wait until it is written.
    let _held = FolderLock::take(data_dir.root());
    let mut settings = settings(data_dir);
    for (key, value) in document.settings {
        if OF_THIS_MACHINE.contains(&key.as_str()) || settings.get(&key) == Some(&value) {
            continue;
        }
        report.settings.push(key.clone());
        settings.insert(key, value);
    }
    if !report.settings.is_empty() && !dry_run {
        let path = data_dir.settings();
        let text = serde_json::to_vec_pretty(&settings).map_err(std::io::Error::from);
        text.and_then(|text| write_private(&path, &text))
            .map_err(|source| BelongingsError::Settings { path, source })?;
    }
    Ok(report)
}

/// The settings as they stand in their file, with fields of other versions; none when it cannot be understood.
fn settings(data_dir: &DataDir) -> Map<String, Value> {
    let text = read_text(&data_dir.settings(), MOST_TEXT_BYTES).unwrap_or_default();
    match serde_json::from_str(&text) {
        Ok(Value::Object(settings)) => settings,
        _ => Map::new(),
    }
}
