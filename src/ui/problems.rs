//! Problems: files that could not be used, why, and Retry.

use eframe::egui::{Align, AsIdSalt, Color32, Rect, Role, ScrollArea, Sense, Ui, UiBuilder, WidgetInfo, pos2, vec2};

use crate::library::model::{Lookalike, Problem, ProblemKind};
use crate::state::jobs::count_of;
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
        ProblemKind::LooksLike => "Same song?",
        ProblemKind::Other => "Other",
    }
}

/// Draws the list.
pub fn problems(ui: &mut Ui, state: &AppState, actions: &mut Vec<Action>) {
    let problems = &state.snapshot.problems;
    let lookalikes = &state.snapshot.lookalikes;
    if problems.is_empty() && lookalikes.is_empty() {
        let sentence = "Files that cannot be read are listed here with the reason, and can be tried again.";
        empty(ui, Icon::Check, "No problems", sentence, &[("Show all songs", Action::Show(Source::All))], actions);
        return;
    }
    let background = tokens(ui).background;
    ui.painter().rect_filled(ui.available_rect_before_wrap(), 0.0, background);
    ui.spacing_mut().item_spacing.y = 0.0;
    ScrollArea::vertical().auto_shrink(false).show_rows(ui, HEIGHT, lookalikes.len() + problems.len(), |ui, range| {
        for row in range {
            match lookalikes.get(row) {
                Some(asked) => lookalike(ui, state, asked, actions),
                None => file(ui, &problems[row - lookalikes.len()], actions),
            }
        }
    });
}

/// What a row says.
struct Row<'a> {
    icon: Icon,
    colour: Color32,
    /// What it is about, in a word or two.
    kind: &'a str,
    upper: &'a str,
    lower: &'a str,
    lower_colour: Color32,
    /// All of it, for a screen reader and as a tooltip.
    spoken: &'a str,
}

/// Draws a row of the list, with its buttons at the right.
fn row(ui: &mut Ui, id: impl AsIdSalt, row: &Row<'_>, buttons: impl FnOnce(&mut Ui)) {
    let tokens = tokens(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), HEIGHT), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::ListItem, true, row.spoken));
    if response.contains_pointer() {
        ui.painter().rect_filled(rect, 0.0, tokens.row_hover);
    }
    let inner = rect.shrink2(vec2(size::MARGIN, 6.0));
    let icon = Rect::from_center_size(pos2(inner.left() + 9.0, inner.center().y), vec2(18.0, 18.0));
    icons::paint(ui.painter(), row.icon, icon, row.colour);
    let kind = Rect::from_min_max(pos2(inner.left() + 32.0, inner.top()), pos2(inner.left() + 136.0, inner.bottom()));
    text::line(ui.painter(), kind, row.kind, fonts::strong(), tokens.text, Align::Min);
    let words = Rect::from_min_max(pos2(kind.right() + 8.0, inner.top()), pos2(inner.right() - 208.0, inner.bottom()));
    let (upper, lower) = words.split_top_bottom_at_fraction(0.5);
    text::line(ui.painter(), upper, row.upper, fonts::body(), tokens.text, Align::Min);
    text::line(ui.painter(), lower, row.lower, fonts::small(), row.lower_colour, Align::Min);
    let place = Rect::from_min_max(pos2(words.right() + 8.0, inner.top()), inner.max);
    ui.scope_builder(UiBuilder::new().max_rect(place).id_salt(id), |ui| {
        ui.with_layout(eframe::egui::Layout::right_to_left(Align::Center), buttons);
    });
    response.on_hover_text(row.spoken);
}

/// A file that could not be used.
fn file(ui: &mut Ui, problem: &Problem, actions: &mut Vec<Action>) {
    let tokens = tokens(ui);
    let path = problem.path.display().to_string();
    let spoken = format!("{path}: {}", problem.message);
    let shown = Row {
        icon: Icon::Warning,
        colour: tokens.warning,
        kind: kind_name(problem.kind),
        upper: &problem.message,
        lower: &path,
        lower_colour: tokens.text_faint,
        spoken: &spoken,
    };
    row(ui, &problem.path, &shown, |ui| {
        let label = "Retry";
        let retry = button::text(ui, Weight::Normal, None, label, 28.0);
        if retry.on_hover_text("Look at this file again").clicked() {
            actions.push(Action::RetryProblems(vec![problem.path.clone()]));
        }
        let reveal = button::icon(ui, Icon::Folder, 28.0, "Show in file manager", "Show in the file manager");
        if reveal.clicked() {
            actions.push(Action::Reveal(problem.path.clone()));
        }
        if button::text(ui, Weight::Quiet, None, "Copy", 28.0).on_hover_text("Copy path and reason").clicked() {
            actions.push(Action::Copy(spoken.clone()));
        }
    });
}

/// A new song that looks like one whose file is gone: whether it takes over what that one had.
fn lookalike(ui: &mut Ui, state: &AppState, asked: &Lookalike, actions: &mut Vec<Action>) {
    let tokens = tokens(ui);
    let path = state.track(asked.track).map(|track| track.path.display().to_string()).unwrap_or_default();
    let by = if asked.artist.is_empty() { String::new() } else { format!(" by {}", asked.artist) };
    let sentence = format!("Looks like “{}”{by}, whose file is gone.", asked.title);
    let question = format!("Take over {}?", had(asked));
    let shown = Row {
        icon: Icon::Info,
        colour: tokens.accent,
        kind: kind_name(ProblemKind::LooksLike),
        upper: &sentence,
        lower: &format!("{question}  {path}"),
        lower_colour: tokens.text_muted,
        spoken: &format!("{path}: {sentence} {question}"),
    };
    row(ui, asked.track, &shown, |ui| {
        let take_over = button::text(ui, Weight::Normal, None, "Take over", 28.0);
        if take_over.on_hover_text("It is the same song: give it what the old one had").clicked() {
            actions.push(Action::TakeOver(asked.track));
        }
        let keep_apart = button::text(ui, Weight::Quiet, None, "Keep apart", 28.0);
        if keep_apart.on_hover_text("It is another song; do not ask again").clicked() {
            actions.push(Action::KeepApart(asked.track));
        }
    });
}

/// What a person gave the former song.
fn had(asked: &Lookalike) -> String {
    let playlists = count_of(asked.playlists, "playlist", "playlists");
    match (&asked.genre, asked.playlists) {
        (Some(genre), 0) => format!("its genre ({genre})"),
        (Some(genre), _) => format!("its genre ({genre}) and its place in {playlists}"),
        (None, _) => format!("its place in {playlists}"),
    }
}
