//! The songs of one's own library that two models decide otherwise, as a list to listen to.

use eframe::egui::{
    Align, ComboBox, ProgressBar, Rect, RichText, Role, ScrollArea, Sense, Ui, UiBuilder, WidgetInfo, pos2, vec2,
};

use crate::base::genre::display_name;
use crate::engine::JobKind;
use crate::engine::training::learn::BUILT_IN_NAME;
use crate::engine::training::message::{Disagreement, Disagreements, RunSummary};
use crate::library::model::GenreProbability;
use crate::state::jobs::{Job, count_of, grouped};
use crate::state::training::compare::{CompareAction, label};
use crate::state::{Action, AppState, TrainAction};
use crate::ui::icons::Icon;
use crate::ui::theme::{fonts, size, tokens};
use crate::ui::widgets::button::{self, Weight};
use crate::ui::widgets::{meter, text};

use super::title;

const ROW: f32 = 32.0;
/// Height of the list.
const HEIGHT: f32 = 360.0;

fn act(action: CompareAction) -> Action {
    Action::Train(TrainAction::Compare(action))
}

pub fn disagree(ui: &mut Ui, state: &AppState, runs: &[RunSummary], actions: &mut Vec<Action>) {
    title(ui, "Songs of your library on which they disagree");
    let (first, second) = state.training.compare.pair();
    let job = state.jobs.running().iter().find(|job| job.kind == JobKind::Disagree);
    ui.horizontal_wrapped(|ui| {
        model(ui, "First model", runs, &first, |chosen| CompareAction::Pair(chosen, second.clone()), actions);
        model(ui, "Second model", runs, &second, |chosen| CompareAction::Pair(first.clone(), chosen), actions);
        ui.add_enabled_ui(first != second && job.is_none() && !state.snapshot.tracks.is_empty(), |ui| {
            let hear = button::text(ui, Weight::Normal, Some(Icon::Network), "Hear my library with both", 28.0);
            let help = "Both models listen to your songs; nothing in the library is changed. What was heard once is remembered until \
                        Timbre is closed";
            if hear.on_hover_text(help).on_disabled_hover_text("Choose two models; your library needs songs").clicked() {
                actions.push(act(CompareAction::Disagree));
            }
        });
    });
    if let Some(job) = job {
        progress(ui, job, actions);
    }
    if let Some(found) = state.training.compare.disagreements() {
        list(ui, state, runs, found, actions);
    } else if job.is_none() {
        let sentence = "Listening to them tells more than any figure: whose opinion would you rather have?";
        ui.label(RichText::new(sentence).color(tokens(ui).text_muted));
    }
}

/// A choice of one of the models.
fn model(
    ui: &mut Ui,
    name: &str,
    runs: &[RunSummary],
    chosen: &str,
    action: impl Fn(String) -> CompareAction,
    actions: &mut Vec<Action>,
) {
    let models = std::iter::once(BUILT_IN_NAME)
        .chain(runs.iter().filter(|run| run.score.is_some()).map(|run| run.state.id.as_str()));
    let shown = label(runs, chosen);
    let response = ComboBox::from_id_salt(name).selected_text(&shown).width(220.0).show_ui(ui, |ui| {
        for model in models {
            if ui.selectable_label(model == chosen, label(runs, model)).clicked() {
                actions.push(act(action(model.to_owned())));
            }
        }
    });
    let response = response.response;
    response.widget_info(|| WidgetInfo::labeled(Role::ComboBox, true, format!("{name}: {shown}")));
    response.on_hover_text(name);
}

fn progress(ui: &mut Ui, job: &Job, actions: &mut Vec<Action>) {
    ui.horizontal(|ui| {
        let fraction = job.fraction().unwrap_or(0.0);
        let bar = ui.add(ProgressBar::new(fraction).desired_width(320.0).text(meter::percent(fraction)));
        bar.widget_info(|| WidgetInfo::labeled(Role::ProgressIndicator, true, "Songs heard with both models"));
        ui.add_enabled_ui(!job.cancelling, |ui| {
            let cancel = button::text(ui, Weight::Quiet, Some(Icon::Close), "Stop listening", 28.0);
            if cancel.on_hover_text("What was heard is kept for the next time").clicked() {
                actions.push(Action::CancelJob(job.id));
            }
        });
        ui.label(RichText::new(&job.progress.detail).font(fonts::small()).color(tokens(ui).text_muted));
    });
}

fn list(ui: &mut Ui, state: &AppState, runs: &[RunSummary], found: &Disagreements, actions: &mut Vec<Action>) {
    let muted = tokens(ui).text_muted;
    ui.horizontal(|ui| {
        let words = if found.songs.is_empty() {
            format!("They agree on all of {}.", count_of(found.heard, "song", "songs"))
        } else {
            format!(
                "They disagree on {} of {}; the ones of which both are surest come first.",
                grouped(found.songs.len()),
                count_of(found.heard, "song", "songs")
            )
        };
        ui.label(RichText::new(words).color(muted));
        if !found.songs.is_empty() {
            let play = button::text(ui, Weight::Normal, Some(Icon::Play), "Play them all", 28.0);
            if play.on_hover_text("These songs become the queue of the player").clicked() {
                actions.push(act(CompareAction::Play(0)));
            }
        }
    });
    if found.songs.is_empty() {
        return;
    }
    let (first, second) = (label(runs, &found.first), label(runs, &found.second));
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), 20.0), Sense::hover());
    for (place, words) in places(rect).into_iter().skip(1).zip(["Song", first.as_str(), second.as_str()]) {
        text::line(ui.painter(), place, words, fonts::small_strong(), muted, Align::Min);
    }
    ui.spacing_mut().item_spacing.y = 0.0;
    let height = HEIGHT.min(found.songs.len() as f32 * ROW);
    ScrollArea::vertical().id_salt("disagreements").auto_shrink([false, true]).max_height(height).show_rows(
        ui,
        ROW,
        found.songs.len(),
        |ui, range| {
            for place in range {
                row(ui, state, (&first, &second), place, &found.songs[place], actions);
            }
        },
    );
    ui.spacing_mut().item_spacing.y = size::GAP;
}

/// Button, song, first opinion, second opinion.
fn places(rect: Rect) -> [Rect; 4] {
    let rest = rect.width() - 36.0;
    let cut = |from: f32, to: f32| {
        let left = rect.left() + 36.0;
        Rect::from_min_max(pos2(left + from * rest, rect.top()), pos2(left + to * rest - 12.0, rect.bottom()))
    };
    let button = Rect::from_center_size(pos2(rect.left() + 14.0, rect.center().y), vec2(28.0, 28.0));
    [button, cut(0.0, 0.4), cut(0.4, 0.7), cut(0.7, 1.0)]
}

fn row(
    ui: &mut Ui,
    state: &AppState,
    (first, second): (&str, &str),
    place: usize,
    song: &Disagreement,
    actions: &mut Vec<Action>,
) {
    let tokens = tokens(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), ROW), Sense::hover());
    let Some(track) = state.track(song.track) else { return };
    let name =
        if track.artist.is_empty() { track.title.clone() } else { format!("{} · {}", track.title, track.artist) };
    let said = |model: &str, opinion: &GenreProbability| {
        format!("{model} says {} {}", display_name(&opinion.genre), meter::percent(opinion.probability))
    };
    let spoken = format!("{name}: {}, {}", said(first, &song.first), said(second, &song.second));
    response.widget_info(|| WidgetInfo::labeled(Role::ListItem, true, &spoken));
    if response.hovered() {
        ui.painter().rect_filled(rect, 4.0, tokens.row_hover);
    }
    let [play, title, one, other] = places(rect);
    text::line(ui.painter(), title, &name, fonts::body(), tokens.text, Align::Min);
    for (place, opinion) in [(one, &song.first), (other, &song.second)] {
        let hue = tokens.genre(&opinion.genre);
        meter::dot(ui.painter(), pos2(place.left() + 5.0, place.center().y), hue);
        let genre = Rect::from_min_size(place.min + vec2(16.0, 0.0), vec2(84.0, place.height()));
        text::line(ui.painter(), genre, &display_name(&opinion.genre), fonts::body(), tokens.text, Align::Min);
        let bar = Rect::from_min_max(pos2(genre.right() + 6.0, place.top()), place.max);
        meter::confidence(ui.painter(), bar, opinion.probability, hue, tokens);
    }
    let playing = state.is_playing() && state.player.current == Some(song.track);
    let icon = if playing { Icon::Pause } else { Icon::Play };
    let mut inside = ui.new_child(UiBuilder::new().max_rect(play).id_salt(("disagreement", place)));
    let verb = if playing { "Pause" } else { "Play" };
    let tip = "Hear it; the songs below come next";
    if button::icon(&mut inside, icon, 28.0, &format!("{verb} {}", track.title), tip).clicked() {
        let action = if playing { Action::Do(crate::state::Verb::PlayPause) } else { act(CompareAction::Play(place)) };
        actions.push(action);
    }
    response.on_hover_text(spoken);
}
