//! Remembers in a small file that songs are being classified, so that closing the window, a crash or a kill only
//! interrupts it. The next window goes on; the file goes when the work ends or a person stops it.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::base::JobId;
use crate::base::fs::write_atomic;
use crate::base::time::unix_now_secs;

/// No file of this kind is longer, bytes.
const LONGEST: u64 = 1 << 20;

/// What is left to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Unfinished {
    /// Version of this form.
    version: u32,
    /// What was decided until then is to be decided again, Unix seconds; `None` where only what is new is heard.
    pub again_since: Option<i64>,
    /// Only songs in these folders; empty means all.
    pub within: Vec<PathBuf>,
}

impl Unfinished {
    /// What was left to do; nothing when there is no file or it cannot be understood.
    pub fn read(path: &Path) -> Option<Self> {
        let file = match File::open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return None,
            Err(error) => {
                tracing::warn!(%error, ?path, "an unfinished classification cannot be read");
                return None;
            }
        };
        let mut text = String::new();
        let parsed = file
            .take(LONGEST)
            .read_to_string(&mut text)
            .and_then(|_| serde_json::from_str::<Self>(&text).map_err(io::Error::from));
        match parsed {
            Ok(unfinished) if unfinished.version == 1 => Some(unfinished),
            Ok(_) | Err(_) => {
                tracing::warn!(?path, "an unfinished classification is not understood");
                None
            }
        }
    }
}

/// The classifications that wait or run, and the file that tells of them.
#[derive(Debug)]
pub(super) struct Classifications {
    path: PathBuf,
    jobs: Vec<(JobId, Unfinished)>,
    /// What the file says.
    told: Option<Unfinished>,
}

impl Classifications {
    /// Tells of them in this file.
    pub fn new(path: PathBuf) -> Self {
        Self { path, jobs: Vec::new(), told: None }
    }

    /// One was asked for. `again_until` is as in a job: what was decided until then is due again.
    pub fn begun(&mut self, job: JobId, again_until: Option<i64>, within: &[PathBuf]) {
        let again_since = again_until.map(|until| until.min(unix_now_secs()));
        self.jobs.push((job, Unfinished { version: 1, again_since, within: within.to_vec() }));
        self.tell();
    }

    /// One came to its end, or a person stopped it.
    pub fn ended(&mut self, job: JobId) {
        self.jobs.retain(|(id, _)| *id != job);
        self.tell();
    }

    /// Writes down all that is left to do, as one.
    fn tell(&mut self) {
        let all = self.jobs.iter().map(|(_, job)| job);
        let left = all.cloned().reduce(|one, other| Unfinished {
            version: 1,
            again_since: one.again_since.into_iter().chain(other.again_since).min(),
            within: if one.within.is_empty() || other.within.is_empty() {
                Vec::new()
            } else {
                [one.within, other.within].concat()
            },
        });
        if left == self.told {
            return;
        }
        let written = match &left {
            Some(left) => {
                serde_json::to_vec(left).map_err(io::Error::from).and_then(|bytes| write_atomic(&self.path, &bytes))
            }
            None => match std::fs::remove_file(&self.path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
                _ => Ok(()),
            },
        };
        if let Err(error) = written {
            tracing::warn!(%error, path = ?self.path, "an interrupted classification would not go on by itself");
        }
        self.told = left;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_says_what_is_left_of_all_jobs_and_goes_with_the_last() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("classify.json");
        let mut jobs = Classifications::new(path.clone());
        assert_eq!(Unfinished::read(&path), None);
        jobs.begun(JobId(1), None, &["/a".into()]);
        let unfinished = Unfinished::read(&path).unwrap();
        assert_eq!((unfinished.again_since, unfinished.within), (None, vec![PathBuf::from("/a")]));
        jobs.begun(JobId(2), Some(i64::MAX), &[]);
        let unfinished = Unfinished::read(&path).unwrap();
        assert!(unfinished.again_since.unwrap().abs_diff(unix_now_secs()) < 60 && unfinished.within.is_empty());
        jobs.begun(JobId(3), Some(77), &[]);
        assert_eq!(Unfinished::read(&path).unwrap().again_since, Some(77), "what was interrupted before stays due");
        jobs.ended(JobId(3));
        jobs.ended(JobId(2));
        assert_eq!(Unfinished::read(&path).unwrap().again_since, None);
        jobs.ended(JobId(1));
        assert!(!path.exists());
    }

    #[test]
    fn a_file_that_is_not_understood_is_passed_over() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("classify.json");
        for text in ["", "{", "[]", r#"{"version": 2, "again_since": null, "within": []}"#, "\u{0}\u{1}"] {
            std::fs::write(&path, text).unwrap();
            assert_eq!(Unfinished::read(&path), None, "{text}");
        }
        assert_eq!(Unfinished::read(dir.path()), None);
    }
}
