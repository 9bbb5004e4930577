//! Reads one field of a schedule into a set of numbers.

use super::{Error, FieldProblem};
use std::fmt;

const MONTHS: &[&str] = &[
    "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
];
const DAYS: &[&str] = &["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

/// A field of a schedule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Field {
    /// The minute, 0 to 59.
    Minute,
    /// The hour, 0 to 23.
    Hour,
    /// The day of the month, 1 to 31.
    DayOfMonth,
    /// The month, 1 to 12 or a name.
    Month,
    /// The day of the week, 0 (Sunday) to 6 or a name.
    DayOfWeek,
}

/// The numbers that a field names, and whether it is a star.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Bits {
    numbers: u64,
    star: bool,
}

impl Bits {
    pub(super) fn contains(self, number: i8) -> bool {
        u32::try_from(number).is_ok_and(|number| self.numbers >> number & 1 == 1)
    }

    pub(super) fn is_empty(self) -> bool {
        self.numbers == 0
    }

    /// Returns whether the field has a star or question mark without a step.
    pub(super) fn is_star(self) -> bool {
        self.star
    }

    fn insert_all(&mut self, other: Self) {
        self.numbers |= other.numbers;
        self.star |= other.star;
    }
}

impl Field {
    /// Returns the least and the greatest number that the field takes.
    pub(super) fn range(self) -> (u64, u64) {
        match self {
            Self::Minute => (0, 59),
            Self::Hour => (0, 23),
            Self::DayOfMonth => (1, 31),
            Self::Month => (1, 12),
            Self::DayOfWeek => (0, 6),
        }
    }

    /// Says what the field takes.
    pub(super) fn allowed(self) -> &'static str {
        match self {
            Self::Minute => "0-59",
            Self::Hour => "0-23",
            Self::DayOfMonth => "1-31",
            Self::Month => "1-12 or JAN-DEC",
            Self::DayOfWeek => "0-6 or SUN-SAT (Sunday is 0)",
        }
    }

    /// Reads the field; a field of commas alone names nothing.
    pub(super) fn parse(self, text: &str) -> Result<Bits, Error> {
        let mut bits = Bits::default();
        for part in text.split(',').filter(|part| !part.is_empty()) {
            bits.insert_all(self.parse_part(part).map_err(|problem| Error::Field {
                field: self,
                part: part.to_owned(),
                problem,
            })?);
        }
        Ok(bits)
    }

    /// Reads `*`, `5`, `1-5` or one of these with a step.
    fn parse_part(self, part: &str) -> Result<Bits, FieldProblem> {
        let (range, step) = split_once(part, '/');
        let (first, last) = split_once(range, '-');
        let star = first == "*" || first == "?";
        let (start, mut end) = if star {
            // Whatever follows a star and a hyphen is not looked at, as in the reference.
            self.range()
        } else {
            self.parse_ends(first, last)?
        };
        let step = match step {
            None => 1,
            Some(step) if step.contains('/') => return Err(FieldProblem::Slashes),
            Some(step) => {
                if last.is_none() {
                    end = self.range().1;
                }
                parse_number(step)?
            }
        };
        self.check(start, end, step)?;
        let stride = usize::try_from(step).unwrap_or(usize::MAX);
        let numbers = (start..=end)
            .step_by(stride)
            .fold(0, |bits, number| bits | 1 << number);
        Ok(Bits {
            numbers,
            star: star && step == 1,
        })
    }

    fn check(self, start: u64, end: u64, step: u64) -> Result<(), FieldProblem> {
        let (minimum, maximum) = self.range();
        if start < minimum {
            Err(FieldProblem::Below { start })
        } else if end > maximum {
            Err(FieldProblem::Above { end })
        } else if start > end {
            Err(FieldProblem::Reversed { start, end })
        } else if step == 0 {
            Err(FieldProblem::ZeroStep)
        } else {
            Ok(())
        }
    }

    fn parse_ends(self, first: &str, last: Option<&str>) -> Result<(u64, u64), FieldProblem> {
        let start = self.parse_number_or_name(first)?;
        match last {
            None => Ok((start, start)),
            Some(last) if last.contains('-') => Err(FieldProblem::Hyphens),
            Some(last) => Ok((start, self.parse_number_or_name(last)?)),
        }
    }

    fn parse_number_or_name(self, text: &str) -> Result<u64, FieldProblem> {
        let (names, first) = match self {
            Self::Month => (MONTHS, 1),
            Self::DayOfWeek => (DAYS, 0),
            _ => return parse_number(text),
        };
        match (first..)
            .zip(names)
            .find(|(_, name)| name.eq_ignore_ascii_case(text))
        {
            Some((number, _)) => Ok(number),
            None => parse_number(text),
        }
    }
}

fn split_once(text: &str, separator: char) -> (&str, Option<&str>) {
    match text.split_once(separator) {
        Some((before, after)) => (before, Some(after)),
        None => (text, None),
    }
}

fn parse_number(text: &str) -> Result<u64, FieldProblem> {
    let number: i64 = text.parse().map_err(|source| FieldProblem::Number {
        text: text.to_owned(),
        source,
    })?;
    u64::try_from(number).map_err(|_| FieldProblem::Negative { number })
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Minute => "minute",
            Self::Hour => "hour",
            Self::DayOfMonth => "day of month",
            Self::Month => "month",
            Self::DayOfWeek => "day of week",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(field: Field, text: &str) -> Vec<i8> {
        let bits = field.parse(text).unwrap();
        (0..64).filter(|number| bits.contains(*number)).collect()
    }

    #[test]
    fn a_number_with_a_step_runs_to_the_maximum() {
        assert_eq!(numbers(Field::Minute, "5/15"), [5, 20, 35, 50]);
        assert_eq!(numbers(Field::Minute, "5-30/15"), [5, 20]);
        assert_eq!(numbers(Field::Minute, "*/9223372036854775807"), [0]);
    }

    #[test]
    fn names_are_three_letters_of_any_case() {
        assert_eq!(numbers(Field::DayOfWeek, "mOn-wEd"), [1, 2, 3]);
        assert_eq!(numbers(Field::Month, "JAN,dec"), [1, 12]);
        assert!(Field::Month.parse("JANUARY").is_err());
        assert!(Field::DayOfMonth.parse("JAN").is_err());
    }

    #[test]
    fn a_step_above_one_is_no_star() {
        assert!(Field::Hour.parse("*").unwrap().is_star());
        assert!(Field::Hour.parse("?/1").unwrap().is_star());
        assert!(Field::Hour.parse("*,5").unwrap().is_star());
        assert!(!Field::Hour.parse("*/2").unwrap().is_star());
    }

    #[test]
    fn commas_alone_name_nothing() {
        assert!(Field::Hour.parse(",,").unwrap().is_empty());
        assert_eq!(numbers(Field::Hour, ",3,"), [3]);
    }
}
