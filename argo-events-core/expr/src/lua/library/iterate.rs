//! Going through tables.

use super::{
    super::{
        heap::{Fault, Function},
        machine::{Arguments, Machine},
        value::Value,
    },
    Action, Module,
};

pub(super) const FUNCTIONS: Module = &[
    ("ipairs", Action::Plain(ipairs)),
    ("next", Action::Plain(next)),
    ("pairs", Action::Plain(pairs)),
];

/// Gives an iterator, what it goes through and where it starts.
fn start(
    machine: &mut Machine,
    arguments: Arguments,
    action: Action,
    from: Value,
) -> Result<(), Fault> {
    let table = machine.table(arguments, 1)?;
    let iterator = machine.heap.new_function(Function::Native {
        action,
        held: Value::Nil,
    });
    machine
        .returned
        .extend([Value::Function(iterator), Value::Table(table), from]);
    Ok(())
}

fn pairs(machine: &mut Machine, arguments: Arguments) -> Result<(), Fault> {
    start(machine, arguments, Action::Plain(next_pair), Value::Nil)
}

fn ipairs(machine: &mut Machine, arguments: Arguments) -> Result<(), Fault> {
    start(
        machine,
        arguments,
        Action::Plain(next_element),
        Value::Number(0.0),
    )
}

fn next(machine: &mut Machine, arguments: Arguments) -> Result<(), Fault> {
    let table = machine.table(arguments, 1)?;
    let (key, value) = machine
        .heap
        .table(table)
        .next(machine.argument(arguments, 2));
    machine.returned.push(key);
    if !key.is_nil() {
        machine.returned.push(value);
    }
    Ok(())
}

fn next_pair(machine: &mut Machine, arguments: Arguments) -> Result<(), Fault> {
    let table = machine.table(arguments, 1)?;
    let (key, value) = machine
        .heap
        .table(table)
        .next(machine.argument(arguments, 2));
    if !key.is_nil() {
        machine.returned.extend([key, value]);
    }
    Ok(())
}

fn next_element(machine: &mut Machine, arguments: Arguments) -> Result<(), Fault> {
    let table = machine.table(arguments, 1)?;
    let place = machine.integer(arguments, 2)?.wrapping_add(1);
    let slot = usize::try_from(place.wrapping_sub(1)).unwrap_or(usize::MAX);
    let value = machine.heap.table(table).at(slot);
    if !value.is_nil() {
        machine
            .returned
            .extend([Value::Number(place as f64), value]);
    }
    Ok(())
}
