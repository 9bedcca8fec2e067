//! The scan itself.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rayon::ThreadPool;

use super::pipeline::{read_in_order, thread_pool};
use super::read::Reading;
use super::sort_out::{Sorted, Work, below, sort_out};
use super::{LeaveOut, ProbeFn, ScanOptions, ScanReporter, ScanSummary, Song, Trouble, moves, walk};
use crate::base::CancelToken;
use crate::base::time::unix_now_secs;
use crate::library::db::scanning::{Change, Known, Looks, Place};
use crate::library::model::Problem;
use crate::library::sound_key::SoundKey;
use crate::library::stamp::FileStamp;
use crate::library::text::fold;
use crate::library::{Library, LibraryError, absolute, shown};

/// A batch is written when it has this many files,
const BATCH_FILES: usize = 512;
/// or when it is so old.
const BATCH_AGE: Duration = Duration::from_millis(500);
/// Songs whose playing times differ by no more than this may be the same.
const SAME_LENGTH_SECS: f64 = 1.0;

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
    let walked = walk::walk(&roots, &options.leave_out, reporter, cancel);
    if cancel.is_cancelled() {
        return Ok(ScanSummary { cancelled: true, ..ScanSummary::default() });
    }
    let known = library.known()?;
    let mut sorted = sort_out(&pool, &roots, walked, &known);
    let mut scan = Scan {
        library,
        known: &known,
        roots: &roots,
        leave_out: &options.leave_out,
        reporter,
        summary: sorted.summary.clone(),
        strays: Strays::default(),
        opened: HashSet::new(),
        batch: Vec::new(),
        batch_started: Instant::now(),
        now: unix_now_secs(),
    };
    scan.strays = Strays::new(scan.library, &known, &sorted)?;
    let work = std::mem::take(&mut sorted.work);
    let held = scan.read(&pool, work, sorted.total, probe, cancel)?;
    if !cancel.is_cancelled() {
        scan.settle(sorted, held)?;
    }
    Ok(ScanSummary { cancelled: cancel.is_cancelled(), ..scan.summary })
}

/// A file, and what was read of it.
type Read = (Work, Reading);

/// Known songs that may be found at another path than theirs, as places in [`Known::tracks`].
#[derive(Default)]
struct Strays {
    by_sound: HashMap<SoundKey, Vec<usize>>,
    /// Songs of version 1, by the size and hash of their file.
    by_v1_hash: HashMap<(i64, [u8; 16]), Vec<usize>>,
    v1_sizes: HashSet<u64>,
    /// Songs that are gone and that somebody cares for, by title and artist.
    by_looks: HashMap<(String, String), Vec<(usize, f64)>>,
    looks: HashMap<usize, Looks>,
}

impl Strays {
    fn new(library: &Library, known: &Known, sorted: &Sorted) -> Result<Self, LibraryError> {
        let mut strays = Self::default();
        for (row, track) in known.tracks.iter().enumerate().filter(|(row, _)| !sorted.settled[*row]) {
            if let Some(key) = track.sound_key {
                strays.by_sound.entry(key).or_default().push(row);
            } else if let Some(hash) = track.v1_hash {
                strays.by_v1_hash.entry((track.stamp.size, hash)).or_default().push(row);
                strays.v1_sizes.insert(track.stamp.size.max(0) as u64);
            }
        }
        // Only what is certainly not at its place can be asked after.
        let mut rows = sorted.gone.clone();
        rows.extend(sorted.work.iter().filter(|work| !work.is_unchanged).filter_map(|work| work.row));
        if !sorted.work.is_empty() {
            let ids: Vec<i64> = rows.iter().map(|row| known.tracks[*row].id).collect();
            for (row, looks) in rows.into_iter().zip(library.looks(&ids)?) {
                let Some(looks) = looks else { continue };
                if looks.is_cared_for && looks.duration_secs > 0.0 {
                    let named = (fold(&looks.title), fold(&looks.artist));
                    strays.by_looks.entry(named).or_default().push((row, looks.duration_secs));
                }
                strays.looks.insert(row, looks);
            }
        }
        Ok(strays)
    }

    /// Whether a known song may be meant by this.
    fn may_be(&self, reading: &Reading) -> bool {
        let Some(song) = &reading.song else { return false };
        self.by_sound.contains_key(&song.sound_key)
            || reading
                .stamp
                .zip(reading.v1_hash)
                .is_some_and(|(stamp, hash)| self.by_v1_hash.contains_key(&(stamp.size, hash)))
    }

    /// Songs that look like this one: the same title and artist, and the same length.
    fn alike<'a>(&'a self, song: &Song, path: &Path) -> impl Iterator<Item = usize> + use<'a> {
        let stem = || path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let title = song.tags.title.clone().unwrap_or_else(stem);
        let named = (fold(&title), fold(song.tags.artist.as_deref().unwrap_or_default()));
        let secs = song.duration_secs;
        let found = self.by_looks.get(&named).map_or(&[][..], Vec::as_slice).iter();
        found.filter(move |(_, known)| (known - secs).abs() <= SAME_LENGTH_SECS).map(|(row, _)| *row)
    }
}

/// A scan under way.
struct Scan<'a> {
    library: &'a mut Library,
    known: &'a Known,
    roots: &'a [PathBuf],
    leave_out: &'a LeaveOut,
    reporter: &'a mut dyn ScanReporter,
    summary: ScanSummary,
    strays: Strays,
    /// Files that were opened and had a problem before.
    opened: HashSet<String>,
    /// Read and not yet written.
    batch: Vec<Read>,
    batch_started: Instant,
    now: i64,
}

impl Scan<'_> {
    /// Opens the files, in path order. What is certainly new is written in batches; files that may belong to a known
    /// song are held back until all are read, and returned.
    fn read(
        &mut self,
        pool: &ThreadPool,
        work: Vec<Work>,
        total: u64,
        probe: &ProbeFn<'_>,
        cancel: &CancelToken,
    ) -> Result<Vec<Read>, LibraryError> {
        let mut done = total - work.len() as u64;
        let paths: Vec<PathBuf> = work.iter().map(|work| work.path.clone()).collect();
        let paths: Vec<&Path> = paths.iter().map(PathBuf::as_path).collect();
        let sizes = std::mem::take(&mut self.strays.v1_sizes);
        let mut held = Vec::new();
        let mut work = work.into_iter();
        read_in_order(pool, &paths, probe, &|size| sizes.contains(&size), cancel, &mut |_, reading| {
            let Some(work) = work.next() else { return Ok(()) };
            done += 1;
            self.reporter.progress(done, Some(total), &work.path);
            let is_certain = work.is_unchanged || (work.row.is_none() && !self.strays.may_be(&reading));
            if is_certain {
                self.batch.push((work, reading));
            } else {
                held.push((work, reading));
            }
            if self.batch.len() >= BATCH_FILES || self.batch_started.elapsed() >= BATCH_AGE {
                self.batch_started = Instant::now();
                self.store_batch()?;
            }
            Ok(())
        })?;
        self.store_batch()?;
        Ok(held)
    }

    /// Writes the batch in one transaction: new songs, and known ones that got their sound key.
    fn store_batch(&mut self) -> Result<(), LibraryError> {
        let batch = std::mem::take(&mut self.batch);
        let mut changes: Vec<Change<'_>> = Vec::with_capacity(batch.len());
        for (work, reading) in &batch {
            let track = work.row.map(|row| &self.known.tracks[row]);
            match (track, place(work, reading)) {
                (Some(track), Some((place, song))) => {
                    self.summary.unchanged += usize::from(track.is_here());
                    self.summary.returned += usize::from(!track.is_here());
                    changes.push(Change::Update { id: track.id, place, song, same_sound: true });
                }
                (Some(track), None) => changes.push(Change::Unusable { id: track.id, stamp: reading.stamp }),
                (None, Some((place, song))) => {
                    self.summary.added += 1;
                    // Songs at their place may be looked for, too: who is gone is certain only in the end.
                    let looks_like = self.strays.alike(&song, place.path).next().map(|row| self.known.tracks[row].id);
                    changes.push(Change::Insert { place, song, looks_like });
                }
                (None, None) => {}
            }
            self.trouble(work, reading, &mut changes);
        }
        self.write(&changes)
    }

    /// Notes what is wrong with a file, or that nothing is wrong any more.
    fn trouble(&mut self, work: &Work, reading: &Reading, changes: &mut Vec<Change<'_>>) {
        let before = self.known.problem(&work.path);
        self.opened.extend(before.map(|(path, _)| path.clone()));
        match (&reading.trouble, before) {
            (Some(trouble), before) => {
                self.summary.problems += 1;
                let problem = self.problem(work.path.clone(), trouble.clone());
                if before.is_none_or(|(_, known)| known.message != problem.message) {
                    self.reporter.problem(&problem);
                }
                changes.push(Change::Problem { problem, stamp: reading.stamp });
            }
            (None, Some((path, _))) => changes.push(Change::NoProblem { path: path.clone() }),
            (None, None) => {}
        }
    }

    /// Decides which of the files held back are which songs, who is gone and who came back, and writes all of it in one
    /// transaction: a song is never both here and missing there.
    fn settle(&mut self, sorted: Sorted, held: Vec<Read>) -> Result<(), LibraryError> {
        let Sorted { returned, gone, settled, problems, standing, .. } = sorted;
        let mut changes: Vec<Change<'_>> =
            returned.iter().map(|row| Change::Returned { id: self.known.tracks[*row].id }).collect();
        let pairs = self.pair(&held, &settled, &gone);
        let mut found: HashSet<usize> = pairs.values().map(|(row, _)| *row).collect();
        let mut lost: Vec<usize> = gone;
        for (index, (work, reading)) in held.iter().enumerate() {
            let (row, same_sound) = match pairs.get(&index) {
                Some((row, same_sound)) => (Some(*row), *same_sound),
                None => (None, false),
            };
            // Whoever was at this path and is not this song.
            if let Some(occupant) = work.row.filter(|occupant| Some(*occupant) != row && !found.contains(occupant)) {
                match &reading.song {
                    Some(_) => lost.push(occupant),
                    None => {
                        found.insert(occupant);
                        let id = self.known.tracks[occupant].id;
                        changes.push(Change::Unusable { id, stamp: reading.stamp });
                    }
                }
            }
            match (row, place(work, reading)) {
                (Some(row), Some((place, song))) => {
                    let track = &self.known.tracks[row];
                    if track.path != work.path {
                        self.summary.moved += 1;
                    } else if track.is_here() {
                        self.summary.updated += 1;
                    } else {
                        self.summary.updated += 1;
                        self.summary.returned += 1;
                    }
                    changes.push(Change::Update { id: track.id, place, song, same_sound });
                }
                (_, Some((place, song))) => {
                    self.summary.added += 1;
                    let former = self.strays.alike(&song, place.path).find(|row| !found.contains(row));
                    let looks_like = former.map(|row| self.known.tracks[row].id);
                    changes.push(Change::Insert { place, song, looks_like });
                }
                (_, None) => {}
            }
            self.trouble(work, reading, &mut changes);
        }
        for row in lost.into_iter().filter(|row| !found.contains(row)) {
            let track = &self.known.tracks[row];
            // What a person does not want to see any more is hidden, not missing.
            if self.leave_out.leaves_out_file(&track.path, self.roots) {
                if !track.hidden {
                    changes.push(Change::Hidden { id: track.id });
                }
                continue;
            }
            // A hidden song is nobody's loss.
            if !track.hidden {
                self.summary.missing += 1;
            }
            if track.is_here() {
                changes.push(Change::Missing { id: track.id });
            }
        }
        self.settle_problems(problems, &standing, &mut changes);
        self.write(&changes)
    }

    /// Which files are which songs: the song for each file held back, and whether it is certain that the sound is the
    /// same. Equal sound first, then what version 1 knew, then a path of version 1 with a song of the same length.
    fn pair(&self, held: &[Read], settled: &[bool], gone: &[usize]) -> HashMap<usize, (usize, bool)> {
        let tracks = &self.known.tracks;
        let mut pairs: HashMap<usize, (usize, bool)> = HashMap::new();
        let mut found: HashSet<usize> = HashSet::new();
        let gone: HashSet<usize> = gone.iter().copied().collect();
        let at_work: HashSet<usize> = held.iter().filter_map(|(work, _)| work.row).collect();
        // A song outside of what was walked counts only if its file is not there any more.
        let mut absent: HashMap<usize, bool> = HashMap::new();
        let mut is_stray = |row: usize| {
            !settled[row]
                && (gone.contains(&row)
                    || at_work.contains(&row)
                    || *absent.entry(row).or_insert_with(|| {
                        let path = &tracks[row].path;
                        !below(self.roots, path) && std::fs::symlink_metadata(path).is_err()
                    }))
        };
        let mut by_sound: Vec<usize> = Vec::new();
        let mut by_hash: Vec<usize> = Vec::new();
        for (_, reading) in held {
            let Some(song) = &reading.song else { continue };
            by_sound.extend(self.strays.by_sound.get(&song.sound_key).into_iter().flatten());
            if let Some((stamp, hash)) = reading.stamp.zip(reading.v1_hash) {
                by_hash.extend(self.strays.by_v1_hash.get(&(stamp.size, hash)).into_iter().flatten());
            }
        }
        for rows in [&mut by_sound, &mut by_hash] {
            rows.sort_by_key(|row| tracks[*row].id);
            rows.dedup();
            rows.retain(|row| is_stray(*row));
        }
        let songs: Vec<_> = by_sound.iter().map(|row| (tracks[*row].path.as_path(), tracks[*row].sound_key)).collect();
        let files: Vec<(usize, moves::Candidate<'_, Option<SoundKey>>)> = held
            .iter()
            .enumerate()
            .filter_map(|(index, (work, reading))| {
                Some((index, (work.path.as_path(), Some(reading.song.as_ref()?.sound_key))))
            })
            .collect();
        let candidates: Vec<_> = files.iter().map(|(_, candidate)| *candidate).collect();
        for (song, file) in moves::pair(&songs, &candidates) {
            pairs.insert(files[file].0, (by_sound[song], true));
            found.insert(by_sound[song]);
        }
        let songs: Vec<_> = by_hash
            .iter()
            .map(|row| (tracks[*row].path.as_path(), (tracks[*row].stamp.size, tracks[*row].v1_hash)))
            .collect();
        let files: Vec<_> = held
            .iter()
            .enumerate()
            .filter(|(index, _)| !pairs.contains_key(index))
            .filter_map(|(index, (work, reading))| {
                Some((index, (work.path.as_path(), (reading.stamp?.size, Some(reading.v1_hash?)))))
            })
            .collect();
        let candidates: Vec<_> = files.iter().map(|(_, candidate)| *candidate).collect();
        for (song, file) in moves::pair(&songs, &candidates) {
            pairs.insert(files[file].0, (by_hash[song], true));
            found.insert(by_hash[song]);
        }
        // Nobody knows what a file of version 1 sounded like that was changed before its sound key could be read.
        for (index, (work, reading)) in held.iter().enumerate() {
            let (Some(row), Some(song)) = (work.row, &reading.song) else { continue };
            let is_free = !pairs.contains_key(&index) && !found.contains(&row) && tracks[row].sound_key.is_none();
            let length = self.strays.looks.get(&row).map_or(0.0, |looks| looks.duration_secs);
            if is_free && (length - song.duration_secs).abs() <= SAME_LENGTH_SECS {
                pairs.insert(index, (row, false));
                found.insert(row);
            }
        }
        pairs
    }

    /// New problems of folders, links and names, and the end of those that are over.
    fn settle_problems(
        &mut self,
        problems: Vec<(PathBuf, Trouble)>,
        standing: &HashSet<String>,
        changes: &mut Vec<Change<'_>>,
    ) {
        let mut reported: HashSet<String> = HashSet::new();
        for (path, trouble) in problems {
            let text = shown(&path);
            let is_news = self.known.problems.get(&text).is_none_or(|known| known.message != trouble.message);
            reported.insert(text);
            if is_news {
                let problem = self.problem(path, trouble);
                self.reporter.problem(&problem);
                changes.push(Change::Problem { problem, stamp: None });
            }
        }
        // Files that were opened have decided for themselves; all other problems below the roots are over.
        let mut over: Vec<&String> = self
            .known
            .problems
            .keys()
            .filter(|path| below(self.roots, Path::new(path)) && !standing.contains(*path))
            .filter(|path| !reported.contains(*path) && !self.opened.contains(*path))
            .collect();
        over.sort();
        changes.extend(over.into_iter().map(|path| Change::NoProblem { path: path.clone() }));
    }

    fn write(&mut self, changes: &[Change<'_>]) -> Result<(), LibraryError> {
        if !changes.is_empty() {
            self.library.apply(changes)?;
            self.reporter.committed();
        }
        Ok(())
    }

    fn problem(&self, path: PathBuf, trouble: Trouble) -> Problem {
        Problem { path, kind: trouble.kind, message: trouble.message, seen_at: self.now }
    }
}

/// Where a file is and what song it holds, if it can be used.
fn place<'a>(work: &'a Work, reading: &Reading) -> Option<(Place<'a>, Song)> {
    let (stamp, song): (FileStamp, Song) = (reading.stamp?, reading.song.clone()?);
    Some((Place { path: &work.path, stamp, inode: reading.inode }, song))
}
