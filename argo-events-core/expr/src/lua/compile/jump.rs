//! Jumps, labels and `goto`.

use super::{super::code::Instruction, Compiled, Compiler};

#[derive(Debug)]
pub(super) struct Label {
    name: Vec<u8>,
    place: usize,
    line: u32,
    /// How many locals there are at the label.
    locals: usize,
}

/// A `goto` whose label was not met yet.
#[derive(Debug)]
pub(super) struct Goto {
    name: Vec<u8>,
    /// Where its jump stands, behind the instruction that lets go of captured locals.
    place: usize,
    line: u32,
    locals: usize,
    is_resolved: bool,
}

impl Compiler<'_> {
    pub(super) fn here(&mut self) -> usize {
        self.state().code.len()
    }

    pub(super) fn jump(&mut self, line: u32) -> usize {
        self.emit(Instruction::Jump { offset: 0 }, line)
    }

    pub(super) fn jump_back(&mut self, target: usize, line: u32) {
        let place = self.jump(line);
        self.aim(place, target);
    }

    /// Lets the jump at a place lead to another.
    pub(super) fn aim(&mut self, place: usize, target: usize) {
        let distance = target as i64 - place as i64 - 1;
        let aimed = i32::try_from(distance).unwrap_or(0);
        match &mut self.state().code[place] {
            Instruction::Jump { offset }
            | Instruction::Test { offset, .. }
            | Instruction::CountPrepare { offset, .. }
            | Instruction::CountLoop { offset, .. }
            | Instruction::IterateLoop { offset, .. } => *offset = aimed,
            _ => {}
        }
    }

    pub(super) fn aim_here(&mut self, places: &[usize]) {
        let target = self.here();
        for place in places {
            self.aim(*place, target);
        }
    }

    pub(super) fn break_loop(&mut self, line: u32) -> Compiled<()> {
        let scopes = &self.state().scopes;
        let Some(depth) = scopes.iter().rposition(|scope| scope.breaks.is_some()) else {
            return Err(self.error(line, "no loop to break"));
        };
        let first = u8::try_from(scopes[depth].first_local).unwrap_or(u8::MAX);
        self.emit(Instruction::Close { first }, line);
        let place = self.jump(line);
        if let Some(breaks) = &mut self.state().scopes[depth].breaks {
            breaks.push(place);
        }
        Ok(())
    }

    pub(super) fn goto(&mut self, name: &[u8], line: u32) -> Compiled<()> {
        self.emit(Instruction::Close { first: u8::MAX }, line);
        let place = self.jump(line);
        let state = self.state();
        let goto = Goto {
            name: name.to_vec(),
            place,
            line,
            locals: state.locals.len(),
            is_resolved: false,
        };
        state.gotos.push(goto);
        let index = state.gotos.len() - 1;
        let depth = state.scopes.len() - 1;
        self.resolve_goto(index, depth)
    }

    pub(super) fn label(&mut self, name: &[u8], line: u32, is_last: bool) -> Compiled<()> {
        let place = self.here();
        let state = self.state();
        let depth = state.scopes.len() - 1;
        let scope = &state.scopes[depth];
        let first_goto = scope.first_goto;
        if let Some(old) = scope.labels.iter().find(|label| label.name == name) {
            let (name, old) = (String::from_utf8_lossy(name), old.line);
            let message = format!("label '{name}' already defined on line {old}");
            return Err(self.error(line + 1, &message));
        }
        let locals = if is_last {
            scope.first_local
        } else {
            state.locals.len()
        };
        let label = Label {
            name: name.to_vec(),
            place,
            line,
            locals,
        };
        state.scopes[depth].labels.push(label);
        for index in first_goto..state.gotos.len() {
            self.resolve_goto(index, depth)?;
        }
        Ok(())
    }

    /// Leads a `goto` to its label if that stands in the block at a depth.
    fn resolve_goto(&mut self, index: usize, depth: usize) -> Compiled<()> {
        let state = self.state();
        let goto = &mut state.gotos[index];
        let mut labels = state.scopes[depth].labels.iter();
        let Some(label) = labels.find(|label| label.name == goto.name && !goto.is_resolved) else {
            return Ok(());
        };
        if goto.locals < label.locals {
            let name = String::from_utf8_lossy(&label.name).into_owned();
            let local = state
                .locals
                .last()
                .map(|name| String::from_utf8_lossy(name).into_owned());
            let (local, at, line) = (local.unwrap_or_default(), goto.line, label.line);
            let message =
                format!("<goto {name}> at line {at} jumps into the scope of local '{local}'");
            return Err(self.error(line + 1, &message));
        }
        goto.is_resolved = true;
        let (place, target) = (goto.place, label.place);
        let first = u8::try_from(label.locals).unwrap_or(u8::MAX);
        state.code[place - 1] = Instruction::Close { first };
        self.aim(place, target);
        Ok(())
    }

    /// Hands the open `goto`s of the innermost block to the one around it.
    pub(super) fn pass_gotos_on(&mut self) -> Compiled<()> {
        let state = self.state();
        let Some(outer) = state.scopes.len().checked_sub(2) else {
            return Ok(());
        };
        let scope = &state.scopes[outer + 1];
        let (first_local, first_goto) = (scope.first_local, scope.first_goto);
        for index in first_goto..state.gotos.len() {
            let goto = &mut self.state().gotos[index];
            goto.locals = goto.locals.min(first_local);
            self.resolve_goto(index, outer)?;
        }
        Ok(())
    }

    pub(super) fn check_gotos(&mut self, line: u32) -> Compiled<()> {
        let Some(goto) = self.state().gotos.iter().find(|goto| !goto.is_resolved) else {
            return Ok(());
        };
        let (name, at) = (String::from_utf8_lossy(&goto.name), goto.line);
        let message = format!("no visible label '{name}' for <goto> at line {at}");
        Err(self.error(line, &message))
    }
}
