//! What a walk leaves out: folders that systems make, folders that ask for it, and what a person does not want.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use globset::{Glob, GlobBuilder, GlobSet, GlobSetBuilder};

/// Folders of recycle bins, thumbnails and repairs, in lower case. Those that begin with a dot are hidden anyway.
const SYSTEM_FOLDERS: [&str; 8] = [
    "@eadir",
    "#recycle",
    "#snapshot",
    "$recycle.bin",
    "__macosx",
    "lost+found",
    "system volume information",
    "recycler",
];
/// A file of this name asks players to leave its folder out.
const NO_MEDIA: &str = ".nomedia";
/// Patterns that one scan may have.
const MAX_PATTERNS: usize = 1000;

/// What a walk leaves out.
#[derive(Clone, Debug)]
pub struct LeaveOut {
    /// Folders that systems make: `@eaDir`, `#recycle`, `$RECYCLE.BIN`, `__MACOSX`, `lost+found` and the like.
    pub system_folders: bool,
    /// Folders that hold a file called `.nomedia`.
    pub no_media: bool,
    patterns: GlobSet,
}

impl Default for LeaveOut {
    fn default() -> Self {
        Self { system_folders: true, no_media: true, patterns: GlobSet::empty() }
    }
}

/// A pattern that cannot be understood.
#[derive(Debug, thiserror::Error)]
#[error("the pattern {pattern:?} is not understood: {reason}")]
pub struct PatternError {
    /// The pattern as it was given.
    pub pattern: String,
    /// What is wrong with it.
    pub reason: String,
}

impl LeaveOut {
    /// Also leaves out files and folders that match one of these patterns, without regard to case: `*` stands for
    /// anything in a name, `**` for any folders, `?` for a letter, `[ab]` and `{jpg,png}` for a choice. A pattern
    /// without `/` is compared with names, one that begins with `/` with whole paths, others with the end of a path.
    ///
    /// # Errors
    /// The first pattern that is not understood, or that there are more than a thousand.
    pub fn with_patterns<S: AsRef<str>>(mut self, patterns: &[S]) -> Result<Self, PatternError> {
        let mut set = GlobSetBuilder::new();
        for (index, pattern) in patterns.iter().enumerate() {
            let pattern = pattern.as_ref().trim();
            if pattern.is_empty() {
                continue;
            }
            let failed = |reason: String| PatternError { pattern: pattern.to_owned(), reason };
            if index >= MAX_PATTERNS {
                return Err(failed(format!("more than {MAX_PATTERNS} patterns are given")));
            }
            set.add(glob(pattern).map_err(|error| failed(error.kind().to_string()))?);
        }
        self.patterns = set.build().map_err(|error| PatternError {
            pattern: error.glob().unwrap_or_default().to_owned(),
            reason: error.kind().to_string(),
        })?;
        Ok(self)
    }

    /// Whether a folder below a root is not entered.
    pub(super) fn leaves_out_folder(&self, folder: &Path, name: &OsStr) -> bool {
        self.is_system_folder(name) || self.matches(folder) || (self.no_media && folder.join(NO_MEDIA).exists())
    }

    /// Whether a walk of these roots leaves out a file that is there: by itself, or by a folder that it is in.
    pub(super) fn leaves_out_file(&self, file: &Path, roots: &[PathBuf]) -> bool {
        let Some(root) = roots.iter().find(|root| file.starts_with(root)) else { return false };
        let mut folders = file.ancestors().skip(1).take_while(|folder| folder != root && folder.starts_with(root));
        let left_out = self.matches(file)
            || folders.any(|folder| folder.file_name().is_some_and(|name| self.leaves_out_folder(folder, name)));
        left_out && std::fs::symlink_metadata(file).is_ok()
    }

    fn is_system_folder(&self, name: &OsStr) -> bool {
        self.system_folders && SYSTEM_FOLDERS.iter().any(|system| name.eq_ignore_ascii_case(system))
    }

    /// Whether a pattern names this file or folder.
    pub(super) fn matches(&self, path: &Path) -> bool {
        !self.patterns.is_empty() && self.patterns.is_match(path)
    }
}

fn glob(pattern: &str) -> Result<Glob, globset::Error> {
    let pattern = pattern.trim_end_matches('/');
    let whole = if pattern.starts_with('/') || pattern.starts_with("**/") || Path::new(pattern).is_absolute() {
        pattern.to_owned()
    } else {
        format!("**/{pattern}")
    };
    GlobBuilder::new(&whole).case_insensitive(true).literal_separator(true).build()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_name_files_and_folders() {
        let leave_out = LeaveOut::default().with_patterns(&["Podcasts", "*.tmp.mp3", "/m/Old/**", "Live/*.wav", " "]);
        let leave_out = leave_out.unwrap();
        for path in ["/m/podcasts", "/m/x/a.TMP.mp3", "/m/Old/a.mp3", "/m/a/live/1.wav"] {
            assert!(leave_out.matches(Path::new(path)), "{path}");
        }
        for path in ["/m/My Podcasts", "/m/a.mp3", "/n/Old/a.mp3", "/m/live/x/1.wav"] {
            assert!(!leave_out.matches(Path::new(path)), "{path}");
        }
        let error = LeaveOut::default().with_patterns(&["ok", "a[b"]).unwrap_err();
        assert_eq!(error.pattern, "a[b");
    }

    #[test]
    fn folders_of_systems_have_any_case() {
        let leave_out = LeaveOut::default();
        assert!(leave_out.leaves_out_folder(Path::new("/m/@EADIR"), OsStr::new("@EADIR")));
        assert!(!leave_out.leaves_out_folder(Path::new("/m/Recycled"), OsStr::new("Recycled")));
        let all = LeaveOut { system_folders: false, ..leave_out };
        assert!(!all.leaves_out_folder(Path::new("/m/@eaDir"), OsStr::new("@eaDir")));
    }
}
