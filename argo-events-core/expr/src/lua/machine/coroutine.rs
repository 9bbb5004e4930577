//! Coroutines: threads of frames of which one runs.

use super::{
    super::{
        heap::Fault,
        value::{FunctionId, ThreadId, Value},
    },
    Arguments, Flow, Machine, Returns, Thread, WINDOW,
};

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::lua) enum Status {
    /// Its function stands ready at the bottom of its stack.
    #[default]
    Fresh,
    Suspended,
    Running,
    /// It waits for one that it resumed.
    Normal,
    Dead,
}

impl Machine {
    pub(in crate::lua) fn new_thread(
        &mut self,
        function: FunctionId,
        is_wrapped: bool,
    ) -> Result<ThreadId, Fault> {
        self.heap.afford(2 * WINDOW * size_of::<Value>())?;
        Ok(self.heap.new_thread(Thread {
            stack: vec![Value::Function(function)],
            is_wrapped,
            ..Thread::default()
        }))
    }

    /// Gives the running coroutine, or nothing outside of all.
    pub(in crate::lua) fn running(&self) -> Option<ThreadId> {
        (self.current != self.main).then_some(self.current)
    }

    pub(in crate::lua) fn status(&self, id: ThreadId) -> &'static str {
        if id == self.current {
            return "running";
        }
        match self.heap.threads.items[id.index()].status {
            Status::Dead => "dead",
            _ if self.thread.resumer == Some(id) => "normal",
            _ => "suspended",
        }
    }

    /// Runs `coroutine.resume`.
    pub(super) fn resume_first(
        &mut self,
        arguments: Arguments,
        returns: Returns,
    ) -> Result<Flow, Fault> {
        let id = self.thread(arguments, 1)?;
        let rest = Arguments {
            start: arguments.start + 1,
            count: arguments.count - 1,
        };
        self.resume(id, rest, returns)
    }

    /// Runs a function made by `coroutine.wrap`.
    pub(super) fn resume_held(
        &mut self,
        held: Value,
        arguments: Arguments,
        returns: Returns,
    ) -> Result<Flow, Fault> {
        match held {
            Value::Thread(id) => self.resume(id, arguments, returns),
            _ => self.finish(returns),
        }
    }

    fn resume(
        &mut self,
        id: ThreadId,
        arguments: Arguments,
        returns: Returns,
    ) -> Result<Flow, Fault> {
        let target = &self.heap.threads.items[id.index()];
        let (status, is_wrapped) = (target.status, target.is_wrapped);
        let refusal = match status {
            _ if id == self.current => "can not resume a running thread",
            Status::Dead => "can not resume a dead thread",
            Status::Normal | Status::Running => "can not resume a normal thread",
            Status::Fresh | Status::Suspended => {
                return self.enter_thread(id, status, arguments, returns);
            }
        };
        if is_wrapped {
            return Err(self.error(refusal));
        }
        let message = Value::Text(self.heap.text(refusal.as_bytes()));
        self.returned.extend([Value::Boolean(false), message]);
        self.finish(returns)
    }

    fn enter_thread(
        &mut self,
        id: ThreadId,
        status: Status,
        arguments: Arguments,
        returns: Returns,
    ) -> Result<Flow, Fault> {
        let passed = self.arguments_from(arguments, 1).to_vec();
        self.thread.awaits = Some(returns);
        self.thread.status = Status::Normal;
        let resumer = self.current;
        self.switch(id);
        self.thread.resumer = Some(resumer);
        self.thread.status = Status::Running;
        if status == Status::Suspended {
            self.returned.clear();
            self.returned.extend(passed);
            let returns = self.thread.awaits.take().unwrap_or(Returns::Nowhere);
            return self.finish(returns);
        }
        self.reserve(1 + passed.len() + WINDOW)?;
        self.thread.stack[1..=passed.len()].copy_from_slice(&passed);
        self.call(self.thread.stack[0], 0, passed.len(), Returns::Resumer)
    }

    fn switch(&mut self, to: ThreadId) {
        let next = std::mem::take(&mut self.heap.threads.items[to.index()]);
        let last = std::mem::replace(&mut self.thread, next);
        self.heap.threads.items[self.current.index()] = last;
        self.current = to;
    }

    /// Runs `coroutine.yield`.
    pub(super) fn suspend(
        &mut self,
        arguments: Arguments,
        returns: Returns,
    ) -> Result<Flow, Fault> {
        if self.current == self.main {
            return Err(self.error("can not yield from outside of a coroutine"));
        }
        if self.thread.natives > 0 {
            return Err(self.error("attempt to yield across a library function"));
        }
        let passed = self.arguments_from(arguments, 1).to_vec();
        self.thread.awaits = Some(returns);
        self.thread.status = Status::Suspended;
        self.returned.clear();
        self.returned.extend(passed);
        self.go_back(true)
    }

    /// Ends the running coroutine, whose function returned.
    pub(super) fn end_thread(&mut self) -> Result<Flow, Fault> {
        self.bury();
        self.go_back(true)
    }

    /// Ends the running coroutine with an error.
    pub(super) fn fail_thread(&mut self, error: Value) -> Result<Flow, Fault> {
        self.close(0);
        self.bury();
        self.returned.clear();
        if self.thread.is_wrapped {
            self.return_to_resumer();
            return Err(Fault::Error(error));
        }
        self.returned.push(error);
        self.go_back(false)
    }

    fn bury(&mut self) {
        self.heap.used = self
            .heap
            .used
            .saturating_sub(self.thread.stack.len() * size_of::<Value>());
        self.thread.stack = Vec::new();
        self.thread.frames = Vec::new();
        self.thread.status = Status::Dead;
    }

    /// Hands what was returned to the resumer, with whether all went well unless wrapped.
    fn go_back(&mut self, went_well: bool) -> Result<Flow, Fault> {
        if !self.thread.is_wrapped {
            self.returned.insert(0, Value::Boolean(went_well));
        }
        let returns = self.return_to_resumer();
        self.finish(returns)
    }

    fn return_to_resumer(&mut self) -> Returns {
        let resumer = self.thread.resumer.take().unwrap_or(self.main);
        self.switch(resumer);
        self.thread.status = Status::Running;
        self.thread.awaits.take().unwrap_or(Returns::Nowhere)
    }
}
