//! The tables in which functions find their global variables.

use super::{
    super::{
        heap::{Fault, Function},
        machine::{Arguments, Machine},
        number,
        value::{FunctionId, Value},
    },
    Action, Module,
};

pub(super) const FUNCTIONS: Module = &[
    ("getfenv", Action::Plain(get)),
    ("setfenv", Action::Plain(set)),
];

const REFUSAL: &str = "cannot change the environment of given object";

fn get(machine: &mut Machine, arguments: Arguments) -> Result<(), Fault> {
    let function = match machine.argument(arguments, 1) {
        Value::Nil if arguments.count == 0 => machine.caller(1),
        Value::Function(id) => Some(id),
        Value::Number(level) if number::truncate(level) <= 0 => {
            machine.returned.push(Value::Table(machine.environment));
            return Ok(());
        }
        Value::Number(level) => machine.caller(number::truncate(level)),
        _ => None,
    };
    let environment = match function.map(|id| machine.heap.function(id)) {
        Some(Function::Script { environment, .. }) => *environment,
        _ => machine.globals,
    };
    machine.returned.push(Value::Table(environment));
    Ok(())
}

fn set(machine: &mut Machine, arguments: Arguments) -> Result<(), Fault> {
    let environment = machine.table(arguments, 2)?;
    let function = match machine.argument(arguments, 1) {
        Value::Function(id) => Some(id),
        Value::Number(level) if number::truncate(level) <= 0 => {
            machine.environment = environment;
            return Ok(());
        }
        Value::Number(level) => machine.caller(number::truncate(level)),
        _ => None,
    };
    let is_set = function.is_some_and(|id| change(machine, id, environment));
    match function.filter(|_| is_set) {
        Some(id) => machine.returned.push(Value::Function(id)),
        None => return Err(machine.error(REFUSAL)),
    }
    Ok(())
}

fn change(machine: &mut Machine, id: FunctionId, table: super::TableId) -> bool {
    match &mut machine.heap.functions.items[id.index()] {
        Function::Script { environment, .. } => {
            *environment = table;
            true
        }
        _ => false,
    }
}
