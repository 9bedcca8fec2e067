//! Undo and redo of genres set by hand.

use crate::base::TrackId;

/// One change: which songs, what they had, what they got.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GenreChange {
    /// Each song with the hand-set genre it had before.
    pub before: Vec<(TrackId, Option<String>)>,
    /// What they all got.
    pub after: Option<String>,
}

/// The changes of this run, newest last.
#[derive(Clone, Debug, Default)]
pub struct UndoStack {
    done: Vec<GenreChange>,
    undone: Vec<GenreChange>,
}

/// Changes that are remembered.
const DEPTH: usize = 200;

impl UndoStack {
    /// Notes a new change; what was undone can no longer be redone.
    pub fn push(&mut self, change: GenreChange) {
        self.undone.clear();
        if self.done.len() == DEPTH {
            self.done.remove(0);
        }
        self.done.push(change);
    }

    /// Takes the newest change back.
    pub fn undo(&mut self) -> Option<GenreChange> {
        let change = self.done.pop()?;
        self.undone.push(change.clone());
        Some(change)
    }

    /// Makes the change again that was taken back last.
    pub fn redo(&mut self) -> Option<GenreChange> {
        let change = self.undone.pop()?;
        self.done.push(change.clone());
        Some(change)
    }

    /// Whether there is something to take back.
    pub fn can_undo(&self) -> bool {
        !self.done.is_empty()
    }

    /// Whether there is something to make again.
    pub fn can_redo(&self) -> bool {
        !self.undone.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(id: i64) -> GenreChange {
        GenreChange { before: vec![(TrackId(id), None)], after: Some("jazz".into()) }
    }

    #[test]
    fn a_new_change_forgets_what_was_undone() {
        let mut stack = UndoStack::default();
        stack.push(change(1));
        stack.push(change(2));
        assert_eq!(stack.undo(), Some(change(2)));
        assert_eq!(stack.redo(), Some(change(2)));
        stack.undo();
        stack.push(change(3));
        assert!(!stack.can_redo());
        assert_eq!(stack.undo(), Some(change(3)));
        assert_eq!(stack.undo(), Some(change(1)));
        assert_eq!(stack.undo(), None);
    }
}
