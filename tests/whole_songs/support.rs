//! An engine with a library of sounds that the tests made.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use timbre::audio::player::OutputKind;
use timbre::base::{DataDir, Report, TrackId};
use timbre::dsp::picture::{
    FrequencyAxis, FrequencyScale, PictureSettings, PictureSpec, SpectrogramSettings, Transform,
};
use timbre::engine::settings::Change;
use timbre::engine::tiles::{TILE_ROWS, TileColumns, TilePlace, TileWish};
use timbre::engine::{Command, Engine, EngineConfig, Event};
use timbre::library::model::Snapshot;
use timbre::ml::DeviceChoice;

use crate::audio_support::{Sound, write};

/// How long a test waits for what must come.
pub const PATIENCE: Duration = Duration::from_secs(120);

/// A spectrogram on a linear axis, so that rows are easy to find.
pub fn linear_spec() -> PictureSpec {
    let mut spec = PictureSettings::spectrogram().spec;
    spec.transform = Transform::Spectrogram(SpectrogramSettings::default());
    spec.axis = FrequencyAxis { scale: FrequencyScale::Linear, low_hz: 20.0, high_hz: 10_000.0 };
    spec
}

pub struct Bench {
    pub dir: tempfile::TempDir,
    pub engine: Engine,
    pub snapshot: Snapshot,
}

impl Bench {
    /// A library of these sounds.
    pub fn new(sounds: &[(&str, &Sound)]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let music = dir.path().join("music");
        std::fs::create_dir(&music).unwrap();
        for (name, sound) in sounds {
            write(&music, name, &sound.wav());
        }
        let engine = open(dir.path());
        engine.send(Command::ChangeSettings(vec![Change::ClassifyAfterScan(false)]));
        engine.send(Command::AddRoots(vec![music]));
        let mut bench = Self { dir, engine, snapshot: Snapshot::default() };
        bench.wait_for_library(sounds.len());
        bench
    }

    /// The same library after a restart of the program.
    pub fn reopened(self) -> Self {
        let Self { dir, engine, snapshot } = self;
        drop(engine);
        let engine = open(dir.path());
        let mut bench = Self { dir, engine, snapshot: Snapshot::default() };
        bench.wait_for_library(snapshot.tracks.len());
        bench
    }

    fn wait_for_library(&mut self, songs: usize) {
        let start = Instant::now();
        while start.elapsed() < PATIENCE {
            if let Some(Event::Library(snapshot)) = self.engine.recv_timeout(Duration::from_secs(1))
                && snapshot.tracks.len() == songs
            {
                self.snapshot = snapshot;
                return;
            }
        }
        panic!("no library");
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join("music").join(name)
    }

    pub fn cache(&self) -> PathBuf {
        self.dir.path().join("cache").join("pictures")
    }

    pub fn track(&self, name: &str) -> TrackId {
        let path = self.path(name);
        self.snapshot.tracks.iter().find(|track| track.path.file_name() == path.file_name()).unwrap().id
    }

    pub fn wish(&self, name: &str, spec: PictureSpec, tiles: &[TilePlace]) -> TileWish {
        TileWish { track: self.track(name), spec, tiles: tiles.to_vec() }
    }

    /// Asks for these and waits until all are whole.
    pub fn tiles(&self, wishes: Vec<TileWish>) -> Arrived {
        let count = wishes.iter().map(|wish| wish.tiles.len()).sum();
        self.engine.send(Command::WantTiles(wishes));
        let mut arrived = Arrived::default();
        let start = Instant::now();
        while arrived.complete < count {
            assert!(start.elapsed() < PATIENCE, "{} of {count} tiles came, {:?}", arrived.complete, arrived.failures);
            if let Some(event) = self.engine.recv_timeout(Duration::from_millis(200)) {
                arrived.take(event);
            }
        }
        arrived
    }

    /// What comes within a time.
    pub fn listen(&self, how_long: Duration) -> Arrived {
        let mut arrived = Arrived::default();
        self.go_on_listening(&mut arrived, how_long, |_| false);
        arrived
    }

    /// The same, added to what came before; no longer than until `enough`.
    pub fn go_on_listening(&self, arrived: &mut Arrived, how_long: Duration, enough: impl Fn(&Arrived) -> bool) {
        let end = Instant::now() + how_long;
        while let Some(left) = end.checked_duration_since(Instant::now()).filter(|_| !enough(arrived)) {
            if let Some(event) = self.engine.recv_timeout(left) {
                arrived.take(event);
            }
        }
    }
}

fn open(dir: &Path) -> Engine {
    let config = EngineConfig {
        data_dir: DataDir::resolve(Some(dir)).unwrap(),
        device: DeviceChoice::Cpu,
        jobs: None,
        player: Some(OutputKind::Silent),
    };
    Engine::open(config, Arc::new(|| ())).unwrap()
}

/// What was sent, put together as a view does.
#[derive(Default)]
pub struct Arrived {
    pub tiles: BTreeMap<(TrackId, TilePlace), Vec<i16>>,
    pub rough: Vec<TileColumns>,
    pub exact_events: usize,
    pub complete: usize,
    pub failures: Vec<Report>,
    /// Rough columns that came after exact ones of the same tile.
    pub rough_too_late: usize,
}

impl Arrived {
    fn take(&mut self, event: Event) {
        match event {
            Event::TileColumns(columns) => {
                assert_eq!(columns.levels.len() % TILE_ROWS, 0);
                let key = (columns.track, columns.place);
                if columns.rough {
                    self.rough_too_late += usize::from(self.tiles.contains_key(&key));
                    self.rough.push(columns);
                    return;
                }
                let tile = self.tiles.entry(key).or_default();
                let at = usize::from(columns.first_column) * TILE_ROWS;
                tile.resize(tile.len().max(at + columns.levels.len()), 0);
                tile[at..at + columns.levels.len()].copy_from_slice(&columns.levels);
                self.exact_events += 1;
                self.complete += usize::from(columns.complete);
            }
            Event::Failed(report) => self.failures.push(report),
            _ => {}
        }
    }
}

/// The row of the highest level of a column.
pub fn loudest_row(levels: &[i16]) -> usize {
    (0..levels.len()).max_by_key(|row| levels[*row]).unwrap()
}
