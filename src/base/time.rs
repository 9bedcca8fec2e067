//! Wall-clock time and how times and durations read: in the window and the command line's texts as the clock on the wall shows them, in files and
//! JSON in UTC.

use std::time::{SystemTime, UNIX_EPOCH};

use jiff::Timestamp;
use jiff::tz::TimeZone;

/// Seconds since 1970-01-01 UTC; 0 when the clock stands before that.
pub fn unix_now_secs() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |elapsed| elapsed.as_secs() as i64)
}

/// The moment, or the nearest one that a calendar has.
fn moment(unix_secs: i64) -> Timestamp {
    let end = if unix_secs < 0 { Timestamp::MIN } else { Timestamp::MAX };
    Timestamp::from_second(unix_secs).unwrap_or(end)
}

fn text(unix_secs: i64, zone: TimeZone, form: &str) -> String {
    moment(unix_secs).to_zoned_datetime(zone).strftime(form).to_string()
}

/// The day of a moment where the person is, as `2026-11-22`.
pub fn local_day(unix_secs: i64) -> String {
    text(unix_secs, TimeZone::system(), "%Y-%m-%d")
}

/// The same moment as `2026-11-22 14:05`, by the person's clock.
pub fn local_minute(unix_secs: i64) -> String {
    text(unix_secs, TimeZone::system(), "%Y-%m-%d %H:%M")
}

/// The moment as `2026-11-22 14:05 UTC`, for texts that travel.
pub fn utc_minute(unix_secs: i64) -> String {
    text(unix_secs, TimeZone::UTC, "%Y-%m-%d %H:%M UTC")
}

/// The moment for names of files, in UTC, `20261122-140509`: sorted by name is sorted by time.
pub fn utc_stamp(unix_secs: i64) -> String {
    text(unix_secs, TimeZone::UTC, "%Y%m%d-%H%M%S")
}

/// The moment as `2026-11-22T14:05:09Z`, for JSON.
pub fn utc_text(unix_secs: i64) -> String {
    text(unix_secs, TimeZone::UTC, "%Y-%m-%dT%H:%M:%SZ")
}

/// Serializes Unix seconds as [`utc_text`].
///
/// # Errors
/// What the serializer says.
pub fn serialize_utc<S: serde::Serializer>(unix_secs: &i64, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&utc_text(*unix_secs))
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
    use super::*;

    #[test]
    fn moments_read_in_utc_and_where_the_person_is() {
        let secs = 1_795_305_600 + 14 * 3600 + 5 * 60 + 9;
        assert_eq!(utc_minute(secs), "2026-11-22 14:05 UTC");
        assert_eq!(utc_stamp(secs), "20261122-140509");
        assert_eq!(utc_text(secs), "2026-11-22T14:05:09Z");
        assert_eq!(utc_minute(-60), "1969-12-31 23:59 UTC");
        let in_tokyo = TimeZone::fixed(jiff::tz::offset(9));
        assert_eq!(text(secs, in_tokyo.clone(), "%Y-%m-%d %H:%M"), "2026-11-22 23:05");
        assert_eq!(text(secs + 3600, in_tokyo, "%Y-%m-%d"), "2026-11-23");
        assert_eq!(local_day(secs).len(), 10);
        assert_eq!(local_minute(secs), text(secs, TimeZone::system(), "%Y-%m-%d %H:%M"));
        // No calendar has these.
        for secs in [i64::MIN, i64::MAX] {
            assert!(!local_minute(secs).is_empty() && utc_text(secs).ends_with('Z'));
        }
    }

    #[test]
    fn playing_times_read_as_people_write_them() {
        assert_eq!(clock_text(0.0), "0:00");
        assert_eq!(clock_text(185.9), "3:05");
        assert_eq!(clock_text(3723.0), "1:02:03");
        assert_eq!(clock_text(f64::NAN), "0:00");
        assert_eq!(clock_text(-4.0), "0:00");
    }
}
