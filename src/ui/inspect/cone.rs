//! The cone of influence: where a wavelet reaches over an end of the sound, its level cannot be trusted.

use eframe::egui::{Color32, Mesh, Painter, Pos2, Shape, pos2};

use crate::dsp::picture::Analyzer;
use crate::state::AppState;
use crate::state::inspect::{Kind, Mode, View};

use super::axes;
use super::paint::Window;

/// Points along the border.
const STEPS: usize = 96;

/// Draws a dashed border (in the second colour) and a veil (in the first) over what lies outside of it.
pub fn cone(painter: &Painter, colors: (Color32, Color32), state: &AppState, view: &View, window: &Window) {
    if view.kind != Kind::Scalogram {
        return;
    }
    match state.inspect.mode {
        Mode::Live => edge(painter, colors, view, window, window.span.to, -1.0),
        Mode::Whole => {
            let Some(track) = view.track else { return };
            edge(painter, colors, view, window, 0.0, 1.0);
            edge(painter, colors, view, window, state.track_secs(track), -1.0);
        }
    }
}

/// The border at one end of the sound; `inwards` is 1 at a beginning and -1 at an end.
fn edge(painter: &Painter, colors: (Color32, Color32), view: &View, window: &Window, end_secs: f64, inwards: f64) {
    let spec = &view.settings.spec;
    // The cone does not depend on the sample rate; nothing is planned until something is rendered.
    let analyzer = Analyzer::new(&spec.transform, 48_000);
    let end_x = axes::x_of(window.picture, window.span, end_secs);
    let border: Vec<Pos2> = (0..=STEPS)
        .map(|step| {
            let y = window.picture.bottom() - window.picture.height() * step as f32 / STEPS as f32;
            let hz = axes::hz_at(window.picture, spec.axis, window.band, y);
            let secs = end_secs + inwards * analyzer.cone_secs(hz);
            pos2(axes::x_of(window.picture, window.span, secs), y)
        })
        .collect();
    let widest = border.iter().map(|point| (point.x - end_x).abs()).fold(0.0, f32::max);
    let seen = window.picture.x_range();
    let (low, high) = (end_x.min(end_x + inwards as f32 * widest), end_x.max(end_x + inwards as f32 * widest));
    if widest < 1.5 || high < seen.min || low > seen.max {
        return;
    }
    let mut veil = Mesh::default();
    for (index, point) in border.iter().enumerate() {
        veil.colored_vertex(pos2(end_x, point.y), colors.0);
        veil.colored_vertex(*point, colors.0);
        if index > 0 {
            let base = 2 * index as u32;
            veil.add_triangle(base - 2, base - 1, base);
            veil.add_triangle(base - 1, base, base + 1);
        }
    }
    painter.add(veil);
    painter.extend(Shape::dashed_line(&border, (1.0, colors.1), 5.0, 4.0));
}
