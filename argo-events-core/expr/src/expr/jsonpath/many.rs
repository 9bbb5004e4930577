//! Steps that lead to many values at once.

use super::{
    Walk,
    apply::{Outcome, integer, place},
    error::{Trouble, kind},
    expression::Expression,
    token::{Argument, Token},
};
use crate::govalue::{Failure, Value};

/// Returns what is in a list or map.
fn content(current: &Value, name: &str, expected: &str) -> Result<Vec<Value>, Trouble> {
    match current {
        Value::List(list) => Ok(list.values().to_vec()),
        Value::Map(map) => Ok(map.entries().into_iter().map(|(_, value)| value).collect()),
        other => Err(Trouble::target(name, other, expected)),
    }
}

impl Walk<'_> {
    fn push(&mut self, values: &mut Vec<Value>, value: Value) -> Result<(), Failure> {
        self.run.step(1)?;
        self.run.charge_elements(1)?;
        values.push(value);
        Ok(())
    }

    /// Follows the rest from each value; an index is about all of them instead.
    fn each(&mut self, values: Vec<Value>, rest: &[Token]) -> Outcome {
        if let Some(Token::Index(_)) | None = rest.first() {
            return self.follow(rest, &Value::from(values));
        }
        self.follow_each(values, rest)
    }

    fn follow_each(&mut self, values: Vec<Value>, rest: &[Token]) -> Outcome {
        let mut found = Vec::new();
        for value in values {
            match self.attempt(rest, &value)? {
                Value::Nil if !rest.is_empty() => {}
                value => self.push(&mut found, value)?,
            }
        }
        Ok(Value::from(found))
    }

    pub(super) fn wildcard(&mut self, rest: &[Token], current: &Value) -> Outcome {
        let values = content(current, "wildcard", "array map slice")?;
        self.follow_each(values, rest)
    }

    pub(super) fn recursive(&mut self, rest: &[Token], current: &Value) -> Outcome {
        let mut found = Vec::new();
        let mut waiting = vec![current.clone()];
        // From the front to the back, what is inside a value directly after it.
        while let Some(value) = waiting.pop() {
            self.run.step(1)?;
            if let Value::Nil = value {
                continue;
            }
            match (rest.is_empty(), self.attempt(rest, &value)?) {
                (true, value) => self.push(&mut found, value)?,
                (false, Value::Nil) => {}
                (false, Value::List(list)) => {
                    for value in list.values() {
                        self.push(&mut found, value.clone())?;
                    }
                }
                (false, value) => self.push(&mut found, value)?,
            }
            if let Ok(content) = content(&value, "", "") {
                self.run.charge_elements(content.len())?;
                waiting.extend(content.into_iter().rev());
            }
        }
        Ok(Value::from(found))
    }

    pub(super) fn filter(
        &mut self,
        filter: &Expression,
        rest: &[Token],
        current: &Value,
    ) -> Outcome {
        if filter.text.is_empty() {
            return Err(Trouble::empty_expression());
        }
        let mut kept = Vec::new();
        for value in content(current, "filter", "array map slice")? {
            let depth = self.depth;
            let is_kept = match self.evaluate(filter, &value) {
                Ok(result) => counts(&result),
                Err(Trouble::End(failure)) => return Err(failure.into()),
                Err(Trouble::Error { .. }) => {
                    self.depth = depth;
                    false
                }
            };
            if is_kept {
                self.push(&mut kept, value)?;
            }
        }
        self.each(kept, rest)
    }

    pub(super) fn range(
        &mut self,
        bounds: &[Option<Argument>; 3],
        rest: &[Token],
        current: &Value,
    ) -> Outcome {
        let Value::List(list) = current else {
            return Err(Trouble::target("range", current, "array slice"));
        };
        let values = list.values();
        let length = i64::try_from(values.len()).unwrap_or(i64::MAX);
        let within = |bound: i64| match bound {
            ..0 => length.saturating_add(bound).clamp(0, length),
            _ => bound.min(length),
        };
        let from = self.bound(bounds[0].as_ref(), current)?.map_or(0, within);
        let to = self
            .bound(bounds[1].as_ref(), current)?
            .map_or(length, within);
        let step = self.bound(bounds[2].as_ref(), current)?.unwrap_or(1);
        if step == 0 {
            return Err(Trouble::out_of_range("range"));
        }
        let mut picked = Vec::new();
        let mut at = if step < 0 { to - 1 } else { from };
        while at >= from && at < to {
            if let Some(value) = usize::try_from(at).ok().and_then(|at| values.get(at)) {
                self.push(&mut picked, value.clone())?;
            }
            at = at.saturating_add(step);
        }
        self.each(picked, rest)
    }

    fn bound(&mut self, bound: Option<&Argument>, current: &Value) -> Result<Option<i64>, Trouble> {
        let Some(argument) = bound else {
            return Ok(None);
        };
        let value = self
            .argument(argument, current)
            .map_err(|trouble| trouble.in_token("range"))?;
        match integer(&value) {
            Some(bound) => Ok(Some(bound)),
            None => Err(Trouble::result(&value, "int").in_token("range")),
        }
    }

    pub(super) fn union(
        &mut self,
        arguments: &[Argument],
        rest: &[Token],
        current: &Value,
    ) -> Outcome {
        let (mut keys, mut indexes) = (Vec::new(), Vec::new());
        for argument in arguments {
            let value = self
                .argument(argument, current)
                .map_err(|trouble| trouble.in_token("union"))?;
            match (&value, integer(&value)) {
                (Value::String(key), _) if indexes.is_empty() => keys.push(key.clone()),
                (Value::String(_), _) => return Err(Trouble::argument("union", "string", "int")),
                (_, Some(index)) if keys.is_empty() => indexes.push(index),
                (_, Some(_)) => return Err(Trouble::argument("union", "int", "string")),
                _ => return Err(Trouble::argument("union", kind(&value), "int string")),
            }
        }
        let picked = match (current, keys.is_empty()) {
            (Value::Map(map), false) => keys.iter().filter_map(|key| map.get(key)).collect(),
            (other, false) => return Err(Trouble::target("union", other, "map")),
            (Value::List(list), true) => {
                let values = list.values();
                let places = indexes
                    .iter()
                    .filter_map(|index| place(*index, values.len()));
                places.map(|place| values[place].clone()).collect()
            }
            (other, true) => return Err(Trouble::target("union", other, "array slice")),
        };
        self.each(picked, rest)
    }
}

/// Tells whether what a filter gave keeps the value.
fn counts(result: &Value) -> bool {
    match result {
        Value::Nil => false,
        Value::Bool(truth) => *truth,
        Value::List(list) => !list.values().is_empty(),
        Value::Map(map) => !map.is_empty(),
        Value::String(text) => !matches!(&text[..], b"" | b"''" | b"\"\""),
        Value::Float(number) => *number != 0.0,
        other => other.as_integer() != Some(0),
    }
}
