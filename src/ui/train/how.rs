//! How each network works, in plain words, and how good it is.

use eframe::egui::{Align, Context, Layout, RichText, Role, ScrollArea, Sense, Ui, WidgetInfo, vec2};

use crate::engine::training::shipped::shipped;
use crate::ml::eval::article::ARTICLE;
use crate::ml::model::config::{Architecture, Preset};
use crate::ml::runs::run_state::Separation;
use crate::state::jobs::count_of;
use crate::state::training::Training;
use crate::state::{Action, AppState, Overlay, TrainAction};
use crate::ui::icons::Icon;
use crate::ui::theme::{fonts, tokens};
use crate::ui::widgets::button;
use crate::ui::widgets::modal::modal;

use super::run_list::{interval, percent};
use super::setup::{drawing, network};

const WIDTH: f32 = 620.0;

/// Draws the explanation that is open.
pub fn how(ctx: &Context, state: &AppState, actions: &mut Vec<Action>) {
    let Some(Overlay::HowItWorks(architecture, preset)) = state.overlay else { return };
    let response = modal(ctx, "how a network works", |ui| {
        ui.set_width(WIDTH.min(ctx.content_rect().width() - 64.0));
        head(ui, architecture, preset, actions);
        ui.separator();
        let most = ctx.content_rect().height() - 200.0;
        ScrollArea::vertical().max_height(most).min_scrolled_height(most).show(ui, |ui| {
            let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), 72.0), Sense::hover());
            drawing::paint(ui.painter(), rect.shrink2(vec2(0.0, 4.0)), architecture, preset, tokens(ui));
            let [goes_in, layers, good_at] = paragraphs(architecture, preset);
            for (title, text) in [
                ("What goes in", goes_in),
                ("What the layers do", layers),
                ("What it is good and bad at", good_at),
                ("How good it is", &score(&state.training, architecture, preset)),
            ] {
                ui.add_space(6.0);
                ui.label(RichText::new(title).font(fonts::strong()));
                ui.label(RichText::new(text).color(tokens(ui).text_muted));
            }
        });
    });
    if response.should_close() {
        actions.push(Action::SetOverlay(None));
    }
}

/// The networks to choose from, and the button that closes.
fn head(ui: &mut Ui, architecture: Architecture, preset: Preset, actions: &mut Vec<Action>) {
    let mut explain = |architecture, preset| actions.push(Action::Train(TrainAction::Explain(architecture, preset)));
    let mut close = false;
    ui.horizontal(|ui| {
        ui.label(RichText::new(network::name(architecture)).font(fonts::heading()));
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            close = button::icon(ui, Icon::Close, 28.0, "Close", "Close (Esc)").clicked();
        });
    });
    ui.horizontal(|ui| {
        for other in Architecture::ALL {
            if radio(ui, network::name(other), other == architecture) {
                explain(other, preset);
            }
        }
        ui.separator();
        for (other, name) in [(Preset::Best, "Best"), (Preset::Article, "Article")] {
            if radio(ui, name, other == preset) {
                explain(architecture, other);
            }
        }
    });
    if close {
        actions.push(Action::SetOverlay(None));
    }
}

fn radio(ui: &mut Ui, name: &str, chosen: bool) -> bool {
    let response = ui.selectable_label(chosen, name).on_hover_text(format!("How {name} works"));
    // The cards behind have the same names.
    let spoken = format!("Explain {name}");
    response.widget_info(|| WidgetInfo::selected(Role::RadioButton, true, chosen, &spoken));
    response.clicked() && !chosen
}

/// What goes in, what the layers do, what it is good and bad at.
fn paragraphs(architecture: Architecture, preset: Preset) -> [&'static str; 3] {
    match (architecture, preset) {
        (Architecture::Cnn, Preset::Article) => [
            "A picture of half a minute of sound, as a person would plot it: time to the right, pitch upwards, loudness as \
             colour, margins included.",
            "Three layers of small filters slide over the picture, and each filter answers where it finds its pattern: at first \
             edges and stripes, then single tones and beats, then larger shapes. After each layer only the strongest of every \
             four answers is kept. A dense layer weighs the answers of all places at once, and the last one turns them into a \
             number for each genre.",
            "It is easy to understand. But nearly all of its numbers lie in the dense layer, which knows what was where in each \
             picture: it learns the training clips by heart. Watch shows it well, when the training accuracy goes on rising \
             and the validation accuracy does not.",
        ],
        (Architecture::Cnn, Preset::Best) => [
            "The spectrogram itself, without a plot around it: bands of pitch spaced as the ear hears them, some seconds at a \
             time, cut from another place of the clip each time.",
            "Blocks of small filters, each with more filters than the one before, and each halves the picture. Between them the \
             numbers are brought back to a common scale, so that learning goes fast. At the end only the mean of each filter's \
             answers and its strongest moment are kept: when something happens does not matter, only that it does. One last \
             layer turns this into genres.",
            "It is small, trains in minutes, and nothing in it was learnt elsewhere. It must find out from your clips alone what \
             a beat or a voice is, so it wants hundreds of them; the two others do better.",
        ],
        (Architecture::Mobilenet, Preset::Article) => [
            "The same plotted picture of half a minute of sound that the article's convolutions see.",
            "A MobileNetV2 that has learnt to tell things in photographs apart. Its layers stay as they are and turn each picture \
             into one list of numbers, once. Only the last layer learns: how these numbers speak for each genre.",
            "Once the numbers are there it trains in seconds, and it can learn little by heart. But what helps with photographs \
             was not made for sound, so it soon gets no better. It needs a file of weights that does not come with Timbre.",
        ],
        (Architecture::Mobilenet, Preset::Best) => [
            "The sound in patches of one second, and beside it the spectrogram grid, so that pictures without sound serve, too.",
            "MobileNets that have learnt to tell the sounds of two million video clips apart: speech, guitars, rain. Each gets a new \
             last layer for your genres. All layers go on learning, slowly, so that they do not forget what they know. The \
             opinions on many places of a clip are averaged.",
            "It knew voices and drums before it heard your first clip, so that a few dozen clips a genre take it far. It takes \
             longer to train than the small network, and its file is larger.",
        ],
        (Architecture::Multimodal, Preset::Article) => [
            "Two plotted pictures of the same clip: the spectrogram, and a wavelet picture, which is sharp in time for high notes \
             and sharp in pitch for low ones. (The article's own wavelet pictures were plots of the waveform; Timbre's are real \
             wavelet transforms.)",
            "Each picture goes through two layers of small filters and a dense layer of its own. Then a layer joins what both have \
             found, and the last one turns it into genres.",
            "The largest of the three by far, nearly all of it in its two dense layers: it learns by heart even faster than the \
             article's convolutions do, is slow, and wants much memory.",
        ],
        (Architecture::Multimodal, Preset::Best) => [
            "Several views of one clip: the spectrogram grid; what wavelets find in it, which is how fast and how regularly each \
             band swells and fades; the sound in patches of one second; and the tags that MusiCNN hears, such as guitar or slow.",
            "Each view has a network of its own, from small filters to pre-trained listeners, and each learns for itself, by its own \
             mistakes, so that none leans on the others. Their opinions are averaged; those that proved better count for more.",
            "Where one view errs, the others often do not, and a clip may lack a view (a picture without sound, say). It takes the \
             longest of the three. In Judge, what the network sees of a clip also shows what each view alone would have said.",
        ],
    }
}

/// What is known of how good it is: from the shipped model, the article, and the person's own runs.
fn score(training: &Training, architecture: Architecture, preset: Preset) -> String {
    let mut words = Vec::new();
    for model in shipped().iter().filter(|model| (model.architecture, model.preset) == (architecture, preset)) {
        let honest = if model.artists_apart { ", all of artists that it had not heard" } else { "" };
        words.push(format!(
            "The one that comes with Timbre has {} of {} right{honest} ({} is the 95 % interval; {}).",
            percent(model.accuracy),
            count_of(model.clips, "test clip", "test clips"),
            interval(model.interval),
            model.protocol
        ));
    }
    if preset == Preset::Article
        && let Some(article) = ARTICLE.iter().find(|result| result.architecture == architecture.name())
    {
        words.push(format!(
            "The article reports {} of {} test clips, with artists on both sides of the split, which flatters it.",
            percent(article.accuracy()),
            article.clips()
        ));
    }
    let own = training.runs.iter().flat_map(|runs| runs.iter()).filter(|run| {
        run.state.separation == Separation::Artists
            && (run.state.architecture.as_str(), run.state.preset.as_str()) == (architecture.name(), preset.name())
    });
    let scored = own.filter_map(|run| Some((run, run.score.as_ref()?)));
    if let Some((run, score)) = scored.max_by(|a, b| a.1.accuracy.total_cmp(&b.1.accuracy)) {
        words.push(format!(
            "Your best run that kept artists apart, “{}”, has {} of {} right ({}).",
            run.state.name,
            percent(score.accuracy),
            count_of(score.clips, "test clip", "test clips"),
            interval(score.interval)
        ));
    }
    words.join(" ")
}
