//! Above the pictures: which song, and what can be switched on and off.

use eframe::egui::{Align, Button, Layout, Popup, PopupCloseBehavior, Rect, Role, Sense, Ui, WidgetInfo, pos2, vec2};

use crate::state::inspect::{Compare, Kind, Mode, Panes, Side, View};
use crate::state::{Action, AppState, InspectAction, Verb};
use crate::ui::theme::{fonts, tokens};
use crate::ui::widgets::text;

use super::{TOOLS, at};

/// Draws both rows.
pub fn toolbar(ui: &mut Ui, state: &AppState, place: Rect, actions: &mut Vec<Action>) {
    let upper = Rect::from_min_size(place.min, vec2(place.width(), TOOLS));
    let lower = Rect::from_min_size(pos2(place.left(), upper.bottom() + 8.0), upper.size());
    let right = 500.0_f32.min(upper.width() * 0.6);
    let title = Rect::from_min_max(upper.min, pos2(upper.right() - right - 12.0, upper.bottom()));
    song(ui, state, title, actions);
    let choices = Rect::from_min_max(pos2(upper.right() - right, upper.top()), upper.max);
    at(ui, "choices", choices, |ui| {
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            ui.spacing_mut().item_spacing.x = 2.0;
            panes(ui, state, actions);
            ui.add_space(12.0);
            mode(ui, state, actions);
        });
    });
    at(ui, "tools", lower, |ui| {
        ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
            ui.spacing_mut().item_spacing.x = 4.0;
            tools(ui, state, actions);
        });
    });
}

fn song(ui: &mut Ui, state: &AppState, place: Rect, actions: &mut Vec<Action>) {
    let tokens = tokens(ui);
    let track = state.inspected();
    let title = track.map_or_else(
        || "Live sound".to_owned(),
        |track| {
            if track.artist.is_empty() { track.title.clone() } else { format!("{} · {}", track.title, track.artist) }
        },
    );
    let mut line = place;
    let pinned = state.inspect.pinned.is_some();
    if pinned {
        line.max.x -= 168.0;
    }
    let damage = track.and_then(|track| state.damage_of(track.id));
    if damage.is_some() {
        line.max.x -= 160.0_f32.min(line.width() * 0.4);
    }
    let written = text::line(ui.painter(), line, &title, fonts::heading(), tokens.text, Align::Min);
    let mut right = written.right() + 12.0;
    if pinned {
        let button = Rect::from_min_size(pos2(right, place.top()), vec2(156.0, TOOLS));
        right = button.right() + 12.0;
        at(ui, "unpin", button, |ui| {
            let tip = "This song stays here whatever plays. Press to show what plays instead.";
            if ui.add(Button::new("Show what plays")).on_hover_text(tip).clicked() {
                actions.push(Action::Inspect(InspectAction::Unpin));
            }
        });
    }
    if let Some(damage) = damage {
        let rest = Rect::from_min_max(pos2(right, place.top()), place.max);
        let shown = text::line(ui.painter(), rest, &damage, fonts::small(), tokens.warning, Align::Min);
        let response = ui.interact(shown, ui.scope_id().with("damage"), Sense::hover());
        response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &damage));
        response.on_hover_text(damage);
    }
}

fn mode(ui: &mut Ui, state: &AppState, actions: &mut Vec<Action>) {
    for (mode, name) in [(Mode::Whole, "Whole track"), (Mode::Live, "Live")] {
        let chosen = state.inspect.mode == mode;
        let response = ui.add(Button::selectable(chosen, name));
        if response.on_hover_text(Verb::LiveOrWhole.tooltip()).clicked() {
            actions.push(Action::Inspect(InspectAction::SetMode(mode)));
        }
    }
}

fn panes(ui: &mut Ui, state: &AppState, actions: &mut Vec<Action>) {
    let choices = [
        (Panes::Only(Kind::Scalogram), "Scalogram"),
        (Panes::Only(Kind::Spectrogram), "Spectrogram"),
        (Panes::Both, "Both"),
    ];
    for (panes, name) in choices {
        let response = ui.add(Button::selectable(state.inspect.panes == panes, name));
        if response.on_hover_text(Verb::Panes.tooltip()).clicked() {
            actions.push(Action::Inspect(InspectAction::SetPanes(panes)));
        }
    }
}

fn tools(ui: &mut Ui, state: &AppState, actions: &mut Vec<Action>) {
    let inspect = &state.inspect;
    let whole = inspect.mode == Mode::Whole;
    if whole {
        toggle(ui, Verb::Follow, "Follow", inspect.follow, actions);
        let looped = state.player.loop_secs.is_some();
        toggle(ui, Verb::LoopSelection, if looped { "End loop" } else { "Loop" }, looped, actions);
    } else {
        toggle(ui, Verb::Freeze, "Freeze", inspect.is_frozen(), actions);
    }
    toggle(ui, Verb::ZoomWhole, "Show all", false, actions);
    ui.separator();
    toggle(ui, Verb::Harmonics, "Harmonics", inspect.harmonics, actions);
    toggle(ui, Verb::Curve, "Spectrum curve", inspect.curve, actions);
    toggle(ui, Verb::PeakHold, "Peak hold", inspect.peak_hold, actions);
    ui.separator();
    compare(ui, state, actions);
    ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
        toggle(ui, Verb::Explain, "What am I seeing?", inspect.explain, actions);
        if whole {
            save(ui, state, actions);
        }
    });
}

fn toggle(ui: &mut Ui, verb: Verb, label: &str, on: bool, actions: &mut Vec<Action>) {
    if ui.add(Button::selectable(on, label)).on_hover_text(verb.tooltip()).clicked() {
        actions.push(Action::Do(verb));
    }
}

fn compare(ui: &mut Ui, state: &AppState, actions: &mut Vec<Action>) {
    let response = ui.add(Button::selectable(state.inspect.compare.is_some(), "Compare ⏷"));
    let response = response.on_hover_text("Two settings of one song, or two songs, side by side");
    Popup::menu(&response).close_behavior(PopupCloseBehavior::CloseOnClick).width(280.0).show(|ui| {
        let mut choice = |ui: &mut Ui, chosen: bool, label: &str, action: InspectAction| {
            if ui.add(Button::selectable(chosen, label)).clicked() {
                actions.push(Action::Inspect(action));
            }
        };
        let now = state.inspect.compare;
        choice(ui, now.is_none(), "One song alone", InspectAction::CompareNothing);
        let settings = matches!(now, Some(Compare::Settings { .. }));
        choice(ui, settings, "Two settings of this song (C)", InspectAction::CompareSettings);
        let shown = state.inspected().map(|track| track.id);
        let mut others: Vec<_> = [state.player.current, state.selection.lead()].into_iter().flatten().collect();
        if let Some(Compare::Track(id)) = now {
            others.push(id);
        }
        others.dedup();
        for other in others.into_iter().filter(|id| Some(*id) != shown).filter_map(|id| state.track(id)) {
            let label = format!("With “{}”", other.title);
            choice(ui, now == Some(Compare::Track(other.id)), &label, InspectAction::CompareTrack(other.id));
        }
        ui.label(
            eframe::egui::RichText::new("Another song: right-click it in the library, Compare in Inspect.")
                .font(fonts::small())
                .color(tokens(ui).text_muted),
        );
    });
}

/// Saves one of the pictures that show, as it shows.
fn save(ui: &mut Ui, state: &AppState, actions: &mut Vec<Action>) {
    let response = ui.add(Button::new("Save ⏷").frame_when_inactive(false));
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, "Save picture or numbers"));
    let response = response.on_hover_text("Save a picture as it shows, as PNG, or its numbers as CSV or NPY");
    Popup::menu(&response).width(220.0).show(|ui| {
        for view in state.inspect_views().into_iter().filter(View::leads) {
            let side = match (state.inspect.compare.is_some(), view.side) {
                (false, _) => "",
                (true, Side::A) => " A",
                (true, Side::B) => " B",
            };
            if ui.button(format!("Save {}{side}…", view.kind.name().to_lowercase())).clicked() {
                actions.push(Action::Inspect(InspectAction::Save(view.kind, view.side)));
            }
        }
    });
}
