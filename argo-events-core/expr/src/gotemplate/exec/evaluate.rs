//! Evaluates pipelines and the commands in them.

use super::{Item, Result, State};
use crate::{
    gotemplate::{
        number::Number,
        tree::{Command, Operand, OperandKind, Pipe},
    },
    govalue::Value,
};
use std::sync::Arc;

impl<'p> State<'p, '_> {
    pub(super) fn pipeline(&mut self, dot: &Item, pipe: &'p Pipe) -> Result<Item> {
        self.look_at(pipe.start, pipe);
        let mut last = None;
        for command in &pipe.commands {
            self.step()?;
            let value = self.deeper(|state| state.command(dot, command, last.take()))?;
            last = Some(value.known());
        }
        let value = last.unwrap_or(Item::Absent);
        for variable in &pipe.variables {
            if pipe.assigns {
                self.assign(variable, value.clone())?;
            } else {
                self.variables.push((variable.clone(), value.clone()));
            }
        }
        Ok(value)
    }

    /// Sets the variable of that name which was declared last.
    pub(super) fn assign(&mut self, name: &Arc<str>, value: Item) -> Result<()> {
        let found = self.variables.iter_mut().rev();
        for (known, item) in found {
            if known == name {
                *item = value;
                return Ok(());
            }
        }
        Err(self.fail(format_args!("undefined variable: {name}")))
    }

    fn variable(&self, name: &Arc<str>) -> Result<Item> {
        let found = self.variables.iter().rev().find(|(known, _)| known == name);
        match found {
            Some((_, item)) => Ok(item.clone()),
            None => Err(self.fail(format_args!("undefined variable: {name}"))),
        }
    }

    fn command(&mut self, dot: &Item, command: &'p Command, last: Option<Item>) -> Result<Item> {
        let (first, rest) = command
            .operands
            .split_first()
            .expect("commands without operands are refused when parsed");
        match &first.kind {
            OperandKind::Function(name, callee) => {
                self.look_at(first.start, first);
                self.call(dot, callee, (first.start, command), name, rest, last)
            }
            OperandKind::Field(_) | OperandKind::Chain(..) | OperandKind::Variable(..) => {
                self.fields_of(dot, first, rest, last)
            }
            OperandKind::Pipe(pipe) => {
                self.refuse_arguments(first, rest, last.as_ref())?;
                self.pipeline(dot, pipe)
            }
            _ => {
                self.look_at(first.start, first);
                self.refuse_arguments(first, rest, last.as_ref())?;
                self.literal(dot, first)
            }
        }
    }

    fn refuse_arguments(
        &self,
        first: &Operand,
        rest: &[Operand],
        last: Option<&Item>,
    ) -> Result<()> {
        if rest.is_empty() && last.is_none() {
            return Ok(());
        }
        Err(self.fail(format_args!("can't give argument to non-function {first}")))
    }

    fn literal(&mut self, dot: &Item, operand: &'p Operand) -> Result<Item> {
        Ok(match &operand.kind {
            OperandKind::Truth(truth) => Item::Known(Value::Bool(*truth)),
            OperandKind::Dot => dot.clone(),
            OperandKind::Number(number) => self.number(number)?,
            OperandKind::String { text, .. } => Item::Known(Value::String(text.clone())),
            OperandKind::Nil => return Err(self.fail("nil is not a command")),
            _ => return Err(self.fail(format_args!("can't evaluate command {operand}"))),
        })
    }

    /// Gives a number the type that its form asks for.
    pub(super) fn number(&self, number: &Number) -> Result<Item> {
        let value = match (number.complex, number.signed) {
            (Some((real, imaginary)), _) => Value::Complex(real, imaginary),
            (None, _) if number.is_float_by_itself() => {
                Value::Float(number.float.unwrap_or_default())
            }
            (None, Some(signed)) => Value::Int(signed),
            (None, None) => {
                let text = &number.text;
                return Err(self.fail(format_args!("{text} overflows int")));
            }
        };
        Ok(Item::Known(value))
    }

    /// Evaluates fields of dot, of a variable or of another value.
    pub(super) fn fields_of(
        &mut self,
        dot: &Item,
        operand: &'p Operand,
        arguments: &'p [Operand],
        last: Option<Item>,
    ) -> Result<Item> {
        self.look_at(operand.start, operand);
        match &operand.kind {
            OperandKind::Variable(name, fields) => {
                let value = self.variable(name)?;
                if fields.is_empty() {
                    self.refuse_arguments(operand, arguments, last.as_ref())?;
                    return Ok(value);
                }
                self.fields(dot, value, operand, fields, arguments, last)
            }
            OperandKind::Chain(inner, fields) => {
                let value = self.argument(dot, None, inner)?;
                self.fields(dot, value, operand, fields, arguments, last)
            }
            OperandKind::Field(fields) => {
                self.fields(dot, dot.clone(), operand, fields, arguments, last)
            }
            _ => Err(self.fail(format_args!("can't evaluate command {operand}"))),
        }
    }
}
