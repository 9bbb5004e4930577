//! Functions of no table.

use super::{
    super::{
        heap::{Fault, Proxy},
        machine::{Arguments, Machine},
        number,
        value::{Kind, Value},
    },
    Action, Module,
};
use crate::gostrconv;

pub(super) const FUNCTIONS: Module = &[
    ("assert", Action::Plain(assert)),
    ("collectgarbage", Action::Plain(nothing)),
    ("error", Action::Plain(error)),
    ("getmetatable", Action::Plain(get_metatable)),
    ("newproxy", Action::Plain(new_proxy)),
    ("pcall", Action::Protect),
    ("print", Action::Plain(print)),
    ("rawequal", Action::Plain(raw_equal)),
    ("rawget", Action::Plain(raw_get)),
    ("rawset", Action::Plain(raw_set)),
    ("select", Action::Plain(select)),
    ("_printregs", Action::Plain(nothing)),
    ("setmetatable", Action::Plain(set_metatable)),
    ("tonumber", Action::Plain(to_number)),
    ("tostring", Action::Plain(to_text)),
    ("type", Action::Plain(kind)),
    ("unpack", Action::Plain(unpack)),
    ("xpcall", Action::ProtectWith),
];

fn nothing(_: &mut Machine, _: Arguments) -> Result<(), Fault> {
    Ok(())
}

fn assert(machine: &mut Machine, arguments: Arguments) -> Result<(), Fault> {
    if machine.argument(arguments, 1).is_true() {
        return give_all(machine, arguments, 1);
    }
    let message = match machine.optional_text(arguments, 2)? {
        Some(id) => machine.heap.bytes(id).to_vec(),
        None => b"assertion failed!".to_vec(),
    };
    Err(machine.error_at(0, &message))
}

fn error(machine: &mut Machine, arguments: Arguments) -> Result<(), Fault> {
    let value = machine.any(arguments, 1)?;
    let level = machine.integer_or(arguments, 2, 1)?;
    match value {
        Value::Text(id) if level > 0 => {
            let message = machine.heap.bytes(id).to_vec();
            Err(machine.error_at(level - 1, &message))
        }
        _ => Err(Fault::Error(value)),
    }
}

fn get_metatable(machine: &mut Machine, arguments: Arguments) -> Result<(), Fault> {
    let value = machine.any(arguments, 1)?;
    let shown = match machine.heap.metatable(value) {
        None => Value::Nil,
        Some(id) => match machine.heap.table(id).get_key(machine.names.metatable) {
            Value::Nil => Value::Table(id),
            other => other,
        },
    };
    machine.returned.push(shown);
    Ok(())
}

fn set_metatable(machine: &mut Machine, arguments: Arguments) -> Result<(), Fault> {
    machine.one_of(arguments, 2, &[Kind::Nil, Kind::Table])?;
    let value = machine.argument(arguments, 1);
    if value.is_nil() {
        return Err(machine.error("cannot set metatable to a nil object."));
    }
    if !machine.meta(value, machine.names.metatable).is_nil() {
        return Err(machine.error("cannot change a protected metatable"));
    }
    let metatable = match machine.argument(arguments, 2) {
        Value::Table(id) => Some(id),
        _ => None,
    };
    machine.heap.set_metatable(value, metatable);
    machine.returned.push(value);
    Ok(())
}

fn new_proxy(machine: &mut Machine, arguments: Arguments) -> Result<(), Fault> {
    let metatable = match machine.argument(arguments, 1) {
        Value::Boolean(true) => Some(machine.heap.new_table()),
        value @ Value::Proxy(_) => machine.heap.metatable(value),
        _ => None,
    };
    let proxy = Proxy {
        metatable,
        ..Proxy::default()
    };
    let proxy = Value::Proxy(machine.heap.new_proxy(proxy));
    machine.returned.push(proxy);
    Ok(())
}

/// Makes the texts and prints them nowhere.
fn print(machine: &mut Machine, arguments: Arguments) -> Result<(), Fault> {
    for place in 1..=arguments.count {
        machine.print_meta(machine.argument(arguments, place))?;
    }
    Ok(())
}

fn raw_equal(machine: &mut Machine, arguments: Arguments) -> Result<(), Fault> {
    let (left, right) = (machine.any(arguments, 1)?, machine.any(arguments, 2)?);
    machine.returned.push(Value::Boolean(left == right));
    Ok(())
}

fn raw_get(machine: &mut Machine, arguments: Arguments) -> Result<(), Fault> {
    let (table, key) = (machine.table(arguments, 1)?, machine.any(arguments, 2)?);
    machine.returned.push(machine.heap.table(table).get(key));
    Ok(())
}

fn raw_set(machine: &mut Machine, arguments: Arguments) -> Result<(), Fault> {
    let table = Value::Table(machine.table(arguments, 1)?);
    let (key, value) = (machine.any(arguments, 2)?, machine.any(arguments, 3)?);
    machine.set_raw(table, key, value)
}

fn select(machine: &mut Machine, arguments: Arguments) -> Result<(), Fault> {
    machine.one_of(arguments, 1, &[Kind::Number, Kind::Text])?;
    match machine.argument(arguments, 1) {
        Value::Number(number) => {
            let count = arguments.count as i64;
            let wanted = number::truncate(number);
            let from = if wanted < 0 {
                count.saturating_add(wanted)
            } else {
                wanted.min(count)
            };
            if from < 1 {
                return Err(machine.bad_argument(1, "index out of range"));
            }
            give_all(machine, arguments, from as usize + 1)
        }
        other => {
            let text = machine.print(other);
            if text != b"#" {
                let message = format!("invalid string '{}'", String::from_utf8_lossy(&text));
                return Err(machine.bad_argument(1, &message));
            }
            machine
                .returned
                .push(Value::Number(arguments.count as f64 - 1.0));
            Ok(())
        }
    }
}

fn give_all(machine: &mut Machine, arguments: Arguments, from: usize) -> Result<(), Fault> {
    let values = machine.arguments_from(arguments, from).to_vec();
    machine.returned.extend(values);
    Ok(())
}

fn to_number(machine: &mut Machine, arguments: Arguments) -> Result<(), Fault> {
    let base = machine.integer_or(arguments, 2, 10)?;
    let has_base = !machine.argument(arguments, 2).is_nil();
    let number = match machine.any(arguments, 1)? {
        Value::Number(number) => Some(number),
        Value::Text(id) => read(machine.heap.bytes(id), base, has_base),
        _ => None,
    };
    machine
        .returned
        .push(number.map_or(Value::Nil, Value::Number));
    Ok(())
}

fn read(text: &[u8], base: i64, has_base: bool) -> Option<f64> {
    let text = number::trim(text);
    if text.contains(&b'.') {
        return gostrconv::parse_float(text).ok();
    }
    let (base, text) = match text {
        [b'0', b'x' | b'X', digits @ ..] if !has_base => (16, digits),
        _ => (base, text),
    };
    let base = u32::try_from(base)
        .ok()
        .filter(|base| *base == 0 || (2..=36).contains(base))?;
    gostrconv::parse_int(text, base)
        .ok()
        .map(|integer| integer as f64)
}

fn to_text(machine: &mut Machine, arguments: Arguments) -> Result<(), Fault> {
    let value = machine.any(arguments, 1)?;
    let text = machine.print_meta(value)?;
    machine.returned.push(text);
    Ok(())
}

fn kind(machine: &mut Machine, arguments: Arguments) -> Result<(), Fault> {
    let name = machine.any(arguments, 1)?.kind().name();
    let name = machine.heap.text(name.as_bytes());
    machine.returned.push(Value::Text(name));
    Ok(())
}

fn unpack(machine: &mut Machine, arguments: Arguments) -> Result<(), Fault> {
    let table = machine.table(arguments, 1)?;
    let from = machine.integer_or(arguments, 2, 1)?;
    let length = machine.heap.table(table).length() as i64;
    let to = machine.integer_or(arguments, 3, length)?;
    if to < from {
        return Ok(());
    }
    let count = to.saturating_sub(from);
    if count >= 1 << 20 {
        return Err(machine.error("registry overflow"));
    }
    machine.budget.take(count as usize / 8)?;
    let values = machine.heap.table(table);
    let at = |place: i64| usize::try_from(place - 1).map_or(Value::Nil, |slot| values.at(slot));
    machine.returned.extend((from..=to).map(at));
    Ok(())
}
