//! Scanning: the first scan, the one that finds nothing to do, and reading and searching a large library.
//!
//! Files are made in the temporary folder and are warm: what is measured is this program, not the disk.

#![allow(missing_docs, clippy::unwrap_used, reason = "a benchmark")]

use std::path::{Path, PathBuf};
use std::time::Duration;

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use lofty::config::WriteOptions;
use lofty::tag::{Accessor as _, Tag, TagExt as _, TagType};
use timbre::base::CancelToken;
use timbre::library::filing::DecisionRule;
use timbre::library::model::{GenreProbability, Prediction, Problem, ProblemKind};
use timbre::library::playlist::auto_playlists;
use timbre::library::query::Query;
use timbre::library::scan::{ProbeFailure, ProbedAudio, ScanOptions, ScanReporter, ScanSummary, scan};
use timbre::library::{Articles, Library};

struct Silent;

impl ScanReporter for Silent {
    fn progress(&mut self, _done: u64, _total: Option<u64>, _path: &Path) {}
    fn problem(&mut self, _problem: &Problem) {}
    fn committed(&mut self) {}
}

/// Makes `count` small tagged MP3 files of different content, twelve in a folder.
fn music(folder: &Path, count: usize) {
    let frame = [&[0xFF, 0xFB, 0x90, 0x00][..], &[0; 413]].concat();
    for number in 0..count {
        let album = folder.join(format!("artist {:04}/album {}", number / 48, number / 12 % 4));
        std::fs::create_dir_all(&album).unwrap();
        let path = album.join(format!("{:02} song {number}.mp3", number % 12));
        std::fs::write(&path, frame.repeat(20)).unwrap();
        let mut tag = Tag::new(TagType::Id3v2);
        tag.set_title(format!("Song {number}"));
        tag.set_artist(format!("Artist {}", number / 48));
        tag.set_album(format!("Album {}", number / 12));
        tag.set_genre("Rock".into());
        tag.set_track((number % 12) as u32 + 1);
        tag.save_to_path(&path, WriteOptions::default()).unwrap();
    }
}

fn run(library: &mut Library, root: &Path) -> ScanSummary {
    let probe = |_: &Path| -> Result<ProbedAudio, ProbeFailure> {
        Err(ProbeFailure { kind: ProblemKind::NotAudio, message: "No audio.".into() })
    };
    let roots = [root.to_path_buf()];
    scan(library, &roots, &ScanOptions::default(), &probe, &mut Silent, &CancelToken::default()).unwrap()
}

fn first_scan(criterion: &mut Criterion) {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().join("music");
    music(&root, 3000);
    let mut number = 0;
    let mut fresh = || -> PathBuf {
        number += 1;
        dir.path().join(format!("{number}.sqlite"))
    };
    criterion.bench_function("first scan of 3,000 small tagged files", |bencher| {
        bencher.iter_batched(
            &mut fresh,
            |database| {
                let summary = run(&mut Library::open(&database).unwrap(), &root);
                assert_eq!((summary.added, summary.problems), (3000, 0));
            },
            BatchSize::PerIteration,
        );
    });
}

fn rescan(criterion: &mut Criterion) {
    for count in [10_000, 100_000] {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().join("music");
        music(&root, count);
        let database = dir.path().join("library.sqlite");
        run(&mut Library::open(&database).unwrap(), &root);
        criterion.bench_function(&format!("rescan of {count} unchanged files"), |bencher| {
            bencher.iter(|| {
                let summary = run(&mut Library::open(&database).unwrap(), &root);
                assert_eq!(summary.unchanged, count);
            });
        });
        if count == 100_000 {
            large_library(criterion, &database);
        }
    }
}

/// Snapshots, searches and playlists of a library in which every song has a prediction.
fn large_library(criterion: &mut Criterion, database: &Path) {
    let mut library = Library::open(database).unwrap();
    let genres: Vec<String> = (0..10).map(|number| format!("genre {number}")).collect();
    let predictions: Vec<_> = library
        .to_classify("m", None)
        .unwrap()
        .into_iter()
        .map(|(id, _)| {
            let first = id.0 as usize % 10;
            let top = (0..10).map(|rank| GenreProbability {
                genre: genres[(first + rank) % 10].as_str().into(),
                probability: 0.6_f32.powi(rank as i32 + 1),
            });
            let prediction = Prediction {
                model_name: "m".into(),
                model_hash: "m".into(),
                top: top.collect(),
                tags: Vec::new(),
                heard_secs: 30.0,
                note: None,
                decided_at: 0,
            };
            (id, prediction)
        })
        .collect();
    library.store_predictions(&predictions).unwrap();
    criterion.bench_function("first snapshot of 100,000 songs", |bencher| {
        bencher.iter_batched(
            || Library::open(database).unwrap(),
            |mut library| library.snapshot().unwrap(),
            BatchSize::PerIteration,
        );
    });
    criterion.bench_function("later snapshot of 100,000 songs", |bencher| bencher.iter(|| library.snapshot().unwrap()));
    let snapshot = library.snapshot().unwrap();
    let rule = DecisionRule { threshold: 0.5, trust_file_tags: true, genres: genres.into() };
    for text in ["s", "song 123", "artist:9 -year:<1990 genre:rock"] {
        let query = Query::parse(text);
        criterion.bench_function(&format!("search 100,000 songs for {text:?}"), |bencher| {
            bencher.iter(|| query.filter(&snapshot.tracks, &rule));
        });
    }
    criterion.bench_function("automatic playlists of 100,000 songs", |bencher| {
        bencher.iter(|| auto_playlists(&snapshot.tracks, &rule, Articles::Ignored));
    });
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(10).warm_up_time(Duration::from_millis(500)).measurement_time(Duration::from_secs(2));
    targets = first_scan, rescan
}
criterion_main!(benches);
