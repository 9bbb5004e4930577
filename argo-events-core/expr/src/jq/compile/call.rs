//! Calls: of the program's functions, of builtins written in jq, and of native ones.

use super::{BUILTIN, Compiled, Compiler, Home, Op, names, prelude, scope::Meaning};
use crate::jq::{
    native::{self, Native},
    syntax::{FormatText, Query, Suffix, Template, TermKind},
    value::{Object, Value},
};

/// What an argument is compiled from.
#[derive(Clone, Debug)]
pub(super) enum Argument<'q> {
    Query(&'q Query),
    Term(&'q TermKind, &'q [Suffix]),
    Template(&'q Template),
    Pieces(&'q [Query], Option<&'q FormatText>),
    Constant(Value),
}

/// Which argument is a path that is tracked, if one is.
fn tracked_argument(name: &str) -> Option<usize> {
    match name {
        "_index" | "_slice" => Some(1),
        "getpath" => Some(0),
        _ => None,
    }
}

impl Compiler<'_> {
    fn argument(&mut self, argument: &Argument<'_>) -> Compiled {
        match argument {
            Argument::Query(query) => self.query(query),
            Argument::Term(kind, suffixes) => self.suffixed(kind, suffixes),
            Argument::Template(template) => self.template(template, None),
            Argument::Pieces(pieces, format) => self.pieces(pieces, *format),
            Argument::Constant(value) => {
                self.emit(Op::Const(value.clone()));
                Ok(())
            }
        }
    }

    /// Compiles a call by name.
    pub(super) fn call(&mut self, name: &str, arguments: &[Argument<'_>], at: usize) -> Compiled {
        if arguments.is_empty() {
            match self.lookup(name) {
                Some(Meaning::Function(start)) => return self.call_function(start, arguments),
                Some(Meaning::Variable(slot)) => {
                    self.load(name, slot);
                    return Ok(());
                }
                None if matches!(name, "$ENV" | "env") => {
                    self.emit(Op::Const(Value::Object(Object::default())));
                    return Ok(());
                }
                None if name.starts_with('$') => return Err(self.unknown(name, 0, at)),
                None => {}
            }
        } else if let Some(start) = self.lookup_function(name, arguments.len()) {
            return self.call_function(start, arguments);
        }
        self.call_builtin(name, arguments, at)
    }

    fn load(&mut self, name: &str, slot: super::Slot) {
        if name.starts_with('$') {
            self.emit(Op::Pop);
            self.emit(Op::Load(slot));
        } else {
            self.emit(Op::Load(slot));
            self.emit(Op::CallClosure);
        }
    }

    fn call_builtin(&mut self, name: &str, arguments: &[Argument<'_>], at: usize) -> Compiled {
        let count = arguments.len();
        if self.lookup_builtin(name, count).is_none() {
            self.add_builtin(name, count)?;
        }
        if let Some(start) = self.lookup_builtin(name, count) {
            return self.call_function(start, arguments);
        }
        match (name, arguments) {
            ("empty", []) => {
                self.emit(Op::Backtrack);
                Ok(())
            }
            ("path", [_]) => {
                self.emit(Op::PathBegin);
                self.call_with(&Callee::PathEnd, arguments)
            }
            ("input", []) => Err(self.name_error("input(s)/0 is not allowed", at)),
            ("_range", [_, _, _]) => {
                self.call_with(&Callee::Range, arguments)?;
                self.emit(Op::Iterate);
                Ok(())
            }
            ("debug", [message]) => {
                // The message is compiled before it shows that there is nowhere to write it.
                self.argument(message)?;
                Err(self.unknown(name, count, at))
            }
            _ if native::find(name, count).is_some() => self.native_call(name, arguments),
            _ => Err(self.unknown(name, count, at)),
        }
    }

    /// Adds the code of a builtin that is written in jq, unless there is none of that name.
    fn add_builtin(&mut self, name: &str, count: usize) -> Compiled {
        match (name, count) {
            ("_assign", 2) => self.add_assign(),
            ("_modify", 2) => self.add_modify(),
            ("_last", 1) => self.add_last(),
            _ => match prelude::find(name, count) {
                Some(definition) => return self.definition(definition, Home::Builtin),
                None => return Ok(()),
            },
        }
        Ok(())
    }

    /// Adds a builtin's own code; gives the place of the jump around it.
    pub(super) fn begin_builtin(&mut self, name: &str, parameters: usize) -> usize {
        let jump = self.reserve();
        let start = self.here();
        self.scopes[BUILTIN].define(name, start, parameters);
        jump
    }

    fn call_function(&mut self, start: usize, arguments: &[Argument<'_>]) -> Compiled {
        self.call_with(&Callee::Function(start), arguments)
    }

    /// Compiles a call of a native function that is known to exist.
    pub(super) fn native_call(&mut self, name: &str, arguments: &[Argument<'_>]) -> Compiled {
        match native::find(name, arguments.len()) {
            Some(function) => self.call_with(&Callee::Native(function), arguments),
            None => Err(self.unknown(name, arguments.len(), 0)),
        }
    }

    pub(super) fn emit_native(&mut self, name: &str, count: u8) {
        if let Some(function) = native::find(name, count.into()) {
            self.emit(Op::Native(function, count));
        }
    }

    fn call_with(&mut self, callee: &Callee, arguments: &[Argument<'_>]) -> Compiled {
        let op = callee.op(arguments.len());
        if arguments.is_empty() {
            self.emit(op);
            return Ok(());
        }
        let is_native = !matches!(callee, Callee::Function(_));
        let tracked = match callee {
            Callee::Native(function) => tracked_argument(function.name),
            _ => None,
        };
        let input = self.new_variable();
        self.emit(Op::Store(input));
        if tracked.is_some() {
            self.emit(Op::ExpressionBegin);
        }
        for (place, argument) in arguments.iter().enumerate().rev() {
            self.lambda(argument, is_native.then_some(input))?;
            if tracked == Some(place) {
                self.end_expression();
            }
        }
        self.emit(match tracked {
            Some(place) if place > 0 => Op::Push(Value::Null),
            _ => Op::Load(input),
        });
        self.emit(op);
        Ok(())
    }

    /// Ends the part where paths are not tracked; around a single instruction it is left out.
    fn end_expression(&mut self) {
        let begin = self.here() - 2;
        if let Op::ExpressionBegin = self.code[begin] {
            self.code.remove(begin);
        } else {
            self.emit(Op::ExpressionEnd);
        }
    }

    /// Compiles an argument: a function that the callee calls, or for native ones its value.
    fn lambda(&mut self, argument: &Argument<'_>, input: Option<super::Slot>) -> Compiled {
        let start = self.here() + 1;
        self.function("", &[], Home::Innermost, |compiler| {
            compiler.argument(argument)
        })?;
        let Some(input) = input else {
            self.emit(Op::PushClosure(start));
            return Ok(());
        };
        let jump = start - 1;
        match self.here() - start {
            2 => {
                self.code.truncate(jump);
                self.emit(Op::Load(input));
            }
            3 => {
                let only = std::mem::replace(&mut self.code[start + 1], Op::Nop);
                self.code.truncate(jump);
                if let Op::Const(value) = only {
                    self.emit(Op::Push(value));
                } else {
                    self.emit(Op::Load(input));
                    self.emit(only);
                }
            }
            4 if let Some(slot) = self.variable_alone(start) => {
                self.code.truncate(jump);
                self.emit(Op::Load(slot));
            }
            _ => {
                self.emit(Op::Load(input));
                self.emit(Op::PushClosure(start));
                self.emit(Op::CallClosure);
                return Ok(());
            }
        }
        let innermost = self.innermost();
        self.scopes[innermost].forget_function();
        Ok(())
    }

    /// Gives the variable that a function without parameters consists of, if it is just that.
    fn variable_alone(&self, start: usize) -> Option<super::Slot> {
        match self.code.get(start..)? {
            [Op::Scope { id, .. }, Op::Pop, Op::Load(slot), Op::Return] if slot.scope != *id => {
                Some(*slot)
            }
            _ => None,
        }
    }

    fn unknown(&self, name: &str, count: usize, at: usize) -> super::CompileError {
        let message = match name.starts_with('$') {
            true => format!("variable not defined: {name}"),
            false => format!("function not defined: {name}/{count}"),
        };
        let mut error = self.name_error(message, at);
        let own = self
            .visible
            .iter()
            .flat_map(|scope| self.scopes[*scope].names());
        error.hint = names::hint(name, count, own);
        error
    }
}

/// What is called.
#[derive(Debug)]
enum Callee {
    Function(usize),
    Native(&'static Native),
    PathEnd,
    Range,
}

impl Callee {
    fn op(&self, count: usize) -> Op {
        match self {
            Self::Function(start) => Op::Call(*start),
            Self::Native(function) => Op::Native(function, count as u8),
            Self::PathEnd => Op::PathEnd,
            Self::Range => Op::Range,
        }
    }
}
