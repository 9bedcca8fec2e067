//! Which marks an axis gets.

use super::canvas::MINUS;
use crate::dsp::picture::axis::round_step;
use crate::dsp::picture::pitch::note_lines;
use crate::dsp::picture::{FrequencyScale, Rows};

/// A mark on an axis.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Mark {
    /// Its place, 0..1 along the axis.
    pub at: f32,
    pub label: String,
}

/// Steps that people count time in, seconds.
const TIME_STEPS_SECS: [f64; 26] = [
    0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 15.0, 30.0, 60.0, 120.0, 300.0,
    600.0, 900.0, 1800.0, 3600.0, 7200.0, 14_400.0, 28_800.0,
];

/// Marks of time, at most this many.
pub(super) fn time_marks(from_secs: f64, to_secs: f64, most: usize) -> Vec<Mark> {
    let span = to_secs - from_secs;
    let least = span / most.max(1) as f64;
    let Some(step) = TIME_STEPS_SECS.into_iter().find(|step| *step >= least) else { return Vec::new() };
    let (first, last) = ((from_secs / step).ceil() as i64, (to_secs / step + 1e-9).floor() as i64);
    (first..=last)
        .map(|n| {
            let secs = n as f64 * step;
            Mark { at: ((secs - from_secs) / span) as f32, label: time_text(secs, step) }
        })
        .collect()
}

/// `1:05`, `1:02:03`, or with as many decimals as the step needs.
fn time_text(secs: f64, step: f64) -> String {
    let decimals = (-step.log10()).ceil().max(0.0) as usize;
    // Rounded first, so that no second reads 60.
    let unit = 10f64.powi(decimals as i32);
    let secs = (secs * unit).round() / unit;
    let (hours, minutes, rest) = ((secs / 3600.0) as u64, (secs / 60.0) as u64 % 60, secs % 60.0);
    let width = if decimals > 0 { decimals + 3 } else { 2 };
    match hours {
        0 => format!("{minutes}:{rest:0width$.decimals$}"),
        _ => format!("{hours}:{minutes:02}:{rest:0width$.decimals$}"),
    }
}

/// Marks of frequency with no less than `gap` of the axis between them; round numbers come first.
pub(super) fn frequency_marks(rows: &Rows, gap: f32) -> Vec<Mark> {
    let (low, high) = (f64::from(rows.edge_hz(0.0)), f64::from(rows.edge_hz(rows.count as f32)));
    let mut candidates: Vec<f64> = Vec::new();
    if rows.axis.scale == FrequencyScale::Linear {
        let step = round_step((high - low) * f64::from(gap));
        candidates.extend(multiples(low, high, step));
    } else {
        // Decades first, then their fifth and second parts, then what is between.
        for digits in [&[1.0][..], &[5.0], &[2.0], &[3.0], &[7.0], &[4.0, 6.0, 8.0, 9.0]] {
            for exponent in 0..6 {
                candidates.extend(digits.iter().map(|digit| digit * 10f64.powi(exponent)));
            }
        }
        if high < 2.5 * low {
            candidates.extend(multiples(low, high, round_step((high - low) * f64::from(gap))));
        }
    }
    spread(candidates.into_iter().filter(|hz| (low..=high).contains(hz)).map(|hz| (hz as f32, hz_text(hz))), rows, gap)
}

/// Marks of notes: each C; other notes as well where few octaves are seen.
pub(super) fn note_marks(rows: &Rows, gap: f32) -> Vec<Mark> {
    let (low, high) = (rows.edge_hz(0.0), rows.edge_hz(rows.count as f32));
    let octaves = note_lines(low, high, true);
    let others = if octaves.len() <= 2 { note_lines(low, high, false) } else { Vec::new() };
    let white = others.into_iter().filter(|note| note.semitone != 0 && !note.name.contains('♯'));
    spread(octaves.into_iter().chain(white).map(|note| (note.hz, note.name)), rows, gap)
}

/// Marks of levels for a colour bar.
pub(super) fn level_marks(low: f32, high: f32, gap: f32, unit: &str) -> Vec<Mark> {
    let least = f64::from((high - low) * gap);
    // Angles have round numbers of their own.
    let step = if unit == "°" { if least <= 45.0 { 45.0 } else { 90.0 } } else { round_step(least) };
    multiples(f64::from(low), f64::from(high), step)
        .map(|level| {
            // Minus nought reads badly.
            let level = if level.abs() < 1e-9 { 0.0 } else { level };
            Mark {
                at: (level as f32 - low) / (high - low),
                label: format!("{level}{unit}").replace('-', &MINUS.to_string()),
            }
        })
        .collect()
}

/// Takes them in order of importance, each where there is room for it.
fn spread(candidates: impl Iterator<Item = (f32, String)>, rows: &Rows, gap: f32) -> Vec<Mark> {
    let mut marks: Vec<Mark> = Vec::new();
    for (hz, label) in candidates {
        let at = (rows.axis.position(hz) - rows.from) / (rows.to - rows.from);
        if (0.0..=1.0).contains(&at) && marks.iter().all(|mark| (mark.at - at).abs() >= gap) {
            marks.push(Mark { at, label });
        }
    }
    marks
}

fn multiples(low: f64, high: f64, step: f64) -> impl Iterator<Item = f64> {
    let (first, last) = ((low / step - 1e-6).ceil() as i64, (high / step + 1e-6).floor() as i64);
    (first..=last).map(move |n| n as f64 * step)
}

fn hz_text(hz: f64) -> String {
    if hz >= 1000.0 { format!("{} kHz", (hz / 10.0).round() / 100.0) } else { format!("{} Hz", hz.round()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dsp::picture::FrequencyAxis;

    fn labels(marks: &[Mark]) -> Vec<&str> {
        marks.iter().map(|mark| mark.label.as_str()).collect()
    }

    #[test]
    fn times_are_round() {
        assert_eq!(labels(&time_marks(0.0, 185.0, 8)), ["0:00", "0:30", "1:00", "1:30", "2:00", "2:30", "3:00"]);
        assert_eq!(labels(&time_marks(59.8, 60.4, 4)), ["0:59.8", "1:00.0", "1:00.2", "1:00.4"]);
        assert_eq!(labels(&time_marks(3500.0, 7300.0, 3)), ["1:00:00", "1:30:00", "2:00:00"]);
        let marks = time_marks(10.0, 20.0, 12);
        assert_eq!((marks[0].at, marks[10].at), (0.0, 1.0));
    }

    #[test]
    fn frequencies_are_round_and_have_room() {
        let rows = Rows::whole(FrequencyAxis::default(), 500);
        let marks = frequency_marks(&rows, 0.06);
        for label in ["100 Hz", "1 kHz", "10 kHz", "50 Hz", "500 Hz", "5 kHz", "200 Hz"] {
            assert!(labels(&marks).contains(&label), "{label} of {marks:?}");
        }
        for (index, mark) in marks.iter().enumerate() {
            assert!(marks[..index].iter().all(|other| (other.at - mark.at).abs() >= 0.06));
        }
        let linear = FrequencyAxis { scale: FrequencyScale::Linear, low_hz: 0.0, high_hz: 20_000.0 };
        assert_eq!(
            labels(&frequency_marks(&Rows::whole(linear, 100), 0.2)),
            ["0 Hz", "5 kHz", "10 kHz", "15 kHz", "20 kHz"]
        );
        assert_eq!(labels(&note_marks(&rows, 0.1)), ["C1", "C2", "C3", "C4", "C5", "C6", "C7", "C8", "C9"]);
    }

    #[test]
    fn levels_are_round() {
        assert_eq!(labels(&level_marks(-90.0, 0.0, 0.3, " dB")), ["−50 dB", "0 dB"]);
        assert_eq!(labels(&level_marks(-180.0, 180.0, 0.2, "°")), ["−180°", "−90°", "0°", "90°", "180°"]);
    }
}
