//! How many clips there are of each genre.

use eframe::egui::{Align, Rect, Response, Role, Sense, Ui, WidgetInfo, pos2, vec2};

use crate::state::genre::display_name;
use crate::state::jobs::{count_of, grouped};
use crate::ui::theme::{fonts, tokens};
use crate::ui::widgets::{meter, text};

/// A genre with a bar, as long as its share of the `most` that any genre has; `what` is one of them and several.
pub fn bar(ui: &mut Ui, genre: &str, count: usize, most: usize, what: (&str, &str)) -> Response {
    let tokens = tokens(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 22.0), Sense::hover());
    let name = display_name(genre);
    let hue = tokens.genre(genre);
    let words = format!("{name}: {}", count_of(count, what.0, what.1));
    response.widget_info(|| WidgetInfo::labeled(Role::Meter, true, &words));
    meter::dot(ui.painter(), pos2(rect.left() + 5.0, rect.center().y), hue);
    let label = Rect::from_min_max(pos2(rect.left() + 16.0, rect.top()), pos2(rect.left() + 100.0, rect.bottom()));
    text::line(ui.painter(), label, &name, fonts::small(), tokens.text, Align::Min);
    let number = Rect::from_min_max(pos2(rect.right() - 52.0, rect.top()), rect.max);
    text::line(ui.painter(), number, &grouped(count), fonts::small(), tokens.text_muted, Align::Max);
    let room = Rect::from_min_max(pos2(label.right() + 4.0, rect.top()), pos2(number.left() - 4.0, rect.bottom()));
    let trough = Rect::from_center_size(room.center(), vec2(room.width(), 8.0));
    ui.painter().rect_filled(trough, 2.0, tokens.control);
    let share = (count as f32 / most.max(1) as f32).clamp(0.0, 1.0);
    let filled = vec2((trough.width() * share).max(2.0), 8.0);
    ui.painter().rect_filled(Rect::from_min_size(trough.min, filled), 2.0, hue);
    response.on_hover_text(words)
}
