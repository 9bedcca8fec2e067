//! Settings: folders, classifier, sound, appearance, where things are. Every change holds at once.

use eframe::egui::{
    Align, Checkbox, CollapsingHeader, ComboBox, DragValue, Layout, Response, RichText, ScrollArea, TextEdit, Ui,
    WidgetText,
};

use crate::engine::Settings;
use crate::engine::settings::{ReplayGain, Theme};
use crate::library::scan::LeaveOut;
use crate::state::inspect::{Kind, Side};
use crate::state::jobs::count_of;
use crate::state::{Action, AppState, Overlay, Verb};

use super::icons::Icon;
use super::inspect::controls::controls;
use super::theme::{fonts, tokens};
use super::widgets::button::{self, Weight};
use super::widgets::{meter, slider};

mod about;

const LABEL_WIDTH: f32 = 200.0;

/// Draws the place.
pub fn settings(ui: &mut Ui, state: &AppState, actions: &mut Vec<Action>) {
    let mut changed = (*state.settings).clone();
    ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        let margin = ((ui.available_width() - 760.0) / 2.0).clamp(24.0, 400.0);
        let width = (ui.available_width() - 2.0 * margin).min(760.0);
        ui.horizontal(|ui| {
            ui.add_space(margin);
            ui.vertical(|ui| {
                ui.set_width(width);
                ui.add_space(24.0);
                folders(ui, state, actions);
                leave_out(ui, &mut changed);
                classifier(ui, &mut changed, actions);
                sound(ui, state, &mut changed, actions);
                resume(ui, &mut changed);
                views(ui, &mut changed);
                appearance(ui, &mut changed);
                about::about(ui, state, actions);
                ui.add_space(32.0);
            });
        });
    });
    let changes = state.settings.changes_to(&changed);
    if !changes.is_empty() {
        actions.push(Action::ChangeSettings(changes));
    }
}

fn section(ui: &mut Ui, title: &str) {
    ui.add_space(16.0);
    ui.label(RichText::new(title).font(fonts::heading()));
    ui.separator();
}

/// A row: the label at the left names the control at the right.
fn row(ui: &mut Ui, label: &str, help: &str, control: impl FnOnce(&mut Ui) -> Response) {
    ui.spacing_mut().item_spacing.y = 0.0;
    ui.horizontal(|ui| {
        let name = ui
            .allocate_ui_with_layout(
                eframe::egui::vec2(LABEL_WIDTH, 28.0),
                Layout::left_to_right(Align::Center),
                |ui| {
                    ui.set_width(LABEL_WIDTH);
                    ui.label(label)
                },
            )
            .inner;
        control(ui).labelled_by(name.id).on_hover_text(help);
    });
    ui.scope(|ui| {
        ui.spacing_mut().interact_size.y = 18.0;
        ui.horizontal(|ui| {
            ui.add_space(LABEL_WIDTH + 8.0);
            ui.label(RichText::new(help).font(fonts::small()).color(tokens(ui).text_muted));
        });
    });
    ui.add_space(12.0);
    ui.spacing_mut().item_spacing.y = 8.0;
}

fn folders(ui: &mut Ui, state: &AppState, actions: &mut Vec<Action>) {
    section(ui, "Music folders");
    for root in &state.snapshot.roots {
        ui.horizontal(|ui| {
            ui.label(root.display().to_string());
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                let name = format!("Remove {}", root.display());
                let tip = "Take this folder out of the library. Its files stay, and its songs come back with it.";
                if button::icon(ui, Icon::Close, 24.0, &name, tip).clicked() {
                    actions.push(Action::RemoveRoot(root.clone()));
                }
            });
        });
    }
    if state.snapshot.roots.is_empty() {
        ui.label(RichText::new("No folder yet.").color(tokens(ui).text_muted));
    }
    let hidden = state.snapshot.hidden.songs;
    if hidden > 0 {
        ui.horizontal(|ui| {
            let songs = count_of(hidden, "song", "songs");
            let text = format!("{songs} of removed folders are kept and come back with their folder.");
            ui.label(RichText::new(text).color(tokens(ui).text_muted));
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                let forget = button::text(ui, Weight::Quiet, None, &format!("Forget {songs}…"), 28.0);
                if forget.on_hover_text("Take them out of the library for good").clicked() {
                    actions.push(Action::SetOverlay(Some(Overlay::ForgetHidden)));
                }
            });
        });
    }
    ui.horizontal(|ui| {
        for (verb, icon) in [(Verb::AddFolder, Icon::Plus), (Verb::Rescan, Icon::Rescan)] {
            let response = button::text(ui, Weight::Normal, Some(icon), verb.name(), 28.0);
            if response.on_hover_text(verb.tooltip()).clicked() {
                actions.push(Action::Do(verb));
            }
        }
    });
}

fn leave_out(ui: &mut Ui, settings: &mut Settings) {
    let help = "Folders of recycle bins, thumbnails and repairs: @eaDir, #recycle, $RECYCLE.BIN, __MACOSX, lost+found.";
    row(ui, "Leave out system folders", help, |ui| ui.add(Checkbox::new(&mut settings.leave_out_system_folders, "")));
    let help = "Folders that hold a file called .nomedia ask players to pass them over.";
    row(ui, "Respect .nomedia", help, |ui| ui.add(Checkbox::new(&mut settings.leave_out_no_media, "")));
    let help =
        "Files and folders to pass over, one pattern a line: Podcasts, *.wav, Live/**. The next scan follows them.";
    row(ui, "Leave out", help, |ui| {
        let mut patterns = settings.leave_out.join("\n");
        let field = TextEdit::multiline(&mut patterns).desired_rows(2).desired_width(320.0).hint_text("Podcasts");
        let response = ui.add(field);
        if response.changed() {
            settings.leave_out = patterns.split('\n').map(str::to_owned).collect();
            if patterns.is_empty() {
                settings.leave_out.clear();
            }
        }
        response
    });
    if let Err(error) = LeaveOut::default().with_patterns(&settings.leave_out) {
        ui.label(RichText::new(format!("{error}.")).color(tokens(ui).warning));
    }
}

fn classifier(ui: &mut Ui, settings: &mut Settings, actions: &mut Vec<Action>) {
    section(ui, "Classifier");
    let help = "Below this a song goes to Unsure instead of a playlist.";
    row(ui, "Confidence needed", help, |ui| {
        let mut threshold = settings.threshold;
        let response = slider::slider(ui, &mut threshold, 240.0, "Confidence needed");
        if response.changed() {
            settings.threshold = (threshold * 100.0).round() / 100.0;
        }
        ui.label(meter::percent(settings.threshold));
        response
    });
    if let Some(run) = settings.classifier.clone() {
        let help = "A network that was trained here decides the genres; Train, Judge, chooses another.";
        row(ui, "Decided by", help, |ui| {
            ui.label(run);
            let back = button::text(ui, Weight::Normal, None, "Back to the built-in", 28.0);
            if back.clicked() {
                settings.classifier = None;
            }
            back
        });
    }
    let help = "A genre tag that names one of the ten genres decides before the network does.";
    row(ui, "Trust tags in files", help, |ui| ui.add(Checkbox::new(&mut settings.trust_file_tags, "")));
    let help = "Listen to new songs as soon as a scan has found them.";
    row(ui, "Classify after scans", help, |ui| ui.add(Checkbox::new(&mut settings.classify_after_scan, "")));
    let help = "Threads for scanning and listening; 0 is one for each core.";
    row(ui, "Threads", help, |ui| ui.add(DragValue::new(&mut settings.jobs).range(0..=256)));
    ui.horizontal(|ui| {
        let verb = Verb::Classify;
        let now = button::text(ui, Weight::Normal, Some(Icon::Network), verb.name(), 28.0);
        if now.on_hover_text(verb.tooltip()).clicked() {
            actions.push(Action::Do(verb));
        }
        let again = button::text(ui, Weight::Quiet, None, "Classify everything again", 28.0);
        if again.on_hover_text("Genres that you set stay as they are").clicked() {
            actions.push(Action::ClassifyAgain);
        }
    });
}

fn sound(ui: &mut Ui, state: &AppState, settings: &mut Settings, actions: &mut Vec<Action>) {
    section(ui, "Sound");
    let chosen = state.settings.output_device.clone();
    let shown = chosen.clone().unwrap_or_else(|| "System default".to_owned());
    row(ui, "Output", "Where the music plays.", |ui| {
        ComboBox::from_id_salt("output device")
            .width(320.0)
            .selected_text(shown)
            .show_ui(ui, |ui| {
                if ui.selectable_label(chosen.is_none(), "System default").clicked() {
                    actions.push(Action::ChooseDevice(None));
                }
                for device in &state.devices {
                    if ui.selectable_label(chosen.as_ref() == Some(device), device).clicked() {
                        actions.push(Action::ChooseDevice(Some(device.clone())));
                    }
                }
            })
            .response
    });
    replay_gain(ui, settings);
}

fn replay_gain(ui: &mut Ui, settings: &mut Settings) {
    let name = |mode| match mode {
        ReplayGain::Off => "Off: as recorded",
        ReplayGain::Track => "Every song",
        ReplayGain::Album => "Every album",
    };
    let help = "By the tags in the file (ReplayGain, R128), else as Timbre measures it. It acts at once.";
    row(ui, "Equal loudness", help, |ui| {
        ComboBox::from_id_salt("replay gain")
            .width(160.0)
            .selected_text(name(settings.replay_gain))
            .show_ui(ui, |ui| {
                for mode in [ReplayGain::Off, ReplayGain::Track, ReplayGain::Album] {
                    ui.selectable_value(&mut settings.replay_gain, mode, name(mode));
                }
            })
            .response
    });
}

fn views(ui: &mut Ui, settings: &mut Settings) {
    section(ui, "Pictures of sound");
    for kind in Kind::ALL {
        CollapsingHeader::new(kind.name()).id_salt(("picture", kind)).show(ui, |ui| {
            let current = match kind {
                Kind::Spectrogram => &mut settings.spectrogram,
                Kind::Scalogram => &mut settings.scalogram,
            };
            if let Some(changed) = controls(ui, (kind, Side::A), current) {
                *current = changed;
            }
        });
    }
}

fn resume(ui: &mut Ui, settings: &mut Settings) {
    let help = "Start with the queue and the place at which the window was closed.";
    row(ui, "Resume at start", help, |ui| ui.add(Checkbox::new(&mut settings.resume, "")));
}

fn appearance(ui: &mut Ui, settings: &mut Settings) {
    section(ui, "Appearance");
    let name = |theme| match theme {
        Theme::Dark => "Dark",
        Theme::Light => "Light",
        Theme::System => "As the system",
    };
    row(ui, "Theme", "Dark, light, or what the system says.", |ui| {
        ComboBox::from_id_salt("theme")
            .selected_text(name(settings.theme))
            .show_ui(ui, |ui| {
                for theme in [Theme::Dark, Theme::Light, Theme::System] {
                    ui.selectable_value(&mut settings.theme, theme, WidgetText::from(name(theme)));
                }
            })
            .response
    });
    row(ui, "Compact rows", "More songs on the screen.", |ui| ui.add(Checkbox::new(&mut settings.compact_rows, "")));
    let help =
        "English, French, German, Spanish, Italian: The Beatles stand under B. Also in playlists that are written.";
    row(ui, "Sort without articles", help, |ui| ui.add(Checkbox::new(&mut settings.ignore_articles, "")));
    row(ui, "Reduce motion", "No animation.", |ui| ui.add(Checkbox::new(&mut settings.reduce_motion, "")));
    row(ui, "Size", "How large everything is drawn.", |ui| {
        let mut percent = settings.ui_scale * 100.0;
        let response = ui.add(DragValue::new(&mut percent).range(50.0..=300.0).speed(1.0).suffix(" %").max_decimals(0));
        // While it is dragged the window would jump under the pointer.
        if response.drag_stopped() || response.lost_focus() || (response.changed() && !response.dragged()) {
            settings.ui_scale = percent / 100.0;
        }
        response
    });
}
