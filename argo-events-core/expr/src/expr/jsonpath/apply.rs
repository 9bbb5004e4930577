//! Follows the steps of a path.

use super::{
    MOST_LEVELS, Walk,
    error::Trouble,
    expression::Expression,
    token::{Argument, Token},
};
use crate::govalue::{Failure, Value};

pub(super) type Outcome = Result<Value, Trouble>;

impl Walk<'_> {
    /// Follows all tokens from a value.
    pub(super) fn follow(&mut self, tokens: &[Token], current: &Value) -> Outcome {
        let Some((token, rest)) = tokens.split_first() else {
            return Ok(current.clone());
        };
        self.run.step(1)?;
        self.depth += 1;
        if self.depth > MOST_LEVELS {
            return Err(Failure::Limit("depth of a path").into());
        }
        let outcome = self.step(token, rest, current);
        self.depth -= 1;
        outcome
    }

    fn step(&mut self, token: &Token, rest: &[Token], current: &Value) -> Outcome {
        match token {
            Token::Root => {
                let root = self.root.clone();
                self.follow(rest, &root)
            }
            Token::Current => self.follow(rest, current),
            Token::Wildcard => self.wildcard(rest, current),
            Token::Recursive => self.recursive(rest, current),
            Token::Length => {
                let length = length(current)?;
                self.follow(rest, &length)
            }
            Token::Key(key) => self.key(key, rest, current),
            Token::Index(index) => self.index(*index, rest, current),
            Token::Range(bounds) => self.range(bounds, rest, current),
            Token::Union(arguments) => self.union(arguments, rest, current),
            Token::Filter(filter) => self.filter(filter, rest, current),
            Token::Script(script) => self.script(script, rest, current),
        }
    }

    fn key(&mut self, key: &str, rest: &[Token], current: &Value) -> Outcome {
        match current {
            Value::Map(map) => match map.get(key.as_bytes()) {
                Some(value) => self.follow(rest, &value),
                None => Err(Trouble::key_not_found("key", key)),
            },
            other => Err(Trouble::target("key", other, "map")),
        }
    }

    fn index(&mut self, index: i64, rest: &[Token], current: &Value) -> Outcome {
        let Value::List(list) = current else {
            return Err(Trouble::target("index", current, "array slice"));
        };
        match place(index, list.values().len()) {
            Some(place) => self.follow(rest, &list.values()[place]),
            None => Err(Trouble::out_of_range("index")),
        }
    }

    fn script(&mut self, script: &Expression, rest: &[Token], current: &Value) -> Outcome {
        if script.text.is_empty() {
            return Err(Trouble::empty_expression());
        }
        let value = self
            .evaluate(script, current)
            .map_err(Trouble::in_expression)?;
        match (&value, integer(&value)) {
            (Value::String(key), _) => self.key(&key.to_str(), rest, current),
            (_, Some(index)) => self.index(index, rest, current),
            _ => Err(Trouble::result(&value, "int string")),
        }
    }

    /// Evaluates a part of a union or range.
    pub(super) fn argument(&mut self, argument: &Argument, current: &Value) -> Outcome {
        match argument {
            Argument::Index(index) => Ok(Value::Int64(*index)),
            Argument::Key(key) => Ok(Value::from(key.as_str())),
            Argument::Expression(expression) if expression.text.is_empty() => {
                Err(Trouble::empty_expression())
            }
            Argument::Expression(expression) => self
                .evaluate(expression, current)
                .map_err(Trouble::in_expression),
        }
    }

    /// Follows tokens and takes an error for nothing.
    pub(super) fn attempt(&mut self, tokens: &[Token], current: &Value) -> Result<Value, Failure> {
        let depth = self.depth;
        match self.follow(tokens, current) {
            Ok(value) => Ok(value),
            Err(Trouble::End(failure)) => Err(failure),
            Err(Trouble::Error { .. }) => {
                self.depth = depth;
                Ok(Value::Nil)
            }
        }
    }
}

/// Returns a place that is counted from the front, or from the back below zero.
pub(super) fn place(index: i64, length: usize) -> Option<usize> {
    let signed = i64::try_from(length).ok()?;
    let index = if index < 0 {
        signed.checked_add(index)?
    } else {
        index
    };
    usize::try_from(index).ok().filter(|place| *place < length)
}

fn length(current: &Value) -> Outcome {
    let length = match current {
        Value::Map(map) => match map.get(b"length") {
            Some(value) => return Ok(value),
            None => map.len(),
        },
        Value::List(list) => list.values().len(),
        Value::String(text) => text.len(),
        other => return Err(Trouble::target("length", other, "array map slice string")),
    };
    Ok(Value::Int64(i64::try_from(length).unwrap_or(i64::MAX)))
}

/// Returns a whole number, also one that is a double.
#[expect(clippy::cast_possible_truncation, reason = "as Go converts a float64")]
pub(super) fn integer(value: &Value) -> Option<i64> {
    match value {
        Value::Int(number) | Value::Int64(number) => Some(*number),
        Value::Float(number) if number.trunc() == *number => Some(*number as i64),
        _ => None,
    }
}
