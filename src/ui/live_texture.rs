//! The live spectrogram on the graphics card: a ring of columns, of which only the new ones are sent.

use eframe::egui::{self, Color32, ColorImage, Mesh, Painter, Rect, TextureHandle, TextureOptions, pos2};

use crate::dsp::live::LIVE_BANDS;
use crate::state::live::{LIVE_COLUMNS, LiveRing};

use super::theme::colormap;

/// The texture and how much of the ring is in it.
#[derive(Default)]
pub struct LiveTexture {
    texture: Option<TextureHandle>,
    seen: u64,
}

impl LiveTexture {
    /// Sends the columns that are new since the last call.
    pub fn update(&mut self, ctx: &egui::Context, ring: &LiveRing) {
        let texture = self.texture.get_or_insert_with(|| {
            let image = ColorImage::filled([LIVE_COLUMNS, LIVE_BANDS], colormap::color(0.0));
            ctx.load_texture("live spectrogram", image, TextureOptions::LINEAR)
        });
        let mut start = None;
        let mut columns: Vec<&[f32]> = Vec::new();
        for (number, column) in ring.since(self.seen) {
            let x = (number % LIVE_COLUMNS as u64) as usize;
            if x == 0 && !columns.is_empty() {
                upload(texture, start.unwrap_or(0), &columns);
                columns.clear();
                start = None;
            }
            start.get_or_insert(x);
            columns.push(&column.levels_db);
        }
        if let Some(start) = start {
            upload(texture, start, &columns);
        }
        self.seen = ring.pushed();
    }

    /// Draws the newest `columns` columns, the newest at the right edge; fewer leave the left empty.
    pub fn paint(&self, painter: &Painter, rect: Rect, columns: usize) {
        let Some(texture) = &self.texture else { return };
        let shown = columns.min(LIVE_COLUMNS - 1).min(self.seen as usize);
        if shown == 0 {
            return;
        }
        let left = rect.right() - rect.width() * shown as f32 / columns as f32;
        let mut x = left;
        let mut number = self.seen - shown as u64;
        while number < self.seen {
            let from = (number % LIVE_COLUMNS as u64) as usize;
            let count = (LIVE_COLUMNS - from).min((self.seen - number) as usize);
            let width = (rect.right() - left) * count as f32 / shown as f32;
            let part = Rect::from_min_max(pos2(x, rect.top()), pos2(x + width, rect.bottom()));
            let side = LIVE_COLUMNS as f32;
            // Half a column inwards, so that the two ends of the ring do not shine through each other.
            let uv = Rect::from_min_max(
                pos2((from as f32 + 0.5) / side, 0.0),
                pos2((from as f32 + count as f32 - 0.5) / side, 1.0),
            );
            let mut mesh = Mesh::with_texture(texture.id());
            mesh.add_rect_with_uv(part, uv, Color32::WHITE);
            painter.add(mesh);
            x += width;
            number += count as u64;
        }
    }
}

/// Sends neighbouring columns as one picture; the highest band is the top row.
fn upload(texture: &mut TextureHandle, start: usize, columns: &[&[f32]]) {
    let width = columns.len();
    let mut pixels = vec![Color32::BLACK; width * LIVE_BANDS];
    for (x, levels) in columns.iter().enumerate() {
        for (band, level) in levels.iter().enumerate() {
            pixels[(LIVE_BANDS - 1 - band) * width + x] = colormap::color_of_db(*level);
        }
    }
    texture.set_partial([start, 0], ColorImage::new([width, LIVE_BANDS], pixels), TextureOptions::LINEAR);
}
