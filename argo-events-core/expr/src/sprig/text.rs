//! Texts of values, and pieces of texts.

use crate::{
    gofmt,
    gostrconv::runes,
    govalue::{Failure, Run, Text, Value},
};
use memchr::memmem;

/// Gives the text of a value: what its `String` says, or as `%v` prints it.
pub(super) fn text_of(run: &mut Run, value: &Value) -> Result<Text, Failure> {
    match value {
        Value::String(text) => Ok(text.clone()),
        Value::List(list) if super::cast::is_bytes(list.element()) => {
            run.charge(list.values().len())?;
            let byte = |value: &Value| super::cast::to_integer(value) as u8;
            Ok(list.values().iter().map(byte).collect::<Vec<_>>().into())
        }
        _ => printed(run, value),
    }
}

/// Prints a value as `%v` does.
pub(super) fn printed(run: &mut Run, value: &Value) -> Result<Text, Failure> {
    if let Value::String(text) = value {
        return Ok(text.clone());
    }
    let text = gofmt::sprintf("%v", std::slice::from_ref(value))?;
    run.charge(text.len())?;
    run.step(text.len() / 64)?;
    Ok(text.into())
}

/// Finds where a text contains another one.
pub(super) fn find(text: &[u8], part: &[u8]) -> Option<usize> {
    memmem::find(text, part)
}

/// Replaces bytes that are no characters.
pub(super) fn lossy(text: &[u8]) -> String {
    String::from_utf8_lossy(text).into_owned()
}

/// Gives the characters of a text, U+FFFD for each byte that is none.
pub(super) fn characters(text: &[u8]) -> impl Iterator<Item = char> + '_ {
    runes(text).map(|rune| rune.character)
}

/// Replaces every character; a result as long as the text is paid for.
pub(super) fn map_characters(
    run: &mut Run,
    text: &Text,
    mut replace: impl FnMut(char) -> char,
) -> Result<Text, Failure> {
    if text
        .iter()
        .all(|byte| byte.is_ascii() && replace(char::from(*byte)) == char::from(*byte))
    {
        return Ok(text.clone());
    }
    run.charge(text.len().saturating_mul(3))?;
    Ok(characters(text).map(replace).collect::<String>().into())
}

/// Joins texts with a separator between them.
pub(super) fn join(run: &mut Run, texts: &[Text], separator: &[u8]) -> Result<Text, Failure> {
    let between = separator
        .len()
        .saturating_mul(texts.len().saturating_sub(1));
    let length = texts
        .iter()
        .fold(between, |length, text| length.saturating_add(text.len()));
    run.charge(length)?;
    let mut joined = Vec::with_capacity(length);
    for (place, text) in texts.iter().enumerate() {
        if place > 0 {
            joined.extend_from_slice(separator);
        }
        joined.extend_from_slice(text);
    }
    Ok(joined.into())
}

/// Cuts a text at a separator into at most so many pieces; an empty one cuts between characters.
pub(super) fn split(
    run: &mut Run,
    text: &Text,
    separator: &[u8],
    limit: usize,
) -> Result<Vec<Text>, Failure> {
    let mut pieces = Vec::new();
    let mut rest = text.as_bytes();
    while pieces.len() + 1 < limit {
        let cut = if separator.is_empty() {
            let width = runes(rest).next().map_or(0, |rune| rune.width);
            (width < rest.len()).then_some(width)
        } else {
            find(rest, separator)
        };
        let Some(cut) = cut else { break };
        run.charge_elements(1)?;
        pieces.push(text.piece(&rest[..cut]));
        rest = &rest[cut + separator.len()..];
    }
    let is_cut_up = separator.is_empty() && rest.is_empty();
    if limit > 0 && !is_cut_up {
        run.charge_elements(1)?;
        pieces.push(text.piece(rest));
    }
    Ok(pieces)
}

/// Replaces all occurrences; an empty one is before every character and at the end.
pub(super) fn replace(run: &mut Run, text: &Text, old: &[u8], new: &[u8]) -> Result<Text, Failure> {
    if old == new {
        return Ok(text.clone());
    }
    let count = if old.is_empty() {
        runes(text).count() + 1
    } else {
        memmem::find_iter(text, old).count()
    };
    if count == 0 {
        return Ok(text.clone());
    }
    run.charge(text.len().saturating_add(count.saturating_mul(new.len())))?;
    let mut replaced = Vec::with_capacity(text.len());
    if old.is_empty() {
        let mut rest = text.as_bytes();
        for rune in runes(text) {
            replaced.extend_from_slice(new);
            replaced.extend_from_slice(&rest[..rune.width]);
            rest = &rest[rune.width..];
        }
        replaced.extend_from_slice(new);
        return Ok(replaced.into());
    }
    let mut start = 0;
    for found in memmem::find_iter(text, old) {
        replaced.extend_from_slice(&text[start..found]);
        replaced.extend_from_slice(new);
        start = found + old.len();
    }
    replaced.extend_from_slice(&text[start..]);
    Ok(replaced.into())
}

/// Repeats a text.
pub(super) fn repeat(run: &mut Run, text: &[u8], count: i64) -> Result<Vec<u8>, Failure> {
    let count = usize::try_from(count).map_err(|_| "strings: negative Repeat count")?;
    run.charge(text.len().saturating_mul(count))?;
    Ok(if text.is_empty() {
        Vec::new()
    } else {
        text.repeat(count)
    })
}
