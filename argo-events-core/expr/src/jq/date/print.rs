//! Writes a moment by a format.

use super::{Time, expansion, short};
use crate::gotime::names::{MONTHS, WEEKDAYS};

/// The widest field.
const MAX_WIDTH: usize = 1_024;

/// What fills a field up, and whether the format asked for it.
#[derive(Clone, Copy, PartialEq)]
enum Padding {
    Default(u8),
    Asked(u8),
    None,
}

impl Padding {
    fn byte(self) -> Option<u8> {
        match self {
            Self::Default(byte) | Self::Asked(byte) => Some(byte),
            Self::None => None,
        }
    }

    /// Takes blanks unless the format asked for something.
    fn or_blank(self) -> Self {
        match self {
            Self::Default(_) => Self::Default(b' '),
            asked => asked,
        }
    }
}

#[derive(Clone, Copy)]
struct Flags {
    width: usize,
    padding: Padding,
    upper: bool,
    swap: bool,
}

const PLAIN: Flags = Flags {
    width: 0,
    padding: Padding::Default(b'0'),
    upper: false,
    swap: false,
};

/// Writes a moment; nothing if the text would be longer than allowed.
pub(in crate::jq) fn print(time: &Time, format: &[u8], room: usize) -> Option<Vec<u8>> {
    let mut printer = Printer {
        time,
        format,
        at: 0,
        out: Vec::new(),
    };
    while let Some(byte) = format.get(printer.at).copied() {
        printer.at += 1;
        if byte == b'%' {
            printer.directive();
        } else {
            printer.out.push(byte);
        }
        if printer.out.len() > room {
            return None;
        }
    }
    Some(printer.out)
}

struct Printer<'f> {
    time: &'f Time,
    format: &'f [u8],
    at: usize,
    out: Vec<u8>,
}

impl Printer<'_> {
    fn directive(&mut self) {
        let mut flags = PLAIN;
        if self.at == self.format.len() {
            self.out.push(b'%');
            return;
        }
        while let Some(byte) = self.format.get(self.at).copied() {
            self.at += 1;
            match byte {
                b'-' => flags.padding = Padding::None,
                b'_' => flags.padding = Padding::Asked(b' '),
                b'0' => flags.padding = Padding::Asked(b'0'),
                b'^' => flags.upper = true,
                b'#' => flags.swap = true,
                b'1'..=b'9' => self.width(byte, &mut flags),
                b':' => return self.colons(flags),
                _ => return self.field(byte, flags),
            }
        }
        self.unknown(self.format.len(), flags.width, flags);
    }

    fn width(&mut self, first: u8, flags: &mut Flags) {
        flags.width = usize::from(first & 15);
        while let Some(digit @ b'0'..=b'9') = self.format.get(self.at) {
            flags.width = (flags.width * 10 + usize::from(digit & 15)).min(MAX_WIDTH);
            self.at += 1;
        }
        if flags.padding == Padding::None {
            flags.padding = Padding::Asked(b' ');
        }
    }

    /// Writes a zone with colons, or what looked like one.
    fn colons(&mut self, flags: Flags) {
        let mut colons = 1;
        loop {
            match self.format.get(self.at) {
                Some(b':') => colons += 1,
                Some(b'z') if colons <= 3 => {
                    self.at += 1;
                    return self.zone(flags, colons);
                }
                Some(b'z') => {
                    self.at += 1;
                    break;
                }
                _ => break,
            }
            self.at += 1;
        }
        self.unknown(self.at, flags.width, flags);
    }

    /// Writes a field, or the fields it is short for.
    fn field(&mut self, directive: u8, flags: Flags) {
        let Some(parts) = expansion(directive) else {
            return self.single(directive, flags);
        };
        let swap = flags.swap && !matches!(directive, b'c' | b'+' | b'v' | b'r');
        for part in parts {
            match part {
                b' ' | b':' | b'-' | b'/' => self.out.push(*part),
                _ => self.single(
                    *part,
                    Flags {
                        upper: flags.upper,
                        swap,
                        ..PLAIN
                    },
                ),
            }
        }
    }

    fn single(&mut self, directive: u8, flags: Flags) {
        let time = self.time;
        let weekday = time.weekday().0;
        let (month, day) = (
            MONTHS[(time.month().0 - 1) as usize],
            WEEKDAYS[weekday as usize],
        );
        let Flags { width, padding, .. } = flags;
        let two = width.max(2);
        let four = if width == 0 { 4 } else { width };
        match directive {
            b'Y' => self.number(time.year(), four, padding),
            b'y' => self.number((time.year() % 100).abs(), two, padding),
            b'C' => self.century(two, padding),
            b'g' => self.number((time.iso_week().0 % 100).abs(), two, padding),
            b'G' => self.number(time.iso_week().0, four, padding),
            b'm' => self.number(time.month().0, two, padding),
            b'B' => self.name(month, flags),
            b'b' | b'h' => self.name(short(month), flags),
            b'A' => self.name(day, flags),
            b'a' => self.name(short(day), flags),
            b'w' => self.number(weekday, width, padding),
            b'u' => self.number((weekday + 6) % 7 + 1, width, padding),
            b'V' => self.number(time.iso_week().1, two, padding),
            b'U' => self.number((time.year_day() + 6 - weekday) / 7, two, padding),
            b'W' => self.number((time.year_day() + 6 - (weekday + 6) % 7) / 7, two, padding),
            b'e' => self.number(time.day(), two, padding.or_blank()),
            b'd' => self.number(time.day(), two, padding),
            b'j' => self.number(time.year_day(), width.max(3), padding),
            b'k' => self.number(time.hour(), two, padding.or_blank()),
            b'H' => self.number(time.hour(), two, padding),
            b'l' => self.number((time.hour() + 11) % 12 + 1, two, padding.or_blank()),
            b'I' => self.number((time.hour() + 11) % 12 + 1, two, padding),
            b'P' => self.half(Flags {
                swap: !flags.upper && !flags.swap,
                ..flags
            }),
            b'p' => self.half(flags),
            b'M' => self.number(time.minute(), two, padding),
            b'S' => self.number(time.second(), two, padding),
            b's' => self.number(time.unix_seconds(), width, padding.or_blank()),
            b'f' => {
                let width = if width == 0 { 6 } else { width };
                self.number(time.nanosecond() / 1_000, width, padding);
            }
            b'Z' => self.name("UTC", flags),
            b'z' => self.zone(flags, 0),
            b't' => self.text(b"\t", width, padding),
            b'n' => self.text(b"\n", width, padding),
            b'%' => self.text(b"%", width, padding),
            _ => {
                let width = width.saturating_sub(1);
                self.unknown(self.at - 1, width, flags);
                self.out.push(directive);
            }
        }
    }

    fn half(&mut self, flags: Flags) {
        self.name(if self.time.hour() < 12 { "AM" } else { "PM" }, flags);
    }

    fn century(&mut self, width: usize, padding: Padding) {
        let year = self.time.year();
        let century = year / 100;
        if year < 0 && century == 0 {
            // Minus zero.
            self.number(-1, width, padding);
            self.out.pop();
            self.out.push(b'0');
        } else {
            self.number(century, width, padding);
        }
    }

    /// Writes a number, its sign before zeros that fill it up and behind blanks.
    fn number(&mut self, number: i64, width: usize, padding: Padding) {
        let digits = number.to_string();
        let missing = width.saturating_sub(digits.len());
        match padding.byte() {
            Some(b'0') if number < 0 && missing > 0 => {
                self.out.push(b'-');
                self.fill(b'0', missing);
                self.out.extend_from_slice(&digits.as_bytes()[1..]);
                return;
            }
            Some(byte) => self.fill(byte, missing),
            None => {}
        }
        self.out.extend_from_slice(digits.as_bytes());
    }

    fn fill(&mut self, byte: u8, count: usize) {
        self.out.extend(std::iter::repeat_n(byte, count));
    }

    fn name(&mut self, name: &str, flags: Flags) {
        let second = name.as_bytes().get(1);
        let all_upper = second.is_some_and(|second| *second < b'a');
        let name = match (flags.swap, flags.upper) {
            (true, _) if all_upper => name.to_ascii_lowercase(),
            (true, _) | (_, true) => name.to_ascii_uppercase(),
            _ => name.to_owned(),
        };
        self.text(name.as_bytes(), flags.width, flags.padding);
    }

    /// Writes a text, filled up with blanks unless the format asked for something else.
    fn text(&mut self, text: &[u8], width: usize, padding: Padding) {
        if let Some(byte) = padding.or_blank().byte() {
            self.fill(byte, width.saturating_sub(text.len()));
        }
        self.out.extend_from_slice(text);
    }

    /// Writes the offset of UTC.
    fn zone(&mut self, flags: Flags, colons: usize) {
        let padding = flags.padding.byte();
        let minutes = match colons {
            0 => "00",
            1 => ":00",
            2 => ":00:00",
            _ => "",
        };
        let hours = match padding {
            None => "+0",
            Some(b' ') => " +0",
            Some(_) => "+00",
        };
        let zone = format!("{hours}{minutes}");
        let missing = flags.width.saturating_sub(zone.len());
        match padding {
            Some(b'0') if missing > 0 => {
                self.out.push(b'+');
                self.fill(b'0', missing);
                self.out.extend_from_slice(&zone.as_bytes()[1..]);
            }
            Some(byte) => {
                self.fill(byte, missing);
                self.out.extend_from_slice(zone.as_bytes());
            }
            None => self.out.extend_from_slice(zone.as_bytes()),
        }
    }

    /// Writes a directive as it stands, from its percent sign up to a place.
    fn unknown(&mut self, until: usize, width: usize, flags: Flags) {
        let head = &self.format[..until];
        let Some(start) = head.iter().rposition(|byte| *byte == b'%') else {
            return;
        };
        let (text, padding) = (head[start..].to_vec(), flags.padding);
        self.text(&text, width, padding);
    }
}
