//! The log file, and what happens when Timbre itself is at fault.
//!
//! The log has no names of songs but those that a warning is about. It is `timbre.log` in the log folder; when that is full it becomes
//! `timbre.1.log`, and the one before `timbre.2.log`.

use std::backtrace::Backtrace;
use std::cell::Cell;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::panic::{AssertUnwindSafe, PanicHookInfo, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::fs::{private_folder, write_private};
use super::read::read_text;
use super::time::{unix_now_secs, utc_text};

/// A log file is at most so long.
const MOST_BYTES: u64 = 1 << 20;
/// What is written at once is cut after this many bytes.
const MOST_BYTES_AT_ONCE: usize = 64 * 1024;
/// This many faults that were handled are written down with all that led to them.
const MOST_HANDLED_TRACES: usize = 20;
/// The files, the newest first.
const NAMES: [&str; 3] = ["timbre.log", "timbre.1.log", "timbre.2.log"];
/// The file that tells the next start of a fault.
const FAULT: &str = "fault";

thread_local! {
    /// Depth of calls whose panics are caught and handled.
    static GUARDED: Cell<usize> = const { Cell::new(0) };
}

/// Runs `work`; a panic in it is the caller's to handle, and no fault that ends the program.
///
/// # Errors
/// What the panic carried.
pub fn guarded<T>(work: impl FnOnce() -> T) -> std::thread::Result<T> {
    GUARDED.set(GUARDED.get() + 1);
    let ended = catch_unwind(AssertUnwindSafe(work));
    GUARDED.set(GUARDED.get().saturating_sub(1));
    ended
}

/// The log file. Clones write to the same one.
#[derive(Clone, Debug)]
pub struct Log {
    folder: Arc<PathBuf>,
    /// Open since the first line.
    file: Arc<Mutex<Option<(File, u64)>>>,
}

impl Log {
    /// A log in this folder; both are made with the first line.
    pub fn new(folder: &Path) -> Self {
        Self { folder: Arc::new(folder.to_path_buf()), file: Arc::default() }
    }

    fn append(&self, bytes: &[u8]) -> io::Result<()> {
        let bytes = &bytes[..bytes.len().min(MOST_BYTES_AT_ONCE)];
        let mut open = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        let (mut file, len) = match open.take() {
            Some((file, len)) if len + bytes.len() as u64 <= MOST_BYTES => (file, len),
            _ => self.open(bytes.len() as u64)?,
        };
        file.write_all(bytes)?;
        *open = Some((file, len + bytes.len() as u64));
        Ok(())
    }

    /// Opens the file, or a new one where the old one has no room for this.
    fn open(&self, bytes: u64) -> io::Result<(File, u64)> {
        private_folder(&self.folder)?;
        let path = self.folder.join(NAMES[0]);
        let mut len = 0;
        if let Ok(there) = fs::metadata(&path) {
            if !there.is_file() {
                return Err(io::Error::new(
                    io::ErrorKind::InvalidInput,
                    "something other than a file has the log's name",
                ));
            }
            len = there.len();
        }
        if len + bytes > MOST_BYTES {
            for (newer, older) in NAMES.iter().zip(&NAMES[1..]).rev() {
                fs::rename(self.folder.join(newer), self.folder.join(older)).ok();
            }
            len = 0;
        }
        let mut options = OpenOptions::new();
        options.create(true).append(true);
        #[cfg(unix)]
        {
            use std::os::unix::fs::OpenOptionsExt as _;
            options.mode(0o600);
        }
        Ok((options.open(path)?, len))
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // Where nothing can be written there is no log; that is no reason to stop anything.
        self.append(bytes).ok();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Writes down every panic from now on, after what happens with it anyway. With `tell_next_start` one that nobody handles is told at the
/// next start, unless this run comes to an orderly end ([`ended_well`]).
pub fn write_down_panics(log: Log, tell_next_start: bool) {
    let before = std::panic::take_hook();
    let traced = AtomicUsize::new(0);
    std::panic::set_hook(Box::new(move |panic| {
        before(panic);
        let handled = GUARDED.get() > 0;
        // Thousands of damaged files could fall over the same fault.
        let with_trace = !handled || traced.fetch_add(1, Ordering::Relaxed) < MOST_HANDLED_TRACES;
        log.append(fault_text(panic, handled, with_trace).as_bytes()).ok();
        if tell_next_start && !handled {
            write_private(&log.folder.join(FAULT), std::process::id().to_string().as_bytes()).ok();
        }
    }));
}

fn fault_text(panic: &PanicHookInfo<'_>, handled: bool, with_trace: bool) -> String {
    let message = panic.payload_as_str().unwrap_or("no message");
    let place = panic.location().map(ToString::to_string).unwrap_or_default();
    let thread = std::thread::current();
    format!(
        "{} {} in thread {} of Timbre {}: {message}\n  at {place}\n{}",
        utc_text(unix_now_secs()),
        if handled { "FAULT (handled)" } else { "FAULT" },
        thread.name().unwrap_or("without a name"),
        env!("CARGO_PKG_VERSION"),
        if with_trace { format!("{}\n", Backtrace::force_capture()) } else { String::new() },
    )
}

/// This run comes to its end as it should: whatever happened in a thread of it did not end it.
pub fn ended_well(folder: &Path) {
    if fault_of(folder) == Some(std::process::id()) {
        fs::remove_file(folder.join(FAULT)).ok();
    }
}

/// Whether the last run ended with a fault; says so once.
pub fn take_fault(folder: &Path) -> bool {
    match fault_of(folder) {
        // A window that is still open knows of it.
        Some(process) if is_running(process) => false,
        Some(_) => fs::remove_file(folder.join(FAULT)).is_ok(),
        None => false,
    }
}

fn fault_of(folder: &Path) -> Option<u32> {
    read_text(&folder.join(FAULT), 64).ok().map(|text| text.trim().parse().unwrap_or(0))
}

/// Whether a process runs, where the system shows that by a folder.
fn is_running(process: u32) -> bool {
    cfg!(target_os = "linux") && process != std::process::id() && Path::new("/proc").join(process.to_string()).exists()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_files_of_a_megabyte_are_kept() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("log");
        let mut log = Log::new(&folder);
        assert!(!folder.exists());
        let line = [b'x'; 1000];
        for _ in 0..4000 {
            log.write_all(&line).unwrap();
        }
        // A longer text is cut.
        log.clone().write_all(&vec![b'y'; 10 << 20]).unwrap();
        let mut names: Vec<_> =
            fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        assert_eq!(names, ["timbre.1.log", "timbre.2.log", "timbre.log"]);
        for name in NAMES {
            assert!(fs::metadata(folder.join(name)).unwrap().len() <= MOST_BYTES);
        }
        assert!(fs::metadata(folder.join(NAMES[0])).unwrap().len() > 1000);
        // Another run goes on where this one stopped.
        let len = fs::metadata(folder.join(NAMES[0])).unwrap().len();
        Log::new(&folder).write_all(b"more").unwrap();
        assert_eq!(fs::metadata(folder.join(NAMES[0])).unwrap().len(), len + 4);
    }

    #[test]
    fn where_nothing_can_be_written_nothing_happens() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("file");
        fs::write(&file, "x").unwrap();
        Log::new(&file).write_all(b"line").unwrap();
        assert!(!take_fault(&file) && !take_fault(dir.path()));
    }

    #[test]
    fn a_fault_is_told_once_and_not_of_a_run_that_goes_on() {
        let dir = tempfile::tempdir().unwrap();
        let fault = dir.path().join(FAULT);
        fs::write(&fault, "4194305").unwrap();
        assert!(take_fault(dir.path()) && !take_fault(dir.path()));
        fs::write(&fault, "rubbish").unwrap();
        assert!(take_fault(dir.path()) && !fault.exists());
        fs::write(&fault, std::process::id().to_string()).unwrap();
        ended_well(dir.path());
        assert!(!fault.exists());
    }
}
