//! Loss and accuracy over the epochs.

use eframe::egui::{Align2, Color32, Role, TextStyle, Ui, WidgetInfo, vec2};
use egui_plot::{
    Corner, GridMark, HoverPosition, Legend, Line, LineStyle, MarkerShape, Plot, PlotPoint, PlotPoints, Points, Text,
};

use crate::ml::train::history::{EpochRecord, best_epoch};
use crate::state::training::Watch;
use crate::state::training::watch::smooth;
use crate::ui::theme::{Tokens, fonts, tokens};

use super::Shown;

/// What a plot shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Cross entropy.
    Loss,
    /// Share of right clips.
    Accuracy,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Loss => "Loss",
            Self::Accuracy => "Accuracy",
        }
    }

    /// Of the training and of the validation clips.
    fn values(self, record: &EpochRecord) -> [Option<f64>; 2] {
        match self {
            Self::Loss => [Some(record.train_loss), record.valid_loss],
            Self::Accuracy => [Some(record.train_accuracy), record.valid_accuracy],
        }
    }

    /// A value as people read it.
    fn words(self, value: f64) -> String {
        match self {
            Self::Loss => format!("{value:.3}"),
            Self::Accuracy => format!("{:.1} %", value * 100.0),
        }
    }
}

/// Whose clips a curve is about.
const SIDES: [&str; 2] = ["training", "validation"];

/// Draws one plot with its name above it.
pub fn curves(ui: &mut Ui, kind: Kind, shown: &Shown<'_>, beside: Option<(&str, &[EpochRecord])>, watch: &Watch) {
    let tokens = tokens(ui);
    let rect = ui.available_rect_before_wrap();
    super::card(ui, rect);
    let head = rect.left_top() + vec2(14.0, 12.0);
    ui.painter().text(head, Align2::LEFT_TOP, kind.name(), fonts::strong(), tokens.text);
    let spoken = spoken(kind, shown.history);
    let right = head + vec2(rect.width() - 28.0, 1.0);
    ui.painter().text(right, Align2::RIGHT_TOP, &spoken, fonts::small(), tokens.text_muted);
    ui.add_space(38.0);
    let log = kind == Kind::Loss && watch.log_loss;
    let plot = plot(kind, log, tokens, rect.width() - 12.0, rect.height() - 46.0);
    let response = plot.show(ui, |plot| {
        if let Some((name, history)) = beside {
            let quiet = tokens.text_faint.gamma_multiply(0.7);
            for (side, style) in [LineStyle::dotted_dense(), LineStyle::dashed_dense()].into_iter().enumerate() {
                for (part, points) in series(history, kind, side, log, watch.smoothing) {
                    let line =
                        Line::new(format!("{name}, {}", SIDES[side]), points).id((kind.name(), "beside", side, part));
                    plot.line(line.color(quiet).style(style).width(1.5));
                }
            }
        }
        let current = shown.history.last().map_or(0, |record| record.part);
        for side in 0..SIDES.len() {
            for (part, points) in series(shown.history, kind, side, log, watch.smoothing) {
                let strong = [tokens.text_muted, tokens.accent][side];
                let now = part == current;
                let color = if now { strong } else { strong.gamma_multiply(0.4) };
                let name = if now { SIDES[side].to_owned() } else { "earlier parts".to_owned() };
                let line = Line::new(name, points).id((kind.name(), side, part));
                plot.line(line.color(color).width(if now { 2.0 } else { 1.2 }));
            }
        }
        mark_best(plot, shown.history, kind, log, current, tokens.accent);
    });
    response.response.widget_info(|| WidgetInfo::labeled(Role::Image, true, format!("{}: {spoken}", kind.name())));
}

fn plot<'a>(kind: Kind, log: bool, tokens: &Tokens, width: f32, height: f32) -> Plot<'a> {
    let corner = if kind == Kind::Loss { Corner::RightTop } else { Corner::RightBottom };
    let value = move |y: f64| if log { 10f64.powf(y) } else { y };
    // Another scale is another plot: what was zoomed means nothing there.
    let plot = Plot::new((kind.name(), log))
        .width(width)
        .height(height)
        .legend(
            Legend::default()
                .position(corner)
                .text_style(TextStyle::Small)
                .background_alpha(0.7)
                .follow_insertion_order(true),
        )
        .grid_color(tokens.hairline)
        .grid_fade(0.0)
        .show_background(false)
        .allow_scroll(false)
        .y_axis_min_width(40.0)
        .x_grid_spacer(|input| epoch_marks(input.bounds))
        .y_grid_spacer(move |input| if log { decade_marks(input.bounds) } else { value_marks(input.bounds) })
        .x_axis_formatter(|mark, _| format!("{:.0}", mark.value))
        .y_axis_formatter(move |mark, _| match kind {
            Kind::Accuracy if !(-0.001..=1.001).contains(&mark.value) => String::new(),
            Kind::Accuracy => format!("{:.0} %", mark.value * 100.0),
            Kind::Loss => number(value(mark.value)),
        })
        .label_formatter(move |position| match position {
            HoverPosition::NearDataPoint { plot_name, position, .. } => {
                let words = kind.words(value(position.y));
                Some(format!("{plot_name}\nepoch {:.0}\n{words}", position.x))
            }
            HoverPosition::Elsewhere { .. } => None,
        });
    match kind {
        Kind::Accuracy => plot.include_y(0.0).include_y(1.0).include_x(1.0),
        Kind::Loss if log => plot.include_x(1.0),
        Kind::Loss => plot.include_y(0.0).include_x(1.0),
    }
}

/// The points of each part; those that no scale can show are left out.
fn series<'a>(
    history: &[EpochRecord],
    kind: Kind,
    side: usize,
    log: bool,
    smoothing: f32,
) -> Vec<(usize, PlotPoints<'a>)> {
    let parts = history.iter().map(|record| record.part).max().map_or(0, |last| last + 1);
    let of_part = |part: usize| {
        let mut known = history.iter().filter(|record| record.part == part);
        let (epochs, values): (Vec<f64>, Vec<f64>) = known
            .by_ref()
            .filter_map(|record| Some((record.epoch as f64, kind.values(record)[side]?)))
            .filter(|(_, value)| value.is_finite() && (!log || *value > 0.0))
            .unzip();
        let values = smooth(&values, f64::from(smoothing));
        let points = epochs.into_iter().zip(values).map(|(x, y)| [x, if log { y.log10() } else { y }]);
        (part, points.collect::<Vec<_>>())
    };
    let all = (0..parts).map(of_part).filter(|(_, points)| !points.is_empty());
    all.map(|(part, points)| (part, PlotPoints::from(points))).collect()
}

/// The epoch with the lowest validation loss of the part that trains now.
fn mark_best(
    plot: &mut egui_plot::PlotUi<'_>,
    history: &[EpochRecord],
    kind: Kind,
    log: bool,
    part: usize,
    color: Color32,
) {
    let own: Vec<EpochRecord> = history.iter().filter(|record| record.part == part).cloned().collect();
    let Some(best) = best_epoch(&own) else { return };
    let Some(value) = kind.values(best)[1].filter(|value| !log || *value > 0.0) else { return };
    let place = [best.epoch as f64, if log { value.log10() } else { value }];
    let name = format!("best epoch {}", best.epoch);
    let points = Points::new(name, vec![place]).shape(MarkerShape::Diamond).radius(6.0).color(color);
    plot.points(points.id((kind.name(), "best")));
    let anchor = if kind == Kind::Loss { Align2::CENTER_TOP } else { Align2::CENTER_BOTTOM };
    let words = format!("\n{}\n", kind.words(value));
    let label = eframe::egui::RichText::new(words).font(fonts::small());
    plot.text(
        Text::new("", PlotPoint::new(place[0], place[1]), label)
            .color(color)
            .anchor(anchor)
            .id((kind.name(), "best words")),
    );
}

/// Whole epochs only: 1, 2, 5 times a power of ten apart.
fn epoch_marks((from, to): (f64, f64)) -> Vec<GridMark> {
    let wanted = ((to - from) / 7.0).max(1.0);
    let decade = 10f64.powf(wanted.log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0].into_iter().map(|digit| digit * decade).find(|step| *step >= wanted);
    let step = step.unwrap_or(decade * 10.0).max(1.0);
    let first = (from / step).ceil().max(0.0) as i64;
    (first..=(to / step).floor() as i64)
        .take(64)
        .map(|mark| GridMark { value: mark as f64 * step, step_size: 2.0 * step })
        .collect()
}

/// About seven, 1, 2, 5 times a power of ten apart, none below zero.
fn value_marks((from, to): (f64, f64)) -> Vec<GridMark> {
    let wanted = ((to - from) / 7.0).max(1e-6);
    let decade = 10f64.powf(wanted.log10().floor());
    let steps = [1.0, 2.0, 5.0, 10.0].into_iter().map(|digit| digit * decade);
    let step = steps.fold(f64::NAN, |best, step| if best >= wanted { best } else { step });
    let first = (from / step).ceil().max(0.0) as i64;
    let marks = (first..=(to / step).floor() as i64).take(64);
    marks.map(|mark| GridMark { value: mark as f64 * step, step_size: 2.0 * step }).collect()
}

/// 1, 2, 5 in each decade; the axis holds logarithms.
fn decade_marks((from, to): (f64, f64)) -> Vec<GridMark> {
    let decades = (from.floor().max(-12.0) as i32)..=(to.ceil().min(12.0) as i32);
    let marks = decades.flat_map(|decade| [1.0, 2.0, 5.0].map(|digit: f64| digit.log10() + f64::from(decade)));
    marks.filter(|mark| (from..=to).contains(mark)).map(|value| GridMark { value, step_size: 0.3 }).collect()
}

/// A loss on the axis, without zeros that say nothing.
fn number(value: f64) -> String {
    let text = format!("{value:.4}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// The last epoch in words.
fn spoken(kind: Kind, history: &[EpochRecord]) -> String {
    let Some(last) = history.last() else { return "no epoch yet".to_owned() };
    let [train, valid] = kind.values(last);
    let sides = [train, valid].into_iter().zip(SIDES);
    let words: Vec<String> = sides.filter_map(|(value, side)| Some(format!("{side} {}", kind.words(value?)))).collect();
    format!("epoch {}: {}", last.epoch, words.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_of_a_loss_are_round_numbers() {
        let values = |from, to| value_marks((from, to)).into_iter().map(|mark| number(mark.value)).collect::<Vec<_>>();
        assert_eq!(values(-0.1, 2.2), ["0", "0.5", "1", "1.5", "2"]);
        let powers: Vec<String> = decade_marks((-1.1, 0.4)).iter().map(|mark| number(10f64.powf(mark.value))).collect();
        assert_eq!(powers, ["0.1", "0.2", "0.5", "1", "2"]);
    }

    #[test]
    fn marks_are_whole_epochs() {
        let values = |from, to| epoch_marks((from, to)).into_iter().map(|mark| mark.value).collect::<Vec<_>>();
        assert_eq!(values(0.8, 3.2), [1.0, 2.0, 3.0]);
        assert_eq!(values(0.0, 500.0), [0.0, 100.0, 200.0, 300.0, 400.0, 500.0]);
        assert!(values(-1e12, 1e12).len() <= 64);
    }
}
