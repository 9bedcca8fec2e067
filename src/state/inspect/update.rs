//! After each change: the view follows the playhead, and the engine hears what is needed.

use crate::dsp::picture::PictureSpec;
use crate::engine::Command;
use crate::engine::tiles::TileWish;
use crate::state::{AppState, Place};

use super::store::TileKey;
use super::views::View;
use super::wish::wanted;
use super::{Mode, Span};

/// Where in the view the playhead stays while it is followed.
const PLAYHEAD_SHARE: f64 = 0.4;

impl AppState {
    /// Follows the playhead and asks the engine for what shows now and was not asked for.
    pub fn update_inspect(&mut self) {
        let shown = self.inspected().map(|track| track.id);
        if shown != self.inspect.shown {
            self.show_other_track(shown);
        }
        if self.inspect.full_screen && self.place != Place::Inspect {
            self.set_full_screen(false);
        }
        if self.place == Place::Inspect {
            // It also tells whether the file is damaged.
            self.want_overview(shown);
            self.follow_playhead();
            self.hold_peaks();
        }
        let views = if self.place == Place::Inspect { self.inspect_views() } else { Vec::new() };
        self.wish_tiles(&views);
        self.wish_live(&views);
    }

    fn show_other_track(&mut self, shown: Option<crate::base::TrackId>) {
        let inspect = &mut self.inspect;
        inspect.shown = shown;
        inspect.loop_draft = None;
        for peaks in &mut inspect.peaks {
            peaks.clear();
        }
        if inspect.mode == Mode::Whole {
            inspect.cursor = None;
            inspect.span = inspect.span.map(|span| Span { from: 0.0, to: span.len() });
        }
        if inspect.pinned.is_some_and(|id| Some(id) != shown) {
            inspect.pinned = None;
        }
    }

    fn follow_playhead(&mut self) {
        let (Some(span), Some(playhead)) = (self.inspect.span, self.inspect_playhead()) else { return };
        if !self.inspect.follow || self.inspect.loop_draft.is_some() {
            return;
        }
        let limits = self.inspect_limits();
        let moved = if self.settings.reduce_motion {
            if span.contains(playhead) { span } else { span.begun_at(playhead, limits) }
        } else {
            span.begun_at(playhead - PLAYHEAD_SHARE * span.len(), limits)
        };
        self.inspect.span = Some(moved);
    }

    fn wish_tiles(&mut self, views: &[View]) {
        let mut wishes: Vec<TileWish> = Vec::new();
        if self.inspect.mode == Mode::Whole && self.inspect.canvas.is_some() {
            for view in views {
                if let Some(wish) = self.wish_of(view)
                    && !wishes.contains(&wish)
                {
                    wishes.push(wish);
                }
            }
        }
        let tiles = &mut self.inspect.tiles;
        for wish in &mut wishes {
            let spec = tiles.spec_id(&wish.spec);
            let track = wish.track;
            for place in &wish.tiles {
                tiles.touch(&TileKey { track, spec, place: *place });
            }
            wish.tiles.retain(|place| !tiles.is_complete(&TileKey { track, spec, place: *place }));
        }
        wishes.retain(|wish| !wish.tiles.is_empty());
        if !self.is_asked(&wishes) {
            self.inspect.sent_tiles.clone_from(&wishes);
            self.wanted.push(Command::WantTiles(wishes));
        }
    }

    /// The tiles of a view, also those that are there.
    fn wish_of(&self, view: &View) -> Option<TileWish> {
        let track = self.track(view.track?)?;
        if track.missing || !track.playable {
            return None;
        }
        let secs = self.track_secs(track.id);
        let tiles = wanted(self.inspect_sharpness(), self.inspect_span(), self.inspect.band, secs);
        Some(TileWish { track: track.id, spec: view.settings.spec, tiles })
    }

    /// Whether the engine works on just these already: what was sent, less what has come since.
    fn is_asked(&self, wishes: &[TileWish]) -> bool {
        let tiles = &self.inspect.tiles;
        let mut left = self.inspect.sent_tiles.iter().filter_map(|sent| {
            let spec = tiles.known_spec(&sent.spec);
            let open: Vec<_> = sent
                .tiles
                .iter()
                .filter(|place| {
                    !spec.is_some_and(|spec| tiles.is_complete(&TileKey { track: sent.track, spec, place: **place }))
                })
                .collect();
            (!open.is_empty()).then_some((sent, open))
        });
        let same = wishes.iter().all(|wish| {
            left.next().is_some_and(|(sent, open)| {
                sent.track == wish.track
                    && sent.spec == wish.spec
                    && open.len() == wish.tiles.len()
                    && open.iter().all(|place| wish.tiles.contains(place))
            })
        });
        same && left.next().is_none()
    }

    fn wish_live(&mut self, views: &[View]) {
        let mut specs: Vec<PictureSpec> = Vec::new();
        if self.inspect.mode == Mode::Live {
            if self.inspect.is_frozen() {
                return self.send_live(Vec::new());
            }
            for view in views {
                if !specs.contains(&view.settings.spec) {
                    specs.push(view.settings.spec);
                }
            }
            self.inspect.live.keep(&specs);
        }
        self.send_live(specs);
    }

    fn send_live(&mut self, specs: Vec<PictureSpec>) {
        if specs != self.inspect.sent_live {
            self.inspect.sent_live.clone_from(&specs);
            self.wanted.push(Command::WantLivePictures(specs));
        }
    }
}
