//! Calls, `...`, and lists of values of which the last may be several.

use super::{
    super::{
        ast::{Call, Expression, Node},
        code::Instruction,
    },
    Compiled, Compiler,
};

impl Compiler<'_> {
    pub(super) fn gives_several(&self, value: &Expression) -> bool {
        match &value.node {
            Node::Call(call) => !call.single,
            Node::Rest { single } => !single,
            _ => false,
        }
    }

    /// Calls and drops the results.
    pub(super) fn discard(&mut self, call: &Expression) -> Compiled<()> {
        if let Node::Call(inner) = &call.node {
            self.call(inner, call.line, 1)?;
        }
        Ok(())
    }

    /// Computes values into the next registers, of the last all it gives; tells whether it may
    /// give several.
    pub(super) fn push_all(&mut self, values: &[Expression]) -> Compiled<bool> {
        for (place, value) in values.iter().enumerate() {
            if place + 1 == values.len() && self.gives_several(value) {
                self.several(value, 0)?;
                return Ok(true);
            }
            self.push(value)?;
        }
        Ok(false)
    }

    /// Computes exactly `wanted` values into the next registers.
    pub(super) fn adjust(
        &mut self,
        values: &[Expression],
        wanted: usize,
        line: u32,
    ) -> Compiled<()> {
        for (place, value) in values.iter().enumerate() {
            let is_last = place + 1 == values.len();
            if place >= wanted {
                self.push(value)?;
            } else if is_last && self.gives_several(value) {
                self.push_several(value, wanted - place)?;
                return Ok(());
            } else {
                self.push(value)?;
            }
        }
        if let Some(missing) = wanted.checked_sub(values.len() + 1) {
            let first = self.allocate()?;
            let mut last = first;
            for _ in 0..missing {
                last = self.allocate()?;
            }
            self.emit(Instruction::Nil { first, last }, line);
        }
        Ok(())
    }

    /// Computes `wanted` values of a call or of `...` into the next registers.
    pub(super) fn push_several(&mut self, value: &Expression, wanted: usize) -> Compiled<u8> {
        let count = u8::try_from(wanted + 1).unwrap_or(u8::MAX);
        let first = self.several(value, count)?;
        for _ in 0..wanted {
            self.allocate()?;
        }
        Ok(first)
    }

    /// Computes a call or `...` from the next register on, which stays free.
    fn several(&mut self, value: &Expression, count: u8) -> Compiled<u8> {
        match &value.node {
            Node::Call(call) => self.call(call, value.line, count),
            _ => {
                let to = self.allocate()?;
                self.rest(to, count, value.line)?;
                self.state().free = usize::from(to);
                Ok(to)
            }
        }
    }

    pub(super) fn rest(&mut self, to: u8, count: u8, line: u32) -> Compiled<()> {
        let state = self.state();
        if !state.is_variadic {
            return Err(self.error(line, "cannot use '...' outside a vararg function"));
        }
        state.uses_rest = true;
        self.emit(Instruction::Rest { to, count }, line);
        Ok(())
    }

    /// Calls from the next register on, which stays free and has the first result.
    pub(super) fn call(&mut self, call: &Call, line: u32, results: u8) -> Compiled<u8> {
        let (function, arguments) = self.prepare(call, line)?;
        let instruction = Instruction::Call {
            function,
            arguments,
            results,
        };
        self.emit(instruction, line);
        self.state().free = usize::from(function);
        Ok(function)
    }

    pub(super) fn tail_call(&mut self, call: &Call, line: u32) -> Compiled<()> {
        let (function, arguments) = self.prepare(call, line)?;
        let instruction = Instruction::TailCall {
            function,
            arguments,
        };
        self.emit(instruction, line);
        Ok(())
    }

    fn prepare(&mut self, call: &Call, line: u32) -> Compiled<(u8, u8)> {
        let start = self.state().free;
        let function = match &call.method {
            None => self.push(&call.function)?,
            Some(method) => {
                let object = self.operand(&call.function)?;
                self.state().free = start;
                let to = self.allocate()?;
                self.allocate()?;
                let name = self.text(method);
                self.emit(Instruction::Method { to, object, name }, line);
                to
            }
        };
        let is_open = self.push_all(&call.arguments)?;
        let receiver = usize::from(call.method.is_some());
        let count = if is_open {
            0
        } else {
            call.arguments.len() + receiver + 1
        };
        self.name_call(called_name(call));
        Ok((function, u8::try_from(count).unwrap_or(u8::MAX)))
    }
}

/// Gives the name that errors use for what is called.
fn called_name(call: &Call) -> Vec<u8> {
    let last_part = match &call.function.node {
        Node::Name(name) => Some(name),
        Node::Index(index) => match &index.1.node {
            Node::Text(name) => Some(name),
            _ => None,
        },
        _ => None,
    };
    call.method
        .as_ref()
        .or(last_part)
        .cloned()
        .unwrap_or_else(|| b"?".to_vec())
}
