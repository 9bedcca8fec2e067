//! What is to be done next: first what is already known, then a first look, then the exact levels.

use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::Arc;

use crate::base::{CancelToken, TrackId};
use crate::dsp::picture::PictureSpec;

use super::cache::{TileKey, spec_hash};
use super::sound::ContentHash;
use super::{TILE_COLUMNS, TilePlace, TileWish, column_secs};

/// With this much missing, a first look comes before the exact levels, seconds.
const ROUGH_FROM_SECS: f64 = 45.0;

/// A song as the tile maker needs it.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::engine) struct Song {
    pub track: TrackId,
    pub path: PathBuf,
    pub content: ContentHash,
    /// As the library knows it; 0: unknown.
    pub duration_secs: f64,
}

/// A client's wish with the song that it means.
#[derive(Clone, Debug)]
pub(in crate::engine) struct Wish {
    pub song: Arc<Song>,
    pub wish: TileWish,
}

/// The tiles of one stretch of time that are made together: they share the sound and its transform.
#[derive(Clone, Debug)]
pub(super) struct Strip {
    pub song: Arc<Song>,
    pub spec: PictureSpec,
    pub spec_hash: u64,
    pub time_level: u8,
    pub time_index: u32,
    pub band_level: u8,
    /// Their places on the frequency axis, each once, lowest first.
    pub bands: Vec<u16>,
}

/// A strip without its bands.
type StripId = (ContentHash, u64, u8, u32, u8);

impl Strip {
    fn id(&self) -> StripId {
        (self.song.content, self.spec_hash, self.time_level, self.time_index, self.band_level)
    }

    pub fn place(&self, band_index: u16) -> TilePlace {
        let Self { time_level, time_index, band_level, .. } = *self;
        TilePlace { time_level, time_index, band_level, band_index }
    }

    pub fn key(&self, band_index: u16) -> TileKey {
        TileKey { content: self.song.content, spec: self.spec_hash, place: self.place(band_index) }
    }

    /// Where it begins, seconds.
    pub fn start_secs(&self) -> f64 {
        f64::from(self.time_index) * TILE_COLUMNS as f64 * column_secs(self.time_level)
    }

    /// How many of its columns lie inside the song, as far as the library knows.
    pub fn columns_inside(&self) -> usize {
        let duration = self.song.duration_secs;
        let columns = ((duration - self.start_secs()) / column_secs(self.time_level)).ceil();
        if duration > 0.0 { columns.clamp(0.0, TILE_COLUMNS as f64) as usize } else { TILE_COLUMNS }
    }

    /// Its bands as ranges of neighbours.
    pub fn runs(&self) -> Vec<std::ops::Range<u16>> {
        let mut runs: Vec<std::ops::Range<u16>> = Vec::new();
        for band in &self.bands {
            match runs.last_mut() {
                Some(run) if run.end == *band => run.end += 1,
                _ => runs.push(*band..*band + 1),
            }
        }
        runs
    }
}

/// A piece of work.
#[derive(Clone, Debug)]
pub(super) enum Task {
    /// Is it known already?
    LookUp(Strip),
    /// A first look at all of these.
    Rough(Vec<Strip>, CancelToken),
    /// The exact levels.
    Exact(Strip, CancelToken),
}

#[derive(Debug)]
struct Waiting {
    strip: Strip,
    looked_up: bool,
    /// Who is looking.
    looking: Option<u64>,
}

#[derive(Debug)]
struct Running {
    id: u64,
    task: Task,
    asked_again: bool,
    /// All its tiles are kept; who asks for them from now on gets them from there.
    made: bool,
}

/// What is wished for, being done, and failed.
#[derive(Debug)]
pub(super) struct Plan {
    waiting: Vec<Waiting>,
    running: Vec<Running>,
    rough_sent: HashSet<StripId>,
    failed: HashSet<TrackId>,
    next_id: u64,
    /// Tasks at a time.
    pub limit: usize,
}

impl Plan {
    pub fn new(limit: usize) -> Self {
        Self {
            waiting: Vec::new(),
            running: Vec::new(),
            rough_sent: HashSet::new(),
            failed: HashSet::new(),
            next_id: 0,
            limit,
        }
    }

    /// Replaces all earlier wishes. What is being done goes on if somebody still waits for it.
    pub fn want(&mut self, wishes: &[Wish]) {
        self.failed.retain(|track| wishes.iter().any(|wish| wish.song.track == *track));
        let mut strips: Vec<Strip> = Vec::new();
        // The pictures take turns.
        let hashes: Vec<u64> = wishes.iter().map(|wish| spec_hash(&wish.wish.spec)).collect();
        let most = wishes.iter().map(|wish| wish.wish.tiles.len()).max().unwrap_or(0);
        for turn in 0..most {
            for (Wish { song, wish }, spec_hash) in wishes.iter().zip(&hashes) {
                let Some(place) = wish.tiles.get(turn).filter(|_| !self.failed.contains(&song.track)) else { continue };
                let TilePlace { time_level, time_index, band_level, band_index } = *place;
                let id = (song.content, *spec_hash, time_level, time_index, band_level);
                match strips.iter_mut().find(|strip| strip.id() == id && strip.song.track == song.track) {
                    Some(strip) => strip.bands.push(band_index),
                    None => strips.push(Strip {
                        song: song.clone(),
                        spec: wish.spec,
                        spec_hash: *spec_hash,
                        time_level,
                        time_index,
                        band_level,
                        bands: vec![band_index],
                    }),
                }
            }
        }
        for strip in &mut strips {
            strip.bands.sort_unstable();
            strip.bands.dedup();
        }
        let is_wanted = |strip: &Strip| {
            strips
                .iter()
                .any(|wanted| wanted.id() == strip.id() && wanted.bands.iter().any(|band| strip.bands.contains(band)))
        };
        for running in self.running.iter_mut().filter(|running| !running.made) {
            match &running.task {
                Task::LookUp(_) => {}
                Task::Rough(looked_at, cancel) => {
                    if !looked_at.iter().any(is_wanted) {
                        cancel.cancel();
                    }
                }
                Task::Exact(strip, cancel) => {
                    if is_wanted(strip) && !cancel.is_cancelled() {
                        running.asked_again = true;
                    } else {
                        cancel.cancel();
                    }
                }
            }
        }
        for running in self.running.iter().filter(|running| !running.made) {
            if let Task::Exact(doing, cancel) = &running.task
                && !cancel.is_cancelled()
                && let Some(strip) = strips.iter_mut().find(|strip| strip.id() == doing.id())
            {
                strip.bands.retain(|band| !doing.bands.contains(band));
            }
        }
        strips.retain(|strip| !strip.bands.is_empty());
        let pictures: HashSet<_> = wishes.iter().zip(&hashes).map(|(wish, hash)| (wish.song.content, *hash)).collect();
        self.rough_sent.retain(|(content, hash, ..)| pictures.contains(&(*content, *hash)));
        self.waiting = strips.into_iter().map(|strip| Waiting { strip, looked_up: false, looking: None }).collect();
    }

    /// The next piece of work, to be ended with [`Plan::end`] or [`Plan::looked_up`].
    pub fn next(&mut self) -> Option<(u64, Task)> {
        if self.running.len() >= self.limit {
            return None;
        }
        let id = self.next_id;
        let task = self.look_up(id).or_else(|| {
            // What is known may make a first look needless.
            let known = self.waiting.iter().all(|waiting| waiting.looked_up);
            known.then(|| self.rough().or_else(|| self.exact())).flatten()
        })?;
        self.next_id += 1;
        self.running.push(Running { id, task: task.clone(), asked_again: false, made: false });
        Some((id, task))
    }

    fn look_up(&mut self, id: u64) -> Option<Task> {
        let waiting = self.waiting.iter_mut().find(|waiting| !waiting.looked_up && waiting.looking.is_none())?;
        waiting.looking = Some(id);
        Some(Task::LookUp(waiting.strip.clone()))
    }

    fn rough(&mut self) -> Option<Task> {
        for first in &self.waiting {
            let first = &first.strip;
            if self.rough_sent.contains(&first.id()) {
                continue;
            }
            let same_picture = |strip: &&Strip| {
                (strip.song.content, strip.spec_hash, strip.time_level, strip.band_level)
                    == (first.song.content, first.spec_hash, first.time_level, first.band_level)
                    && !self.rough_sent.contains(&strip.id())
            };
            let strips: Vec<Strip> =
                self.waiting.iter().map(|waiting| &waiting.strip).filter(same_picture).cloned().collect();
            let columns: usize = strips.iter().map(Strip::columns_inside).sum();
            if columns as f64 * column_secs(first.time_level) >= ROUGH_FROM_SECS {
                self.rough_sent.extend(strips.iter().map(Strip::id));
                return Some(Task::Rough(strips, CancelToken::default()));
            }
        }
        None
    }

    fn exact(&mut self) -> Option<Task> {
        // A first look must not come after the second one.
        let is_looked_at = |strip: &Strip| {
            self.running.iter().any(|running| match &running.task {
                Task::Rough(strips, _) => strips.iter().any(|other| other.id() == strip.id()),
                _ => false,
            })
        };
        let index = self.waiting.iter().position(|waiting| !is_looked_at(&waiting.strip))?;
        Some(Task::Exact(self.waiting.remove(index).strip, CancelToken::default()))
    }

    /// Ends a look-up; these bands were not known.
    pub fn looked_up(&mut self, id: u64, missing: Vec<u16>) {
        self.running.retain(|running| running.id != id);
        if let Some(index) = self.waiting.iter().position(|waiting| waiting.looking == Some(id)) {
            if missing.is_empty() {
                self.waiting.remove(index);
            } else {
                let waiting = &mut self.waiting[index];
                (waiting.strip.bands, waiting.looked_up) = (missing, true);
            }
        }
    }

    /// Its tiles are made and kept, and will now be sent. Returns whether somebody asked for them again since it was begun:
    /// he may have forgotten the columns sent before. Who asks after this has them looked up, so that no wish is lost
    /// between the last columns and the end of the work.
    pub fn made(&mut self, id: u64) -> bool {
        let Some(running) = self.running.iter_mut().find(|running| running.id == id) else { return false };
        running.made = true;
        running.asked_again
    }

    /// Ends a piece of work.
    pub fn end(&mut self, id: u64) {
        self.running.retain(|running| running.id != id);
    }

    /// Gives a song up; true when that is news.
    pub fn fail(&mut self, track: TrackId) -> bool {
        self.waiting.retain(|waiting| waiting.strip.song.track != track);
        for running in &self.running {
            let Task::Exact(strip, cancel) = &running.task else { continue };
            if strip.song.track == track {
                cancel.cancel();
            }
        }
        self.failed.insert(track)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dsp::picture::PictureSettings;

    fn song(track: i64, duration_secs: f64) -> Arc<Song> {
        let content = [track as u8; 16];
        Arc::new(Song { track: TrackId(track), path: "/a.flac".into(), content, duration_secs })
    }

    fn wish(song: &Arc<Song>, time_level: u8, places: &[(u32, u16)]) -> Wish {
        let tiles = places
            .iter()
            .map(|(time_index, band_index)| TilePlace {
                time_level,
                time_index: *time_index,
                band_level: 1,
                band_index: *band_index,
            })
            .collect();
        let spec = PictureSettings::spectrogram().spec;
        Wish { song: song.clone(), wish: TileWish { track: song.track, spec, tiles } }
    }

    /// Looks everything up, finding nothing.
    fn miss_all(plan: &mut Plan) -> Option<(u64, Task)> {
        loop {
            match plan.next()? {
                (id, Task::LookUp(strip)) => plan.looked_up(id, strip.bands),
                other => return Some(other),
            }
        }
    }

    #[test]
    fn bands_of_a_stretch_are_made_together_in_the_order_of_the_wish() {
        let song = song(1, 30.0);
        let mut plan = Plan::new(2);
        plan.want(&[wish(&song, 4, &[(3, 1), (2, 0), (3, 0), (2, 0)])]);
        let Some((_, Task::Exact(first, _))) = miss_all(&mut plan) else { panic!() };
        assert_eq!((first.time_index, first.bands), (3, vec![0, 1]));
        let Some((second, Task::Exact(strip, _))) = plan.next() else { panic!() };
        assert_eq!((strip.time_index, strip.bands), (2, vec![0]));
        assert!(plan.next().is_none(), "two at a time");
        plan.end(second);
        assert!(plan.next().is_none(), "nothing left");
    }

    #[test]
    fn a_long_stretch_is_looked_at_roughly_first_and_once() {
        let song = song(1, 240.0);
        let mut plan = Plan::new(2);
        let all: Vec<(u32, u16)> = (0..8).map(|index| (index, 0)).collect();
        plan.want(&[wish(&song, 8, &all)]);
        let Some((rough, Task::Rough(strips, _))) = miss_all(&mut plan) else { panic!() };
        assert_eq!(strips.len(), 8);
        assert!(plan.next().is_none(), "the exact levels wait for the rough ones");
        plan.end(rough);
        let Some((_, Task::Exact(..))) = plan.next() else { panic!() };
        plan.want(&[wish(&song, 8, &all)]);
        assert!(matches!(miss_all(&mut plan), Some((_, Task::Exact(..)))));
    }

    #[test]
    fn what_is_still_wished_for_goes_on_and_the_rest_stops() {
        let song = song(1, 30.0);
        let mut plan = Plan::new(2);
        plan.want(&[wish(&song, 4, &[(0, 0), (1, 0)])]);
        let Some((kept, Task::Exact(_, keep))) = miss_all(&mut plan) else { panic!() };
        let Some((_, Task::Exact(_, stop))) = plan.next() else { panic!() };
        plan.want(&[wish(&song, 4, &[(0, 0), (0, 1)])]);
        assert!(!keep.is_cancelled() && stop.is_cancelled() && plan.made(kept));
        plan.end(kept);
        let Some((_, Task::Exact(strip, _))) = miss_all(&mut plan) else { panic!() };
        assert_eq!((strip.time_index, strip.bands), (0, vec![1]), "only what is not being made");
    }

    #[test]
    fn a_wish_between_the_last_columns_and_the_end_is_not_lost() {
        let song = song(1, 30.0);
        let mut plan = Plan::new(2);
        let all = [wish(&song, 4, &[(0, 0)])];
        plan.want(&all);
        let Some((id, Task::Exact(..))) = miss_all(&mut plan) else { panic!() };
        assert!(!plan.made(id));
        plan.want(&all);
        assert!(matches!(plan.next(), Some((_, Task::LookUp(_)))));
        plan.end(id);
    }

    #[test]
    fn a_song_fails_once_until_it_is_looked_at_again() {
        let song = song(1, 30.0);
        let mut plan = Plan::new(1);
        let both = [wish(&song, 4, &[(0, 0), (1, 0)])];
        plan.want(&both);
        let Some((id, _)) = miss_all(&mut plan) else { panic!() };
        assert!(plan.fail(song.track) && !plan.fail(song.track));
        plan.end(id);
        plan.want(&both);
        assert!(plan.next().is_none());
        plan.want(&[]);
        plan.want(&both);
        assert!(plan.next().is_some());
    }

    #[test]
    fn pictures_take_turns() {
        let (a, b) = (song(1, 30.0), song(2, 30.0));
        let mut plan = Plan::new(9);
        plan.want(&[wish(&a, 4, &[(0, 0), (1, 0)]), wish(&b, 4, &[(0, 0), (1, 0)])]);
        let mut order = Vec::new();
        while let Some((_, Task::Exact(strip, _))) = miss_all(&mut plan) {
            order.push((strip.song.track.0, strip.time_index));
        }
        assert_eq!(order, [(1, 0), (2, 0), (1, 1), (2, 1)]);
    }
}
