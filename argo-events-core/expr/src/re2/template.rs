//! Replacement text with the groups of a match in it.

use super::{Captures, sets};
use crate::gostrconv::runes;
use regex_syntax::hir::ClassUnicode;
use std::sync::LazyLock;

/// A template split once, to be filled for every match.
#[derive(Debug)]
pub(super) struct Template<'t> {
    parts: Vec<Part<'t>>,
}

#[derive(Debug)]
enum Part<'t> {
    Text(&'t [u8]),
    /// The first of these groups that took part.
    Groups(Vec<usize>),
}

impl<'t> Template<'t> {
    pub(super) fn new(template: &'t [u8], names: &[String]) -> Self {
        let mut parts = Vec::new();
        let mut rest = template;
        while let Some(dollar) = rest.iter().position(|byte| *byte == b'$') {
            let (before, from_dollar) = rest.split_at(dollar);
            parts.push(Part::Text(before));
            let after = &from_dollar[1..];
            if let Some(more) = after.strip_prefix(b"$") {
                parts.push(Part::Text(&from_dollar[..1]));
                rest = more;
            } else if let Some((name, more)) = take_name(after) {
                parts.push(Part::Groups(groups(name, names)));
                rest = more;
            } else {
                parts.push(Part::Text(&from_dollar[..1]));
                rest = after;
            }
        }
        parts.push(Part::Text(rest));
        Self { parts }
    }

    pub(super) fn expand(&self, out: &mut Vec<u8>, text: &[u8], captures: &Captures) {
        for part in &self.parts {
            match part {
                Part::Text(part) => out.extend_from_slice(part),
                Part::Groups(groups) => {
                    let matched = groups.iter().find_map(|group| captures.get(*group));
                    out.extend_from_slice(&text[matched.unwrap_or_default()]);
                }
            }
        }
    }
}

/// Takes a name or a name in braces, given what follows the dollar sign.
fn take_name(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let (inner, braced) = match text.strip_prefix(b"{") {
        Some(inner) => (inner, true),
        None => (text, false),
    };
    let is_name = |character: char| {
        if character.is_ascii() {
            return character.is_ascii_alphanumeric() || character == '_';
        }
        let has = |range: &regex_syntax::hir::ClassUnicodeRange| {
            range.start() <= character && character <= range.end()
        };
        LETTERS_AND_DIGITS.ranges().iter().any(has)
    };
    let length = runes(inner)
        .take_while(|rune| rune.valid && is_name(rune.character))
        .map(|rune| rune.width)
        .sum();
    let (name, rest) = inner.split_at(length);
    match rest.strip_prefix(b"}") {
        _ if name.is_empty() => None,
        _ if !braced => Some((name, rest)),
        closed => closed.map(|rest| (name, rest)),
    }
}

static LETTERS_AND_DIGITS: LazyLock<ClassUnicode> = LazyLock::new(|| {
    let mut set = sets::unicode("L", false).unwrap_or_else(ClassUnicode::empty);
    set.union(&sets::unicode("Nd", false).unwrap_or_else(ClassUnicode::empty));
    set
});

/// Finds the groups that a name means: the one with that number, or all with that name.
fn groups(name: &[u8], names: &[String]) -> Vec<usize> {
    let is_number = name.iter().all(u8::is_ascii_digit) && (name.len() == 1 || name[0] != b'0');
    let number = std::str::from_utf8(name)
        .ok()
        .and_then(|name| name.parse().ok());
    match number {
        Some(number) if is_number => vec![number],
        _ => (0..names.len())
            .filter(|group| names[*group].as_bytes() == name)
            .collect(),
    }
}
