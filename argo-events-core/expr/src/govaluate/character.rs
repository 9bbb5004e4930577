//! The kinds of characters, as Go's `unicode` knows them.

use crate::re2::Regex;
use std::sync::LazyLock;

/// Tells whether a character is a letter of any script.
pub(super) fn is_letter(character: char) -> bool {
    static LETTERS: LazyLock<Regex> = LazyLock::new(|| set(r"\pL"));
    is_in(character, char::is_ascii_alphabetic, &LETTERS)
}

/// Tells whether a character is a decimal digit of any script.
pub(super) fn is_digit(character: char) -> bool {
    static DIGITS: LazyLock<Regex> = LazyLock::new(|| set(r"\p{Nd}"));
    is_in(character, char::is_ascii_digit, &DIGITS)
}

/// Tells whether a character can be part of a number.
pub(super) fn is_numeric(character: char) -> bool {
    is_digit(character) || character == '.'
}

/// Tells whether a character can be part of a hexadecimal number.
pub(super) fn is_hex_digit(character: char) -> bool {
    is_digit(character) || character.is_ascii_hexdigit()
}

/// Tells whether a character can be part of a bare name.
pub(super) fn is_name(character: char) -> bool {
    is_letter(character) || is_digit(character) || matches!(character, '_' | '.')
}

/// Tells whether a character begins or ends a text.
pub(super) fn is_quote(character: char) -> bool {
    matches!(character, '\'' | '"')
}

/// Tells whether a character can be part of an operator.
pub(super) fn is_symbol(character: char) -> bool {
    let is_own_token = matches!(character, '(' | ')' | '[' | ']') || is_quote(character);
    !is_own_token && !is_digit(character) && !is_letter(character)
}

/// Tells whether a name begins as those that Go hides from other packages.
pub(super) fn begins_lower(name: &str) -> bool {
    let Some(first) = name.chars().next() else {
        return false;
    };
    let mut upper = first.to_uppercase();
    // A letter whose capital is several letters, such as ß, is its own capital there.
    upper.len() == 1 && upper.next() != Some(first)
}

fn set(pattern: &str) -> Regex {
    Regex::new(pattern).expect("the pattern is a fixed and valid one")
}

fn is_in(character: char, ascii: fn(&char) -> bool, others: &Regex) -> bool {
    if character.is_ascii() {
        ascii(&character)
    } else {
        others.is_match(character.encode_utf8(&mut [0; 4]).as_bytes())
    }
}
