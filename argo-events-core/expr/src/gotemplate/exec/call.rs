//! Calls functions and methods.

use super::{Item, Result, State};
use crate::{
    gotemplate::{
        builtin::{self, Builtin},
        tree::{Callee, Operand},
    },
    govalue::{Failure, Type, Value},
};
use std::fmt::Display;

/// What a call looks like to the function: how many arguments, of which types.
#[derive(Clone, Copy)]
struct Signature {
    parameters: &'static [Type],
    is_variadic: bool,
}

impl Signature {
    fn fixed(self) -> usize {
        self.parameters.len() - usize::from(self.is_variadic)
    }

    fn parameter(self, place: usize) -> Type {
        let last = self.parameters.last().copied().unwrap_or(Type::Any);
        self.parameters.get(place).copied().unwrap_or(last)
    }
}

impl<'p> State<'p, '_> {
    /// Calls a function with the arguments that follow it and, at their end, the value of the
    /// command before.
    ///
    /// A method finds its receiver in `self.bound`.
    pub(super) fn call(
        &mut self,
        dot: &Item,
        callee: &Callee,
        (start, shown): (usize, &'p dyn Display),
        name: &str,
        arguments: &'p [Operand],
        last: Option<Item>,
    ) -> Result<Item> {
        let receiver = self.bound.take();
        let signature = signature(callee);
        self.check_count(signature, name, arguments.len(), last.is_some())?;
        if let Callee::Builtin(which @ (Builtin::And | Builtin::Or)) = callee {
            return self.short_circuit(dot, *which == Builtin::Or, arguments, last);
        }
        let mut items = Vec::with_capacity(arguments.len() + 1);
        for (place, argument) in arguments.iter().enumerate() {
            items.push(self.argument(dot, Some(signature.parameter(place)), argument)?);
        }
        let last_shown = match callee {
            Callee::Builtin(Builtin::Call) => last.as_ref().map(builtin::reflected),
            _ => None,
        };
        if let Some(last) = last {
            items.push(self.validate(last, signature.parameter(items.len()))?);
        }
        if let Callee::Builtin(_) = callee {
            self.count_texts(&items)?;
        }
        let result = match callee {
            Callee::Builtin(Builtin::Call) => {
                let callee_name = match arguments.first() {
                    Some(operand) => operand.to_string(),
                    None => last_shown.unwrap_or_default(),
                };
                builtin::call(self.run, &callee_name, items)
            }
            Callee::Builtin(which) => which.call(self.run, items),
            Callee::Function(function) => {
                let receiver = receiver.into_iter();
                let values = receiver.chain(items.into_iter().map(Item::into_value));
                let values: Vec<_> = values.collect();
                (function.call)(self.run, &values).map(Item::of)
            }
        };
        let result = result.and_then(|item| self.charge(item));
        result.map_err(|failure| self.call_failed(failure, (start, shown), name))
    }

    fn check_count(
        &self,
        signature: Signature,
        name: &str,
        written: usize,
        has_last: bool,
    ) -> Result<()> {
        let count = written + usize::from(has_last);
        let fixed = signature.fixed();
        if signature.is_variadic && count < fixed {
            return Err(self.fail(format_args!(
                "wrong number of args for {name}: want at least {fixed} got {written}"
            )));
        }
        if !signature.is_variadic && count != fixed {
            return Err(self.fail(format_args!(
                "wrong number of args for {name}: want {fixed} got {count}"
            )));
        }
        Ok(())
    }

    /// Evaluates `and` and `or`, which look no further than they must.
    fn short_circuit(
        &mut self,
        dot: &Item,
        until: bool,
        arguments: &'p [Operand],
        last: Option<Item>,
    ) -> Result<Item> {
        let mut item = Item::Absent;
        for argument in arguments {
            item = self.argument(dot, Some(Type::Reflect), argument)?;
            if item.is_true() == until {
                return Ok(item);
            }
        }
        match last {
            Some(last) => self.validate(last, Type::Reflect),
            None => Ok(item),
        }
    }

    /// Counts the work of reading texts, which functions from elsewhere do themselves.
    fn count_texts(&mut self, items: &[Item]) -> Result<()> {
        const BYTES_PER_STEP: usize = 256;
        let length = |item: &Item| {
            item.value()
                .and_then(Value::as_text)
                .map_or(0, |text| text.len())
        };
        let bytes: usize = items.iter().map(length).sum();
        let step = self.run.step(bytes / BYTES_PER_STEP);
        step.map_err(|failure| self.failure(failure))
    }

    /// Counts what a function has built.
    fn charge(&mut self, item: Item) -> std::result::Result<Item, Failure> {
        match item.value() {
            Some(Value::String(text)) => self.run.charge(text.len())?,
            Some(Value::List(list)) => self.run.charge_elements(list.decoded_len())?,
            _ => {}
        }
        Ok(item)
    }

    fn call_failed(
        &mut self,
        failure: Failure,
        (start, shown): (usize, &'p dyn Display),
        name: &str,
    ) -> super::Stop {
        if let Failure::Results(count) = failure {
            return self.fail(format_args!(
                "can't call method/function {name:?} with {count} results"
            ));
        }
        self.look_at(start, shown);
        match failure {
            Failure::Limit(_) => self.limit(format_args!("error calling {name}: {failure}")),
            failure => self.fail(format_args!("error calling {name}: {failure}")),
        }
    }
}

fn signature(callee: &Callee) -> Signature {
    match callee {
        Callee::Builtin(builtin) => Signature {
            parameters: builtin.parameters(),
            is_variadic: builtin.is_variadic(),
        },
        Callee::Function(function) => Signature {
            parameters: function.parameters,
            is_variadic: function.is_variadic,
        },
    }
}
