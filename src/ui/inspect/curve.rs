//! The spectrum of one moment: level over frequency.

use eframe::egui::{Rect, TextStyle, Ui};
use egui_plot::{GridMark, Legend, Line, Plot, PlotPoints};

use crate::dsp::picture::FrequencyAxis;
use crate::engine::tiles::NO_LEVEL;
use crate::state::AppState;
use crate::state::inspect::curve::POINTS;
use crate::state::inspect::read_out::{hz_text, note_text, shows_phase};
use crate::state::inspect::{Side, View};
use crate::ui::theme::{level_range, tokens};

use super::{at, axes, index_of};

/// Draws the curves of all pictures over the axis of the first.
pub fn curve(ui: &mut Ui, state: &AppState, place: Rect) {
    let views: Vec<View> = state.inspect_views().into_iter().filter(|view| !shows_phase(&view.settings)).collect();
    let Some(first) = views.first() else { return };
    let tokens = tokens(ui);
    let axis = first.settings.spec.axis;
    let secs = state.curve_secs();
    let (low, high) = level_range(&first.settings, None);
    let place = Rect::from_min_max(place.min, eframe::egui::pos2(place.right() - axes::RIGHT, place.bottom()));
    at(ui, "curve", place, |ui| {
        let plot = Plot::new("spectrum curve")
            .height(place.height())
            .width(place.width())
            .allow_zoom(false)
            .allow_drag(false)
            .allow_scroll(false)
            .allow_boxed_zoom(false)
            .default_x_bounds(0.0, 1.0)
            .default_y_bounds(f64::from(low), f64::from(high.max(low + 10.0)))
            .auto_bounds(false)
            .legend(Legend::default().text_style(TextStyle::Small).background_alpha(0.6).follow_insertion_order(true))
            .grid_color(tokens.hairline)
            .grid_fade(0.0)
            .show_background(false)
            .y_axis_min_width(axes::LEFT - 6.0)
            .y_grid_spacer(|input| level_marks(input.bounds))
            .x_grid_spacer(move |input| marks(axis, input.bounds))
            .x_axis_formatter(move |mark, _| short_hz(axis.hz(mark.value as f32)))
            .y_axis_formatter(|mark, _| format!("{:.0} dB", mark.value).replace('-', "−"))
            .label_formatter(move |position| {
                let point = match position {
                    egui_plot::HoverPosition::NearDataPoint { position, .. }
                    | egui_plot::HoverPosition::Elsewhere { position } => position,
                };
                let hz = axis.hz(point.x as f32);
                Some(format!("{}\n{}\n{:.1} dB", hz_text(hz), note_text(hz), point.y).replace('-', "−"))
            });
        plot.show(ui, |plot| {
            plot.set_plot_bounds_x(state.inspect.band.from..=state.inspect.band.to);
            plot.set_plot_bounds_y(f64::from(low)..=f64::from(high.max(low + 10.0)));
            for view in &views {
                let strong = if index_of(view.kind) == 0 { tokens.accent } else { tokens.success };
                let color = if view.side == Side::A { strong } else { strong.gamma_multiply(0.6) };
                let color = if view.leads() { color } else { color.gamma_multiply(0.6) };
                let side = match (state.inspect.compare.is_some(), view.side) {
                    (false, _) => "",
                    (true, Side::A) => " A",
                    (true, Side::B) => " B",
                };
                let name = format!("{}{side}{}", view.kind.name(), view.lane_name());
                for line in lines(&name, view, axis, &state.curve(view, secs)) {
                    plot.line(line.color(color).width(1.5));
                }
                let peaks = &state.inspect.peaks[index_of(view.kind)].levels;
                if state.inspect.peak_hold && view.side == Side::A && view.leads() && peaks.len() == POINTS {
                    for line in lines(&format!("{name}, peaks"), view, axis, peaks) {
                        plot.line(line.color(color.gamma_multiply(0.55)).width(1.0));
                    }
                }
            }
        });
    });
}

/// One line for each stretch in which levels are known.
fn lines<'a>(name: &str, view: &View, over: FrequencyAxis, levels: &[i16]) -> Vec<Line<'a>> {
    let own = view.settings.spec.axis;
    let mut lines = Vec::new();
    let mut points: Vec<[f64; 2]> = Vec::new();
    for (index, level) in levels.iter().chain(std::iter::once(&NO_LEVEL)).enumerate() {
        if *level != NO_LEVEL {
            let hz = own.hz((index as f32 + 0.5) / levels.len() as f32);
            points.push([f64::from(over.position(hz)), f64::from(*level) / 100.0]);
        } else if !points.is_empty() {
            lines.push(Line::new(name.to_owned(), PlotPoints::from(std::mem::take(&mut points))));
        }
    }
    lines
}

/// The lines of the grid: 1, 2, 5 in each decade of the axis.
fn marks(axis: FrequencyAxis, (from, to): (f64, f64)) -> Vec<GridMark> {
    let mut marks = Vec::new();
    for decade in 0..6 {
        for digit in [1.0, 2.0, 5.0] {
            let place = f64::from(axis.position(digit * 10f32.powi(decade)));
            if (from..=to).contains(&place) {
                marks.push(GridMark { value: place, step_size: (to - from) / 8.0 });
            }
        }
    }
    marks
}

/// Every twenty dB.
fn level_marks((from, to): (f64, f64)) -> Vec<GridMark> {
    let first = (from / 20.0).ceil() as i32;
    let last = (to / 20.0).floor() as i32;
    (first..=last).map(|step| GridMark { value: f64::from(step) * 20.0, step_size: 20.0 }).collect()
}

fn short_hz(hz: f32) -> String {
    if hz >= 999.5 { format!("{:.0} kHz", hz / 1_000.0) } else { format!("{hz:.0} Hz") }
}
