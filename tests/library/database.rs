//! What is stored is what comes back.

use timbre::base::{PlaylistId, TrackId};
use timbre::library::model::{Problem, ProblemKind};
use timbre::library::{Library, LibraryError};

use super::support::*;

fn three_songs() -> (Fixture, Vec<TrackId>) {
    let mut fixture = Fixture::new();
    for number in 0..3 {
        wav(&fixture.at(&format!("{number}.wav")), number, 0.1);
    }
    fixture.scan();
    let ids = fixture.snapshot().tracks.iter().map(|track| track.id).collect();
    (fixture, ids)
}

#[test]
fn predictions_come_back_exactly_and_are_shared_between_snapshots() {
    let (mut fixture, ids) = three_songs();
    fixture
        .library
        .store_predictions(&[(ids[0], prediction("m1", "rock")), (ids[1], prediction("m1", "jazz"))])
        .unwrap();
    let first = fixture.snapshot();
    assert_eq!(**first.tracks[0].prediction.as_ref().unwrap(), prediction("m1", "rock"));
    assert_eq!(first.tracks[2].prediction, None);
    fixture.library.store_prediction(ids[1], &prediction("m2", "folk")).unwrap();
    fixture.library.store_prediction(TrackId(999), &prediction("m2", "folk")).unwrap();
    let second = fixture.snapshot();
    assert!(second.revision > first.revision);
    let of =
        |snapshot: &timbre::library::model::Snapshot, index: usize| snapshot.tracks[index].prediction.clone().unwrap();
    assert!(std::sync::Arc::ptr_eq(&of(&first, 0), &of(&second, 0)));
    assert_eq!(*of(&second, 1), prediction("m2", "folk"));
    let mut other = Library::open(fixture.library.path()).unwrap();
    assert_eq!(*other.snapshot().unwrap().tracks, *second.tracks);
}

#[test]
fn only_what_is_due_is_classified() {
    let (mut fixture, ids) = three_songs();
    let due = |library: &Library, hash: &str, again_until: Option<i64>| -> Vec<TrackId> {
        library.to_classify(hash, again_until).unwrap().into_iter().map(|(id, _)| id).collect()
    };
    assert_eq!(due(&fixture.library, "m1", None), ids);
    fixture.library.store_prediction(ids[0], &prediction("m1", "rock")).unwrap();
    fixture.library.store_prediction(ids[1], &prediction("older", "rock")).unwrap();
    assert_eq!(due(&fixture.library, "m1", None), ids[1..]);
    let path = fixture.at("2.wav");
    let problem = Problem { path: path.clone(), kind: ProblemKind::Damaged, message: "Cut off.".into(), seen_at: 5 };
    fixture.library.record_problem(&problem).unwrap();
    assert_eq!(fixture.library.problems().unwrap(), [problem]);
    assert_eq!(due(&fixture.library, "m1", None), [ids[1]]);
    assert_eq!(due(&fixture.library, "m1", Some(i64::MAX)), ids);
    let decided_at = prediction("m1", "rock").decided_at;
    assert_eq!(due(&fixture.library, "m1", Some(decided_at)), ids);
    let rest = &ids[1..];
    assert_eq!(due(&fixture.library, "m1", Some(decided_at - 1)), rest, "the first is decided again already");
    fixture.scan();
    assert_eq!(due(&fixture.library, "m1", None), [ids[1]], "a scan does not forget it");
    touch(&path, 5);
    fixture.scan();
    assert_eq!(due(&fixture.library, "m1", None), ids[1..], "the file was written anew");
    assert!(fixture.library.problems().unwrap().is_empty());
    // Forgetting makes it due too.
    let problem = Problem { path: path.clone(), kind: ProblemKind::Damaged, message: "Cut off.".into(), seen_at: 5 };
    fixture.library.record_problem(&problem).unwrap();
    assert_eq!(due(&fixture.library, "m1", None), [ids[1]]);
    fixture.library.forget_problems(&[path]).unwrap();
    assert_eq!(due(&fixture.library, "m1", None), ids[1..]);
}

#[test]
fn genres_set_by_hand_stay_until_taken_back() {
    let (mut fixture, ids) = three_songs();
    fixture.library.set_genre(&ids[..2], Some(" Jazz ")).unwrap();
    fixture.library.store_prediction(ids[0], &prediction("m1", "rock")).unwrap();
    let genres = |fixture: &mut Fixture| -> Vec<Option<String>> {
        fixture.snapshot().tracks.iter().map(|track| track.user_genre.clone().map(|user| user.genre)).collect()
    };
    assert_eq!(genres(&mut fixture), [Some("Jazz".into()), Some("Jazz".into()), None]);
    fixture.library.set_genre(&ids[..1], None).unwrap();
    assert_eq!(genres(&mut fixture), [None, Some("Jazz".into()), None]);
    fixture.library.set_genre(&ids[1..], Some("  ")).unwrap();
    assert_eq!(genres(&mut fixture), [None, None, None]);
}

#[test]
fn playlists_are_made_changed_and_deleted() {
    let (mut fixture, ids) = three_songs();
    let library = &mut fixture.library;
    let party = library.create_playlist(" Party ", &[ids[2], ids[0]]).unwrap();
    let calm = library.create_playlist("Calm", &[]).unwrap();
    library.add_to_playlist(party, &[ids[1], TrackId(999), ids[2]]).unwrap();
    assert_eq!(library.playlist_tracks(party).unwrap(), [ids[2], ids[0], ids[1], ids[2]]);
    library.remove_from_playlist(party, &[0, 2, 17]).unwrap();
    assert_eq!(library.playlist_tracks(party).unwrap(), [ids[0], ids[2]]);
    library.add_to_playlist(party, &[ids[1]]).unwrap();
    assert_eq!(library.playlist_tracks(party).unwrap(), [ids[0], ids[2], ids[1]]);
    assert!(matches!(library.create_playlist("Party", &[]), Err(LibraryError::PlaylistName { .. })));
    assert!(matches!(library.create_playlist(" ", &[]), Err(LibraryError::PlaylistName { .. })));
    assert!(matches!(library.rename_playlist(calm, "Party"), Err(LibraryError::PlaylistName { .. })));
    library.rename_playlist(calm, "Calm").unwrap();
    library.rename_playlist(calm, "Zzz").unwrap();
    let names: Vec<_> = library.snapshot().unwrap().playlists.iter().map(|playlist| playlist.name.clone()).collect();
    assert_eq!(names, ["Party", "Zzz"]);
    library.delete_playlist(party).unwrap();
    assert!(matches!(library.playlist_tracks(party), Err(LibraryError::Gone(_))));
    assert!(matches!(library.add_to_playlist(PlaylistId(99), &ids), Err(LibraryError::Gone(_))));
    let music = fixture.music();
    fixture.library.add_to_playlist(calm, &ids).unwrap();
    fixture.library.remove_root(&music).unwrap();
    assert!(fixture.library.playlist_tracks(calm).unwrap().is_empty());
}

#[test]
fn two_processes_write_at_the_same_time() {
    let (fixture, ids) = three_songs();
    let path = fixture.library.path().to_path_buf();
    std::thread::scope(|scope| {
        for number in 0..4 {
            let (path, ids) = (&path, &ids);
            scope.spawn(move || {
                let mut library = Library::open(path).unwrap();
                for round in 0..25 {
                    library
                        .store_prediction(ids[number % 3], &prediction(&format!("{number}-{round}"), "rock"))
                        .unwrap();
                    library.snapshot().unwrap();
                }
            });
        }
    });
    let mut library = Library::open(&path).unwrap();
    assert_eq!(library.snapshot().unwrap().tracks.iter().filter(|track| track.prediction.is_some()).count(), 3);
}
