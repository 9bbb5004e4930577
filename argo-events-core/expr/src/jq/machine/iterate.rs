//! Walks lists, objects and ranges, one element per visit.

use super::{
    state::{Cell, Trace},
    step::{Flow, Machine},
};
use crate::jq::{
    Failure,
    native::add,
    value::{List, Object, Text, Value, compare, typed_preview},
};
use std::ops::Bound;

impl Machine<'_> {
    /// Pushes the next element of what is on top, and notes the rest as an alternative.
    pub(super) fn iterate(&mut self) -> Result<Flow, Failure> {
        match self.state.stack.pop() {
            Some(Cell::Elements { list, next }) => self.element(list, next),
            Some(Cell::Members { object, after }) => self.member(object, Some(after)),
            Some(Cell::IntRange { at, end, step }) => self.int_range_step(at, end, step),
            Some(Cell::Range(bounds)) => self.range_step(*bounds),
            Some(Cell::Value(value)) => {
                let is_container = matches!(value, Value::Array(_) | Value::Object(_));
                if is_container && self.is_tracking() && !self.is_intact(&value) {
                    let shown = typed_preview(&value);
                    return Err(format!("invalid path on iterating against: {shown}").into());
                }
                match value {
                    Value::Array(list) => self.element(list, 0),
                    Value::Object(object) => self.member(object, None),
                    _ => Err(format!("cannot iterate over: {}", typed_preview(&value)).into()),
                }
            }
            Some(Cell::Closure { .. }) | None => Ok(Flow::Back),
        }
    }

    fn wait_with(&mut self, rest: Cell) -> Result<(), Failure> {
        self.push_cell(rest);
        self.fork()?;
        self.state.stack.drop_top();
        Ok(())
    }

    fn element(&mut self, list: List, place: usize) -> Result<Flow, Failure> {
        let Some(value) = list.as_slice().get(place).cloned() else {
            return Ok(Flow::Back);
        };
        if place + 1 < list.len() {
            let next = place + 1;
            self.wait_with(Cell::Elements { list, next })?;
        }
        self.found(Value::Int(place as i64), value)
    }

    fn member(&mut self, object: Object, after: Option<Text>) -> Result<Flow, Failure> {
        let from = match &after {
            Some(name) => Bound::Excluded(&**name),
            None => Bound::Unbounded,
        };
        let mut rest = object.members().range::<[u8], _>((from, Bound::Unbounded));
        let Some((name, value)) = rest.next() else {
            return Ok(Flow::Back);
        };
        let (name, value, has_more) = (name.clone(), value.clone(), rest.next().is_some());
        if has_more {
            let after = name.clone();
            self.wait_with(Cell::Members { object, after })?;
        }
        self.found(Value::Text(name), value)
    }

    fn found(&mut self, key: Value, value: Value) -> Result<Flow, Failure> {
        if self.is_tracking() {
            self.state.paths.push(Trace::Step(key, value.clone()));
            self.check_depth()?;
        }
        self.push(value);
        Ok(Flow::Next)
    }

    fn int_range_step(&mut self, at: i64, end: i64, step: i64) -> Result<Flow, Failure> {
        let is_before_end = if step > 0 {
            at < end
        } else {
            step < 0 && at > end
        };
        if !is_before_end {
            return Ok(Flow::Back);
        }
        match at.checked_add(step) {
            Some(next) => self.wait_with(Cell::IntRange {
                at: next,
                end,
                step,
            })?,
            None => {
                let bounds = [at, end, step].map(Value::Int);
                return self.range_step(bounds);
            }
        }
        self.push_whole(at);
        Ok(Flow::Next)
    }

    fn range_step(&mut self, bounds: [Value; 3]) -> Result<Flow, Failure> {
        let [at, end, step] = bounds;
        let meter = &self.host.meter;
        let direction = compare(&step, &Value::Int(0), meter);
        let position = compare(&at, &end, meter);
        // A step of zero never ends, and NaN is less than any end.
        if direction as i8 * position as i8 >= 0 {
            return Ok(Flow::Back);
        }
        let next = add(&self.host, at.clone(), step.clone())?;
        self.wait_with(Cell::Range(Box::new([next, end, step])))?;
        self.push(at);
        Ok(Flow::Next)
    }
}
