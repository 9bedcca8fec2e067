//! Lines over a picture: playhead, loop, cursor, harmonics.

use eframe::egui::{Align2, Color32, Painter, Rect, Shape, pos2, vec2};

use crate::state::AppState;
use crate::state::inspect::View;
use crate::ui::theme::{Tokens, fonts};

use super::axes;
use super::paint::Window;

/// The highest harmonic that gets a line.
const HARMONICS: u16 = 10;

/// Draws them; `painter` is clipped to the picture.
pub fn marks(painter: &Painter, tokens: &Tokens, ink: Color32, state: &AppState, view: &View, window: &Window) {
    looped(painter, tokens, state, view, window);
    playhead(painter, tokens, state, view, window);
    cursor(painter, tokens, ink, state, view, window);
}

fn looped(painter: &Painter, tokens: &Tokens, state: &AppState, view: &View, window: &Window) {
    let plays = view.track.is_some() && state.player.current == view.track;
    let own = state.inspect_playhead().and(state.player.loop_secs).filter(|_| plays);
    let Some((from, to)) = state.inspect.loop_draft.or(own) else { return };
    let x = |secs| axes::x_of(window.picture, window.span, secs);
    let (left, right) = (x(from), x(to));
    let stretch = Rect::from_x_y_ranges(left..=right, window.picture.y_range());
    painter.rect_filled(stretch, 0.0, tokens.accent.gamma_multiply(0.16));
    for x in [left, right] {
        painter.vline(x, window.picture.y_range(), (1.5, tokens.screen_accent));
    }
}

fn playhead(painter: &Painter, tokens: &Tokens, state: &AppState, view: &View, window: &Window) {
    if view.track != state.player.current {
        return;
    }
    let Some(secs) = state.inspect_playhead() else { return };
    let x = axes::x_of(window.picture, window.span, secs);
    painter.vline(x, window.picture.y_range(), (1.5, tokens.screen_accent));
    let top = pos2(x, window.picture.top());
    let points = vec![top + vec2(-5.0, 0.0), top + vec2(5.0, 0.0), top + vec2(0.0, 7.0)];
    painter.add(Shape::convex_polygon(points, tokens.screen_accent, eframe::egui::Stroke::NONE));
}

fn cursor(painter: &Painter, tokens: &Tokens, ink: Color32, state: &AppState, view: &View, window: &Window) {
    let Some(cursor) = state.inspect.cursor else { return };
    let axis = view.settings.spec.axis;
    let faint = ink.gamma_multiply(0.55);
    let x = axes::x_of(window.picture, window.span, cursor.secs);
    painter.vline(x, window.picture.y_range(), (1.0, faint));
    let y = |hz| axes::y_of(window.picture, axis, window.band, hz);
    painter.hline(window.picture.x_range(), y(cursor.hz), (1.0, faint));
    if cursor.held {
        painter.circle_stroke(pos2(x, y(cursor.hz)), 5.0, (1.5, tokens.screen_accent));
    }
    if !state.inspect.harmonics {
        return;
    }
    let mut last_label = f32::INFINITY;
    for harmonic in 2..=HARMONICS {
        let y = y(cursor.hz * f32::from(harmonic));
        if y < window.picture.top() {
            break;
        }
        painter.extend(Shape::dashed_line(
            &[pos2(window.picture.left(), y), pos2(window.picture.right(), y)],
            (1.0, tokens.screen_accent.gamma_multiply(0.75)),
            8.0,
            6.0,
        ));
        if last_label - y < 13.0 {
            continue;
        }
        last_label = y;
        let label = pos2(window.picture.right() - 44.0, y);
        painter.text(label, Align2::RIGHT_BOTTOM, format!("{harmonic}f"), fonts::tiny(), ink);
    }
}
