//! Whether one of two runs is really better, in words.

use eframe::egui::{Rect, RichText, Role, Sense, Ui, WidgetInfo, pos2, vec2};

use crate::engine::training::message::RunSummary;
use crate::ml::runs::comparison::{Comparison, Pair};
use crate::state::jobs::count_of;
use crate::state::training::compare::label;
use crate::ui::icons::{self, Icon};
use crate::ui::theme::{fonts, size, tokens};
use crate::ui::widgets::text;

use super::title;

/// What the test of a pair says, and its numbers.
fn words(runs: &[RunSummary], pair: &Pair) -> (String, String) {
    let (first, second) = (label(runs, &pair.first), label(runs, &pair.second));
    let test = pair.test;
    let sentence = if !test.is_significant() {
        format!("{first} and {second}: the difference may be chance")
    } else if test.only_first > test.only_second {
        format!("{first} is better than {second}, more than by chance")
    } else {
        format!("{second} is better than {first}, more than by chance")
    };
    let p = test.p_text();
    let (low, high) = test.difference_interval;
    let numbers = format!(
        "of {}, only the first is right on {}, only the second on {} · second less first {:+.1} points (95 % interval \
         {:+.1} to {:+.1}) · {p}",
        count_of(test.clips, "common clip", "common clips"),
        test.only_first,
        test.only_second,
        test.difference * 100.0,
        low * 100.0,
        high * 100.0
    );
    (sentence, numbers)
}

pub fn tests(ui: &mut Ui, runs: &[RunSummary], found: &Comparison) {
    let tokens = tokens(ui);
    title(ui, "Is one really better? (McNemar's test)");
    if found.mcnemar.is_empty() {
        let sentence = "These runs judged no common clip, so they cannot be tested against each other.";
        ui.label(RichText::new(sentence).color(tokens.text_muted));
        return;
    }
    ui.spacing_mut().item_spacing.y = 0.0;
    for pair in &found.mcnemar {
        let (sentence, numbers) = words(runs, pair);
        let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 42.0), Sense::hover());
        response.widget_info(|| WidgetInfo::labeled(Role::ListItem, true, format!("{sentence}; {numbers}")));
        let significant = pair.test.is_significant();
        let (icon, color) = if significant { (Icon::Check, tokens.success) } else { (Icon::Unsure, tokens.text_faint) };
        icons::paint(
            ui.painter(),
            icon,
            Rect::from_center_size(pos2(rect.left() + 10.0, rect.top() + 13.0), vec2(18.0, 18.0)),
            color,
        );
        let lines = Rect::from_min_max(pos2(rect.left() + 28.0, rect.top() + 3.0), rect.max);
        let (upper, lower) = lines.split_top_bottom_at_fraction(0.5);
        let align = eframe::egui::Align::Min;
        text::line(ui.painter(), upper, &sentence, fonts::body(), tokens.text, align);
        text::line(ui.painter(), lower, &numbers, fonts::small(), tokens.text_muted, align);
    }
    ui.spacing_mut().item_spacing.y = size::GAP;
}
