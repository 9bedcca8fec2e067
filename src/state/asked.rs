//! What songs were asked about (covers, overviews), and what came of it.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::base::TrackId;

/// Answers that are kept.
const KEPT: usize = 24;

/// What is known of one song.
#[derive(Clone, Debug)]
pub enum Answer<T> {
    /// Asked for, not here yet.
    Loading,
    /// The song has none.
    None,
    /// Here it is.
    Ready(Arc<T>),
}

/// The songs asked about last; the oldest are forgotten.
#[derive(Clone, Debug)]
pub struct Asked<T>(VecDeque<(TrackId, Answer<T>)>);

impl<T> Default for Asked<T> {
    fn default() -> Self {
        Self(VecDeque::new())
    }
}

impl<T> Asked<T> {
    /// What is known of a song; `None` when it was never asked about.
    pub fn get(&self, id: TrackId) -> Option<&Answer<T>> {
        self.0.iter().find(|(known, _)| *known == id).map(|(_, answer)| answer)
    }

    /// The answer, if it is here.
    pub fn ready(&self, id: TrackId) -> Option<&Arc<T>> {
        match self.get(id) {
            Some(Answer::Ready(answer)) => Some(answer),
            _ => None,
        }
    }

    /// Notes that something is wanted; true when it must be asked for.
    pub fn want(&mut self, id: TrackId) -> bool {
        if self.get(id).is_some() {
            return false;
        }
        if self.0.len() == KEPT {
            self.0.pop_front();
        }
        self.0.push_back((id, Answer::Loading));
        true
    }

    /// Takes an answer; one that nobody waits for is dropped.
    pub fn answer(&mut self, id: TrackId, found: Option<Arc<T>>) {
        if let Some((_, answer)) = self.0.iter_mut().find(|(known, _)| *known == id) {
            *answer = found.map_or(Answer::None, Answer::Ready);
        }
    }
}
