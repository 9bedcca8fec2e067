//! The list of runs at the left of Judge and Compare.

use eframe::egui::{Align, Rect, Response, Role, Sense, Ui, WidgetInfo, pos2, vec2};

use crate::base::time::local_minute;
use crate::engine::training::message::RunSummary;
use crate::ml::runs::run_state::{RunStatus, Separation};
use crate::state::jobs::count_of;
use crate::ui::icons::{self, Icon};
use crate::ui::theme::{fonts, size, tokens};
use crate::ui::widgets::{button, text};

/// Width of the list.
pub const WIDTH: f32 = 272.0;
const ROW: f32 = 68.0;

/// How a row can be marked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// One of them is chosen.
    Chosen(bool),
    /// Each may be ticked.
    Ticked(bool),
}

/// A share as `87.4 %`.
pub fn percent(share: f64) -> String {
    format!("{:.1} %", share * 100.0)
}

/// An interval of shares as `61.2 to 78.0 %`.
pub fn interval((low, high): (f64, f64)) -> String {
    format!("{:.1} to {:.1} %", low * 100.0, high * 100.0)
}

/// How training and test are kept apart, in a word or two.
pub fn separation(separation: Separation) -> &'static str {
    match separation {
        Separation::Artists => "artists apart",
        Separation::Clips => "artists on both sides",
        Separation::Unknown => "artists not known",
    }
}

/// What a run scored, in a line.
fn score_line(run: &RunSummary) -> String {
    match (&run.score, &run.state.status) {
        (Some(score), _) => format!(
            "{} ({}) · {}",
            percent(score.accuracy),
            interval(score.interval),
            count_of(score.clips, "clip", "clips")
        ),
        (None, RunStatus::Failed(reason)) => format!("Failed: {reason}"),
        (None, status) => format!("Not judged, {}", status.word()),
    }
}

/// One run.
pub fn row(ui: &mut Ui, run: &RunSummary, mark: Mark) -> Response {
    let tokens = tokens(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), ROW), Sense::click());
    let score = score_line(run);
    let spoken = format!("{}, {score}", run.state.name);
    response.widget_info(|| match mark {
        Mark::Chosen(chosen) => WidgetInfo::selected(Role::Button, true, chosen, &spoken),
        Mark::Ticked(ticked) => WidgetInfo::selected(Role::CheckBox, true, ticked, &spoken),
    });
    if ui.is_rect_visible(rect) {
        let on = matches!(mark, Mark::Chosen(true) | Mark::Ticked(true));
        let tile = rect.shrink2(vec2(6.0, 1.0));
        if on {
            ui.painter().rect_filled(tile, f32::from(size::RADIUS), tokens.row_selected);
        } else if response.hovered() {
            ui.painter().rect_filled(tile, f32::from(size::RADIUS), tokens.row_hover);
        }
        let mut inner = tile.shrink2(vec2(10.0, 6.0));
        if let Mark::Ticked(ticked) = mark {
            let place = Rect::from_center_size(pos2(inner.left() + 8.0, inner.top() + 10.0), vec2(16.0, 16.0));
            let fill = if ticked { tokens.accent } else { tokens.field };
            ui.painter().rect_filled(place, 4.0, fill);
            let edge = if ticked { tokens.accent } else { tokens.text_faint };
            ui.painter().rect_stroke(place, 4.0, (1.0, edge), eframe::egui::StrokeKind::Inside);
            if ticked {
                icons::paint(ui.painter(), Icon::Check, place.shrink(1.0), tokens.on_accent);
            }
            inner.min.x += 26.0;
        }
        let line =
            |index: usize| Rect::from_min_size(inner.min + vec2(0.0, index as f32 * 18.5), vec2(inner.width(), 18.5));
        text::line(ui.painter(), line(0), &run.state.name, fonts::strong(), tokens.text, Align::Min);
        let color = if run.score.is_some() { tokens.text } else { tokens.text_muted };
        text::line(ui.painter(), line(1), &score, fonts::small(), color, Align::Min);
        let when = format!("{} · {}", separation(run.state.separation), local_minute(run.state.created));
        text::line(ui.painter(), line(2), &when, fonts::tiny(), tokens.text_muted, Align::Min);
        button::focus_ring(ui, &response, f32::from(size::RADIUS));
    }
    response.on_hover_text(format!("{}\n{score}\n{}", run.state.name, run.state.protocol))
}
