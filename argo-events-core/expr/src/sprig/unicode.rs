//! Categories of characters and title case, as Go's package `unicode` has them.

pub(super) use crate::unicode::{to_lower, to_upper};

use crate::unicode::{KNOWN, contains, query};
use regex_syntax::hir::ClassUnicode;
use std::sync::LazyLock;

static UPPER: LazyLock<ClassUnicode> = LazyLock::new(|| category("Lu"));
static LOWER: LazyLock<ClassUnicode> = LazyLock::new(|| category("Ll"));
static LETTER: LazyLock<ClassUnicode> = LazyLock::new(|| category("L"));
static NUMBER: LazyLock<ClassUnicode> = LazyLock::new(|| category("N"));
static DIGIT: LazyLock<ClassUnicode> = LazyLock::new(|| category("Nd"));
static PUNCTUATION: LazyLock<ClassUnicode> = LazyLock::new(|| category("P"));

fn category(name: &str) -> ClassUnicode {
    let mut class = query(&format!("gc={name}"));
    class.intersect(&KNOWN);
    class
}

pub(super) fn is_upper(character: char) -> bool {
    if character.is_ascii() {
        return character.is_ascii_uppercase();
    }
    contains(&UPPER, character)
}

pub(super) fn is_lower(character: char) -> bool {
    if character.is_ascii() {
        return character.is_ascii_lowercase();
    }
    contains(&LOWER, character)
}

/// Tells whether a character is a capital followed by a small letter in one, such as `ǅ`.
pub(super) fn is_title(character: char) -> bool {
    matches!(
        u32::from(character),
        0x1c5 | 0x1c8 | 0x1cb | 0x1f2
            | 0x1f88..=0x1f8f | 0x1f98..=0x1f9f | 0x1fa8..=0x1faf
            | 0x1fbc | 0x1fcc | 0x1ffc
    )
}

pub(super) fn is_letter(character: char) -> bool {
    contains(&LETTER, character)
}

pub(super) fn is_number(character: char) -> bool {
    contains(&NUMBER, character)
}

pub(super) fn is_digit(character: char) -> bool {
    contains(&DIGIT, character)
}

pub(super) fn is_punctuation(character: char) -> bool {
    contains(&PUNCTUATION, character)
}

pub(super) fn to_title(character: char) -> char {
    match u32::from(character) {
        0x1c4..=0x1c6 => '\u{1c5}',
        0x1c7..=0x1c9 => '\u{1c8}',
        0x1ca..=0x1cc => '\u{1cb}',
        0x1f1..=0x1f3 => '\u{1f2}',
        0x10d0..=0x10fa | 0x10fd..=0x10ff => character,
        _ => to_upper(character),
    }
}
