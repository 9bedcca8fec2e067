//! The queue and its rules.

use std::collections::HashMap;
use std::hash::{BuildHasher as _, RandomState};
use std::sync::Arc;

use super::command::{QueueItem, Repeat};
use super::order::Order;
use crate::base::TrackId;

/// `Previous` goes back to the start of the song after this much of it.
const RESTART_AFTER_SECS: f64 = 3.0;

/// A song's place in time: which entry, in which pass through the queue. It stays when entries move.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Turn {
    entry: u64,
    /// Passes are told apart because with shuffle each has its own order.
    pass: u64,
}

#[derive(Debug)]
struct Song {
    /// Rank in the list, which is the order without shuffle.
    rank: usize,
    item: QueueItem,
}

/// Songs in the order in which they play. With shuffle, what stands before the current one has been played. What is asked
/// while songs play (which one, where, what follows) takes the same time however long the queue is.
#[derive(Debug)]
pub(super) struct Queue {
    songs: HashMap<u64, Song>,
    order: Order,
    current: usize,
    pass: u64,
    /// The order of the next pass, once something of it is needed.
    next_pass: Option<Order>,
    pub(super) repeat: Repeat,
    shuffle: bool,
    next_id: u64,
    /// Greater than every rank, which may have gaps.
    next_rank: usize,
    random: u64,
    /// What clients see, until something changes.
    shown: Option<Arc<[TrackId]>>,
}

impl Default for Queue {
    fn default() -> Self {
        Self {
            songs: HashMap::new(),
            order: Order::default(),
            current: 0,
            pass: 0,
            next_pass: None,
            repeat: Repeat::Off,
            shuffle: false,
            next_id: 0,
            next_rank: 0,
            random: RandomState::new().hash_one("shuffle"),
            shown: None,
        }
    }
}

impl Queue {
    pub(super) fn len(&self) -> usize {
        self.order.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.order.is_empty()
    }

    pub(super) fn current_index(&self) -> usize {
        self.current
    }

    pub(super) fn current_item(&self) -> Option<&QueueItem> {
        self.turn().and_then(|turn| self.item(turn))
    }

    pub(super) fn is_shuffled(&self) -> bool {
        self.shuffle
    }

    /// The songs in the order in which they play; the same allocation until that changes.
    pub(super) fn shown(&mut self) -> Arc<[TrackId]> {
        let (order, songs) = (&self.order, &self.songs);
        let tracks =
            || order.entries().iter().filter_map(|entry| songs.get(entry)).map(|song| song.item.track).collect();
        self.shown.get_or_insert_with(tracks).clone()
    }

    /// The current song's turn.
    pub(super) fn turn(&self) -> Option<Turn> {
        self.turn_at(self.current)
    }

    pub(super) fn turn_at(&self, index: usize) -> Option<Turn> {
        self.order.get(index).map(|entry| Turn { entry, pass: self.pass })
    }

    pub(super) fn item(&self, turn: Turn) -> Option<&QueueItem> {
        self.songs.get(&turn.entry).map(|song| &song.item)
    }

    pub(super) fn replace(&mut self, items: Vec<QueueItem>, start: usize) {
        self.fill(items, start);
        if self.shuffle {
            self.shuffle_all();
        }
    }

    /// A queue of an earlier run: its order stays even with shuffle.
    pub(super) fn restore(&mut self, items: Vec<QueueItem>, index: usize) {
        self.fill(items, index);
    }

    /// Adds to the end.
    pub(super) fn append(&mut self, items: Vec<QueueItem>) {
        let added = self.take_in(items, self.next_rank);
        self.order.insert(self.order.len(), added);
        self.changed();
    }

    /// Adds behind the current song, in the list as well as in the order.
    pub(super) fn insert_next(&mut self, items: Vec<QueueItem>) {
        let current = self.turn().and_then(|turn| self.songs.get(&turn.entry));
        let Some(rank) = current.map(|song| song.rank) else { return self.append(items) };
        for song in self.songs.values_mut().filter(|song| song.rank > rank) {
            song.rank += items.len();
        }
        self.next_rank += items.len();
        let added = self.take_in(items, rank + 1);
        self.order.insert(self.current + 1, added);
        self.changed();
    }

    pub(super) fn move_entry(&mut self, from: usize, to: usize) {
        if from >= self.order.len() || from == to {
            return;
        }
        let playing = self.turn();
        self.order.move_entry(from, to);
        self.current = playing.and_then(|turn| self.index_of(turn)).unwrap_or(0);
        if !self.shuffle {
            self.rank_as_they_stand();
        }
        self.changed();
    }

    /// Takes entries out. If the current one is among them, the next that stays becomes it (or the first, when none
    /// follows), and the answer is whether one follows.
    pub(super) fn remove(&mut self, indices: &[usize]) -> Option<bool> {
        let current = self.order.get(self.current)?;
        let before = self.order.len();
        let mut before_current = 0;
        for index in indices {
            let gone = self.order.get(*index).is_some_and(|entry| self.songs.remove(&entry).is_some());
            before_current += usize::from(gone && *index < self.current);
        }
        if self.songs.len() == before {
            return None;
        }
        let songs = &self.songs;
        self.order.retain(|entry| songs.contains_key(&entry));
        self.current -= before_current;
        let follows = self.current < self.order.len();
        if !follows {
            self.current = 0;
        }
        self.changed();
        (!self.songs.contains_key(&current)).then_some(follows)
    }

    /// Leaves only the current song, or nothing.
    pub(super) fn clear(&mut self, keep_current: bool) {
        let kept = self.turn().map(|turn| turn.entry).filter(|_| keep_current);
        self.songs.retain(|entry, _| Some(*entry) == kept);
        self.order = Order::new(kept.into_iter().collect());
        self.current = 0;
        self.changed();
    }

    pub(super) fn set_shuffle(&mut self, shuffle: bool) {
        if shuffle == self.shuffle {
            return;
        }
        self.shuffle = shuffle;
        if shuffle {
            self.shuffle_all();
        } else {
            let playing = self.turn();
            let mut entries = self.order.entries().to_vec();
            entries.sort_by_key(|entry| self.songs.get(entry).map_or(usize::MAX, |song| song.rank));
            self.order = Order::new(entries);
            self.current = playing.and_then(|turn| self.index_of(turn)).unwrap_or(0);
        }
        self.changed();
    }

    /// Makes a song of the queue the current one; with shuffle those that are jumped over stay to be played.
    pub(super) fn go_to(&mut self, index: usize) -> bool {
        if index >= self.order.len() {
            return false;
        }
        if self.shuffle && index > self.current + 1 {
            self.current += 1;
            self.order.move_entry(index, self.current);
            self.changed();
        } else {
            self.current = index;
            self.next_pass = None;
        }
        true
    }

    /// Follows what is heard.
    pub(super) fn heard(&mut self, turn: Turn) {
        if turn.pass > self.pass {
            self.pass = turn.pass;
            if let Some(next) = self.next_pass.take() {
                self.order = next;
                self.shown = None;
            }
        }
        if let Some(index) = self.index_of(turn) {
            self.current = index;
        }
    }

    /// What plays after the end of a song by itself.
    pub(super) fn following(&mut self, turn: Turn) -> Option<Turn> {
        if self.repeat == Repeat::One { Some(turn) } else { self.next_of(turn) }
    }

    /// What stands behind a song, whatever repeats.
    pub(super) fn next_of(&mut self, turn: Turn) -> Option<Turn> {
        let ahead = turn.pass > self.pass;
        let order = if ahead { self.next_pass.as_ref().unwrap_or(&self.order) } else { &self.order };
        // What was taken out while it was decoded is followed by what stands in its place.
        let next = order.place_of(turn.entry).map_or(self.current, |place| place + 1);
        if let Some(entry) = order.get(next) {
            return Some(Turn { entry, pass: turn.pass });
        }
        if self.repeat != Repeat::All {
            return None;
        }
        if self.shuffle && !ahead && self.next_pass.is_none() {
            let mut next = self.order.entries().to_vec();
            self.mix(&mut next);
            // Not the same song twice in a row, if there is another.
            if next.len() > 1 && next[0] == turn.entry {
                let other = 1 + self.roll(next.len() - 1);
                next.swap(0, other);
            }
            self.next_pass = Some(Order::new(next));
        }
        let entry = self.next_pass.as_ref().unwrap_or(&self.order).get(0)?;
        Some(Turn { entry, pass: turn.pass.max(self.pass) + 1 })
    }

    /// Where `Previous` leads from `position_secs` of the current song.
    pub(super) fn previous(&self, position_secs: f64) -> usize {
        if position_secs > RESTART_AFTER_SECS {
            self.current
        } else if self.current == 0 && self.repeat == Repeat::All && !self.shuffle {
            self.order.len().saturating_sub(1)
        } else {
            self.current.saturating_sub(1)
        }
    }

    fn index_of(&self, turn: Turn) -> Option<usize> {
        self.order.place_of(turn.entry)
    }

    fn fill(&mut self, items: Vec<QueueItem>, current: usize) {
        self.songs.clear();
        self.next_rank = 0;
        self.order = Order::new(self.take_in(items, 0).collect());
        self.current = if current < self.order.len() { current } else { 0 };
        self.changed();
    }

    /// Takes songs in, which have no place in the order yet.
    fn take_in(&mut self, items: Vec<QueueItem>, first_rank: usize) -> std::ops::Range<u64> {
        let first = self.next_id;
        self.next_id += items.len() as u64;
        self.next_rank = self.next_rank.max(first_rank + items.len());
        self.songs.extend((first..).zip((first_rank..).zip(items).map(|(rank, item)| Song { rank, item })));
        first..self.next_id
    }

    fn rank_as_they_stand(&mut self) {
        for (rank, entry) in self.order.entries().iter().enumerate() {
            if let Some(song) = self.songs.get_mut(entry) {
                song.rank = rank;
            }
        }
        self.next_rank = self.order.len();
    }

    fn changed(&mut self) {
        self.next_pass = None;
        self.shown = None;
    }

    /// The current song first, the others behind it in any order.
    fn shuffle_all(&mut self) {
        if self.order.is_empty() {
            return;
        }
        let mut entries = self.order.entries().to_vec();
        entries.swap(0, self.current);
        self.current = 0;
        self.mix(&mut entries[1..]);
        self.order = Order::new(entries);
    }

    /// Every order is as likely (Fisher and Yates).
    fn mix(&mut self, entries: &mut [u64]) {
        for last in (1..entries.len()).rev() {
            let other = self.roll(last + 1);
            entries.swap(last, other);
        }
    }

    /// A number below `below`, by SplitMix64.
    fn roll(&mut self, below: usize) -> usize {
        self.random = self.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.random;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^= mixed >> 31;
        ((u128::from(mixed) * below as u128) >> 64) as usize
    }
}

#[cfg(test)]
mod properties;

#[cfg(test)]
mod tests;
