//! One instruction after the other, and the way back when an alternative ends.

use super::state::{Cell, Fork, State};
use crate::jq::{
    Failure, Limit,
    compile::{Op, Slot},
    native::{Host, expected_array, index, object_key_not_string},
    value::{Object, Value},
};
use std::collections::BTreeMap;

use super::stack::Top;

/// What comes after an instruction.
pub(super) enum Flow {
    Next,
    Go(usize),
    /// Back to the last alternative.
    Back,
    /// The top is an output.
    Output,
}

/// A run.
#[derive(Debug)]
pub(in crate::jq) struct Machine<'p> {
    pub(super) code: &'p [Op],
    pub(super) host: Host<'p>,
    pub(super) state: State,
    pub(super) at: usize,
    /// Where the call that is about to begin came from; nothing if it takes its caller's place.
    pub(super) call_from: Option<usize>,
    /// The frame that the function about to be called is written in.
    pub(super) call_scope: Top,
    pub(super) depth: usize,
    is_resumed: bool,
}

impl<'p> Machine<'p> {
    pub(in crate::jq) fn new(
        code: &'p [Op],
        host: Host<'p>,
        mut state: State,
        input: Value,
        depth: usize,
    ) -> Self {
        state.clear();
        state.stack.push(Cell::Value(input));
        Self {
            code,
            host,
            state,
            at: 0,
            call_from: code.len().checked_sub(1),
            call_scope: Top::default(),
            depth,
            is_resumed: false,
        }
    }

    /// Gives the state back for another run.
    pub(in crate::jq) fn take_state(&mut self) -> State {
        std::mem::take(&mut self.state)
    }

    /// Runs up to the next output; after a failure there is none.
    pub(in crate::jq) fn next(&mut self) -> Option<Result<Value, Failure>> {
        if std::mem::replace(&mut self.is_resumed, true)
            && let Err(failure) = self.back(None)
        {
            return failure.map(Err);
        }
        loop {
            let failure = match self.step() {
                Ok(Flow::Next) => {
                    self.at += 1;
                    continue;
                }
                Ok(Flow::Go(place)) => {
                    self.at = place;
                    continue;
                }
                Ok(Flow::Output) => return Some(Ok(self.pop())),
                Ok(Flow::Back) => None,
                Err(failure) => Some(failure),
            };
            if let Err(failure) = self.back(failure) {
                return failure.map(Err);
            }
        }
    }

    #[inline]
    fn step(&mut self) -> Result<Flow, Failure> {
        self.host.meter.work(1)?;
        if self.host.meter.is_census_due() {
            let bytes = self.state.census(self.host.meter.room());
            self.host.meter.counted(bytes)?;
        }
        let Some(op) = self.code.get(self.at) else {
            return Ok(Flow::Back);
        };
        match op {
            Op::Nop => {}
            Op::Push(value) => self.push(value.clone()),
            Op::Pop => self.state.stack.drop_top(),
            Op::Dup => {
                let top = self.state.stack.peek().cloned().unwrap_or_default();
                self.push_cell(top);
            }
            Op::Const(value) => {
                self.state.stack.drop_top();
                self.push(value.clone());
            }
            Op::Load(slot) => {
                let cell = self.variable(*slot);
                if let Cell::Value(Value::Int(number)) = *cell {
                    self.push_whole(number);
                } else {
                    let cell = cell.clone();
                    self.push_cell(cell);
                }
            }
            Op::Take(slot) => {
                let cell = std::mem::take(self.variable(*slot));
                self.push_cell(cell);
            }
            Op::Store(slot) => {
                let cell = self.state.stack.pop().unwrap_or_default();
                *self.variable(*slot) = cell;
            }
            Op::Object(count) => self.object(*count)?,
            Op::Append(slot) => self.append(*slot)?,
            Op::Fork(_) | Op::TryBegin(_) | Op::TryEnd | Op::ForkAlternative(_) => {
                self.fork()?;
            }
            Op::ForkLabel(slot) => self.fork_label(*slot)?,
            Op::Backtrack => return Ok(Flow::Back),
            Op::Jump(place) => return Ok(Flow::Go(*place)),
            Op::JumpUnless(place) => {
                if !self.pop().is_truthy() {
                    return Ok(Flow::Go(*place));
                }
            }
            Op::Index(key) => self.index(key)?,
            Op::IndexArray(place) => self.index_array(*place)?,
            Op::Call(place) => {
                return Ok(self.call(*place, Some(self.at), self.state.frames.top()));
            }
            Op::CallRecursive(place) => {
                return Ok(self.call(*place, None, self.state.frames.top()));
            }
            Op::Native(function, count) => self.native(function, (*count).into())?,
            Op::Range => self.range()?,
            Op::Break(label) => return Err(self.break_out(label)),
            Op::PushClosure(start) => {
                let (start, scope) = (*start, self.state.frames.top());
                self.push_cell(Cell::Closure { start, scope });
            }
            Op::CallClosure => return Ok(self.call_closure()),
            Op::Scope { id, variables, .. } => self.enter(*id, *variables as usize)?,
            Op::Return => return Ok(self.leave()),
            Op::Iterate => return self.iterate(),
            Op::ExpressionBegin => self.state.expressions += 1,
            Op::ExpressionEnd => {
                self.state.expressions = self.state.expressions.saturating_sub(1);
            }
            Op::PathBegin => self.path_begin(),
            Op::PathEnd => self.path_end()?,
        }
        Ok(Flow::Next)
    }

    /// Goes back to the last alternative that takes the failure, or the end of one without failure.
    fn back(&mut self, mut failure: Option<Failure>) -> Result<(), Option<Failure>> {
        // How many `try` bodies the failure came after, which therefore must not catch it.
        let mut shields = 0_usize;
        loop {
            if let Some(Failure::Limit(_)) = failure {
                self.state.clear();
                return Err(failure);
            }
            let Some(fork) = self.state.forks.pop() else {
                return Err(failure);
            };
            self.restore(fork);
            match (&self.code[fork.at], &failure) {
                (Op::Fork(place), None) | (Op::ForkAlternative(place), Some(_)) => {
                    self.at = *place;
                    return Ok(());
                }
                (Op::TryEnd, Some(_)) => shields += 1,
                (Op::TryBegin(_), Some(_)) if shields > 0 => shields -= 1,
                (Op::TryBegin(place), Some(Failure::Message(_) | Failure::Raised(_))) => {
                    self.catch(failure);
                    self.at = *place;
                    return Ok(());
                }
                (Op::ForkLabel(_), _) => {
                    let is_end = self.ends_break(&failure) && shields == 0;
                    failure = failure.filter(|_| !is_end);
                }
                (Op::Iterate, None) => {
                    self.at = fork.at;
                    shields = 0;
                    match self.iterate_again() {
                        Ok(true) => return Ok(()),
                        Ok(false) => {}
                        Err(next) => failure = Some(next),
                    }
                }
                _ => {}
            }
        }
    }

    /// Goes on with the next element; tells whether there was one.
    fn iterate_again(&mut self) -> Result<bool, Failure> {
        self.host.meter.work(1)?;
        let has_more = matches!(self.iterate()?, Flow::Next);
        self.at += usize::from(has_more);
        Ok(has_more)
    }

    /// Puts what was raised in the place of the input.
    fn catch(&mut self, failure: Option<Failure>) {
        let value = match failure {
            Some(Failure::Raised(value)) => value,
            Some(Failure::Message(message)) => Value::from(message.as_str()),
            _ => Value::Null,
        };
        self.state.stack.pop();
        self.push(value);
    }

    fn restore(&mut self, fork: Fork) {
        let state = &mut self.state;
        state.stack.restore(fork.stack);
        state.frames.restore(fork.frames);
        state.paths.restore(fork.paths);
        state.offset = fork.offset;
        state.expressions = fork.expressions;
        state.variables.truncate(fork.offset);
    }

    /// Notes the current place as one to come back to.
    pub(super) fn fork(&mut self) -> Result<(), Failure> {
        let state = &mut self.state;
        let fork = Fork {
            at: self.at,
            stack: state.stack.save(),
            frames: state.frames.save(),
            paths: state.paths.save(),
            offset: state.offset,
            expressions: state.expressions,
        };
        state.forks.push(fork);
        self.check_depth()
    }

    pub(super) fn check_depth(&self) -> Result<(), Failure> {
        if self.state.depth() > self.depth {
            return Err(self.host.meter.trip(Limit::Depth).into());
        }
        Ok(())
    }

    fn fork_label(&mut self, slot: Slot) -> Result<(), Failure> {
        let label = Value::Int(self.state.labels);
        self.state.labels += 1;
        self.push(label.clone());
        self.fork()?;
        self.state.stack.pop();
        *self.variable(slot) = Cell::Value(label);
        Ok(())
    }

    /// Tells whether a failure is the break to the label that was just come back to.
    fn ends_break(&mut self, failure: &Option<Failure>) -> bool {
        let label = self.pop();
        match (failure, label) {
            (Some(Failure::Break { target, .. }), Value::Int(label)) => *target == label,
            _ => false,
        }
    }

    fn break_out(&mut self, label: &str) -> Failure {
        let target = match self.pop() {
            Value::Int(target) => target,
            _ => -1,
        };
        let label = label.to_owned();
        Failure::Break { label, target }
    }

    pub(super) fn push(&mut self, value: Value) {
        self.push_cell(Cell::Value(value));
    }

    /// Pushes a whole number, for loops without the detour over a value.
    #[inline]
    pub(super) fn push_whole(&mut self, number: i64) {
        self.state.stack.push(Cell::Value(Value::Int(number)));
        if self.state.stack.len() > self.depth {
            self.host.meter.trip(Limit::Depth);
        }
    }

    pub(super) fn push_cell(&mut self, cell: Cell) {
        self.state.stack.push(cell);
        if self.state.stack.len() > self.depth {
            self.host.meter.trip(Limit::Depth);
        }
    }

    pub(super) fn pop(&mut self) -> Value {
        match self.state.stack.pop() {
            Some(Cell::Value(value)) => value,
            _ => Value::Null,
        }
    }

    fn object(&mut self, count: usize) -> Result<(), Failure> {
        let mut members = BTreeMap::new();
        self.host.meter.elements(3 * count)?;
        for _ in 0..count {
            let (value, key) = (self.pop(), self.pop());
            let Value::Text(name) = key else {
                return Err(object_key_not_string(&key));
            };
            members.entry(name).or_insert(value);
        }
        let object = Value::Object(Object::new(members));
        self.host.check_nesting(&object)?;
        self.push(object);
        Ok(())
    }

    fn append(&mut self, slot: Slot) -> Result<(), Failure> {
        let value = self.pop();
        self.host.meter.elements(1)?;
        if let Cell::Value(Value::Array(list)) = self.variable(slot) {
            list.push(value);
            let deep = Value::is_too_deep(&Value::Array(list.part(0, 0)));
            if deep {
                return Err(self.host.meter.trip(Limit::Nesting).into());
            }
        }
        Ok(())
    }

    fn index(&mut self, key: &Value) -> Result<(), Failure> {
        let value = self.pop();
        let found = index(&self.host, &value, key)?;
        self.push(found.clone());
        self.track(&value, key.clone(), found)
    }

    fn index_array(&mut self, place: i64) -> Result<(), Failure> {
        match self.state.stack.peek() {
            Some(Cell::Value(Value::Null | Value::Array(_))) | None => {}
            Some(_) => return Err(expected_array(&self.pop())),
        }
        self.index(&Value::Int(place))
    }
}
