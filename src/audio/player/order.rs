//! An order of entries that knows the place of each without searching.

use std::collections::HashMap;

/// Entries by their numbers, each once. Asking for a place or an entry takes the same time however many there are; a change
/// takes as long as what stands behind it is long.
#[derive(Clone, Debug, Default)]
pub(super) struct Order {
    entries: Vec<u64>,
    places: HashMap<u64, usize>,
}

impl Order {
    /// In this order.
    pub(super) fn new(entries: Vec<u64>) -> Self {
        let places = entries.iter().enumerate().map(|(place, entry)| (*entry, place)).collect();
        Self { entries, places }
    }

    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    pub(super) fn get(&self, place: usize) -> Option<u64> {
        self.entries.get(place).copied()
    }

    pub(super) fn place_of(&self, entry: u64) -> Option<usize> {
        self.places.get(&entry).copied()
    }

    /// All of them, the first to play first.
    pub(super) fn entries(&self) -> &[u64] {
        &self.entries
    }

    /// Puts entries at a place (at the end, if it lies beyond that).
    pub(super) fn insert(&mut self, place: usize, entries: impl IntoIterator<Item = u64>) {
        let place = place.min(self.entries.len());
        self.entries.splice(place..place, entries);
        self.number(place, self.entries.len());
    }

    /// Moves one entry; `to` is its place afterwards (the last, if it lies beyond that).
    pub(super) fn move_entry(&mut self, from: usize, to: usize) {
        if from >= self.entries.len() {
            return;
        }
        let to = to.min(self.entries.len() - 1);
        if from < to {
            self.entries[from..=to].rotate_left(1);
            self.number(from, to + 1);
        } else {
            self.entries[to..=from].rotate_right(1);
            self.number(to, from + 1);
        }
    }

    /// Keeps the entries of which `stays` says so.
    pub(super) fn retain(&mut self, mut stays: impl FnMut(u64) -> bool) {
        let places = &mut self.places;
        self.entries.retain(|entry| {
            let stays = stays(*entry);
            if !stays {
                places.remove(entry);
            }
            stays
        });
        self.number(0, self.entries.len());
    }

    /// Gives the entries from one place to another (not included) their places.
    fn number(&mut self, from: usize, to: usize) {
        for place in from..to {
            self.places.insert(self.entries[place], place);
        }
    }
}
