//! How long a whole song's picture takes in the window: to its first columns, to the first look over its whole length, to
//! the exact picture; and the most memory that was used.
//!
//! `cargo bench --bench tiles` makes a song of four minutes and one of an hour (FLAC, by `flac`);
//! `cargo bench --bench tiles -- FILE...` takes other ones. Each is timed cold, then warm (tiles on disk, new engine).

#![allow(missing_docs, clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark")]

#[path = "../audio_support/mod.rs"]
mod audio_support;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use audio_support::{Sound, run, write};
use timbre::audio::player::OutputKind;
use timbre::base::DataDir;
use timbre::dsp::picture::PictureSettings;
use timbre::engine::settings::Change;
use timbre::engine::tiles::{COARSEST_TIME_LEVEL, TILE_COLUMNS, TilePlace, TileWish, column_secs};
use timbre::engine::{Command, Engine, EngineConfig, Event};
use timbre::library::model::Track;
use timbre::ml::DeviceChoice;

/// Pixels of the view: columns, and band level 1 (512 rows).
const VIEW_COLUMNS: f64 = 1600.0;
const BAND_LEVEL: u8 = 1;

fn flac(folder: &Path, name: &str, secs: f64) -> Option<PathBuf> {
    let mut noise = 1u32;
    let mut sound = Sound::sweep(44_100, 2, secs.min(60.0));
    for sample in &mut sound.samples {
        noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        *sample = 0.5 * *sample + 0.1 * ((noise >> 8) as f32 / (1 << 23) as f32 - 1.0);
    }
    let minute = sound.samples.clone();
    while sound.samples.len() < (secs * 88_200.0) as usize {
        sound.samples.extend_from_slice(&minute);
    }
    let wav = write(folder, "song.wav", &sound.wav());
    let target = folder.join(name);
    let made = run("flac", &["-s", "-f", "-o", target.to_str()?, wav.to_str()?]);
    std::fs::remove_file(&wav).ok();
    made.then_some(target)
}

fn peak_mb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmHWM")).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|kb| kb.parse::<u64>().ok()).unwrap_or(0) / 1024
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

fn tracks(engine: &Engine, count: usize) -> Arc<Vec<Track>> {
    loop {
        if let Some(Event::Library(snapshot)) = engine.recv_timeout(Duration::from_secs(60))
            && snapshot.tracks.len() == count
        {
            return snapshot.tracks;
        }
    }
}

fn overview(engine: &Engine, track: &Track, settings: PictureSettings, label: &str) {
    let step = track.duration_secs / VIEW_COLUMNS;
    let time_level = (0..COARSEST_TIME_LEVEL).rev().find(|level| column_secs(*level) <= step).unwrap_or(0);
    let strips = (track.duration_secs / column_secs(time_level) / TILE_COLUMNS as f64).ceil() as u32;
    let tiles: Vec<TilePlace> = (0..strips)
        .flat_map(|time_index| (0..1 << BAND_LEVEL).map(move |band_index| (time_index, band_index)))
        .map(|(time_index, band_index)| TilePlace { time_level, time_index, band_level: BAND_LEVEL, band_index })
        .collect();
    let count = tiles.len();
    let start = Instant::now();
    engine.send(Command::WantTiles(vec![TileWish { track: track.id, spec: settings.spec, tiles }]));
    let (mut first, mut rough, mut complete) = (None, None, 0);
    while complete < count {
        if let Some(Event::TileColumns(columns)) = engine.recv_timeout(Duration::from_secs(60)) {
            first.get_or_insert(start.elapsed());
            if columns.rough {
                rough = Some(start.elapsed());
            }
            complete += usize::from(columns.complete);
        }
    }
    println!(
        "{label}: first columns {:.0?}, rough whole {:.0?}, exact whole {:.2?} ({count} tiles, columns of {} s); peak {} MB",
        first.unwrap_or_default(),
        rough.unwrap_or_default(),
        start.elapsed(),
        column_secs(time_level),
        peak_mb()
    );
}

fn main() {
    let dir = tempfile::tempdir().unwrap();
    let music = dir.path().join("music");
    std::fs::create_dir(&music).unwrap();
    let given: Vec<PathBuf> = std::env::args().skip(1).filter(|arg| !arg.starts_with('-')).map(Into::into).collect();
    let mut count = 0;
    for file in &given {
        std::fs::copy(file, music.join(file.file_name().unwrap())).unwrap();
        count += 1;
    }
    if given.is_empty() {
        count += usize::from(flac(&music, "4 minutes.flac", 240.0).is_some());
        count += usize::from(flac(&music, "an hour.flac", 3600.0).is_some());
    }
    let engine = open(dir.path());
    engine.send(Command::ChangeSettings(vec![Change::ClassifyAfterScan(false)]));
    engine.send(Command::AddRoots(vec![music]));
    let all = tracks(&engine, count);
    std::thread::sleep(Duration::from_millis(500));
    let kinds = [("spectrogram", PictureSettings::spectrogram()), ("scalogram", PictureSettings::scalogram())];
    for track in all.iter() {
        for (kind, settings) in &kinds {
            overview(&engine, track, *settings, &format!("{} {kind}, cold", track.file_name()));
        }
    }
    drop(engine);
    let engine = open(dir.path());
    let all = tracks(&engine, count);
    for track in all.iter() {
        for (kind, settings) in &kinds {
            overview(&engine, track, *settings, &format!("{} {kind}, from the disk", track.file_name()));
        }
    }
}
