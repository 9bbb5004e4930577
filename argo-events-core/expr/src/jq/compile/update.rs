//! Assignments, and the builtins that carry them out.
//!
//! These builtins are written as instructions: the value that changes is moved out of its variable,
//! so that lists and objects change in place once they have been copied.

use super::{Compiled, Compiler, Op, Slot, call::Argument, form::is_update, query};
use crate::jq::{
    syntax::{Operator, Query},
    value::Value,
};

impl Compiler<'_> {
    pub(super) fn update(&mut self, operator: Operator, left: &Query, right: &Query) -> Compiled {
        if is_update(operator) {
            return self.arithmetic_update(operator, left, right);
        }
        if operator == Operator::Assign
            && let Some(path) = query::constant_path(left)
        {
            let input = self.new_variable();
            self.emit(Op::Store(input));
            self.emit(Op::Load(input));
            self.query(right)?;
            self.emit(Op::Push(query::list(path)));
            self.emit(Op::Load(input));
            self.emit_native("setpath", 2);
            return Ok(());
        }
        let arguments = [Argument::Query(left), Argument::Query(right)];
        self.call(query::native_name(operator), &arguments, 0)
    }

    /// Compiles `left += right` and its like: the right side is computed once, from the input.
    fn arithmetic_update(&mut self, operator: Operator, left: &Query, right: &Query) -> Compiled {
        const OPERAND: &str = "$%0";
        self.emit(Op::Dup);
        self.query(right)?;
        let slot = self.push_variable(OPERAND);
        self.emit(Op::Store(slot));
        let identity = Query::of(crate::jq::syntax::TermKind::Identity);
        let operand = Query::call(OPERAND, Vec::new());
        let change = Query::call(query::native_name(operator), vec![identity, operand]);
        let arguments = [Argument::Query(left), Argument::Query(&change)];
        self.call("_modify", &arguments, 0)
    }

    /// Makes a scope with so many variables; gives its instruction and its variables.
    fn builtin_scope<const N: usize>(&mut self, parameters: usize) -> (Op, [Slot; N]) {
        let scope = self.scopes.len();
        self.scopes.push(super::scope::Scope::new());
        self.scopes[scope].variable_count = N as u32;
        let slots = std::array::from_fn(|place| Slot {
            scope: scope as u32,
            place: place as u32,
        });
        (self.scope_op(scope, parameters), slots)
    }

    /// Adds `_assign(p; $x)`: puts `$x` at every path of `p`.
    pub(super) fn add_assign(&mut self) {
        let jump = self.begin_builtin("_assign", 2);
        let (scope, [input, paths, value, state, path]) = self.builtin_scope(2);
        self.code.extend([
            scope,
            Op::Store(input),
            Op::Store(paths),
            Op::Store(value),
            Op::Load(input),
            Op::ExpressionBegin,
            Op::Load(value),
            Op::CallClosure,
            Op::Store(value),
            Op::ExpressionEnd,
            Op::Load(input),
        ]);
        let fork = self.reserve();
        self.code.extend([
            Op::Dup,
            Op::Store(state),
            Op::PathBegin,
            Op::Load(paths),
            Op::CallClosure,
            Op::Push(Value::Null),
            Op::PathEnd,
            Op::Store(path),
            Op::Load(value),
            Op::Load(path),
            Op::Take(state),
        ]);
        self.emit_native("setpath", 2);
        self.code.extend([Op::Store(state), Op::Backtrack]);
        self.code[fork] = Op::Fork(self.here());
        self.code.extend([Op::Pop, Op::Load(state), Op::Return]);
        self.code[jump] = Op::Jump(self.here());
    }

    /// Adds `_modify(p; f)`: puts the first output of `f` at every path of `p`, and deletes the
    /// paths where there is none.
    pub(super) fn add_modify(&mut self) {
        let jump = self.begin_builtin("_modify", 2);
        let (scope, [state, path, change, deleted, label]) = self.builtin_scope(2);
        self.code.extend([
            scope,
            Op::Store(state),
            Op::Store(path),
            Op::Store(change),
            Op::Push(query::list(Vec::new())),
            Op::Store(deleted),
            Op::Load(state),
        ]);
        let done = self.reserve();
        self.code.extend([
            Op::PathBegin,
            Op::Load(path),
            Op::CallClosure,
            Op::Push(Value::Null),
            Op::PathEnd,
            Op::Store(path),
            Op::ForkLabel(label),
            // Not the state itself: it could not change in place as long as it waits here.
            Op::Push(Value::Null),
        ]);
        let without = self.reserve();
        self.code.extend([Op::Pop, Op::Load(path), Op::Load(state)]);
        self.emit_native("getpath", 1);
        self.code.extend([
            Op::Load(change),
            Op::CallClosure,
            Op::Load(path),
            Op::Take(state),
        ]);
        self.emit_native("setpath", 2);
        self.code.extend([Op::Store(state), Op::Push(Value::Null)]);
        let leave = self.reserve();
        let next = self.reserve();
        self.code[leave] = Op::Fork(self.here());
        self.code
            .extend([Op::Load(label), Op::Break(String::new())]);
        self.code[without] = Op::Fork(self.here());
        self.code.extend([Op::Load(path), Op::Append(deleted)]);
        self.code[next] = Op::Jump(self.here());
        self.emit(Op::Backtrack);
        self.code[done] = Op::Fork(self.here());
        self.code
            .extend([Op::Pop, Op::Take(deleted), Op::Take(state)]);
        self.emit_native("delpaths", 1);
        self.emit(Op::Return);
        self.code[jump] = Op::Jump(self.here());
    }

    /// Adds `_last(g)`: the last output of `g`, if there is one.
    pub(super) fn add_last(&mut self) {
        let jump = self.begin_builtin("_last", 1);
        let (scope, [last, source, none]) = self.builtin_scope(1);
        self.code.extend([
            scope,
            Op::Store(last),
            Op::Store(source),
            Op::Push(Value::Bool(true)),
            Op::Store(none),
            Op::Load(last),
        ]);
        let fork = self.reserve();
        self.code.extend([
            Op::Load(source),
            Op::CallClosure,
            Op::Store(last),
            Op::Push(Value::Bool(false)),
            Op::Store(none),
            Op::Backtrack,
        ]);
        self.code[fork] = Op::Fork(self.here());
        self.code.extend([Op::Pop, Op::Load(none)]);
        self.emit(Op::JumpUnless(self.here() + 2));
        self.code
            .extend([Op::Backtrack, Op::Load(last), Op::Return]);
        self.code[jump] = Op::Jump(self.here());
    }
}
