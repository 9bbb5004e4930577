//! Operators beyond plain numbers.

use super::{
    super::{ast::Arithmetic, heap::Fault, number, value::Value},
    Flow, Machine, Returns,
};
use crate::power::power;

/// Computes with two numbers.
pub(super) fn compute(operator: Arithmetic, left: f64, right: f64) -> f64 {
    match operator {
        Arithmetic::Add => left + right,
        Arithmetic::Subtract => left - right,
        Arithmetic::Multiply => left * right,
        Arithmetic::Divide => left / right,
        Arithmetic::Modulo => number::modulo(left, right),
        Arithmetic::Power => power(left, right),
    }
}

fn operation(operator: Arithmetic) -> &'static str {
    match operator {
        Arithmetic::Add => "add",
        Arithmetic::Subtract => "sub",
        Arithmetic::Multiply => "mul",
        Arithmetic::Divide => "div",
        Arithmetic::Modulo => "mod",
        Arithmetic::Power => "pow",
    }
}

impl Machine {
    pub(super) fn arithmetic(
        &mut self,
        operator: Arithmetic,
        left: Value,
        right: Value,
        to: usize,
    ) -> Result<Flow, Fault> {
        if let (Value::Number(left), Value::Number(right)) = (left, right) {
            self.thread.stack[to] = Value::Number(compute(operator, left, right));
            return Ok(Flow::Go);
        }
        let method = self.either_meta(left, right, self.names.arithmetic[operator as usize]);
        if let Value::Function(_) = method {
            return self.call_meta(method, &[left, right], Returns::Value { to: to as u32 });
        }
        if let (Some(left), Some(right)) = (self.to_number(left), self.to_number(right)) {
            self.thread.stack[to] = Value::Number(compute(operator, left, right));
            return Ok(Flow::Go);
        }
        // A text that is a number counts as one, so the other operand is to blame.
        let kind = |machine: &Self, value: Value| match machine.to_number(value) {
            Some(_) => "number",
            None => value.kind().name(),
        };
        let (operation, left, right) = (operation(operator), kind(self, left), kind(self, right));
        Err(self.error(&format!(
            "cannot perform {operation} operation between {left} and {right}"
        )))
    }

    pub(super) fn negate(&mut self, value: Value, to: usize) -> Result<Flow, Fault> {
        let method = self.meta(value, self.names.unm);
        if let (Value::Function(_), false) = (method, matches!(value, Value::Number(_))) {
            return self.call_meta(method, &[value], Returns::Value { to: to as u32 });
        }
        match self.to_number(value) {
            Some(number) => {
                self.thread.stack[to] = Value::Number(-number);
                Ok(Flow::Go)
            }
            None => Err(self.error("__unm undefined")),
        }
    }

    pub(super) fn length(&mut self, value: Value, to: usize) -> Result<Flow, Fault> {
        if let Value::Text(id) = value {
            self.thread.stack[to] = Value::Number(self.heap.bytes(id).len() as f64);
            return Ok(Flow::Go);
        }
        let method = self.meta(value, self.names.len);
        if let Value::Function(_) = method {
            return self.call_meta(method, &[value], Returns::Value { to: to as u32 });
        }
        match value {
            Value::Table(id) => {
                self.thread.stack[to] = Value::Number(self.heap.table(id).length() as f64);
                Ok(Flow::Go)
            }
            _ => Err(self.error("__len undefined")),
        }
    }

    /// Gives the order of two values of the library's own accord, without calling metamethods.
    fn order(&mut self, left: Value, right: Value) -> Result<Option<std::cmp::Ordering>, Fault> {
        match (left, right) {
            (Value::Number(left), Value::Number(right)) => Ok(left.partial_cmp(&right)),
            (Value::Text(left), Value::Text(right)) => {
                Ok(Some(self.heap.bytes(left).cmp(self.heap.bytes(right))))
            }
            _ => Err(self.incomparable(left, right)),
        }
    }

    fn incomparable(&mut self, left: Value, right: Value) -> Fault {
        let (left, right) = (left.kind().name(), right.kind().name());
        self.error(&format!("attempt to compare {left} with {right}"))
    }

    /// Gives the metamethod that compares two values: they must have the same.
    fn comparison(&self, left: Value, right: Value, name: Value) -> Option<Value> {
        let is_plain = |value| matches!(value, Value::Number(_) | Value::Text(_));
        if left.kind() != right.kind() || is_plain(left) {
            return None;
        }
        let method = self.meta(left, name);
        let is_shared = method == self.meta(right, name);
        (is_shared && matches!(method, Value::Function(_))).then_some(method)
    }

    fn skip_unless(&mut self, holds: bool) -> Flow {
        if !holds && let Some(frame) = self.thread.frames.last_mut() {
            frame.pc += 1;
        }
        Flow::Go
    }

    pub(super) fn less(&mut self, left: Value, right: Value, when: bool) -> Result<Flow, Fault> {
        if let Some(method) = self.comparison(left, right, self.names.lt) {
            return self.call_meta(method, &[left, right], Returns::Compare { when });
        }
        let is_less = self
            .order(left, right)?
            .is_some_and(std::cmp::Ordering::is_lt);
        Ok(self.skip_unless(is_less == when))
    }

    pub(super) fn less_equal(
        &mut self,
        left: Value,
        right: Value,
        when: bool,
    ) -> Result<Flow, Fault> {
        if let Some(method) = self.comparison(left, right, self.names.le) {
            return self.call_meta(method, &[left, right], Returns::Compare { when });
        }
        if let Some(method) = self.comparison(right, left, self.names.lt) {
            return self.call_meta(method, &[right, left], Returns::Compare { when: !when });
        }
        let holds = self
            .order(left, right)?
            .is_some_and(std::cmp::Ordering::is_le);
        Ok(self.skip_unless(holds == when))
    }

    pub(super) fn equal(&mut self, left: Value, right: Value, when: bool) -> Result<Flow, Fault> {
        let is_object = matches!(left, Value::Table(_) | Value::Proxy(_));
        if left != right
            && is_object
            && let Some(method) = self.comparison(left, right, self.names.eq)
        {
            return self.call_meta(method, &[left, right], Returns::Compare { when });
        }
        Ok(self.skip_unless((left == right) == when))
    }

    /// Tells for a library function whether one value comes before another.
    pub(in crate::lua) fn is_less(&mut self, left: Value, right: Value) -> Result<bool, Fault> {
        match self.comparison(left, right, self.names.lt) {
            Some(method) => Ok(self.invoke(method, &[left, right])?.is_true()),
            None => Ok(self
                .order(left, right)?
                .is_some_and(std::cmp::Ordering::is_lt)),
        }
    }

    /// Joins the values in places of the stack, from the last to the first.
    pub(super) fn concatenate(
        &mut self,
        first: usize,
        mut last: usize,
        to: usize,
    ) -> Result<Flow, Fault> {
        loop {
            if first == last {
                self.thread.stack[to] = self.thread.stack[last];
                return Ok(Flow::Go);
            }
            let stack = &self.thread.stack;
            let is_text = |value: &Value| matches!(value, Value::Text(_) | Value::Number(_));
            let texts = stack[first..=last]
                .iter()
                .rev()
                .take_while(|value| is_text(value))
                .count();
            if texts > 1 {
                let start = last + 1 - texts;
                self.thread.stack[start] = self.join(start, last)?;
                last = start;
                continue;
            }
            let (left, right) = (stack[last - 1], stack[last]);
            let method = self.either_meta(left, right, self.names.concat);
            if !matches!(method, Value::Function(_)) {
                let (left, right) = (left.kind().name(), right.kind().name());
                let message = format!("cannot perform concat operation between {left} and {right}");
                return Err(self.error(&message));
            }
            let returns = Returns::Concatenate {
                first: first as u32,
                last: last as u32 - 1,
                to: to as u32,
            };
            return self.call_meta(method, &[left, right], returns);
        }
    }

    fn join(&mut self, start: usize, last: usize) -> Result<Value, Fault> {
        let mut size = 0;
        for value in &self.thread.stack[start..=last] {
            size += match value {
                Value::Text(id) => self.heap.bytes(*id).len(),
                _ => 24,
            };
        }
        self.heap.afford(size)?;
        self.budget.take(size / 16)?;
        let mut joined = Vec::with_capacity(size);
        for value in &self.thread.stack[start..=last] {
            match value {
                Value::Text(id) => joined.extend_from_slice(self.heap.bytes(*id)),
                Value::Number(number) => joined.extend(number::print(*number).bytes()),
                _ => {}
            }
        }
        Ok(Value::Text(self.heap.owned_text(joined)))
    }
}
