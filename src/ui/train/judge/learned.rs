//! What came of a lesson: before and after on clips that were never learned, and the two answers to it.

use eframe::egui::{Align, Frame, Margin, Rect, RichText, Role, Sense, Ui, WidgetInfo, pos2, vec2};

use crate::base::genre::display_name;
use crate::ml::runs::lesson::{Change, GenreChange, Learned, Share};
use crate::state::jobs::count_of;
use crate::state::training::learn::LearnAction;
use crate::state::{Action, AppState};
use crate::ui::theme::{fonts, size, tokens};
use crate::ui::train::run_list::{interval, percent};
use crate::ui::widgets::button::{self, Weight};
use crate::ui::widgets::{meter, text};

use super::{learn_action, title};

pub fn learned(ui: &mut Ui, state: &AppState, run: &str, found: &Learned, actions: &mut Vec<Action>) {
    let tokens = tokens(ui);
    let frame = Frame::NONE.fill(tokens.panel).corner_radius(size::RADIUS_LARGE).inner_margin(Margin::same(14));
    frame.show(ui, |ui| {
        ui.set_width(ui.available_width());
        title(ui, "Before and after your corrections");
        let words = format!(
            "“{}” learned {}; {} that it knew were mixed in. These clips judge, neither of the two was trained on them:",
            found.start,
            count_of(found.learned, "correction", "corrections"),
            count_of(found.rehearsed, "clip", "clips"),
        );
        ui.label(RichText::new(words).color(tokens.text_muted));
        ui.add_space(4.0);
        part(ui, "All of them", &found.all);
        if let Some(own) = &found.own_test {
            part(ui, "Held-back corrections", &found.held_out);
            part(ui, "Its own test clips", own);
        }
        ui.label(verdict(&found.all));
        ui.add_space(4.0);
        for genre in &found.all.genres {
            of_genre(ui, genre);
        }
        ui.add_space(8.0);
        answers(ui, state, run, actions);
    });
    ui.add_space(16.0);
}

fn share_words(share: &Share) -> String {
    format!("{} ({})", percent(share.accuracy), interval(share.interval))
}

/// Both accuracies on one set of clips.
fn part(ui: &mut Ui, name: &str, change: &Change) {
    let tokens = tokens(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 24.0), Sense::hover());
    let clips = count_of(change.clips, "clip", "clips");
    let words = format!("{} → {}", share_words(&change.before), share_words(&change.after));
    response.widget_info(|| WidgetInfo::labeled(Role::Row, true, format!("{name}, {clips}: {words}")));
    let head = Rect::from_min_size(rect.min, vec2(260.0, rect.height()));
    text::line(ui.painter(), head, &format!("{name} · {clips}"), fonts::body(), tokens.text_muted, Align::Min);
    let rest = Rect::from_min_max(pos2(head.right() + 8.0, rect.top()), rect.max);
    text::line(ui.painter(), rest, &words, fonts::strong(), tokens.text, Align::Min);
    response.on_hover_text("Share that is right before → after, each with its 95 % interval (Wilson)");
}

/// What McNemar's test says about it.
fn verdict(change: &Change) -> String {
    let test = &change.test;
    let (better, worse) = (test.only_second, test.only_first);
    let counts = format!("{} right only after, {worse} only before", count_of(better, "clip is", "clips are"));
    let p = test.p_text();
    let what = match (test.is_significant(), better > worse) {
        (true, true) => "it has become better, more than by chance",
        (true, false) => "it has become worse, more than by chance",
        (false, _) => "the difference may be chance",
    };
    format!("{counts}: {what} (McNemar, {p}).")
}

/// How many clips of a genre are right before and after.
fn of_genre(ui: &mut Ui, genre: &GenreChange) {
    let tokens = tokens(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width().min(620.0), 22.0), Sense::hover());
    let name = display_name(&genre.genre);
    let words = format!("{} → {} of {}", genre.before, genre.after, genre.clips);
    response.widget_info(|| WidgetInfo::labeled(Role::Row, true, format!("{name}: {words} right")));
    let hue = tokens.genre(&genre.genre);
    meter::dot(ui.painter(), pos2(rect.left() + 5.0, rect.center().y), hue);
    let head = Rect::from_min_size(rect.min + vec2(16.0, 0.0), vec2(120.0, rect.height()));
    text::line(ui.painter(), head, &name, fonts::body(), tokens.text, Align::Min);
    let numbers = Rect::from_min_size(pos2(head.right() + 8.0, rect.top()), vec2(110.0, rect.height()));
    text::line(ui.painter(), numbers, &words, fonts::body(), tokens.text, Align::Min);
    let bars = Rect::from_min_max(pos2(numbers.right() + 8.0, rect.top()), rect.max);
    let (left, right) = bars.split_left_right_at_fraction(0.5);
    for (place, right) in [(left, genre.before), (right, genre.after)] {
        let share = right as f32 / genre.clips.max(1) as f32;
        meter::confidence(ui.painter(), place.shrink2(vec2(6.0, 0.0)), share, hue, tokens);
    }
}

fn answers(ui: &mut Ui, state: &AppState, run: &str, actions: &mut Vec<Action>) {
    if state.settings.classifier.as_deref() == Some(run) {
        ui.label(RichText::new("Accepted: it decides your library's genres.").color(tokens(ui).success));
        return;
    }
    ui.horizontal(|ui| {
        let accept = button::text(ui, Weight::Primary, None, "Accept: it decides my library's genres", 32.0);
        let help =
            "Only now your library changes its classifier; every song is heard anew. What you set by hand stays.";
        if accept.on_hover_text(help).clicked() {
            actions.push(learn_action(LearnAction::Accept(run.to_owned())));
        }
        let discard = button::text(ui, Weight::Normal, None, "Discard: keep the old one", 32.0);
        if discard.on_hover_text("Deletes what was learned; your corrections stay").clicked() {
            actions.push(learn_action(LearnAction::Discard(run.to_owned())));
        }
    });
}
