//! Whether runs are right as often as they say.

use super::drawing::{Anchor, Drawing, Stroke};
use super::glyphs::fitted;
use super::palette::{self, heading, soft, text};
use super::panel::{Labels, Panel};
use crate::ml::eval::Judgement;

const SIDE: f32 = 400.0;
const ROW: f32 = 24.0;

/// Confidence against accuracy in groups of equally many clips: above the diagonal a run is too modest, below it too sure.
pub fn reliability(runs: &[(&str, &Judgement)]) -> Drawing {
    let names: Vec<&str> = runs.iter().map(|(name, _)| *name).collect();
    let legend = 48.0 + SIDE + 80.0;
    let title = format!("Reliability diagram: {}", names.join(", "));
    let mut drawing = Drawing::new(title, 120.0 + SIDE, legend + ROW * runs.len() as f32);
    let panel = Panel { left: 86.0, top: 48.0, width: SIDE, height: SIDE, x: (0.0, 100.0), y: (0.0, 100.0) };
    let labels = Labels {
        title: "Is it right as often as it says?",
        x: "says (mean probability of its decisions)",
        y: "is right",
    };
    panel.frame(&mut drawing, &labels, " %");
    panel.x_marks(&mut drawing, " %");
    let honest = Stroke { dash: Some((3.0, 4.0)), ..Stroke::solid(palette::SOFT, 1.4) };
    drawing.line(vec![panel.at(0.0, 0.0), panel.at(100.0, 100.0)], honest);
    drawing.text("too modest", panel.at(4.0, 95.0), soft(12.0, Anchor::Start));
    drawing.text("too sure", panel.at(96.0, 5.0), soft(12.0, Anchor::End));
    for (place, (name, found)) in runs.iter().enumerate() {
        let colour = palette::run(place);
        let bins = || found.reliability.iter().filter(|bin| bin.clips > 0);
        let points: Vec<(f32, f32)> =
            bins().map(|bin| panel.at(bin.confidence * 100.0, bin.accuracy * 100.0)).collect();
        drawing.line(points.clone(), Stroke { opacity: 0.55, ..Stroke::solid(colour, 1.5) });
        for point in points {
            drawing.disc(point, 4.5, colour, [255; 3]);
        }
        let y = legend + ROW * place as f32 - 8.0;
        drawing.disc((panel.left + 6.0, y), 4.5, colour, [255; 3]);
        drawing.text(
            format!("off by {:.1} %", found.ece * 100.0),
            (panel.left + 20.0, y),
            heading(13.0, Anchor::Start),
        );
        drawing.text(fitted(name, 13.0, false, SIDE - 130.0), (panel.left + 126.0, y), text(13.0, Anchor::Start));
    }
    drawing
}

#[cfg(test)]
mod tests {
    use super::super::drawing::Shape;
    use super::*;
    use crate::ml::eval::{Prediction, Temperature};

    #[test]
    fn a_dot_for_each_group_of_clips() {
        let labels: Vec<String> = ["a", "b"].map(String::from).into();
        let clips: Vec<Prediction> = (0..30)
            .map(|clip| Prediction {
                clip: clip.to_string(),
                truth: usize::from(clip % 3 == 0),
                logits: vec![f64::from(clip) / 10.0, 0.0],
                part: 0,
            })
            .collect();
        let found = Judgement::new("", &labels, &clips, Temperature::Given(1.0)).unwrap();
        let drawing = reliability(&[("one", &found)]);
        let dots = drawing.shapes.iter().filter(|shape| matches!(shape, Shape::Disc { .. })).count();
        assert_eq!(dots, 15 + 1);
        assert!(drawing.svg().contains(&format!("off by {:.1} %", found.ece * 100.0)));
    }
}
