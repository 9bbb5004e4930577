//! Reads a moment by a format.

use super::{Fields, Location, Time, expansion, short};
use crate::{
    gostrconv::{quote, quote_rune},
    gotime::names::{MONTHS, WEEKDAYS},
};

/// Reads a text; says in Go's words why it does not fit.
pub(in crate::jq) fn parse(text: &[u8], format: &[u8]) -> Result<Time, String> {
    let mut parser = Parser::new(text, format);
    let parsed = parser.read().and_then(|()| parser.finish());
    parsed.map_err(|reason| {
        let (text, format) = (quote(text), quote(format));
        format!("failed to parse {text} with {format}: {reason}")
    })
}

/// Which day weeks are counted by.
#[derive(Clone, Copy, PartialEq)]
enum Weeks {
    Sunday,
    Monday,
    Iso,
}

struct Parser<'t> {
    text: &'t [u8],
    format: &'t [u8],
    /// Places in the text and in the format.
    at: usize,
    directive: usize,
    fields: Fields,
    century: Option<i64>,
    week: i64,
    weeks: Option<Weeks>,
    /// From Sunday as 1; 0 if there is none.
    weekday: i64,
    day_of_year: i64,
    is_afternoon: bool,
    has_iso_year: bool,
    /// What to take off to get UTC.
    offset: i64,
    has_offset: bool,
}

type Read<T = ()> = Result<T, String>;

impl<'t> Parser<'t> {
    fn new(text: &'t [u8], format: &'t [u8]) -> Self {
        Self {
            text,
            format,
            at: 0,
            directive: 0,
            fields: Fields {
                year: 1900,
                month: 1,
                ..Fields::default()
            },
            century: None,
            week: 0,
            weeks: None,
            weekday: 0,
            day_of_year: 0,
            is_afternoon: false,
            has_iso_year: false,
            offset: 0,
            has_offset: false,
        }
    }

    fn read(&mut self) -> Read {
        while let Some(byte) = self.take() {
            if byte != b'%' {
                self.expect(byte)?;
                continue;
            }
            match self.take() {
                None => return Err("stray \"%\"".to_owned()),
                Some(b':') => self.colons()?,
                Some(directive) => self.directive(directive)?,
            }
        }
        if self.at < self.text.len() {
            return Err(format!("unparsed string {}", quote(&self.text[self.at..])));
        }
        Ok(())
    }

    fn take(&mut self) -> Option<u8> {
        let byte = self.format.get(self.directive).copied();
        self.directive += usize::from(byte.is_some());
        byte
    }

    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn expect(&mut self, byte: u8) -> Read {
        if self.peek() != Some(byte) {
            return Err(format!("expected {}", quote_rune(char::from(byte))));
        }
        self.at += 1;
        Ok(())
    }

    /// Reads a field, or the fields that the directive is short for.
    fn directive(&mut self, directive: u8) -> Read {
        let Some(parts) = expansion(directive) else {
            return self.single(directive);
        };
        parts.iter().try_for_each(|part| match part {
            b' ' | b':' | b'-' | b'/' => self.expect(*part),
            _ => self.single(*part),
        })
    }

    fn single(&mut self, directive: u8) -> Read {
        match directive {
            b'G' | b'Y' | b'g' | b'y' | b'C' => self.year(directive)?,
            b'm' => self.fields.month = self.number(2, 1, 12, directive)?,
            b'B' => self.fields.month = self.name(&MONTHS, directive)?,
            b'b' | b'h' => self.fields.month = self.name(&MONTHS.map(short), directive)?,
            b'A' => self.weekday = self.name(&WEEKDAYS, directive)?,
            b'a' => self.weekday = self.name(&WEEKDAYS.map(short), directive)?,
            b'w' => self.weekday = self.number(1, 0, 6, directive)? + 1,
            b'u' => self.weekday = self.number(1, 1, 7, directive)? % 7 + 1,
            b'V' => self.week(Weeks::Iso, 1, directive)?,
            b'U' => self.week(Weeks::Sunday, 0, directive)?,
            b'W' => self.week(Weeks::Monday, 0, directive)?,
            b'e' | b'd' => self.fields.day = self.padded(directive == b'e', 1, 31, directive)?,
            b'j' => self.day_of_year = self.number(3, 1, 366, directive)?,
            b'k' | b'H' => self.fields.hour = self.padded(directive == b'k', 0, 23, directive)?,
            b'l' | b'I' => {
                self.fields.hour = self.padded(directive == b'l', 1, 12, directive)? % 12;
            }
            b'P' | b'p' => self.is_afternoon = self.name(&["AM", "PM"], directive)? == 2,
            b'M' => self.fields.minute = self.number(2, 0, 59, directive)?,
            b'S' => self.fields.second = self.number(2, 0, 60, directive)?,
            b's' => self.unix()?,
            b'f' => self.fraction()?,
            b'Z' => self.zone_name()?,
            b'z' => self.zone(0)?,
            b't' | b'n' => self.blanks(directive)?,
            b'%' => self.expect(directive)?,
            _ => return Err(format!("unexpected format \"%{}\"", char::from(directive))),
        }
        Ok(())
    }

    fn sign(&mut self) -> i64 {
        let is_negative = self.peek() == Some(b'-');
        self.at += usize::from(is_negative);
        if is_negative { -1 } else { 1 }
    }

    /// Reads up to so many digits.
    fn digits(&mut self, most: usize) -> Option<i64> {
        let rest = &self.text[self.at.min(self.text.len())..];
        let rest = &rest[..rest.len().min(most)];
        let count = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        if count == 0 {
            return None;
        }
        self.at += count;
        let digit = |number: i64, digit: &u8| {
            number
                .wrapping_mul(10)
                .wrapping_add(i64::from(digit - b'0'))
        };
        Some(rest[..count].iter().fold(0, digit))
    }

    fn number(&mut self, most: usize, least: i64, greatest: i64, directive: u8) -> Read<i64> {
        self.digits(most)
            .filter(|number| (least..=greatest).contains(number))
            .ok_or_else(|| format!("cannot parse \"%{}\"", char::from(directive)))
    }

    /// Reads two digits, or a blank and one.
    fn padded(&mut self, is_padded: bool, least: i64, greatest: i64, directive: u8) -> Read<i64> {
        if is_padded && self.peek() == Some(b' ') {
            self.at += 1;
        }
        self.number(2, least, greatest, directive)
    }

    /// Reads a name in any case; gives its place, from 1.
    fn name(&mut self, names: &[&str], directive: u8) -> Read<i64> {
        let rest = &self.text[self.at..];
        let is_start = |name: &&str| {
            let mut pairs = name.bytes().zip(rest);
            rest.len() >= name.len() && pairs.all(|(byte, other)| byte | 0x20 == other | 0x20)
        };
        let place = names.iter().position(is_start);
        let place = place.ok_or_else(|| format!("cannot parse \"%{}\"", char::from(directive)))?;
        self.at += names[place].len();
        Ok(place as i64 + 1)
    }

    fn year(&mut self, directive: u8) -> Read {
        self.has_iso_year |= matches!(directive, b'G' | b'g');
        match directive {
            b'G' | b'Y' => {
                let sign = self.sign();
                self.fields.year = sign * self.number(4, 0, 9_999, directive)?;
            }
            b'C' => {
                if self.sign() < 0 {
                    return Err("negative century is not supported for \"%C\"".to_owned());
                }
                self.century = Some(self.number(2, 0, 99, directive)?);
            }
            _ => {
                let year = self.number(2, 0, 99, directive)?;
                self.fields.year = year + if year < 69 { 2_000 } else { 1_900 };
            }
        }
        Ok(())
    }

    fn week(&mut self, weeks: Weeks, least: i64, directive: u8) -> Read {
        self.week = self.number(2, least, 53, directive)?;
        self.weeks = Some(weeks);
        if self.weekday == 0 {
            self.weekday = if weeks == Weeks::Sunday { 1 } else { 2 };
        }
        Ok(())
    }

    fn unix(&mut self) -> Read {
        const DIGITS: usize = 19;
        let sign = self.sign();
        let seconds = self.digits(DIGITS).ok_or("cannot parse \"%s\"")?;
        let time = Time::unix(seconds.wrapping_mul(sign), 0).utc();
        self.fields = Fields {
            nanosecond: self.fields.nanosecond,
            ..time.wall_clock()
        };
        Ok(())
    }

    fn fraction(&mut self) -> Read {
        const DIGITS: usize = 6;
        let start = self.at;
        let number = self.number(DIGITS, 0, 999_999, b'f')?;
        let missing = DIGITS - (self.at - start);
        self.fields.nanosecond = number * 10_i64.pow(missing as u32) * 1_000;
        Ok(())
    }

    fn blanks(&mut self, directive: u8) -> Read {
        let start = self.at;
        while let Some(b' ' | b'\t' | b'\n' | 0x0b | 0x0c | b'\r') = self.peek() {
            self.at += 1;
        }
        if self.at == start {
            return Err(format!(
                "expected a space for \"%{}\"",
                char::from(directive)
            ));
        }
        Ok(())
    }

    /// Reads the name of a zone; all names but that of UTC count as having no offset either.
    fn zone_name(&mut self) -> Read {
        let rest = &self.text[self.at..];
        let length = rest
            .iter()
            .take_while(|byte| byte.is_ascii_uppercase())
            .count();
        let name = &rest[..length];
        let is_name = match length {
            3 => true,
            4 => name[3] == b'T' || name == b"WITA",
            5 => name[4] == b'T',
            _ => false,
        };
        if !is_name || length > 3 && name.starts_with(b"GMT") {
            return Err(format!("cannot parse {} with \"%Z\"", quote(name)));
        }
        self.at += length;
        if !self.has_offset {
            self.offset = 0;
        }
        Ok(())
    }

    /// Reads colons, which must end in a zone.
    fn colons(&mut self) -> Read {
        let mut colons = 1;
        loop {
            match self.take() {
                Some(b'z') => return self.zone(colons),
                Some(b':') if colons < 3 => colons += 1,
                _ => return Err(format!("expected 'z' after \"%{}\"", ":".repeat(colons))),
            }
        }
    }

    fn zone(&mut self, colons: usize) -> Read {
        let wrong = |colons: usize| format!("cannot parse \"%{}z\"", ":".repeat(colons));
        let sign = match self.peek() {
            Some(b'+') => 1,
            Some(b'-') => -1,
            Some(b'Z') => {
                self.at += 1;
                self.offset = 0;
                return Ok(());
            }
            _ => return Err(wrong(colons)),
        };
        self.at += 1;
        let hours = self.two_digits(23).ok_or_else(|| wrong(colons))?;
        let (minutes, seconds) = self.zone_rest(colons)?;
        self.offset = sign * ((hours * 60 + minutes) * 60 + seconds);
        self.has_offset = true;
        Ok(())
    }

    /// Reads the minutes and seconds of a zone as far as they are there and must be.
    fn zone_rest(&mut self, asked: usize) -> Read<(i64, i64)> {
        /// A colon that the format did not ask for.
        const FREE: usize = 4;
        let wrong = |colons: usize| format!("cannot parse \"%{}z\"", ":".repeat(colons));
        let missing = || format!("expected ':' for \"%{}z\"", ":".repeat(asked));
        let mut colons = asked;
        if self.peek() == Some(b':') {
            self.at += 1;
            if colons == 0 {
                colons = FREE;
            }
        } else if colons > 0 && colons < 3 {
            return Err(missing());
        }
        let before = self.at;
        let Some(minutes) = self.two_digits(59) else {
            if colons > 0 && colons != 3 {
                return Err(wrong(colons & 3));
            }
            self.at = before;
            return Ok((0, 0));
        };
        if colons <= 1 {
            return Ok((minutes, 0));
        }
        if self.peek() != Some(b':') {
            return if colons < 3 {
                Err(missing())
            } else {
                Ok((minutes, 0))
            };
        }
        let before = self.at;
        self.at += 1;
        match self.two_digits(59) {
            Some(seconds) => Ok((minutes, seconds)),
            None if colons < 3 => Err(wrong(colons)),
            None => {
                self.at = before;
                Ok((minutes, 0))
            }
        }
    }

    /// Reads exactly two digits; where there are none, the place is of no account.
    fn two_digits(&mut self, greatest: i64) -> Option<i64> {
        let start = self.at;
        let number = self.digits(2).filter(|number| *number <= greatest)?;
        (self.at == start + 2).then_some(number)
    }

    /// Puts the fields together.
    fn finish(&self) -> Read<Time> {
        let mut fields = self.fields;
        if self.is_afternoon {
            fields.hour += 12;
        }
        if let Some(century) = self.century {
            fields.year = century * 100 + fields.year % 100;
        }
        if fields.day == 0 {
            if self.day_of_year > 0 {
                if self.has_iso_year {
                    return Err("use \"%Y\" to parse non-ISO year for \"%j\"".to_owned());
                }
                (fields.month, fields.day) = (1, self.day_of_year);
            } else if let Some(weeks) = self.weeks {
                self.by_week(&mut fields, weeks)?;
            } else {
                fields.day = 1;
            }
        }
        let time = Time::date(fields, Location::Utc);
        let seconds = time.unix_seconds().wrapping_sub(self.offset);
        Ok(Time::unix(seconds, time.nanosecond()).utc())
    }

    /// Finds the day of a week and weekday.
    fn by_week(&self, fields: &mut Fields, weeks: Weeks) -> Read {
        match (weeks, self.has_iso_year) {
            (Weeks::Iso, false) => {
                return Err("use \"%G\" to parse ISO year for \"%V\"".to_owned());
            }
            (Weeks::Sunday | Weeks::Monday, true) => {
                let words = "use \"%Y\" to parse non-ISO year for \"%U\" or \"%W\"";
                return Err(words.to_owned());
            }
            _ => {}
        }
        let (start, ends_with_sunday) = match weeks {
            Weeks::Sunday => (0, false),
            Weeks::Monday => (1, true),
            Weeks::Iso => (4, true),
        };
        let week = self.week + i64::from(ends_with_sunday && self.weekday == 1);
        (fields.month, fields.day) = (1, -start);
        let base = Time::date(*fields, Location::Utc);
        fields.day += week * 7 - base.weekday().0 + self.weekday - 1;
        Ok(())
    }
}
