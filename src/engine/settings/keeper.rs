//! Brings changes to the disk: at once after a rest, and at most once a second while they follow each other.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use super::{Change, Settings};

/// Between two writes lies at least this.
const PAUSE: Duration = Duration::from_secs(1);

/// What waits to be written.
#[derive(Debug)]
pub(in crate::engine) struct Keeper {
    path: PathBuf,
    /// The last change of each setting.
    waiting: Vec<Change>,
    written_at: Option<Instant>,
    due: Option<Instant>,
    /// Writing failed, and that was told.
    failed: bool,
}

impl Keeper {
    pub fn new(path: PathBuf) -> Self {
        Self { path, waiting: Vec::new(), written_at: None, due: None, failed: false }
    }

    /// Takes changes, which are due some time.
    pub fn add(&mut self, changes: Vec<Change>) {
        let now = Instant::now();
        self.due.get_or_insert(self.written_at.map_or(now, |at| now.max(at + PAUSE)));
        for change in changes {
            self.waiting.retain(|waiting| waiting.key() != change.key());
            self.waiting.push(change);
        }
    }

    /// When to write; never, if nothing waits. What could not be written waits for the next change or the end.
    pub fn due(&self) -> Option<Instant> {
        self.due
    }

    /// Writes what waits. Gives back the settings that the file then holds; nothing if nothing waits.
    ///
    /// # Errors
    /// When the file cannot be written, the first time only.
    pub fn write(&mut self) -> std::io::Result<Option<Settings>> {
        self.due = None;
        if self.waiting.is_empty() {
            return Ok(None);
        }
        self.written_at = Some(Instant::now());
        match Settings::change_file(&self.path, &self.waiting) {
            Ok(settings) => {
                self.waiting.clear();
                self.failed = false;
                Ok(Some(settings))
            }
            Err(error) if !self.failed => {
                self.failed = true;
                Err(error)
            }
            Err(_) => Ok(None),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_change_of_each_setting_is_written_and_not_more_often_than_once_a_second() {
        let dir = tempfile::tempdir().unwrap();
        let mut keeper = Keeper::new(dir.path().join("settings.json"));
        assert_eq!(keeper.due(), None);
        keeper.add(vec![Change::Volume(0.1)]);
        assert!(keeper.due().unwrap() <= Instant::now());
        assert_eq!(keeper.write().unwrap().unwrap().volume, 0.1);
        assert_eq!(keeper.due(), None);
        for volume in [0.2, 0.3, 0.4] {
            keeper.add(vec![Change::Volume(volume), Change::Shuffle(true)]);
        }
        assert!(keeper.due().unwrap() > Instant::now() + PAUSE / 2);
        assert_eq!(keeper.waiting, [Change::Volume(0.4), Change::Shuffle(true)]);
    }

    #[test]
    fn a_failure_is_told_once_and_what_waited_is_written_later() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("settings.json");
        std::fs::create_dir(&path).unwrap();
        let mut keeper = Keeper::new(path.clone());
        keeper.add(vec![Change::Volume(0.1)]);
        assert!(keeper.write().is_err());
        keeper.add(vec![Change::Shuffle(true)]);
        assert!(keeper.due().is_some() && keeper.write().unwrap().is_none() && keeper.due().is_none());
        std::fs::remove_dir(&path).unwrap();
        let settings = keeper.write().unwrap().unwrap();
        assert_eq!((settings.volume, settings.shuffle), (0.1, true));
    }
}
