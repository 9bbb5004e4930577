//! Protected calls, and what happens to errors.

use super::{
    super::{
        heap::Fault,
        value::{Kind, Value},
    },
    Arguments, Flow, Frame, FrameKind, Machine, Returns,
};

impl Machine {
    /// Runs `pcall`.
    pub(super) fn protect(
        &mut self,
        arguments: Arguments,
        returns: Returns,
    ) -> Result<Flow, Fault> {
        let callee = self.any(arguments, 1)?;
        let method = self.meta(callee, self.names.call);
        if callee.kind() != Kind::Function && method.kind() != Kind::Function {
            let message = format!("attempt to call a {} value", callee.kind().name());
            let message = Value::Text(self.heap.owned_text(message.into()));
            self.returned.extend([Value::Boolean(false), message]);
            return self.finish(returns);
        }
        self.push_protected(Value::Nil, arguments, returns);
        self.call(
            callee,
            arguments.start,
            arguments.count - 1,
            Returns::Protected,
        )
    }

    /// Runs `xpcall`.
    pub(super) fn protect_with(
        &mut self,
        arguments: Arguments,
        returns: Returns,
    ) -> Result<Flow, Fault> {
        let callee = Value::Function(self.function(arguments, 1)?);
        let handler = Value::Function(self.function(arguments, 2)?);
        self.push_protected(handler, arguments, returns);
        self.call(callee, arguments.start, 0, Returns::Protected)
    }

    fn push_protected(&mut self, handler: Value, arguments: Arguments, returns: Returns) {
        self.thread.frames.push(Frame {
            kind: FrameKind::Protected { handler },
            start: arguments.start as u32,
            base: arguments.start as u32,
            pc: 0,
            returns,
        });
    }

    /// Goes back to the last protected call, or to the library function that must pass the error on.
    pub(super) fn recover(&mut self, mut fault: Fault) -> Result<Flow, Fault> {
        loop {
            let Fault::Error(error) = fault else {
                return Err(fault);
            };
            let handled = match self.thread.frames.last().map(|frame| (frame.kind, *frame)) {
                Some((FrameKind::Native, _)) => return Err(fault),
                Some((FrameKind::Script { .. }, _)) => {
                    self.thread.frames.pop();
                    continue;
                }
                Some((FrameKind::Protected { handler }, frame)) => {
                    self.thread.frames.pop();
                    self.close(frame.base as usize);
                    self.handle(error, handler, frame)
                }
                None if self.current == self.main => return Err(fault),
                None => self.fail_thread(error),
            };
            match handled {
                Ok(flow) => return Ok(flow),
                Err(next) => fault = next,
            }
        }
    }

    fn handle(&mut self, error: Value, handler: Value, frame: Frame) -> Result<Flow, Fault> {
        if handler.is_nil() {
            self.returned.clear();
            self.returned.extend([Value::Boolean(false), error]);
            return self.finish(frame.returns);
        }
        let start = frame.base as usize;
        let kind = FrameKind::Protected {
            handler: Value::Nil,
        };
        self.thread.frames.push(Frame { kind, ..frame });
        self.thread.stack[start] = handler;
        self.thread.stack[start + 1] = error;
        self.call(handler, start, 1, Returns::Handled)
    }
}
