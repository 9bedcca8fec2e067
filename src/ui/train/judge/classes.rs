//! Precision, recall, F1 and number of clips of each genre, as a table that sorts.

use std::cmp::Ordering;

use eframe::egui::{Align, Rect, Role, Sense, Ui, WidgetInfo, pos2, vec2};

use crate::base::genre::display_name;
use crate::ml::Judgement;
use crate::ml::eval::ClassFigures;
use crate::render::classes_csv;
use crate::state::training::judge::{ClassColumn, JudgeAction};
use crate::state::{Action, AppState};
use crate::ui::icons::{self, Icon};
use crate::ui::theme::{fonts, size, tokens};
use crate::ui::widgets::button::{self, Weight};
use crate::ui::widgets::{meter, text};

use super::{act, title};

const COLUMNS: [(ClassColumn, &str, &str); 5] = [
    (ClassColumn::Genre, "Genre", "By name"),
    (ClassColumn::Precision, "Precision", "Of the clips called by this genre, how many belong there"),
    (ClassColumn::Recall, "Recall", "Of the clips of this genre, how many were found"),
    (ClassColumn::F1, "F1", "The harmonic mean of precision and recall"),
    (ClassColumn::Support, "Clips", "Test clips of this genre"),
];

pub fn classes(ui: &mut Ui, state: &AppState, found: &Judgement, actions: &mut Vec<Action>) {
    ui.horizontal(|ui| {
        title(ui, "Genre by genre");
        let copy = button::text(ui, Weight::Quiet, None, "Copy table CSV", 24.0);
        if copy.on_hover_text("Put the table on the clipboard").clicked() {
            actions.push(Action::Copy(classes_csv(found)));
        }
    });
    ui.spacing_mut().item_spacing.y = 0.0;
    let sort = state.training.judge.sort;
    heads(ui, sort, actions);
    let mut rows: Vec<&ClassFigures> = found.per_class.iter().collect();
    if let Some((column, largest)) = sort {
        rows.sort_by(|a, b| if largest { order(column, b, a) } else { order(column, a, b) });
    }
    for class in rows {
        row(ui, class);
    }
    let mean = &found.macro_average;
    let average = ClassFigures {
        label: "mean of the genres".to_owned(),
        precision: mean.precision,
        recall: mean.recall,
        f1: mean.f1,
        support: u32::try_from(found.clips).unwrap_or(u32::MAX),
    };
    let line = ui.available_rect_before_wrap();
    ui.painter().hline(line.x_range(), line.top(), (1.0, tokens(ui).hairline));
    row(ui, &average);
}

fn order(column: ClassColumn, a: &ClassFigures, b: &ClassFigures) -> Ordering {
    match column {
        ClassColumn::Genre => a.label.cmp(&b.label),
        ClassColumn::Precision => a.precision.total_cmp(&b.precision),
        ClassColumn::Recall => a.recall.total_cmp(&b.recall),
        ClassColumn::F1 => a.f1.total_cmp(&b.f1),
        ClassColumn::Support => a.support.cmp(&b.support),
    }
}

/// The places of the five columns in a line.
fn places(rect: Rect) -> [Rect; 5] {
    let name = (rect.width() * 0.34).clamp(112.0, 200.0);
    let rest = (rect.width() - name) / 4.0;
    std::array::from_fn(|column| {
        let left = if column == 0 { rect.left() } else { rect.left() + name + (column - 1) as f32 * rest };
        let width = if column == 0 { name } else { rest };
        Rect::from_min_size(pos2(left, rect.top()), vec2(width - 8.0, rect.height()))
    })
}

fn heads(ui: &mut Ui, sort: Option<(ClassColumn, bool)>, actions: &mut Vec<Action>) {
    let tokens = tokens(ui);
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), size::TABLE_HEAD), Sense::hover());
    ui.painter().hline(rect.x_range(), rect.bottom() - 0.5, (1.0, tokens.hairline));
    for ((column, name, help), place) in COLUMNS.into_iter().zip(places(rect)) {
        let response = ui.interact(place, ui.scope_id().with(("class head", name)), Sense::click());
        let sorted = sort.filter(|(known, _)| *known == column).map(|(_, largest)| largest);
        let how = match sorted {
            Some(true) => ", sorted downwards",
            Some(false) => ", sorted upwards",
            None => "",
        };
        response.widget_info(|| WidgetInfo::labeled(Role::ColumnHeader, true, format!("{name}{how}")));
        let color = if sorted.is_some() || response.hovered() { tokens.text } else { tokens.text_muted };
        let used = text::line(ui.painter(), place, name, fonts::small_strong(), color, Align::Min);
        if let Some(largest) = sorted {
            let icon = if largest { Icon::Down } else { Icon::Up };
            let at = Rect::from_center_size(pos2(used.right() + 9.0, place.center().y), vec2(14.0, 14.0));
            icons::paint(ui.painter(), icon, at, tokens.accent);
        }
        button::focus_ring(ui, &response, 4.0);
        if response.clicked() {
            actions.push(act(JudgeAction::SortBy(column)));
        }
        response.on_hover_text(help);
    }
}

fn row(ui: &mut Ui, class: &ClassFigures) {
    let tokens = tokens(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 26.0), Sense::hover());
    let name = display_name(&class.label);
    let percent = |share: f64| format!("{:.0} %", share * 100.0);
    response.widget_info(|| {
        let [precision, recall, f1] = [class.precision, class.recall, class.f1].map(percent);
        let spoken = format!("{name}: precision {precision}, recall {recall}, F1 {f1}, {} clips", class.support);
        WidgetInfo::labeled(Role::Row, true, spoken)
    });
    let [label, precision, recall, f1, support] = places(rect);
    let hue = tokens.genre(&class.label);
    meter::dot(ui.painter(), pos2(label.left() + 5.0, label.center().y), hue);
    let label = Rect::from_min_max(pos2(label.left() + 16.0, label.top()), label.max);
    text::line(ui.painter(), label, &name, fonts::body(), tokens.text, Align::Min);
    for (place, share) in [(precision, class.precision), (recall, class.recall), (f1, class.f1)] {
        meter::confidence(ui.painter(), place, share as f32, hue, tokens);
    }
    text::line(ui.painter(), support, &class.support.to_string(), fonts::body(), tokens.text_muted, Align::Min);
}
