//! Statements.

use super::{
    super::{
        ast::{Action, Block, Count, Expression, Function, Node, Statement},
        code::Instruction,
    },
    Compiled, Compiler,
};

impl Compiler<'_> {
    /// Compiles the statements of a block; after a `repeat` body a condition still sees its locals.
    pub(super) fn statements(&mut self, body: &[Statement], until_follows: bool) -> Compiled<()> {
        for (place, statement) in body.iter().enumerate() {
            let is_label = |statement: &Statement| matches!(statement.node, Action::Label(_));
            let is_last = !until_follows && body[place + 1..].iter().all(is_label);
            self.statement(statement, is_last)?;
            let state = self.state();
            state.free = state.locals.len();
        }
        Ok(())
    }

    fn statement(&mut self, statement: &Statement, is_last: bool) -> Compiled<()> {
        let line = statement.line;
        match &statement.node {
            Action::Assign(targets, values) => self.assign(targets, values),
            Action::Local(names, values) => self.local(names, values, line),
            Action::LocalFunction(name, function) => self.local_function(name, function),
            Action::Call(call) => self.discard(call),
            Action::Do(body) => {
                self.enter(false);
                self.statements(body, false)?;
                self.leave(statement.end()).map(drop)
            }
            Action::While(condition, body) => self.while_loop(condition, body, statement.end()),
            Action::Repeat(body, condition) => self.repeat_loop(body, condition, statement.end()),
            Action::If(arms, otherwise) => self.choose(arms, otherwise.as_ref(), line),
            Action::Count(count) => self.count(count, line, statement.end()),
            Action::Each(names, values, body) => self.each(names, values, body, statement),
            Action::Function(target, function) => self.store_function(target, function),
            Action::Return(values) => self.give(values, line),
            Action::Break => self.break_loop(line),
            Action::Label(name) => self.label(name, line, is_last),
            Action::Goto(name) => self.goto(name, line),
        }
    }

    fn local(&mut self, names: &[Vec<u8>], values: &[Expression], line: u32) -> Compiled<()> {
        self.adjust(values, names.len(), line)?;
        for name in names {
            self.declare(name.clone())?;
        }
        Ok(())
    }

    fn local_function(&mut self, name: &[u8], function: &Function) -> Compiled<()> {
        let to = self.declare(name.to_vec())?;
        self.closure(function, to)
    }

    fn store_function(&mut self, target: &Expression, function: &Function) -> Compiled<()> {
        let target = self.target(target)?;
        let value = self.state().free;
        let value = u8::try_from(value).unwrap_or(u8::MAX);
        self.closure(function, value)?;
        self.allocate()?;
        self.store(&target, value);
        Ok(())
    }

    fn while_loop(&mut self, condition: &Expression, body: &Block, end: u32) -> Compiled<()> {
        let start = self.here();
        let exits = self.jump_if(condition, false)?;
        self.enter(true);
        self.statements(body, false)?;
        let breaks = self.leave(end)?;
        self.jump_back(start, end);
        self.aim_here(&exits);
        self.aim_here(&breaks);
        Ok(())
    }

    fn repeat_loop(&mut self, body: &Block, condition: &Expression, end: u32) -> Compiled<()> {
        let start = self.here();
        self.enter(true);
        self.statements(body, true)?;
        let exits = self.jump_if(condition, true)?;
        self.close(end);
        self.jump_back(start, end);
        self.aim_here(&exits);
        let breaks = self.leave(end)?;
        self.aim_here(&breaks);
        Ok(())
    }

    fn choose(
        &mut self,
        arms: &[(Expression, Block)],
        otherwise: Option<&Block>,
        line: u32,
    ) -> Compiled<()> {
        let mut ends = Vec::new();
        for (place, (condition, body)) in arms.iter().enumerate() {
            let skips = self.jump_if(condition, false)?;
            self.block(body)?;
            if place + 1 < arms.len() || otherwise.is_some() {
                ends.push(self.jump(line));
            }
            self.aim_here(&skips);
        }
        if let Some(body) = otherwise {
            self.block(body)?;
        }
        self.aim_here(&ends);
        Ok(())
    }

    fn count(&mut self, count: &Count, line: u32, end: u32) -> Compiled<()> {
        self.enter(true);
        let base = self.push(&count.from)?;
        self.push(&count.limit)?;
        match &count.step {
            Some(step) => self.push(step)?,
            None => {
                let constant = self.number(1.0);
                let to = self.allocate()?;
                self.emit(Instruction::Constant { to, constant }, line);
                to
            }
        };
        for hidden in ["(for index)", "(for limit)", "(for step)"] {
            self.declare(hidden.into())?;
        }
        let prepare = self.emit(Instruction::CountPrepare { base, offset: 0 }, line);
        self.enter(false);
        self.declare(count.name.clone())?;
        self.statements(&count.body, false)?;
        self.leave(end)?;
        self.aim_here(&[prepare]);
        let repeat = self.emit(Instruction::CountLoop { base, offset: 0 }, line);
        self.aim(repeat, prepare + 1);
        let breaks = self.leave(end)?;
        self.aim_here(&breaks);
        Ok(())
    }

    fn each(
        &mut self,
        names: &[Vec<u8>],
        values: &[Expression],
        body: &Block,
        statement: &Statement,
    ) -> Compiled<()> {
        let (line, end) = (statement.line, statement.end());
        self.enter(true);
        self.adjust(values, 3, line)?;
        let base = self.declare(b"(for generator)".to_vec())?;
        self.declare(b"(for state)".to_vec())?;
        self.declare(b"(for control)".to_vec())?;
        let prepare = self.jump(line);
        self.enter(false);
        for name in names {
            self.declare(name.clone())?;
        }
        // The iterator and its two arguments are put where its results come.
        while self.state().free < usize::from(base) + 6 {
            self.allocate()?;
        }
        self.state().free = self.state().locals.len();
        self.statements(body, false)?;
        self.leave(end)?;
        self.aim_here(&[prepare]);
        let results = u8::try_from(names.len() + 1).unwrap_or(u8::MAX);
        self.emit(Instruction::Iterate { base, results }, line);
        let repeat = self.emit(Instruction::IterateLoop { base, offset: 0 }, line);
        self.aim(repeat, prepare + 1);
        let breaks = self.leave(end)?;
        self.aim_here(&breaks);
        Ok(())
    }

    fn give(&mut self, values: &[Expression], line: u32) -> Compiled<()> {
        if let [Expression { node, .. }] = values {
            match node {
                Node::Name(name) => {
                    if let super::function::Place::Local(first) = self.resolve(name) {
                        self.emit(Instruction::Return { first, count: 2 }, line);
                        return Ok(());
                    }
                }
                Node::Call(call) if !call.single => {
                    return self.tail_call(call, values[0].line);
                }
                _ => {}
            }
        }
        let first = u8::try_from(self.state().free).unwrap_or(u8::MAX);
        let is_open = self.push_all(values)?;
        let count = if is_open { 0 } else { values.len() + 1 };
        let count = u8::try_from(count).unwrap_or(u8::MAX);
        self.emit(Instruction::Return { first, count }, line);
        Ok(())
    }
}
