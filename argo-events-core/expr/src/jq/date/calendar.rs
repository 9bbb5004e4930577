//! Seconds to days, months and years and back, wrapping where Go's time wraps.
//!
//! Days count from a March far before every date, so that leap days end a year.

const DAY_SECONDS: u64 = 86_400;

/// Years between the start of the count and the year 0.
const YEARS: u64 = 292_277_022_400;

/// Seconds between the start of the count and the year 1970.
const TO_1970: i64 = {
    let march_to_1970 = 719_468 * DAY_SECONDS as i128;
    let years = YEARS as i128 / 400 * 146_097 * DAY_SECONDS as i128;
    (years + march_to_1970) as u64 as i64
};

/// A moment, with nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::jq) struct Time {
    pub(in crate::jq) seconds: i64,
    pub(in crate::jq) nanoseconds: i64,
}

/// A day in a year.
struct Day {
    year: i64,
    /// From 1.
    month: i64,
    day: i64,
    /// From 1.
    of_year: i64,
}

/// The fields of a moment as they are written, perhaps beyond their ranges.
#[derive(Clone, Copy, Debug)]
pub(in crate::jq) struct Fields {
    pub(in crate::jq) year: i64,
    /// From 1.
    pub(in crate::jq) month: i64,
    pub(in crate::jq) day: i64,
    pub(in crate::jq) hour: i64,
    pub(in crate::jq) minute: i64,
    pub(in crate::jq) second: i64,
    pub(in crate::jq) nanosecond: i64,
}

/// Carries what is beyond a range into the next larger unit.
fn carry(high: i64, low: i64, base: i64) -> (i64, i64) {
    (
        high.wrapping_add(low.div_euclid(base)),
        low.rem_euclid(base),
    )
}

impl Time {
    /// Makes a moment of seconds and nanoseconds, which may be beyond a second.
    pub(in crate::jq) fn new(seconds: i64, nanoseconds: i64) -> Self {
        let (seconds, nanoseconds) = carry(seconds, nanoseconds, 1_000_000_000);
        Self {
            seconds,
            nanoseconds,
        }
    }

    /// Makes a moment of its fields.
    pub(in crate::jq) fn of(fields: Fields) -> Self {
        let (year, month) = carry(fields.year, fields.month.wrapping_sub(1), 12);
        let (second, nanosecond) = carry(fields.second, fields.nanosecond, 1_000_000_000);
        let (minute, second) = carry(fields.minute, second, 60);
        let (hour, minute) = carry(fields.hour, minute, 60);
        let (day, hour) = carry(fields.day, hour, 24);
        let seconds = days(year, month + 1, day)
            .wrapping_mul(DAY_SECONDS)
            .cast_signed()
            .wrapping_add(hour * 3_600 + minute * 60 + second)
            .wrapping_sub(TO_1970);
        Self {
            seconds,
            nanoseconds: nanosecond,
        }
    }

    fn absolute(self) -> u64 {
        self.seconds.wrapping_add(TO_1970).cast_unsigned()
    }

    fn date(self) -> Day {
        date(self.absolute() / DAY_SECONDS)
    }

    pub(in crate::jq) fn year(self) -> i64 {
        self.date().year
    }

    /// Gives the month, from 1.
    pub(in crate::jq) fn month(self) -> i64 {
        self.date().month
    }

    pub(in crate::jq) fn day(self) -> i64 {
        self.date().day
    }

    /// Gives the day of the year, from 1.
    pub(in crate::jq) fn day_of_year(self) -> i64 {
        self.date().of_year
    }

    /// Gives the day of the week, from Sunday as 0.
    pub(in crate::jq) fn weekday(self) -> i64 {
        weekday(self.absolute() / DAY_SECONDS)
    }

    fn second_of_day(self) -> i64 {
        (self.absolute() % DAY_SECONDS).cast_signed()
    }

    pub(in crate::jq) fn hour(self) -> i64 {
        self.second_of_day() / 3_600
    }

    pub(in crate::jq) fn minute(self) -> i64 {
        self.second_of_day() / 60 % 60
    }

    pub(in crate::jq) fn second(self) -> i64 {
        self.second_of_day() % 60
    }

    /// Gives the year and number of the week, by its Thursday.
    pub(in crate::jq) fn iso_week(self) -> (i64, i64) {
        let days = self.absolute() / DAY_SECONDS;
        let from_monday = weekday(days.wrapping_sub(1));
        let thursday = date(days.wrapping_add_signed(3 - from_monday));
        (thursday.year, (thursday.of_year - 1) / 7 + 1)
    }
}

fn weekday(days: u64) -> i64 {
    // The count starts on a Wednesday.
    (days.wrapping_add(3) % 7).cast_signed()
}

/// Counts the days up to a date; the month must be in its range.
fn days(year: i64, month: i64, day: i64) -> u64 {
    let is_before_march = month < 3;
    let month = if is_before_march { month + 12 } else { month };
    let year = year
        .cast_unsigned()
        .wrapping_sub(u64::from(is_before_march))
        .wrapping_add(YEARS);
    let day_of_year = (153 * month - 457) / 5;
    let (century, year) = (year / 100, year % 100);
    let of_century = (1_461 * year / 4).cast_signed() + day_of_year;
    (century.wrapping_mul(146_097) / 4)
        .wrapping_add_signed(of_century.wrapping_add(day).wrapping_sub(1))
}

fn date(days: u64) -> Day {
    let count = 4 * days + 3;
    let century = count / 146_097;
    let of_century = (count % 146_097) | 3;
    let (year, day) = (of_century / 1_461, (of_century % 1_461 / 4).cast_signed());
    let is_new_year = day >= 306;
    let is_leap = year.is_multiple_of(4) && (year != 0 || century.is_multiple_of(4));
    let months = 5 * day + 461;
    let month = months / 153;
    let full_year = century
        .wrapping_mul(100)
        .wrapping_sub(YEARS)
        .wrapping_add(year);
    Day {
        year: full_year.cast_signed() + i64::from(is_new_year),
        month: if is_new_year { month - 12 } else { month },
        day: months % 153 / 5 + 1,
        of_year: if is_new_year {
            day - 305
        } else {
            day + 60 + i64::from(is_leap)
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn known_days_are_right() {
        for (seconds, date, week) in [
            (0, (1970, 1, 1, 1, 4), (1970, 1)),
            (951_827_696, (2000, 2, 29, 60, 2), (2000, 9)),
            (-1, (1969, 12, 31, 365, 3), (1970, 1)),
            (1_704_067_200, (2024, 1, 1, 1, 1), (2024, 1)),
        ] {
            let time = Time::new(seconds, 0);
            let found = (
                time.year(),
                time.month(),
                time.day(),
                time.day_of_year(),
                time.weekday(),
            );
            assert_eq!((found, time.iso_week()), (date, week));
        }
    }

    proptest! {
        #[test]
        fn fields_give_the_moment_back(seconds in -1_000_000_000_000_i64..1_000_000_000_000) {
            let time = Time::new(seconds, 5);
            let fields = Fields {
                year: time.year(), month: time.month(), day: time.day(), hour: time.hour(),
                minute: time.minute(), second: time.second(), nanosecond: 5,
            };
            prop_assert_eq!(Time::of(fields), time);
        }
    }
}
