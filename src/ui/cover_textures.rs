//! Covers on the graphics card, and the picture of a song that has none.

use std::collections::VecDeque;

use eframe::egui::{self, Color32, ColorImage, CornerRadius, Painter, Rect, TextureHandle, TextureOptions, pos2, vec2};

use crate::base::TrackId;
use crate::state::AppState;

use super::icons::{self, Icon};
use super::theme::{size, tokens_of};

/// Textures that are kept.
const KEPT: usize = 16;

/// The textures of the covers shown last.
#[derive(Default)]
pub struct CoverTextures(VecDeque<(TrackId, TextureHandle)>);

impl CoverTextures {
    fn get(&mut self, ctx: &egui::Context, state: &AppState, id: TrackId) -> Option<TextureHandle> {
        if let Some((_, texture)) = self.0.iter().find(|(known, _)| *known == id) {
            return Some(texture.clone());
        }
        let cover = state.covers.ready(id)?;
        if cover.rgba.len() != cover.width * cover.height * 4 || cover.rgba.is_empty() {
            return None;
        }
        let image = ColorImage::from_rgba_unmultiplied([cover.width, cover.height], &cover.rgba);
        let texture = ctx.load_texture("cover", image, TextureOptions::LINEAR);
        if self.0.len() == KEPT {
            self.0.pop_front();
        }
        self.0.push_back((id, texture.clone()));
        Some(texture)
    }

    /// Draws a song's cover into a square, cropped to its middle; a record on the genre's hue where there is none.
    pub fn paint(&mut self, painter: &Painter, state: &AppState, id: Option<TrackId>, rect: Rect) {
        let radius = CornerRadius::same(if rect.width() > 80.0 { size::RADIUS } else { 4 });
        let tokens = tokens_of(painter.ctx().theme() == egui::Theme::Dark);
        if let Some(texture) = id.and_then(|id| self.get(painter.ctx(), state, id)) {
            let [width, height] = texture.size().map(|side| side as f32);
            let side = width.min(height);
            let half = vec2(side / width, side / height) / 2.0;
            let uv = Rect::from_min_max(pos2(0.5, 0.5) - half, pos2(0.5, 0.5) + half);
            let shape = egui::epaint::RectShape::filled(rect, radius, Color32::WHITE).with_texture(texture.id(), uv);
            painter.add(shape);
            return;
        }
        painter.rect_filled(rect, radius, tokens.control);
        let genre = id.and_then(|id| state.derived.genre_of(state.derived.place_of(id)?));
        let hue = genre.map_or(tokens.text_faint, |(genre, _)| tokens.genre(&genre.name));
        icons::paint(painter, Icon::Disc, rect.shrink(rect.width() * 0.22), hue);
    }
}
