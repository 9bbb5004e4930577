//! Reads a class in brackets.

use super::Parser;
use crate::re2::{Error, ErrorKind, sets};
use regex_syntax::hir::{ClassUnicode, ClassUnicodeRange};

impl<'p> Parser<'p> {
    /// Reads a class from its opening bracket to its closing one.
    ///
    /// A bracket, `&&`, `--` or `~~` inside has no meaning of its own.
    pub(super) fn class(&mut self) -> Result<ClassUnicode, Error> {
        let start = self.rest;
        self.skip(1);
        let negated = self.rest.first() == Some(&b'^');
        if negated {
            self.skip(1);
        }
        let mut ranges = Vec::new();
        let mut first = true;
        while first || self.rest.first() != Some(&b']') {
            first = false;
            self.class_item(start, &mut ranges)?;
            if self.class_ranges + ranges.len() > super::MAX_CLASS_RANGES {
                return Err(self.whole(ErrorKind::TooLarge));
            }
        }
        self.skip(1);
        Ok(sets::negated_if(ClassUnicode::new(ranges), negated))
    }

    fn class_item(
        &mut self,
        class: &'p [u8],
        ranges: &mut Vec<ClassUnicodeRange>,
    ) -> Result<(), Error> {
        if let Some(named) = self.posix_class()? {
            ranges.extend_from_slice(named.ranges());
            return Ok(());
        }
        if let Some(escaped) = self.escaped_class()? {
            ranges.extend_from_slice(escaped.ranges());
            return Ok(());
        }
        let start = self.rest;
        let low = self.class_char(class)?;
        let mut high = low;
        // A dash before the closing bracket is a dash.
        if let [b'-', next, ..] = self.rest
            && *next != b']'
        {
            self.skip(1);
            high = self.class_char(class)?;
            if high < low {
                return Err(self.error_since(ErrorKind::InvalidClassRange, start));
            }
        }
        let set = sets::range(low, high);
        let set = if self.flags.fold_case {
            sets::folded(set)
        } else {
            set
        };
        ranges.extend_from_slice(set.ranges());
        Ok(())
    }

    fn class_char(&mut self, class: &'p [u8]) -> Result<u32, Error> {
        if self.rest.first() == Some(&b'\\') {
            return self.escaped_char();
        }
        match self.next_char()? {
            Some(character) => Ok(character.into()),
            None => Err(self.error_at(ErrorKind::MissingBracket, class)),
        }
    }

    /// Reads `[:name:]`, if there is one.
    fn posix_class(&mut self) -> Result<Option<ClassUnicode>, Error> {
        let start = self.rest;
        let Some(inner) = start.strip_prefix(b"[:") else {
            return Ok(None);
        };
        let Some(length) = inner.windows(2).position(|window| window == b":]") else {
            return Ok(None);
        };
        self.skip(length + b"[::]".len());
        match sets::posix(&inner[..length], self.flags.fold_case) {
            Some(class) => Ok(Some(class)),
            None => Err(self.error_since(ErrorKind::InvalidClassRange, start)),
        }
    }
}
