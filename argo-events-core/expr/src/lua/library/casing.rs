//! Upper and lower case letter by letter, as in Go: one character stays one.

use crate::gostrconv::runes;

pub(super) fn upper(text: &[u8]) -> Vec<u8> {
    if text.is_ascii() {
        return text.to_ascii_uppercase();
    }
    runes(text)
        .flat_map(|rune| encode(upper_letter(rune.character)))
        .collect()
}

pub(super) fn lower(text: &[u8]) -> Vec<u8> {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    runes(text)
        .flat_map(|rune| encode(lower_letter(rune.character)))
        .collect()
}

fn encode(letter: char) -> impl Iterator<Item = u8> {
    let mut bytes = [0; 4];
    let length = letter.encode_utf8(&mut bytes).len();
    bytes.into_iter().take(length)
}

/// Gives the one letter that a letter becomes; those that would become several mostly stay.
fn upper_letter(letter: char) -> char {
    let mut letters = letter.to_uppercase();
    match (letters.next(), letters.next()) {
        (Some(upper), None) => upper,
        _ => match letter as u32 {
            // Greek letters with an iota below have capitals with an iota beside.
            code @ (0x1f80..=0x1f87 | 0x1f90..=0x1f97 | 0x1fa0..=0x1fa7) => {
                shifted(code, 8, letter)
            }
            code @ (0x1fb3 | 0x1fc3 | 0x1ff3) => shifted(code, 9, letter),
            _ => letter,
        },
    }
}

fn shifted(code: u32, by: u32, otherwise: char) -> char {
    char::from_u32(code + by).unwrap_or(otherwise)
}

fn lower_letter(letter: char) -> char {
    let mut letters = letter.to_lowercase();
    letters.next().unwrap_or(letter)
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
}
