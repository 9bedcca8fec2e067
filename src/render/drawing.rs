//! A figure as shapes, the same for every kind of file.

/// Red, green, blue: sRGB, 8 bits each.
pub type Rgb = [u8; 3];

/// Where a text stands about its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Anchor {
    /// It begins there.
    Start,
    /// Its middle is there.
    Middle,
    /// It ends there.
    End,
}

/// How a line is drawn.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stroke {
    /// Its colour.
    pub colour: Rgb,
    /// 0..1.
    pub opacity: f32,
    /// Its thickness.
    pub width: f32,
    /// Lengths of a dash and of the gap behind it; none: it is solid.
    pub dash: Option<(f32, f32)>,
}

impl Stroke {
    /// A solid line.
    pub fn solid(colour: Rgb, width: f32) -> Self {
        Self { colour, opacity: 1.0, width, dash: None }
    }
}

/// How a text is drawn.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Style {
    /// Height of a line.
    pub size: f32,
    /// Its colour.
    pub colour: Rgb,
    /// Semibold instead of regular.
    pub bold: bool,
    /// Where it stands about its place.
    pub anchor: Anchor,
    /// Written upwards.
    pub upwards: bool,
}

/// Something drawn. Lengths are CSS pixels, x to the right, y down.
#[derive(Clone, Debug, PartialEq)]
pub enum Shape {
    /// A filled rectangle.
    Rect {
        /// Left edge.
        x: f32,
        /// Upper edge.
        y: f32,
        /// Width.
        width: f32,
        /// Height.
        height: f32,
        /// Its colour.
        fill: Rgb,
    },
    /// Points joined by straight lines.
    Line {
        /// The points.
        points: Vec<(f32, f32)>,
        /// How it is drawn.
        stroke: Stroke,
    },
    /// A disc with a rim.
    Disc {
        /// Its middle.
        at: (f32, f32),
        /// Its radius.
        radius: f32,
        /// Its colour.
        fill: Rgb,
        /// The colour of its rim.
        rim: Rgb,
    },
    /// A line of text; the middle of its capitals stands at the place.
    Text {
        /// What it says.
        text: String,
        /// Its place.
        at: (f32, f32),
        /// How it is drawn.
        style: Style,
    },
}

/// A figure.
#[derive(Clone, Debug, PartialEq)]
pub struct Drawing {
    /// CSS pixels.
    pub width: f32,
    /// CSS pixels.
    pub height: f32,
    /// What it shows in a sentence, for people who do not see it.
    pub title: String,
    /// What is drawn, the lowest first.
    pub shapes: Vec<Shape>,
}

impl Drawing {
    /// An empty white sheet.
    pub fn new(title: impl Into<String>, width: f32, height: f32) -> Self {
        // Whole pixels, so that the paper covers the last of them.
        let (width, height) = (width.ceil(), height.ceil());
        let paper = Shape::Rect { x: 0.0, y: 0.0, width, height, fill: [255; 3] };
        Self { width, height, title: title.into(), shapes: vec![paper] }
    }

    /// Adds a filled rectangle.
    pub fn rect(&mut self, x: f32, y: f32, width: f32, height: f32, fill: Rgb) {
        self.shapes.push(Shape::Rect { x, y, width, height, fill });
    }

    /// Adds a line; nothing of fewer than two points.
    pub fn line(&mut self, points: Vec<(f32, f32)>, stroke: Stroke) {
        if points.len() > 1 {
            self.shapes.push(Shape::Line { points, stroke });
        }
    }

    /// Adds a disc.
    pub fn disc(&mut self, at: (f32, f32), radius: f32, fill: Rgb, rim: Rgb) {
        self.shapes.push(Shape::Disc { at, radius, fill, rim });
    }

    /// Adds a line of text; nothing where there is none.
    pub fn text(&mut self, text: impl Into<String>, at: (f32, f32), style: Style) {
        // Control characters may not stand in an SVG.
        let text: String = text.into().chars().filter(|c| !c.is_control()).collect();
        if !text.is_empty() {
            self.shapes.push(Shape::Text { text, at, style });
        }
    }
}
