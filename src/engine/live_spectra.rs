//! The live views' thread: takes what is heard from the player's tap and makes columns of it. It sleeps while nothing is.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use crossbeam_channel::Receiver;

use crate::audio::player::Tap;
use crate::base::Bell;
use crate::dsp::live::LiveSpectrum;
use crate::dsp::picture::{LiveAnalyzer, PictureSettings, PictureSpec};

use super::event::Event;
use super::outbox::Outbox;
use super::tiles::{LIVE_COLUMNS_PER_SEC, LIVE_ROWS, LivePicture};

/// How often the tap is looked at.
const INTERVAL: Duration = Duration::from_millis(16);
/// After this many looks at a tap that has nothing, while nothing plays, all that was on its way has come.
const LOOKS_AFTER_THE_END: usize = 30;

/// What the views' thread is told by others. Clones share it.
#[derive(Clone, Debug)]
pub(super) struct LiveWishes {
    /// The pictures that are shown live.
    specs: Arc<Mutex<Vec<PictureSpec>>>,
    is_playing: Arc<AtomicBool>,
    bell: Bell,
}

impl LiveWishes {
    /// Nothing is shown and nothing plays; with the views' thread's end of the bell.
    pub fn new() -> (Self, Receiver<()>) {
        let (bell, rings) = Bell::new();
        (Self { specs: Arc::default(), is_playing: Arc::default(), bell }, rings)
    }

    /// From now on these are shown live.
    pub fn set(&self, specs: Vec<PictureSpec>) {
        *self.specs.lock().unwrap_or_else(PoisonError::into_inner) = specs;
        self.bell.ring();
    }

    /// Whether something plays.
    pub fn set_playing(&self, is_playing: bool) {
        if !self.is_playing.swap(is_playing, Ordering::Relaxed) && is_playing {
            self.bell.ring();
        }
    }
}

/// The thread; it ends when this is dropped.
pub(super) struct LiveViews {
    stop: Arc<AtomicBool>,
    bell: Bell,
    thread: Option<JoinHandle<()>>,
}

impl LiveViews {
    /// Starts the thread; `rings` came with the wishes.
    ///
    /// # Errors
    /// When the system refuses another thread.
    pub fn spawn(mut tap: Tap, wishes: LiveWishes, rings: Receiver<()>, outbox: Outbox) -> std::io::Result<Self> {
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = stop.clone();
        let bell = wishes.bell.clone();
        let thread = std::thread::Builder::new().name("timbre-views".into()).spawn(move || {
            let mut samples = Vec::new();
            let mut spectrum = LiveSpectrum::new(tap.read(&mut samples));
            let mut pictures = Pictures::new(spectrum.rate_hz());
            let mut looks_at_nothing = 0;
            while !stopped.load(Ordering::Relaxed) {
                samples.clear();
                let rate_hz = tap.read(&mut samples);
                if spectrum.rate_hz() != rate_hz {
                    spectrum = LiveSpectrum::new(rate_hz);
                }
                let columns = spectrum.push(&samples);
                if !columns.is_empty() {
                    outbox.send_if_room(Event::LiveColumns(columns));
                }
                pictures.want(&wishes.specs.lock().unwrap_or_else(PoisonError::into_inner));
                pictures.push(&samples, rate_hz, |picture| outbox.send_if_room(Event::LivePicture(picture)));
                let is_silent = samples.is_empty() && !wishes.is_playing.load(Ordering::Relaxed);
                looks_at_nothing = if is_silent { looks_at_nothing + 1 } else { 0 };
                if looks_at_nothing < LOOKS_AFTER_THE_END {
                    std::thread::sleep(INTERVAL);
                } else {
                    // The thread itself holds the other end, so this only ends with a ring.
                    rings.recv().ok();
                    looks_at_nothing = 0;
                }
            }
        })?;
        Ok(Self { stop, bell, thread: Some(thread) })
    }
}

impl Drop for LiveViews {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        self.bell.ring();
        if let Some(thread) = self.thread.take() {
            thread.join().ok();
        }
    }
}

/// The live pictures on one clock: how much was heard, whatever is shown.
struct Pictures {
    rate_hz: u32,
    /// Seconds heard at earlier rates.
    before_secs: f64,
    /// Samples heard at this rate.
    heard: u64,
    shown: Vec<Shown>,
}

struct Shown {
    spec: PictureSpec,
    analyzer: LiveAnalyzer,
    /// Samples until its first column's moment.
    skip: usize,
    /// The number of its next column.
    next: u64,
}

impl Pictures {
    fn new(rate_hz: u32) -> Self {
        Self { rate_hz: rate_hz.max(1), before_secs: 0.0, heard: 0, shown: Vec::new() }
    }

    fn now_secs(&self) -> f64 {
        self.before_secs + self.heard as f64 / f64::from(self.rate_hz)
    }

    /// Keeps those that are shown already.
    fn want(&mut self, specs: &[PictureSpec]) {
        self.shown.retain(|shown| specs.contains(&shown.spec));
        for spec in specs {
            if !self.shown.iter().any(|shown| shown.spec == *spec) {
                let shown = self.start(*spec);
                self.shown.push(shown);
            }
        }
    }

    /// Its columns begin at the next whole number of the clock, so that all pictures have the same columns.
    fn start(&self, spec: PictureSpec) -> Shown {
        let now_secs = self.now_secs();
        let next = (now_secs * LIVE_COLUMNS_PER_SEC).ceil();
        let skip = ((next / LIVE_COLUMNS_PER_SEC - now_secs) * f64::from(self.rate_hz)).round() as usize;
        let tame = PictureSettings { spec, ..PictureSettings::spectrogram() }.clamped().spec;
        let analyzer = LiveAnalyzer::new(&tame, self.rate_hz, LIVE_ROWS, LIVE_COLUMNS_PER_SEC);
        Shown { spec, analyzer, skip, next: next as u64 }
    }

    fn push(&mut self, samples: &[f32], rate_hz: u32, mut each: impl FnMut(LivePicture)) {
        if rate_hz != self.rate_hz && rate_hz > 0 {
            self.before_secs = self.now_secs();
            (self.rate_hz, self.heard) = (rate_hz, 0);
            let specs: Vec<_> = self.shown.drain(..).map(|shown| shown.spec).collect();
            self.want(&specs);
        }
        if samples.is_empty() {
            return;
        }
        self.heard += samples.len() as u64;
        for Shown { spec, analyzer, skip, next } in &mut self.shown {
            let skipped = (*skip).min(samples.len());
            *skip -= skipped;
            let mut levels = Vec::new();
            let count = analyzer.push(&samples[skipped..], &mut levels);
            if count > 0 {
                each(LivePicture { spec: *spec, first_column: *next, levels: levels.into() });
                *next += count as u64;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The columns in which a click is loudest, for a picture that began when `before` samples had been heard.
    fn click_column(spec: PictureSpec, before: usize, rate_hz: u32, click_secs: f64) -> u64 {
        let mut pictures = Pictures::new(rate_hz);
        pictures.push(&vec![0.0; before], rate_hz, |_| panic!("nothing is shown"));
        pictures.want(&[spec]);
        let mut sound = vec![0.0; 2 * rate_hz as usize];
        sound[(click_secs * f64::from(rate_hz)) as usize - before] = 1.0;
        let mut levels: Vec<i16> = Vec::new();
        let mut first = None;
        for block in sound.chunks(700) {
            pictures.push(block, rate_hz, |picture| {
                let next = *first.get_or_insert(picture.first_column) + (levels.len() / LIVE_ROWS) as u64;
                assert_eq!(picture.first_column, next, "no column is left out");
                levels.extend_from_slice(&picture.levels);
            });
        }
        let sum = |column: &[i16]| column.iter().map(|level| i64::from(*level)).sum::<i64>();
        let columns: Vec<i64> = levels.chunks_exact(LIVE_ROWS).map(sum).collect();
        first.unwrap() + (0..columns.len()).max_by_key(|column| columns[*column]).unwrap() as u64
    }

    #[test]
    fn an_event_has_the_same_column_in_every_picture() {
        let click_secs = 1.0;
        let expected = (click_secs * LIVE_COLUMNS_PER_SEC) as u64;
        for spec in [PictureSettings::spectrogram().spec, PictureSettings::scalogram().spec] {
            for (before, rate_hz) in [(0, 44_100), (12_345, 44_100), (20_001, 48_000)] {
                let column = click_column(spec, before, rate_hz, click_secs);
                assert!(column.abs_diff(expected) <= 1, "{column} instead of {expected}");
            }
        }
    }

    #[test]
    fn the_clock_goes_on_when_the_rate_changes() {
        let spec = PictureSettings::spectrogram().spec;
        let mut pictures = Pictures::new(44_100);
        pictures.want(&[spec]);
        let mut last = 0;
        let mut take = |picture: LivePicture| {
            assert!(picture.first_column >= last);
            last = picture.first_column + (picture.levels.len() / LIVE_ROWS) as u64;
        };
        pictures.push(&vec![0.1; 44_100], 44_100, &mut take);
        pictures.push(&vec![0.1; 48_000], 48_000, &mut take);
        assert!((110..=120).contains(&last), "{last} columns in two seconds");
        assert!((pictures.now_secs() - 2.0).abs() < 1e-9);
        pictures.want(&[]);
        pictures.push(&vec![0.1; 48_000], 48_000, |_| panic!("nothing is shown"));
    }
}
