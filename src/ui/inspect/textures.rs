//! Pictures on the graphics card: a texture a tile, a ring a live picture. Only columns that changed are sent, and no frame
//! spends more than a little time on colouring.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use eframe::egui::{Color32, ColorImage, Context, TextureHandle, TextureId, TextureOptions};

use crate::base::Channel;
use crate::dsp::picture::PictureSettings;
use crate::engine::tiles::{LIVE_ROWS, TILE_COLUMNS, TILE_ROWS};
use crate::state::inspect::Side;
use crate::state::inspect::live::{LIVE_KEPT, LivePictureRing};
use crate::state::inspect::store::{Tile, TileKey};
use crate::ui::theme::shade::Shade;

/// Textures of tiles that are kept: 64 MB.
const MOST_TEXTURES: usize = 256;
/// Time for colouring in one frame.
const BUDGET: Duration = Duration::from_millis(2);
/// Live columns that are coloured anew in one frame when the look changes.
const LIVE_RECOLOURED: u64 = 256;

/// How one picture is coloured.
#[derive(Clone)]
pub struct Look {
    settings: PictureSettings,
    loudest: Option<i16>,
    number: u64,
    /// The colours.
    pub shade: Arc<Shade>,
}

struct TileTexture {
    texture: TextureHandle,
    seen: u64,
    look: u64,
    used: u64,
}

struct LiveTexture {
    texture: TextureHandle,
    began: u64,
    seen: u64,
    look: u64,
    /// Columns below this one still have the look before.
    stale_below: u64,
    used: u64,
}

/// A kind by its place from the top, its side, and which signal where both sides are shown.
pub type LookKey = (usize, Side, Option<Channel>);

/// All of them.
#[derive(Default)]
pub struct Textures {
    tiles: HashMap<(TileKey, Side), TileTexture>,
    live: HashMap<(usize, Side), LiveTexture>,
    looks: HashMap<LookKey, Look>,
    looks_made: u64,
    frame: u64,
    spent: Duration,
    pixels: Vec<Color32>,
}

impl Textures {
    /// A new frame with a new budget.
    pub fn begin_frame(&mut self) {
        self.frame += 1;
        self.spent = Duration::ZERO;
        if self.tiles.len() > MOST_TEXTURES {
            let mut used: Vec<u64> = self.tiles.values().map(|tile| tile.used).collect();
            used.sort_unstable();
            let oldest = used[used.len() - MOST_TEXTURES];
            self.tiles.retain(|_, tile| tile.used >= oldest);
        }
        let frame = self.frame;
        self.live.retain(|_, live| live.used + 600 > frame);
    }

    /// The look of a picture, made anew when its settings changed.
    pub fn look(&mut self, of: LookKey, settings: &PictureSettings, loudest: Option<i16>) -> Look {
        if let Some(look) = self.looks.get(&of)
            && look.settings == *settings
            && look.loudest == loudest
        {
            return look.clone();
        }
        self.looks_made += 1;
        let shade = Arc::new(Shade::new(settings, loudest));
        let look = Look { settings: *settings, loudest, number: self.looks_made, shade };
        self.looks.insert(of, look.clone());
        look
    }

    /// The texture of a tile, with what is new of it. `None` when there was no time to make it in this frame.
    pub fn tile(&mut self, ctx: &Context, key: TileKey, side: Side, tile: &Tile, look: &Look) -> Option<TextureId> {
        let known = self.tiles.get_mut(&(key, side));
        if known.is_none() && self.spent > BUDGET {
            ctx.request_repaint();
            return None;
        }
        let entry = match known {
            Some(entry) => entry,
            None => {
                let empty = ColorImage::filled([TILE_COLUMNS, TILE_ROWS], Color32::TRANSPARENT);
                let texture = ctx.load_texture("tile", empty, TextureOptions::LINEAR);
                let entry = TileTexture { texture, seen: 0, look: look.number, used: 0 };
                self.tiles.entry((key, side)).or_insert(entry)
            }
        };
        entry.used = self.frame;
        let from = if entry.look == look.number { entry.seen } else { 0 };
        if from < tile.newest() {
            if self.spent > BUDGET {
                ctx.request_repaint();
                return Some(entry.texture.id());
            }
            if let Some((first, end)) = tile.changed_since(from) {
                let started = Instant::now();
                let columns = (first..end).map(|column| tile.column(column));
                let image = colour(columns, end - first, TILE_ROWS, &look.shade, &mut self.pixels);
                entry.texture.set_partial([first, 0], image, TextureOptions::LINEAR);
                self.spent += started.elapsed();
            }
        }
        (entry.seen, entry.look) = (tile.newest(), look.number);
        Some(entry.texture.id())
    }

    /// The ring texture of a live picture with its newest columns. Column `n` lies at `n` modulo its width.
    pub fn live(&mut self, ctx: &Context, kind: usize, side: Side, ring: &LivePictureRing, look: &Look) -> TextureId {
        let entry = self.live.entry((kind, side)).or_insert_with(|| {
            let empty = ColorImage::filled([LIVE_KEPT, LIVE_ROWS], Color32::TRANSPARENT);
            let texture = ctx.load_texture("live picture", empty, TextureOptions::LINEAR);
            LiveTexture { texture, began: 0, seen: 0, look: look.number, stale_below: 0, used: 0 }
        });
        entry.used = self.frame;
        if entry.began != ring.began() {
            (entry.began, entry.seen, entry.stale_below) = (ring.began(), ring.first(), 0);
        }
        let newest = entry.seen.max(ring.first());
        send(&mut entry.texture, ring, newest, ring.next(), &look.shade, &mut self.pixels);
        if entry.look != look.number {
            (entry.look, entry.stale_below) = (look.number, newest);
        }
        entry.seen = ring.next();
        if entry.stale_below > ring.first() {
            let from = entry.stale_below.saturating_sub(LIVE_RECOLOURED).max(ring.first());
            send(&mut entry.texture, ring, from, entry.stale_below, &look.shade, &mut self.pixels);
            entry.stale_below = from;
            ctx.request_repaint();
        }
        entry.texture.id()
    }
}

/// Sends the columns `from..to` of a ring to where they belong in its texture.
fn send(
    texture: &mut TextureHandle,
    ring: &LivePictureRing,
    from: u64,
    to: u64,
    shade: &Shade,
    pixels: &mut Vec<Color32>,
) {
    let mut number = from;
    while number < to {
        let x = (number % LIVE_KEPT as u64) as usize;
        let count = (LIVE_KEPT - x).min((to - number) as usize);
        let columns = (number..number + count as u64).filter_map(|number| ring.column(number));
        let image = colour(columns, count, LIVE_ROWS, shade, pixels);
        texture.set_partial([x, 0], image, TextureOptions::LINEAR);
        number += count as u64;
    }
}

/// Columns of levels, the lowest frequency first, as a picture whose top row is the highest.
fn colour<'a>(
    columns: impl Iterator<Item = &'a [i16]>,
    width: usize,
    height: usize,
    shade: &Shade,
    pixels: &mut Vec<Color32>,
) -> ColorImage {
    pixels.clear();
    pixels.resize(width * height, Color32::TRANSPARENT);
    for (x, levels) in columns.enumerate() {
        for (row, level) in pixels.chunks_exact_mut(width).zip(levels.iter().rev()) {
            row[x] = shade.color(*level);
        }
    }
    ColorImage::new([width, height], std::mem::take(pixels))
}
