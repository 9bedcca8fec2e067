//! Notes of equal temperament, A4 = 440 Hz.

const NAMES: [&str; 12] = ["C", "C♯", "D", "D♯", "E", "F", "F♯", "G", "G♯", "A", "A♯", "B"];

/// A note for an axis.
#[derive(Clone, Debug, PartialEq)]
pub struct NoteLine {
    /// Its frequency.
    pub hz: f32,
    /// Its name with the octave: "C4".
    pub name: String,
    /// Semitones above the C of its octave, 0 to 11.
    pub semitone: u8,
}

/// The nearest note and how far the frequency lies from it, in cents (-50 to 50): 445 Hz is ("A4", 20). `None` for what is
/// no frequency.
pub fn nearest_note(hz: f32) -> Option<(String, i32)> {
    if !(hz.is_finite() && hz > 0.0) {
        return None;
    }
    let place = 69.0 + 12.0 * (hz / 440.0).log2();
    let nearest = place.round();
    Some((name(nearest as i32), ((place - nearest) * 100.0).round() as i32))
}

/// The notes inside a range of frequencies, rising; `octaves_only` leaves the Cs.
pub fn note_lines(low_hz: f32, high_hz: f32, octaves_only: bool) -> Vec<NoteLine> {
    if !(low_hz > 0.0 && high_hz.is_finite()) {
        return Vec::new();
    }
    let place = |hz: f32| 69.0 + 12.0 * (hz / 440.0).log2();
    let (first, last) = ((place(low_hz) - 1e-3).ceil() as i32, (place(high_hz) + 1e-3).floor() as i32);
    (first..=last)
        .filter(|number| !octaves_only || number.rem_euclid(12) == 0)
        .map(|number| NoteLine {
            hz: 440.0 * ((number - 69) as f32 / 12.0).exp2(),
            name: name(number),
            semitone: number.rem_euclid(12) as u8,
        })
        .collect()
}

/// The name of a MIDI note number.
fn name(number: i32) -> String {
    format!("{}{}", NAMES[number.rem_euclid(12) as usize], number.div_euclid(12) - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frequencies_name_their_notes() {
        let note = |hz| nearest_note(hz).unwrap();
        assert_eq!(note(440.0), ("A4".to_owned(), 0));
        assert_eq!(note(261.63), ("C4".to_owned(), 0));
        assert_eq!(note(445.0), ("A4".to_owned(), 20));
        assert_eq!(note(27.5), ("A0".to_owned(), 0));
        assert_eq!(note(8.0).0, "C-1");
        assert!([0.0, -3.0, f32::NAN, f32::INFINITY].into_iter().all(|hz| nearest_note(hz).is_none()));
    }

    #[test]
    fn lines_are_the_notes_inside() {
        let lines = note_lines(100.0, 1000.0, true);
        let names: Vec<_> = lines.iter().map(|line| line.name.as_str()).collect();
        assert_eq!(names, ["C3", "C4", "C5"]);
        assert!((lines[1].hz - 261.63).abs() < 0.01);
        let all = note_lines(440.0, 880.0, false);
        assert_eq!((all.len(), all[0].name.as_str(), all[12].name.as_str()), (13, "A4", "A5"));
        assert!(note_lines(-1.0, 5.0, false).is_empty());
    }
}
