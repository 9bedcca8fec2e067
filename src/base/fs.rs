//! Writing files so that a crash leaves the old or the new one, never half of either; files that only their owner reads.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use tempfile::NamedTempFile;

/// How the name of a temporary file begins.
const TEMPORARY_START: &str = ".timbre-";
/// How it ends.
const TEMPORARY_END: &str = ".part";
/// A temporary file that nobody has written to for so long was left by a program that was killed.
const LEFT_OVER_AFTER: Duration = Duration::from_secs(5 * 60);
/// Entries of a folder that a search for left-over files looks at.
const MOST_ENTRIES: usize = 100_000;
/// How long [`FolderLock::take`] waits for another program.
const LOCK_TIMEOUT: Duration = Duration::from_secs(5);

/// Who may read a new file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Readers {
    /// As the system's mask says.
    Usual,
    /// Only the owner.
    Owner,
}

/// Writes `bytes` to a temporary file beside `path`, flushes it to disk and renames it over `path`. A file that is replaced
/// keeps its permissions; of a link the target is replaced.
///
/// # Errors
/// What the file system says; `path` is then as it was before.
pub fn write_atomic(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = NewFile::create(path)?;
    file.as_file_mut().write_all(bytes)?;
    file.keep()
}

/// The same for a file that only its owner may read and write, from its first byte on.
///
/// # Errors
/// What the file system says; `path` is then as it was before.
pub fn write_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = NewFile::beside(path, Readers::Owner)?;
    file.as_file_mut().write_all(bytes)?;
    file.keep()
}

/// A file that is not yet there under its own name; gone when dropped before it is kept.
#[derive(Debug)]
pub struct NewFile {
    file: NamedTempFile,
    path: PathBuf,
}

impl NewFile {
    /// An empty file beside `path`, under a name that nobody can foresee.
    ///
    /// # Errors
    /// What the file system says, or that `path` is something else than a file.
    pub fn create(path: &Path) -> io::Result<Self> {
        Self::beside(path, Readers::Usual)
    }

    fn beside(path: &Path, readers: Readers) -> io::Result<Self> {
        if path.file_name().is_none() {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "path has no file name"));
        }
        // A link stays one: what it points to is replaced.
        let is_link = fs::symlink_metadata(path).is_ok_and(|there| there.is_symlink());
        let path = if is_link { fs::canonicalize(path)? } else { path.to_path_buf() };
        let replaced = match fs::metadata(&path) {
            Ok(there) if there.is_file() => Some(there.permissions()),
            Ok(_) => {
                return Err(io::Error::new(io::ErrorKind::InvalidInput, "something other than a file has its name"));
            }
            Err(_) => None,
        };
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let mut builder = tempfile::Builder::new();
        builder.prefix(TEMPORARY_START).suffix(TEMPORARY_END).rand_bytes(12);
        #[cfg(unix)]
        if readers == Readers::Usual {
            use std::os::unix::fs::PermissionsExt as _;
            // Less what the system's mask takes away.
            builder.permissions(fs::Permissions::from_mode(0o666));
        }
        let file = builder.tempfile_in(folder)?;
        if let Some(permissions) = replaced.filter(|there| readers == Readers::Usual && !there.readonly()) {
            file.as_file().set_permissions(permissions)?;
        }
        Ok(Self { file, path })
    }

    /// The file, open for reading and writing.
    pub fn as_file_mut(&mut self) -> &mut File {
        self.file.as_file_mut()
    }

    /// Flushes it to disk and gives it its own name.
    ///
    /// # Errors
    /// What the file system says; nothing is left of the new file then.
    pub fn keep(self) -> io::Result<()> {
        self.file.as_file().sync_all()?;
        let folder = self.path.parent().map(Path::to_path_buf);
        self.keep_unflushed()?;
        sync_folder(folder.as_deref());
        Ok(())
    }

    /// The same, but a power cut may spoil its content; for what can be made again and is checked when it is read.
    ///
    /// # Errors
    /// What the file system says; nothing is left of the new file then.
    pub fn keep_unflushed(self) -> io::Result<()> {
        self.file.persist(&self.path).map(drop).map_err(|error| error.error)
    }
}

/// Makes the change of a name last through a power cut, where the system has a way to do so.
fn sync_folder(folder: Option<&Path>) {
    let folder = folder.filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if cfg!(unix)
        && let Ok(folder) = File::open(folder)
    {
        // Some network drives refuse this; the file itself is whole there, too.
        folder.sync_all().ok();
    }
}

/// Makes an empty file that only its owner may read and write, unless there is one. SQLite gives the files beside a
/// database the permissions of the database.
///
/// # Errors
/// What the file system says.
pub fn private_file(path: &Path) -> io::Result<()> {
    if fs::symlink_metadata(path).is_ok_and(|there| !there.is_symlink()) {
        return Ok(());
    }
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    match options.open(path) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error),
    }
}

/// Takes from everybody but the owner what they may do with a file, where it is there and the owner is who asks.
pub fn tighten(path: &Path) {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let Ok(there) = fs::metadata(path) else { return };
        let mode = there.permissions().mode();
        if there.is_file() && mode & 0o077 != 0 {
            // Somebody else's file, or a drive without permissions: it stays as it is.
            fs::set_permissions(path, fs::Permissions::from_mode(mode & 0o700)).ok();
        }
    }
    #[cfg(not(unix))]
    let _ = path;
}

/// Makes a folder (and those above it) that only its owner may look into. One that is there stays as it is.
///
/// # Errors
/// What the file system says.
pub fn private_folder(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt as _;
        builder.mode(0o700);
    }
    builder.create(path)
}

/// Deletes from a folder (not from those in it) the temporary files that a program left when it was killed: only files with a name that
/// Timbre gives, and only those that nobody has written to for some minutes. Says how many went.
pub fn remove_left_overs(folder: &Path) -> usize {
    let Ok(entries) = fs::read_dir(folder) else { return 0 };
    let now = SystemTime::now();
    let is_left = |entry: &fs::DirEntry| {
        let Ok(there) = entry.metadata() else { return false };
        let age = there.modified().ok().and_then(|at| now.duration_since(at).ok());
        // The metadata are those of a link itself, so that a link is no file here.
        there.is_file() && is_temporary_name(&entry.file_name().to_string_lossy()) && age > Some(LEFT_OVER_AFTER)
    };
    let left = entries.take(MOST_ENTRIES).flatten().filter(is_left);
    left.filter(|entry| fs::remove_file(entry.path()).is_ok()).count()
}

/// Whether Timbre gives such a name to a temporary file: `.timbre-x1Y2z3x1Y2z3.part`; earlier `.settings.json.4711.part`.
fn is_temporary_name(name: &str) -> bool {
    let Some(inner) = name.strip_suffix(TEMPORARY_END) else { return false };
    if let Some(random) = inner.strip_prefix(TEMPORARY_START) {
        return random.len() == 12 && random.chars().all(|c| c.is_ascii_alphanumeric());
    }
    let of_process = |number: &str| !number.is_empty() && number.chars().all(|c| c.is_ascii_digit());
    let ours = [".settings.json.", ".queue.json.", ".run.json."];
    ours.iter().any(|start| inner.strip_prefix(start).is_some_and(of_process))
}

/// Held while a file in a folder is read, changed and written back, so that no change of another thread or program gets lost.
/// The system lets go of it when the program ends, however that happens.
#[derive(Debug)]
pub struct FolderLock {
    _folder: Option<File>,
    _thread: std::sync::MutexGuard<'static, ()>,
}

impl FolderLock {
    /// Takes the folder; waits for whoever has it, some seconds at most. Where the system cannot lock a folder, other threads of this
    /// program are still kept out.
    pub fn take(folder: &Path) -> Self {
        static THREADS: std::sync::Mutex<()> = std::sync::Mutex::new(());
        let thread = THREADS.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let start = std::time::Instant::now();
        let opened = File::open(folder).ok();
        if let Some(file) = &opened {
            while matches!(file.try_lock(), Err(fs::TryLockError::WouldBlock)) && start.elapsed() < LOCK_TIMEOUT {
                std::thread::sleep(Duration::from_millis(5));
            }
        }
        Self { _folder: opened, _thread: thread }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    fn mode(path: &Path) -> u32 {
        use std::os::unix::fs::PermissionsExt as _;
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn replaces_the_file_and_leaves_nothing_beside_it() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.txt");
        write_atomic(&path, b"one").unwrap();
        write_atomic(&path, b"two").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"two");
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
        drop(NewFile::create(&path).unwrap());
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_missing_folder_is_an_error() {
        assert!(write_atomic(Path::new("/nonexistent-folder/a.txt"), b"x").is_err());
    }

    #[test]
    fn threads_that_write_one_file_leave_one_of_their_texts() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.txt");
        std::thread::scope(|scope| {
            for letter in b'a'..b'e' {
                let path = &path;
                scope.spawn(move || (0..50).for_each(|_| write_atomic(path, &[letter; 4096]).unwrap()));
            }
        });
        let text = fs::read(&path).unwrap();
        assert!(text.len() == 4096 && text.iter().all(|letter| *letter == text[0]));
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[cfg(unix)]
    #[test]
    fn permissions_and_links_of_what_is_replaced_stay() {
        use std::os::unix::fs::PermissionsExt as _;
        let dir = tempfile::tempdir().unwrap();
        let (path, link) = (dir.path().join("a.txt"), dir.path().join("link"));
        write_atomic(&path, b"one").unwrap();
        assert_eq!(mode(&path) & 0o600, 0o600);
        for kept in [0o640, 0o600, 0o664] {
            fs::set_permissions(&path, fs::Permissions::from_mode(kept)).unwrap();
            write_atomic(&path, b"two").unwrap();
            assert_eq!(mode(&path), kept);
        }
        write_private(&path, b"three").unwrap();
        assert_eq!(mode(&path), 0o600);
        std::os::unix::fs::symlink(&path, &link).unwrap();
        write_atomic(&link, b"four").unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read(&path).unwrap(), b"four");
        assert!(write_atomic(Path::new("/dev/null"), b"x").is_err());
    }

    #[cfg(unix)]
    #[test]
    fn private_things_are_the_owners_alone() {
        use std::os::unix::fs::PermissionsExt as _;
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("a/b");
        private_folder(&folder).unwrap();
        assert_eq!(mode(&folder), 0o700);
        let path = folder.join("x");
        private_file(&path).unwrap();
        assert_eq!(mode(&path), 0o600);
        fs::write(&path, "text").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        private_file(&path).unwrap();
        assert_eq!(mode(&path), 0o644, "it is there, and stays");
        tighten(&path);
        assert_eq!((mode(&path), fs::read(&path).unwrap()), (0o600, b"text".to_vec()));
    }

    #[test]
    fn only_old_files_of_timbres_own_names_are_left_overs() {
        let dir = tempfile::tempdir().unwrap();
        let file = |name: &str, old: bool| {
            let file = File::create(dir.path().join(name)).unwrap();
            if old {
                file.set_modified(SystemTime::now() - Duration::from_secs(3600)).unwrap();
            }
        };
        for name in [".timbre-abcABC123456.part", ".settings.json.4711.part"] {
            file(name, true);
        }
        let kept = [".timbre-x.part", "film.part", ".film.12.part", "settings.json", ".settings.json.a.part"];
        kept.iter().for_each(|name| file(name, true));
        file(".timbre-newNEW123456.part", false);
        fs::create_dir(dir.path().join(".timbre-folder123456.part")).unwrap();
        assert_eq!(remove_left_overs(dir.path()), 2);
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), kept.len() + 2);
        assert_eq!(remove_left_overs(Path::new("/nonexistent-folder")), 0);
    }
}
