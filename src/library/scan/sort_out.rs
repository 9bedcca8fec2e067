//! What the walk and the database say together: which files must be opened, which songs are gone.

use std::cell::LazyCell;
use std::collections::HashSet;
use std::fs::Metadata;
use std::io;
use std::path::{Path, PathBuf};

use rayon::ThreadPool;
use rayon::prelude::*;

use super::read::system_trouble;
use super::walk::{self, Walked};
use super::{ScanSummary, Trouble};
use crate::library::db::scanning::{Known, KnownTrack};
use crate::library::stamp::FileStamp;
use crate::library::stamp::inode;

/// A file that must be opened.
#[derive(Debug)]
pub(super) struct Work {
    pub path: PathBuf,
    /// The song that stands for this path (its place in [`Known::tracks`]).
    pub row: Option<usize>,
    /// The file is as it was, but the song's sound was not read yet.
    pub is_unchanged: bool,
}

/// What the walk and the database say together. Songs are places in [`Known::tracks`].
pub(super) struct Sorted {
    pub summary: ScanSummary,
    /// Files in all.
    pub total: u64,
    /// New and changed files, ordered by path.
    pub work: Vec<Work>,
    /// Unchanged songs that were missing.
    pub returned: Vec<usize>,
    /// Songs that are below the roots by their path, but whose file is not there.
    pub gone: Vec<usize>,
    /// For each song whether its file is there and unchanged.
    pub settled: Vec<bool>,
    /// Problems of folders, links and names, and of files that cannot be looked at.
    pub problems: Vec<(PathBuf, Trouble)>,
    /// Paths of problems that are still as they were.
    pub standing: HashSet<String>,
}

/// Compares every file's stamp with what is known.
pub(super) fn sort_out(pool: &ThreadPool, roots: &[PathBuf], walked: Walked, known: &Known) -> Sorted {
    let Walked { files, file_links, problems, left_out, unknown_kinds } = walked;
    let stats: Vec<_> = pool.install(|| files.par_iter().with_min_len(64).map(std::fs::metadata).collect());
    // Looked up only when a file has another inode than its song.
    let doubtful = LazyCell::new(|| doubtful_stamps(&known.tracks));
    let mut sorted = Sorted {
        summary: ScanSummary { left_out, unknown_kinds, ..ScanSummary::default() },
        total: files.len() as u64,
        work: Vec::new(),
        returned: Vec::new(),
        gone: Vec::new(),
        settled: vec![false; known.tracks.len()],
        problems,
        standing: HashSet::new(),
    };
    let mut links = Links::new(&files, &stats, file_links);
    // Files and songs are both ordered by path.
    let mut next = 0;
    for (path, stat) in files.into_iter().zip(stats) {
        while known.tracks.get(next).is_some_and(|track| track.path < path) {
            sorted.not_there(next, roots, known);
            next += 1;
        }
        let first = next;
        while known.tracks.get(next).is_some_and(|track| track.path == path) {
            next += 1;
        }
        let metadata = match stat {
            Ok(metadata) => metadata,
            Err(error) => {
                sorted.problems.push((path, system_trouble(&error)));
                (first..next).for_each(|row| sorted.not_there(row, roots, known));
                continue;
            }
        };
        if links.is_second(&path, &metadata) {
            (first..next).for_each(|row| sorted.not_there(row, roots, known));
            continue;
        }
        sorted.file(path, &metadata, first..next, roots, known, &|stamp| doubtful.contains(stamp));
    }
    (next..known.tracks.len()).for_each(|row| sorted.not_there(row, roots, known));
    sorted.summary.problems = sorted.standing.len() + sorted.problems.len();
    sorted.summary.returned = sorted.returned.len();
    sorted
}

impl Sorted {
    fn file(
        &mut self,
        path: PathBuf,
        metadata: &Metadata,
        rows: std::ops::Range<usize>,
        roots: &[PathBuf],
        known: &Known,
        is_doubtful: &dyn Fn(&FileStamp) -> bool,
    ) {
        let stamp = FileStamp::from_metadata(metadata);
        let standing = known.problem(&path).filter(|(_, problem)| problem.stamp == Some(stamp));
        let has_standing_problem = standing.is_some();
        self.standing.extend(standing.map(|(path, _)| path.clone()));
        let is_same = |row: &usize| {
            let track = &known.tracks[*row];
            // Files of one size and time that changed places can be told apart by their inodes only.
            track.stamp == stamp && (track.inode == 0 || track.inode == inode(metadata) || !is_doubtful(&stamp))
        };
        let rank = |row: &usize| (known.tracks[*row].is_here(), !known.tracks[*row].hidden, known.tracks[*row].id);
        let same = rows.clone().filter(is_same).max_by_key(rank);
        let occupant = same.or_else(|| rows.clone().max_by_key(rank));
        for row in rows.filter(|row| Some(*row) != occupant) {
            self.not_there(row, roots, known);
        }
        match (same, occupant) {
            (Some(row), _) => {
                self.settled[row] = true;
                let track = &known.tracks[row];
                if (track.sound_key.is_none() || track.has_old_tags) && !has_standing_problem {
                    self.work.push(Work { path, row: Some(row), is_unchanged: true });
                } else if track.is_here() {
                    self.summary.unchanged += 1;
                } else {
                    self.returned.push(row);
                }
            }
            (None, Some(row)) => self.work.push(Work { path, row: Some(row), is_unchanged: false }),
            (None, None) if has_standing_problem => {}
            (None, None) => self.work.push(Work { path, row: None, is_unchanged: false }),
        }
    }

    fn not_there(&mut self, row: usize, roots: &[PathBuf], known: &Known) {
        if below(roots, &known.tracks[row].path) {
            self.gone.push(row);
        }
    }
}

/// Stamps that several songs have.
fn doubtful_stamps(tracks: &[KnownTrack]) -> HashSet<FileStamp> {
    let mut stamps: Vec<FileStamp> = tracks.iter().map(|track| track.stamp).collect();
    stamps.sort_unstable();
    stamps.windows(2).filter(|pair| pair[0] == pair[1]).map(|pair| pair[0]).collect()
}

/// Whether a path lies below one of the roots.
pub(super) fn below(roots: &[PathBuf], path: &Path) -> bool {
    roots.iter().any(|root| path.starts_with(root))
}

/// Knows links whose target is found another way as well.
struct Links {
    links: HashSet<PathBuf>,
    real: HashSet<walk::Identity>,
    linked: HashSet<walk::Identity>,
}

impl Links {
    fn new(files: &[PathBuf], stats: &[io::Result<Metadata>], links: HashSet<PathBuf>) -> Self {
        let real = if links.is_empty() {
            HashSet::new()
        } else {
            let pairs = files.iter().zip(stats).filter(|(path, _)| !links.contains(*path));
            pairs.filter_map(|(path, stat)| Some(walk::identity(path, stat.as_ref().ok()?))).collect()
        };
        Self { links, real, linked: HashSet::new() }
    }

    fn is_second(&mut self, path: &Path, metadata: &Metadata) -> bool {
        if !self.links.contains(path) {
            return false;
        }
        let identity = walk::identity(path, metadata);
        self.real.contains(&identity) || !self.linked.insert(identity)
    }
}
