//! Drawings as SVG.

use std::fmt::Write as _;

use super::drawing::{Anchor, Drawing, Rgb, Shape, Stroke};
use super::glyphs::HALF_CAPITAL;

impl Drawing {
    /// The drawing as a document. Text stays text, so that it can be found and edited.
    pub fn svg(&self) -> String {
        let mut out = String::new();
        // Writing into a string cannot fail.
        write(self, &mut out).ok();
        out
    }
}

fn write(drawing: &Drawing, out: &mut String) -> std::fmt::Result {
    let (width, height) = (Number(drawing.width), Number(drawing.height));
    writeln!(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" \
         role=\"img\" font-family=\"'Noto Sans', 'DejaVu Sans', Arial, sans-serif\">"
    )?;
    writeln!(out, "<title>{}</title>", Escaped(&drawing.title))?;
    for shape in &drawing.shapes {
        write_shape(shape, out)?;
    }
    writeln!(out, "</svg>")
}

fn write_shape(shape: &Shape, out: &mut String) -> std::fmt::Result {
    match shape {
        Shape::Rect { x, y, width, height, fill } => {
            let (x, y, width, height) = (Number(*x), Number(*y), Number(*width), Number(*height));
            writeln!(out, "<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" fill=\"{}\"/>", Hex(*fill))
        }
        Shape::Line { points, stroke } => {
            write!(out, "<polyline points=\"")?;
            for (index, (x, y)) in points.iter().enumerate() {
                let gap = if index == 0 { "" } else { " " };
                write!(out, "{gap}{},{}", Number(*x), Number(*y))?;
            }
            write!(out, "\" fill=\"none\"")?;
            write_stroke(stroke, out)?;
            writeln!(out, "/>")
        }
        Shape::Disc { at, radius, fill, rim } => {
            let (x, y, radius) = (Number(at.0), Number(at.1), Number(*radius));
            writeln!(
                out,
                "<circle cx=\"{x}\" cy=\"{y}\" r=\"{radius}\" fill=\"{}\" stroke=\"{}\" stroke-width=\"1.2\"/>",
                Hex(*fill),
                Hex(*rim)
            )
        }
        Shape::Text { text, at, style } => {
            let (x, y) = (Number(at.0), Number(at.1));
            let anchor = match style.anchor {
                Anchor::Start => "start",
                Anchor::Middle => "middle",
                Anchor::End => "end",
            };
            let drop = HALF_CAPITAL * style.size;
            write!(out, "<text x=\"{x}\" y=\"{y}\" dy=\"{}\" font-size=\"{}\"", Number(drop), Number(style.size))?;
            write!(out, " text-anchor=\"{anchor}\" fill=\"{}\"", Hex(style.colour))?;
            if style.bold {
                write!(out, " font-weight=\"600\"")?;
            }
            if style.upwards {
                write!(out, " transform=\"rotate(-90 {x} {y})\"")?;
            }
            writeln!(out, ">{}</text>", Escaped(text))
        }
    }
}

fn write_stroke(stroke: &Stroke, out: &mut String) -> std::fmt::Result {
    write!(out, " stroke=\"{}\" stroke-width=\"{}\"", Hex(stroke.colour), Number(stroke.width))?;
    if stroke.opacity < 1.0 {
        write!(out, " stroke-opacity=\"{}\"", Number(stroke.opacity))?;
    }
    if let Some((dash, gap)) = stroke.dash {
        write!(out, " stroke-dasharray=\"{} {}\"", Number(dash), Number(gap))?;
    }
    write!(out, " stroke-linejoin=\"round\"")
}

/// A length with two decimals at most.
struct Number(f32);

impl std::fmt::Display for Number {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let value = if self.0.is_finite() { f64::from(self.0) } else { 0.0 };
        write!(f, "{}", (value * 100.0).round() / 100.0)
    }
}

struct Hex(Rgb);

impl std::fmt::Display for Hex {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let [red, green, blue] = self.0;
        write!(f, "#{red:02x}{green:02x}{blue:02x}")
    }
}

struct Escaped<'a>(&'a str);

impl std::fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for c in self.0.chars().filter(|c| !c.is_control()) {
            match c {
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '&' => f.write_str("&amp;")?,
                '"' => f.write_str("&quot;")?,
                c => f.write_char(c)?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::drawing::Style;
    use super::*;

    #[test]
    fn a_document_of_each_shape() {
        let mut drawing = Drawing::new("A & B", 100.0, 50.0);
        drawing.rect(1.0, 2.0, 3.25, 4.0, [255, 0, 16]);
        let dashed = Stroke { dash: Some((4.0, 2.0)), opacity: 0.5, ..Stroke::solid([0; 3], 1.5) };
        drawing.line(vec![(0.0, 0.0), (10.123, f32::NAN)], dashed);
        drawing.line(vec![(0.0, 0.0)], dashed);
        drawing.disc((5.0, 5.0), 2.0, [1, 2, 3], [255; 3]);
        let style = Style { size: 10.0, colour: [0; 3], bold: true, anchor: Anchor::End, upwards: true };
        drawing.text("<rock> & \"roll\"\u{7}", (9.0, 8.0), style);
        let svg = drawing.svg();
        for wanted in [
            "<title>A &amp; B</title>",
            "<rect x=\"1\" y=\"2\" width=\"3.25\" height=\"4\" fill=\"#ff0010\"/>",
            "points=\"0,0 10.12,0\"",
            "stroke-dasharray=\"4 2\"",
            "rotate(-90 9 8)\">&lt;rock&gt; &amp; &quot;roll&quot;</text>",
        ] {
            assert!(svg.contains(wanted), "{wanted} is not in\n{svg}");
        }
        assert_eq!(svg.matches("<polyline").count(), 1);
    }
}
