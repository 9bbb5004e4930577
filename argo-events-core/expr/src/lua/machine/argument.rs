//! What library functions are called with, and the errors that they raise.

use super::{
    super::{
        heap::Fault,
        number,
        value::{FunctionId, Kind, TableId, TextId, ThreadId, Value},
    },
    FrameKind, Machine,
};

/// The arguments of a library function: places in the stack.
#[derive(Clone, Copy, Debug)]
pub(in crate::lua) struct Arguments {
    pub(in crate::lua) start: usize,
    pub(in crate::lua) count: usize,
}

impl Machine {
    /// Gives an argument, counted from 1, or nil if there is none.
    pub(in crate::lua) fn argument(&self, arguments: Arguments, place: usize) -> Value {
        if (1..=arguments.count).contains(&place) {
            self.thread.stack[arguments.start + place - 1]
        } else {
            Value::Nil
        }
    }

    /// Gives all arguments from one on.
    pub(in crate::lua) fn arguments_from(&self, arguments: Arguments, place: usize) -> &[Value] {
        let end = arguments.start + arguments.count;
        &self.thread.stack[(arguments.start + place - 1).min(end)..end]
    }

    pub(in crate::lua) fn any(
        &mut self,
        arguments: Arguments,
        place: usize,
    ) -> Result<Value, Fault> {
        if place > arguments.count {
            return Err(self.bad_argument(place, "value expected"));
        }
        Ok(self.argument(arguments, place))
    }

    pub(in crate::lua) fn table(
        &mut self,
        arguments: Arguments,
        place: usize,
    ) -> Result<TableId, Fault> {
        match self.argument(arguments, place) {
            Value::Table(id) => Ok(id),
            other => Err(self.wrong_kind(place, Kind::Table, other)),
        }
    }

    pub(in crate::lua) fn function(
        &mut self,
        arguments: Arguments,
        place: usize,
    ) -> Result<FunctionId, Fault> {
        match self.argument(arguments, place) {
            Value::Function(id) => Ok(id),
            other => Err(self.wrong_kind(place, Kind::Function, other)),
        }
    }

    pub(in crate::lua) fn thread(
        &mut self,
        arguments: Arguments,
        place: usize,
    ) -> Result<ThreadId, Fault> {
        match self.argument(arguments, place) {
            Value::Thread(id) => Ok(id),
            other => Err(self.wrong_kind(place, Kind::Thread, other)),
        }
    }

    /// Gives a text, made of a number if need be.
    pub(in crate::lua) fn text(
        &mut self,
        arguments: Arguments,
        place: usize,
    ) -> Result<TextId, Fault> {
        match self.argument(arguments, place) {
            Value::Text(id) => Ok(id),
            Value::Number(number) => Ok(self.heap.owned_text(number::print(number).into())),
            other => Err(self.wrong_kind(place, Kind::Text, other)),
        }
    }

    pub(in crate::lua) fn optional_text(
        &mut self,
        arguments: Arguments,
        place: usize,
    ) -> Result<Option<TextId>, Fault> {
        match self.argument(arguments, place) {
            Value::Nil => Ok(None),
            Value::Text(id) => Ok(Some(id)),
            other => Err(self.wrong_kind(place, Kind::Text, other)),
        }
    }

    /// Gives a number, read from a text if need be.
    pub(in crate::lua) fn number(
        &mut self,
        arguments: Arguments,
        place: usize,
    ) -> Result<f64, Fault> {
        let value = self.argument(arguments, place);
        match self.to_number(value) {
            Some(number) => Ok(number),
            None => Err(self.wrong_kind(place, Kind::Number, value)),
        }
    }

    /// Gives an integer; texts are none.
    pub(in crate::lua) fn integer(
        &mut self,
        arguments: Arguments,
        place: usize,
    ) -> Result<i64, Fault> {
        match self.argument(arguments, place) {
            Value::Number(number) => Ok(number::truncate(number)),
            other => Err(self.wrong_kind(place, Kind::Number, other)),
        }
    }

    pub(in crate::lua) fn integer_or(
        &mut self,
        arguments: Arguments,
        place: usize,
        otherwise: i64,
    ) -> Result<i64, Fault> {
        match self.argument(arguments, place) {
            Value::Nil => Ok(otherwise),
            _ => self.integer(arguments, place),
        }
    }

    /// Fails unless an argument is of one of several kinds.
    pub(in crate::lua) fn one_of(
        &mut self,
        arguments: Arguments,
        place: usize,
        kinds: &[Kind],
    ) -> Result<(), Fault> {
        let found = self.argument(arguments, place).kind();
        if kinds.contains(&found) {
            return Ok(());
        }
        let names: Vec<&str> = kinds.iter().map(|kind| kind.name()).collect();
        let message = format!("{} expected, got {}", names.join(" or "), found.name());
        Err(self.bad_argument(place, &message))
    }

    fn wrong_kind(&mut self, place: usize, wanted: Kind, found: Value) -> Fault {
        let message = format!("{} expected, got {}", wanted.name(), found.kind().name());
        self.bad_argument(place, &message)
    }

    pub(in crate::lua) fn bad_argument(&mut self, place: usize, message: &str) -> Fault {
        let name = self.native_name();
        self.error(&format!("bad argument #{place} to {name} ({message})"))
    }

    /// Gives the name under which the running library function was called.
    fn native_name(&self) -> String {
        let anonymous = || "(anonymous)".to_owned();
        let Some(frame) = self.thread.frames.last() else {
            let is_main = self.current == self.main;
            return if is_main { "main chunk" } else { "corountine" }.to_owned();
        };
        let FrameKind::Script {
            chunk, prototype, ..
        } = frame.kind
        else {
            return anonymous();
        };
        let calls = &self.heap.chunks[chunk as usize].0.functions[prototype as usize].calls;
        let place = frame.pc.saturating_sub(1);
        match calls.binary_search_by_key(&place, |(at, _)| *at) {
            Ok(found) => String::from_utf8_lossy(&calls[found].1).into_owned(),
            Err(_) => anonymous(),
        }
    }

    /// Makes an error with the place where the script stands.
    pub(in crate::lua) fn error(&mut self, message: &str) -> Fault {
        self.error_at(0, message.as_bytes())
    }

    /// Makes an error with the place of the caller at a level, 0 being the topmost of the script.
    pub(in crate::lua) fn error_at(&mut self, level: i64, message: &[u8]) -> Fault {
        let mut text = self.place(level).into_bytes();
        text.push(b' ');
        text.extend_from_slice(message);
        Fault::Error(Value::Text(self.heap.owned_text(text)))
    }

    /// Says where the function at a level stands; level 0 is the running library function, and
    /// functions of the library are passed over.
    fn place(&self, mut level: i64) -> String {
        let frames = &self.thread.frames;
        let mut at = frames.len();
        while level > 0 && at > 0 {
            level -= 1;
            if let Some(FrameKind::Script { tail_calls, .. }) =
                frames.get(at).map(|frame| frame.kind)
            {
                level -= i64::from(tail_calls);
            }
            at -= 1;
        }
        if level < 0 {
            at = 0;
        } else if level > 0 {
            return String::new();
        }
        let below = frames[..frames.len().min(at + 1)].iter().rev();
        for frame in below {
            if let FrameKind::Script {
                chunk, prototype, ..
            } = frame.kind
            {
                let chunk = &self.heap.chunks[chunk as usize].0;
                let lines = &chunk.functions[prototype as usize].lines;
                let line = lines.get(frame.pc.saturating_sub(1) as usize).unwrap_or(&0);
                return format!("{}:{line}:", chunk.name);
            }
        }
        String::new()
    }
}

impl Machine {
    /// Gives the function of the script at a level above the running library function, if it is one.
    pub(in crate::lua) fn caller(&self, level: i64) -> Option<FunctionId> {
        let level = usize::try_from(level).ok()?;
        let at = self.thread.frames.len().checked_sub(level)?;
        match self.thread.frames.get(at)?.kind {
            FrameKind::Script { function, .. } => Some(function),
            _ => None,
        }
    }
}
