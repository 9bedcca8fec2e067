//! A slider in the look of the player: a thin trough, the part up to the knob in the accent.

use eframe::egui::{Key, Modifiers, Rect, Response, Role, Sense, Ui, WidgetInfo, pos2, vec2};

use crate::ui::theme::tokens;

use super::button;

/// Share of the range that an arrow key moves.
const KEY_STEP: f32 = 0.01;

/// Draws the trough and the knob; `active` makes the knob larger.
pub fn paint(ui: &Ui, rect: Rect, share: f32, active: bool) {
    let tokens = tokens(ui);
    let line = Rect::from_center_size(rect.center(), vec2(rect.width(), 4.0));
    ui.painter().rect_filled(line, 2.0, tokens.control);
    let filled = Rect::from_min_size(line.min, vec2(line.width() * share.clamp(0.0, 1.0), line.height()));
    ui.painter().rect_filled(filled, 2.0, tokens.accent);
    let knob = if active { 7.0 } else { 5.0 };
    ui.painter().circle_filled(pos2(filled.right(), line.center().y), knob, tokens.accent);
}

/// A slider over 0..1. The response is `changed` while it moves and `drag_stopped` when it is let go.
pub fn slider(ui: &mut Ui, value: &mut f32, width: f32, name: &str) -> Response {
    let (rect, mut response) = ui.allocate_exact_size(vec2(width, 24.0), Sense::click_and_drag());
    let trough = rect.shrink2(vec2(8.0, 0.0));
    let old = *value;
    if let Some(pointer) = response.interact_pointer_pos() {
        *value = ((pointer.x - trough.left()) / trough.width()).clamp(0.0, 1.0);
    }
    if response.has_focus() {
        let filter = eframe::egui::EventFilter { horizontal_arrows: true, ..Default::default() };
        ui.memory_mut(|memory| memory.set_focus_lock_filter(response.id, filter));
        let steps = ui.input_mut(|input| {
            let right = input.count_and_consume_key(Modifiers::NONE, Key::ArrowRight);
            right as f32 - input.count_and_consume_key(Modifiers::NONE, Key::ArrowLeft) as f32
        });
        *value = (*value + steps * KEY_STEP).clamp(0.0, 1.0);
    }
    if *value != old {
        response.mark_changed();
    }
    let shown = *value;
    response.widget_info(|| WidgetInfo {
        value: Some(f64::from(shown)),
        ..WidgetInfo::labeled(Role::Slider, ui.is_enabled(), name)
    });
    paint(ui, trough, shown, response.hovered() || response.dragged());
    button::focus_ring(ui, &response, 4.0);
    response
}
