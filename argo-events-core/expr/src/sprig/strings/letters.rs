//! Letter case, and what is done letter by letter.

use super::super::{
    Outcome,
    arguments::text,
    text::map_characters,
    unicode::{is_digit, is_letter, is_lower, is_title, is_upper, to_lower, to_title, to_upper},
};
use crate::govalue::{Run, Value};

pub(super) fn upper(run: &mut Run, arguments: &[Value]) -> Outcome {
    let whole = text(run, arguments, 0)?;
    Ok(map_characters(run, whole, to_upper)?.into())
}

pub(super) fn lower(run: &mut Run, arguments: &[Value]) -> Outcome {
    let whole = text(run, arguments, 0)?;
    Ok(map_characters(run, whole, to_lower)?.into())
}

/// Makes the first letter of each word a capital; an apostrophe ends a word, too.
pub(super) fn title(run: &mut Run, arguments: &[Value]) -> Outcome {
    let whole = text(run, arguments, 0)?;
    let mut before = ' ';
    let titled = map_stateful(run, whole, |character| {
        let starts = is_separator(std::mem::replace(&mut before, character));
        if starts {
            to_title(character)
        } else {
            character
        }
    })?;
    Ok(titled)
}

fn is_separator(character: char) -> bool {
    if character.is_ascii() {
        return !(character.is_ascii_alphanumeric() || character == '_');
    }
    !is_letter(character) && !is_digit(character) && character.is_whitespace()
}

/// Makes the first letter of each word small.
pub(super) fn untitle(run: &mut Run, arguments: &[Value]) -> Outcome {
    let whole = text(run, arguments, 0)?;
    let mut starts = true;
    map_stateful(run, whole, |character| {
        if character.is_whitespace() {
            starts = true;
            return character;
        }
        if std::mem::replace(&mut starts, false) {
            to_lower(character)
        } else {
            character
        }
    })
}

/// Swaps capitals and small letters; the first small letter of a word takes its title form.
pub(super) fn swapcase(run: &mut Run, arguments: &[Value]) -> Outcome {
    let whole = text(run, arguments, 0)?;
    let mut starts = true;
    map_stateful(run, whole, |character| {
        let swapped = if is_upper(character) || is_title(character) {
            to_lower(character)
        } else if is_lower(character) {
            if starts {
                to_title(character)
            } else {
                to_upper(character)
            }
        } else {
            starts = character.is_whitespace();
            return character;
        };
        starts = false;
        swapped
    })
}

/// Takes the first byte of each word as if it were a character, as the original does.
pub(super) fn initials(run: &mut Run, arguments: &[Value]) -> Outcome {
    let whole = text(run, arguments, 0)?;
    run.charge(whole.len())?;
    let mut starts = true;
    let mut initials = String::new();
    for byte in whole.iter().copied().map(char::from) {
        if byte.is_whitespace() {
            starts = true;
        } else if std::mem::replace(&mut starts, false) {
            initials.push(byte);
        }
    }
    Ok(initials.into())
}

/// Drops blanks; if there are any, every byte is taken as if it were a character.
pub(super) fn nospace(run: &mut Run, arguments: &[Value]) -> Outcome {
    let whole = text(run, arguments, 0)?;
    let is_space = |byte: &u8| char::from(*byte).is_whitespace();
    if !whole.iter().any(is_space) {
        return Ok(whole.clone().into());
    }
    run.charge(whole.len().saturating_mul(2))?;
    let kept = whole.iter().filter(|byte| !is_space(byte));
    Ok(kept.copied().map(char::from).collect::<String>().into())
}

fn map_stateful(
    run: &mut Run,
    whole: &crate::govalue::Text,
    replace: impl FnMut(char) -> char,
) -> Outcome {
    run.charge(whole.len().saturating_mul(3))?;
    let mapped: String = super::characters(whole).map(replace).collect();
    Ok(mapped.into())
}
