//! Reads a format and takes the arguments that it asks for.

use super::{
    Format, Shape,
    flags::{Flags, MAX_SIZE},
    output::TooLarge,
    printer::Printer,
};
use crate::gostrconv::decode_rune;

/// A format on its way through its arguments.
#[derive(Debug)]
pub(super) struct Directives<'a, V> {
    rest: &'a [u8],
    values: &'a [V],
    next: usize,
    /// An index such as `[2]` was used, so that arguments may be left over.
    is_reordered: bool,
    printer: Printer,
}

/// How an index in brackets turned out.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Index {
    Absent,
    Fits,
    /// It is a number, but of no argument.
    OutOfRange,
    Malformed,
}

impl Index {
    fn is_number(self) -> bool {
        matches!(self, Self::Fits | Self::OutOfRange)
    }

    fn is_bad(self) -> bool {
        matches!(self, Self::OutOfRange | Self::Malformed)
    }
}

impl<'a, V: Format> Directives<'a, V> {
    pub(super) fn new(format: &'a [u8], values: &'a [V]) -> Self {
        let printer = Printer::default();
        Self {
            rest: format,
            values,
            next: 0,
            is_reordered: false,
            printer,
        }
    }

    pub(super) fn run(mut self) -> Result<Vec<u8>, TooLarge> {
        while let Some(percent) = self.rest.iter().position(|byte| *byte == b'%') {
            let (text, directive) = self.rest.split_at(percent);
            self.printer.out.push(text);
            self.rest = &directive[1..];
            self.directive();
            if self.printer.out.is_full() {
                break;
            }
        }
        self.printer.out.push(self.rest);
        if !self.is_reordered && self.next < self.values.len() {
            self.extra();
        }
        self.printer.out.finish()
    }

    fn directive(&mut self) {
        let (flags, is_good) = self.modifiers();
        let Some(rune) = decode_rune(self.rest) else {
            self.printer.out.push("%!(NOVERB)");
            return;
        };
        self.rest = &self.rest[rune.width..];
        match (rune.character, self.values.get(self.next)) {
            ('%', _) => self.printer.out.push("%"),
            (verb, _) if !is_good => self.complain(verb, "(BADINDEX)"),
            (verb, None) => self.complain(verb, "(MISSING)"),
            (verb, Some(value)) => {
                self.next += 1;
                let flags = if matches!(verb, 'v' | 'w') {
                    flags.for_value()
                } else {
                    flags
                };
                self.printer.argument(value, verb, &flags);
            }
        }
    }

    /// Reads flags, width and precision, and tells whether the indexes among them are good.
    fn modifiers(&mut self) -> (Flags, bool) {
        let mut flags = Flags::default();
        while self.rest.first().is_some_and(|byte| flags.switch(*byte)) {
            self.rest = &self.rest[1..];
        }
        let mut index = self.index();
        let mut is_good = !index.is_bad();
        if self.take(b'*') {
            self.width_argument(&mut flags);
            index = Index::Absent;
        } else {
            flags.width = self.number();
            // An index belongs before a star or before the verb.
            is_good &= flags.width.is_none() || !index.is_number();
        }
        // A point at the end of the format is the verb.
        if self.rest.len() > 1 && self.take(b'.') {
            is_good &= !index.is_number();
            index = self.index();
            is_good &= !index.is_bad();
            if self.take(b'*') {
                self.precision_argument(&mut flags);
                index = Index::Absent;
            } else {
                flags.precision = Some(self.number().unwrap_or(0));
            }
        }
        if !index.is_number() {
            is_good &= !self.index().is_bad();
        }
        (flags, is_good)
    }

    fn width_argument(&mut self, flags: &mut Flags) {
        let Some(width) = self.size_argument() else {
            self.printer.out.push("%!(BADWIDTH)");
            return;
        };
        flags.minus |= width < 0;
        flags.width = usize::try_from(width.unsigned_abs()).ok();
    }

    fn precision_argument(&mut self, flags: &mut Flags) {
        flags.precision = self
            .size_argument()
            .and_then(|size| usize::try_from(size).ok());
        if flags.precision.is_none() {
            self.printer.out.push("%!(BADPREC)");
        }
    }

    /// Takes an argument that is a whole number of a sensible size.
    fn size_argument(&mut self) -> Option<i64> {
        let value = self.values.get(self.next)?;
        self.next += 1;
        let size = match value.shape() {
            Shape::Signed(size) => size,
            Shape::Unsigned(size) => i64::try_from(size).ok()?,
            _ => return None,
        };
        (-MAX_SIZE..=MAX_SIZE).contains(&size).then_some(size)
    }

    /// Reads an index in brackets and goes to the argument it names.
    fn index(&mut self) -> Index {
        if self.rest.first() != Some(&b'[') {
            return Index::Absent;
        }
        self.is_reordered = true;
        let end = self.rest.iter().position(|byte| *byte == b']');
        let Some(end) = end.filter(|_| self.rest.len() >= b"[1]".len()) else {
            self.rest = &self.rest[1..];
            return Index::Malformed;
        };
        let inner = &self.rest[1..end];
        self.rest = &self.rest[end + 1..];
        match read_number(inner) {
            Some((number, b"")) if (1..=self.values.len()).contains(&number) => {
                self.next = number - 1;
                Index::Fits
            }
            Some((_, b"")) => Index::OutOfRange,
            _ => Index::Malformed,
        }
    }

    /// Reads a number, if there is one; one that is too large swallows the rest of the format.
    fn number(&mut self) -> Option<usize> {
        if !self.rest.first().is_some_and(u8::is_ascii_digit) {
            return None;
        }
        let read = read_number(self.rest);
        self.rest = read.map_or(&[], |(_, rest)| rest);
        read.map(|(number, _)| number)
    }

    fn take(&mut self, byte: u8) -> bool {
        let taken = self.rest.first() == Some(&byte);
        if taken {
            self.rest = &self.rest[1..];
        }
        taken
    }

    fn complain(&mut self, verb: char, complaint: &str) {
        self.printer.out.push("%!");
        self.printer.out.push_char(verb);
        self.printer.out.push(complaint);
    }

    /// Shows the arguments that no directive asked for.
    fn extra(&mut self) {
        let values = self.values;
        for (place, value) in values[self.next..].iter().enumerate() {
            self.printer
                .out
                .push(if place == 0 { "%!(EXTRA " } else { ", " });
            self.printer.out.push(value.type_name().as_bytes());
            if !matches!(value.shape(), Shape::Nil) {
                self.printer.out.push("=");
                self.printer.argument(value, 'v', &Flags::default());
            }
        }
        self.printer.out.push(")");
    }
}

/// Reads digits, unless there are none or their number is too large.
fn read_number(text: &[u8]) -> Option<(usize, &[u8])> {
    let length = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (digits, rest) = text.split_at(length);
    let mut number = 0;
    for digit in digits {
        // As in Go the last digit is not looked at.
        if number > MAX_SIZE as usize {
            return None;
        }
        number = number * 10 + usize::from(digit - b'0');
    }
    (!digits.is_empty()).then_some((number, rest))
}
