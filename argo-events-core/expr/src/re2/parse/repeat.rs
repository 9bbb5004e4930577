//! Reads `*`, `+`, `?` and `{n,m}`.

use super::{Parser, piece::MAX_REPEAT};
use crate::re2::{Error, ErrorKind};

/// A count that is larger than any allowed one.
const TOO_MANY: u32 = u32::MAX;

struct Count {
    min: u32,
    max: Option<u32>,
}

impl<'p> Parser<'p> {
    pub(super) fn simple_repetition(
        &mut self,
        sign: u8,
        previous: Option<&'p [u8]>,
    ) -> Result<bool, Error> {
        let start = self.rest;
        self.skip(1);
        let count = match sign {
            b'*' => Count { min: 0, max: None },
            b'+' => Count { min: 1, max: None },
            _ => Count {
                min: 0,
                max: Some(1),
            },
        };
        self.repeat(start, previous, count, false)?;
        Ok(true)
    }

    /// Reads a count in braces; what looks otherwise is a brace as such.
    pub(super) fn counted_repetition(&mut self, previous: Option<&'p [u8]>) -> Result<bool, Error> {
        let start = self.rest;
        let Some((count, rest)) = read_count(start) else {
            self.skip(1);
            self.push_literal(u32::from('{'));
            return Ok(false);
        };
        self.rest = rest;
        let max = count.max.unwrap_or(0);
        let backwards = count.max.is_some_and(|max| max < count.min);
        if count.min > MAX_REPEAT || max > MAX_REPEAT || backwards {
            return Err(self.error_since(ErrorKind::InvalidRepeatCount, start));
        }
        self.repeat(start, previous, count, true)?;
        Ok(true)
    }

    fn repeat(
        &mut self,
        start: &'p [u8],
        previous: Option<&'p [u8]>,
        Count { min, max }: Count,
        counted: bool,
    ) -> Result<(), Error> {
        let mut greedy = !self.flags.swap_greed;
        if self.rest.first() == Some(&b'?') {
            self.skip(1);
            greedy = !greedy;
        }
        if let Some(previous) = previous {
            return Err(self.error_since(ErrorKind::NestedRepetition, previous));
        }
        let Some(piece) = self.stack.pop() else {
            return Err(self.error_since(ErrorKind::MissingRepeatArgument, start));
        };
        let piece = piece.repeated(min, max, greedy, counted);
        if !piece.fits() {
            return Err(self.whole(ErrorKind::NestedTooDeeply));
        }
        let several = min >= 2 || max.is_some_and(|max| max >= 2);
        if counted && several && !piece.repeats_fit() {
            return Err(self.error_since(ErrorKind::InvalidRepeatCount, start));
        }
        self.stack.push(piece);
        Ok(())
    }
}

/// Reads `{n}`, `{n,}` or `{n,m}` at the start of a text.
fn read_count(text: &[u8]) -> Option<(Count, &[u8])> {
    let (min, rest) = read_number(text.strip_prefix(b"{")?)?;
    if let Some(rest) = rest.strip_prefix(b"}") {
        return Some((
            Count {
                min,
                max: Some(min),
            },
            rest,
        ));
    }
    let rest = rest.strip_prefix(b",")?;
    if let Some(rest) = rest.strip_prefix(b"}") {
        return Some((Count { min, max: None }, rest));
    }
    let (max, rest) = read_number(rest)?;
    Some((
        Count {
            min,
            max: Some(max),
        },
        rest.strip_prefix(b"}")?,
    ))
}

/// Reads digits without a leading zero.
fn read_number(text: &[u8]) -> Option<(u32, &[u8])> {
    let length = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (digits, rest) = text.split_at(length);
    if digits.is_empty() || length > 1 && digits[0] == b'0' {
        return None;
    }
    let number = std::str::from_utf8(digits)
        .ok()?
        .parse()
        .unwrap_or(TOO_MANY);
    Some((number, rest))
}
