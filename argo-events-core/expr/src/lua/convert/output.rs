//! Values to JSON: a table with a list part becomes an array, any other an object.

use super::super::{
    Exceeded, RunError,
    machine::Machine,
    value::{TableId, Value},
};
use crate::gojson;

/// Encodes a table as Go encodes what the reference makes of it.
pub(in crate::lua) fn encode(
    machine: &Machine,
    table: TableId,
    longest: usize,
) -> Result<Vec<u8>, RunError> {
    let mut encoder = Encoder {
        machine,
        longest,
        out: Vec::new(),
    };
    encoder.table(table, 0)?;
    Ok(encoder.out)
}

struct Encoder<'a> {
    machine: &'a Machine,
    longest: usize,
    out: Vec<u8>,
}

impl Encoder<'_> {
    fn value(&mut self, value: Value, depth: usize) -> Result<(), RunError> {
        if self.out.len() > self.longest {
            return Err(RunError::Stopped(Exceeded::Memory));
        }
        match value {
            Value::Nil => self.out.extend_from_slice(b"null"),
            Value::Boolean(true) => self.out.extend_from_slice(b"true"),
            Value::Boolean(false) => self.out.extend_from_slice(b"false"),
            Value::Number(number) => gojson::encode_f64_into(&mut self.out, number)
                .map_err(|error| RunError::Output(error.to_string()))?,
            Value::Text(id) => {
                gojson::encode_string_into(&mut self.out, self.machine.heap.bytes(id))
            }
            Value::Table(id) => return self.table(id, depth + 1),
            Value::Function(_) => {
                return Err(unsupported("json: unsupported type: lua.LGFunction"));
            }
            Value::Thread(_) => {
                let message = "json: unsupported value: encountered a cycle via *lua.Global";
                return Err(unsupported(message));
            }
            Value::Proxy(_) => return Err(unsupported("json: unsupported type: lua.LUserData")),
        }
        Ok(())
    }

    fn table(&mut self, id: TableId, depth: usize) -> Result<(), RunError> {
        if depth > gojson::MAX_TREE_DEPTH {
            return Err(RunError::Stopped(Exceeded::Depth));
        }
        let table = self.machine.heap.table(id);
        let length = table.length();
        let forced = table.metatable.is_some_and(|metatable| {
            let mark = self
                .machine
                .heap
                .table(metatable)
                .get_key(self.machine.names.is_array);
            mark == Value::Boolean(true)
        });
        if length == 0 && !forced {
            return self.object(id, depth);
        }
        self.out.push(b'[');
        for slot in 0..length {
            if slot > 0 {
                self.out.push(b',');
            }
            self.value(table.at(slot), depth)?;
        }
        self.out.push(b']');
        Ok(())
    }

    fn object(&mut self, id: TableId, depth: usize) -> Result<(), RunError> {
        let entries = self.machine.heap.table(id).entries();
        let mut members: Vec<(Vec<u8>, Value)> = entries
            .map(|(key, value)| (self.machine.print(key), value))
            .collect();
        members.sort_by(|(left, _), (right, _)| left.cmp(right));
        members.dedup_by(|(later, value), (first, kept)| {
            let is_same = later == first;
            if is_same {
                *kept = *value;
            }
            is_same
        });
        self.out.push(b'{');
        for (place, (name, value)) in members.into_iter().enumerate() {
            if place > 0 {
                self.out.push(b',');
            }
            gojson::encode_string_into(&mut self.out, name);
            self.out.push(b':');
            self.value(value, depth)?;
        }
        self.out.push(b'}');
        Ok(())
    }
}

fn unsupported(message: &str) -> RunError {
    RunError::Output(message.into())
}
