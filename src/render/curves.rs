//! Losses and accuracies of one or several runs over their epochs.

use std::collections::BTreeMap;

use super::drawing::{Anchor, Drawing, Rgb, Stroke};
use super::glyphs::{fitted, width};
use super::palette::{self, soft, text};
use super::panel::{Labels, Panel};
use crate::ml::train::history::{EpochRecord, best_epoch};

/// A run to be drawn.
#[derive(Clone, Debug)]
pub struct Curves<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its epochs, of all parts.
    pub history: &'a [EpochRecord],
}

const WIDTH: f32 = 1080.0;
const PLOT_HEIGHT: f32 = 300.0;
const ROW: f32 = 24.0;
const DASH: (f32, f32) = (5.0, 4.0);

/// Loss on the left, accuracy on the right; training dashed, validation solid, a dot at the best epoch. Of a run with
/// several parts each is drawn faintly and their mean over the epochs that all of them have strongly.
pub fn learning_curves(runs: &[Curves<'_>]) -> Drawing {
    let epochs = runs.iter().flat_map(|run| run.history).map(|record| record.epoch).max().unwrap_or(1);
    let top = loss_top(runs);
    let legend_top = 44.0 + PLOT_HEIGHT + 64.0;
    let names: Vec<&str> = runs.iter().map(|run| run.name).collect();
    let title = format!("Loss and accuracy over the epochs: {}", names.join(", "));
    let mut drawing = Drawing::new(title, WIDTH, legend_top + ROW * (runs.len() as f32 + 1.0) + 8.0);
    let range = (1.0, (epochs as f64).max(2.0));
    let panel = |left, high| Panel { left, top: 44.0, width: 440.0, height: PLOT_HEIGHT, x: range, y: (0.0, high) };
    let (loss, accuracy) = (panel(70.0, top), panel(610.0, 100.0));
    loss.frame(&mut drawing, &Labels { title: "Loss", x: "epoch", y: "cross-entropy, nats" }, "");
    accuracy.frame(&mut drawing, &Labels { title: "Accuracy", x: "epoch", y: "" }, " %");
    loss.x_marks(&mut drawing, "");
    accuracy.x_marks(&mut drawing, "");
    for (place, run) in runs.iter().enumerate() {
        let colour = palette::run(place);
        let percent = |share: f64| share * 100.0;
        draw_run(&mut drawing, &loss, run.history, colour, true, &|record| Some(record.train_loss));
        draw_run(&mut drawing, &loss, run.history, colour, false, &|record| record.valid_loss);
        draw_run(&mut drawing, &accuracy, run.history, colour, true, &|record| Some(percent(record.train_accuracy)));
        draw_run(&mut drawing, &accuracy, run.history, colour, false, &|record| record.valid_accuracy.map(percent));
    }
    // The dots lie above all lines.
    for (place, run) in runs.iter().enumerate() {
        for part in parts(run.history).values() {
            let Some(best) = best_epoch(part) else { continue };
            for (panel, value) in
                [(&loss, best.valid_loss), (&accuracy, best.valid_accuracy.map(|share| share * 100.0))]
            {
                if let Some(value) = value.filter(|value| value.is_finite()) {
                    drawing.disc(panel.at(best.epoch as f64, value), 4.5, palette::run(place), [255; 3]);
                }
            }
        }
    }
    legend(&mut drawing, runs, legend_top);
    drawing
}

/// The epochs of each part.
fn parts(history: &[EpochRecord]) -> BTreeMap<usize, Vec<EpochRecord>> {
    let mut parts: BTreeMap<usize, Vec<EpochRecord>> = BTreeMap::new();
    for record in history {
        parts.entry(record.part).or_default().push(record.clone());
    }
    parts
}

/// High enough for the curves, but not for a first epoch that went astray.
fn loss_top(runs: &[Curves<'_>]) -> f64 {
    let all = runs.iter().flat_map(|run| run.history);
    let mut losses: Vec<f64> = all
        .flat_map(|record| [Some(record.train_loss), record.valid_loss])
        .flatten()
        .filter(|loss| loss.is_finite())
        .collect();
    losses.sort_by(f64::total_cmp);
    let (Some(most), Some(usual)) = (losses.last(), losses.get(losses.len() * 95 / 100)) else { return 1.0 };
    (most.min(1.5 * usual) * 1.05).max(0.01)
}

fn draw_run(
    drawing: &mut Drawing,
    panel: &Panel,
    history: &[EpochRecord],
    colour: Rgb,
    training: bool,
    value: &dyn Fn(&EpochRecord) -> Option<f64>,
) {
    let dash = training.then_some(DASH);
    let parts = parts(history);
    let value = |record: &EpochRecord| value(record).filter(|value| value.is_finite());
    let single = parts.len() == 1;
    for part in parts.values() {
        let points = part.iter().filter_map(|record| Some(panel.at(record.epoch as f64, value(record)?))).collect();
        let stroke =
            if single { Stroke::solid(colour, 2.0) } else { Stroke { opacity: 0.3, ..Stroke::solid(colour, 1.0) } };
        drawing.line(points, Stroke { dash, ..stroke });
    }
    if single {
        return;
    }
    let mut sums: BTreeMap<usize, (f64, usize)> = BTreeMap::new();
    for (epoch, value) in history.iter().filter_map(|record| Some((record.epoch, value(record)?))) {
        let sum = sums.entry(epoch).or_default();
        *sum = (sum.0 + value, sum.1 + 1);
    }
    let whole = sums.into_iter().filter(|(_, (_, count))| *count == parts.len());
    let points = whole.map(|(epoch, (sum, count))| panel.at(epoch as f64, sum / count as f64)).collect();
    drawing.line(points, Stroke { dash, ..Stroke::solid(colour, 2.2) });
}

fn legend(drawing: &mut Drawing, runs: &[Curves<'_>], top: f32) {
    let grey = Stroke::solid(palette::SOFT, 2.0);
    let mut x = 70.0;
    for (label, dash) in [("training", Some(DASH)), ("validation", None)] {
        drawing.line(vec![(x, top), (x + 34.0, top)], Stroke { dash, ..grey });
        drawing.text(label, (x + 42.0, top), soft(13.0, Anchor::Start));
        x += 42.0 + width(label, 13.0, false) + 28.0;
    }
    drawing.disc((x + 5.0, top), 4.5, palette::SOFT, [255; 3]);
    drawing.text("best epoch on the validation clips", (x + 17.0, top), soft(13.0, Anchor::Start));
    for (place, run) in runs.iter().enumerate() {
        let y = top + ROW * (place as f32 + 1.0);
        drawing.line(vec![(70.0, y), (104.0, y)], Stroke::solid(palette::run(place), 3.0));
        let name = fitted(run.name, 13.0, false, 420.0);
        drawing.text(name, (112.0, y), text(13.0, Anchor::Start));
        drawing.text(best_text(run.history), (560.0, y), soft(13.0, Anchor::Start));
    }
}

/// Where each part was best, in words.
fn best_text(history: &[EpochRecord]) -> String {
    let best: Vec<EpochRecord> = parts(history).values().filter_map(|part| best_epoch(part).cloned()).collect();
    let scores: Vec<f64> = best.iter().filter_map(|record| record.valid_accuracy).collect();
    if scores.is_empty() {
        return "no validation clips".to_owned();
    }
    let mean = scores.iter().sum::<f64>() / scores.len() as f64 * 100.0;
    match best.as_slice() {
        [one] => format!("best at epoch {}: {mean:.1} % of the validation clips", one.epoch),
        several => format!("best of {} parts on average: {mean:.1} % of the validation clips", several.len()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::drawing::Shape;
    use super::*;

    fn record(part: usize, epoch: usize) -> EpochRecord {
        EpochRecord {
            part,
            epoch,
            train_loss: 2.0 / epoch as f64,
            train_accuracy: 0.5,
            valid_loss: Some(match epoch {
                1 => 500.0,
                30 => 1.5,
                _ => 2.0,
            }),
            valid_accuracy: Some(if epoch == 30 { 0.6 } else { 0.4 }),
            ..EpochRecord::default()
        }
    }

    fn lines(drawing: &Drawing, wanted: Rgb) -> usize {
        let of_run = |shape: &&Shape| matches!(shape, Shape::Line { stroke, .. } if stroke.colour == wanted);
        drawing.shapes.iter().filter(of_run).count()
    }

    #[test]
    fn a_run_has_four_lines_and_two_dots_and_folds_their_mean() {
        let single: Vec<EpochRecord> = (1..=40).map(|epoch| record(0, epoch)).collect();
        let folds: Vec<EpochRecord> =
            (0..3).flat_map(|part| (1..=30 + part).map(move |epoch| record(part, epoch))).collect();
        let runs = [Curves { name: "one", history: &single }, Curves { name: "folds", history: &folds }];
        let drawing = learning_curves(&runs);
        // One more each is the legend's.
        assert_eq!(lines(&drawing, palette::run(0)), 4 + 1);
        assert_eq!(lines(&drawing, palette::run(1)), 4 * (3 + 1) + 1);
        let dots = drawing.shapes.iter().filter(|shape| matches!(shape, Shape::Disc { .. })).count();
        assert_eq!(dots, 1 + 2 + 6);
        assert!(loss_top(&runs) < 4.0, "one astray epoch does not flatten all others");
        assert!(drawing.svg().contains("best at epoch 30: 60.0 %"));
        assert!(learning_curves(&[Curves { name: "empty", history: &[] }]).png(1.0).is_ok());
    }
}
