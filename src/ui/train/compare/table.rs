//! The runs and the article's rows, figure by figure.

use eframe::egui::{Align, Rect, Role, Sense, Ui, WidgetInfo, pos2, vec2};

use crate::engine::training::message::RunSummary;
use crate::ml::runs::comparison::Comparison;
use crate::render::comparison_csv;
use crate::state::Action;
use crate::state::jobs::grouped;
use crate::state::training::compare::label;
use crate::ui::theme::{fonts, size, tokens};
use crate::ui::train::run_list::{interval, percent, separation};
use crate::ui::widgets::button::{self, Weight};
use crate::ui::widgets::text;

use super::title;

/// Names of the columns, their shares of the width, whether they are numbers, and what they mean.
const COLUMNS: [(&str, f32, bool, &str); 10] = [
    ("Run", 0.19, false, "Its colour is that of its curves"),
    ("Accuracy", 0.085, true, "Share of test clips whose first genre is the true one"),
    ("95 % interval", 0.125, true, "Where the accuracy on more such clips lies with 95 % confidence (Wilson)"),
    ("Macro F1", 0.085, true, "Mean F1 of the genres, each counting once"),
    ("ECE", 0.06, true, "Expected calibration error: how far confidence and accuracy are apart"),
    ("Parameters", 0.105, true, "Numbers in the network"),
    ("MB", 0.055, true, "Size of the model's file, millions of bytes"),
    ("s/epoch", 0.075, true, "Mean seconds of an epoch"),
    ("ms/song", 0.08, true, "From a clip's file to the decision, as measured when the run was judged"),
    ("Protocol", 0.14, false, "What training and test never share"),
];

struct Line {
    cells: [String; 10],
    place: Option<usize>,
    spoken: String,
    protocol: String,
}

pub fn table(ui: &mut Ui, runs: &[RunSummary], found: &Comparison, actions: &mut Vec<Action>) {
    ui.horizontal(|ui| {
        title(ui, "Scores");
        let copy = button::text(ui, Weight::Quiet, None, "Copy table CSV", 24.0);
        if copy.on_hover_text("Put the table on the clipboard").clicked() {
            actions.push(Action::Copy(comparison_csv(found)));
        }
    });
    ui.spacing_mut().item_spacing.y = 0.0;
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), size::TABLE_HEAD), Sense::hover());
    let tokens = tokens(ui);
    ui.painter().hline(rect.x_range(), rect.bottom() - 0.5, (1.0, tokens.hairline));
    for ((name, _, numeric, help), place) in COLUMNS.into_iter().zip(places(rect)) {
        let response = ui.interact(place, ui.scope_id().with(("comparison head", name)), Sense::hover());
        response.widget_info(|| WidgetInfo::labeled(Role::ColumnHeader, true, name));
        let align = if numeric { Align::Max } else { Align::Min };
        text::line(ui.painter(), place, name, fonts::small_strong(), tokens.text_muted, align);
        response.on_hover_text(help);
    }
    for line in lines(runs, found) {
        row(ui, &line);
    }
    ui.spacing_mut().item_spacing.y = size::GAP;
}

fn places(rect: Rect) -> Vec<Rect> {
    let mut left = rect.left();
    let mut places = Vec::with_capacity(COLUMNS.len());
    for (_, share, ..) in COLUMNS {
        let width = rect.width() * share;
        places.push(Rect::from_min_size(pos2(left + 4.0, rect.top()), vec2(width - 12.0, rect.height())));
        left += width;
    }
    places
}

fn lines(runs: &[RunSummary], found: &Comparison) -> Vec<Line> {
    let dash = || "–".to_owned();
    let mut lines = Vec::with_capacity(found.runs.len() + found.article.len());
    for (place, run) in found.runs.iter().enumerate() {
        let name = label(runs, &run.id);
        let accuracy = run.score.map_or_else(dash, |score| percent(score.accuracy));
        lines.push(Line {
            spoken: format!("{name}: accuracy {accuracy}"),
            cells: [
                name,
                accuracy,
                run.score.map_or_else(dash, |score| interval(score.interval)),
                run.score.map_or_else(dash, |score| percent(score.macro_f1)),
                run.score.map_or_else(dash, |score| percent(score.ece)),
                if run.parameters == 0 { dash() } else { grouped(run.parameters) },
                run.model_mb.map_or_else(dash, |mb| if mb < 1.0 { format!("{mb:.2}") } else { format!("{mb:.1}") }),
                run.seconds_per_epoch
                    .map_or_else(dash, |secs| if secs < 1.0 { format!("{secs:.2}") } else { format!("{secs:.1}") }),
                run.ms_per_song.map_or_else(dash, |ms| if ms < 10.0 { format!("{ms:.1}") } else { format!("{ms:.0}") }),
                separation(run.separation).to_owned(),
            ],
            place: Some(place),
            protocol: run.protocol.clone(),
        });
    }
    for row in &found.article {
        let accuracy = percent(row.accuracy);
        lines.push(Line {
            spoken: format!("the article's {}: accuracy {accuracy}", row.architecture),
            cells: [
                format!("the article's {}", row.architecture),
                accuracy,
                interval(row.interval),
                percent(row.macro_f1),
                dash(),
                grouped(row.parameters),
                dash(),
                dash(),
                dash(),
                "artists on both sides".to_owned(),
            ],
            place: None,
            protocol: "60 training and 40 test clips of each genre in the file system's order".to_owned(),
        });
    }
    lines
}

fn row(ui: &mut Ui, line: &Line) {
    let tokens = tokens(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), size::ROW), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Row, true, &line.spoken));
    if response.hovered() {
        ui.painter().rect_filled(rect, 4.0, tokens.row_hover);
    }
    let color = if line.place.is_some() { tokens.text } else { tokens.text_muted };
    for (index, (cell, mut place)) in line.cells.iter().zip(places(rect)).enumerate() {
        if index == 0 {
            if let Some(number) = line.place {
                let dot = pos2(place.left() + 6.0, place.center().y);
                ui.painter().circle_filled(dot, 5.0, tokens.run(number));
            }
            place.min.x += 20.0;
        }
        let align = if COLUMNS[index].2 { Align::Max } else { Align::Min };
        let font = if index == 1 && line.place.is_some() { fonts::strong() } else { fonts::body() };
        text::line(ui.painter(), place, cell, font, color, align);
    }
    response.on_hover_text(format!("{}\n{}", line.cells[0], line.protocol));
}
