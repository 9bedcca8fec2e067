//! A plot's frame, grid and marks.

use super::drawing::{Anchor, Drawing, Stroke, Style};
use super::palette::{GRID, SOFT, heading, soft, text};
use crate::dsp::picture::axis::round_step;

/// Size of marks, CSS pixels.
const MARK_SIZE: f32 = 12.0;

/// Where a plot is, and what its edges mean.
#[derive(Clone, Copy, Debug)]
pub(super) struct Panel {
    pub left: f32,
    pub top: f32,
    pub width: f32,
    pub height: f32,
    /// Values at the left and right edge.
    pub x: (f64, f64),
    /// Values at the lower and upper edge.
    pub y: (f64, f64),
}

/// What stands about a plot.
pub(super) struct Labels<'a> {
    pub title: &'a str,
    pub x: &'a str,
    pub y: &'a str,
}

impl Panel {
    pub fn right(&self) -> f32 {
        self.left + self.width
    }

    pub fn bottom(&self) -> f32 {
        self.top + self.height
    }

    /// The place of a value. What lies outside stands at the edge.
    pub fn at(&self, x: f64, y: f64) -> (f32, f32) {
        let share = |value: f64, (low, high): (f64, f64)| ((value - low) / (high - low)).clamp(0.0, 1.0) as f32;
        (self.left + self.width * share(x, self.x), self.bottom() - self.height * share(y, self.y))
    }

    /// Draws title, frame, names of the axes and level grid lines with their marks; `unit` follows each mark.
    pub fn frame(&self, drawing: &mut Drawing, labels: &Labels<'_>, unit: &str) {
        drawing.text(labels.title, (self.left, self.top - 16.0), heading(15.0, Anchor::Start));
        for value in marks(self.y, (self.height / 40.0) as usize) {
            let (x, y) = self.at(self.x.0, value);
            drawing.line(vec![(x, y), (self.right(), y)], Stroke::solid(GRID, 1.0));
            drawing.text(format!("{}{unit}", mark_text(value)), (x - 7.0, y), text(MARK_SIZE, Anchor::End));
        }
        let middle = self.top + self.height / 2.0;
        drawing.text(labels.y, (self.left - 52.0, middle), Style { upwards: true, ..soft(13.0, Anchor::Middle) });
        drawing.text(labels.x, (self.left + self.width / 2.0, self.bottom() + 38.0), soft(13.0, Anchor::Middle));
        let corner = (self.left, self.bottom());
        let frame = vec![(self.left, self.top), corner, (self.right(), self.bottom())];
        drawing.line(frame, Stroke::solid(SOFT, 1.2));
    }

    /// Draws marks of numbers along the lower edge.
    pub fn x_marks(&self, drawing: &mut Drawing, unit: &str) {
        for value in marks(self.x, (self.width / 70.0) as usize) {
            let (x, y) = self.at(value, self.y.0);
            drawing.line(vec![(x, y), (x, y + 4.0)], Stroke::solid(SOFT, 1.2));
            drawing.text(format!("{}{unit}", mark_text(value)), (x, y + 16.0), text(MARK_SIZE, Anchor::Middle));
        }
    }
}

/// Round values within a range, about `most` of them.
fn marks((low, high): (f64, f64), most: usize) -> Vec<f64> {
    let step = round_step((high - low) / most.max(1) as f64);
    let (first, last) = ((low / step - 1e-9).ceil() as i64, (high / step + 1e-9).floor() as i64);
    (first..=last).map(|n| n as f64 * step).collect()
}

/// As few decimals as say it.
fn mark_text(value: f64) -> String {
    format!("{}", (value * 1e6).round() / 1e6)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_round_and_within() {
        let texts = |range, most| marks(range, most).into_iter().map(mark_text).collect::<Vec<_>>();
        assert_eq!(texts((0.0, 1.0), 5), ["0", "0.2", "0.4", "0.6", "0.8", "1"]);
        assert_eq!(texts((1.0, 500.0), 6), ["100", "200", "300", "400", "500"]);
        assert_eq!(texts((0.0, 0.3), 3), ["0", "0.1", "0.2", "0.3"]);
    }

    #[test]
    fn what_lies_outside_stands_at_the_edge() {
        let panel = Panel { left: 10.0, top: 20.0, width: 100.0, height: 50.0, x: (0.0, 10.0), y: (0.0, 1.0) };
        assert_eq!(panel.at(5.0, 0.5), (60.0, 45.0));
        assert_eq!(panel.at(20.0, 7.0), (110.0, 20.0));
    }
}
