//! Blocks and the locals they hold.

use super::{
    super::{ast::Statement, code::Instruction},
    Compiled, Compiler,
    jump::Label,
};

#[derive(Debug)]
pub(super) struct Scope {
    pub(super) first_local: usize,
    pub(super) is_captured: bool,
    /// The jumps out of the loop whose body this is.
    pub(super) breaks: Option<Vec<usize>>,
    pub(super) labels: Vec<Label>,
    pub(super) first_goto: usize,
}

impl Compiler<'_> {
    pub(super) fn enter(&mut self, is_loop: bool) {
        let state = self.state();
        let scope = Scope {
            first_local: state.locals.len(),
            is_captured: false,
            breaks: is_loop.then(Vec::new),
            labels: Vec::new(),
            first_goto: state.gotos.len(),
        };
        state.scopes.push(scope);
    }

    pub(super) fn scope(&mut self) -> &mut Scope {
        self.state()
            .scopes
            .last_mut()
            .expect("a function has a block")
    }

    /// Ends a block and gives the jumps that break out of it.
    pub(super) fn leave(&mut self, line: u32) -> Compiled<Vec<usize>> {
        self.close(line);
        self.pass_gotos_on()?;
        let state = self.state();
        let Some(scope) = state.scopes.pop() else {
            return Ok(Vec::new());
        };
        state.locals.truncate(scope.first_local);
        state.free = scope.first_local;
        Ok(scope.breaks.unwrap_or_default())
    }

    /// Lets go of what closures captured in the innermost block.
    pub(super) fn close(&mut self, line: u32) {
        let scope = self.scope();
        if scope.is_captured {
            let first = u8::try_from(scope.first_local).unwrap_or(u8::MAX);
            self.emit(Instruction::Close { first }, line);
        }
    }

    pub(super) fn block(&mut self, body: &[Statement]) -> Compiled<()> {
        let Some(last) = body.last() else {
            return Ok(());
        };
        self.enter(false);
        self.statements(body, false)?;
        self.leave(last.end())?;
        Ok(())
    }
}
