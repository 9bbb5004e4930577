//! Reads and writes through metatables.

use super::{
    super::{heap::Fault, value::Value},
    Flow, Machine, Returns,
};

/// How many metatables in a row are asked.
const CHAIN: usize = 100;

impl Machine {
    /// Gives an entry of a value's metatable.
    pub(in crate::lua) fn meta(&self, value: Value, name: Value) -> Value {
        match self.heap.metatable(value) {
            Some(id) => self.heap.table(id).get_key(name),
            None => Value::Nil,
        }
    }

    /// Gives an entry of one metatable or else of the other.
    pub(super) fn either_meta(&self, left: Value, right: Value, name: Value) -> Value {
        let found = self.meta(left, name);
        if found.is_nil() {
            self.meta(right, name)
        } else {
            found
        }
    }

    /// Reads a member into a place of the stack.
    pub(super) fn get(&mut self, object: Value, key: Value, to: usize) -> Result<Flow, Fault> {
        match self.look_up(object, key)? {
            Found::Value(value) => {
                self.thread.stack[to] = value;
                Ok(Flow::Go)
            }
            Found::Method(method, object) => {
                self.call_meta(method, &[object, key], Returns::Value { to: to as u32 })
            }
        }
    }

    /// Reads a member for a library function.
    pub(in crate::lua) fn member(&mut self, object: Value, key: Value) -> Result<Value, Fault> {
        match self.look_up(object, key)? {
            Found::Value(value) => Ok(value),
            Found::Method(method, object) => self.invoke(method, &[object, key]),
        }
    }

    fn look_up(&mut self, mut object: Value, key: Value) -> Result<Found, Fault> {
        for _ in 0..CHAIN {
            if let Value::Table(id) = object {
                let value = self.heap.table(id).get(key);
                if !value.is_nil() {
                    return Ok(Found::Value(value));
                }
            }
            match self.meta(object, self.names.index) {
                Value::Nil if matches!(object, Value::Table(_)) => {
                    return Ok(Found::Value(Value::Nil));
                }
                Value::Nil => return Err(self.not_a_table(object, key)),
                method @ Value::Function(_) => return Ok(Found::Method(method, object)),
                next => object = next,
            }
        }
        Err(self.error("too many recursions in gettable"))
    }

    pub(super) fn set(
        &mut self,
        mut object: Value,
        key: Value,
        value: Value,
    ) -> Result<Flow, Fault> {
        for _ in 0..CHAIN {
            if let Value::Table(id) = object
                && !self.heap.table(id).get(key).is_nil()
            {
                self.heap.set(id, key, value)?;
                return Ok(Flow::Go);
            }
            match (self.meta(object, self.names.newindex), object) {
                (Value::Nil, Value::Table(_)) => {
                    self.set_raw(object, key, value)?;
                    return Ok(Flow::Go);
                }
                (Value::Nil, _) => return Err(self.not_a_table(object, key)),
                (method @ Value::Function(_), _) => {
                    return self.call_meta(method, &[object, key, value], Returns::Nowhere);
                }
                (next, _) => object = next,
            }
        }
        Err(self.error("too many recursions in settable"))
    }

    pub(in crate::lua) fn set_raw(
        &mut self,
        object: Value,
        key: Value,
        value: Value,
    ) -> Result<(), Fault> {
        match (object, key) {
            (_, Value::Nil) => Err(self.error("table index is nil")),
            (_, Value::Number(number)) if number.is_nan() => Err(self.error("table index is NaN")),
            (Value::Table(id), _) => self.heap.set(id, key, value),
            _ => Err(self.not_a_table(object, key)),
        }
    }

    fn not_a_table(&mut self, object: Value, key: Value) -> Fault {
        let key = self.print(key);
        let (kind, key) = (object.kind().name(), String::from_utf8_lossy(&key));
        self.error(&format!(
            "attempt to index a non-table object({kind}) with key '{key}'"
        ))
    }
}

enum Found {
    Value(Value),
    /// A function that gives the value, and the object it is to be asked for.
    Method(Value, Value),
}
