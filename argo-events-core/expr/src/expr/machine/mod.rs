//! Carries out the operations of a program, with the library's stack and its complaints.

mod arithmetic;
mod call;
mod compare;
mod constant;
mod fetch;
mod keyed;
mod loops;
mod step;

pub(super) use arithmetic::{to_float, to_int};
pub(super) use compare::{Order, compare};
pub(super) use fetch::{fetch, length};
pub(super) use keyed::Keyed;

use super::{
    compile::Code,
    environment::{Environment, Piece},
    error::Error,
    functions,
    limits::Limits,
};
use crate::{
    gofmt,
    govalue::{self, Failure, Host, Run, Value},
};
use std::rc::Rc;

/// What is on the stack: a value, or a piece of the payload that nobody looked into yet.
#[derive(Clone, Debug)]
pub(super) enum Item {
    Value(Value),
    Piece(Piece),
    /// The functions of sprig.
    Sprig,
}

impl From<Value> for Item {
    fn from(value: Value) -> Self {
        Self::Value(value)
    }
}

/// A run of a program.
pub(super) struct Machine<'p> {
    code: &'p Code,
    environment: &'p Environment,
    pub(super) run: Run,
    limits: Limits,
    next: usize,
    stack: Vec<Item>,
    loops: Vec<Loop>,
    variables: Vec<Item>,
    /// Constants as values, made when first asked for.
    constants: Vec<Option<Value>>,
    /// How many elements lists and maps have had together.
    elements: usize,
}

/// A loop that is going on.
struct Loop {
    collection: Value,
    index: i64,
    length: i64,
    count: i64,
    groups: Option<Keyed>,
    accumulator: Item,
}

/// Runs a program and returns what it leaves.
pub(super) fn run(
    code: &Code,
    environment: &Environment,
    host: Rc<dyn Host>,
    limits: &Limits,
) -> Result<Value, Error> {
    let budget = govalue::Limits {
        steps: limits.steps,
        memory: limits.bytes as u64,
    };
    let mut machine = Machine {
        code,
        environment,
        run: Run::on(host, budget),
        limits: *limits,
        next: 0,
        stack: Vec::with_capacity(8),
        loops: Vec::new(),
        variables: vec![Item::Value(Value::Nil); code.variables],
        constants: vec![None; code.constants.len()],
        elements: 0,
    };
    machine
        .run_all()
        .map_err(|failure| machine.explain(failure))
}

impl Machine<'_> {
    fn run_all(&mut self) -> Result<Value, Failure> {
        while let Some(op) = self.code.ops.get(self.next) {
            self.next += 1;
            self.run.step(1)?;
            self.step(*op)?;
        }
        match self.stack.is_empty() {
            true => Ok(Value::Nil),
            false => self.pop(),
        }
    }

    fn explain(&self, failure: Failure) -> Error {
        let place = self.next.saturating_sub(1);
        let location = self.code.locations.get(place).copied();
        let error = match failure {
            Failure::Limit(_) => Error::limit(failure.to_string()),
            other => Error::new(other.to_string()),
        };
        error.at(location.unwrap_or_default())
    }

    fn push(&mut self, item: impl Into<Item>) -> Result<(), Failure> {
        if self.stack.len() > self.limits.elements {
            return Err(Failure::Limit("height of the stack"));
        }
        self.stack.push(item.into());
        Ok(())
    }

    fn pop_item(&mut self) -> Result<Item, Failure> {
        self.stack
            .pop()
            .ok_or_else(|| "runtime error: index out of range [-1]".into())
    }

    fn pop(&mut self) -> Result<Value, Failure> {
        let item = self.pop_item()?;
        self.value(item)
    }

    /// Decodes what nobody looked into yet.
    fn value(&mut self, item: Item) -> Result<Value, Failure> {
        match item {
            Item::Value(value) => Ok(value),
            Item::Sprig => Ok(functions::sprig()),
            Item::Piece(piece) => {
                self.run.charge(piece.len().saturating_mul(2))?;
                self.environment.decode(piece)
            }
        }
    }

    /// Pops the right side of an operator, then the left one; returns the left one first.
    fn pop_two(&mut self) -> Result<(Value, Value), Failure> {
        let right = self.pop()?;
        Ok((self.pop()?, right))
    }

    fn peek(&mut self) -> Result<&Item, Failure> {
        let none = || Failure::from("runtime error: index out of range [-1]");
        self.stack.last().ok_or_else(none)
    }

    fn peek_bool(&mut self) -> Result<bool, Failure> {
        match self.peek()? {
            Item::Value(Value::Bool(truth)) => Ok(*truth),
            _ => {
                let value = self.pop()?;
                Err(unexpected(&value, "bool"))
            }
        }
    }

    fn pop_bool(&mut self) -> Result<bool, Failure> {
        let truth = self.peek_bool()?;
        self.stack.pop();
        Ok(truth)
    }

    fn pop_many(&mut self, count: u32) -> Result<Vec<Value>, Failure> {
        let count = count as usize;
        let Some(first) = self.stack.len().checked_sub(count) else {
            return Err("runtime error: index out of range [-1]".into());
        };
        let items = self.stack.split_off(first);
        items.into_iter().map(|item| self.value(item)).collect()
    }

    /// Counts the elements of a list or map against the library's own budget.
    pub(super) fn grow(&mut self, elements: usize) -> Result<(), Failure> {
        self.elements = self.elements.saturating_add(elements);
        if self.elements >= self.limits.elements {
            return Err("memory budget exceeded".into());
        }
        self.run.charge_elements(elements)
    }

    /// Counts work on a text or list of a length.
    pub(super) fn work(&mut self, length: usize) -> Result<(), Failure> {
        self.run.step(length / 64)
    }
}

/// Shows a value as a verb of Go prints it.
pub(super) fn shown(verb: &str, value: &Value) -> String {
    let text = gofmt::sprintf(verb, std::slice::from_ref(value)).unwrap_or_default();
    String::from_utf8_lossy(&text).into_owned()
}

/// Complains about a value of a type that an operation does not take.
pub(super) fn unexpected(value: &Value, wanted: &str) -> Failure {
    let found = match value {
        Value::Nil => "nil".into(),
        other => other.type_name(),
    };
    format!("interface conversion: interface {{}} is {found}, not {wanted}").into()
}

/// Returns the bytes of a text, or complains.
pub(super) fn expect_text(value: &Value) -> Result<&[u8], Failure> {
    match value {
        Value::String(text) => Ok(text),
        other => Err(unexpected(other, "string")),
    }
}
