//! Every value of a training, each with a sentence and what is wrong with it.

use eframe::egui::{Checkbox, ComboBox, DragValue, Response, Ui, emath::Numeric, vec2};

use crate::ml::dataset::protocol::Protocol;
use crate::ml::model::config::{Config, Schedule, Trouble};
use crate::state::training::DataPart;
use crate::state::training::setup::{Split, short};
use crate::state::{Action, TrainAction};
use crate::ui::train::form::{field, heading, note, warning};
use crate::ui::widgets::button::{self, Weight};

/// Draws the split, then the values.
pub fn values(ui: &mut Ui, config: &mut Config, actions: &mut Vec<Action>) {
    let troubles = config.troubles();
    split(ui, config, &troubles, actions);
    heading(ui, "Training");
    let mut form = Form::new(ui, &troubles);
    let t = &mut config.training;
    form.row(ui, |form, ui| {
        form.number(ui, "Epochs", "epochs", "How often every training clip is gone through.", &mut t.epochs, 1.0);
        form.number(ui, "Batch", "batch", "Examples that are averaged for one step of learning.", &mut t.batch, 1.0);
    });
    form.row(ui, |form, ui| {
        let help = "How far one step goes: too small learns slowly, too large does not settle.";
        form.add(ui, "Learning rate", "learning_rate", help, |ui| {
            let value = DragValue::new(&mut t.learning_rate).speed(1e-5).range(0.0..=10.0);
            ui.add(value.min_decimals(0).max_decimals(7).update_while_editing(false))
        });
        let help = "Whether the learning rate stays, or rises in the first tenth and then falls to zero.";
        form.add(ui, "Its course", "schedule", help, |ui| schedule(ui, &mut t.schedule));
    });
    form.row(ui, |form, ui| {
        let help = "Examples that are cut from each clip in an epoch, each from another place.";
        form.number(ui, "Examples a clip", "examples_per_clip", help, &mut t.examples_per_clip, 1.0);
        let help = "Places of a clip that are listened to when it is judged, at most; their opinions are averaged.";
        form.number(ui, "Windows a clip", "windows", help, &mut t.windows, 1.0);
    });
    form.row(ui, |form, ui| {
        let help = "Pulls all weights towards zero a little in each step, against learning by heart.";
        form.number(ui, "Weight decay", "weight_decay", help, &mut t.weight_decay, 0.001);
        let help = "The share of the answer that is spread over all genres, so that the network is never quite sure.";
        form.number(ui, "Label smoothing", "label_smoothing", help, &mut t.label_smoothing, 0.005);
    });
    form.row(ui, |form, ui| {
        let help = "1: every genre counts the same however few clips it has; 0: every clip counts the same.";
        form.number(ui, "Class balance", "class_balance", help, &mut t.class_balance, 0.01);
        let help = "Ends a part after this many epochs in which the validation loss has not fallen.";
        form.add(ui, "Patience", "patience", help, |ui| patience(ui, &mut t.patience));
    });
    form.row(ui, |form, ui| {
        let help = "Keeps the network of the epoch with the lowest validation loss instead of the last one.";
        form.add(ui, "Keep the best epoch", "keep_best", help, |ui| ui.add(Checkbox::new(&mut t.keep_best, "")));
        let help =
            "Trains once more on every clip at the end: that is the model to use; the parts tell how good it is.";
        let last = &mut config.final_model;
        form.add(ui, "Model of all clips", "final_model", help, |ui| ui.add(Checkbox::new(last, "")));
    });
    heading(ui, "Variety");
    note(ui, "Each example is changed a little each time, so that the network does not learn it by heart.");
    let a = &mut t.augmentation;
    form.row(ui, |form, ui| {
        let help = "How strongly two examples are mixed into one that is partly of both genres; 0 is off.";
        form.number(ui, "Mixup", "mixup", help, &mut a.mixup, 0.01);
        let help = "Louder or softer by at most this many decibels.";
        form.number(ui, "Gain (dB)", "gain_db", help, &mut a.gain_db, 0.1);
    });
    form.row(ui, |form, ui| {
        let help = "The largest share of the frequencies that is blanked.";
        form.number(ui, "Blanked bands", "mask_bands", help, &mut a.mask_bands, 0.005);
        let help = "The largest share of the time that is blanked.";
        form.number(ui, "Blanked time", "mask_time", help, &mut a.mask_time, 0.005);
    });
}

/// Two fields a row, each with its trouble.
struct Form<'a> {
    width: f32,
    troubles: &'a [Trouble],
}

impl<'a> Form<'a> {
    fn new(ui: &Ui, troubles: &'a [Trouble]) -> Self {
        Self { width: ((ui.available_width() - 24.0) / 2.0).min(360.0), troubles }
    }

    fn row(&mut self, ui: &mut Ui, fields: impl FnOnce(&mut Self, &mut Ui)) {
        ui.horizontal_top(|ui| {
            ui.spacing_mut().item_spacing = vec2(24.0, 4.0);
            fields(self, ui);
        });
    }

    fn add(&self, ui: &mut Ui, name: &str, key: &str, help: &str, control: impl FnOnce(&mut Ui) -> Response) {
        let trouble = self.troubles.iter().find(|trouble| trouble.field == key);
        ui.scope(|ui| {
            ui.spacing_mut().item_spacing = vec2(8.0, 4.0);
            field(ui, self.width, name, help, trouble.map(|trouble| trouble.reason.as_str()), control);
        });
    }

    fn number<N: Numeric>(&self, ui: &mut Ui, name: &str, key: &str, help: &str, value: &mut N, speed: f64) {
        // Any number can be typed: what cannot be is said below it instead of being changed in silence.
        self.add(ui, name, key, help, |ui| {
            let drag = DragValue::new(value).speed(speed).update_while_editing(false);
            ui.add(if N::INTEGRAL { drag } else { drag.max_decimals(4) })
        });
    }
}

fn schedule(ui: &mut Ui, schedule: &mut Schedule) -> Response {
    let name = |choice| match choice {
        Schedule::Constant => "Constant",
        Schedule::OneCycle => "One cycle",
    };
    ComboBox::from_id_salt("schedule")
        .width(110.0)
        .selected_text(name(*schedule))
        .show_ui(ui, |ui| {
            for choice in [Schedule::Constant, Schedule::OneCycle] {
                ui.selectable_value(schedule, choice, name(choice));
            }
        })
        .response
}

fn patience(ui: &mut Ui, patience: &mut Option<usize>) -> Response {
    let mut on = patience.is_some();
    let mut response = ui.add(Checkbox::new(&mut on, ""));
    if response.changed() {
        *patience = on.then_some(20);
    }
    if let Some(epochs) = patience {
        response |= ui.add(DragValue::new(epochs).suffix(" epochs").update_while_editing(false));
    }
    response
}

fn split(ui: &mut Ui, config: &mut Config, troubles: &[Trouble], actions: &mut Vec<Action>) {
    heading(ui, "Who trains, who judges");
    let mut form = Form::new(ui, troubles);
    let mut kind = Split::of(&config.protocol);
    form.row(ui, |form, ui| {
        let help = "Which clips the network learns from and which ones judge it.";
        form.add(ui, "Split", "protocol", help, |ui| {
            ComboBox::from_id_salt("split")
                .width(180.0)
                .selected_text(kind.name())
                .show_ui(ui, |ui| {
                    for choice in Split::ALL {
                        ui.selectable_value(&mut kind, choice, choice.name());
                    }
                })
                .response
        });
        if kind != Split::of(&config.protocol) {
            config.protocol = kind.protocol(&config.protocol);
        }
        match &mut config.protocol {
            Protocol::Folds { folds } | Protocol::ArtistFolds { folds } => {
                let help = "Every fold judges once what the others have trained: that many networks are trained.";
                form.number(ui, "Folds", "folds", help, folds, 0.1);
            }
            Protocol::Holdout { train_share } | Protocol::ArtistHoldout { train_share } => {
                let help = "The share of the clips that train; the rest judges.";
                form.add(ui, "Training share", "train_share", help, |ui| {
                    ui.add(DragValue::new(train_share).speed(0.005).range(0.01..=1.0).max_decimals(3))
                });
            }
            Protocol::Lists { .. } => {}
        }
    });
    form.row(ui, |form, ui| {
        let help = "The share of the training clips that tells the best epoch and how sure the network may be; they never judge.";
        form.number(ui, "Validation share", "valid_share", help, &mut config.valid_share, 0.005);
        let help = "Decides everything that chance decides: the same seed gives the same run.";
        form.number(ui, "Seed", "seed", help, &mut config.seed, 0.1);
    });
    if let Protocol::Lists { train, valid, test } = &mut config.protocol {
        let named = |path: &std::path::Path| if path.as_os_str().is_empty() { "none".into() } else { short(path) };
        let optional = |path: &Option<std::path::PathBuf>| path.as_deref().map_or_else(|| "none".to_owned(), short);
        ui.horizontal_wrapped(|ui| {
            for (label, shown, part) in [
                ("Training list…", named(train), DataPart::TrainList),
                ("Validation list…", optional(valid), DataPart::ValidList),
                ("Test list…", optional(test), DataPart::TestList),
            ] {
                let choose = button::text(ui, Weight::Normal, None, label, 28.0);
                if choose.on_hover_text("A text file with one clip a line").clicked() {
                    actions.push(Action::Train(TrainAction::Ask(part)));
                }
                note(ui, shown);
            }
        });
    }
    let words = config.protocol.describe();
    let sentence = format!("{}.", capital(&words));
    if matches!(kind, Split::Holdout | Split::Folds) {
        warning(ui, sentence);
    } else {
        note(ui, sentence);
    }
}

/// The same with a capital at the beginning.
fn capital(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map(|first| first.to_uppercase().collect::<String>() + letters.as_str()).unwrap_or_default()
}
