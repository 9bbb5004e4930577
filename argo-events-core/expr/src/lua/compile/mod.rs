//! Turns a parsed script into instructions.
//!
//! Follows gopher-lua where a script can see it: operands that are locals are read when the operator
//! runs, and an assignment to several targets stores into its locals one after the other, so that
//! `a, b = b, a` does not swap locals.

mod assign;
mod call;
mod condition;
mod expression;
mod function;
mod jump;
mod scope;
mod statement;

use super::{
    ast,
    code::{Chunk, Constant, Prototype},
    error::CompileError,
};
use function::State;
use std::collections::HashMap;

/// Compiles a parsed script.
pub(super) fn compile(main: &ast::Function, name: &str) -> Result<Chunk, CompileError> {
    let mut compiler = Compiler {
        name,
        functions: Vec::new(),
        constants: Vec::new(),
        known: HashMap::new(),
        states: Vec::new(),
    };
    compiler.function(main)?;
    Ok(Chunk {
        name: name.into(),
        functions: compiler.functions,
        constants: compiler.constants,
    })
}

struct Compiler<'a> {
    name: &'a str,
    functions: Vec<Prototype>,
    constants: Vec<Constant>,
    known: HashMap<Vec<u8>, u32>,
    /// The functions being compiled, the innermost last.
    states: Vec<State>,
}

type Compiled<T> = Result<T, CompileError>;

impl Compiler<'_> {
    fn error(&self, line: u32, message: &str) -> CompileError {
        CompileError::meaning(self.name, line, message)
    }

    fn state(&mut self) -> &mut State {
        self.states
            .last_mut()
            .expect("a function is being compiled")
    }

    fn text(&mut self, text: &[u8]) -> u32 {
        let mut key = vec![b't'];
        key.extend_from_slice(text);
        self.constant(key, || Constant::Text(text.to_vec()))
    }

    fn number(&mut self, number: f64) -> u32 {
        let number = match number {
            0.0 => *self.state().zero.get_or_insert(number),
            other => other,
        };
        let mut key = vec![b'n'];
        key.extend_from_slice(&number.to_bits().to_be_bytes());
        self.constant(key, || Constant::Number(number))
    }

    fn constant(&mut self, key: Vec<u8>, make: impl FnOnce() -> Constant) -> u32 {
        let constants = &mut self.constants;
        *self.known.entry(key).or_insert_with(|| {
            constants.push(make());
            u32::try_from(constants.len() - 1).unwrap_or(u32::MAX)
        })
    }
}
