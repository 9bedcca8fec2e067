//! Where the levels of a picture lie.

use super::axis::FrequencyAxis;

/// A piece of mono sound. Outside of it there is silence.
#[derive(Clone, Copy, Debug)]
pub struct Sound<'a> {
    /// Samples, nominally -1 to 1.
    pub samples: &'a [f32],
    /// The place of the first one, counted in samples from the song's start.
    pub first: i64,
}

/// Neighbouring columns of equal width.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Columns {
    /// Where the first column begins, seconds from the song's start.
    pub start_secs: f64,
    /// Width of a column, seconds.
    pub step_secs: f64,
    /// How many.
    pub count: usize,
}

/// Neighbouring rows of equal height on a frequency axis, the lowest frequency first.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rows {
    /// The axis.
    pub axis: FrequencyAxis,
    /// Where the first row begins, 0..1 along the axis.
    pub from: f32,
    /// Where the last row ends, 0..1 along the axis.
    pub to: f32,
    /// How many.
    pub count: usize,
}

impl Rows {
    /// Rows over the whole axis.
    pub fn whole(axis: FrequencyAxis, count: usize) -> Self {
        Self { axis, from: 0.0, to: 1.0, count }
    }

    /// The frequency at an edge between rows: 0 is the lower edge of the first row, `count` the upper edge of the last.
    pub fn edge_hz(&self, edge: f32) -> f32 {
        self.axis.hz(self.from + (self.to - self.from) * edge / self.count.max(1) as f32)
    }

    /// The frequency in the middle of a row.
    pub fn centre_hz(&self, row: usize) -> f32 {
        self.edge_hz(row as f32 + 0.5)
    }
}
