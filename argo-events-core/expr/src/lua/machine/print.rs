//! Texts of values, and numbers of texts.

use super::{
    super::{
        heap::Fault,
        number,
        value::{TextId, Value},
    },
    Machine,
};

impl Machine {
    pub(in crate::lua) fn to_number(&self, value: Value) -> Option<f64> {
        match value {
            Value::Number(number) => Some(number),
            Value::Text(id) => number::parse(self.heap.bytes(id)),
            _ => None,
        }
    }

    /// Gives the text of a text or number.
    pub(in crate::lua) fn as_text(&mut self, value: Value) -> Option<TextId> {
        match value {
            Value::Text(id) => Some(id),
            Value::Number(number) => Some(self.heap.owned_text(number::print(number).into())),
            _ => None,
        }
    }

    /// Gives the text of any value, without asking metatables.
    pub(in crate::lua) fn print(&self, value: Value) -> Vec<u8> {
        let kind = value.kind().name();
        let named = |id: u32| format!("{kind}: 0xc{id:09x}").into_bytes();
        match value {
            Value::Nil => b"nil".to_vec(),
            Value::Boolean(true) => b"true".to_vec(),
            Value::Boolean(false) => b"false".to_vec(),
            Value::Number(number) => number::print(number).into(),
            Value::Text(id) => self.heap.bytes(id).to_vec(),
            Value::Table(id) => named(id.0 * 16),
            Value::Function(id) => named(id.0 * 16),
            Value::Thread(id) => named(id.0 * 16),
            Value::Proxy(id) => named(id.0 * 16),
        }
    }

    /// Gives what `tostring` gives: by `__tostring` anything.
    pub(in crate::lua) fn print_meta(&mut self, value: Value) -> Result<Value, Fault> {
        let method = self.meta(value, self.names.tostring);
        if let Value::Function(_) = method {
            return self.invoke(method, &[value]);
        }
        let text = self.print(value);
        Ok(Value::Text(self.heap.owned_text(text)))
    }
}
