//! A point in time of the years 0 to 9999, read and written as Go's `time.RFC3339Nano`.
//!
//! Wider than [`Timestamp`], because an envelope may carry times that no clock shows; Go's zero
//! time is one of them. Reads what Go reads, which is a little more than RFC 3339.

use crate::Timestamp;

/// Seconds from the Unix epoch, and nanoseconds within the second.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Moment {
    seconds: i64,
    nanos: u32,
}

const DAY: i64 = 86_400;
const SECOND_NANOS: i64 = 1_000_000_000;
/// Days from 0000-03-01, where the calendar's arithmetic begins, to 1970-01-01.
const EPOCH_DAY: i64 = 719_468;
/// Days in 400 years.
const ERA_DAYS: i64 = 146_097;

impl Moment {
    /// Go's zero time, the first second of the year 1.
    pub(crate) const ZERO: Self = Self {
        seconds: -62_135_596_800,
        nanos: 0,
    };

    /// Reads a time; `None` where Go reports that it is none.
    pub(crate) fn parse(text: &[u8]) -> Option<Self> {
        let mut rest = Digits(text);
        let year = rest.exactly(4)?;
        let month = rest.after(b'-')?.exactly(2)?;
        let day = rest.after(b'-')?.exactly(2)?;
        let hour = rest.after(b'T')?.one_or_two()?;
        let minute = rest.after(b':')?.exactly(2)?;
        let second = rest.after(b':')?.exactly(2)?;
        let nanos = rest.fraction()?;
        let offset = rest.zone()?;
        let clock = hour < 24 && minute < 60 && second < 60;
        if !rest.0.is_empty() || !clock || day == 0 || day > days_of(year, month)? {
            return None;
        }
        let time = hour * 3600 + minute * 60 + second - offset;
        Some(Self {
            seconds: day_number(year, month, day) * DAY + time,
            nanos,
        })
    }

    /// Returns the same point in time as a timestamp, if it has a place there.
    pub(crate) fn timestamp(self) -> Option<Timestamp> {
        let nanos = i128::from(self.seconds) * i128::from(SECOND_NANOS) + i128::from(self.nanos);
        i64::try_from(nanos).ok().map(Timestamp::from_nanos)
    }

    /// Returns the same second without its fraction.
    pub(crate) fn whole_seconds(self) -> Self {
        Self { nanos: 0, ..self }
    }

    /// Appends the time in UTC with as many digits of the fraction as it has.
    pub(crate) fn write(self, out: &mut Vec<u8>) {
        let (year, month, day) = date_of(self.seconds.div_euclid(DAY));
        let second = self.seconds.rem_euclid(DAY);
        push_digits(out, year, 4);
        for (mark, part) in [
            (b'-', month),
            (b'-', day),
            (b'T', second / 3600),
            (b':', second / 60 % 60),
            (b':', second % 60),
        ] {
            out.push(mark);
            push_digits(out, part, 2);
        }
        if self.nanos > 0 {
            out.push(b'.');
            push_digits(out, i64::from(self.nanos), 9);
            while out.last() == Some(&b'0') {
                out.pop();
            }
        }
        out.push(b'Z');
    }
}

impl From<Timestamp> for Moment {
    fn from(time: Timestamp) -> Self {
        let nanos = time.as_nanos().rem_euclid(SECOND_NANOS);
        Self {
            seconds: time.as_nanos().div_euclid(SECOND_NANOS),
            nanos: u32::try_from(nanos).expect("less than a second of nanoseconds fits"),
        }
    }
}

/// What is left of a text that is read from the front.
struct Digits<'a>(&'a [u8]);

impl Digits<'_> {
    fn after(&mut self, mark: u8) -> Option<&mut Self> {
        let (first, rest) = self.0.split_first()?;
        (*first == mark).then(|| {
            self.0 = rest;
            self
        })
    }

    fn exactly(&mut self, count: usize) -> Option<i64> {
        let (digits, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        digits.iter().try_fold(0, |sum, digit| {
            digit
                .is_ascii_digit()
                .then(|| sum * 10 + i64::from(digit - b'0'))
        })
    }

    fn leading(&self) -> usize {
        self.0
            .iter()
            .take_while(|byte| byte.is_ascii_digit())
            .count()
    }

    fn one_or_two(&mut self) -> Option<i64> {
        self.exactly(self.leading().clamp(1, 2))
    }

    /// Reads a fraction if there is one: after a point or a comma, cut to nanoseconds.
    fn fraction(&mut self) -> Option<u32> {
        if !matches!(self.0.first(), Some(b'.' | b',')) {
            return Some(0);
        }
        self.0 = &self.0[1..];
        let count = self.leading();
        let kept = count.min(9);
        let value = (count > 0).then(|| self.exactly(kept))??;
        self.0 = &self.0[count - kept..];
        let missing = u32::try_from(9 - kept).expect("at most nine");
        u32::try_from(value * 10_i64.pow(missing)).ok()
    }

    /// Reads `Z` or an offset such as `+02:00`, in seconds.
    fn zone(&mut self) -> Option<i64> {
        let (sign, rest) = self.0.split_first()?;
        self.0 = rest;
        let sign = match sign {
            b'Z' => return Some(0),
            b'+' => 1,
            b'-' => -1,
            _ => return None,
        };
        let hours = self.exactly(2)?;
        let minutes = self.after(b':')?.exactly(2)?;
        (hours <= 24 && minutes <= 60).then_some(sign * (hours * 3600 + minutes * 60))
    }
}

fn days_of(year: i64, month: i64) -> Option<i64> {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => Some(31),
        4 | 6 | 9 | 11 => Some(30),
        2 => Some(28 + i64::from(leap)),
        _ => None,
    }
}

/// Counts days from the epoch. Years begin in March here, so that the leap day comes last.
fn day_number(year: i64, month: i64, day: i64) -> i64 {
    let year = year - i64::from(month < 3);
    let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * ERA_DAYS + of_era * 365 + of_era / 4 - of_era / 100 + of_year - EPOCH_DAY
}

/// Inverts [`day_number`].
fn date_of(days: i64) -> (i64, i64, i64) {
    let days = days + EPOCH_DAY;
    let (era, day) = (days.div_euclid(ERA_DAYS), days.rem_euclid(ERA_DAYS));
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let of_year = day - (365 * year + year / 4 - year / 100);
    let march_month = (5 * of_year + 2) / 153;
    let month = (march_month + 2) % 12 + 1;
    let day = of_year - (153 * march_month + 2) / 5 + 1;
    (era * 400 + year + i64::from(month < 3), month, day)
}

fn push_digits(out: &mut Vec<u8>, value: i64, width: u32) {
    for place in (0..width).rev() {
        let digit = value / 10_i64.pow(place) % 10;
        out.push(b'0' + u8::try_from(digit.abs()).expect("a digit fits"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rewritten(text: &str) -> Option<String> {
        let mut out = Vec::new();
        Moment::parse(text.as_bytes())?.write(&mut out);
        String::from_utf8(out).ok()
    }

    #[test]
    fn times_are_written_in_utc_with_the_digits_they_have() {
        for (text, wanted) in [
            ("2023-04-05T06:07:08Z", "2023-04-05T06:07:08Z"),
            ("2023-04-05T06:07:08.120000Z", "2023-04-05T06:07:08.12Z"),
            ("2023-04-05T06:07:08+05:30", "2023-04-05T00:37:08Z"),
            (
                "2023-04-05T6:07:08,1234567891Z",
                "2023-04-05T06:07:08.123456789Z",
            ),
            ("1969-12-31T23:59:59.999Z", "1969-12-31T23:59:59.999Z"),
            ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z"),
            ("9999-12-31T23:59:59Z", "9999-12-31T23:59:59Z"),
        ] {
            assert_eq!(rewritten(text).as_deref(), Some(wanted), "{text}");
        }
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for text in [
            "",
            "2023-04-05",
            "2023-04-05T06:07:08",
            "2023-04-05T24:00:00Z",
            "2023-02-30T00:00:00Z",
            "2023-04-05T06:07:08.Z",
            "2023-04-05t06:07:08Z",
            "2023-04-05T06:07:60Z",
            "2023-04-05T06:07:08Zx",
        ] {
            assert_eq!(rewritten(text), None, "{text}");
        }
    }

    #[test]
    fn every_day_reads_back() {
        for days in (-719_528..2_932_896).step_by(97) {
            let (year, month, day) = date_of(days);
            assert_eq!(day_number(year, month, day), days);
        }
    }

    #[test]
    fn timestamps_keep_their_nanoseconds() {
        for nanos in [0, 1, -1, i64::MIN, i64::MAX, 1_680_674_828_123_456_789] {
            let time = Timestamp::from_nanos(nanos);
            assert_eq!(Moment::from(time).timestamp(), Some(time));
        }
    }
}
