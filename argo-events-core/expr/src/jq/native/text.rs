//! Texts: their parts, their ends and their characters.

use super::{
    Host, Outcome,
    basic::sum_of,
    fail::{not_for, not_for_1},
    index::{is_equal, places},
};
use crate::{
    gostrconv::runes,
    jq::{
        Failure,
        value::{List, Text, Value, encode, to_int},
    },
};
use memchr::memmem;

/// Gives both as texts, or says that a function of one argument is not for them.
fn two<'v>(
    name: &str,
    value: &'v Value,
    argument: &'v Value,
) -> Result<(&'v Text, &'v Text), Failure> {
    match (value, argument) {
        (Value::Text(text), Value::Text(part)) => Ok((text, part)),
        _ => Err(not_for_1(name, value, argument)),
    }
}

pub(super) fn starts_with(value: &Value, part: &Value) -> Outcome {
    let (text, part) = two("startswith", value, part)?;
    Ok(Value::Bool(text.starts_with(part)))
}

pub(super) fn ends_with(value: &Value, part: &Value) -> Outcome {
    let (text, part) = two("endswith", value, part)?;
    Ok(Value::Bool(text.ends_with(part)))
}

/// Takes a text off the start, the end or both.
pub(super) fn trim_text(name: &str, value: &Value, part: &Value, ends: (bool, bool)) -> Outcome {
    let (text, part) = two(name, value, part)?;
    let (at_start, at_end) = ends;
    let mut rest = &text[..];
    if at_start {
        rest = rest.strip_prefix(&part[..]).unwrap_or(rest);
    }
    if at_end {
        rest = rest.strip_suffix(&part[..]).unwrap_or(rest);
    }
    Ok(Value::text(rest))
}

/// Takes blanks off the start, the end or both.
pub(super) fn trim_blanks(name: &str, value: &Value, ends: (bool, bool)) -> Outcome {
    let Value::Text(text) = value else {
        return Err(not_for(name, value));
    };
    let (at_start, at_end) = ends;
    let mut rest = &text[..];
    while at_start && let Some(rune) = runes(rest).next().filter(|rune| is_blank(rune.character)) {
        rest = &rest[rune.width..];
    }
    while at_end && let Some(width) = last_blank(rest) {
        rest = &rest[..rest.len() - width];
    }
    Ok(Value::text(rest))
}

fn is_blank(character: char) -> bool {
    character.is_whitespace()
}

/// Gives the width of the last character if it is a blank.
fn last_blank(text: &[u8]) -> Option<usize> {
    (1..=text.len().min(4)).find(|width| {
        let tail = &text[text.len() - width..];
        std::str::from_utf8(tail).is_ok_and(|tail| tail.chars().all(is_blank))
    })
}

pub(super) fn explode(host: &Host<'_>, value: &Value) -> Outcome {
    let Value::Text(text) = value else {
        return Err(not_for("explode", value));
    };
    Ok(Value::Array(List::new(characters(host, text)?)))
}

fn characters(host: &Host<'_>, text: &Text) -> Result<Vec<Value>, Failure> {
    host.meter.elements(text.len())?;
    let number = |rune: crate::gostrconv::Rune| Value::Int(i64::from(u32::from(rune.character)));
    Ok(runes(text).map(number).collect())
}

pub(super) fn implode(host: &Host<'_>, value: &Value) -> Outcome {
    let Value::Array(list) = value else {
        return Err(not_for("implode", value));
    };
    host.meter.work(list.len())?;
    let mut text = String::with_capacity(list.len());
    for number in list.as_slice() {
        let code = to_int(number).ok_or_else(|| not_for("implode", value))?;
        let character = u32::try_from(code).ok().and_then(char::from_u32);
        text.push(character.unwrap_or(char::REPLACEMENT_CHARACTER));
    }
    host.meter.allocate(text.len())?;
    Ok(Value::from(text.as_str()))
}

pub(super) fn split(host: &Host<'_>, value: &Value, separator: &Value) -> Outcome {
    let Value::Text(text) = value else {
        return Err(not_for("split", value));
    };
    let Value::Text(separator) = separator else {
        return Err(not_for("split", separator));
    };
    split_text(host, text, separator)
}

/// Cuts a text at every separator; an empty one cuts between all characters.
pub(super) fn split_text(host: &Host<'_>, text: &Text, separator: &Text) -> Outcome {
    host.meter.work(text.len() / 4)?;
    let places = || memmem::find_iter(text, &separator[..]);
    // Counted before they are made: each part takes far more room than a byte of the text.
    let count = match separator.is_empty() {
        true => runes(text).count(),
        false => places().count() + 1,
    };
    host.meter.elements(2 * count)?;
    let mut parts = Vec::with_capacity(count);
    let mut start = 0;
    if separator.is_empty() {
        for rune in runes(text) {
            parts.push(Value::text(&text[start..start + rune.width]));
            start += rune.width;
        }
    } else {
        for place in places() {
            parts.push(Value::text(&text[start..place]));
            start = place + separator.len();
        }
        parts.push(Value::text(&text[start..]));
    }
    Ok(Value::Array(List::new(parts)))
}

pub(super) fn join(host: &Host<'_>, value: &Value, separator: &Value) -> Outcome {
    let elements =
        super::basic::elements(value).ok_or_else(|| not_for_1("join", value, separator))?;
    if elements.is_empty() {
        return Ok(Value::from(""));
    }
    host.meter.elements(2 * elements.len())?;
    let mut parts = Vec::with_capacity(2 * elements.len());
    for element in elements {
        parts.push(match parts.is_empty() {
            true => Value::from(""),
            false => separator.clone(),
        });
        let is_scalar = element.is_number() || matches!(element, Value::Bool(_));
        parts.push(match is_scalar {
            true => Value::text(encode(&element, &host.meter)?),
            false => element,
        });
    }
    sum_of(host, parts)
}

/// Changes letters without accents and leaves all others.
pub(super) fn change_case(host: &Host<'_>, name: &str, value: &Value, upper: bool) -> Outcome {
    let Value::Text(text) = value else {
        return Err(not_for(name, value));
    };
    host.meter.allocate(text.len())?;
    host.meter.work(text.len() / 32)?;
    let mut changed = String::with_capacity(text.len());
    for rune in runes(text) {
        changed.push(if upper {
            rune.character.to_ascii_uppercase()
        } else {
            rune.character.to_ascii_lowercase()
        });
    }
    Ok(Value::from(changed.as_str()))
}

/// What to do with the places where something was found.
#[derive(Clone, Copy)]
pub(super) enum Search {
    All,
    First,
    Last,
}

/// Finds a part of a text or list.
pub(super) fn search(
    host: &Host<'_>,
    name: &str,
    value: &Value,
    part: &Value,
    search: Search,
) -> Outcome {
    match (value, part) {
        (Value::Null, _) => Ok(Value::Null),
        (Value::Array(list), Value::Array(part)) => {
            choose(host, list.as_slice(), part.as_slice(), search)
        }
        (Value::Array(list), _) => {
            choose(host, list.as_slice(), std::slice::from_ref(part), search)
        }
        (Value::Text(text), Value::Text(part)) => choose(
            host,
            &characters(host, text)?,
            &characters(host, part)?,
            search,
        ),
        _ => Err(not_for_1(name, value, part)),
    }
}

fn choose(host: &Host<'_>, list: &[Value], part: &[Value], search: Search) -> Outcome {
    if let Search::All = search {
        return Ok(Value::Array(List::new(places(host, list, part)?)));
    }
    if part.is_empty() || part.len() > list.len() {
        return Ok(Value::Null);
    }
    let is_at = |place: &usize| is_equal(host, &list[*place..place + part.len()], part);
    let mut places = 0..=list.len() - part.len();
    let found = match search {
        Search::Last => places.rev().find(is_at),
        _ => places.find(is_at),
    };
    Ok(found.map_or(Value::Null, |place| Value::Int(place as i64)))
}
