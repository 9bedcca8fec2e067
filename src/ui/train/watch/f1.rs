//! F1 of each genre on the validation clips, epoch by epoch.

use eframe::egui::{Align, Align2, Rect, Role, Sense, Ui, WidgetInfo, pos2, vec2};

use crate::state::genre::display_name;
use crate::ui::theme::{fonts, tokens};
use crate::ui::widgets::{meter, text};

use super::Shown;

/// Draws a bar a genre, by the last epoch that was validated.
pub fn f1(ui: &mut Ui, shown: &Shown<'_>) {
    let tokens = tokens(ui);
    let place = ui.available_rect_before_wrap();
    super::card(ui, place);
    let Some(last) = shown.history.iter().rev().find(|record| !record.valid_f1.is_empty()) else { return };
    let head = place.left_top() + vec2(14.0, 12.0);
    ui.painter().text(head, Align2::LEFT_TOP, "F1 by genre", fonts::strong(), tokens.text);
    let epoch = format!("epoch {}", last.epoch);
    let right = head + vec2(place.width() - 28.0, 1.0);
    ui.painter().text(right, Align2::RIGHT_TOP, epoch, fonts::small(), tokens.text_muted);
    let rows = last.valid_f1.len().max(1);
    let height = ((place.height() - 52.0) / rows as f32).clamp(18.0, 40.0);
    ui.add_space(42.0);
    ui.spacing_mut().item_spacing.y = 0.0;
    for (index, f1) in last.valid_f1.iter().enumerate() {
        let label = shown.labels.get(index);
        let name = label.map_or_else(|| format!("Genre {}", index + 1), |label| display_name(label));
        let hue = tokens.genre(label.map_or("", String::as_str));
        let (rect, response) = ui.allocate_exact_size(vec2(place.width(), height), Sense::hover());
        let inner = rect.shrink2(vec2(14.0, 0.0));
        meter::dot(ui.painter(), pos2(inner.left() + 5.0, inner.center().y), hue);
        let label =
            Rect::from_min_max(pos2(inner.left() + 16.0, inner.top()), pos2(inner.left() + 92.0, inner.bottom()));
        text::line(ui.painter(), label, &name, fonts::small(), tokens.text, Align::Min);
        let bar = Rect::from_min_max(pos2(label.right() + 4.0, inner.top()), inner.max);
        meter::confidence(ui.painter(), bar, *f1 as f32, hue, tokens);
        let words = format!("{name}: F1 {:.2}", f1);
        response.widget_info(|| WidgetInfo::labeled(Role::Meter, true, &words));
        let help = "F1 is high only if both most clips of the genre are found and few others are taken for it.";
        response.on_hover_text(format!("{words}. {help}"));
    }
}
