//! Reads times.

mod draft;
mod fields;
mod zone;

use super::{
    error::{ParseError, quoted},
    layout::{Chunk, next_chunk},
    location::Location,
    time::Time,
};
use draft::Draft;

impl Time {
    /// Reads a time in a layout such as `2006-01-02 15:04:05 MST`; without a zone it is UTC.
    ///
    /// What the layout leaves out is zero, and one for month and day. A fraction of a second is
    /// read even where the layout has none. The day of the week is not compared with the date.
    ///
    /// # Errors
    /// When the text does not match the layout, or names a day that does not exist.
    pub fn parse(layout: impl AsRef<[u8]>, value: impl AsRef<[u8]>) -> Result<Self, ParseError> {
        read(layout.as_ref(), value.as_ref())?.finish(&Location::Utc, &Location::Local)
    }

    /// Reads a time as clocks of a place show it, unless the text names a zone or an offset.
    ///
    /// # Errors
    /// When the text does not match the layout, or names a day that does not exist.
    pub fn parse_in(
        layout: impl AsRef<[u8]>,
        value: impl AsRef<[u8]>,
        location: &Location,
    ) -> Result<Self, ParseError> {
        read(layout.as_ref(), value.as_ref())?.finish(location, location)
    }
}

/// Why an element cannot be read.
enum Failure {
    /// The text is not what the element asks for.
    Mismatch,
    /// The text is a number that the element does not allow.
    OutOfRange(&'static str),
}

/// A text, of which more and more has been read.
struct Input<'a> {
    rest: &'a [u8],
}

/// Reads all elements of a layout.
fn read<'a>(layout: &'a [u8], value: &'a [u8]) -> Result<Draft<'a>, ParseError> {
    let mut draft = Draft::new(layout, value);
    let mut input = Input { rest: value };
    let mut ahead = layout;
    loop {
        let chunk = next_chunk(ahead);
        input
            .skip(chunk.prefix)
            .map_err(|()| draft.error(chunk.prefix, input.rest, ""))?;
        if chunk.element.is_none() {
            break;
        }
        read_element(&mut draft, &mut input, chunk)?;
        ahead = chunk.rest;
    }
    if !input.rest.is_empty() {
        let message = format!(": extra text: {}", quoted(input.rest));
        return Err(draft.error(b"", input.rest, message));
    }
    draft.rest = input.rest;
    Ok(draft)
}

fn read_element<'a>(
    draft: &mut Draft<'a>,
    input: &mut Input<'a>,
    chunk: Chunk<'_>,
) -> Result<(), ParseError> {
    let Some((element, spelling)) = chunk.element else {
        return Ok(());
    };
    let before = input.rest;
    draft
        .read(element, input, chunk.rest)
        .map_err(|failure| match failure {
            Failure::Mismatch => draft.error(spelling, before, ""),
            Failure::OutOfRange(what) => {
                draft.error(spelling, input.rest, format!(": {what} out of range"))
            }
        })
}

impl<'a> Input<'a> {
    /// Steps over a text of the layout, any number of spaces for any number of spaces.
    fn skip(&mut self, mut prefix: &[u8]) -> Result<(), ()> {
        while let Some(&expected) = prefix.first() {
            if expected == b' ' {
                if self.rest.first().is_some_and(|found| *found != b' ') {
                    return Err(());
                }
                prefix = without_spaces(prefix);
                self.rest = without_spaces(self.rest);
                continue;
            }
            if self.rest.first() != Some(&expected) {
                return Err(());
            }
            prefix = &prefix[1..];
            self.rest = &self.rest[1..];
        }
        Ok(())
    }

    /// Takes so many bytes.
    fn take(&mut self, count: usize) -> Result<&'a [u8], Failure> {
        let (taken, rest) = self.rest.split_at_checked(count).ok_or(Failure::Mismatch)?;
        self.rest = rest;
        Ok(taken)
    }

    /// Takes one of the names and returns its index; only their first letters need to be there.
    fn name(&mut self, names: &[&str], letters: usize) -> Result<usize, Failure> {
        let matches = |name: &&str| {
            let wanted = &name.as_bytes()[..letters.min(name.len())];
            self.rest
                .get(..wanted.len())
                .is_some_and(|found| found.eq_ignore_ascii_case(wanted))
        };
        let index = names.iter().position(matches).ok_or(Failure::Mismatch)?;
        self.take(letters.min(names[index].len()))?;
        Ok(index)
    }

    /// Takes up to so many digits, or exactly so many if `fixed`.
    fn digits(&mut self, most: usize, fixed: bool) -> Result<i64, Failure> {
        let count = digits(self.rest).min(most);
        if count == 0 || (fixed && count != most) {
            return Err(Failure::Mismatch);
        }
        let number = |value, digit: &u8| value * 10 + i64::from(digit - b'0');
        Ok(self.take(count)?.iter().fold(0, number))
    }

    fn skip_space(&mut self) {
        self.rest = self.rest.strip_prefix(b" ").unwrap_or(self.rest);
    }
}

/// Returns how many digits a text begins with.
fn digits(text: &[u8]) -> usize {
    text.iter().take_while(|byte| byte.is_ascii_digit()).count()
}

fn without_spaces(text: &[u8]) -> &[u8] {
    let spaces = text.iter().take_while(|byte| **byte == b' ').count();
    &text[spaces..]
}

/// Reads a whole text as a number with or without a sign; no digits are zero.
fn signed(text: &[u8]) -> Result<i64, Failure> {
    let (negative, digits) = match text.split_first() {
        Some((b'-', rest)) => (true, rest),
        Some((b'+', rest)) => (false, rest),
        _ => (false, text),
    };
    let magnitude = digits.iter().try_fold(0_i64, |value, byte| {
        let digit = byte.is_ascii_digit().then(|| i64::from(byte - b'0'))?;
        value.checked_mul(10)?.checked_add(digit)
    });
    let magnitude = magnitude.ok_or(Failure::Mismatch)?;
    Ok(if negative { -magnitude } else { magnitude })
}
