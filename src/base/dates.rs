//! Days as people write them.

/// The day of a moment (Unix seconds, UTC) as `2026-11-22`.
///
/// Days become dates by Howard Hinnant's `civil_from_days` (“chrono-Compatible Low-Level Date Algorithms”).
pub fn day_text(unix_secs: i64) -> String {
    let days = unix_secs.div_euclid(86_400) + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}")
}

/// The same moment as `2026-11-22 14:05`.
pub fn minute_text(unix_secs: i64) -> String {
    let secs = unix_secs.rem_euclid(86_400);
    format!("{} {:02}:{:02}", day_text(unix_secs), secs / 3600, secs / 60 % 60)
}

/// The same moment for file names, `20261122-140509`: sorted by name is sorted by time.
pub fn stamp_text(unix_secs: i64) -> String {
    let secs = unix_secs.rem_euclid(86_400);
    format!("{}-{:02}{:02}{:02}", day_text(unix_secs).replace('-', ""), secs / 3600, secs / 60 % 60, secs % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_day_come_out_right() {
        assert_eq!(minute_text(1_795_305_600 + 14 * 3600 + 5 * 60 + 9), "2026-11-22 14:05");
        assert_eq!(stamp_text(1_795_305_600 + 14 * 3600 + 5 * 60 + 9), "20261122-140509");
        assert_eq!(minute_text(-60), "1969-12-31 23:59");
    }

    #[test]
    fn days_come_out_right() {
        assert_eq!(day_text(0), "1970-01-01");
        assert_eq!(day_text(951_782_400), "2000-02-29");
        assert_eq!(day_text(1_795_305_600), "2026-11-22");
        assert_eq!(day_text(-1), "1969-12-31");
    }
}
