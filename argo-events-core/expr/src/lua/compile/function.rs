//! Functions: their parameters, registers and what they capture.

use super::{
    super::{
        ast,
        code::{Capture, Instruction, Prototype, REGISTERS},
    },
    Compiled, Compiler,
    jump::Goto,
    scope::Scope,
};

/// How many locals a function may have, as in the reference.
const LOCALS: usize = 200;

/// A function that is being compiled.
#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) code: Vec<Instruction>,
    lines: Vec<u32>,
    captures: Vec<Capture>,
    captured_names: Vec<Vec<u8>>,
    calls: Vec<(u32, Vec<u8>)>,
    /// The names of the locals; each has the register of its place.
    pub(super) locals: Vec<Vec<u8>>,
    pub(super) scopes: Vec<Scope>,
    pub(super) gotos: Vec<Goto>,
    /// The first register that is not in use.
    pub(super) free: usize,
    highest: usize,
    pub(super) is_variadic: bool,
    pub(super) uses_rest: bool,
    line: u32,
    /// The zero that the function met first, which stands for the other as well.
    pub(super) zero: Option<f64>,
}

/// What a name stands for.
#[derive(Clone, Copy, Debug)]
pub(super) enum Place {
    Local(u8),
    Upvalue(u8),
    Global(u32),
}

impl Compiler<'_> {
    /// Compiles a function and gives its number.
    pub(super) fn function(&mut self, function: &ast::Function) -> Compiled<u32> {
        let is_main = self.states.is_empty();
        self.states.push(State {
            is_variadic: function.is_variadic,
            line: function.line,
            ..State::default()
        });
        self.enter(false);
        if function.is_method {
            self.declare(b"self".to_vec())?;
        }
        for name in &function.parameters {
            self.declare(name.clone())?;
        }
        let parameters = self.state().locals.len();
        if function.is_variadic && !is_main {
            self.declare(b"arg".to_vec())?;
        }
        self.statements(&function.body, false)?;
        self.emit(
            Instruction::Return { first: 0, count: 1 },
            function.last_line,
        );
        self.check_gotos(function.last_line)?;
        let state = self.states.pop().unwrap_or_default();
        self.functions.push(state.finish(parameters, is_main));
        Ok(u32::try_from(self.functions.len() - 1).unwrap_or(u32::MAX))
    }

    pub(super) fn emit(&mut self, instruction: Instruction, line: u32) -> usize {
        let state = self.state();
        state.code.push(instruction);
        state.lines.push(line);
        state.code.len() - 1
    }

    /// Notes the name under which the next instruction calls.
    pub(super) fn name_call(&mut self, name: Vec<u8>) {
        let state = self.state();
        let place = u32::try_from(state.code.len()).unwrap_or(u32::MAX);
        state.calls.push((place, name));
    }

    /// Takes the next register into use.
    pub(super) fn allocate(&mut self) -> Compiled<u8> {
        let state = self.state();
        let (register, line) = (state.free, state.line);
        state.free += 1;
        state.highest = state.highest.max(state.free);
        match u8::try_from(register) {
            Ok(register) if usize::from(register) < REGISTERS => Ok(register),
            _ => Err(self.error(line, "register overflow(too many local variables)")),
        }
    }

    /// Makes the next register, whose value is already there, a local.
    pub(super) fn declare(&mut self, name: Vec<u8>) -> Compiled<u8> {
        let state = self.state();
        if state.locals.len() >= LOCALS {
            let line = state.line;
            return Err(self.error(line, "too many local variables"));
        }
        state.free = state.locals.len();
        state.locals.push(name);
        self.allocate()
    }

    /// Tells whether a register holds a local.
    pub(super) fn is_local(&mut self, register: u8) -> bool {
        usize::from(register) < self.state().locals.len()
    }

    pub(super) fn resolve(&mut self, name: &[u8]) -> Place {
        let innermost = self.states.len() - 1;
        if let Some(register) = self.states[innermost].local(name) {
            return Place::Local(register);
        }
        match self.capture(innermost, name) {
            Some(upvalue) => Place::Upvalue(upvalue),
            None => Place::Global(self.text(name)),
        }
    }

    /// Gives the upvalue that holds a local of an outer function, captured now if need be.
    fn capture(&mut self, function: usize, name: &[u8]) -> Option<u8> {
        let state = &self.states[function];
        if let Some(known) = state.captured_names.iter().position(|known| known == name) {
            return u8::try_from(known).ok();
        }
        let outer = function.checked_sub(1)?;
        let capture = match self.states[outer].local(name) {
            Some(register) => {
                self.states[outer].mark_captured(register);
                Capture::Register(register)
            }
            None => Capture::Upvalue(self.capture(outer, name)?),
        };
        let state = &mut self.states[function];
        state.captures.push(capture);
        state.captured_names.push(name.to_vec());
        u8::try_from(state.captures.len() - 1).ok()
    }
}

impl State {
    fn local(&self, name: &[u8]) -> Option<u8> {
        let place = self.locals.iter().rposition(|local| local == name)?;
        u8::try_from(place).ok()
    }

    fn mark_captured(&mut self, register: u8) {
        let holds = |scope: &&mut Scope| scope.first_local <= usize::from(register);
        if let Some(scope) = self.scopes.iter_mut().rev().find(holds) {
            scope.is_captured = true;
        }
    }

    fn finish(self, parameters: usize, is_main: bool) -> Prototype {
        Prototype {
            code: self.code,
            lines: self.lines,
            captures: self.captures,
            calls: self.calls,
            parameters: u8::try_from(parameters).unwrap_or(u8::MAX),
            is_variadic: self.is_variadic,
            has_arg_table: self.is_variadic && !is_main && !self.uses_rest,
            registers: u8::try_from(self.highest).unwrap_or(u8::MAX),
        }
    }
}
