//! What each branch of a multimodal network is worth alone, beside what they are worth together.

use eframe::egui::{Align, Color32, Rect, RichText, Role, Sense, Ui, WidgetInfo, pos2, vec2};

use crate::ml::Judgement;
use crate::ml::eval::branches::BranchScore;
use crate::state::jobs::count_of;
use crate::ui::theme::{fonts, tokens};
use crate::ui::train::run_list::{interval, percent};
use crate::ui::widgets::text;

use super::title;

const NAME_WIDTH: f32 = 110.0;
const WORDS_WIDTH: f32 = 250.0;

pub fn alone(ui: &mut Ui, found: &Judgement, branches: &[BranchScore]) {
    let tokens = tokens(ui);
    title(ui, "Each branch alone");
    let sentence =
        "Of the test clips that a branch sees, how many it gets right by itself; the light line is its 95 % interval.";
    ui.label(RichText::new(sentence).font(fonts::small()).color(tokens.text_muted));
    for score in branches {
        row(ui, &score.branch, score.accuracy(), score.interval(), score.clips, tokens.text_faint);
    }
    row(ui, "together", found.accuracy, found.interval, found.clips, tokens.accent);
}

fn row(ui: &mut Ui, name: &str, accuracy: f64, (low, high): (f64, f64), clips: usize, color: Color32) {
    let tokens = tokens(ui);
    let width = ui.available_width().min(880.0);
    let (rect, response) = ui.allocate_exact_size(vec2(width, 24.0), Sense::hover());
    let words = format!("{} ({}) of {}", percent(accuracy), interval((low, high)), count_of(clips, "clip", "clips"));
    response.widget_info(|| WidgetInfo::labeled(Role::Row, true, format!("{name}: {words}")));
    let first = Rect::from_min_size(rect.min, vec2(NAME_WIDTH, rect.height()));
    text::line(ui.painter(), first, name, fonts::body(), tokens.text, Align::Min);
    let last = Rect::from_min_max(pos2(rect.right() - WORDS_WIDTH, rect.top()), rect.max);
    text::line(ui.painter(), last, &words, fonts::small(), tokens.text_muted, Align::Min);
    let bar = Rect::from_min_max(pos2(first.right(), rect.top()), pos2(last.left() - 12.0, rect.bottom()));
    let bar = Rect::from_center_size(bar.center(), vec2(bar.width(), 8.0));
    let at = |share: f64| bar.left() + bar.width() * share.clamp(0.0, 1.0) as f32;
    ui.painter().rect_filled(bar, 4.0, tokens.control);
    ui.painter().rect_filled(Rect::from_min_max(bar.min, pos2(at(accuracy), bar.bottom())), 4.0, color);
    ui.painter().hline(at(low)..=at(high), bar.center().y, (2.0, tokens.text));
}
