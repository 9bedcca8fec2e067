//! Problems: files that could not be used, why, and Retry.

use eframe::egui::{Align, Rect, Role, ScrollArea, Sense, Ui, UiBuilder, WidgetInfo, pos2, vec2};

use crate::library::model::ProblemKind;
use crate::state::{Action, AppState, Source};

use super::icons::{self, Icon};
use super::theme::{fonts, size, tokens};
use super::widgets::button::{self, Weight};
use super::widgets::empty::empty;
use super::widgets::text;

const HEIGHT: f32 = 52.0;

/// What a kind of trouble is called.
fn kind_name(kind: ProblemKind) -> &'static str {
    match kind {
        ProblemKind::Empty => "Empty",
        ProblemKind::NotAudio => "Not audio",
        ProblemKind::Damaged => "Damaged",
        ProblemKind::Permission => "No permission",
        ProblemKind::Name => "Name",
        ProblemKind::Vanished => "Vanished",
        ProblemKind::Folder => "Folder",
        ProblemKind::Unsupported => "Not supported",
        ProblemKind::Other => "Other",
    }
}

/// Draws the list.
pub fn problems(ui: &mut Ui, state: &AppState, actions: &mut Vec<Action>) {
    let problems = &state.snapshot.problems;
    if problems.is_empty() {
        let sentence = "Files that cannot be read are listed here with the reason, and can be tried again.";
        empty(ui, Icon::Check, "No problems", sentence, &[("Show all songs", Action::Show(Source::All))], actions);
        return;
    }
    let background = tokens(ui).background;
    ui.painter().rect_filled(ui.available_rect_before_wrap(), 0.0, background);
    ui.spacing_mut().item_spacing.y = 0.0;
    ScrollArea::vertical().auto_shrink(false).show_rows(ui, HEIGHT, problems.len(), |ui, range| {
        for problem in &problems[range] {
            let tokens = tokens(ui);
            let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), HEIGHT), Sense::hover());
            let path = problem.path.display().to_string();
            let spoken = format!("{path}: {}", problem.message);
            response.widget_info(|| WidgetInfo::labeled(Role::ListItem, true, &spoken));
            if response.contains_pointer() {
                ui.painter().rect_filled(rect, 0.0, tokens.row_hover);
            }
            let inner = rect.shrink2(vec2(size::MARGIN, 6.0));
            let icon = Rect::from_center_size(pos2(inner.left() + 9.0, inner.center().y), vec2(18.0, 18.0));
            icons::paint(ui.painter(), Icon::Warning, icon, tokens.warning);
            let kind =
                Rect::from_min_max(pos2(inner.left() + 32.0, inner.top()), pos2(inner.left() + 136.0, inner.bottom()));
            text::line(ui.painter(), kind, kind_name(problem.kind), fonts::strong(), tokens.text, Align::Min);
            let words =
                Rect::from_min_max(pos2(kind.right() + 8.0, inner.top()), pos2(inner.right() - 208.0, inner.bottom()));
            let (upper, lower) = words.split_top_bottom_at_fraction(0.5);
            text::line(ui.painter(), upper, &problem.message, fonts::body(), tokens.text, Align::Min);
            text::line(ui.painter(), lower, &path, fonts::small(), tokens.text_faint, Align::Min);
            let buttons = Rect::from_min_max(pos2(words.right() + 8.0, inner.top()), inner.max);
            ui.scope_builder(UiBuilder::new().max_rect(buttons).id_salt(&problem.path), |ui| {
                ui.with_layout(eframe::egui::Layout::right_to_left(Align::Center), |ui| {
                    let label = "Retry";
                    let retry = button::text(ui, Weight::Normal, None, label, 28.0);
                    if retry.on_hover_text("Look at this file again").clicked() {
                        actions.push(Action::RetryProblems(vec![problem.path.clone()]));
                    }
                    let reveal =
                        button::icon(ui, Icon::Folder, 28.0, "Show in file manager", "Show in the file manager");
                    if reveal.clicked() {
                        actions.push(Action::Reveal(problem.path.clone()));
                    }
                    if button::text(ui, Weight::Quiet, None, "Copy", 28.0)
                        .on_hover_text("Copy path and reason")
                        .clicked()
                    {
                        actions.push(Action::Copy(spoken.clone()));
                    }
                });
            });
            response.on_hover_text(spoken);
        }
    });
}
