//! Learning curves over each other, and F1 genre by genre.

use std::collections::BTreeMap;
use std::sync::Arc;

use eframe::egui::{RichText, Ui, vec2};
use egui_plot::{Bar, BarChart, HoverPosition, Line, LineStyle, Plot, PlotPoints};

use crate::base::genre::display_name;
use crate::engine::training::message::{RunDetail, RunSummary};
use crate::ml::train::history::EpochRecord;
use crate::state::training::compare::label;
use crate::ui::theme::{Tokens, fonts, tokens};

use super::title;

const HEIGHT: f32 = 260.0;

pub fn plots(ui: &mut Ui, runs: &[RunSummary], details: &[Arc<RunDetail>]) {
    title(ui, "Learning curves");
    legend(ui, runs, details);
    if details.iter().all(|detail| detail.history.is_empty()) {
        ui.label(RichText::new("None of these runs kept its history.").color(tokens(ui).text_muted));
    } else {
        ui.horizontal_top(|ui| {
            ui.spacing_mut().item_spacing.x = 24.0;
            let width = (ui.available_width() - 24.0) / 2.0;
            let loss = |record: &EpochRecord| (Some(record.train_loss), record.valid_loss);
            curves(ui, "loss, nats", width, runs, details, &loss);
            let accuracy = |record: &EpochRecord| {
                (Some(record.train_accuracy * 100.0), record.valid_accuracy.map(|share| share * 100.0))
            };
            curves(ui, "accuracy, %", width, runs, details, &accuracy);
        });
    }
    ui.add_space(16.0);
    title(ui, "F1 by genre");
    f1_bars(ui, runs, details);
}

/// Which colour is which run, and what dashes mean.
fn legend(ui: &mut Ui, runs: &[RunSummary], details: &[Arc<RunDetail>]) {
    let tokens = tokens(ui);
    ui.horizontal_wrapped(|ui| {
        for (place, detail) in details.iter().enumerate() {
            let (dot, _) = ui.allocate_exact_size(vec2(12.0, 16.0), eframe::egui::Sense::hover());
            ui.painter().circle_filled(dot.center(), 5.0, tokens.run(place));
            ui.label(RichText::new(label(runs, &detail.state.id)).font(fonts::small()));
            ui.add_space(8.0);
        }
        let words = "solid: validation · dashed: training · of several folds the mean";
        ui.label(RichText::new(words).font(fonts::small()).color(tokens.text_muted));
    });
}

/// The mean over the parts of a split, for the epochs that all of them have.
fn mean(history: &[EpochRecord], value: &dyn Fn(&EpochRecord) -> Option<f64>) -> Vec<[f64; 2]> {
    let parts = history.iter().map(|record| record.part).collect::<std::collections::BTreeSet<_>>().len();
    let mut epochs: BTreeMap<usize, (f64, usize)> = BTreeMap::new();
    for record in history {
        if let Some(value) = value(record).filter(|value| value.is_finite()) {
            let entry = epochs.entry(record.epoch).or_default();
            *entry = (entry.0 + value, entry.1 + 1);
        }
    }
    let whole = epochs.into_iter().filter(|(_, (_, count))| *count == parts);
    whole.map(|(epoch, (sum, count))| [epoch as f64, sum / count as f64]).collect()
}

/// Training and validation value of an epoch.
type Values<'a> = &'a dyn Fn(&EpochRecord) -> (Option<f64>, Option<f64>);

fn curves(ui: &mut Ui, name: &str, width: f32, runs: &[RunSummary], details: &[Arc<RunDetail>], values: Values<'_>) {
    let tokens: &Tokens = tokens(ui);
    let words = |position: &HoverPosition<'_>| match position {
        HoverPosition::NearDataPoint { plot_name, position, .. } => {
            Some(format!("{plot_name}\nepoch {:.0}: {:.3}", position.x, position.y))
        }
        HoverPosition::Elsewhere { .. } => None,
    };
    Plot::new(("compared", name))
        .width(width)
        .height(HEIGHT)
        .allow_scroll(false)
        .show_background(false)
        .grid_color(tokens.hairline)
        .include_x(1.0)
        .x_axis_label(RichText::new("epoch").font(fonts::small()))
        .y_axis_label(RichText::new(name).font(fonts::small()))
        .label_formatter(words)
        .show(ui, |plot| {
            for (place, detail) in details.iter().enumerate() {
                let color = tokens.run(place);
                let run = label(runs, &detail.state.id);
                let training = mean(&detail.history, &|record| values(record).0);
                let line = Line::new(format!("{run}, training"), PlotPoints::from(training));
                plot.line(line.color(color.gamma_multiply(0.7)).width(1.2).style(LineStyle::dashed_dense()));
                let validation = mean(&detail.history, &|record| values(record).1);
                let line = Line::new(format!("{run}, validation"), PlotPoints::from(validation));
                plot.line(line.color(color).width(2.0));
            }
        });
}

fn f1_bars(ui: &mut Ui, runs: &[RunSummary], details: &[Arc<RunDetail>]) {
    let tokens = tokens(ui);
    let mut genres: Vec<&str> = Vec::new();
    for class in details.iter().filter_map(|detail| detail.judgement.as_ref()).flat_map(|found| &found.per_class) {
        if !genres.contains(&class.label.as_str()) {
            genres.push(&class.label);
        }
    }
    let judged: Vec<(usize, &Arc<RunDetail>)> =
        details.iter().enumerate().filter(|(_, detail)| detail.judgement.is_some()).collect();
    if judged.is_empty() {
        ui.label(RichText::new("None of these runs has been judged yet.").color(tokens.text_muted));
        return;
    }
    let width = 0.8 / judged.len() as f64;
    let charts: Vec<BarChart> = judged
        .iter()
        .enumerate()
        .map(|(order, (place, detail))| {
            let run = label(runs, &detail.state.id);
            let color = tokens.run(*place);
            let classes = detail.judgement.iter().flat_map(|found| &found.per_class);
            let bars = classes.filter_map(|class| {
                let genre = genres.iter().position(|name| *name == class.label)?;
                let at = genre as f64 - 0.4 + (order as f64 + 0.5) * width;
                Some(Bar::new(at, class.f1 * 100.0).name(display_name(&class.label)).width(width * 0.92).fill(color))
            });
            let said = run.clone();
            BarChart::new(run, bars.collect())
                .color(color)
                .element_formatter(Box::new(move |bar, _| format!("{said}\n{}: F1 {:.0} %", bar.name, bar.value)))
        })
        .collect();
    let shown: Vec<String> = genres.iter().map(|label| display_name(label)).collect();
    Plot::new("f1 by genre")
        .width(ui.available_width())
        .height(HEIGHT)
        .default_y_bounds(0.0, 100.0)
        .include_x(-0.5)
        .include_x(genres.len() as f64 - 0.5)
        .allow_scroll(false)
        .allow_zoom(false)
        .allow_drag(false)
        .allow_boxed_zoom(false)
        .show_background(false)
        .grid_color(tokens.hairline)
        .y_axis_label(RichText::new("F1, %").font(fonts::small()))
        .x_grid_spacer(|_| {
            let mark = |genre: usize| egui_plot::GridMark { value: genre as f64, step_size: 1.0 };
            (0..genres.len()).map(mark).collect()
        })
        .x_axis_formatter(|mark, _| {
            let index = mark.value.round();
            if index < 0.0 { String::new() } else { shown.get(index as usize).cloned().unwrap_or_default() }
        })
        .label_formatter(|_: &HoverPosition<'_>| None)
        .show(ui, |plot| {
            for chart in charts {
                plot.bar_chart(chart);
            }
        });
}
