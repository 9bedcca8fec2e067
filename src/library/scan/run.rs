//! The scan itself.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rayon::ThreadPool;
use rayon::prelude::*;

use super::pipeline::{read_in_order, thread_pool};
use super::read::{Reading, system_trouble};
use super::walk::{self, Walked};
use super::{FileStamp, ProbeFn, ScanOptions, ScanReporter, ScanSummary, Trouble, moves};
use crate::base::CancelToken;
use crate::base::time::unix_now_secs;
use crate::library::db::scanning::{Change, Known};
use crate::library::model::Problem;
use crate::library::{Library, LibraryError, absolute, shown};

/// A batch is written when it has so many files,
const BATCH_FILES: usize = 512;
/// or when it is so old.
const BATCH_AGE: Duration = Duration::from_millis(500);

/// Looks at every file below `roots` and brings the database up to date with them. Files outside are not touched,
/// except that a song known from elsewhere whose file is gone there may be found again here.
///
/// The reporter is called on this thread. A cancelled scan ends with `Ok` and `cancelled`.
///
/// # Errors
/// Database failures, and threads that cannot be started; trouble with files is reported as problems instead.
pub fn scan(
    library: &mut Library,
    roots: &[PathBuf],
    options: &ScanOptions,
    probe: &ProbeFn<'_>,
    reporter: &mut dyn ScanReporter,
    cancel: &CancelToken,
) -> Result<ScanSummary, LibraryError> {
    let roots = walk::outermost(roots.iter().map(|root| absolute(root)).collect());
    let pool = thread_pool(options.jobs)?;
    let walked = walk::walk(&roots, reporter, cancel);
    if cancel.is_cancelled() {
        return Ok(ScanSummary { cancelled: true, ..ScanSummary::default() });
    }
    let known = library.known()?;
    let sorted = sort_out(&pool, &roots, walked, &known);
    let mut scan =
        Scan { summary: sorted.summary.clone(), done: 0, total: sorted.total, batch: Vec::new(), now: unix_now_secs() };
    scan.done = sorted.total - sorted.work.len() as u64;
    let run = scan.run(library, &pool, sorted, &known, &roots, probe, reporter, cancel);
    run.map(|()| ScanSummary { cancelled: cancel.is_cancelled(), ..scan.summary })
}

/// A file that must be opened.
struct Work {
    path: PathBuf,
    stamp: FileStamp,
    /// The row that stands for it, if there is one, and whether it was missing.
    row: Option<(i64, bool)>,
}

/// What the walk and the database say together.
struct Sorted {
    summary: ScanSummary,
    total: u64,
    /// New and changed files, ordered by path.
    work: Vec<Work>,
    /// Rows of unchanged songs that were missing.
    returned: Vec<i64>,
    /// Songs that are below the roots by their path, but not there: path and row, and whether that is news.
    gone: Vec<(String, i64, bool)>,
    /// Problems of folders, links and names, and of files that cannot be looked at.
    problems: Vec<(PathBuf, Trouble)>,
    /// Paths of problems that are still as they were.
    standing: HashSet<String>,
}

/// Compares every file's stamp with what is known.
fn sort_out(pool: &ThreadPool, roots: &[PathBuf], walked: Walked, known: &Known) -> Sorted {
    let Walked { files, file_links, problems } = walked;
    let stats: Vec<_> = pool.install(|| files.par_iter().with_min_len(64).map(std::fs::metadata).collect());
    let real: HashSet<_> = if file_links.is_empty() {
        HashSet::new()
    } else {
        let pairs = files.iter().zip(&stats).filter(|(path, _)| !file_links.contains(*path));
        pairs.filter_map(|(path, stat)| Some(walk::identity(path, stat.as_ref().ok()?))).collect()
    };
    let mut linked = HashSet::new();
    let mut seen: HashSet<i64> = HashSet::with_capacity(known.tracks.len());
    let mut sorted = Sorted {
        summary: ScanSummary::default(),
        total: files.len() as u64,
        work: Vec::new(),
        returned: Vec::new(),
        gone: Vec::new(),
        problems,
        standing: HashSet::new(),
    };
    for (path, stat) in files.into_iter().zip(stats) {
        let metadata = match stat {
            Ok(metadata) => metadata,
            Err(error) => {
                sorted.problems.push((path, system_trouble(&error)));
                continue;
            }
        };
        if file_links.contains(&path) {
            let identity = walk::identity(&path, &metadata);
            if real.contains(&identity) || !linked.insert(identity) {
                continue;
            }
        }
        let stamp = FileStamp::from_metadata(&metadata);
        let Some(text) = path.to_str() else { continue };
        let problem = known.problems.get(text);
        if let Some(track) = known.tracks.get(text) {
            seen.insert(track.id);
            if problem.is_some_and(|problem| problem.stamp == Some(stamp)) {
                sorted.standing.insert(text.to_owned());
            }
            if track.stamp != stamp {
                sorted.work.push(Work { path, stamp, row: Some((track.id, track.missing)) });
            } else if track.missing {
                sorted.returned.push(track.id);
            } else {
                sorted.summary.unchanged += 1;
            }
        } else if problem.is_some_and(|problem| problem.stamp == Some(stamp)) {
            sorted.standing.insert(text.to_owned());
        } else {
            sorted.work.push(Work { path, stamp, row: None });
        }
    }
    for (path, track) in &known.tracks {
        if !seen.contains(&track.id) && below(roots, path) {
            sorted.gone.push((path.clone(), track.id, !track.missing));
        }
    }
    sorted.gone.sort();
    sorted.summary.problems = sorted.standing.len() + sorted.problems.len();
    sorted.summary.returned = sorted.returned.len();
    sorted
}

fn below(roots: &[PathBuf], path: &str) -> bool {
    roots.iter().any(|root| Path::new(path).starts_with(root))
}

/// A known song at another place: its row, the file, and what was read of it.
type Moved = (i64, Work, Reading);
/// A file to be opened, or what was read of it already.
type Pending = (Work, Option<Reading>);

/// A scan under way.
struct Scan {
    summary: ScanSummary,
    done: u64,
    total: u64,
    /// Read and not yet written.
    batch: Vec<(Work, Reading)>,
    now: i64,
}

impl Scan {
    fn run(
        &mut self,
        library: &mut Library,
        pool: &ThreadPool,
        sorted: Sorted,
        known: &Known,
        roots: &[PathBuf],
        probe: &ProbeFn<'_>,
        reporter: &mut dyn ScanReporter,
        cancel: &CancelToken,
    ) -> Result<(), LibraryError> {
        let Sorted { work, returned, gone, problems, standing, .. } = sorted;
        let (moved, work) = self.find_moves(library, pool, work, &gone, known, roots, probe, reporter, cancel)?;
        if cancel.is_cancelled() {
            return Ok(());
        }
        // One transaction for all that concerns known songs: a song is never both here and missing there.
        let mut changes: Vec<Change<'_>> = returned.into_iter().map(|id| Change::Returned { id }).collect();
        let mut moved_rows = HashSet::new();
        for (id, work, reading) in &moved {
            if let (Some(path), Some(stamp), Some(song)) = (work.path.to_str(), reading.stamp, &reading.song) {
                moved_rows.insert(*id);
                changes.push(Change::Update { id: *id, path, stamp, song: song.clone() });
            }
        }
        self.summary.moved = moved_rows.len();
        for (_, id, is_news) in gone.iter().filter(|(_, id, _)| !moved_rows.contains(id)) {
            self.summary.missing += 1;
            if *is_news {
                changes.push(Change::Missing { id: *id });
            }
        }
        let mut reported: HashSet<String> = HashSet::new();
        for (path, trouble) in problems {
            let text = shown(&path);
            let is_news = known.problems.get(&text).is_none_or(|known| known.message != trouble.message);
            reported.insert(text);
            if is_news {
                let problem = self.problem(path, trouble);
                reporter.problem(&problem);
                changes.push(Change::Problem { problem, stamp: None });
            }
        }
        // Files still to be opened decide for themselves; all other problems below the roots are over.
        let undecided: HashSet<&str> = work.iter().filter_map(|work| work.0.path.to_str()).collect();
        let mut over: Vec<&String> = known
            .problems
            .keys()
            .filter(|path| below(roots, path) && !standing.contains(*path) && !reported.contains(*path))
            .filter(|path| !undecided.contains(path.as_str()))
            .collect();
        over.sort();
        changes.extend(over.into_iter().map(|path| Change::NoProblem { path }));
        if !changes.is_empty() {
            library.apply(&changes)?;
            reporter.committed();
        }
        self.read_and_store(library, pool, work, known, probe, reporter, cancel)
    }

    /// Reads the new files that have the size of a song which is gone, and pairs them by content. Answers with the
    /// moved ones (row, file, reading), and with all other work in its order, as far as it was read already.
    fn find_moves(
        &mut self,
        library: &Library,
        pool: &ThreadPool,
        work: Vec<Work>,
        gone: &[(String, i64, bool)],
        known: &Known,
        roots: &[PathBuf],
        probe: &ProbeFn<'_>,
        reporter: &mut dyn ScanReporter,
        cancel: &CancelToken,
    ) -> Result<(Vec<Moved>, Vec<Pending>), LibraryError> {
        let mut sizes: HashSet<i64> =
            gone.iter().filter_map(|(path, ..)| Some(known.tracks.get(path)?.stamp.size)).collect();
        let new_sizes: HashSet<i64> =
            work.iter().filter(|work| work.row.is_none()).map(|work| work.stamp.size).collect();
        // Songs that belong elsewhere are candidates too if their file is not there any more.
        let mut candidates: Vec<(&str, i64)> = gone
            .iter()
            .filter(|(path, ..)| known.tracks.get(path).is_some_and(|track| new_sizes.contains(&track.stamp.size)))
            .map(|(path, id, _)| (path.as_str(), *id))
            .collect();
        for (path, track) in &known.tracks {
            if new_sizes.contains(&track.stamp.size) && !below(roots, path) && !Path::new(path).exists() {
                candidates.push((path, track.id));
                sizes.insert(track.stamp.size);
            }
        }
        let mut all: Vec<Pending> = work.into_iter().map(|work| (work, None)).collect();
        if candidates.is_empty() {
            return Ok((Vec::new(), all));
        }
        let to_read: Vec<usize> = (0..all.len())
            .filter(|&index| all[index].0.row.is_none() && sizes.contains(&all[index].0.stamp.size))
            .collect();
        let paths: Vec<&Path> = to_read.iter().map(|&index| all[index].0.path.as_path()).collect();
        let mut readings: Vec<Reading> = Vec::with_capacity(paths.len());
        read_in_order(pool, &paths, probe, cancel, &mut |index, reading| {
            readings.push(reading);
            reporter.progress(self.done + readings.len() as u64, Some(self.total), paths[index]);
            Ok(())
        })?;
        if cancel.is_cancelled() {
            return Ok((Vec::new(), all));
        }
        let ids: Vec<i64> = candidates.iter().map(|(_, id)| *id).collect();
        let hashes = library.content_hashes(&ids)?;
        let content = |path: &str, hash| (known.tracks.get(path).map_or(-1, |track| track.stamp.size), hash);
        let old: Vec<_> =
            candidates.iter().zip(hashes).map(|((path, _), hash)| (Path::new(*path), content(path, hash))).collect();
        let songs: Vec<usize> = (0..readings.len()).filter(|&index| readings[index].song.is_some()).collect();
        let new: Vec<_> = songs
            .iter()
            .filter_map(|&index| {
                let (song, stamp) = (readings[index].song.as_ref()?, readings[index].stamp?);
                Some((paths[index], (stamp.size, song.content_hash)))
            })
            .collect();
        let pairs: HashMap<usize, i64> =
            moves::pair(&old, &new).into_iter().map(|(old, new)| (to_read[songs[new]], candidates[old].1)).collect();
        self.done += readings.len() as u64;
        for (&index, reading) in to_read.iter().zip(readings) {
            all[index].1 = Some(reading);
        }
        let mut moved = Vec::new();
        let mut rest = Vec::with_capacity(all.len());
        for (index, (work, reading)) in all.into_iter().enumerate() {
            match (pairs.get(&index), reading) {
                (Some(&id), Some(reading)) => moved.push((id, work, reading)),
                (_, reading) => rest.push((work, reading)),
            }
        }
        Ok((moved, rest))
    }

    /// Opens what is left and writes it in batches, in path order.
    fn read_and_store(
        &mut self,
        library: &mut Library,
        pool: &ThreadPool,
        work: Vec<Pending>,
        known: &Known,
        probe: &ProbeFn<'_>,
        reporter: &mut dyn ScanReporter,
        cancel: &CancelToken,
    ) -> Result<(), LibraryError> {
        let unread: Vec<PathBuf> =
            work.iter().filter(|(_, reading)| reading.is_none()).map(|(work, _)| work.path.clone()).collect();
        let paths: Vec<&Path> = unread.iter().map(PathBuf::as_path).collect();
        let mut work = work.into_iter().peekable();
        let mut batch_started = Instant::now();
        read_in_order(pool, &paths, probe, cancel, &mut |_, reading| {
            while let Some((work, Some(reading))) = work.next_if(|(_, reading)| reading.is_some()) {
                self.batch.push((work, reading));
            }
            if let Some((work, _)) = work.next() {
                self.done += 1;
                reporter.progress(self.done, Some(self.total), &work.path);
                self.batch.push((work, reading));
            }
            if self.batch.len() >= BATCH_FILES || batch_started.elapsed() >= BATCH_AGE {
                batch_started = Instant::now();
                self.store_batch(library, known, reporter)?;
            }
            Ok(())
        })?;
        while let Some((work, Some(reading))) = work.next_if(|(_, reading)| reading.is_some()) {
            self.batch.push((work, reading));
        }
        self.store_batch(library, known, reporter)
    }

    /// Writes the batch in one transaction.
    fn store_batch(
        &mut self,
        library: &mut Library,
        known: &Known,
        reporter: &mut dyn ScanReporter,
    ) -> Result<(), LibraryError> {
        let batch = std::mem::take(&mut self.batch);
        let mut changes = Vec::with_capacity(batch.len());
        for (work, reading) in &batch {
            let Some(path) = work.path.to_str() else { continue };
            let Reading { stamp, song, trouble } = reading.clone();
            match (work.row, song, stamp) {
                (None, Some(song), Some(stamp)) => {
                    self.summary.added += 1;
                    changes.push(Change::Insert { path, stamp, song });
                }
                (Some((id, was_missing)), Some(song), Some(stamp)) => {
                    self.summary.updated += 1;
                    self.summary.returned += usize::from(was_missing);
                    changes.push(Change::Update { id, path, stamp, song });
                }
                (Some((id, _)), _, stamp) => changes.push(Change::Unusable { id, stamp }),
                (None, ..) => {}
            }
            match trouble {
                Some(trouble) => {
                    self.summary.problems += 1;
                    let problem = self.problem(work.path.clone(), trouble);
                    if known.problems.get(path).is_none_or(|known| known.message != problem.message) {
                        reporter.problem(&problem);
                    }
                    changes.push(Change::Problem { problem, stamp });
                }
                None if known.problems.contains_key(path) => changes.push(Change::NoProblem { path }),
                None => {}
            }
        }
        if !changes.is_empty() {
            library.apply(&changes)?;
            reporter.committed();
        }
        Ok(())
    }

    fn problem(&self, path: PathBuf, trouble: Trouble) -> Problem {
        Problem { path, kind: trouble.kind, message: trouble.message, seen_at: self.now }
    }
}
