//! Evaluates fields: methods, members of maps and fields of structs.

use super::{Item, Result, State};
use crate::{
    gotemplate::{
        methods,
        tree::{Callee, Operand},
    },
    govalue::Value,
};
use std::sync::Arc;

impl<'p> State<'p, '_> {
    /// Follows names from a value on; the last one gets the arguments.
    pub(super) fn fields(
        &mut self,
        dot: &Item,
        mut receiver: Item,
        operand: &'p Operand,
        names: &[Arc<str>],
        arguments: &'p [Operand],
        mut last: Option<Item>,
    ) -> Result<Item> {
        for (place, name) in names.iter().enumerate() {
            let is_last = place + 1 == names.len();
            let (arguments, last) = if is_last {
                (arguments, last.take())
            } else {
                (&[][..], None)
            };
            receiver = self.field(dot, receiver, operand, name, arguments, last)?;
        }
        Ok(receiver)
    }

    fn field(
        &mut self,
        dot: &Item,
        receiver: Item,
        operand: &'p Operand,
        name: &Arc<str>,
        arguments: &'p [Operand],
        last: Option<Item>,
    ) -> Result<Item> {
        if let Item::Absent = receiver {
            return Ok(Item::Absent);
        }
        let type_name = receiver.type_name();
        let value = receiver.into_value();
        if let Value::Nil = value {
            return Err(self.fail(format_args!("nil pointer evaluating {type_name}.{name}")));
        }
        if let Some(method) = methods::find(&value, name) {
            let method = Callee::Function(*method);
            self.bound = Some(value);
            return self.call(
                dot,
                &method,
                (operand.start, operand),
                name,
                arguments,
                last,
            );
        }
        let has_arguments = !arguments.is_empty() || last.is_some();
        self.member(&value, name, &type_name, has_arguments)
    }

    /// Looks up a member of a map or a field of a struct.
    fn member(
        &self,
        value: &Value,
        name: &str,
        type_name: &str,
        has_arguments: bool,
    ) -> Result<Item> {
        match value {
            Value::Map(_) if has_arguments => {
                Err(self.fail(format_args!("{name} is not a method but has arguments")))
            }
            Value::Map(map) => {
                let member = map.get(name.as_bytes());
                Ok(member.map_or(Item::Absent, |member| Item::element(member, map.member())))
            }
            Value::Time(_) if methods::is_hidden_field(name) => Err(self.fail(format_args!(
                "{name} is an unexported field of struct type {type_name}"
            ))),
            Value::Object(object) => match object.field(name) {
                Some(_) if has_arguments => Err(self.fail(format_args!(
                    "{name} has arguments but cannot be invoked as function"
                ))),
                Some(field) => Ok(Item::Known(field)),
                None => Err(self.no_field(name, type_name)),
            },
            _ => Err(self.no_field(name, type_name)),
        }
    }

    fn no_field(&self, name: &str, type_name: &str) -> super::Stop {
        self.fail(format_args!(
            "can't evaluate field {name} in type {type_name}"
        ))
    }
}
