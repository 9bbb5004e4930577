//! Expressions.
//!
//! A value is computed into a register that is either a local's or the first free one; what is
//! above may be used on the way.

use super::{
    super::{
        ast::{Arithmetic, Expression, Field, Function, Node, Operator, Unary},
        code::Instruction,
    },
    Compiled, Compiler,
    function::Place,
};

impl Compiler<'_> {
    /// Computes a value into the next register and takes that into use.
    pub(super) fn push(&mut self, value: &Expression) -> Compiled<u8> {
        let to = self.allocate()?;
        self.state().free = usize::from(to);
        self.evaluate(value, to)?;
        self.allocate()
    }

    /// Gives a register with the value: a local's own, or the next.
    pub(super) fn operand(&mut self, value: &Expression) -> Compiled<u8> {
        if let Node::Name(name) = &value.node
            && let Place::Local(register) = self.resolve(name)
        {
            return Ok(register);
        }
        self.push(value)
    }

    /// Computes a value into a register and leaves no other in use.
    pub(super) fn evaluate(&mut self, value: &Expression, to: u8) -> Compiled<()> {
        let free = self.state().free;
        self.compute(value, to)?;
        self.state().free = free;
        Ok(())
    }

    fn compute(&mut self, value: &Expression, to: u8) -> Compiled<()> {
        let line = value.line;
        match &value.node {
            Node::Nil => {
                let nil = Instruction::Nil {
                    first: to,
                    last: to,
                };
                self.emit(nil, line);
            }
            Node::True => {
                self.emit(Instruction::Boolean { to, value: true }, line);
            }
            Node::False => {
                self.emit(Instruction::Boolean { to, value: false }, line);
            }
            Node::Number(number) => {
                let constant = self.number(*number);
                self.emit(Instruction::Constant { to, constant }, line);
            }
            Node::Text(text) => {
                let constant = self.text(text);
                self.emit(Instruction::Constant { to, constant }, line);
            }
            Node::Rest { .. } => self.rest(to, 2, line)?,
            Node::Name(name) => self.name(name, to, line),
            Node::Function(function) => self.closure(function, to)?,
            Node::Index(index) => self.index(&index.0, &index.1, to, line)?,
            Node::Call(call) => {
                let from = self.call(call, line, 2)?;
                self.copy(from, to, line);
            }
            Node::Table(fields) => self.table(fields, to, line)?,
            Node::Unary(operator, operand) => self.unary(*operator, operand, to, line)?,
            Node::Chain(first, rest) => self.chain(value, first, rest, to)?,
        }
        Ok(())
    }

    fn copy(&mut self, from: u8, to: u8, line: u32) {
        if from != to {
            self.emit(Instruction::Move { to, from }, line);
        }
    }

    fn name(&mut self, name: &[u8], to: u8, line: u32) {
        match self.resolve(name) {
            Place::Local(from) => self.copy(from, to, line),
            Place::Upvalue(upvalue) => {
                self.emit(Instruction::GetUpvalue { to, upvalue }, line);
            }
            Place::Global(name) => {
                self.emit(Instruction::GetGlobal { to, name }, line);
            }
        }
    }

    pub(super) fn closure(&mut self, function: &Function, to: u8) -> Compiled<()> {
        let number = self.function(function)?;
        let instruction = Instruction::Closure {
            to,
            function: number,
        };
        self.emit(instruction, function.line);
        Ok(())
    }

    fn index(&mut self, object: &Expression, key: &Expression, to: u8, line: u32) -> Compiled<()> {
        let object = self.operand(object)?;
        let instruction = match &key.node {
            Node::Text(name) => {
                let name = self.text(name);
                Instruction::GetField { to, object, name }
            }
            _ => {
                let key = self.operand(key)?;
                Instruction::GetIndex { to, object, key }
            }
        };
        self.emit(instruction, line);
        Ok(())
    }

    fn unary(&mut self, operator: Unary, operand: &Expression, to: u8, line: u32) -> Compiled<()> {
        let from = self.operand(operand)?;
        let instruction = match operator {
            Unary::Negate => Instruction::Negate { to, from },
            Unary::Not => Instruction::Not { to, from },
            Unary::Length => Instruction::Length { to, from },
        };
        self.emit(instruction, line);
        Ok(())
    }

    fn chain(
        &mut self,
        value: &Expression,
        first: &Expression,
        rest: &[(Operator, Expression)],
        to: u8,
    ) -> Compiled<()> {
        match rest[0].0 {
            Operator::Or => self.decide(first, rest, to, true),
            Operator::And => self.decide(first, rest, to, false),
            Operator::Compare(_) => self.compared(value, to),
            Operator::Concatenate => self.concatenate(first, rest, to),
            Operator::Compute(_) => self.arithmetic(first, rest, to),
        }
    }

    /// Computes a chain of `and` or `or`, which the first operand of truth `decides` settles.
    fn decide(
        &mut self,
        first: &Expression,
        rest: &[(Operator, Expression)],
        to: u8,
        decides: bool,
    ) -> Compiled<()> {
        // A local must keep its value until all operands have been read.
        let target = if self.is_local(to) {
            self.allocate()?
        } else {
            to
        };
        let free = usize::from(target).max(self.state().locals.len());
        self.state().free = free;
        self.evaluate(first, target)?;
        let mut ends = Vec::new();
        for (_, operand) in rest {
            let test = Instruction::Test {
                register: target,
                when: decides,
                offset: 0,
            };
            ends.push(self.emit(test, first.line));
            self.state().free = free;
            self.evaluate(operand, target)?;
        }
        self.aim_here(&ends);
        self.copy(target, to, first.line);
        Ok(())
    }

    fn compared(&mut self, value: &Expression, to: u8) -> Compiled<()> {
        let jumps = self.jump_if(value, true)?;
        self.emit(Instruction::Boolean { to, value: false }, value.line);
        let end = self.jump(value.line);
        self.aim_here(&jumps);
        self.emit(Instruction::Boolean { to, value: true }, value.line);
        self.aim_here(&[end]);
        Ok(())
    }

    fn concatenate(
        &mut self,
        first: &Expression,
        rest: &[(Operator, Expression)],
        to: u8,
    ) -> Compiled<()> {
        let start = self.push(first)?;
        let mut last = start;
        for (_, operand) in rest {
            last = self.push(operand)?;
        }
        let instruction = Instruction::Concatenate {
            to,
            first: start,
            last,
        };
        self.emit(instruction, first.line);
        Ok(())
    }

    fn arithmetic(
        &mut self,
        first: &Expression,
        rest: &[(Operator, Expression)],
        to: u8,
    ) -> Compiled<()> {
        let free = self.state().free;
        let mut left = self.operand(first)?;
        for (place, (operator, operand)) in rest.iter().enumerate() {
            let Operator::Compute(arithmetic) = *operator else {
                continue;
            };
            let constant = match operand.node {
                Node::Number(number) => constant_form(arithmetic).map(|form| (form, number)),
                _ => None,
            };
            let source = match constant {
                Some((form, number)) => Source::Constant(form, self.number(number)),
                None => Source::Register(self.operand(operand)?),
            };
            self.state().free = free;
            let target = if place + 1 == rest.len() {
                to
            } else {
                self.allocate()?
            };
            self.emit(computation(arithmetic, target, left, source), first.line);
            left = target;
        }
        Ok(())
    }

    fn table(&mut self, fields: &[Field], to: u8, line: u32) -> Compiled<()> {
        let is_list = |field: &&Field| field.key.is_none();
        let list = fields.iter().filter(is_list).count();
        let clamp = |count: usize| u16::try_from(count).unwrap_or(u16::MAX);
        let table = self.allocate()?;
        let hint = Instruction::NewTable {
            to: table,
            list: clamp(list),
            members: clamp(fields.len() - list),
        };
        self.emit(hint, line);
        let (mut stored, mut waiting) = (1, 0);
        for (place, field) in fields.iter().enumerate() {
            let is_last = place + 1 == fields.len();
            match &field.key {
                Some(key) => {
                    self.field(table, key, &field.value, line)?;
                    if is_last && waiting > 0 && self.gives_several(&field.value) {
                        waiting += self.left_behind(key, line);
                    }
                }
                None if is_last && self.gives_several(&field.value) => {
                    self.push_all(std::slice::from_ref(&field.value))?;
                    let store = Instruction::Store {
                        table,
                        count: 0,
                        from: stored,
                    };
                    self.emit(store, field.value.line);
                    self.state().free = usize::from(table) + 1;
                    self.copy(table, to, line);
                    return Ok(());
                }
                None => {
                    self.push(&field.value)?;
                    waiting += 1;
                }
            }
            if waiting == 50 || (is_last && waiting > 0) {
                let line = field.key.as_ref().unwrap_or(&field.value).line;
                let store = Instruction::Store {
                    table,
                    count: waiting + 1,
                    from: stored,
                };
                self.emit(store, line);
                stored += u32::from(waiting);
                waiting = 0;
                self.state().free = usize::from(table) + 1;
            }
        }
        self.copy(table, to, line);
        Ok(())
    }

    /// Counts the registers that a last field with a call leaves behind the list's elements: the
    /// reference takes them for elements, too.
    fn left_behind(&mut self, key: &Expression, line: u32) -> u8 {
        let is_local = match &key.node {
            Node::Text(_) => true,
            Node::Name(name) => matches!(self.resolve(name), Place::Local(_)),
            _ => false,
        };
        if let Node::Number(_) = key.node {
            let to = u8::try_from(self.state().free).unwrap_or(u8::MAX);
            self.copy(to.saturating_add(1), to, line);
            return 1;
        }
        if is_local { 1 } else { 2 }
    }

    fn field(
        &mut self,
        object: u8,
        key: &Expression,
        value: &Expression,
        line: u32,
    ) -> Compiled<()> {
        let free = self.state().free;
        let instruction = match &key.node {
            Node::Text(name) => {
                let name = self.text(name);
                let value = self.operand(value)?;
                Instruction::SetField {
                    object,
                    value,
                    name,
                }
            }
            _ => {
                let key = self.operand(key)?;
                let value = self.operand(value)?;
                Instruction::SetIndex { object, key, value }
            }
        };
        self.emit(instruction, line);
        self.state().free = free;
        Ok(())
    }
}

type Form = fn(u8, u8, u32) -> Instruction;

/// The right operand of a computation.
enum Source {
    Register(u8),
    Constant(Form, u32),
}

fn constant_form(arithmetic: Arithmetic) -> Option<Form> {
    Some(match arithmetic {
        Arithmetic::Add => |to, left, constant| Instruction::AddConstant { to, left, constant },
        Arithmetic::Subtract => {
            |to, left, constant| Instruction::SubtractConstant { to, left, constant }
        }
        Arithmetic::Multiply => {
            |to, left, constant| Instruction::MultiplyConstant { to, left, constant }
        }
        Arithmetic::Divide => {
            |to, left, constant| Instruction::DivideConstant { to, left, constant }
        }
        Arithmetic::Modulo | Arithmetic::Power => return None,
    })
}

fn computation(arithmetic: Arithmetic, to: u8, left: u8, source: Source) -> Instruction {
    let right = match source {
        Source::Constant(form, constant) => return form(to, left, constant),
        Source::Register(right) => right,
    };
    match arithmetic {
        Arithmetic::Add => Instruction::Add { to, left, right },
        Arithmetic::Subtract => Instruction::Subtract { to, left, right },
        Arithmetic::Multiply => Instruction::Multiply { to, left, right },
        Arithmetic::Divide => Instruction::Divide { to, left, right },
        Arithmetic::Modulo => Instruction::Modulo { to, left, right },
        Arithmetic::Power => Instruction::Power { to, left, right },
    }
}
