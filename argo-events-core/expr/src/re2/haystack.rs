//! A text to search, made valid UTF-8 if it is not, with the way back to the original offsets.

use crate::gostrconv::decode_rune;
use std::{borrow::Cow, ops::Range};

#[derive(Debug)]
pub(super) struct Haystack<'t> {
    valid: Cow<'t, [u8]>,
    /// Where in the valid text a replacement character stands for one byte of the original.
    replaced: Vec<usize>,
}

const REPLACEMENT: &str = "\u{fffd}";

impl<'t> Haystack<'t> {
    pub(super) fn new(text: &'t [u8]) -> Self {
        let valid_up_to = match std::str::from_utf8(text) {
            Ok(_) => {
                return Self {
                    valid: Cow::Borrowed(text),
                    replaced: Vec::new(),
                };
            }
            Err(error) => error.valid_up_to(),
        };
        let (start, mut rest) = text.split_at(valid_up_to);
        let mut valid = Vec::with_capacity(text.len() + text.len() / 8);
        valid.extend_from_slice(start);
        let mut replaced = Vec::new();
        while let Some(rune) = decode_rune(rest) {
            if rune.valid {
                valid.extend_from_slice(&rest[..rune.width]);
            } else {
                replaced.push(valid.len());
                valid.extend_from_slice(REPLACEMENT.as_bytes());
            }
            rest = &rest[rune.width..];
        }
        Self {
            valid: Cow::Owned(valid),
            replaced,
        }
    }

    /// Gives the text to search.
    pub(super) fn valid(&self) -> &[u8] {
        &self.valid
    }

    /// Turns a range of the valid text into one of the original.
    pub(super) fn original(&self, range: Range<usize>) -> Range<usize> {
        self.original_offset(range.start)..self.original_offset(range.end)
    }

    fn original_offset(&self, offset: usize) -> usize {
        let replaced = self.replaced.partition_point(|start| *start < offset);
        offset - replaced * (REPLACEMENT.len() - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn offsets_lead_back_to_the_original() {
        let haystack = Haystack::new(b"a\xff\xfe\xc3\xa9\xe6\x97");
        assert_eq!(
            haystack.valid(),
            "a\u{fffd}\u{fffd}é\u{fffd}\u{fffd}".as_bytes()
        );
        assert_eq!(haystack.original(1..4), 1..2);
        assert_eq!(haystack.original(7..9), 3..5);
        assert_eq!(haystack.original(12..15), 6..7);
    }

    proptest! {
        #[test]
        fn the_ends_map_to_the_ends(text: Vec<u8>) {
            let haystack = Haystack::new(&text);
            prop_assert!(std::str::from_utf8(haystack.valid()).is_ok());
            prop_assert_eq!(haystack.original(0..haystack.valid().len()), 0..text.len());
        }
    }
}
