//! Reads a pattern as Go does and builds the engine's own form of it.
//!
//! One pass without recursion: [`stack`] holds the groups that are open, the other files read one
//! construct each. What is accepted, what it means and which part of the pattern an error names
//! are Go's.

mod class;
mod escape;
mod group;
mod piece;
mod repeat;
mod stack;
#[cfg(test)]
mod tests;

use super::{Error, ErrorKind, sets};
use crate::gostrconv::decode_rune;
use piece::Piece;
use regex_syntax::hir::{Class, ClassUnicode, Dot, Hir, Look};
use stack::Stack;
use std::collections::BTreeMap;

/// How many ranges all classes of a pattern may have together; `\pL` has about 650.
const MAX_CLASS_RANGES: usize = 1 << 20;

/// A pattern ready to be compiled.
#[derive(Debug)]
pub(super) struct Pattern {
    pub(super) hir: Hir,
    /// The name of each group, empty where it has none; the first stands for the whole match.
    pub(super) names: Vec<String>,
    /// How many levels are inside each other.
    pub(super) height: usize,
}

/// Reads a pattern.
pub(super) fn parse(pattern: &[u8]) -> Result<Pattern, Error> {
    Parser::new(pattern).run()
}

/// What `(?imsU)` switches.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Flags {
    fold_case: bool,
    multi_line: bool,
    dot_matches_newline: bool,
    swap_greed: bool,
}

struct Parser<'p> {
    pattern: &'p [u8],
    rest: &'p [u8],
    flags: Flags,
    stack: Stack,
    names: Vec<String>,
    class_ranges: usize,
    named_classes: NamedClasses,
}

/// Classes found by name, folded or not, so that none is put together twice.
type NamedClasses = BTreeMap<(String, bool), Option<ClassUnicode>>;

impl<'p> Parser<'p> {
    fn new(pattern: &'p [u8]) -> Self {
        Self {
            pattern,
            rest: pattern,
            flags: Flags::default(),
            stack: Stack::default(),
            names: vec![String::new()],
            class_ranges: 0,
            named_classes: NamedClasses::new(),
        }
    }

    fn run(mut self) -> Result<Pattern, Error> {
        let mut repetition = None;
        while let Some(&byte) = self.rest.first() {
            let before = self.rest;
            let repeats = self.construct(byte, repetition)?;
            repetition = repeats.then_some(before);
        }
        let Parser {
            pattern,
            stack,
            names,
            ..
        } = self;
        let piece = stack
            .finish()
            .ok_or(Error::new(ErrorKind::MissingParenthesis, pattern, 0))?;
        if !piece.fits() {
            return Err(Error::new(ErrorKind::NestedTooDeeply, pattern, 0));
        }
        Ok(Pattern {
            height: piece.height(),
            hir: piece.into_hir(),
            names,
        })
    }

    /// Reads one construct and tells whether it was a repetition.
    fn construct(&mut self, byte: u8, repetition: Option<&'p [u8]>) -> Result<bool, Error> {
        match byte {
            b'*' | b'+' | b'?' => return self.simple_repetition(byte, repetition),
            b'{' => return self.counted_repetition(repetition),
            b'(' => self.open_group()?,
            b')' => self.close_group()?,
            b'[' => {
                let class = self.class()?;
                self.push_class(class)?;
            }
            b'\\' => self.backslash()?,
            b'|' => {
                self.skip(1);
                self.stack.next_alternative();
            }
            b'^' => self.push_look(if self.flags.multi_line {
                Look::StartLF
            } else {
                Look::Start
            }),
            b'$' => self.push_look(if self.flags.multi_line {
                Look::EndLF
            } else {
                Look::End
            }),
            b'.' => {
                self.skip(1);
                let every = self.flags.dot_matches_newline;
                let dot = if every {
                    Dot::AnyChar
                } else {
                    Dot::AnyCharExceptLF
                };
                self.stack.push(Piece::leaf(Hir::dot(dot)));
            }
            _ => {
                let character = self.next_char()?;
                self.push_literal(character.map_or(0, u32::from));
            }
        }
        Ok(false)
    }

    fn push_look(&mut self, look: Look) {
        self.skip(1);
        self.stack.push(Piece::leaf(Hir::look(look)));
    }

    /// Adds a character; half a surrogate pair is allowed but matches nothing.
    fn push_literal(&mut self, code: u32) {
        let fold = self.flags.fold_case;
        let hir = match char::from_u32(code) {
            None => Hir::fail(),
            Some(_) if fold => Hir::class(Class::Unicode(sets::folded(sets::range(code, code)))),
            Some(character) => Hir::literal(character.encode_utf8(&mut [0; 4]).as_bytes().to_vec()),
        };
        self.stack.push(Piece::literal(hir, fold));
    }

    fn push_class(&mut self, class: ClassUnicode) -> Result<(), Error> {
        self.class_ranges += class.ranges().len();
        if self.class_ranges > MAX_CLASS_RANGES {
            return Err(self.whole(ErrorKind::TooLarge));
        }
        self.stack
            .push(Piece::leaf(Hir::class(Class::Unicode(class))));
        Ok(())
    }

    fn skip(&mut self, count: usize) {
        self.rest = &self.rest[count..];
    }

    /// Takes the next character, or nothing at the end.
    fn next_char(&mut self) -> Result<Option<char>, Error> {
        let Some(rune) = decode_rune(self.rest) else {
            return Ok(None);
        };
        if !rune.valid {
            return Err(self.error_at(ErrorKind::InvalidUtf8, self.rest));
        }
        self.skip(rune.width);
        Ok(Some(rune.character))
    }

    /// Refuses what was read since a place.
    fn error_since(&self, kind: ErrorKind, start: &'p [u8]) -> Error {
        self.error_at(kind, &start[..start.len() - self.rest.len()])
    }

    /// Refuses a part of the pattern.
    fn error_at(&self, kind: ErrorKind, fragment: &'p [u8]) -> Error {
        let offset = fragment.as_ptr() as usize - self.pattern.as_ptr() as usize;
        Error::new(kind, fragment, offset)
    }

    fn whole(&self, kind: ErrorKind) -> Error {
        Error::new(kind, self.pattern, 0)
    }

    /// Refuses text that is not UTF-8, as Go does before it complains about what the text says.
    fn check_utf8(&self, text: &'p [u8]) -> Result<(), Error> {
        match std::str::from_utf8(text) {
            Ok(_) => Ok(()),
            Err(error) => Err(self.error_at(ErrorKind::InvalidUtf8, &text[error.valid_up_to()..])),
        }
    }
}
