//! The queue beside an obvious model of it: two plain lists that are searched from their start.

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;

/// What can happen to a queue.
#[derive(Clone, Debug)]
enum Step {
    Replace(usize, usize),
    Restore(usize, usize),
    Append(usize),
    InsertNext(usize),
    Move(usize, usize),
    Remove(Vec<usize>),
    Clear(bool),
    GoTo(usize),
    /// The key, whatever repeats.
    Next,
    /// The song ends by itself.
    End,
    Previous(f64),
    Repeat(Repeat),
    Shuffle(bool),
}

fn step() -> impl Strategy<Value = Step> {
    let (count, place) = (0..5_usize, 0..14_usize);
    prop_oneof![
        1 => (0..9_usize, place.clone()).prop_map(|(count, start)| Step::Replace(count, start)),
        1 => (0..9_usize, place.clone()).prop_map(|(count, index)| Step::Restore(count, index)),
        2 => count.clone().prop_map(Step::Append),
        2 => count.prop_map(Step::InsertNext),
        3 => (place.clone(), place.clone()).prop_map(|(from, to)| Step::Move(from, to)),
        2 => vec(place.clone(), 0..5).prop_map(Step::Remove),
        1 => any::<bool>().prop_map(Step::Clear),
        2 => place.prop_map(Step::GoTo),
        4 => Just(Step::Next),
        6 => Just(Step::End),
        2 => prop_oneof![Just(0.0), Just(9.0)].prop_map(Step::Previous),
        1 => prop_oneof![Just(Repeat::Off), Just(Repeat::One), Just(Repeat::All)].prop_map(Step::Repeat),
        2 => any::<bool>().prop_map(Step::Shuffle),
    ]
}

/// Each song has a number of its own.
#[derive(Debug, Default)]
struct Model {
    /// As the songs stand in the list.
    list: Vec<i64>,
    /// As they play.
    order: Vec<i64>,
    current: usize,
    repeat: Repeat,
    shuffle: bool,
    made: i64,
}

impl Model {
    fn make(&mut self, count: usize) -> Vec<i64> {
        let first = self.made;
        self.made += count as i64;
        (first..self.made).collect()
    }

    fn playing(&self) -> Option<i64> {
        self.order.get(self.current).copied()
    }

    fn place(songs: &[i64], song: i64) -> usize {
        songs.iter().position(|other| *other == song).unwrap()
    }

    /// Takes over an order that was drawn, if it is one of these songs.
    fn adopt(&mut self, drawn: Vec<i64>) {
        let sorted = |songs: &[i64]| {
            let mut sorted = songs.to_vec();
            sorted.sort_unstable();
            sorted
        };
        assert_eq!(sorted(&drawn), sorted(&self.order), "a drawn order has the same songs, each once");
        self.order = drawn;
        self.current = 0;
    }

    fn put(&mut self, songs: Vec<i64>, current: usize) {
        self.current = if current < songs.len() { current } else { 0 };
        self.list = songs.clone();
        self.order = songs;
    }
}

fn items(songs: &[i64]) -> Vec<QueueItem> {
    songs.iter().map(|song| QueueItem { track: TrackId(*song), path: format!("{song}.wav").into() }).collect()
}

fn order(queue: &mut Queue) -> Vec<i64> {
    queue.shown().iter().map(|track| track.0).collect()
}

/// Goes to what stands behind the current song; `next` is what the queue says about it.
fn go_on(queue: &mut Queue, model: &mut Model, next: Option<Turn>) {
    let was = model.playing();
    if let Some(next) = next {
        queue.heard(next);
    }
    if model.current + 1 < model.order.len() {
        assert!(next.is_some());
        model.current += 1;
    } else if model.repeat == Repeat::All && was.is_some() {
        assert!(next.is_some());
        if model.shuffle {
            let drawn = order(queue);
            assert!(drawn.len() == 1 || Some(drawn[0]) != was, "not the same song twice in a row");
            model.adopt(drawn);
        }
        model.current = 0;
    } else {
        assert_eq!(next, None, "the end");
    }
}

fn apply(queue: &mut Queue, model: &mut Model, step: Step) {
    let before = model.playing();
    match step {
        Step::Replace(count, start) => {
            let songs = model.make(count);
            queue.replace(items(&songs), start);
            model.put(songs, start);
            if model.shuffle && count > 0 {
                let first = model.playing();
                model.adopt(order(queue));
                assert_eq!(model.playing(), first, "the chosen song comes first");
            }
        }
        Step::Restore(count, index) => {
            let songs = model.make(count);
            queue.restore(items(&songs), index);
            model.put(songs, index);
        }
        Step::Append(count) => {
            let songs = model.make(count);
            queue.append(items(&songs));
            model.list.extend(&songs);
            model.order.extend(&songs);
        }
        Step::InsertNext(count) => {
            let songs = model.make(count);
            queue.insert_next(items(&songs));
            let (in_list, in_order) = match before {
                Some(song) => (Model::place(&model.list, song) + 1, model.current + 1),
                None => (model.list.len(), model.order.len()),
            };
            model.list.splice(in_list..in_list, songs.iter().copied());
            model.order.splice(in_order..in_order, songs);
        }
        Step::Move(from, to) => {
            queue.move_entry(from, to);
            if from < model.order.len() {
                let song = model.order.remove(from);
                model.order.insert(to.min(model.order.len()), song);
                model.current = Model::place(&model.order, before.unwrap());
                if !model.shuffle {
                    model.list = model.order.clone();
                }
            }
        }
        Step::Remove(indices) => {
            let follows = queue.remove(&indices);
            let gone: Vec<i64> = indices.iter().filter_map(|index| model.order.get(*index).copied()).collect();
            let current_goes = before.is_some_and(|song| gone.contains(&song));
            let rest: Vec<i64> = model.order[model.current.min(model.order.len())..].to_vec();
            let next = rest.into_iter().find(|song| !gone.contains(song));
            model.list.retain(|song| !gone.contains(song));
            model.order.retain(|song| !gone.contains(song));
            model.current = next.map_or(0, |song| Model::place(&model.order, song));
            assert_eq!(follows, current_goes.then_some(next.is_some()));
        }
        Step::Clear(keep) => {
            queue.clear(keep);
            let kept: Vec<i64> = before.filter(|_| keep).into_iter().collect();
            model.put(kept, 0);
        }
        Step::GoTo(index) => {
            assert_eq!(queue.go_to(index), index < model.order.len());
            if index < model.order.len() {
                if model.shuffle && index > model.current + 1 {
                    let song = model.order.remove(index);
                    model.current += 1;
                    model.order.insert(model.current, song);
                } else {
                    model.current = index;
                }
            }
        }
        Step::Next => {
            let next = queue.turn().and_then(|turn| queue.next_of(turn));
            go_on(queue, model, next);
        }
        Step::End => {
            let Some(turn) = queue.turn() else { return };
            // The decoder asks while the song before is still heard, and the queue stands by its word.
            let next = queue.following(turn);
            queue.heard(turn);
            assert_eq!(queue.following(turn), next);
            if model.repeat == Repeat::One {
                assert_eq!(next, Some(turn));
            } else {
                go_on(queue, model, next);
            }
        }
        Step::Previous(position_secs) => {
            let index = queue.previous(position_secs);
            let expected = match model.current {
                current if position_secs > 3.0 => current,
                0 if model.repeat == Repeat::All && !model.shuffle => model.order.len().saturating_sub(1),
                current => current.saturating_sub(1),
            };
            assert_eq!(index, expected);
            if queue.go_to(index) {
                model.current = index;
            }
        }
        Step::Repeat(repeat) => {
            queue.repeat = repeat;
            model.repeat = repeat;
        }
        Step::Shuffle(shuffle) => {
            queue.set_shuffle(shuffle);
            if shuffle != model.shuffle {
                model.shuffle = shuffle;
                if let Some(song) = before {
                    if shuffle {
                        model.adopt(order(queue));
                    } else {
                        model.order = model.list.clone();
                        model.current = Model::place(&model.order, song);
                    }
                    assert_eq!(model.playing(), before, "what plays goes on");
                }
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn the_queue_does_what_two_plain_lists_do(steps in vec(step(), 1..60)) {
        let (mut queue, mut model) = (Queue::default(), Model::default());
        for step in steps {
            apply(&mut queue, &mut model, step);
            prop_assert_eq!(order(&mut queue), model.order.clone());
            prop_assert_eq!(queue.current_index(), model.current);
            prop_assert_eq!((queue.len(), queue.is_empty()), (model.order.len(), model.order.is_empty()));
            prop_assert_eq!(queue.current_item().map(|item| item.track.0), model.playing());
            for (index, song) in model.order.iter().enumerate() {
                let turn = queue.turn_at(index).unwrap();
                prop_assert_eq!(queue.item(turn).map(|item| item.track.0), Some(*song));
            }
        }
    }
}

/// Walking through a queue of this length takes as many steps, not their square.
#[test]
fn a_long_queue_is_walked_as_fast_as_a_short_one_for_each_song() {
    let songs: Vec<i64> = (0..200_000).collect();
    let mut queue = Queue::default();
    queue.replace(items(&songs), 0);
    let start = std::time::Instant::now();
    let mut walked = 0;
    while let Some(next) = queue.turn().and_then(|turn| queue.next_of(turn)) {
        queue.heard(next);
        assert_eq!(queue.item(next).map(|item| item.track.0), Some(walked + 1));
        walked += 1;
    }
    assert_eq!(walked, 199_999);
    // Searching from the start would take minutes.
    assert!(start.elapsed() < std::time::Duration::from_secs(10), "{:?}", start.elapsed());
}
