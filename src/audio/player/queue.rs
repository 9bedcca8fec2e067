//! The queue and its rules.

use super::command::QueueItem;

/// Songs in the order in which they play, and the one that is heard.
#[derive(Debug, Default)]
pub(super) struct Queue {
    pub(super) items: Vec<QueueItem>,
    pub(super) current: usize,
}

/// `Previous` goes back to the start of the song after this much of it.
const RESTART_AFTER_SECS: f64 = 3.0;

impl Queue {
    pub(super) fn replace(&mut self, items: Vec<QueueItem>, start: usize) {
        self.current = if start < items.len() { start } else { 0 };
        self.items = items;
    }

    pub(super) fn item(&self, index: usize) -> Option<&QueueItem> {
        self.items.get(index)
    }

    pub(super) fn next(&self) -> Option<usize> {
        let next = self.current + 1;
        (next < self.items.len()).then_some(next)
    }

    /// Where `Previous` leads from `position_secs` of the current song.
    pub(super) fn previous(&self, position_secs: f64) -> usize {
        if position_secs > RESTART_AFTER_SECS { self.current } else { self.current.saturating_sub(1) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::TrackId;

    #[test]
    fn next_ends_and_previous_restarts_first() {
        let mut queue = Queue::default();
        assert_eq!((queue.next(), queue.previous(0.0)), (None, 0));
        let items = (0..3).map(|n| QueueItem { track: TrackId(n), path: "a".into() }).collect();
        queue.replace(items, 1);
        assert_eq!(queue.next(), Some(2));
        assert_eq!(queue.previous(1.0), 0);
        assert_eq!(queue.previous(3.5), 1);
        queue.current = 2;
        assert_eq!(queue.next(), None);
        queue.replace(Vec::new(), 7);
        assert_eq!(queue.current, 0);
    }
}
