//! Buttons: with an icon, with the accent, quiet.

use eframe::egui::{Align2, CursorIcon, Response, Role, Sense, Stroke, StrokeKind, Ui, Vec2, WidgetInfo, vec2};

use crate::state::{Action, Verb};
use crate::ui::icons::{self, Icon};
use crate::ui::theme::{Tokens, fonts, size, tokens};

/// A ring around what has the keyboard.
pub fn focus_ring(ui: &Ui, response: &Response, radius: f32) {
    if response.has_focus() {
        let stroke = Stroke::new(1.5, tokens(ui).accent);
        ui.painter().rect_stroke(response.rect.shrink(1.0), radius, stroke, StrokeKind::Inside);
    }
}

/// A square button with an icon; `name` is what a screen reader says.
pub fn icon(ui: &mut Ui, icon: Icon, side: f32, name: &str, tooltip: &str) -> Response {
    let (rect, response) = ui.allocate_exact_size(Vec2::splat(side), Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, ui.is_enabled(), name));
    let tokens = tokens(ui);
    if ui.is_rect_visible(rect) {
        if response.hovered() && ui.is_enabled() {
            let fill = if response.is_pointer_button_down_on() { tokens.control_hover } else { tokens.control };
            ui.painter().rect_filled(rect, f32::from(size::RADIUS), fill);
        }
        let color = if response.hovered() { tokens.text } else { tokens.text_muted };
        icons::paint(ui.painter(), icon, rect.shrink(side * 0.22), color);
        focus_ring(ui, &response, f32::from(size::RADIUS));
    }
    response.on_hover_text(tooltip)
}

/// The icon button of a verb.
pub fn verb(ui: &mut Ui, icon_: Icon, side: f32, verb: Verb, actions: &mut Vec<Action>) -> Response {
    let response = icon(ui, icon_, side, verb.name(), &verb.tooltip());
    if response.clicked() {
        actions.push(Action::Do(verb));
    }
    response
}

/// How much a button with text stands out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weight {
    /// The accent: one on a page.
    Primary,
    /// A filled button.
    Normal,
    /// Only its text, filled under the pointer.
    Quiet,
}

/// A button with text and perhaps an icon.
pub fn text(ui: &mut Ui, weight: Weight, icon_: Option<Icon>, label: &str, height: f32) -> Response {
    let tokens = tokens(ui);
    let font = if height >= 40.0 { fonts::heading() } else { fonts::body() };
    let galley = ui.painter().layout_no_wrap(label.to_owned(), font, text_color(tokens, weight));
    let pad = if height >= 40.0 { 24.0 } else { 12.0 };
    let icon_side = height * 0.5;
    let icon_width = if icon_.is_some() { icon_side + 8.0 } else { 0.0 };
    let wanted = vec2(galley.size().x + icon_width + 2.0 * pad, height);
    let (rect, response) = ui.allocate_exact_size(wanted, Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, ui.is_enabled(), label));
    if ui.is_rect_visible(rect) {
        let hovered = response.hovered() && ui.is_enabled();
        let fill = match weight {
            Weight::Primary if hovered => Some(tokens.accent_hover),
            Weight::Primary => Some(tokens.accent),
            Weight::Normal if hovered => Some(tokens.control_hover),
            Weight::Normal => Some(tokens.control),
            Weight::Quiet => hovered.then_some(tokens.control),
        };
        if let Some(fill) = fill {
            ui.painter().rect_filled(rect, f32::from(size::RADIUS), fill);
        }
        let mut inner = rect.shrink2(vec2(pad, 0.0));
        if let Some(icon_) = icon_ {
            let place = Align2::LEFT_CENTER.align_size_within_rect(Vec2::splat(icon_side), inner);
            icons::paint(ui.painter(), icon_, place, text_color(tokens, weight));
            inner.min.x += icon_width;
        }
        let place = Align2::LEFT_CENTER.align_size_within_rect(galley.size(), inner);
        ui.painter().galley(place.min, galley, text_color(tokens, weight));
        focus_ring(ui, &response, f32::from(size::RADIUS));
    }
    response.on_hover_cursor(CursorIcon::Default)
}

fn text_color(tokens: &Tokens, weight: Weight) -> eframe::egui::Color32 {
    match weight {
        Weight::Primary => tokens.on_accent,
        Weight::Normal | Weight::Quiet => tokens.text,
    }
}
