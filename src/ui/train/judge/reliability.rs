//! The reliability diagram: whether the network is right as often as it says.

use eframe::egui::{RichText, Ui};
use egui_plot::{HoverPosition, Line, LineStyle, MarkerShape, Plot, PlotPoints, Points};

use crate::ml::Judgement;
use crate::state::jobs::count_of;
use crate::ui::theme::{fonts, tokens};

use super::title;

pub fn reliability(ui: &mut Ui, found: &Judgement) {
    let tokens = tokens(ui);
    title(ui, "Is it as sure as it should be?");
    let sentence =
        "Each dot is a group of clips. On the line, confidence and accuracy agree; below it the network is too sure.";
    ui.label(RichText::new(sentence).font(fonts::small()).color(tokens.text_muted));
    let width = ui.available_width().min(420.0);
    let dots: Vec<[f64; 2]> =
        found.reliability.iter().map(|bin| [bin.confidence * 100.0, bin.accuracy * 100.0]).collect();
    let words = |position: &HoverPosition<'_>| match position {
        HoverPosition::NearDataPoint { plot_name, index, .. } if *plot_name == "clips" => {
            let bin = found.reliability.get(*index)?;
            let clips = count_of(bin.clips, "clip", "clips");
            let (sure, right) = (bin.confidence * 100.0, bin.accuracy * 100.0);
            Some(format!("{clips}: {sure:.0} % sure, {right:.0} % right"))
        }
        _ => None,
    };
    Plot::new("reliability")
        .width(width)
        .height((width * 0.72).clamp(200.0, 300.0))
        .default_x_bounds(0.0, 100.0)
        .default_y_bounds(0.0, 100.0)
        .allow_scroll(false)
        .allow_zoom(false)
        .allow_drag(false)
        .allow_boxed_zoom(false)
        .show_background(false)
        .grid_color(tokens.hairline)
        .x_axis_label(RichText::new("confidence, %").font(fonts::small()))
        .y_axis_label(RichText::new("right, %").font(fonts::small()))
        .label_formatter(words)
        .show(ui, |plot| {
            let straight = PlotPoints::from(vec![[0.0, 0.0], [100.0, 100.0]]);
            plot.line(
                Line::new("as sure as right", straight)
                    .color(tokens.text_faint)
                    .style(LineStyle::dashed_loose())
                    .allow_hover(false),
            );
            plot.line(
                Line::new("course", PlotPoints::from(dots.clone())).color(tokens.accent).width(1.5).allow_hover(false),
            );
            let dots = Points::new("clips", PlotPoints::from(dots)).shape(MarkerShape::Circle).radius(4.5);
            plot.points(dots.color(tokens.accent));
        });
}
