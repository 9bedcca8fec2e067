//! F1 of each genre for one or several runs.

use super::drawing::{Anchor, Drawing};
use super::glyphs::fitted;
use super::palette::{self, heading, soft, text};
use super::panel::{Labels, Panel};
use crate::base::genre::display_name;

/// A run to be drawn.
#[derive(Clone, Debug)]
pub struct Bars {
    /// Its name.
    pub name: String,
    /// Genres and their F1, 0..1.
    pub f1: Vec<(String, f64)>,
    /// Their mean, 0..1.
    pub mean: f64,
}

const TOP: f32 = 48.0;
const PLOT_HEIGHT: f32 = 300.0;
const ROW: f32 = 24.0;

/// A group of bars for each genre of any run, in the runs' order; the mean of the genres stands in the legend. With one run
/// the bars have the genres' hues.
pub fn f1_bars(runs: &[Bars]) -> Drawing {
    let mut genres: Vec<&String> = Vec::new();
    for (genre, _) in runs.iter().flat_map(|run| &run.f1) {
        if !genres.contains(&genre) {
            genres.push(genre);
        }
    }
    let bar = if runs.len() > 4 { 12.0 } else { 20.0 };
    let slot = (bar * runs.len() as f32 + 22.0).max(78.0);
    let width = slot * genres.len().max(1) as f32;
    let legend = TOP + PLOT_HEIGHT + 56.0;
    let names: Vec<&str> = runs.iter().map(|run| run.name.as_str()).collect();
    let title = format!("F1 of each genre: {}", names.join(", "));
    let mut drawing = Drawing::new(title, width + 100.0, legend + ROW * runs.len() as f32);
    let panel = Panel { left: 72.0, top: TOP, width, height: PLOT_HEIGHT, x: (0.0, 1.0), y: (0.0, 100.0) };
    panel.frame(&mut drawing, &Labels { title: "F1 of each genre", x: "", y: "" }, " %");
    for (place, genre) in genres.iter().enumerate() {
        let middle = panel.left + slot * (place as f32 + 0.5);
        for (index, run) in runs.iter().enumerate() {
            let Some((_, f1)) = run.f1.iter().find(|(name, _)| name == *genre) else { continue };
            let colour = if runs.len() == 1 { palette::genre(genre) } else { palette::run(index) };
            let x = middle + bar * (index as f32 - runs.len() as f32 / 2.0);
            let (_, y) = panel.at(0.0, f1 * 100.0);
            // A gap between neighbours tells them apart in grey too; a score of zero leaves a line.
            let height = (panel.bottom() - y).max(1.0);
            drawing.rect(x + 1.0, panel.bottom() - height, bar - 2.0, height, colour);
            if bar >= 20.0 {
                drawing.text(format!("{:.0}", f1 * 100.0), (x + bar / 2.0, y - 8.0), soft(10.5, Anchor::Middle));
            }
        }
        let label = fitted(&display_name(genre), 13.0, false, slot - 18.0);
        let half = super::glyphs::width(&label, 13.0, false) / 2.0;
        let hue = palette::genre(genre);
        drawing.disc((middle - half - 4.0, panel.bottom() + 18.0), 4.5, hue, hue);
        drawing.text(label, (middle - half + 6.0, panel.bottom() + 18.0), text(13.0, Anchor::Start));
    }
    for (index, run) in runs.iter().enumerate() {
        let y = legend + ROW * index as f32 - 8.0;
        if runs.len() > 1 {
            drawing.rect(panel.left, y - 6.0, 12.0, 12.0, palette::run(index));
        }
        let mean = format!("mean {:.1} %", run.mean * 100.0);
        drawing.text(mean, (panel.left + 22.0, y), heading(13.0, Anchor::Start));
        let name = fitted(&run.name, 13.0, false, width - 140.0);
        drawing.text(name, (panel.left + 122.0, y), text(13.0, Anchor::Start));
    }
    drawing
}

#[cfg(test)]
mod tests {
    use super::super::drawing::Shape;
    use super::*;

    #[test]
    fn each_run_has_a_bar_for_each_of_its_genres() {
        let bars = |name: &str, f1: &[(&str, f64)]| Bars {
            name: name.to_owned(),
            f1: f1.iter().map(|(genre, f1)| ((*genre).to_owned(), *f1)).collect(),
            mean: 0.5,
        };
        let drawing =
            f1_bars(&[bars("a", &[("blues", 0.5), ("rock", 0.0)]), bars("b", &[("blues", 1.0), ("ska", 0.2)])]);
        let heights = |colour| {
            let bar = |shape: &Shape| match shape {
                Shape::Rect { height, fill, width, .. } if *fill == colour && *width > 12.5 => Some(*height),
                _ => None,
            };
            drawing.shapes.iter().filter_map(bar).collect::<Vec<_>>()
        };
        assert_eq!(heights(palette::run(0)), [150.0, 1.0]);
        assert_eq!(heights(palette::run(1)), [300.0, 60.0]);
        assert!(drawing.svg().contains("Ska") && f1_bars(&[]).png(1.0).is_ok());
        let single = f1_bars(&[bars("a", &[("blues", 0.5)])]);
        let hue = palette::genre("blues");
        assert!(single.shapes.iter().any(|shape| matches!(shape, Shape::Rect { fill, .. } if *fill == hue)));
    }
}
