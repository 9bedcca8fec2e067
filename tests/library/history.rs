//! Everything that a person does to the library can be taken back and made again.

use std::collections::BTreeMap;

use proptest::prelude::*;
use timbre::base::TrackId;
use timbre::library::Library;
use timbre::library::db::QueueState;

use super::support::*;

/// A library of six songs, and their identifiers.
fn six_songs() -> (Fixture, Vec<TrackId>) {
    let mut fixture = Fixture::new();
    for number in 0..6 {
        let folder = if number < 3 { "a" } else { "b" };
        wav(&fixture.at(&format!("{folder}/{number}.wav")), number + 1, 0.1 + f64::from(number) * 0.01);
    }
    fixture.scan();
    let ids: Vec<TrackId> = fixture.snapshot().tracks.iter().map(|track| track.id).collect();
    for id in &ids {
        fixture.library.store_prediction(*id, &prediction("m1", "rock")).unwrap();
    }
    (fixture, ids)
}

/// All that a person gave the library.
#[derive(Debug, PartialEq)]
struct Given {
    roots: Vec<std::path::PathBuf>,
    songs: BTreeMap<i64, (String, Option<String>, bool)>,
    playlists: Vec<(String, Vec<TrackId>)>,
    hidden: usize,
}

fn given(library: &mut Library) -> Given {
    let snapshot = library.snapshot().unwrap();
    let song = |track: &timbre::library::model::Track| {
        let genre = track.user_genre.as_ref().map(|genre| genre.genre.clone());
        (track.id.0, (track.title.clone(), genre, track.prediction.is_some()))
    };
    Given {
        roots: snapshot.roots.clone(),
        songs: snapshot.tracks.iter().map(song).collect(),
        playlists: snapshot.playlists.iter().map(|list| (list.name.clone(), list.tracks.clone())).collect(),
        hidden: snapshot.hidden.songs,
    }
}

#[test]
fn a_deleted_playlist_comes_back_also_after_a_restart() {
    let (mut fixture, ids) = six_songs();
    let train = fixture.library.create_playlist("Train", &ids[..3]).unwrap();
    fixture.library.delete_playlist(train).unwrap();
    fixture.library = Library::open(fixture.library.path()).unwrap();
    assert_eq!(fixture.snapshot().undo.as_deref(), Some("deleted playlist ‘Train’"));
    let undone = fixture.library.undo(None).unwrap().unwrap();
    assert_eq!((undone.what.as_str(), undone.queue), ("deleted playlist ‘Train’", None));
    assert_eq!(fixture.library.playlist_tracks(train).unwrap(), ids[..3]);
    assert_eq!(fixture.snapshot().redo.as_deref(), Some("deleted playlist ‘Train’"));
    fixture.library.redo(None).unwrap().unwrap();
    assert!(fixture.snapshot().playlists.is_empty());
    let history = fixture.library.history().unwrap();
    let texts: Vec<&str> = history.iter().map(|entry| entry.what.as_str()).collect();
    assert_eq!(texts[..2], ["deleted playlist ‘Train’", "made playlist ‘Train’"]);
}

#[test]
fn changes_are_taken_back_in_the_order_in_which_they_were_made() {
    let (mut fixture, ids) = six_songs();
    let list = fixture.library.create_playlist("Mine", &ids).unwrap();
    fixture.library.set_genre(&ids[..1], Some("Folk")).unwrap();
    fixture.library.remove_from_playlist(list, &[1, 4]).unwrap();
    assert_eq!(fixture.library.playlist_tracks(list).unwrap(), [ids[0], ids[2], ids[3], ids[5]]);
    assert_eq!(fixture.library.undo(None).unwrap().unwrap().what, "took 2 songs out of playlist ‘Mine’");
    assert_eq!(fixture.library.playlist_tracks(list).unwrap(), ids);
    let undone = fixture.library.undo(None).unwrap().unwrap();
    assert_eq!((undone.what.as_str(), undone.genres_of), ("filed “0” under Folk", vec![ids[0].0]));
    assert_eq!(fixture.snapshot().tracks[0].user_genre, None);
}

#[test]
fn forgotten_songs_come_back_with_all_they_had() {
    let (mut fixture, ids) = six_songs();
    fixture.library.set_genre(&ids[1..3], Some("jazz")).unwrap();
    let list = fixture.library.create_playlist("Mine", &[ids[1], ids[0], ids[1]]).unwrap();
    let loss = fixture.library.loss(&ids[..2]).unwrap();
    assert_eq!((loss.songs, loss.genres, loss.playlists), (2, 1, 1));
    let before = given(&mut fixture.library);
    fixture.library.forget(&ids[..2]).unwrap();
    assert!(fixture.library.playlist_tracks(list).unwrap().is_empty());
    assert_eq!(fixture.snapshot().tracks.len(), 4);
    // The files are still there: they are new songs now, and do not get in the way of the old ones.
    fixture.scan();
    assert_eq!(fixture.snapshot().tracks.len(), 6);
    fixture.library.undo(None).unwrap().unwrap();
    let after = given(&mut fixture.library);
    assert_eq!(after.playlists, before.playlists);
    assert_eq!(after.songs[&ids[1].0], before.songs[&ids[1].0]);
}

#[test]
fn a_queue_that_was_replaced_is_given_back() {
    let (mut fixture, ids) = six_songs();
    let old = QueueState { tracks: ids.iter().map(|id| id.0).collect(), index: 2, position_secs: 61.5 };
    let new = QueueState { tracks: vec![ids[0].0], index: 0, position_secs: 3.0 };
    fixture.library.note_queue("replaced the queue of 6 songs", old.clone()).unwrap();
    let undone = fixture.library.undo(Some(new.clone())).unwrap().unwrap();
    assert_eq!(undone.queue, Some(old.clone()));
    assert_eq!(fixture.library.redo(Some(old)).unwrap().unwrap().queue, Some(new));
}

#[test]
fn the_history_is_bounded_and_work_of_jobs_is_not_in_it() {
    let (mut fixture, ids) = six_songs();
    for number in 0..520 {
        fixture.library.set_genre(&ids[..1], Some(&format!("genre {number}"))).unwrap();
    }
    fixture.scan();
    fixture.library.store_prediction(ids[0], &prediction("m2", "rock")).unwrap();
    let history = fixture.library.history().unwrap();
    assert_eq!((history.len(), history[0].what.as_str()), (500, "filed “0” under genre 519"));
}

/// One thing that a person does.
#[derive(Clone, Debug)]
enum Deed {
    Genre(Vec<usize>, Option<u8>),
    Make(u8, Vec<usize>),
    Rename(u8, u8),
    Delete(u8),
    Add(u8, Vec<usize>),
    Remove(u8, Vec<usize>),
    Turn(u8),
    HideFolder,
    ShowFolder,
    Forget(Vec<usize>),
}

fn songs() -> impl Strategy<Value = Vec<usize>> {
    prop::collection::vec(0..6_usize, 1..4)
}

fn deed() -> impl Strategy<Value = Deed> {
    prop_oneof![
        4 => (songs(), prop::option::of(0..3_u8)).prop_map(|(songs, genre)| Deed::Genre(songs, genre)),
        3 => (0..3_u8, songs()).prop_map(|(name, songs)| Deed::Make(name, songs)),
        2 => (0..3_u8, 0..3_u8).prop_map(|(from, to)| Deed::Rename(from, to)),
        2 => (0..3_u8).prop_map(Deed::Delete),
        3 => (0..3_u8, songs()).prop_map(|(name, songs)| Deed::Add(name, songs)),
        2 => (0..3_u8, songs()).prop_map(|(name, places)| Deed::Remove(name, places)),
        2 => (0..3_u8).prop_map(Deed::Turn),
        1 => Just(Deed::HideFolder),
        1 => Just(Deed::ShowFolder),
        1 => songs().prop_map(Deed::Forget),
    ]
}

fn carry_out(fixture: &mut Fixture, ids: &[TrackId], deed: &Deed) {
    let tracks = |places: &[usize]| -> Vec<TrackId> { places.iter().map(|place| ids[*place]).collect() };
    let lists = fixture.snapshot().playlists;
    let list = |name: u8| lists.iter().find(|list| list.name == format!("list {name}")).map(|list| list.id);
    let folder = fixture.music();
    let library = &mut fixture.library;
    // What is refused (a name that is taken) changes nothing.
    match deed {
        Deed::Genre(songs, genre) => {
            let genre = genre.map(|genre| format!("genre {genre}"));
            library.set_genre(&tracks(songs), genre.as_deref()).unwrap();
        }
        Deed::Make(name, songs) => drop(library.create_playlist(&format!("list {name}"), &tracks(songs))),
        Deed::Rename(from, to) => {
            if let Some(id) = list(*from) {
                drop(library.rename_playlist(id, &format!("list {to}")));
            }
        }
        Deed::Delete(name) => list(*name).into_iter().for_each(|id| library.delete_playlist(id).unwrap()),
        Deed::Add(name, songs) => {
            list(*name).into_iter().for_each(|id| library.add_to_playlist(id, &tracks(songs)).unwrap());
        }
        Deed::Remove(name, places) => {
            list(*name).into_iter().for_each(|id| library.remove_from_playlist(id, places).unwrap());
        }
        Deed::Turn(name) => {
            if let Some(id) = list(*name) {
                let count = library.playlist_tracks(id).unwrap().len();
                library.order_playlist(id, &(0..count).rev().collect::<Vec<_>>()).unwrap();
            }
        }
        Deed::HideFolder => drop(library.remove_root(&folder).unwrap()),
        Deed::ShowFolder => drop(library.add_root(&folder).unwrap()),
        Deed::Forget(songs) => library.forget(&tracks(songs)).unwrap(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, max_shrink_iters: 60, failure_persistence: None, ..ProptestConfig::default() })]

    /// Undo goes back through every state, and redo forth again.
    #[test]
    fn undo_and_redo_go_through_every_state(deeds in prop::collection::vec(deed(), 1..14)) {
        let (mut fixture, ids) = six_songs();
        // Adding the folder is a change, too, and not of this story.
        let earlier = fixture.library.history().unwrap().len();
        let mut states = vec![given(&mut fixture.library)];
        for deed in &deeds {
            let before = fixture.library.history().unwrap().len();
            carry_out(&mut fixture, &ids, deed);
            let state = given(&mut fixture.library);
            if fixture.library.history().unwrap().len() > before {
                states.push(state);
            } else {
                prop_assert_eq!(&state, states.last().unwrap(), "{:?} is noted", deed);
            }
        }
        for state in states.iter().rev().skip(1) {
            fixture.library.undo(None).unwrap().unwrap();
            prop_assert_eq!(&given(&mut fixture.library), state);
        }
        prop_assert_eq!(fixture.library.history().unwrap().iter().filter(|entry| !entry.undone).count(), earlier);
        for state in &states[1..] {
            fixture.library.redo(None).unwrap().unwrap();
            prop_assert_eq!(&given(&mut fixture.library), state);
        }
        prop_assert!(fixture.library.redo(None).unwrap().is_none());
    }
}
