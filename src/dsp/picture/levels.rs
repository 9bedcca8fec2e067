//! Levels as they are stored: hundredths of a dB, or of a degree.

/// The level of a place where nothing is known: above half of the sample rate, or after the end.
pub const NO_LEVEL: i16 = i16::MIN;

/// The lowest level that is told apart from silence, dB full scale.
pub const LOWEST_DB: f32 = -240.0;

/// Decibels of a power of which 1 is full scale. NaN counts as silence.
pub(super) fn db_of_power(power: f32) -> f32 {
    if power > 1e-24 { 10.0 * power.log10() } else { LOWEST_DB }
}

/// A level as it is stored.
pub(super) fn level_of_db(db: f32) -> i16 {
    (db.clamp(LOWEST_DB, 320.0) * 100.0).round() as i16
}

/// An angle in radians as it is stored: hundredths of a degree from -180 to 180.
pub(super) fn level_of_angle(radians: f32) -> i16 {
    (wrapped_degrees(radians) * 100.0).round() as i16
}

/// An angle in radians as degrees from -180 to 180.
pub(super) fn wrapped_degrees(radians: f32) -> f32 {
    let turns = radians / std::f32::consts::TAU;
    (turns - turns.round()) * 360.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_hundredths_and_never_the_unknown_one() {
        assert_eq!(level_of_db(db_of_power(1.0)), 0);
        assert_eq!(level_of_db(db_of_power(0.1)), -1000);
        for silent in [0.0, -1.0, f32::NAN] {
            assert_eq!(level_of_db(db_of_power(silent)), -24_000);
        }
        assert!(level_of_db(db_of_power(f32::INFINITY)) > 30_000);
        assert_eq!(level_of_angle(std::f32::consts::FRAC_PI_2), 9000);
        assert_eq!(level_of_angle(std::f32::consts::TAU * 7.25), 9000);
        assert_eq!(level_of_angle(-std::f32::consts::FRAC_PI_2), -9000);
    }
}
