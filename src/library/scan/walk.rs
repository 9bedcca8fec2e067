//! Walking folders: every file once, whatever the links and overlapping roots.
//!
//! Real folders are walked first; links wait until then, so that a song reached both ways keeps its real path. Each
//! folder is entered once (known by device and inode), which also ends every loop.

use std::collections::{BTreeMap, HashSet};
use std::ffi::OsStr;
use std::fs::Metadata;
use std::path::{Path, PathBuf};

use walkdir::WalkDir;

use super::{LeaveOut, ScanReporter, Trouble};
use crate::base::{CancelToken, endings};
use crate::library::model::ProblemKind;

/// What lies below the roots.
#[derive(Debug, Default)]
pub(super) struct Walked {
    /// Files with an audio ending, ordered by path. Whether they are audio is not known yet.
    pub files: Vec<PathBuf>,
    /// Of `files`, those that are links; their targets may be in `files` too.
    pub file_links: HashSet<PathBuf>,
    /// Folders, links and names that cannot be followed.
    pub problems: Vec<(PathBuf, Trouble)>,
    /// Folders and files that were left out.
    pub left_out: usize,
    /// Files of kinds of music that are not known, by ending.
    pub unknown_kinds: BTreeMap<String, usize>,
}

/// Whether a file of that name is looked at.
pub(super) fn has_audio_extension(path: &Path) -> bool {
    path.extension().and_then(OsStr::to_str).is_some_and(endings::is_looked_at)
}

/// The ending of a kind of music that is not known, with its dot.
fn unknown_kind(path: &Path) -> Option<String> {
    let extension = path.extension()?.to_str().filter(|extension| endings::is_unknown(extension))?;
    Some(format!(".{}", extension.to_ascii_lowercase()))
}

/// Names beginning with a dot: hidden files, trash folders, the `._` companions that macOS leaves on other drives.
fn is_hidden(name: &OsStr) -> bool {
    name.as_encoded_bytes().first() == Some(&b'.')
}

/// Sorts the roots and leaves out those that lie in others.
pub(super) fn outermost(mut roots: Vec<PathBuf>) -> Vec<PathBuf> {
    roots.sort();
    let mut kept: Vec<PathBuf> = Vec::new();
    for root in roots {
        if !kept.iter().any(|outer| root.starts_with(outer)) {
            kept.push(root);
        }
    }
    kept
}

/// What tells one folder or file from another whatever its name.
#[cfg(unix)]
pub(super) fn identity(_path: &Path, metadata: &Metadata) -> (u64, u64) {
    use std::os::unix::fs::MetadataExt as _;
    (metadata.dev(), metadata.ino())
}

/// What tells one folder or file from another whatever its name.
#[cfg(not(unix))]
pub(super) fn identity(path: &Path, _metadata: &Metadata) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| path.to_path_buf())
}

#[cfg(unix)]
pub(super) type Identity = (u64, u64);
#[cfg(not(unix))]
pub(super) type Identity = PathBuf;

/// Walks the roots (outermost ones only). Stops early when cancelled.
pub(super) fn walk(
    roots: &[PathBuf],
    leave_out: &LeaveOut,
    reporter: &mut dyn ScanReporter,
    cancel: &CancelToken,
) -> Walked {
    let mut walker =
        Walker { walked: Walked::default(), leave_out, entered: HashSet::new(), folders: Vec::new(), seen: 0 };
    let mut links = Vec::new();
    for root in roots {
        match std::fs::metadata(root) {
            Ok(metadata) if metadata.is_dir() => walker.folder(root, &mut links, reporter, cancel),
            _ => walker.problem(
                root,
                ProblemKind::Folder,
                "The folder is not there (is its drive away?). Its songs are kept and come back with it.",
            ),
        }
    }
    while !links.is_empty() && !cancel.is_cancelled() {
        let mut round = std::mem::take(&mut links);
        round.sort();
        for link in round {
            walker.link(&link, &mut links, reporter, cancel);
        }
    }
    let Walker { mut walked, folders, .. } = walker;
    walked.files.sort();
    for folder in folders {
        let next = walked.files.partition_point(|file| *file < folder);
        if !walked.files.get(next).is_some_and(|file| file.starts_with(&folder)) {
            let trouble =
                Trouble::new(ProblemKind::Folder, "This is a folder with the name of a song, and no songs in it.");
            walked.problems.push((folder, trouble));
        }
    }
    walked.problems.sort_by(|a, b| a.0.cmp(&b.0));
    walked
}

struct Walker<'a> {
    walked: Walked,
    leave_out: &'a LeaveOut,
    /// Folders that have been entered.
    entered: HashSet<Identity>,
    /// Folders that are named like songs.
    folders: Vec<PathBuf>,
    seen: u64,
}

impl Walker<'_> {
    fn problem(&mut self, path: &Path, kind: ProblemKind, message: impl Into<String>) {
        self.walked.problems.push((path.to_path_buf(), Trouble::new(kind, message)));
    }

    /// Walks a real folder; links are collected for later.
    fn folder(
        &mut self,
        folder: &Path,
        links: &mut Vec<PathBuf>,
        reporter: &mut dyn ScanReporter,
        cancel: &CancelToken,
    ) {
        // A root may itself be a link; walkdir then needs to be told to go in.
        let mut entries = WalkDir::new(folder).follow_links(false).follow_root_links(true).into_iter();
        while let Some(entry) = entries.next() {
            if cancel.is_cancelled() {
                return;
            }
            let entry = match entry {
                Ok(entry) => entry,
                Err(error) => {
                    self.unreadable(folder, &error);
                    continue;
                }
            };
            let path = entry.path();
            let is_root = entry.depth() == 0;
            if !is_root && is_hidden(entry.file_name()) {
                if entry.file_type().is_dir() {
                    entries.skip_current_dir();
                }
                continue;
            }
            if !is_root && entry.file_type().is_dir() && self.leave_out.leaves_out_folder(path, entry.file_name()) {
                self.walked.left_out += 1;
                entries.skip_current_dir();
                continue;
            }
            if is_root || entry.file_type().is_dir() {
                let entered = match std::fs::metadata(path) {
                    Ok(metadata) => self.entered.insert(identity(path, &metadata)),
                    Err(_) => true,
                };
                if !entered {
                    entries.skip_current_dir();
                } else if !is_root && has_audio_extension(path) {
                    self.folders.push(path.to_path_buf());
                }
            } else if entry.file_type().is_symlink() {
                links.push(path.to_path_buf());
            } else if let Some(kind) = unknown_kind(path) {
                *self.walked.unknown_kinds.entry(kind).or_insert(0) += 1;
            } else if has_audio_extension(path) {
                if self.leave_out.matches(path) {
                    self.walked.left_out += 1;
                } else if entry.file_type().is_file() {
                    self.file(path, reporter);
                } else {
                    self.problem(path, ProblemKind::Other, "This is a device, pipe or socket, not a file.");
                }
            }
        }
    }

    /// Takes in a file. Where names are not bytes, one that is no text cannot be kept.
    fn file(&mut self, path: &Path, reporter: &mut dyn ScanReporter) {
        if cfg!(not(unix)) && path.to_str().is_none() {
            self.problem(
                path,
                ProblemKind::Name,
                "The name is not valid Unicode text, so it cannot be written into playlists. Rename the file or its folder.",
            );
            return;
        }
        self.seen += 1;
        if self.seen.is_multiple_of(500) {
            reporter.progress(self.seen, None, path);
        }
        self.walked.files.push(path.to_path_buf());
    }

    /// Follows a link to a file or to a folder that was not entered yet.
    fn link(&mut self, link: &Path, links: &mut Vec<PathBuf>, reporter: &mut dyn ScanReporter, cancel: &CancelToken) {
        match std::fs::metadata(link) {
            Ok(_) if self.leave_out.leaves_out_folder(link, link.file_name().unwrap_or_default()) => {
                self.walked.left_out += 1;
            }
            Ok(metadata) if metadata.is_dir() => {
                if self.entered.contains(&identity(link, &metadata)) {
                    if leads_upwards(link) {
                        self.problem(link, ProblemKind::Folder, "This link leads back to a folder it is in.");
                    }
                } else if leads_upwards(link) {
                    self.problem(link, ProblemKind::Folder, "This link leads to a folder above it.");
                } else {
                    self.folder(link, links, reporter, cancel);
                }
            }
            Ok(metadata) if has_audio_extension(link) => {
                if metadata.is_file() {
                    self.walked.file_links.insert(link.to_path_buf());
                    self.file(link, reporter);
                } else {
                    self.problem(link, ProblemKind::Other, "This is a device, pipe or socket, not a file.");
                }
            }
            Ok(_) => {}
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                self.problem(link, ProblemKind::Folder, "This link leads nowhere: what it points to is not there.");
            }
            Err(error) => self.problem(link, ProblemKind::Folder, format!("This link cannot be followed: {error}.")),
        }
    }

    fn unreadable(&mut self, folder: &Path, error: &walkdir::Error) {
        let path = error.path().unwrap_or(folder).to_path_buf();
        match error.io_error() {
            Some(io) if io.kind() == std::io::ErrorKind::PermissionDenied => {
                self.problem(&path, ProblemKind::Permission, "Timbre is not allowed to read this folder.");
            }
            Some(io) => self.problem(&path, ProblemKind::Folder, format!("The folder cannot be read: {io}.")),
            None => self.problem(&path, ProblemKind::Folder, "The folder cannot be read."),
        }
    }
}

/// Whether a link's target is one of the folders that the link is in.
fn leads_upwards(link: &Path) -> bool {
    let (Ok(target), Some(Ok(parent))) = (link.canonicalize(), link.parent().map(Path::canonicalize)) else {
        return false;
    };
    parent.starts_with(target)
}
