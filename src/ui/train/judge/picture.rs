//! Inputs of networks as pictures on the graphics card, and what lies over them.

use std::collections::VecDeque;
use std::sync::Arc;

use eframe::egui::{Color32, ColorImage, Rect, TextureHandle, TextureOptions, Ui, pos2, vec2};

use crate::engine::picture::Picture;
use crate::ml::model::explain::View;
use crate::ml::networks::input::FrontEnd;
use crate::ui::theme::matrix::{input, pixel, saliency as hue};
use crate::ui::theme::tokens;

/// Textures that are kept.
const KEPT: usize = 8;
/// Longest side of a texture.
const LONGEST: usize = 2048;

/// What a texture shows.
#[derive(Clone, Debug, PartialEq)]
enum Key {
    /// Run, clip, and which of its inputs.
    Input(String, String, usize),
    /// A picture of a sound file. It stays where it is in memory as long as it is kept here.
    Drawn(Arc<Vec<Picture>>, usize),
}

/// The textures of the pictures shown last.
#[derive(Default)]
pub struct Pictures(VecDeque<(Key, TextureHandle)>);

/// Whether an input is a plotted picture: three colours a pixel, its rows from top to bottom.
pub fn is_pixels(view: &View) -> bool {
    matches!(view.front_end, FrontEnd::Picture | FrontEnd::WaveletPicture) && view.width.is_multiple_of(3)
}

/// The values as they are: nothing is smoothed away, very long inputs are thinned out.
fn image(view: &View) -> ColorImage {
    if is_pixels(view) {
        let pixels: Vec<Color32> = view.values.chunks_exact(3).map(|rgb| pixel(rgb[0], rgb[1], rgb[2])).collect();
        let size = [view.width / 3, view.frames];
        if pixels.len() == size[0] * size[1] {
            return ColorImage::new(size, pixels);
        }
    }
    let (across, up) = (view.frames.min(LONGEST), view.width.min(LONGEST));
    let mut pixels = Vec::with_capacity(across * up);
    for y in 0..up {
        let band = (up - 1 - y) * view.width / up.max(1);
        for x in 0..across {
            let frame = x * view.frames / across.max(1);
            pixels.push(input(view.values.get(frame * view.width + band).copied().unwrap_or(0.0)));
        }
    }
    ColorImage::new([across, up], pixels)
}

impl Pictures {
    fn texture(&mut self, ui: &Ui, key: Key, image: impl FnOnce() -> ColorImage, how: TextureOptions) -> TextureHandle {
        if let Some((_, texture)) = self.0.iter().find(|(known, _)| known.is(&key)) {
            return texture.clone();
        }
        let texture = ui.ctx().load_texture("judge", image(), how);
        if self.0.len() == KEPT {
            self.0.pop_front();
        }
        self.0.push_back((key, texture.clone()));
        texture
    }

    /// Draws one of the pictures of a sound file.
    pub fn paint_drawn(&mut self, ui: &Ui, drawn: &Arc<Vec<Picture>>, place: usize, rect: Rect) {
        let Some(picture) = drawn.get(place) else { return };
        let image = || ColorImage::from_rgb([picture.width, picture.height], &picture.rgb);
        let texture = self.texture(ui, Key::Drawn(drawn.clone(), place), image, TextureOptions::LINEAR);
        ui.painter().image(texture.id(), rect, Rect::from_min_max(pos2(0.0, 0.0), pos2(1.0, 1.0)), Color32::WHITE);
    }

    /// Draws an input, perhaps with what mattered over it.
    pub fn paint(
        &mut self,
        ui: &Ui,
        (run, clip): &(String, String),
        place: usize,
        view: &View,
        rect: Rect,
        saliency: bool,
    ) {
        ui.painter().rect_filled(rect, 0.0, tokens(ui).screen);
        let key = Key::Input(run.clone(), clip.clone(), place);
        let texture = self.texture(ui, key, || image(view), TextureOptions::NEAREST);
        let whole = Rect::from_min_max(pos2(0.0, 0.0), pos2(1.0, 1.0));
        ui.painter().image(texture.id(), rect, whole, Color32::WHITE);
        if saliency {
            overlay(ui, view, rect);
        }
    }
}

impl Key {
    fn is(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Drawn(a, place), Self::Drawn(b, other)) => Arc::ptr_eq(a, b) && place == other,
            (Self::Input(..), Self::Input(..)) => self == other,
            _ => false,
        }
    }
}

/// Tints each part by how much it mattered.
fn overlay(ui: &Ui, view: &View, rect: Rect) {
    let (first, second) = view.parts;
    let most = view.saliency.iter().fold(0.0_f32, |most, value| most.max(value.abs()));
    if first == 0 || second == 0 || most < 1e-6 || view.saliency.len() != first * second {
        return;
    }
    let pixels = is_pixels(view);
    for (index, value) in view.saliency.iter().enumerate() {
        let (one, other) = (index / second, index % second);
        // Of a plotted picture the first axis runs down, of levels it is time, and pitch runs up.
        let (column, row, columns, rows) =
            if pixels { (other, one, second, first) } else { (one, second - 1 - other, first, second) };
        let part = vec2(rect.width() / columns as f32, rect.height() / rows as f32);
        let min = rect.min + vec2(column as f32 * part.x, row as f32 * part.y);
        ui.painter().rect_filled(Rect::from_min_size(min, part), 0.0, hue(value / most));
    }
}
