//! Conditions: jumps that depend on a value's truth.

use super::{
    super::{
        ast::{Comparison, Expression, Node, Operator, Unary},
        code::Instruction,
    },
    Compiled, Compiler,
};

impl Compiler<'_> {
    /// Jumps if the truth of a value is `when`, and gives the jumps to be aimed.
    pub(super) fn jump_if(&mut self, value: &Expression, when: bool) -> Compiled<Vec<usize>> {
        let line = value.line;
        let free = self.state().free;
        let jumps = match &value.node {
            Node::True | Node::Number(_) | Node::Text(_) => self.jump_always(when, line),
            Node::False | Node::Nil => self.jump_always(!when, line),
            Node::Unary(Unary::Not, inner) => self.jump_if(inner, !when)?,
            Node::Chain(first, rest) => match rest[0].0 {
                Operator::And => self.jump_if_all(first, rest, when, false)?,
                Operator::Or => self.jump_if_all(first, rest, when, true)?,
                Operator::Compare(_) => self.jump_if_compared(first, rest, when)?,
                _ => self.jump_if_value(value, when)?,
            },
            _ => self.jump_if_value(value, when)?,
        };
        self.state().free = free;
        Ok(jumps)
    }

    fn jump_always(&mut self, jumps: bool, line: u32) -> Vec<usize> {
        if jumps {
            vec![self.jump(line)]
        } else {
            Vec::new()
        }
    }

    fn jump_if_value(&mut self, value: &Expression, when: bool) -> Compiled<Vec<usize>> {
        let register = self.operand(value)?;
        let test = Instruction::Test {
            register,
            when,
            offset: 0,
        };
        Ok(vec![self.emit(test, value.line)])
    }

    /// Jumps on a chain of `and` or `or`, which one operand of truth `decides` settles.
    fn jump_if_all(
        &mut self,
        first: &Expression,
        rest: &[(Operator, Expression)],
        when: bool,
        decides: bool,
    ) -> Compiled<Vec<usize>> {
        let operands = std::iter::once(first).chain(rest.iter().map(|(_, operand)| operand));
        let last = rest.len();
        let (mut jumps, mut skips) = (Vec::new(), Vec::new());
        for (place, operand) in operands.enumerate() {
            if when == decides || place == last {
                jumps.extend(self.jump_if(operand, when)?);
            } else {
                skips.extend(self.jump_if(operand, decides)?);
            }
        }
        self.aim_here(&skips);
        Ok(jumps)
    }

    /// Jumps if a chain of comparisons, each with the result of the one before, gives `when`.
    fn jump_if_compared(
        &mut self,
        first: &Expression,
        rest: &[(Operator, Expression)],
        when: bool,
    ) -> Compiled<Vec<usize>> {
        let mut left = self.operand(first)?;
        for (place, (operator, operand)) in rest.iter().enumerate() {
            let free = self.state().free;
            let Operator::Compare(comparison) = *operator else {
                continue;
            };
            let is_last = place + 1 == rest.len();
            self.compare(comparison, left, operand, when || !is_last, first.line)?;
            let jump = self.jump(first.line);
            if is_last {
                return Ok(vec![jump]);
            }
            self.state().free = free;
            left = self.truth(jump, first.line)?;
        }
        Ok(Vec::new())
    }

    /// Puts `true` into the next register if the jump is taken, else `false`.
    fn truth(&mut self, jump: usize, line: u32) -> Compiled<u8> {
        let to = self.allocate()?;
        self.emit(Instruction::Boolean { to, value: false }, line);
        let end = self.jump(line);
        self.aim_here(&[jump]);
        self.emit(Instruction::Boolean { to, value: true }, line);
        self.aim_here(&[end]);
        Ok(to)
    }

    fn compare(
        &mut self,
        comparison: Comparison,
        left: u8,
        operand: &Expression,
        when: bool,
        line: u32,
    ) -> Compiled<()> {
        let equal_when = when == (comparison == Comparison::Equal);
        if let Comparison::Equal | Comparison::Unequal = comparison {
            let constant = match &operand.node {
                Node::Text(text) => Some(self.text(text)),
                Node::Number(number) => Some(self.number(*number)),
                _ => None,
            };
            if let Some(constant) = constant {
                let when = equal_when;
                let equal = Instruction::EqualConstant {
                    left,
                    when,
                    constant,
                };
                self.emit(equal, line);
                return Ok(());
            }
        }
        let right = self.operand(operand)?;
        let (lesser, greater) = match comparison {
            Comparison::Greater | Comparison::GreaterEqual => (right, left),
            _ => (left, right),
        };
        let (left, right) = (lesser, greater);
        self.emit(
            match comparison {
                Comparison::Equal | Comparison::Unequal => {
                    let when = equal_when;
                    Instruction::Equal { left, right, when }
                }
                Comparison::Less | Comparison::Greater => Instruction::Less { left, right, when },
                Comparison::LessEqual | Comparison::GreaterEqual => {
                    Instruction::LessEqual { left, right, when }
                }
            },
            line,
        );
        Ok(())
    }
}
