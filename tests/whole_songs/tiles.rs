//! Tiles as a window asks for them.

use std::time::Duration;

use timbre::dsp::picture::PictureSettings;
use timbre::engine::picture::PictureRequest;
use timbre::engine::tiles::{NO_LEVEL, TILE_COLUMNS, TILE_ROWS, TilePlace, column_secs};
use timbre::engine::{Command, Event, JobEvent, JobKind, JobOutcome, JobPhase};

use crate::audio_support::Sound;
use crate::support::{Arrived, Bench, PATIENCE, linear_spec, loudest_row};

fn place(time_level: u8, time_index: u32, band_level: u8, band_index: u16) -> TilePlace {
    TilePlace { time_level, time_index, band_level, band_index }
}

/// The row of a frequency on the axis of [`linear_spec`], of `rows` in all.
fn row_of(hz: f64, rows: usize) -> f64 {
    (hz - 20.0) / (10_000.0 - 20.0) * rows as f64
}

#[test]
fn a_tone_a_sweep_and_clicks_lie_where_they_belong() {
    let rate = 24_000;
    let tone = Sound::tone(1000.0, 0.5, rate, 2, 20.0);
    // 200 Hz and 60 Hz more each second; the tremolo does not move it.
    let sweep = Sound::sweep(rate, 1, 20.0);
    let clicks =
        Sound::made(
            rate,
            1,
            20.0,
            |secs| if (secs * f64::from(rate)).round() % 48_000.0 == 12_000.0 { 1.0 } else { 0.0 },
        );
    let bench = Bench::new(&[("tone.wav", &tone), ("sweep.wav", &sweep), ("clicks.wav", &clicks)]);
    let whole = [place(6, 0, 0, 0), place(6, 1, 0, 0), place(6, 2, 0, 0)];
    let wishes = ["tone.wav", "sweep.wav", "clicks.wav"].map(|name| bench.wish(name, linear_spec(), &whole));
    let arrived = bench.tiles(wishes.to_vec());
    let step = column_secs(6);
    let columns = |name: &str| -> Vec<Vec<i16>> {
        whole
            .iter()
            .flat_map(|place| arrived.tiles[&(bench.track(name), *place)].chunks_exact(TILE_ROWS).map(<[i16]>::to_vec))
            .collect()
    };
    let secs = |column: usize| (column as f64 + 0.5) * step;

    for (column, levels) in columns("tone.wav").iter().enumerate() {
        if secs(column) < 19.8 && secs(column) > 0.2 {
            assert!((loudest_row(levels) as f64 + 0.5 - row_of(1000.0, TILE_ROWS)).abs() < 1.0, "{column}");
            let level = levels[loudest_row(levels)];
            assert!((i32::from(level) + 602).abs() < 30, "half of full scale is -6 dB, not {level}");
        }
        if secs(column) > 20.0 + step {
            assert!(levels.iter().all(|level| *level == NO_LEVEL), "nothing after the end: column {column}");
        }
    }
    for (column, levels) in columns("sweep.wav").iter().enumerate() {
        if secs(column) > 0.2 && secs(column) < 19.5 {
            let expected = row_of(200.0 + 60.0 * secs(column), TILE_ROWS);
            assert!((loudest_row(levels) as f64 + 0.5 - expected).abs() < 1.6, "{column}: {expected}");
        }
    }
    let clicks = columns("clicks.wav");
    for second in [0.5, 2.5, 10.5, 18.5] {
        let at = (second / step) as usize;
        assert!(clicks[at][100] > clicks[at + 32][100].max(-12_000) + 2000, "a click at {second} s");
    }
}

#[test]
fn the_whole_equals_its_pieces_and_coarse_is_the_peak_of_fine() {
    let bench = Bench::new(&[("sweep.wav", &Sound::sweep(22_050, 1, 70.0))]);
    let get = |places: &[TilePlace]| {
        let arrived = bench.tiles(vec![bench.wish("sweep.wav", linear_spec(), places)]);
        places.iter().map(|place| arrived.tiles[&(bench.track("sweep.wav"), *place)].clone()).collect::<Vec<_>>()
    };
    let both = get(&[place(5, 1, 1, 0), place(5, 1, 1, 1)]);
    let whole = get(&[place(5, 1, 0, 0)]).remove(0);
    // A row of the whole is the peak of two rows of the finer level, up to interpolation between the bins.
    let rows = |column: usize| {
        let at = column * TILE_ROWS..(column + 1) * TILE_ROWS;
        [&both[0][at.clone()], &both[1][at]].concat()
    };
    for column in (0..TILE_COLUMNS).step_by(16) {
        let fine = rows(column);
        let (coarse, fine) = (loudest_row(&whole[column * TILE_ROWS..][..TILE_ROWS]), loudest_row(&fine));
        assert!(coarse.abs_diff(fine / 2) <= 1, "{column}: {coarse} {fine}");
    }
    // The same tile alone is the same tile.
    let restarted = bench.reopened();
    std::fs::remove_dir_all(restarted.cache()).unwrap();
    let arrived = restarted.tiles(vec![restarted.wish("sweep.wav", linear_spec(), &[place(5, 1, 1, 1)])]);
    assert_eq!(arrived.tiles[&(restarted.track("sweep.wav"), place(5, 1, 1, 1))], both[1]);
}

#[test]
fn a_long_song_is_seen_at_once_and_then_exactly() {
    let tone = Sound::tone(3000.0, 0.5, 8000, 1, 300.0);
    let bench = Bench::new(&[("long.wav", &tone)]);
    let whole: Vec<TilePlace> = (0..5).map(|index| place(9, index, 0, 0)).collect();
    let arrived = bench.tiles(vec![bench.wish("long.wav", linear_spec(), &whole)]);
    assert_eq!(arrived.rough_too_late, 0);
    let mut seen = vec![false; 300];
    for columns in &arrived.rough {
        let count = columns.levels.len() / TILE_ROWS;
        for column in 0..count {
            let at = columns.place.time_index as usize * TILE_COLUMNS + usize::from(columns.first_column) + column;
            let second = (at as f64 * column_secs(9)) as usize;
            if second < 299 {
                seen[second] = true;
                let levels = &columns.levels[column * TILE_ROWS..][..TILE_ROWS];
                assert!((loudest_row(levels) as f64 + 0.5 - row_of(3000.0, TILE_ROWS)).abs() < 1.5);
            }
        }
    }
    assert!(seen[..299].iter().all(|seen| *seen), "the first look misses something");
    let exact = &arrived.tiles[&(bench.track("long.wav"), whole[1])];
    assert!(exact.chunks_exact(TILE_ROWS).all(|levels| levels[loudest_row(levels)] > -700));
}

#[test]
fn nothing_is_computed_twice_and_a_broken_cache_is_made_again() {
    let bench = Bench::new(&[("sweep.wav", &Sound::sweep(22_050, 1, 12.0))]);
    let places = [place(5, 0, 0, 0), place(5, 1, 0, 0)];
    let first = bench.tiles(vec![bench.wish("sweep.wav", linear_spec(), &places)]);
    let sound = std::fs::read(bench.path("sweep.wav")).unwrap();
    // Without the file only what is kept can be shown: first from memory, then, after a restart, from the disk.
    std::fs::remove_file(bench.path("sweep.wav")).unwrap();
    let again = bench.tiles(vec![bench.wish("sweep.wav", linear_spec(), &places)]);
    assert_eq!((again.tiles == first.tiles, again.exact_events), (true, 2), "each tile in one piece");
    let bench = bench.reopened();
    let later = bench.tiles(vec![bench.wish("sweep.wav", linear_spec(), &places)]);
    assert!(later.tiles == first.tiles && later.failures.is_empty());
    let files: Vec<_> = std::fs::read_dir(bench.cache()).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(files.len(), 2);

    std::fs::write(bench.path("sweep.wav"), sound).unwrap();
    for file in &files {
        let mut bytes = std::fs::read(file).unwrap();
        bytes[5000] ^= 0x10;
        std::fs::write(file, bytes).unwrap();
    }
    let bench = bench.reopened();
    let made = bench.tiles(vec![bench.wish("sweep.wav", linear_spec(), &places)]);
    assert!(made.tiles == first.tiles && made.exact_events >= 2);
}

#[test]
fn a_missing_file_is_told_once() {
    let bench = Bench::new(&[("gone.wav", &Sound::sweep(22_050, 1, 5.0)), ("here.wav", &Sound::sweep(22_050, 1, 6.0))]);
    std::fs::remove_file(bench.path("gone.wav")).unwrap();
    let places: Vec<TilePlace> = (0..4).map(|index| place(3, index, 0, 0)).collect();
    let gone = bench.wish("gone.wav", linear_spec(), &places);
    bench.engine.send(Command::WantTiles(vec![gone.clone()]));
    let mut heard = Arrived::default();
    bench.go_on_listening(&mut heard, PATIENCE, |heard| !heard.failures.is_empty());
    bench.go_on_listening(&mut heard, Duration::from_millis(700), |_| false);
    assert_eq!((heard.failures.len(), heard.tiles.len()), (1, 0), "{:?}", heard.failures);
    assert!(heard.failures[0].sentence.contains("gone.wav"));
    // The other song is no worse for it, and nothing is told again.
    let arrived = bench
        .tiles(vec![gone, bench.wish("here.wav", linear_spec(), &places[..1])].into_iter().rev().take(1).collect());
    assert!(arrived.failures.is_empty());
}

#[test]
fn work_that_nobody_waits_for_is_dropped() {
    let bench = Bench::new(&[("long.wav", &Sound::tone(440.0, 0.5, 44_100, 1, 400.0))]);
    let fine: Vec<TilePlace> = (0..300).map(|index| place(3, index, 1, 0)).collect();
    bench.engine.send(Command::WantTiles(vec![bench.wish("long.wav", linear_spec(), &fine)]));
    bench.engine.send(Command::WantTiles(Vec::new()));
    let wanted = place(3, 250, 0, 0);
    let arrived = bench.tiles(vec![bench.wish("long.wav", linear_spec(), &[wanted])]);
    let others = arrived.tiles.keys().filter(|(_, place)| *place != wanted).count();
    assert!(others < 100, "{others} tiles came that nobody waited for");
    // What the other thread was making when nobody waited any more may still come.
    assert!(bench.listen(Duration::from_millis(300)).tiles.len() <= 1);
    let later = bench.listen(Duration::from_millis(700));
    assert_eq!(later.tiles.len() + later.rough.len(), 0);
}

#[test]
fn the_window_exports_by_a_job() {
    let bench = Bench::new(&[("sweep.wav", &Sound::sweep(22_050, 1, 20.0))]);
    let request = PictureRequest { width: 300, height: 200, ..PictureRequest::new(PictureSettings::scalogram()) };
    let export = |request: &PictureRequest, file: &str| Command::ExportPicture {
        track: bench.track("sweep.wav"),
        request: Box::new(request.clone()),
        file: bench.dir.path().join(file),
    };
    let end = bench.engine.run_to_end(export(&request, "a.png"), JobKind::Picture, |_| ());
    let JobPhase::Finished(JobOutcome::Picture(written)) = end else { panic!("{end:?}") };
    assert_eq!((written.width, written.height), (300, 200));
    assert_eq!(image::open(&written.file).unwrap().into_rgb8().dimensions(), (300, 200));
    let end = bench.engine.run_to_end(export(&request, "a.jpeg"), JobKind::Picture, |_| ());
    assert!(matches!(end, JobPhase::Failed(_)), "{end:?}");
    // Asked to stop as soon as it starts, it leaves no file behind.
    let numbers = PictureRequest { hop: Some(1), ..PictureRequest::new(PictureSettings::spectrogram()) };
    let end = bench.engine.run_to_end(export(&numbers, "b.npy"), JobKind::Picture, |event| {
        if let Event::Job(JobEvent { id, phase: JobPhase::Started, .. }) = event {
            bench.engine.send(Command::Cancel(*id));
        }
    });
    assert!(matches!(end, JobPhase::Cancelled), "{end:?}");
    let left = std::fs::read_dir(bench.dir.path())
        .unwrap()
        .filter(|entry| entry.as_ref().unwrap().file_name().to_string_lossy().contains("b."));
    assert_eq!(left.count(), 0);
}
