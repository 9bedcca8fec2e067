//! Which genres are taken for which.

use super::drawing::{Anchor, Drawing, Rgb, Stroke, Style};
use super::glyphs::{fitted, width};
use super::palette::{self, INK, heading, soft, text};
use crate::base::genre::display_name;
use crate::ml::eval::Judgement;

/// What stands in the cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cells {
    /// Numbers of clips.
    Counts,
    /// Per cent of the row: where the clips of a genre went.
    Percent,
}

const CELL: f32 = 52.0;
const LABEL: f32 = 13.0;

/// Rows are true genres, columns decisions; the darker a cell, the larger its share of the row. Recall stands behind each
/// row, precision below each column.
pub fn confusion(name: &str, found: &Judgement, cells: Cells) -> Drawing {
    let labels: Vec<String> =
        found.classes.iter().map(|label| fitted(&display_name(label), LABEL, false, 130.0)).collect();
    let longest = labels.iter().map(|label| width(label, LABEL, false)).fold(0.0, f32::max);
    let (left, top) = (longest + 66.0, longest + 98.0);
    let size = CELL * labels.len() as f32;
    let mut drawing = Drawing::new(format!("Confusion matrix of {name}"), left + size + 96.0, top + size + 76.0);
    let (low, high) = (found.interval.0 * 100.0, found.interval.1 * 100.0);
    let sheet = drawing.width - 40.0;
    drawing.text(fitted(name, 15.0, true, sheet), (20.0, 22.0), heading(15.0, Anchor::Start));
    let score =
        format!("{:.1} % of {} clips right (95 %: {low:.1} to {high:.1} %)", found.accuracy * 100.0, found.clips);
    drawing.text(fitted(&score, LABEL, false, sheet), (20.0, 44.0), soft(LABEL, Anchor::Start));

    for (row, shares) in found.confusion_normalised.iter().enumerate() {
        for (column, share) in shares.iter().enumerate() {
            let (x, y) = (left + CELL * column as f32, top + CELL * row as f32);
            let fill = shade(*share);
            drawing.rect(x, y, CELL, CELL, fill);
            let count = found.confusion[row][column];
            if count > 0 {
                let said = match cells {
                    Cells::Counts => count.to_string(),
                    Cells::Percent => format!("{:.0}", share * 100.0),
                };
                let colour = if dark(fill) { [255; 3] } else { INK };
                let style = Style { colour, bold: row == column, ..text(14.0, Anchor::Middle) };
                drawing.text(said, (x + CELL / 2.0, y + CELL / 2.0), style);
            }
        }
    }
    for line in 0..=labels.len() {
        let at = CELL * line as f32;
        let rule = Stroke::solid(palette::GRID, 1.0);
        drawing.line(vec![(left + at, top), (left + at, top + size)], rule);
        drawing.line(vec![(left, top + at), (left + size, top + at)], rule);
    }
    for (index, (label, class)) in labels.iter().zip(&found.per_class).enumerate() {
        let middle = CELL * (index as f32 + 0.5);
        let hue = palette::genre(&class.label);
        drawing.disc((left - 14.0, top + middle), 5.0, hue, hue);
        drawing.text(label.as_str(), (left - 26.0, top + middle), text(LABEL, Anchor::End));
        drawing.disc((left + middle, top - 14.0), 5.0, hue, hue);
        let upwards = Style { upwards: true, ..text(LABEL, Anchor::Start) };
        drawing.text(label.as_str(), (left + middle, top - 26.0), upwards);
        let percent = |share: f64| format!("{:.0} %", share * 100.0);
        drawing.text(percent(class.recall), (left + size + 12.0, top + middle), text(LABEL, Anchor::Start));
        drawing.text(percent(class.precision), (left + middle, top + size + 18.0), text(LABEL, Anchor::Middle));
    }
    drawing.text("recall", (left + size + 12.0, top - 14.0), soft(LABEL, Anchor::Start));
    drawing.text("precision", (left - 26.0, top + size + 18.0), soft(LABEL, Anchor::End));
    let unit = match cells {
        Cells::Counts => "clips",
        Cells::Percent => "per cent of the row",
    };
    drawing.text(
        format!("decision ({unit}; darker: a larger share of the row)"),
        (left + size / 2.0, top + size + 48.0),
        soft(LABEL, Anchor::Middle),
    );
    let upwards = Style { upwards: true, ..soft(LABEL, Anchor::Middle) };
    drawing.text("true genre", (18.0, top + size / 2.0), upwards);
    drawing
}

/// White for nothing to a deep blue: one hue, so that lightness alone says how much.
fn shade(share: f64) -> Rgb {
    if share <= 0.0 { [255; 3] } else { colorous::BLUES.eval_continuous(0.04 + 0.93 * share.min(1.0)).as_array() }
}

/// Whether white reads better on it than ink (WCAG 2.2, “contrast ratio”).
fn dark(fill: Rgb) -> bool {
    let fill = luminance(fill) + 0.05;
    1.05 / fill > fill / (luminance(INK) + 0.05)
}

/// Relative luminance, 0..1.
fn luminance(colour: Rgb) -> f32 {
    let [red, green, blue] = colour.map(|byte| {
        let value = f32::from(byte) / 255.0;
        if value <= 0.040_45 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
    });
    0.2126 * red + 0.7152 * green + 0.0722 * blue
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ml::eval::{Prediction, Temperature};

    #[test]
    fn counts_and_shares_stand_in_the_cells() {
        let labels: Vec<String> = ["blues", "my own <genre>"].map(String::from).into();
        let clip = |truth, logits: [f64; 2]| Prediction { clip: String::new(), truth, logits: logits.into(), part: 0 };
        let clips = [clip(0, [1.0, 0.0]), clip(0, [1.0, 0.0]), clip(0, [0.0, 1.0]), clip(1, [0.0, 1.0])];
        let found = Judgement::new("test", &labels, &clips, Temperature::Given(1.0)).unwrap();
        let counts = confusion("a run", &found, Cells::Counts).svg();
        assert!(
            counts.contains(">2</text>") && counts.contains("My own &lt;genre&gt;") && counts.contains("75.0 % of 4")
        );
        let percent = confusion("a run", &found, Cells::Percent).svg();
        assert!(percent.contains(">67</text>") && percent.contains(">33</text>") && percent.contains(">100</text>"));
        assert!(!percent.contains(">0</text>"), "nothing is said by saying nothing");
    }

    #[test]
    fn numbers_can_be_read_on_every_shade() {
        let mut before = 1000.0;
        for step in 0..=100 {
            let fill = shade(f64::from(step) / 100.0);
            let ink = if dark(fill) { [255; 3] } else { INK };
            let (low, high) = (luminance(fill).min(luminance(ink)), luminance(fill).max(luminance(ink)));
            assert!((high + 0.05) / (low + 0.05) > 3.5, "{step}: {fill:?}");
            let light = luminance(fill);
            assert!(light <= before, "more is darker");
            before = light;
        }
    }
}
