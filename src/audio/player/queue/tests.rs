//! The queue's rules, one by one.

use super::*;

fn items(ids: std::ops::Range<i64>) -> Vec<QueueItem> {
    ids.map(|n| QueueItem { track: TrackId(n), path: "a".into() }).collect()
}

fn queue(count: i64, start: usize) -> Queue {
    let mut queue = Queue::default();
    queue.replace(items(0..count), start);
    queue
}

fn ids(queue: &mut Queue) -> Vec<i64> {
    queue.shown().iter().map(|id| id.0).collect()
}

/// Lets the queue play by itself and says what is heard.
fn played(queue: &mut Queue, songs: usize) -> Vec<i64> {
    let mut heard = Vec::new();
    let mut turn = queue.turn();
    while let Some(now) = turn.filter(|_| heard.len() < songs) {
        // The decoder asks while the song before is still heard.
        let next = queue.following(now);
        queue.heard(now);
        heard.push(queue.current_item().unwrap().track.0);
        assert_eq!(queue.following(now), next, "asked twice, answered the same");
        turn = next;
    }
    heard
}

#[test]
fn it_ends_and_previous_restarts_first() {
    let mut empty = Queue::default();
    assert_eq!((empty.turn(), empty.previous(0.0)), (None, 0));
    empty.replace(Vec::new(), 7);
    assert_eq!(empty.current_index(), 0);
    let mut queue = queue(3, 1);
    assert_eq!((queue.previous(1.0), queue.previous(3.5)), (0, 1));
    assert_eq!(played(&mut queue, 9), [1, 2]);
}

#[test]
fn repeating_goes_round_or_stays() {
    let mut queue = queue(3, 1);
    queue.repeat = Repeat::All;
    assert_eq!(played(&mut queue, 6), [1, 2, 0, 1, 2, 0]);
    assert_eq!(queue.previous(0.0), 2, "back over the start");
    queue.repeat = Repeat::One;
    assert_eq!(played(&mut queue, 3), [0, 0, 0]);
}

#[test]
fn shuffle_plays_all_before_one_plays_twice() {
    let mut queue = queue(50, 20);
    queue.repeat = Repeat::All;
    queue.set_shuffle(true);
    let heard = played(&mut queue, 200);
    assert_eq!(heard[0], 20, "what plays goes on");
    for pass in heard.chunks(50) {
        let mut sorted = pass.to_vec();
        sorted.sort_unstable();
        assert_eq!(sorted, (0..50).collect::<Vec<_>>());
    }
    assert!(heard.windows(2).all(|pair| pair[0] != pair[1]));
    assert_ne!(heard[..50], heard[50..100], "each pass has its own order");
}

#[test]
fn shuffle_off_goes_on_in_the_order_of_the_list() {
    let mut queue = queue(20, 5);
    queue.set_shuffle(true);
    played(&mut queue, 4);
    let now = queue.current_item().unwrap().track.0;
    let order = ids(&mut queue);
    assert_eq!(queue.previous(0.0), 2);
    queue.set_shuffle(false);
    assert_eq!(ids(&mut queue), (0..20).collect::<Vec<_>>());
    assert_eq!(queue.current_item().unwrap().track.0, now);
    assert_ne!(order, (0..20).collect::<Vec<_>>());
}

#[test]
fn with_shuffle_a_jump_leaves_what_it_jumps_over_for_later() {
    let mut queue = queue(10, 0);
    queue.set_shuffle(true);
    let order = ids(&mut queue);
    assert!(queue.go_to(6));
    assert_eq!(queue.current_item().unwrap().track.0, order[6]);
    assert_eq!(ids(&mut queue)[0], order[0], "and Previous goes back to what was played");
    let mut rest = played(&mut queue, 99);
    assert_eq!(rest.len(), 9);
    rest.sort_unstable();
    rest.dedup();
    assert_eq!(rest.len(), 9);
    assert!(!queue.go_to(10));
}

#[test]
fn entries_move_and_go_and_the_current_song_stays_the_current_one() {
    let mut queue = queue(6, 2);
    queue.move_entry(5, 0);
    assert_eq!((ids(&mut queue), queue.current_index()), (vec![5, 0, 1, 2, 3, 4], 3));
    queue.move_entry(3, 5);
    assert_eq!((ids(&mut queue), queue.current_index()), (vec![5, 0, 1, 3, 4, 2], 5));
    queue.move_entry(9, 0);
    assert_eq!(queue.remove(&[0, 1, 77]), None);
    assert_eq!((ids(&mut queue), queue.current_index()), (vec![1, 3, 4, 2], 3));
    queue.go_to(1);
    assert_eq!(queue.remove(&[1]), Some(true));
    assert_eq!(queue.current_item().unwrap().track.0, 4);
    queue.insert_next(items(30..32));
    assert_eq!(ids(&mut queue), [1, 4, 30, 31, 2]);
    queue.append(items(40..41));
    queue.clear(true);
    assert_eq!(ids(&mut queue), [4]);
    queue.clear(false);
    assert!(queue.is_empty() && queue.turn().is_none());
}

#[test]
fn what_is_added_with_shuffle_has_a_place_in_the_list() {
    let mut queue = queue(5, 2);
    queue.set_shuffle(true);
    queue.insert_next(items(10..12));
    queue.append(items(20..21));
    assert_eq!(ids(&mut queue)[..3], [2, 10, 11]);
    queue.set_shuffle(false);
    assert_eq!(ids(&mut queue), [0, 1, 2, 10, 11, 3, 4, 20]);
}

#[test]
fn what_is_added_after_songs_were_taken_out_stands_at_the_end_of_the_list() {
    let mut queue = queue(4, 3);
    queue.set_shuffle(true);
    queue.clear(true);
    queue.append(items(10..12));
    queue.set_shuffle(false);
    assert_eq!(ids(&mut queue), [3, 10, 11]);
}

#[test]
fn what_changes_after_the_next_pass_was_drawn_counts() {
    let mut queue = queue(4, 0);
    queue.repeat = Repeat::All;
    queue.set_shuffle(true);
    played(&mut queue, 4);
    let last = queue.turn().unwrap();
    let drawn = queue.following(last).unwrap();
    queue.append(items(9..10));
    assert_ne!(queue.following(last).unwrap(), drawn);
    assert_eq!(played(&mut queue, 2)[1], 9);
}
