//! Frames, variables and native functions.

use super::{
    stack::Top,
    state::{Cell, Frame},
    step::{Flow, Machine},
};
use crate::jq::{
    Failure,
    compile::Slot,
    native::{MAX_ARGUMENTS, Native, Tracked, not_for},
    value::Value,
};

impl Machine<'_> {
    pub(super) fn call(&mut self, place: usize, from: Option<usize>, scope: Top) -> Flow {
        self.call_from = from;
        self.call_scope = scope;
        Flow::Go(place)
    }

    pub(super) fn call_closure(&mut self) -> Flow {
        match self.state.stack.pop() {
            Some(Cell::Closure { start, scope }) => self.call(start, Some(self.at), scope),
            _ => Flow::Back,
        }
    }

    /// Makes a frame for the function that was just called.
    pub(super) fn enter(&mut self, id: u32, variables: usize) -> Result<(), Failure> {
        let frames = &self.state.frames;
        let scope = self.call_scope;
        let outer = match frames.get(scope) {
            // A function that calls itself is written where its caller is.
            Some(frame) if frame.id == id => frame.outer,
            _ => scope,
        };
        let (back, caller) = match self.call_from {
            Some(from) => (from, frames.top()),
            None => self.pop_frame(),
        };
        let offset = self.state.offset;
        self.state.frames.push(Frame {
            id,
            offset,
            back,
            caller,
            outer,
        });
        self.state.offset += variables;
        let cells = &mut self.state.variables;
        if cells.len() < self.state.offset {
            cells.resize_with(self.state.offset, Cell::default);
        }
        self.check_depth()
    }

    /// Ends a function; the end of the program is an output.
    pub(super) fn leave(&mut self) -> Flow {
        let (back, caller) = self.pop_frame();
        self.state.frames.set_top(caller);
        if self.state.frames.is_empty() {
            return Flow::Output;
        }
        Flow::Go(back + 1)
    }

    /// Takes the current frame off; its variables end with it unless an alternative needs them.
    fn pop_frame(&mut self) -> (usize, Top) {
        let is_free = self.state.frames.is_above_limit();
        let Some(frame) = self.state.frames.pop() else {
            return (self.code.len(), Top::default());
        };
        if is_free {
            self.state.offset = frame.offset;
            self.state.variables.truncate(frame.offset);
        }
        (frame.back, frame.caller)
    }

    /// Finds a variable through the frames around the current place.
    pub(super) fn variable(&mut self, slot: Slot) -> &mut Cell {
        let mut next = self.state.frames.top();
        let mut place = 0;
        while let Some(frame) = self.state.frames.get(next) {
            if frame.id == slot.scope {
                place = frame.offset + slot.place as usize;
                break;
            }
            next = frame.outer;
        }
        let cells = &mut self.state.variables;
        if place >= cells.len() {
            cells.resize_with(place + 1, Cell::default);
        }
        &mut cells[place]
    }

    pub(super) fn native(
        &mut self,
        function: &'static Native,
        count: usize,
    ) -> Result<(), Failure> {
        if let Some(whole) = function.whole
            && let Some((left, right)) = self.whole_arguments()
            && let Some(result) = whole(left, right)
        {
            (0..3).for_each(|_| self.state.stack.drop_top());
            match result {
                Value::Int(number) => self.push_whole(number),
                result => self.push(result),
            }
            return Ok(());
        }
        let input = self.pop();
        let mut arguments: [Value; MAX_ARGUMENTS] = Default::default();
        for argument in &mut arguments[..count] {
            *argument = self.pop();
        }
        if function.tracked == Tracked::No || !self.is_tracking() {
            let result = (function.run)(&self.host, input, &mut arguments[..count])?;
            return self.put_result(result);
        }
        let keys = arguments.clone();
        let result = (function.run)(&self.host, input.clone(), &mut arguments[..count])?;
        self.put_result(result.clone())?;
        self.track_native(function.tracked, &input, keys, result)
    }

    /// Looks for two whole numbers below the input.
    fn whole_arguments(&self) -> Option<(i64, i64)> {
        let stack = &self.state.stack;
        let left = stack.below(stack.top());
        let right = stack.below(left);
        match (stack.get(left)?, stack.get(right)?) {
            (Cell::Value(Value::Int(left)), Cell::Value(Value::Int(right))) => {
                Some((*left, *right))
            }
            _ => None,
        }
    }

    fn put_result(&mut self, result: Value) -> Result<(), Failure> {
        self.host.meter.check()?;
        self.host.check_nesting(&result)?;
        self.push(result);
        Ok(())
    }

    /// Makes a range of three numbers.
    pub(super) fn range(&mut self) -> Result<(), Failure> {
        self.pop();
        let bounds = [self.pop(), self.pop(), self.pop()];
        if let Some(other) = bounds.iter().find(|bound| !bound.is_number()) {
            return Err(not_for("range", other));
        }
        self.push_cell(match bounds {
            [Value::Int(at), Value::Int(end), Value::Int(step)] => Cell::IntRange { at, end, step },
            bounds => Cell::Range(Box::new(bounds)),
        });
        Ok(())
    }
}
