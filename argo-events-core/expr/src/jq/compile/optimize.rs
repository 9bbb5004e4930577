//! Small changes that save steps and, for calls at a function's end, frames.

use super::{Compiler, Op};
use std::collections::HashMap;

impl Compiler<'_> {
    /// Lets a function without parameters that calls itself last go back to its start.
    pub(super) fn optimize_tail_calls(&mut self) {
        let mut open: Vec<usize> = Vec::new();
        // Whether such a function has no variables either.
        let mut bare = HashMap::new();
        for at in 0..self.code.len() {
            match self.code[at] {
                Op::Scope {
                    variables,
                    parameters,
                    ..
                } => {
                    open.push(at);
                    if parameters == 0 {
                        bare.insert(at, variables == 0);
                    }
                }
                Op::Call(start) if open.last() == Some(&start) => {
                    let Some(is_bare) = bare.get(&start) else {
                        continue;
                    };
                    if self.is_last(at) {
                        self.code[at] = if *is_bare {
                            Op::Jump(start + 1)
                        } else {
                            Op::CallRecursive(start)
                        };
                    }
                }
                Op::Return if open.pop().is_none() => return,
                _ => {}
            }
        }
    }

    /// Tells whether nothing but jumps comes between an instruction and the function's end.
    fn is_last(&self, at: usize) -> bool {
        let mut next = at + 1;
        loop {
            match self.code.get(next) {
                Some(Op::Jump(to)) => next = *to,
                Some(Op::Return) => return true,
                _ => return false,
            }
        }
    }

    /// Drops values that are never used, and jumps to jumps.
    pub(super) fn optimize_operations(&mut self) {
        for at in (0..self.code.len()).rev() {
            match self.code[at] {
                Op::Push(_) | Op::Dup | Op::Load(_) | Op::Take(_) => self.drop_unused(at),
                Op::Jump(to) | Op::JumpUnless(to) if to == at + 1 => {
                    // A condition is still taken off the stack.
                    self.code[at] = match self.code[at] {
                        Op::Jump(_) => Op::Nop,
                        _ => Op::Pop,
                    };
                }
                Op::Jump(to) => {
                    if let Some(Op::Jump(further)) = self.code.get(to) {
                        self.code[at] = Op::Jump(*further);
                    }
                }
                Op::JumpUnless(to) => {
                    if let Some(Op::Jump(further)) = self.code.get(to) {
                        self.code[at] = Op::JumpUnless(*further);
                    }
                }
                _ => {}
            }
        }
    }

    fn drop_unused(&mut self, at: usize) {
        match self.code.get_mut(at + 1) {
            Some(next @ Op::Pop) => {
                *next = Op::Nop;
                self.code[at] = Op::Nop;
            }
            Some(Op::Const(value)) => {
                let value = std::mem::take(value);
                self.code[at + 1] = Op::Push(value);
                self.code[at] = Op::Nop;
            }
            _ => {}
        }
    }
}
