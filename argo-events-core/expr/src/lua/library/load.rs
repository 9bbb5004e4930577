//! Loading of further code, from texts only.

use super::{
    super::{
        compile,
        heap::Fault,
        machine::{Arguments, Machine},
        parse,
        value::{TableId, Value},
    },
    Action, Module, Opening,
};
use std::sync::Arc;

pub(super) const FUNCTIONS: Module = &[
    ("load", Action::Plain(load)),
    ("loadstring", Action::Plain(load_string)),
    ("require", Action::Plain(require)),
];

/// Makes the table `package`; files it finds none.
pub(super) fn package(globals: &mut Opening<'_>, loaded: &[(&str, TableId)]) {
    let mut package = globals.table("package");
    package.absent("package.", &["loadlib"]);
    package.functions(&[("seeall", Action::Plain(see_all))]);
    package.text("path", "");
    package.text("cpath", "");
    package.text("config", "/\n;\n?\n!\n-\n");
    package.table("preload");
    package.table("loaders");
    let mut all = package.table("loaded");
    for (name, table) in loaded {
        all.set(name, Value::Table(*table));
    }
}

fn load(machine: &mut Machine, arguments: Arguments) -> Result<(), Fault> {
    let reader = Value::Function(machine.function(arguments, 1)?);
    let name = name(machine, arguments, "?")?;
    let mut text = Vec::new();
    loop {
        let piece = machine.invoke(reader, &[])?;
        if piece.is_nil() {
            break;
        }
        let Some(piece) = machine.as_text(piece) else {
            let message = machine.heap.text(b"reader function must return a string");
            machine.returned.extend([Value::Nil, Value::Text(message)]);
            return Ok(());
        };
        let piece = machine.heap.bytes(piece);
        if piece.is_empty() {
            break;
        }
        machine.heap.afford(text.len() + piece.len())?;
        text.extend_from_slice(piece);
    }
    compile_and_give(machine, &text, &name)
}

fn load_string(machine: &mut Machine, arguments: Arguments) -> Result<(), Fault> {
    let text = machine.text(arguments, 1)?;
    let name = name(machine, arguments, "<string>")?;
    let text = machine.heap.bytes(text).to_vec();
    compile_and_give(machine, &text, &name)
}

fn name(machine: &mut Machine, arguments: Arguments, otherwise: &str) -> Result<String, Fault> {
    let name = machine.optional_text(arguments, 2)?;
    Ok(name.map_or(otherwise.into(), |id| {
        String::from_utf8_lossy(machine.heap.bytes(id)).into_owned()
    }))
}

/// How many bytes compiled code takes for each of its text, from above.
const EXPANSION: usize = 64;

fn compile_and_give(machine: &mut Machine, text: &[u8], name: &str) -> Result<(), Fault> {
    let size = text.len().saturating_mul(EXPANSION) + name.len();
    machine.heap.afford(size)?;
    machine.budget.take(text.len().saturating_mul(4) + 100)?;
    let compiled = parse::parse(text, name, machine.syntax_left())
        .and_then(|main| compile::compile(&main, name));
    match compiled {
        Ok(chunk) => {
            machine.heap.used += size;
            let function = machine.load(Arc::new(chunk))?;
            machine.returned.push(Value::Function(function));
        }
        Err(error) => {
            let message = machine.heap.owned_text(error.text().into());
            machine.returned.extend([Value::Nil, Value::Text(message)]);
        }
    }
    Ok(())
}

fn global_member(machine: &mut Machine, path: &[&str]) -> Value {
    let mut value = Value::Table(machine.globals);
    for name in path {
        let Value::Table(table) = value else {
            return Value::Nil;
        };
        let key = Value::Text(machine.heap.text(name.as_bytes()));
        value = machine.heap.table(table).get_key(key);
    }
    value
}

/// Gives a module that is loaded, or one that `package.preload` has a function for.
fn require(machine: &mut Machine, arguments: Arguments) -> Result<(), Fault> {
    let name = machine.text(arguments, 1)?;
    let key = Value::Text(name);
    let loaded = global_member(machine, &["package", "loaded"]);
    if let Value::Table(table) = loaded {
        let module = machine.heap.table(table).get_key(key);
        if module.is_true() {
            machine.returned.push(module);
            return Ok(());
        }
    }
    let preload = global_member(machine, &["package", "preload"]);
    let loader = match preload {
        Value::Table(table) => machine.heap.table(table).get_key(key),
        _ => Value::Nil,
    };
    if loader.is_nil() {
        let name = String::from_utf8_lossy(machine.heap.bytes(name)).into_owned();
        let message = format!("module {name} not found: files are not available to scripts");
        return Err(machine.error(&message));
    }
    let mut module = machine.invoke(loader, &[key])?;
    if module.is_nil() {
        module = Value::Boolean(true);
    }
    if let Value::Table(table) = loaded {
        machine.heap.set(table, key, module)?;
    }
    machine.returned.push(module);
    Ok(())
}

fn see_all(machine: &mut Machine, arguments: Arguments) -> Result<(), Fault> {
    let module = machine.table(arguments, 1)?;
    let metatable = match machine.heap.table(module).metatable {
        Some(metatable) => metatable,
        None => machine.heap.new_table(),
    };
    machine.heap.table_mut(module).metatable = Some(metatable);
    let (key, globals) = (machine.names.index, Value::Table(machine.globals));
    machine.heap.set(metatable, key, globals)
}
