//! Turns seconds into days of the Gregorian calendar and back, for every year 64 bits can hold.
//!
//! Seconds are counted from the absolute epoch, the first of March of a year so early that no
//! count is negative. Arithmetic wraps around, as in Go: times at the very ends are nonsense, but
//! the same nonsense.

/// Seconds in a day.
pub(super) const DAY: i64 = 86_400;
/// Seconds between the year 1 and the year 1970.
pub(super) const UNIX_TO_INTERNAL: i64 = (719_162) * DAY;
/// Days in 400 years.
const CYCLE_DAYS: u64 = 146_097;
/// The absolute epoch lies this many cycles of 400 years before the year 0.
const EPOCH_CYCLES: i64 = 730_692_556;
/// Days from the first of March of the year 0 to the year 1970.
const MARCH_0_TO_UNIX: i64 = 719_468;
/// Seconds between the absolute epoch and the year 1970.
pub(super) const UNIX_TO_ABSOLUTE: i64 = (EPOCH_CYCLES * CYCLE_DAYS as i64 + MARCH_0_TO_UNIX) * DAY;

/// A day of the calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Date {
    pub(super) year: i64,
    /// 1 is January.
    pub(super) month: u8,
    /// 1 is the first of the month.
    pub(super) day: u8,
    /// 1 is the first of January.
    pub(super) day_of_year: u16,
}

/// Returns the date that is so many days after the absolute epoch.
pub(super) fn date(days: u64) -> Date {
    let cycle = days / CYCLE_DAYS;
    let day_of_cycle = days % CYCLE_DAYS;
    let year_of_cycle = (day_of_cycle - day_of_cycle / 1_460 + day_of_cycle / 36_524
        - day_of_cycle / 146_096)
        / 365;
    // From here on years begin in March, so that the leap day comes last.
    let day_of_year =
        day_of_cycle - (365 * year_of_cycle + year_of_cycle / 4 - year_of_cycle / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let after_new_year = month >= 10;
    let cycles = i64::try_from(cycle).expect("a day count fits 50 bits") - EPOCH_CYCLES;
    let year = cycles * 400
        + i64::try_from(year_of_cycle).expect("a cycle has 400 years")
        + i64::from(after_new_year);
    let month = if after_new_year { month - 9 } else { month + 3 };
    let day_of_year = if after_new_year {
        day_of_year - 305
    } else {
        day_of_year + 60 + u64::from(is_leap(year))
    };
    Date {
        year,
        month: u8::try_from(month).expect("a month is at most 12"),
        day: u8::try_from(day).expect("a day is at most 31"),
        day_of_year: u16::try_from(day_of_year).expect("a year has at most 366 days"),
    }
}

/// Returns how many days after the absolute epoch a date lies; days may lie outside of the month.
pub(super) fn days(year: i64, month: u8, day: i64) -> u64 {
    let before_march = month < 3;
    let year = (year.wrapping_add(EPOCH_CYCLES * 400) as u64).wrapping_sub(u64::from(before_march));
    let month = u64::from(month) + if before_march { 12 } else { 0 };
    let (century, year_of_century) = (year / 100, year % 100);
    let of_century = 1_461 * year_of_century / 4 + (153 * month - 457) / 5;
    // Go divides what has wrapped around, which shows in years beyond 10^16.
    let of_centuries = century.wrapping_mul(CYCLE_DAYS) / 4;
    of_centuries
        .wrapping_add(of_century)
        .wrapping_add(day.wrapping_sub(1) as u64)
}

/// Returns the day of the week, 0 is Sunday.
pub(super) fn weekday(days: u64) -> u8 {
    // The absolute epoch was a Wednesday.
    u8::try_from(days.wrapping_add(3) % 7).expect("a remainder of seven")
}

/// Tells whether a year has 366 days.
pub(super) fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

/// Returns how many days a month has; 1 is January.
pub(super) fn days_in(month: u8, year: i64) -> u8 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}
