//! The table `string`.

use super::{
    super::{
        heap::{Fault, Proxy},
        machine::{Arguments, Machine},
        value::{Kind, TextId, Value},
    },
    Action, Module, casing, format,
    pattern::{self, Match},
};

pub(super) const FUNCTIONS: Module = &[
    ("byte", Action::Plain(byte)),
    ("char", Action::Plain(char)),
    ("dump", Action::Plain(dump)),
    ("find", Action::Plain(find)),
    ("format", Action::Plain(format::format)),
    ("gfind", Action::Plain(gmatch)),
    ("gmatch", Action::Plain(gmatch)),
    ("gsub", Action::Plain(gsub)),
    ("len", Action::Plain(length)),
    ("lower", Action::Plain(lower)),
    ("match", Action::Plain(find_match)),
    ("rep", Action::Plain(repeat)),
    ("reverse", Action::Plain(reverse)),
    ("sub", Action::Plain(sub)),
    ("upper", Action::Plain(upper)),
];

fn give(machine: &mut Machine, text: Vec<u8>) {
    let text = machine.heap.owned_text(text);
    machine.returned.push(Value::Text(text));
}

/// Turns a place counted from 1, or from the end if negative, into one counted from 0.
fn start_at(length: usize, place: i64) -> usize {
    let place = if place == 0 { 0 } else { place.wrapping_sub(1) };
    let place = if place < 0 {
        place.wrapping_add(length as i64 + 1)
    } else {
        place
    };
    usize::try_from(place).unwrap_or(0)
}

fn end_at(length: usize, place: i64) -> usize {
    let place = if place < 0 {
        place.wrapping_add(length as i64 + 1)
    } else {
        place
    };
    usize::try_from(place).unwrap_or(0).min(length)
}

fn byte(machine: &mut Machine, arguments: Arguments) -> Result<(), Fault> {
    let text = machine.text(arguments, 1)?;
    let length = machine.heap.bytes(text).len() as i64;
    let mut start = machine.integer_or(arguments, 2, 1)?.wrapping_sub(1);
    let mut end = machine.integer_or(arguments, 3, -1)?;
    if start < 0 {
        start = start.wrapping_add(length + 1);
    }
    if end < 0 {
        end = end.wrapping_add(length + 1);
    }
    if arguments.count == 2 {
        end = start.saturating_add(1);
        if start < 0 {
            return Ok(());
        }
    }
    let (start, end) = (start.max(0), end.min(length));
    if start < end {
        let bytes = &machine.heap.bytes(text)[start as usize..end as usize];
        machine
            .returned
            .extend(bytes.iter().map(|byte| Value::Number(f64::from(*byte))));
    }
    Ok(())
}

fn char(machine: &mut Machine, arguments: Arguments) -> Result<(), Fault> {
    let mut text = Vec::with_capacity(arguments.count);
    for place in 1..=arguments.count {
        text.push(machine.integer(arguments, place)? as u8);
    }
    give(machine, text);
    Ok(())
}

fn dump(machine: &mut Machine, _: Arguments) -> Result<(), Fault> {
    Err(machine.error("GopherLua does not support the string.dump"))
}

fn length(machine: &mut Machine, arguments: Arguments) -> Result<(), Fault> {
    let text = machine.text(arguments, 1)?;
    let length = machine.heap.bytes(text).len() as f64;
    machine.returned.push(Value::Number(length));
    Ok(())
}

fn change(
    machine: &mut Machine,
    arguments: Arguments,
    change: impl FnOnce(&[u8]) -> Vec<u8>,
) -> Result<(), Fault> {
    let text = machine.text(arguments, 1)?;
    let bytes = machine.heap.bytes(text);
    machine.heap.afford(bytes.len() * 3)?;
    let changed = change(bytes);
    machine.budget.take(changed.len() / 8)?;
    give(machine, changed);
    Ok(())
}

fn lower(machine: &mut Machine, arguments: Arguments) -> Result<(), Fault> {
    change(machine, arguments, casing::lower)
}

fn upper(machine: &mut Machine, arguments: Arguments) -> Result<(), Fault> {
    change(machine, arguments, casing::upper)
}

fn reverse(machine: &mut Machine, arguments: Arguments) -> Result<(), Fault> {
    change(machine, arguments, |bytes| {
        bytes.iter().rev().copied().collect()
    })
}

fn repeat(machine: &mut Machine, arguments: Arguments) -> Result<(), Fault> {
    let text = machine.text(arguments, 1)?;
    let count = machine.integer(arguments, 2)?;
    let bytes = machine.heap.bytes(text);
    let count = usize::try_from(count).unwrap_or(0);
    let size = bytes.len().saturating_mul(count);
    machine.heap.afford(size)?;
    machine.budget.take(size / 16)?;
    let repeated = if bytes.is_empty() {
        Vec::new()
    } else {
        bytes.repeat(count)
    };
    give(machine, repeated);
    Ok(())
}

fn sub(machine: &mut Machine, arguments: Arguments) -> Result<(), Fault> {
    let text = machine.text(arguments, 1)?;
    let length = machine.heap.bytes(text).len();
    let start = start_at(length, machine.integer(arguments, 2)?);
    let end = end_at(length, machine.integer_or(arguments, 3, -1)?);
    machine.heap.afford(end.saturating_sub(start))?;
    let piece = machine
        .heap
        .bytes(text)
        .get(start..end)
        .unwrap_or_default()
        .to_vec();
    give(machine, piece);
    Ok(())
}

/// Finds matches from a place on, until there are as many as the limit says or the text ends.
fn matches(
    machine: &mut Machine,
    pattern: TextId,
    text: TextId,
    from: usize,
    limit: i64,
) -> Result<Vec<Match>, Fault> {
    let Machine { heap, budget, .. } = machine;
    let found = pattern::find(
        heap.bytes(pattern),
        heap.bytes(text),
        from,
        limit,
        |steps, bytes| {
            heap.afford(bytes)?;
            budget.take(steps)
        },
    );
    found.map_err(|error| match error {
        pattern::Failure::Message(message) => machine.error(&message),
        pattern::Failure::Fault(fault) => fault,
    })
}

/// Gives what a match captured: a place or a piece of the text.
fn captured(
    machine: &mut Machine,
    found: &Match,
    number: usize,
    text: TextId,
) -> Result<Value, Fault> {
    let Some(range) = found.capture(number) else {
        return Err(machine.error("invalid capture index"));
    };
    match range {
        pattern::Capture::Place(place) => Ok(Value::Number(place as f64)),
        pattern::Capture::Piece(range) => {
            let piece = machine
                .heap
                .bytes(text)
                .get(range)
                .unwrap_or_default()
                .to_vec();
            Ok(Value::Text(machine.heap.owned_text(piece)))
        }
    }
}

fn all_captured(machine: &mut Machine, found: &Match, text: TextId) -> Result<Vec<Value>, Fault> {
    let first = usize::from(found.captures() > 1);
    let mut values = Vec::new();
    for number in first..found.captures() {
        values.push(captured(machine, found, number, text)?);
    }
    Ok(values)
}

fn find(machine: &mut Machine, arguments: Arguments) -> Result<(), Fault> {
    let (text, pattern) = (machine.text(arguments, 1)?, machine.text(arguments, 2)?);
    if machine.heap.bytes(pattern).is_empty() {
        machine
            .returned
            .extend([Value::Number(1.0), Value::Number(0.0)]);
        return Ok(());
    }
    let length = machine.heap.bytes(text).len();
    let from = start_at(length, machine.integer_or(arguments, 3, 1)?);
    if arguments.count == 4 && machine.argument(arguments, 4).is_true() {
        return find_plain(machine, text, pattern, from);
    }
    let found = matches(machine, pattern, text, from, 1)?;
    let Some(found) = found.first() else {
        machine.returned.push(Value::Nil);
        return Ok(());
    };
    let (start, end) = found.bounds();
    let captures = if found.captures() > 1 {
        all_captured(machine, found, text)?
    } else {
        Vec::new()
    };
    machine
        .returned
        .extend([Value::Number(start as f64 + 1.0), Value::Number(end as f64)]);
    machine.returned.extend(captures);
    Ok(())
}

fn find_plain(
    machine: &mut Machine,
    text: TextId,
    pattern: TextId,
    from: usize,
) -> Result<(), Fault> {
    let (bytes, wanted) = (machine.heap.bytes(text), machine.heap.bytes(pattern));
    let Some(rest) = bytes.get(from..) else {
        let message = format!(
            "runtime error: slice bounds out of range [{from}:{}]",
            bytes.len()
        );
        return Err(Fault::Error(Value::Text(
            machine.heap.owned_text(message.into()),
        )));
    };
    machine
        .budget
        .take(rest.len().saturating_mul(wanted.len()) / 16)?;
    match rest
        .windows(wanted.len())
        .position(|window| window == wanted)
    {
        Some(at) => {
            let start = (from + at) as f64;
            let end = start + wanted.len() as f64;
            machine
                .returned
                .extend([Value::Number(start + 1.0), Value::Number(end)]);
        }
        None => machine.returned.push(Value::Nil),
    }
    Ok(())
}

fn find_match(machine: &mut Machine, arguments: Arguments) -> Result<(), Fault> {
    let (text, pattern) = (machine.text(arguments, 1)?, machine.text(arguments, 2)?);
    let length = machine.heap.bytes(text).len() as i64;
    let mut from = machine.integer_or(arguments, 3, 1)?;
    if from < 0 {
        from = from.wrapping_add(length + 1);
    }
    let from = usize::try_from(from.wrapping_sub(1)).unwrap_or(0);
    let found = matches(machine, pattern, text, from, 1)?;
    if let Some(found) = found.first() {
        let values = all_captured(machine, found, text)?;
        machine.returned.extend(values);
    }
    Ok(())
}

fn gmatch(machine: &mut Machine, arguments: Arguments) -> Result<(), Fault> {
    let (text, pattern) = (machine.text(arguments, 1)?, machine.text(arguments, 2)?);
    let mut all = Vec::new();
    for found in matches(machine, pattern, text, 0, -1)? {
        all.push(all_captured(machine, &found, text)?);
        machine.heap.afford(all.len() * 64)?;
    }
    let proxy = Proxy {
        matches: all,
        ..Proxy::default()
    };
    let proxy = Value::Proxy(machine.heap.new_proxy(proxy));
    let iterator = super::Function::Native {
        action: Action::Holding(next_match),
        held: proxy,
    };
    let iterator = Value::Function(machine.heap.new_function(iterator));
    machine.returned.extend([iterator, proxy]);
    Ok(())
}

fn next_match(machine: &mut Machine, _: Arguments, held: Value) -> Result<(), Fault> {
    let Value::Proxy(id) = held else {
        return Ok(());
    };
    let proxy = &mut machine.heap.proxies.items[id.index()];
    if let Some(values) = proxy.matches.get(proxy.next) {
        machine.returned.extend_from_slice(values);
        proxy.next += 1;
    }
    Ok(())
}

fn gsub(machine: &mut Machine, arguments: Arguments) -> Result<(), Fault> {
    let (text, pattern) = (machine.text(arguments, 1)?, machine.text(arguments, 2)?);
    machine.one_of(arguments, 3, &[Kind::Text, Kind::Table, Kind::Function])?;
    let replacement = machine.argument(arguments, 3);
    let limit = machine.integer_or(arguments, 4, -1)?;
    let found = matches(machine, pattern, text, 0, limit)?;
    if found.is_empty() {
        let original = machine.argument(arguments, 1);
        machine.returned.extend([original, Value::Number(0.0)]);
        return Ok(());
    }
    let (mut out, mut copied) = (Vec::new(), 0);
    for one in &found {
        let Some(new) = replace(machine, one, replacement, text)? else {
            continue;
        };
        let (start, end) = one.bounds();
        let before = &machine.heap.bytes(text)[copied..start];
        machine.heap.afford(out.len() + before.len() + new.len())?;
        out.extend_from_slice(before);
        out.extend_from_slice(&new);
        copied = end;
        machine.budget.take(1 + new.len() / 16)?;
    }
    out.extend_from_slice(&machine.heap.bytes(text)[copied..]);
    let out = machine.heap.owned_text(out);
    machine.returned.clear();
    machine
        .returned
        .extend([Value::Text(out), Value::Number(found.len() as f64)]);
    Ok(())
}

/// Gives what comes in place of a match, or nothing if the match stays.
fn replace(
    machine: &mut Machine,
    found: &Match,
    replacement: Value,
    text: TextId,
) -> Result<Option<Vec<u8>>, Fault> {
    let value = match replacement {
        Value::Text(template) => return fill(machine, found, template, text).map(Some),
        Value::Table(_) => {
            let key = captured(machine, found, usize::from(found.captures() > 1), text)?;
            machine.member(replacement, key)?
        }
        _ => {
            let values = all_captured(machine, found, text)?;
            machine.invoke(replacement, &values)?
        }
    };
    if !value.is_true() {
        return Ok(None);
    }
    let text = machine.as_text(value);
    Ok(Some(
        text.map(|id| machine.heap.bytes(id).to_vec())
            .unwrap_or_default(),
    ))
}

/// Fills a replacement in which `%` and a digit stand for what was captured.
fn fill(
    machine: &mut Machine,
    found: &Match,
    template: TextId,
    text: TextId,
) -> Result<Vec<u8>, Fault> {
    let template = machine.heap.bytes(template).to_vec();
    let mut out = Vec::new();
    let (mut at, mut escaped) = (0, false);
    while let Some(&byte) = template.get(at) {
        at += 1;
        match byte {
            b'%' if template.get(at) == Some(&b'%') => {
                at += 1;
                escaped = false;
                out.push(b'%');
            }
            b'%' if at < template.len() => escaped = true,
            digit @ b'0'..=b'9' if escaped => {
                escaped = false;
                let number = usize::from(digit - b'0');
                let number = if number == 1 && found.captures() < 2 {
                    0
                } else {
                    number
                };
                let value = captured(machine, found, number, text)?;
                let piece = machine.print(value);
                machine.heap.afford(out.len() + piece.len())?;
                out.extend(piece);
            }
            other => {
                if std::mem::take(&mut escaped) {
                    out.push(b'%');
                }
                out.push(other);
            }
        }
    }
    Ok(out)
}
