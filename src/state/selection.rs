//! Which songs are selected, by identity, so that sorting and searching keep them.

use std::collections::HashSet;

use crate::base::TrackId;

/// The selected songs, the one whose details show (the lead) and the one where a range began (the anchor).
#[derive(Clone, Debug, Default)]
pub struct Selection {
    ids: HashSet<TrackId>,
    lead: Option<TrackId>,
    anchor: Option<TrackId>,
}

impl Selection {
    /// Selects one song only.
    pub fn set(&mut self, id: TrackId) {
        self.ids.clear();
        self.ids.insert(id);
        self.lead = Some(id);
        self.anchor = Some(id);
    }

    /// Adds or removes one song.
    pub fn toggle(&mut self, id: TrackId) {
        if !self.ids.remove(&id) {
            self.ids.insert(id);
        }
        self.lead = Some(id);
        self.anchor = Some(id);
    }

    /// Selects exactly these, `lead` being the newest end of the range; the anchor stays.
    pub fn set_range(&mut self, ids: impl IntoIterator<Item = TrackId>, lead: TrackId) {
        self.ids = ids.into_iter().collect();
        self.lead = Some(lead);
        self.anchor = self.anchor.or(Some(lead));
    }

    /// Selects nothing.
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    /// Forgets songs that are gone.
    pub fn retain(&mut self, mut alive: impl FnMut(TrackId) -> bool) {
        self.ids.retain(|id| alive(*id));
        self.lead = self.lead.filter(|id| alive(*id));
        self.anchor = self.anchor.filter(|id| alive(*id));
    }

    /// Whether a song is selected.
    pub fn contains(&self, id: TrackId) -> bool {
        self.ids.contains(&id)
    }

    /// Songs selected.
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// Whether nothing is selected.
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    /// The song whose details show.
    pub fn lead(&self) -> Option<TrackId> {
        self.lead
    }

    /// Where a range began.
    pub fn anchor(&self) -> Option<TrackId> {
        self.anchor
    }
}
