//! Functions of texts.

use super::super::machine::{Machine, expect_text, to_int};
use super::convert::go_type_name;
use crate::{
    gostrconv::runes,
    govalue::{Failure, List, Text, Value},
    sprig::trimmed,
};

type Outcome = Result<Value, Failure>;

/// Returns an argument, or the complaint of Go about a slice that is too short.
pub(super) fn argument(arguments: &[Value], place: usize) -> Result<&Value, Failure> {
    arguments.get(place).ok_or_else(|| {
        let length = arguments.len();
        format!("runtime error: index out of range [{place}] with length {length}").into()
    })
}

pub(super) fn text_argument(arguments: &[Value], place: usize) -> Result<&Text, Failure> {
    match argument(arguments, place)? {
        Value::String(text) => Ok(text),
        other => Err(super::super::machine::unexpected(other, "string")),
    }
}

pub(super) fn trim(machine: &mut Machine<'_>, arguments: &[Value]) -> Outcome {
    match arguments {
        [_] => {
            let text = text_argument(arguments, 0)?;
            machine.work(text.len())?;
            Ok(Value::String(trimmed(text, char::is_whitespace)))
        }
        [_, _] => {
            let (text, set) = (text_argument(arguments, 0)?, text_argument(arguments, 1)?);
            machine.work(text.len() + set.len())?;
            let mut set: Vec<char> = runes(set).map(|rune| rune.character).collect();
            set.sort_unstable();
            let is_in_set = |found| set.binary_search(&found).is_ok();
            Ok(Value::String(trimmed(text, is_in_set)))
        }
        _ => Err(count("trim", "1 or 2", arguments)),
    }
}

fn count(name: &str, expected: &str, arguments: &[Value]) -> Failure {
    let found = arguments.len();
    format!("invalid number of arguments for {name} (expected {expected}, got {found})").into()
}

pub(super) fn trim_prefix(_: &mut Machine<'_>, arguments: &[Value]) -> Outcome {
    let cut = affix(arguments)?;
    let text = text_argument(arguments, 0)?;
    Ok(Value::String(
        text.strip_prefix(&cut[..])
            .map_or_else(|| text.clone(), |rest| text.piece(rest)),
    ))
}

pub(super) fn trim_suffix(_: &mut Machine<'_>, arguments: &[Value]) -> Outcome {
    let cut = affix(arguments)?;
    let text = text_argument(arguments, 0)?;
    Ok(Value::String(
        text.strip_suffix(&cut[..])
            .map_or_else(|| text.clone(), |rest| text.piece(rest)),
    ))
}

fn affix(arguments: &[Value]) -> Result<Text, Failure> {
    match arguments {
        [_, _] => text_argument(arguments, 1).cloned(),
        _ => Ok(Text::from_static(" ")),
    }
}

pub(super) fn upper(machine: &mut Machine<'_>, text: &Value) -> Outcome {
    cased(machine, text, "upper")
}

pub(super) fn lower(machine: &mut Machine<'_>, text: &Value) -> Outcome {
    cased(machine, text, "lower")
}

/// Changes the case as sprig's function of the same name does.
fn cased(machine: &mut Machine<'_>, text: &Value, name: &str) -> Outcome {
    expect_text(text)?;
    match crate::sprig::find(name) {
        Some(function) => (function.call)(&mut machine.run, std::slice::from_ref(text)),
        None => Err(super::super::NIL_POINTER.into()),
    }
}

pub(super) fn split(machine: &mut Machine<'_>, arguments: &[Value]) -> Outcome {
    pieces(machine, arguments, "split", false)
}

pub(super) fn split_after(machine: &mut Machine<'_>, arguments: &[Value]) -> Outcome {
    pieces(machine, arguments, "splitAfter", true)
}

fn pieces(machine: &mut Machine<'_>, arguments: &[Value], name: &str, keeps: bool) -> Outcome {
    if !matches!(arguments.len(), 2 | 3) {
        return Err(count(name, "2 or 3", arguments));
    }
    let (text, separator) = (text_argument(arguments, 0)?, text_argument(arguments, 1)?);
    let limit = match arguments.get(2) {
        Some(limit) => to_int(limit)?,
        None => -1,
    };
    if limit == 0 {
        return Ok(Value::List(List::nil(crate::govalue::Type::String)));
    }
    machine.work(text.len())?;
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let pieces = match separator.is_empty() {
        true => characters(text, limit),
        false => separated(text, separator, limit, keeps),
    };
    machine.run.charge_elements(pieces.len())?;
    Ok(Value::List(List::strings(pieces)))
}

fn characters(text: &Text, limit: usize) -> Vec<Text> {
    let mut pieces = Vec::new();
    let mut rest = &text[..];
    while let Some(rune) = crate::gostrconv::decode_rune(rest) {
        if pieces.len() + 1 == limit {
            pieces.push(text.piece(rest));
            break;
        }
        pieces.push(text.piece(&rest[..rune.width]));
        rest = &rest[rune.width..];
    }
    pieces
}

fn separated(text: &Text, separator: &[u8], limit: usize, keeps: bool) -> Vec<Text> {
    let mut pieces = Vec::new();
    let mut rest = &text[..];
    while pieces.len() + 1 < limit {
        let Some(at) = memchr::memmem::find(rest, separator) else {
            break;
        };
        let after = at + separator.len();
        pieces.push(text.piece(&rest[..if keeps { after } else { at }]));
        rest = &rest[after..];
    }
    pieces.push(text.piece(rest));
    pieces
}

pub(super) fn replace(machine: &mut Machine<'_>, arguments: &[Value]) -> Outcome {
    if !matches!(arguments.len(), 3 | 4) {
        return Err(count("replace", "3 or 4", arguments));
    }
    let text = text_argument(arguments, 0)?;
    let old = text_argument(arguments, 1)?;
    let new = text_argument(arguments, 2)?;
    let limit = match arguments.get(3) {
        Some(limit) => to_int(limit)?,
        None => -1,
    };
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    replaced(machine, text, old, (new, limit))
}

fn replaced(
    machine: &mut Machine<'_>,
    text: &[u8],
    old: &[u8],
    (new, limit): (&[u8], usize),
) -> Outcome {
    machine.work(text.len())?;
    let mut out = Vec::new();
    let mut rest = text;
    for place in 0..limit {
        let (at, width) = match old.is_empty() {
            // Between all characters, also before the first and after the last.
            true if place == 0 => (0, 0),
            true => match crate::gostrconv::decode_rune(rest) {
                Some(rune) => (rune.width, 0),
                None => break,
            },
            false => match memchr::memmem::find(rest, old) {
                Some(at) => (at, old.len()),
                None => break,
            },
        };
        machine.run.charge(at + new.len())?;
        out.extend_from_slice(&rest[..at]);
        out.extend_from_slice(new);
        rest = &rest[at + width..];
    }
    machine.run.charge(rest.len())?;
    out.extend_from_slice(rest);
    Ok(Value::from(out))
}

pub(super) fn repeat(machine: &mut Machine<'_>, arguments: &[Value]) -> Outcome {
    let count = to_int(argument(arguments, 1)?)?;
    if count > 1_000_000 {
        return Err("memory budget exceeded".into());
    }
    let text = text_argument(arguments, 0)?;
    let Ok(count) = usize::try_from(count) else {
        return Err("strings: negative Repeat count".into());
    };
    machine.run.charge(text.len().saturating_mul(count))?;
    Ok(Value::from(text.repeat(count)))
}

pub(super) fn join(machine: &mut Machine<'_>, arguments: &[Value]) -> Outcome {
    let glue = match arguments {
        [_, _] => text_argument(arguments, 1)?.clone(),
        _ => Text::default(),
    };
    let list = match argument(arguments, 0)? {
        Value::List(list)
            if list.element() == crate::govalue::Type::Any
                || list.element() == crate::govalue::Type::String =>
        {
            list
        }
        other => {
            let found = go_type_name(other);
            return Err(format!("invalid argument for join (type {found})").into());
        }
    };
    let mut out = Vec::new();
    for (place, value) in list.values().iter().enumerate() {
        let text = expect_text(value)?;
        machine.run.charge(text.len() + glue.len())?;
        if place > 0 {
            out.extend_from_slice(&glue);
        }
        out.extend_from_slice(text);
    }
    Ok(Value::from(out))
}

fn found_at(place: Option<usize>) -> Value {
    Value::Int(place.map_or(-1, |place| i64::try_from(place).unwrap_or(i64::MAX)))
}

pub(super) fn index_of(machine: &mut Machine<'_>, arguments: &[Value]) -> Outcome {
    let (text, piece) = two_texts(machine, arguments)?;
    Ok(found_at(memchr::memmem::find(text, piece)))
}

pub(super) fn last_index_of(machine: &mut Machine<'_>, arguments: &[Value]) -> Outcome {
    let (text, piece) = two_texts(machine, arguments)?;
    Ok(found_at(memchr::memmem::rfind(text, piece)))
}

pub(super) fn has_prefix(machine: &mut Machine<'_>, arguments: &[Value]) -> Outcome {
    let (text, piece) = two_texts(machine, arguments)?;
    Ok(Value::Bool(text.starts_with(piece)))
}

pub(super) fn has_suffix(machine: &mut Machine<'_>, arguments: &[Value]) -> Outcome {
    let (text, piece) = two_texts(machine, arguments)?;
    Ok(Value::Bool(text.ends_with(piece)))
}

fn two_texts<'a>(
    machine: &mut Machine<'_>,
    arguments: &'a [Value],
) -> Result<(&'a [u8], &'a [u8]), Failure> {
    let (text, piece) = (text_argument(arguments, 0)?, text_argument(arguments, 1)?);
    machine.work(text.len())?;
    Ok((text, piece))
}
