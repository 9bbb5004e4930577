//! Calls and returns.

use super::{
    super::{
        heap::{Fault, Function, Upvalue},
        library::Action,
        value::{FunctionId, UpvalueId, Value},
    },
    Arguments, Frame, FrameKind, Machine, Returns, WINDOW,
};

/// What running goes on with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::lua) enum Flow {
    /// With the topmost frame.
    Go,
    /// With the library function that called.
    Leave,
}

impl Machine {
    /// Calls what stands at a place of the stack, with so many arguments behind it.
    pub(super) fn call(
        &mut self,
        callee: Value,
        start: usize,
        mut count: usize,
        returns: Returns,
    ) -> Result<Flow, Fault> {
        let function = match callee {
            Value::Function(function) => function,
            _ => self.callable(callee, start, &mut count)?,
        };
        match *self.heap.function(function) {
            Function::Script { .. } => {
                self.enter(function, start, count, returns)?;
                Ok(Flow::Go)
            }
            Function::Native { action, held } => {
                self.top = start + 1 + count;
                self.reserve(self.top)?;
                let arguments = Arguments {
                    start: start + 1,
                    count,
                };
                self.run_native(action, held, arguments, returns)
            }
            Function::Gone => Err(self.error("attempt to call a non-function object")),
        }
    }

    /// Gives the function that stands for something else that is called, which becomes its first
    /// argument.
    fn callable(
        &mut self,
        callee: Value,
        start: usize,
        count: &mut usize,
    ) -> Result<FunctionId, Fault> {
        let Value::Function(function) = self.meta(callee, self.names.call) else {
            return Err(self.error("attempt to call a non-function object"));
        };
        self.reserve(start + *count + 2)?;
        self.thread
            .stack
            .copy_within(start..start + 1 + *count, start + 1);
        self.thread.stack[start] = Value::Function(function);
        *count += 1;
        Ok(function)
    }

    fn run_native(
        &mut self,
        action: Action,
        held: Value,
        arguments: Arguments,
        returns: Returns,
    ) -> Result<Flow, Fault> {
        if self.thread.frames.len() >= self.limits.calls {
            return Err(self.error("stack overflow"));
        }
        self.returned.clear();
        match action {
            Action::Plain(run) => {
                run(self, arguments)?;
                self.tidy()?;
                self.finish(returns)
            }
            Action::Number(compute) => {
                let number = self.number(arguments, 1)?;
                self.returned.push(Value::Number(compute(number)));
                self.finish(returns)
            }
            Action::Numbers(compute) => {
                let (left, right) = (self.number(arguments, 1)?, self.number(arguments, 2)?);
                self.returned.push(Value::Number(compute(left, right)));
                self.finish(returns)
            }
            Action::Holding(run) => {
                run(self, arguments, held)?;
                self.finish(returns)
            }
            Action::Protect => self.protect(arguments, returns),
            Action::ProtectWith => self.protect_with(arguments, returns),
            Action::Resume => self.resume_first(arguments, returns),
            Action::Wrapped => self.resume_held(held, arguments, returns),
            Action::Yield => self.suspend(arguments, returns),
        }
    }

    /// Makes a frame for a function of the script.
    fn enter(
        &mut self,
        function: FunctionId,
        start: usize,
        count: usize,
        returns: Returns,
    ) -> Result<(), Fault> {
        let Function::Script {
            chunk,
            function: prototype,
            ..
        } = *self.heap.function(function)
        else {
            return Ok(());
        };
        if self.thread.frames.len() >= self.limits.calls {
            return Err(self.error("stack overflow"));
        }
        let called = &self.heap.chunks[chunk as usize].0.functions[prototype as usize];
        let parameters = usize::from(called.parameters);
        let (is_variadic, has_arg_table) = (called.is_variadic, called.has_arg_table);
        let cost = called.code.len() as i64;
        let present = count.max(parameters);
        let base = start + 1 + if is_variadic { present } else { 0 };
        self.reserve(base.max(start + 1 + present) + WINDOW)?;
        if count < parameters {
            self.thread.stack[start + 1 + count..=start + parameters].fill(Value::Nil);
        }
        let rest = if is_variadic {
            count.saturating_sub(parameters)
        } else {
            0
        };
        if is_variadic {
            let stack = &mut self.thread.stack;
            stack.copy_within(start + 1..=start + parameters, base);
            stack[base + parameters] = Value::Nil;
        }
        self.thread.frames.push(Frame {
            kind: FrameKind::Script {
                function,
                chunk,
                prototype,
                rest: rest as u32,
                tail_calls: 0,
            },
            start: start as u32,
            base: base as u32,
            pc: 0,
            returns,
        });
        if has_arg_table {
            self.thread.stack[base + parameters] = self.arg_table(base - rest, rest)?;
        }
        if self.budget.spend(cost) {
            self.check()
        } else {
            Ok(())
        }
    }

    /// Makes the table called `arg` of a function's further arguments.
    fn arg_table(&mut self, start: usize, count: usize) -> Result<Value, Fault> {
        let table = self.heap.new_table();
        for place in 0..count {
            self.heap
                .set_slot(table, place, self.thread.stack[start + place])?;
        }
        self.heap
            .set(table, self.names.n, Value::Number(count as f64))?;
        Ok(Value::Table(table))
    }

    /// Calls in place of the running function.
    pub(super) fn tail_call(&mut self, place: usize, mut count: usize) -> Result<Flow, Fault> {
        let callee = self.thread.stack[place];
        let function = match callee {
            Value::Function(function) => function,
            _ => self.callable(callee, place, &mut count)?,
        };
        if let Function::Native { .. } = self.heap.function(function) {
            return self.call(Value::Function(function), place, count, Returns::Tail);
        }
        let Some(frame) = self.thread.frames.pop() else {
            return Ok(Flow::Leave);
        };
        self.close(frame.base as usize);
        let start = frame.start as usize;
        self.thread.stack.copy_within(place..=place + count, start);
        self.enter(function, start, count, frame.returns)?;
        let earlier = match frame.kind {
            FrameKind::Script { tail_calls, .. } => tail_calls,
            _ => 0,
        };
        if let Some(Frame {
            kind: FrameKind::Script { tail_calls, .. },
            ..
        }) = self.thread.frames.last_mut()
        {
            *tail_calls = earlier.saturating_add(1);
        }
        Ok(Flow::Go)
    }

    /// Returns values from the running function.
    pub(super) fn give_back(&mut self, first: usize, count: usize) -> Result<Flow, Fault> {
        let Some(frame) = self.thread.frames.pop() else {
            return Ok(Flow::Leave);
        };
        self.close(frame.base as usize);
        if let Returns::Registers { to, count: wanted } = frame.returns {
            let (to, stack) = (to as usize, &mut self.thread.stack);
            if wanted == 0 {
                stack.copy_within(first..first + count, to);
                self.open_end = to + count;
            } else {
                let wanted = usize::from(wanted) - 1;
                let copied = count.min(wanted);
                stack.copy_within(first..first + copied, to);
                stack[to + copied..to + wanted].fill(Value::Nil);
            }
            return Ok(Flow::Go);
        }
        self.returned.clear();
        self.returned
            .extend_from_slice(&self.thread.stack[first..first + count]);
        self.finish(frame.returns)
    }

    /// Hands what was returned to whoever waits for it.
    pub(super) fn finish(&mut self, mut returns: Returns) -> Result<Flow, Fault> {
        loop {
            let first = self.returned.first().copied().unwrap_or_default();
            match returns {
                Returns::Registers { to, count } => {
                    self.put(to as usize, count)?;
                    return Ok(Flow::Go);
                }
                Returns::Value { to } => {
                    self.thread.stack[to as usize] = first;
                    return Ok(Flow::Go);
                }
                Returns::Compare { when } => {
                    if first.is_true() != when
                        && let Some(frame) = self.thread.frames.last_mut()
                    {
                        frame.pc += 1;
                    }
                    return Ok(Flow::Go);
                }
                Returns::Nowhere => return Ok(Flow::Go),
                Returns::Native => return Ok(Flow::Leave),
                Returns::Resumer => return self.end_thread(),
                Returns::Concatenate {
                    first: start,
                    last,
                    to,
                } => {
                    self.thread.stack[last as usize] = first;
                    return self.concatenate(start as usize, last as usize, to as usize);
                }
                Returns::Protected => self.returned.insert(0, Value::Boolean(true)),
                Returns::Handled => {
                    self.returned.clear();
                    self.returned.extend([Value::Boolean(false), first]);
                }
                Returns::Tail => {}
            }
            let Some(frame) = self.thread.frames.pop() else {
                return Ok(Flow::Leave);
            };
            self.close(frame.base as usize);
            returns = frame.returns;
        }
    }

    /// Puts what was returned into registers.
    fn put(&mut self, to: usize, count: u8) -> Result<(), Fault> {
        let wanted = match count {
            0 => self.returned.len(),
            count => usize::from(count) - 1,
        };
        self.reserve(to + wanted + WINDOW)?;
        let copied = wanted.min(self.returned.len());
        let stack = &mut self.thread.stack;
        stack[to..to + copied].copy_from_slice(&self.returned[..copied]);
        stack[to + copied..to + wanted].fill(Value::Nil);
        if count == 0 {
            self.open_end = to + wanted;
        }
        Ok(())
    }

    /// Calls a metamethod for an instruction of the running function.
    pub(super) fn call_meta(
        &mut self,
        method: Value,
        arguments: &[Value],
        returns: Returns,
    ) -> Result<Flow, Fault> {
        let start = self.frame_end();
        self.put_call(start, method, arguments)?;
        self.call(method, start, arguments.len(), returns)
    }

    /// Gives the first place of the stack behind the registers of the running function.
    fn frame_end(&self) -> usize {
        let Some(frame) = self.thread.frames.last() else {
            return 0;
        };
        let FrameKind::Script {
            chunk, prototype, ..
        } = frame.kind
        else {
            return self.top;
        };
        let running = &self.heap.chunks[chunk as usize].0.functions[prototype as usize];
        frame.base as usize + usize::from(running.registers)
    }

    fn put_call(&mut self, start: usize, callee: Value, arguments: &[Value]) -> Result<(), Fault> {
        self.reserve(start + 1 + arguments.len() + WINDOW)?;
        self.thread.stack[start] = callee;
        self.thread.stack[start + 1..=start + arguments.len()].copy_from_slice(arguments);
        Ok(())
    }

    /// Calls for a library function, and gives the first result.
    pub(in crate::lua) fn invoke(
        &mut self,
        callee: Value,
        arguments: &[Value],
    ) -> Result<Value, Fault> {
        if self.nesting >= self.limits.nesting || self.thread.frames.len() >= self.limits.calls {
            return Err(self.error("stack overflow"));
        }
        let start = self.top;
        self.put_call(start, callee, arguments)?;
        self.nesting += 1;
        self.thread.natives += 1;
        self.thread.frames.push(Frame {
            kind: FrameKind::Native,
            start: start as u32,
            base: start as u32,
            pc: 0,
            returns: Returns::Native,
        });
        let result = match self.call(callee, start, arguments.len(), Returns::Native) {
            Ok(Flow::Leave) => Ok(()),
            Ok(Flow::Go) => self.run(),
            Err(fault) => self.recover(fault).and_then(|flow| match flow {
                Flow::Leave => Ok(()),
                Flow::Go => self.run(),
            }),
        };
        self.thread.frames.pop();
        self.thread.natives -= 1;
        self.nesting -= 1;
        self.top = start;
        result?;
        let first = self.returned.first().copied().unwrap_or_default();
        self.returned.clear();
        Ok(first)
    }

    /// Runs until the function that a library function called is done.
    pub(super) fn run(&mut self) -> Result<(), Fault> {
        let mut result = self.execute();
        loop {
            match result {
                Ok(()) => return Ok(()),
                Err(fault) => match self.recover(fault)? {
                    Flow::Leave => return Ok(()),
                    Flow::Go => result = self.execute(),
                },
            }
        }
    }

    /// Lets captured locals from a place of the stack on live on by themselves.
    pub(super) fn close(&mut self, from: usize) {
        while let Some(id) = self.thread.open.last().copied() {
            let Upvalue::Open { place, .. } = self.heap.upvalues.items[id.index()] else {
                self.thread.open.pop();
                continue;
            };
            if (place as usize) < from {
                return;
            }
            let value = self.thread.stack[place as usize];
            self.heap.upvalues.items[id.index()] = Upvalue::Closed(value);
            self.thread.open.pop();
        }
    }

    /// Gives the upvalue for a place of the stack.
    pub(super) fn capture(&mut self, place: usize) -> UpvalueId {
        let position = |id: &UpvalueId| match self.heap.upvalues.items[id.index()] {
            Upvalue::Open { place, .. } => place as usize,
            Upvalue::Closed(_) => usize::MAX,
        };
        match self.thread.open.binary_search_by_key(&place, position) {
            Ok(found) => self.thread.open[found],
            Err(at) => {
                let thread = self.current;
                let place = place as u32;
                let id = self.heap.new_upvalue(Upvalue::Open { thread, place });
                self.thread.open.insert(at, id);
                id
            }
        }
    }
}
