//! A scan that is killed leaves a whole database, and the next one ends as if nothing had happened.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use timbre::base::CancelToken;
use timbre::library::Library;
use timbre::library::model::Track;
use timbre::library::scan::{ScanOptions, scan};

use super::support::*;

const FOLDER: &str = "TIMBRE_TEST_KILLED_SCAN";
const SONGS: usize = 2000;

/// Not a test of its own: the process that is killed.
#[test]
#[ignore = "started by the test below"]
fn scanning_child() {
    let Some(folder) = std::env::var_os(FOLDER).map(PathBuf::from) else { return };
    scan_folder(&folder);
}

fn scan_folder(folder: &Path) -> Vec<Track> {
    let mut library = Library::open(&folder.join("library.sqlite")).unwrap();
    let root = library.add_root(&folder.join("music")).unwrap();
    let options = ScanOptions { jobs: 2, ..Default::default() };
    let mut recorder = Recorder::default();
    scan(&mut library, &[root], &options, &probe, &mut recorder, &CancelToken::default()).unwrap();
    library.snapshot().unwrap().tracks.to_vec()
}

#[test]
fn killed_scans_end_with_the_same_content() {
    let dir = tempfile::tempdir().unwrap();
    let music = dir.path().join("music");
    std::fs::create_dir(&music).unwrap();
    for number in 0..SONGS {
        std::fs::write(music.join(format!("{number:04}.mp3")), [mp3_frames(3), vec![0; number]].concat()).unwrap();
    }
    let expected = scan_folder(dir.path());
    assert_eq!(expected.len(), SONGS);
    let database = dir.path().join("library.sqlite");
    let mut kills = 0;
    for part in [1, 300, 900, 1500] {
        for ending in ["", "-wal", "-shm"] {
            std::fs::remove_file(dir.path().join(format!("library.sqlite{ending}"))).ok();
        }
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["interruption::scanning_child", "--exact", "--ignored"])
            .env(FOLDER, dir.path())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        // SIGKILL as soon as that many songs are stored.
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_secs(60) && child.try_wait().unwrap().is_none() {
            let stored = if database.exists() { stored(&database) } else { 0 };
            if stored >= part {
                break;
            }
        }
        child.kill().ok();
        kills += usize::from(!child.wait().unwrap().success());
        let mut tracks = scan_folder(dir.path());
        for (track, expected) in tracks.iter_mut().zip(&expected) {
            track.added_at = expected.added_at;
        }
        assert_eq!(tracks, expected);
    }
    println!("{kills} of 4 scans were killed before their end");
}

fn stored(database: &Path) -> usize {
    let Ok(connection) = rusqlite::Connection::open_with_flags(database, rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY)
    else {
        return 0;
    };
    connection.query_row("SELECT count(*) FROM track", [], |row| row.get::<_, i64>(0)).map_or(0, |count| count as usize)
}
