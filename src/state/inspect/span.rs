//! A visible stretch of an axis, zoomed and moved within limits.

/// From here to there; seconds for time, 0..1 for a place on a frequency axis.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Span {
    /// The lower end.
    pub from: f64,
    /// The upper end, above the lower one.
    pub to: f64,
}

impl Span {
    /// The whole of a frequency axis.
    pub const WHOLE: Self = Self { from: 0.0, to: 1.0 };

    /// From here to there; ends in the wrong order are turned.
    pub fn new(from: f64, to: f64) -> Self {
        Self { from: from.min(to), to: from.max(to) }
    }

    /// How long it is.
    pub fn len(self) -> f64 {
        self.to - self.from
    }

    /// Whether there is nothing in it.
    pub fn is_empty(self) -> bool {
        self.len() <= 0.0
    }

    /// The middle.
    pub fn centre(self) -> f64 {
        (self.from + self.to) / 2.0
    }

    /// Whether a place lies in it.
    pub fn contains(self, value: f64) -> bool {
        (self.from..=self.to).contains(&value)
    }

    /// Where a place lies, 0 at the lower end and 1 at the upper one.
    pub fn share(self, value: f64) -> f64 {
        if self.is_empty() { 0.0 } else { (value - self.from) / self.len() }
    }

    /// The place at a share.
    pub fn at(self, share: f64) -> f64 {
        self.from + self.len() * share
    }

    /// `factor` times as long, with `anchor` staying where it is; at least `least` long, inside `limits`.
    #[must_use]
    pub fn zoomed(self, factor: f64, anchor: f64, least: f64, limits: Self) -> Self {
        let len = (self.len() * factor).clamp(least.min(limits.len()), limits.len());
        let share = self.share(anchor).clamp(0.0, 1.0);
        let from = anchor.clamp(self.from, self.to) - share * len;
        Self { from, to: from + len }.inside(limits)
    }

    /// Moved, as far as the limits let it.
    #[must_use]
    pub fn moved(self, by: f64, limits: Self) -> Self {
        Self { from: self.from + by, to: self.to + by }.inside(limits)
    }

    /// The same length with its beginning elsewhere, inside the limits.
    #[must_use]
    pub fn begun_at(self, from: f64, limits: Self) -> Self {
        Self { from, to: from + self.len() }.inside(limits)
    }

    /// Pushed into the limits; cut only if it is longer than they are.
    #[must_use]
    pub fn inside(self, limits: Self) -> Self {
        let len = self.len().min(limits.len());
        let from = self.from.clamp(limits.from, (limits.to - len).max(limits.from));
        Self { from, to: from + len }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zooming_keeps_the_anchor_and_stays_inside() {
        let limits = Span::new(0.0, 100.0);
        let near = limits.zoomed(0.5, 20.0, 0.1, limits);
        assert_eq!(near, Span::new(10.0, 60.0));
        assert!((near.share(20.0) - limits.share(20.0)).abs() < 1e-12);
        assert_eq!(near.zoomed(10.0, 20.0, 0.1, limits), limits);
        let nearest = (0..60).fold(limits, |span, _| span.zoomed(0.5, 20.0, 0.1, limits));
        assert!((nearest.len() - 0.1).abs() < 1e-9 && nearest.contains(20.0), "{nearest:?}");
    }

    #[test]
    fn moving_stops_at_the_ends() {
        let limits = Span::new(0.0, 10.0);
        assert_eq!(Span::new(2.0, 4.0).moved(-5.0, limits), Span::new(0.0, 2.0));
        assert_eq!(Span::new(2.0, 4.0).moved(50.0, limits), Span::new(8.0, 10.0));
        assert_eq!(Span::new(-4.0, 40.0).inside(limits), limits);
    }
}
