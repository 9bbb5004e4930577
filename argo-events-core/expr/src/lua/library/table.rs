//! The table `table`.

use super::{
    super::{
        heap::Fault,
        machine::{Arguments, Machine},
        value::Value,
    },
    Action, Module, sort,
};

pub(super) const FUNCTIONS: Module = &[
    ("concat", Action::Plain(concat)),
    ("getn", Action::Plain(length)),
    ("insert", Action::Plain(insert)),
    ("maxn", Action::Plain(length)),
    ("remove", Action::Plain(remove)),
    ("sort", Action::Plain(sort::sort)),
];

fn length(machine: &mut Machine, arguments: Arguments) -> Result<(), Fault> {
    let table = machine.table(arguments, 1)?;
    let length = machine.heap.table(table).length() as f64;
    machine.returned.push(Value::Number(length));
    Ok(())
}

fn insert(machine: &mut Machine, arguments: Arguments) -> Result<(), Fault> {
    let table = machine.table(arguments, 1)?;
    match arguments.count {
        1 => Err(machine.error("wrong number of arguments")),
        2 => machine.heap.append(table, machine.argument(arguments, 2)),
        _ => {
            let place = machine.integer(arguments, 2)?;
            let value = machine.any(arguments, 3)?;
            machine
                .budget
                .take(machine.heap.table(table).list.len() / 64)?;
            machine.heap.insert(table, place, value)
        }
    }
}

fn remove(machine: &mut Machine, arguments: Arguments) -> Result<(), Fault> {
    let table = machine.table(arguments, 1)?;
    let place = if arguments.count == 1 {
        -1
    } else {
        machine.integer(arguments, 2)?
    };
    machine
        .budget
        .take(machine.heap.table(table).list.len() / 64)?;
    let removed = machine.heap.remove(table, place);
    machine.returned.push(removed);
    Ok(())
}

fn concat(machine: &mut Machine, arguments: Arguments) -> Result<(), Fault> {
    let table = machine.table(arguments, 1)?;
    let separator = machine.optional_text(arguments, 2)?;
    let separator = separator
        .map(|id| machine.heap.bytes(id).to_vec())
        .unwrap_or_default();
    let length = machine.heap.table(table).length() as i64;
    let from = machine.integer_or(arguments, 3, 1)?;
    let to = machine.integer_or(arguments, 4, length)?.min(length);
    let outside = arguments.count == 3 && (from > length || from < 1);
    let from = from.min(length).max(1);
    let mut joined = Vec::new();
    if !outside {
        for place in from..=to {
            join(machine, &mut joined, table, place)?;
            if place < to {
                joined.extend_from_slice(&separator);
            }
        }
    }
    let joined = machine.heap.owned_text(joined);
    machine.returned.push(Value::Text(joined));
    Ok(())
}

fn join(
    machine: &mut Machine,
    joined: &mut Vec<u8>,
    table: super::TableId,
    place: i64,
) -> Result<(), Fault> {
    let value = machine.heap.table(table).at(place as usize - 1);
    let Some(text) = machine.as_text(value) else {
        let kind = value.kind().name();
        let message = format!("invalid value ({kind}) at index {place} in table for concat");
        return Err(machine.error(&message));
    };
    let text = machine.heap.bytes(text);
    machine.heap.afford(joined.len() + text.len())?;
    machine.budget.take(1 + text.len() / 16)?;
    joined.extend_from_slice(text);
    Ok(())
}
