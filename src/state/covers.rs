//! Cover pictures that were asked for.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::base::TrackId;
use crate::engine::event::CoverImage;

/// Covers that are kept.
const KEPT: usize = 24;

/// What is known of one cover.
#[derive(Clone, Debug)]
pub enum Cover {
    /// Asked for, not here yet.
    Loading,
    /// The song has none.
    None,
    /// Here it is.
    Ready(Arc<CoverImage>),
}

/// The covers asked for last; the oldest are forgotten.
#[derive(Clone, Debug, Default)]
pub struct Covers(VecDeque<(TrackId, Cover)>);

impl Covers {
    /// What is known of a song's cover; `None` when it was never asked for.
    pub fn get(&self, id: TrackId) -> Option<&Cover> {
        self.0.iter().find(|(known, _)| *known == id).map(|(_, cover)| cover)
    }

    /// Notes that a cover is wanted; true when it must be asked for.
    pub fn want(&mut self, id: TrackId) -> bool {
        if self.get(id).is_some() {
            return false;
        }
        if self.0.len() == KEPT {
            self.0.pop_front();
        }
        self.0.push_back((id, Cover::Loading));
        true
    }

    /// Takes an answer; one that nobody waits for is dropped.
    pub fn answer(&mut self, id: TrackId, image: Option<Arc<CoverImage>>) {
        if let Some((_, cover)) = self.0.iter_mut().find(|(known, _)| *known == id) {
            *cover = image.map_or(Cover::None, Cover::Ready);
        }
    }
}
