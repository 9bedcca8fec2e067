//! Icons, drawn as lines and dots on a grid of 24: sharp at every scale, in every colour, in no font.

use eframe::egui::{Color32, Painter, Pos2, Rect, Shape, Stroke, epaint::PathShape, pos2};

/// The icons of the window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Icon {
    /// Records on a shelf.
    Library,
    /// A sound wave.
    Inspect,
    /// Sliders.
    Settings,
    /// A triangle.
    Play,
    /// Two bars.
    Pause,
    /// A square.
    Stop,
    /// Back to the song before.
    Previous,
    /// On to the song after.
    Next,
    /// A loudspeaker.
    Volume,
    /// A loudspeaker, crossed out.
    Muted,
    /// A magnifying glass.
    Search,
    /// A cross.
    Close,
    /// A plus.
    Plus,
    /// A folder.
    Folder,
    /// A pencil: a person decided.
    Pencil,
    /// A label: the file's own tag decided.
    Tag,
    /// Linked nodes: a network decided.
    Network,
    /// A triangle with an exclamation mark.
    Warning,
    /// A tick.
    Check,
    /// An arrow out of a tray.
    Export,
    /// An arrow in a circle.
    Rescan,
    /// A note.
    Note,
    /// A list with a note.
    Playlist,
    /// A circle half full: undecided.
    Unsure,
    /// A circle of dashes: not heard yet.
    NotHeard,
    /// A record.
    Disc,
    /// A triangle upwards.
    Up,
    /// A triangle downwards.
    Down,
    /// A keyboard.
    Keys,
    /// Information.
    Info,
    /// Arrows that run round.
    Repeat,
    /// The same, with a one.
    RepeatOne,
    /// Arrows that cross.
    Shuffle,
    /// Lines of a list, crossed out.
    Clear,
}

/// One stroke or fill of an icon, in units of the grid.
enum Part {
    Line(&'static [(f32, f32)]),
    Closed(&'static [(f32, f32)]),
    /// Filled, convex.
    Fill(&'static [(f32, f32)]),
    Circle(f32, f32, f32),
    Dot(f32, f32, f32),
    /// Centre, radius, from and to in degrees, clockwise from the right.
    Arc(f32, f32, f32, f32, f32),
}

fn parts(icon: Icon) -> &'static [Part] {
    use Part::{Arc, Circle, Closed, Dot, Fill, Line};
    const BOX: Part = Fill(&[(3.5, 9.5), (7.5, 9.5), (7.5, 14.5), (3.5, 14.5)]);
    const CONE: Part = Fill(&[(7.0, 9.5), (12.0, 5.5), (12.0, 18.5), (7.0, 14.5)]);
    match icon {
        Icon::Library => {
            &[Line(&[(5.0, 4.0), (5.0, 20.0)]), Line(&[(10.0, 4.0), (10.0, 20.0)]), Line(&[(14.5, 4.5), (19.5, 19.5)])]
        }
        Icon::Inspect => &[
            Line(&[(3.5, 10.5), (3.5, 13.5)]),
            Line(&[(7.75, 7.0), (7.75, 17.0)]),
            Line(&[(12.0, 3.5), (12.0, 20.5)]),
            Line(&[(16.25, 8.0), (16.25, 16.0)]),
            Line(&[(20.5, 10.5), (20.5, 13.5)]),
        ],
        Icon::Settings => &[
            Line(&[(3.5, 7.5), (6.5, 7.5)]),
            Circle(9.0, 7.5, 2.5),
            Line(&[(11.5, 7.5), (20.5, 7.5)]),
            Line(&[(3.5, 16.5), (12.5, 16.5)]),
            Circle(15.0, 16.5, 2.5),
            Line(&[(17.5, 16.5), (20.5, 16.5)]),
        ],
        Icon::Play => &[Fill(&[(8.0, 4.8), (19.5, 12.0), (8.0, 19.2)])],
        Icon::Pause => &[
            Fill(&[(7.0, 5.0), (10.5, 5.0), (10.5, 19.0), (7.0, 19.0)]),
            Fill(&[(13.5, 5.0), (17.0, 5.0), (17.0, 19.0), (13.5, 19.0)]),
        ],
        Icon::Stop => &[Fill(&[(6.5, 6.5), (17.5, 6.5), (17.5, 17.5), (6.5, 17.5)])],
        Icon::Previous => &[
            Fill(&[(18.0, 6.0), (18.0, 18.0), (8.5, 12.0)]),
            Fill(&[(5.5, 6.0), (7.5, 6.0), (7.5, 18.0), (5.5, 18.0)]),
        ],
        Icon::Next => &[
            Fill(&[(6.0, 6.0), (15.5, 12.0), (6.0, 18.0)]),
            Fill(&[(16.5, 6.0), (18.5, 6.0), (18.5, 18.0), (16.5, 18.0)]),
        ],
        Icon::Volume => &[BOX, CONE, Arc(12.5, 12.0, 3.8, -45.0, 45.0), Arc(12.5, 12.0, 7.5, -48.0, 48.0)],
        Icon::Muted => &[BOX, CONE, Line(&[(15.5, 9.0), (21.0, 15.0)]), Line(&[(21.0, 9.0), (15.5, 15.0)])],
        Icon::Search => &[Circle(10.5, 10.5, 6.0), Line(&[(15.0, 15.0), (20.0, 20.0)])],
        Icon::Close => &[Line(&[(6.5, 6.5), (17.5, 17.5)]), Line(&[(17.5, 6.5), (6.5, 17.5)])],
        Icon::Plus => &[Line(&[(12.0, 5.0), (12.0, 19.0)]), Line(&[(5.0, 12.0), (19.0, 12.0)])],
        Icon::Folder => &[Closed(&[(3.0, 6.0), (9.0, 6.0), (11.2, 8.5), (21.0, 8.5), (21.0, 18.5), (3.0, 18.5)])],
        Icon::Pencil => &[
            Closed(&[(4.0, 20.0), (5.0, 15.5), (16.0, 4.5), (19.5, 8.0), (8.5, 19.0)]),
            Line(&[(13.5, 7.0), (17.0, 10.5)]),
        ],
        Icon::Tag => &[Closed(&[(4.0, 4.0), (11.5, 4.0), (20.0, 12.5), (12.5, 20.0), (4.0, 11.5)]), Dot(8.2, 8.2, 1.4)],
        Icon::Network => &[
            Circle(6.0, 6.0, 2.3),
            Circle(6.0, 18.0, 2.3),
            Circle(18.0, 12.0, 2.3),
            Line(&[(8.1, 7.1), (15.9, 10.9)]),
            Line(&[(8.1, 16.9), (15.9, 13.1)]),
        ],
        Icon::Warning => &[
            Closed(&[(12.0, 4.0), (21.0, 19.5), (3.0, 19.5)]),
            Line(&[(12.0, 10.0), (12.0, 14.2)]),
            Dot(12.0, 16.8, 1.0),
        ],
        Icon::Check => &[Line(&[(5.0, 12.5), (10.0, 17.5), (19.5, 7.0)])],
        Icon::Export => &[
            Line(&[(12.0, 15.0), (12.0, 4.0)]),
            Line(&[(7.8, 8.2), (12.0, 4.0), (16.2, 8.2)]),
            Line(&[(4.0, 14.5), (4.0, 20.0), (20.0, 20.0), (20.0, 14.5)]),
        ],
        Icon::Rescan => &[Arc(12.0, 12.0, 7.5, -20.0, 250.0), Line(&[(20.2, 3.8), (19.2, 9.4), (13.6, 8.6)])],
        Icon::Note => {
            &[Line(&[(9.0, 17.5), (9.0, 6.0), (19.0, 4.0), (19.0, 15.5)]), Dot(6.9, 17.6, 2.6), Dot(16.9, 15.6, 2.6)]
        }
        Icon::Playlist => &[
            Line(&[(3.5, 6.5), (14.0, 6.5)]),
            Line(&[(3.5, 11.5), (12.0, 11.5)]),
            Line(&[(3.5, 16.5), (9.0, 16.5)]),
            Line(&[(18.0, 17.5), (18.0, 7.5), (21.0, 9.0)]),
            Dot(15.9, 17.6, 2.4),
        ],
        Icon::Unsure => &[
            Circle(12.0, 12.0, 8.0),
            Arc(12.0, 9.8, 2.6, 180.0, 400.0),
            Line(&[(13.9, 11.5), (12.0, 13.6)]),
            Dot(12.0, 16.4, 1.0),
        ],
        Icon::NotHeard => &[
            Arc(12.0, 12.0, 8.0, 0.0, 45.0),
            Arc(12.0, 12.0, 8.0, 90.0, 135.0),
            Arc(12.0, 12.0, 8.0, 180.0, 225.0),
            Arc(12.0, 12.0, 8.0, 270.0, 315.0),
        ],
        Icon::Disc => &[Circle(12.0, 12.0, 9.0), Circle(12.0, 12.0, 3.0), Arc(12.0, 12.0, 6.0, 200.0, 260.0)],
        Icon::Up => &[Line(&[(7.0, 14.5), (12.0, 9.5), (17.0, 14.5)])],
        Icon::Down => &[Line(&[(7.0, 9.5), (12.0, 14.5), (17.0, 9.5)])],
        Icon::Keys => &[
            Closed(&[(3.0, 6.5), (21.0, 6.5), (21.0, 17.5), (3.0, 17.5)]),
            Dot(7.0, 10.3, 1.0),
            Dot(12.0, 10.3, 1.0),
            Dot(17.0, 10.3, 1.0),
            Line(&[(8.0, 14.0), (16.0, 14.0)]),
        ],
        Icon::Repeat => &[
            Line(&[(4.0, 12.0), (4.0, 8.0), (19.0, 8.0)]),
            Line(&[(16.0, 5.0), (19.5, 8.0), (16.0, 11.0)]),
            Line(&[(20.0, 12.0), (20.0, 16.0), (5.0, 16.0)]),
            Line(&[(8.0, 13.0), (4.5, 16.0), (8.0, 19.0)]),
        ],
        Icon::RepeatOne => &[
            Line(&[(4.0, 12.0), (4.0, 7.0), (19.0, 7.0)]),
            Line(&[(16.0, 4.0), (19.5, 7.0), (16.0, 10.0)]),
            Line(&[(20.0, 12.0), (20.0, 17.0), (5.0, 17.0)]),
            Line(&[(8.0, 14.0), (4.5, 17.0), (8.0, 20.0)]),
            Line(&[(11.0, 10.8), (12.4, 9.8), (12.4, 14.4)]),
        ],
        Icon::Shuffle => &[
            Line(&[(3.5, 7.0), (7.5, 7.0), (15.0, 17.0), (20.0, 17.0)]),
            Line(&[(3.5, 17.0), (7.5, 17.0), (9.8, 14.0)]),
            Line(&[(12.6, 10.2), (15.0, 7.0), (20.0, 7.0)]),
            Line(&[(17.0, 4.0), (20.3, 7.0), (17.0, 10.0)]),
            Line(&[(17.0, 14.0), (20.3, 17.0), (17.0, 20.0)]),
        ],
        Icon::Clear => &[
            Line(&[(3.5, 6.5), (18.0, 6.5)]),
            Line(&[(3.5, 12.0), (11.0, 12.0)]),
            Line(&[(3.5, 17.5), (9.0, 17.5)]),
            Line(&[(13.5, 12.5), (20.0, 19.0)]),
            Line(&[(20.0, 12.5), (13.5, 19.0)]),
        ],
        Icon::Info => &[Circle(12.0, 12.0, 8.5), Line(&[(12.0, 11.0), (12.0, 16.2)]), Dot(12.0, 8.0, 1.1)],
    }
}

/// Draws an icon into the largest square in the middle of `rect`.
pub fn paint(painter: &Painter, icon: Icon, rect: Rect, color: Color32) {
    let side = rect.width().min(rect.height());
    let unit = side / 24.0;
    let origin = rect.center() - eframe::egui::Vec2::splat(side / 2.0);
    let at = |x: f32, y: f32| pos2(origin.x + x * unit, origin.y + y * unit);
    let stroke = Stroke::new((side / 13.0).clamp(1.0, 2.0), color);
    let points = |list: &[(f32, f32)]| -> Vec<Pos2> { list.iter().map(|(x, y)| at(*x, *y)).collect() };
    for part in parts(icon) {
        painter.add(match part {
            Part::Line(list) => Shape::line(points(list), stroke),
            Part::Closed(list) => Shape::closed_line(points(list), stroke),
            Part::Fill(list) => Shape::Path(PathShape::convex_polygon(points(list), color, Stroke::NONE)),
            Part::Circle(x, y, radius) => Shape::circle_stroke(at(*x, *y), radius * unit, stroke),
            Part::Dot(x, y, radius) => Shape::circle_filled(at(*x, *y), radius * unit, color),
            Part::Arc(x, y, radius, from_deg, to_deg) => {
                let steps = 20;
                let curve = (0..=steps)
                    .map(|step| {
                        let angle = (from_deg + (to_deg - from_deg) * step as f32 / steps as f32).to_radians();
                        at(x + radius * angle.cos(), y + radius * angle.sin())
                    })
                    .collect();
                Shape::line(curve, stroke)
            }
        });
    }
}
