//! Simple case mappings of characters and sets of them, as Go's package `unicode` has them.
//!
//! A simple mapping is one character for one: `ß` stays, where Rust would give `SS`. All is as of
//! Unicode 15.0, the version Go has; what is newer has no category and no other case.

use regex_syntax::hir::{Class, ClassUnicode, HirKind};
use std::sync::LazyLock;

/// The characters of Unicode 15.0.
pub(crate) static KNOWN: LazyLock<ClassUnicode> = LazyLock::new(|| query("age=15.0"));

/// Gives the characters of a property that a pattern can name.
pub(crate) fn query(property: &str) -> ClassUnicode {
    let class = regex_syntax::parse(&format!("\\p{{{property}}}")).map(|hir| hir.into_kind());
    match class {
        Ok(HirKind::Class(Class::Unicode(class))) => class,
        // All properties asked for have many members.
        _ => ClassUnicode::empty(),
    }
}

/// Tells whether a character is in a set.
pub(crate) fn contains(class: &ClassUnicode, character: char) -> bool {
    let after = class
        .ranges()
        .partition_point(|range| range.end() < character);
    class
        .ranges()
        .get(after)
        .is_some_and(|range| range.start() <= character)
}

/// Gives the one character that is the capital of another.
pub(crate) fn to_upper(character: char) -> char {
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

/// Gives the one character that is the small form of another.
pub(crate) fn to_lower(character: char) -> char {
    let mut mapped = character.to_lowercase();
    match (mapped.next(), mapped.next()) {
        // Only the capital i with a dot has a mapping to several, which begins with its simple one.
        (Some(lower), _) => if_known(lower, character),
        _ => character,
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
