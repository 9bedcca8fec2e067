//! Small drawings of the networks: a box a layer, as high as what it sees and as wide as what it makes of it.

use eframe::egui::{Color32, Painter, Rect, Stroke, StrokeKind, pos2, vec2};

use crate::ml::model::config::{Architecture, Preset};
use crate::ui::theme::Tokens;

/// One layer.
#[derive(Clone, Copy)]
struct Layer {
    /// Points.
    width: f32,
    /// Share of the room, 0..1.
    height: f32,
    /// It learns; else it stays as it was.
    trained: bool,
}

const fn layer(width: f32, height: f32) -> Layer {
    Layer { width, height, trained: true }
}

const fn frozen(width: f32, height: f32) -> Layer {
    Layer { width, height, trained: false }
}

/// The branches of a network, from its input to its opinion, and what follows where they meet.
fn layers(architecture: Architecture, preset: Preset) -> (Vec<Vec<Layer>>, Vec<Layer>) {
    const PLAIN: [Layer; 4] = [layer(7.0, 1.0), layer(7.0, 0.62), layer(12.0, 0.38), layer(4.0, 0.7)];
    const GRID: [Layer; 5] =
        [layer(4.0, 1.0), layer(6.0, 0.74), layer(9.0, 0.52), layer(12.0, 0.36), layer(15.0, 0.24)];
    let listener = |trained: bool| -> Vec<Layer> {
        let heights = [1.0, 0.84, 0.7, 0.6, 0.5, 0.42, 0.35, 0.3];
        heights.iter().map(|height| Layer { width: 5.0, height: *height, trained }).collect()
    };
    let end = vec![layer(4.0, 0.3)];
    match (architecture, preset) {
        (Architecture::Cnn, Preset::Article) => (vec![PLAIN.to_vec()], end),
        (Architecture::Cnn, Preset::Best) => (vec![GRID.to_vec()], end),
        (Architecture::Mobilenet, Preset::Article) => {
            let mut all: Vec<Layer> = listener(false);
            all.push(frozen(14.0, 0.22));
            (vec![all], end)
        }
        (Architecture::Mobilenet, Preset::Best) => (vec![listener(true), listener(true)], end),
        (Architecture::Multimodal, Preset::Article) => {
            let branch = vec![layer(7.0, 1.0), layer(12.0, 0.62), layer(4.0, 0.8)];
            (vec![branch.clone(), branch], vec![layer(4.0, 0.24), layer(4.0, 0.16)])
        }
        (Architecture::Multimodal, Preset::Best) => {
            let scattering = vec![layer(10.0, 1.0), layer(4.0, 0.6)];
            let tags = vec![layer(4.0, 0.6)];
            (vec![GRID.to_vec(), scattering, listener(true), listener(true), tags], vec![layer(4.0, 0.16)])
        }
    }
}

/// Draws a network into `rect`, from left to right.
pub fn paint(painter: &Painter, rect: Rect, architecture: Architecture, preset: Preset, tokens: &Tokens) {
    let (branches, end) = layers(architecture, preset);
    let wide = |list: &[Layer]| list.iter().map(|layer| layer.width + 4.0).sum::<f32>();
    let longest = branches.iter().map(|branch| wide(branch)).fold(0.0, f32::max);
    let room = rect.height() / branches.len() as f32;
    let line = Stroke::new(1.0, tokens.text_faint);
    let meeting = rect.left() + 40.0 + longest + 16.0;
    for (row, branch) in branches.iter().enumerate() {
        let band = Rect::from_min_size(pos2(rect.left(), rect.top() + row as f32 * room), vec2(rect.width(), room));
        let height = (room - if branches.len() > 3 { 3.0 } else { 6.0 }).min(44.0);
        input(
            painter,
            Rect::from_center_size(pos2(rect.left() + 14.0, band.center().y), vec2(28.0, height.min(28.0))),
            tokens,
        );
        painter.hline(rect.left() + 30.0..=rect.left() + 38.0, band.center().y, line);
        let right = boxes(painter, pos2(rect.left() + 40.0, band.center().y), height, branch, tokens);
        painter.line_segment([pos2(right, band.center().y), pos2(meeting, rect.center().y)], line);
    }
    let right = boxes(painter, pos2(meeting + 2.0, rect.center().y), rect.height().min(88.0), &end, tokens);
    painter.hline(right..=right + 8.0, rect.center().y, line);
    for step in 0..5 {
        let y = rect.center().y + (step as f32 - 2.0) * 6.0;
        let color: Color32 = if step == 1 { tokens.accent } else { tokens.control_hover };
        painter.circle_filled(pos2(right + 13.0, y), 2.0, color);
    }
}

/// A little picture of sound.
fn input(painter: &Painter, rect: Rect, tokens: &Tokens) {
    painter.rect_filled(rect, 2.0, tokens.screen);
    for step in 0..6 {
        let x = rect.left() + 3.0 + step as f32 * (rect.width() - 6.0) / 5.0;
        let height = rect.height() * [0.35, 0.7, 0.5, 0.8, 0.4, 0.6][step];
        painter.vline(x, rect.bottom() - 2.0 - height..=rect.bottom() - 2.0, (1.5, tokens.screen_accent));
    }
}

/// Boxes in a row, centred on `start`; gives back where they end.
fn boxes(painter: &Painter, start: eframe::egui::Pos2, height: f32, list: &[Layer], tokens: &Tokens) -> f32 {
    let mut x = start.x;
    for layer in list {
        let size = vec2(layer.width, (height * layer.height).max(4.0));
        let rect = Rect::from_center_size(pos2(x + layer.width / 2.0, start.y), size);
        if layer.trained {
            painter.rect_filled(rect, 1.5, tokens.accent);
        } else {
            painter.rect_stroke(rect, 1.5, (1.0, tokens.text_faint), StrokeKind::Inside);
        }
        x += layer.width + 4.0;
    }
    x - 2.0
}
