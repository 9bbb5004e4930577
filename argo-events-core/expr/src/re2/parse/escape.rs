//! Reads what follows a backslash.

use super::Parser;
use crate::re2::{Error, ErrorKind, sets};
use regex_syntax::hir::{ClassUnicode, Look};

impl<'p> Parser<'p> {
    /// Reads an escape outside a class.
    pub(super) fn backslash(&mut self) -> Result<(), Error> {
        let look = match self.rest.get(1) {
            Some(b'A') => Look::Start,
            Some(b'z') => Look::End,
            Some(b'b') => Look::WordAscii,
            Some(b'B') => Look::WordAsciiNegate,
            Some(b'Q') => return self.quotation(),
            _ => {
                if let Some(class) = self.escaped_class()? {
                    return self.push_class(class);
                }
                let code = self.escaped_char()?;
                self.push_literal(code);
                return Ok(());
            }
        };
        self.skip(1);
        self.push_look(look);
        Ok(())
    }

    /// Reads `\Q…\E`, which may lack its end.
    fn quotation(&mut self) -> Result<(), Error> {
        self.skip(b"\\Q".len());
        let after = self.rest;
        let end = after.windows(2).position(|window| window == b"\\E");
        self.rest = &after[..end.unwrap_or(after.len())];
        while let Some(character) = self.next_char()? {
            self.push_literal(character.into());
        }
        self.rest = end.map_or(&after[after.len()..], |end| &after[end + b"\\E".len()..]);
        Ok(())
    }

    /// Reads a class such as `\d` or `\p{Greek}`, if there is one.
    pub(super) fn escaped_class(&mut self) -> Result<Option<ClassUnicode>, Error> {
        match *self.rest {
            [b'\\', b'p' | b'P', ..] => self.unicode_class().map(Some),
            [b'\\', letter, ..] => {
                let class = sets::perl(letter, self.flags.fold_case);
                if class.is_some() {
                    self.skip(2);
                }
                Ok(class)
            }
            _ => Ok(None),
        }
    }

    fn unicode_class(&mut self) -> Result<ClassUnicode, Error> {
        let start = self.rest;
        let mut negated = self.rest[1] == b'P';
        self.skip(2);
        let mut name = self.rest;
        match self.next_char()? {
            Some('{') => {
                let Some(end) = start.iter().position(|byte| *byte == b'}') else {
                    self.check_utf8(start)?;
                    return Err(self.error_at(ErrorKind::InvalidClassRange, start));
                };
                name = &start[b"\\p{".len()..end];
                self.rest = &start[end + 1..];
                self.check_utf8(name)?;
            }
            _ => name = &name[..name.len() - self.rest.len()],
        }
        if let Some(inner) = name.strip_prefix(b"^") {
            negated = !negated;
            name = inner;
        }
        let name = std::str::from_utf8(name).unwrap_or_default();
        let fold = self.flags.fold_case;
        let known = self.named_classes.entry((name.to_owned(), fold));
        let class = known
            .or_insert_with(|| sets::unicode(name, fold))
            .clone()
            .ok_or_else(|| self.error_since(ErrorKind::InvalidClassRange, start))?;
        Ok(sets::negated_if(class, negated))
    }

    /// Reads an escape that stands for one character.
    pub(super) fn escaped_char(&mut self) -> Result<u32, Error> {
        let start = self.rest;
        self.skip(1);
        let Some(letter) = self.next_char()? else {
            let kind = ErrorKind::TrailingBackslash;
            return Err(self.error_at(kind, self.rest));
        };
        let code = match letter {
            '0'..='7' => self.octal(letter),
            'x' => self.hexadecimal()?,
            'a' => Some(0x07),
            'f' => Some(0x0c),
            'n' => Some(u32::from('\n')),
            'r' => Some(u32::from('\r')),
            't' => Some(u32::from('\t')),
            'v' => Some(0x0b),
            _ if letter.is_ascii() && !letter.is_ascii_alphanumeric() => Some(letter.into()),
            _ => None,
        };
        code.ok_or_else(|| self.error_since(ErrorKind::InvalidEscape, start))
    }

    /// Reads up to three octal digits; a single one other than zero would refer back to a group.
    fn octal(&mut self, first: char) -> Option<u32> {
        let more = self
            .rest
            .iter()
            .take(2)
            .take_while(|byte| matches!(byte, b'0'..=b'7'))
            .count();
        if first != '0' && more == 0 {
            return None;
        }
        let digits = &self.rest[..more];
        self.skip(more);
        let digit = |byte: &u8| u32::from(byte - b'0');
        Some(
            digits
                .iter()
                .fold(first.to_digit(8)?, |code, byte| code * 8 + digit(byte)),
        )
    }

    /// Reads two hexadecimal digits, or any number of them in braces.
    fn hexadecimal(&mut self) -> Result<Option<u32>, Error> {
        let Some(first) = self.next_char()? else {
            return Ok(None);
        };
        if first == '{' {
            return self.hexadecimal_in_braces();
        }
        let second = self.next_char()?;
        let digit = |character: char| character.to_digit(16);
        Ok(digit(first)
            .zip(second.and_then(digit))
            .map(|(high, low)| high * 16 + low))
    }

    fn hexadecimal_in_braces(&mut self) -> Result<Option<u32>, Error> {
        let (mut code, mut any) = (0, false);
        while let Some(character) = self.next_char()? {
            if character == '}' {
                return Ok(any.then_some(code));
            }
            let Some(digit) = character.to_digit(16) else {
                break;
            };
            code = code * 16 + digit;
            if code > u32::from(char::MAX) {
                break;
            }
            any = true;
        }
        Ok(None)
    }
}
