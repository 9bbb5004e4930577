//! The text written so far, with padding and a limit.

use super::flags::Flags;
use crate::gostrconv::runes;
use std::fmt;

/// The longest text that formatting gives.
pub const MAX_OUTPUT_BYTES: usize = 16 << 20;

/// A formatted text would be longer than [`MAX_OUTPUT_BYTES`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooLarge;

impl fmt::Display for TooLarge {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "formatted text is longer than {MAX_OUTPUT_BYTES} bytes"
        )
    }
}

impl std::error::Error for TooLarge {}

#[derive(Debug, Default)]
pub(super) struct Output {
    bytes: Vec<u8>,
    is_full: bool,
}

impl Output {
    /// Gives the text, unless it became too long.
    pub(super) fn finish(self) -> Result<Vec<u8>, TooLarge> {
        if self.is_full {
            Err(TooLarge)
        } else {
            Ok(self.bytes)
        }
    }

    /// Tells that writing more is of no use.
    pub(super) fn is_full(&self) -> bool {
        self.is_full
    }

    pub(super) fn push(&mut self, text: impl AsRef<[u8]>) {
        let text = text.as_ref();
        self.is_full |= text.len() > MAX_OUTPUT_BYTES - self.bytes.len();
        if !self.is_full {
            self.bytes.extend_from_slice(text);
        }
    }

    pub(super) fn push_char(&mut self, character: char) {
        self.push(character.encode_utf8(&mut [0; 4]));
    }

    /// Writes padding as the flags ask for.
    pub(super) fn fill(&mut self, count: usize, flags: &Flags) {
        let filler = if flags.pads_with_zeros() { b'0' } else { b' ' };
        self.is_full |= count > MAX_OUTPUT_BYTES - self.bytes.len();
        if !self.is_full {
            self.bytes.resize(self.bytes.len() + count, filler);
        }
    }

    /// Writes a text, padded to the width in characters.
    pub(super) fn pad(&mut self, text: impl AsRef<[u8]>, flags: &Flags) {
        let text = text.as_ref();
        self.pad_counted(text, runes(text).count(), flags);
    }

    /// Writes a text, padded to the width, that counts as so many characters.
    pub(super) fn pad_counted(&mut self, text: &[u8], count: usize, flags: &Flags) {
        let missing = flags.width.unwrap_or(0).saturating_sub(count);
        if flags.minus {
            self.push(text);
            self.fill(missing, flags);
        } else {
            self.fill(missing, flags);
            self.push(text);
        }
    }
}
