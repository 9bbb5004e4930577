//! Walks bytes that may not be UTF-8, one character or one stray byte at a time.

/// One step through a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rune {
    /// The character, or U+FFFD where the bytes are none.
    pub character: char,
    /// How many bytes it takes: always 1 where the bytes are no character.
    pub width: usize,
    /// Whether the bytes were a character; tells a stray byte from a true U+FFFD.
    pub valid: bool,
}

/// Decodes the first character of a text, or nothing if the text is empty.
///
/// Unlike Rust's lossy decoding, every byte of a broken sequence counts by itself.
///
/// ```
/// use argo_events_expr::gostrconv::decode_rune;
/// assert_eq!(decode_rune("é!".as_bytes()).map(|rune| rune.width), Some(2));
/// assert_eq!(decode_rune(b"\xe6\x97!").map(|rune| (rune.width, rune.valid)), Some((1, false)));
/// ```
#[must_use]
pub fn decode_rune(text: &[u8]) -> Option<Rune> {
    let first = *text.first()?;
    if first.is_ascii() {
        return Some(Rune {
            character: char::from(first),
            width: 1,
            valid: true,
        });
    }
    let width = match first {
        0xc2..=0xdf => 2,
        0xe0..=0xef => 3,
        0xf0..=0xf4 => 4,
        _ => 1,
    };
    let character = text
        .get(..width)
        .and_then(|bytes| std::str::from_utf8(bytes).ok())
        .and_then(|valid| valid.chars().next());
    Some(match character {
        Some(character) => Rune {
            character,
            width,
            valid: true,
        },
        None => Rune {
            character: char::REPLACEMENT_CHARACTER,
            width: 1,
            valid: false,
        },
    })
}

/// Walks a whole text.
pub fn runes(text: &[u8]) -> impl Iterator<Item = Rune> + '_ {
    let mut rest = text;
    std::iter::from_fn(move || {
        let rune = decode_rune(rest)?;
        rest = &rest[rune.width..];
        Some(rune)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_byte_of_a_broken_sequence_counts_alone() {
        let widths: Vec<_> = runes(b"\xf0\x9f\x98a\xed\xa0\x80")
            .map(|rune| rune.width)
            .collect();
        assert_eq!(widths, [1; 7]);
    }

    proptest! {
        #[test]
        fn steps_cover_the_text(text: Vec<u8>) {
            prop_assert_eq!(runes(&text).map(|rune| rune.width).sum::<usize>(), text.len());
        }

        #[test]
        fn valid_text_gives_its_characters(text: String) {
            let characters: String = runes(text.as_bytes()).map(|rune| rune.character).collect();
            prop_assert_eq!(characters, text);
        }
    }
}
