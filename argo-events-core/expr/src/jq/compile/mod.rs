//! Turns the tree of a program into instructions.
//!
//! Every function, and every argument that is more than a constant, becomes a stretch of code that
//! is jumped over; builtins written in jq are added where they are first used.

mod call;
mod code;
mod form;
mod names;
mod optimize;
mod pattern;
mod prelude;
mod query;
mod scope;
mod update;

pub(super) use code::{Op, Slot};
pub(super) use form::format_function;
pub(super) use names::builtin_names;

use super::{
    CompileError, CompileErrorKind,
    syntax::{Definition, parse},
};
use scope::Scope;
use std::thread;

/// How many instructions a program may have.
const MAX_CODE: usize = 1 << 18;

type Compiled = Result<(), CompileError>;

/// A text of so many bytes nests no deeper than any thread's stack allows.
const SHALLOW_BYTES: usize = 100;

/// Enough stack for the deepest program, without optimisation too; only what is used is taken.
const DEEP_STACK_BYTES: usize = 32 << 20;

/// Compiles the text of a program, on a stack of its own unless the text is short.
pub(super) fn compile(text: &str) -> Result<Vec<Op>, CompileError> {
    if text.len() <= SHALLOW_BYTES {
        return compile_here(text);
    }
    thread::scope(|scope| {
        let builder = thread::Builder::new().stack_size(DEEP_STACK_BYTES);
        let compiling = builder.spawn_scoped(scope, || compile_here(text));
        let done = compiling.ok().and_then(|thread| thread.join().ok());
        done.unwrap_or_else(|| {
            let message = "no thread to compile the program on";
            let kind = CompileErrorKind::TooLarge;
            Err(CompileError::new(kind, message, text, 0..0))
        })
    })
}

fn compile_here(text: &str) -> Result<Vec<Op>, CompileError> {
    let source = parse(text)?;
    let mut compiler = Compiler {
        text,
        code: Vec::new(),
        scopes: vec![Scope::new(), Scope::new()],
        visible: vec![MAIN],
    };
    if let Some((module, at)) = source.module {
        let module = crate::gostrconv::quote(module);
        return Err(compiler.name_error(format!("cannot load module: {module}"), at));
    }
    let scope = compiler.reserve();
    compiler.query(&source.query)?;
    compiler.emit(Op::Return);
    compiler.code[scope] = compiler.scope_op(MAIN, 0);
    compiler.optimize_tail_calls();
    compiler.optimize_operations();
    Ok(compiler.code)
}

/// The scope of the builtins that are written in jq.
const BUILTIN: usize = 0;

/// The scope of the program itself.
const MAIN: usize = 1;

#[derive(Debug)]
struct Compiler<'t> {
    text: &'t str,
    code: Vec<Op>,
    /// All scopes ever made; their place is their name.
    scopes: Vec<Scope>,
    /// The scopes around the current place, the innermost last.
    visible: Vec<usize>,
}

impl Compiler<'_> {
    fn emit(&mut self, op: Op) {
        self.code.push(op);
    }

    /// Leaves room for an instruction that is known later.
    fn reserve(&mut self) -> usize {
        self.emit(Op::Nop);
        self.code.len() - 1
    }

    /// Gives the place of the next instruction.
    fn here(&self) -> usize {
        self.code.len()
    }

    fn scope_op(&self, scope: usize, parameters: usize) -> Op {
        Op::Scope {
            id: scope as u32,
            variables: self.scopes[scope].variable_count,
            parameters: parameters as u32,
        }
    }

    fn name_error(&self, message: impl Into<String>, at: usize) -> CompileError {
        CompileError::new(CompileErrorKind::Name, message, self.text, at..at)
    }

    /// Compiles a function into the innermost visible scope, or into that of the builtins.
    fn definition(&mut self, definition: &Definition, home: Home) -> Compiled {
        self.function(&definition.name, &definition.parameters, home, |compiler| {
            compiler.query(&definition.body)
        })
    }

    fn function(
        &mut self,
        name: &str,
        parameters: &[String],
        home: Home,
        body: impl FnOnce(&mut Self) -> Compiled,
    ) -> Compiled {
        if self.here() > MAX_CODE {
            let message = format!("program has more than {MAX_CODE} instructions");
            let place = 0..0;
            let kind = CompileErrorKind::TooLarge;
            return Err(CompileError::new(kind, message, self.text, place));
        }
        let jump = self.reserve();
        let start = self.here();
        let owner = match home {
            Home::Builtin => BUILTIN,
            Home::Innermost => self.innermost(),
        };
        self.scopes[owner].define(name, start, parameters.len());
        let scope = self.scopes.len();
        self.scopes.push(Scope::new());
        let around = self.enter(scope, home);
        let scope_op = self.reserve();
        self.parameters(parameters);
        let result = body(self);
        self.emit(Op::Return);
        self.code[scope_op] = self.scope_op(scope, parameters.len());
        self.visible = around;
        self.code[jump] = Op::Jump(self.here());
        result
    }

    /// Makes a scope the innermost one; gives the scopes that were visible before.
    fn enter(&mut self, scope: usize, home: Home) -> Vec<usize> {
        let inside = match home {
            Home::Builtin => vec![BUILTIN, scope],
            Home::Innermost => [&self.visible[..], &[scope]].concat(),
        };
        std::mem::replace(&mut self.visible, inside)
    }

    /// Stores the input and the arguments; those named with a dollar are computed at once.
    fn parameters(&mut self, parameters: &[String]) {
        if parameters.is_empty() {
            return;
        }
        let input = self.new_variable();
        self.emit(Op::Store(input));
        let mut values = Vec::new();
        for parameter in parameters {
            let name = parameter.strip_prefix('$').unwrap_or(parameter);
            let slot = self.create_variable(name);
            self.emit(Op::Store(slot));
            if name.len() < parameter.len() {
                values.push((parameter, slot));
            }
        }
        for (name, closure) in values {
            self.emit(Op::Load(input));
            self.emit(Op::ExpressionBegin);
            self.emit(Op::Load(closure));
            self.emit(Op::CallClosure);
            let slot = self.push_variable(name);
            self.emit(Op::Store(slot));
            self.emit(Op::ExpressionEnd);
        }
        self.emit(Op::Load(input));
    }
}

/// Where a function is defined.
#[derive(Clone, Copy, PartialEq)]
enum Home {
    Innermost,
    Builtin,
}
