//! Coroutines.

use super::{
    super::{
        heap::{Fault, Function},
        machine::{Arguments, Machine},
        value::Value,
    },
    Action, Module,
};

pub(super) const FUNCTIONS: Module = &[
    ("create", Action::Plain(create)),
    ("resume", Action::Resume),
    ("running", Action::Plain(running)),
    ("status", Action::Plain(status)),
    ("wrap", Action::Plain(wrap)),
    ("yield", Action::Yield),
];

fn create(machine: &mut Machine, arguments: Arguments) -> Result<(), Fault> {
    let function = machine.function(arguments, 1)?;
    let thread = machine.new_thread(function, false)?;
    machine.returned.push(Value::Thread(thread));
    Ok(())
}

fn wrap(machine: &mut Machine, arguments: Arguments) -> Result<(), Fault> {
    let function = machine.function(arguments, 1)?;
    let held = Value::Thread(machine.new_thread(function, true)?);
    let action = Action::Wrapped;
    let wrapper = machine.heap.new_function(Function::Native { action, held });
    machine.returned.push(Value::Function(wrapper));
    Ok(())
}

fn running(machine: &mut Machine, _: Arguments) -> Result<(), Fault> {
    let running = machine.running().map_or(Value::Nil, Value::Thread);
    machine.returned.push(running);
    Ok(())
}

fn status(machine: &mut Machine, arguments: Arguments) -> Result<(), Fault> {
    let thread = machine.thread(arguments, 1)?;
    let status = machine.status(thread);
    let status = machine.heap.text(status.as_bytes());
    machine.returned.push(Value::Text(status));
    Ok(())
}
