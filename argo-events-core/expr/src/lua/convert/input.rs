//! JSON to values: objects and arrays become tables, numbers doubles, null nothing.
//!
//! An element of an array keeps its place even if others are null, and arrays may hold arrays; the
//! reference drops both.

use super::super::{
    RunError,
    heap::Fault,
    machine::Machine,
    value::{TableId, Value},
};
use crate::gojson;

/// Makes the table of an event, which must be an object or null.
pub(in crate::lua) fn event(machine: &mut Machine, document: &[u8]) -> Result<TableId, RunError> {
    let json = gojson::decode(document);
    if let Some(found) = other_than_object(document)
        && !matches!(json, Err(gojson::Error::Syntax { .. }))
    {
        return Err(RunError::Input(gojson::Error::NotAnObject(found)));
    }
    let json = json.map_err(RunError::Input)?;
    let table = machine.heap.new_table();
    if let gojson::Value::Object(members) = json {
        machine
            .fill_members(table, members)
            .map_err(|fault| machine.failure(fault))?;
    }
    Ok(table)
}

/// Names what a document is if it is neither an object nor null.
fn other_than_object(document: &[u8]) -> Option<&'static str> {
    match document.trim_ascii_start().first()? {
        b'[' => Some("array"),
        b'"' => Some("string"),
        b't' | b'f' => Some("bool"),
        b'-' | b'0'..=b'9' => Some("number"),
        _ => None,
    }
}

impl Machine {
    fn fill_members(
        &mut self,
        table: TableId,
        members: std::collections::BTreeMap<String, gojson::Value>,
    ) -> Result<(), Fault> {
        self.heap.reserve_entries(table, members.len())?;
        for (name, member) in members {
            let value = self.value_of(member)?;
            let name = self.heap.owned_text(name.into_bytes());
            self.heap.set(table, Value::Text(name), value)?;
        }
        Ok(())
    }

    /// Turns a document's value into one of the script; it nests no deeper than decoding allows.
    fn value_of(&mut self, json: gojson::Value) -> Result<Value, Fault> {
        self.heap.afford(64)?;
        Ok(match json {
            gojson::Value::Null => Value::Nil,
            gojson::Value::Bool(truth) => Value::Boolean(truth),
            gojson::Value::Number(number) => Value::Number(number),
            gojson::Value::String(text) => Value::Text(self.heap.owned_text(text.into_bytes())),
            gojson::Value::Array(elements) => {
                let table = self.heap.new_table();
                self.heap.reserve_list(table, elements.len())?;
                for (slot, element) in elements.into_iter().enumerate() {
                    let value = self.value_of(element)?;
                    self.heap.set_slot(table, slot, value)?;
                }
                Value::Table(table)
            }
            gojson::Value::Object(members) => {
                let table = self.heap.new_table();
                self.fill_members(table, members)?;
                Value::Table(table)
            }
        })
    }
}
