//! What instructions do with registers and upvalues beyond copying.

use super::{
    super::{
        code::Capture,
        heap::{Fault, Function, Upvalue},
        value::{FunctionId, UpvalueId, Value},
    },
    Machine, WINDOW,
};

impl Machine {
    /// Gives the upvalues of a function made by another whose registers start at a place.
    pub(super) fn close_over(
        &mut self,
        captures: &[Capture],
        outer: FunctionId,
        base: usize,
    ) -> Box<[UpvalueId]> {
        let upvalue = |capture: &Capture| match *capture {
            Capture::Register(register) => self.capture(base + usize::from(register)),
            Capture::Upvalue(upvalue) => match self.heap.function(outer) {
                Function::Script { upvalues, .. } => upvalues[usize::from(upvalue)],
                _ => self.heap.new_upvalue(Upvalue::default()),
            },
        };
        captures.iter().map(upvalue).collect()
    }

    pub(super) fn upvalue(&self, function: FunctionId, number: u8) -> Value {
        let Function::Script { upvalues, .. } = self.heap.function(function) else {
            return Value::Nil;
        };
        match self.heap.upvalues.items[upvalues[usize::from(number)].index()] {
            Upvalue::Closed(value) => value,
            Upvalue::Open { thread, place } if thread == self.current => {
                self.thread.stack[place as usize]
            }
            Upvalue::Open { thread, place } => {
                self.heap.threads.items[thread.index()].stack[place as usize]
            }
        }
    }

    pub(super) fn set_upvalue(&mut self, function: FunctionId, number: u8, value: Value) {
        let Function::Script { upvalues, .. } = self.heap.function(function) else {
            return;
        };
        let id = upvalues[usize::from(number)];
        match &mut self.heap.upvalues.items[id.index()] {
            Upvalue::Closed(own) => *own = value,
            Upvalue::Open { thread, place } if *thread == self.current => {
                self.thread.stack[*place as usize] = value;
            }
            Upvalue::Open { thread, place } => {
                let (thread, place) = (*thread, *place);
                self.heap.threads.items[thread.index()].stack[place as usize] = value;
            }
        }
    }

    pub(super) fn prepare_count(&mut self, place: usize) -> Result<(), Fault> {
        let stack = &self.thread.stack;
        match (stack[place], stack[place + 2]) {
            (Value::Number(from), Value::Number(step)) => {
                self.thread.stack[place] = Value::Number(from - step);
                Ok(())
            }
            (Value::Number(_), _) => Err(self.error("for statement step must be a number")),
            _ => Err(self.error("for statement init must be a number")),
        }
    }

    /// Stores the values behind a table's place into its list.
    pub(super) fn store(&mut self, place: usize, count: usize, from: usize) -> Result<(), Fault> {
        let Value::Table(table) = self.thread.stack[place] else {
            return Ok(());
        };
        for offset in 0..count {
            let value = self.thread.stack[place + 1 + offset];
            self.heap.set_slot(table, from - 1 + offset, value)?;
        }
        Ok(())
    }

    pub(super) fn copy_rest(
        &mut self,
        base: usize,
        rest: usize,
        to: usize,
        count: u8,
    ) -> Result<(), Fault> {
        let wanted = match count {
            0 => rest,
            count => usize::from(count) - 1,
        };
        self.reserve(to + wanted + WINDOW)?;
        let copied = wanted.min(rest);
        let stack = &mut self.thread.stack;
        stack.copy_within(base - rest..base - rest + copied, to);
        stack[to + copied..to + wanted].fill(Value::Nil);
        if count == 0 {
            self.open_end = to + wanted;
        }
        Ok(())
    }
}
