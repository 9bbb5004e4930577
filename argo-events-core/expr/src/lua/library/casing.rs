//! Upper and lower case letter by letter, as in Go: one character stays one.

use crate::{
    gostrconv::runes,
    unicode::{to_lower, to_upper},
};

pub(super) fn upper(text: &[u8]) -> Vec<u8> {
    if text.is_ascii() {
        return text.to_ascii_uppercase();
    }
    runes(text)
        .flat_map(|rune| encode(to_upper(rune.character)))
        .collect()
}

pub(super) fn lower(text: &[u8]) -> Vec<u8> {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    runes(text)
        .flat_map(|rune| encode(to_lower(rune.character)))
        .collect()
}

fn encode(letter: char) -> impl Iterator<Item = u8> {
    let mut bytes = [0; 4];
    let length = letter.encode_utf8(&mut bytes).len();
    bytes.into_iter().take(length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_letter_stays_one() {
        assert_eq!(upper("éß日ᾳ".as_bytes()), "Éß日ᾼ".as_bytes());
        assert_eq!(lower("ÉİΣ".as_bytes()), "éiσ".as_bytes());
        assert_eq!(upper(b"a\xffb"), "A\u{fffd}B".as_bytes());
    }
    #[test]
    fn letters_newer_than_the_reference_stay() {
        // The capital came with Unicode 16, the small letter was there before.
        let (capital, small) = ("\u{a7cb}".as_bytes(), "\u{264}".as_bytes());
        assert_eq!(
            (upper(small), lower(capital)),
            (small.into(), capital.into())
        );
    }
}
