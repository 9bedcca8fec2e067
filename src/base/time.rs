//! Wall-clock time and how durations read.

use std::time::{SystemTime, UNIX_EPOCH};

/// Seconds since 1970-01-01 UTC; 0 when the clock stands before that.
pub fn unix_now_secs() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |elapsed| elapsed.as_secs() as i64)
}

/// A playing time as people write it. Not-a-number and negative times read `0:00`.
///
/// ```
/// use timbre::base::time::clock_text;
/// assert_eq!(clock_text(185.9), "3:05");
/// assert_eq!(clock_text(3723.0), "1:02:03");
/// ```
pub fn clock_text(secs: f64) -> String {
    let whole = if secs.is_finite() && secs > 0.0 { secs as u64 } else { 0 };
    let (hours, minutes, seconds) = (whole / 3600, whole / 60 % 60, whole % 60);
    if hours > 0 { format!("{hours}:{minutes:02}:{seconds:02}") } else { format!("{minutes}:{seconds:02}") }
}

#[cfg(test)]
mod tests {
    use super::clock_text;

    #[test]
    fn playing_times_read_as_people_write_them() {
        assert_eq!(clock_text(0.0), "0:00");
        assert_eq!(clock_text(185.9), "3:05");
        assert_eq!(clock_text(3723.0), "1:02:03");
        assert_eq!(clock_text(f64::NAN), "0:00");
        assert_eq!(clock_text(-4.0), "0:00");
    }
}
