//! Categories and simple case mappings of characters, as Go's package `unicode` has them.
//!
//! A simple mapping is one character for one: `ß` stays, where Rust would give `SS`. All is as of
//! Unicode 15.0, the version Go has; what is newer has no category and no other case.

use regex_syntax::hir::{Class, ClassUnicode, HirKind};
use std::sync::LazyLock;

static UPPER: LazyLock<ClassUnicode> = LazyLock::new(|| category("Lu"));
static LOWER: LazyLock<ClassUnicode> = LazyLock::new(|| category("Ll"));
static LETTER: LazyLock<ClassUnicode> = LazyLock::new(|| category("L"));
static NUMBER: LazyLock<ClassUnicode> = LazyLock::new(|| category("N"));
static DIGIT: LazyLock<ClassUnicode> = LazyLock::new(|| category("Nd"));
static PUNCTUATION: LazyLock<ClassUnicode> = LazyLock::new(|| category("P"));

static KNOWN: LazyLock<ClassUnicode> = LazyLock::new(|| query("age=15.0"));

fn category(name: &str) -> ClassUnicode {
    let mut class = query(&format!("gc={name}"));
    class.intersect(&KNOWN);
    class
}

fn query(property: &str) -> ClassUnicode {
    let class = regex_syntax::parse(&format!("\\p{{{property}}}")).map(|hir| hir.into_kind());
    match class {
        Ok(HirKind::Class(Class::Unicode(class))) => class,
        // All properties asked for have many members.
        _ => ClassUnicode::empty(),
    }
}

fn contains(class: &ClassUnicode, character: char) -> bool {
    let after = class
        .ranges()
        .partition_point(|range| range.end() < character);
    class
        .ranges()
        .get(after)
        .is_some_and(|range| range.start() <= character)
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

pub(super) fn to_upper(character: char) -> char {
    let mut mapped = character.to_uppercase();
    match (mapped.next(), mapped.next()) {
        (Some(upper), None) => if_known(upper, character),
        // The full mapping has several characters; those with an iota below have a simple one, too.
        _ => match u32::from(character) {
            code @ (0x1f80..=0x1f87 | 0x1f90..=0x1f97 | 0x1fa0..=0x1fa7) => later(code, 8),
            code @ (0x1fb3 | 0x1fc3 | 0x1ff3) => later(code, 9),
            _ => character,
        },
    }
}

pub(super) fn to_lower(character: char) -> char {
    let mut mapped = character.to_lowercase();
    match (mapped.next(), mapped.next()) {
        // Only the capital i with a dot has a mapping to several, which begins with its simple one.
        (Some(lower), _) => if_known(lower, character),
        _ => character,
    }
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

/// Gives what a character is mapped to, or the character itself if either is too new.
fn if_known(mapped: char, character: char) -> char {
    let is_known = mapped.is_ascii()
        || mapped == character
        || (contains(&KNOWN, mapped) && contains(&KNOWN, character));
    if is_known { mapped } else { character }
}

fn later(code: u32, distance: u32) -> char {
    char::from_u32(code + distance).unwrap_or(char::REPLACEMENT_CHARACTER)
}
