//! Forms with words of their own, objects, lists and strings.

use super::{Compiled, Compiler, Op, Slot, call::Argument, query::list};
use crate::jq::{
    syntax::{FormatText, Key, Loop, Member, Operator, Query, Template, TermKind},
    value::{Object, Text, Value},
};
use std::collections::BTreeMap;

impl Compiler<'_> {
    /// Compiles `and` and `or`: the right side decides unless the left one does.
    pub(super) fn logic(&mut self, left: &Query, right: &Query, decided: bool) -> Compiled {
        let constant = |truth: bool| {
            Query::of(if truth {
                TermKind::True
            } else {
                TermKind::False
            })
        };
        let right = |compiler: &mut Self| {
            let (yes, no) = (constant(true), constant(false));
            compiler.branch(
                right,
                |compiler| compiler.query(&yes),
                |compiler| compiler.query(&no),
            )
        };
        let known = constant(decided);
        let known = |compiler: &mut Self| compiler.query(&known);
        if decided {
            self.branch(left, known, right)
        } else {
            self.branch(left, right, known)
        }
    }

    pub(super) fn condition(
        &mut self,
        branches: &[(Query, Query)],
        alternative: Option<&Query>,
    ) -> Compiled {
        let Some(((condition, consequence), rest)) = branches.split_first() else {
            return alternative.map_or(Ok(()), |alternative| self.query(alternative));
        };
        let consequence = |compiler: &mut Self| compiler.query(consequence);
        if !rest.is_empty() {
            let rest = |compiler: &mut Self| compiler.condition(rest, alternative);
            return self.choice(condition, consequence, rest);
        }
        match alternative {
            Some(last) => self.branch(condition, consequence, |compiler| compiler.query(last)),
            None => self.choice(condition, consequence, |_| Ok(())),
        }
    }

    /// Compiles a choice between two ends.
    fn branch(
        &mut self,
        condition: &Query,
        yes: impl FnOnce(&mut Self) -> Compiled,
        no: impl FnOnce(&mut Self) -> Compiled,
    ) -> Compiled {
        let dup = self.here();
        let mut jump = 0;
        self.choice(condition, yes, |compiler| {
            // Between the condition and here are one jump, the first end and another jump.
            let mark = compiler.open();
            jump = compiler.here();
            no(compiler)?;
            compiler.close(&mark);
            Ok(())
        })?;
        self.keep_constant_ends(dup, jump);
        Ok(())
    }

    /// If both ends are constants, they need not replace a copy of the input.
    fn keep_constant_ends(&mut self, dup: usize, no: usize) {
        let (Some(yes), Some(last)) = (no.checked_sub(2), self.code.len().checked_sub(1)) else {
            return;
        };
        let is_jump_before = matches!(self.code.get(yes.wrapping_sub(1)), Some(Op::JumpUnless(_)));
        if last != no || !is_jump_before {
            return;
        }
        let (Op::Const(first), Op::Const(second)) = (&self.code[yes], &self.code[no]) else {
            return;
        };
        let (first, second) = (first.clone(), second.clone());
        self.code[dup] = Op::Nop;
        self.code[yes] = Op::Push(first);
        self.code[no] = Op::Push(second);
    }

    fn choice(
        &mut self,
        condition: &Query,
        yes: impl FnOnce(&mut Self) -> Compiled,
        no: impl FnOnce(&mut Self) -> Compiled,
    ) -> Compiled {
        self.emit(Op::Dup);
        self.emit(Op::ExpressionBegin);
        let before = self.here();
        let mark = self.open();
        self.query(condition)?;
        self.close(&mark);
        if self.here() == before {
            self.code.pop();
        } else {
            self.emit(Op::ExpressionEnd);
        }
        let jump = self.reserve();
        let mark = self.open();
        yes(self)?;
        self.close(&mark);
        let end = self.reserve();
        self.code[jump] = Op::JumpUnless(self.here());
        no(self)?;
        self.code[end] = Op::Jump(self.here());
        Ok(())
    }

    pub(super) fn attempt(
        &mut self,
        body: impl FnOnce(&mut Self) -> Compiled,
        catch: Option<&Query>,
    ) -> Compiled {
        let begin = self.reserve();
        let mark = self.open();
        body(self)?;
        self.close(&mark);
        self.emit(Op::TryEnd);
        let end = self.reserve();
        self.code[begin] = Op::TryBegin(self.here());
        match catch {
            Some(catch) => {
                let mark = self.open();
                self.query(catch)?;
                self.close(&mark);
            }
            None => self.emit(Op::Backtrack),
        }
        self.code[end] = Op::Jump(self.here());
        Ok(())
    }

    /// Compiles the start of a loop into a variable.
    fn loop_start(&mut self, start: &Query) -> Result<Slot, super::CompileError> {
        self.emit(Op::Dup);
        let state = self.new_variable();
        let mark = self.open();
        self.query(start)?;
        self.close(&mark);
        self.emit(Op::Store(state));
        Ok(state)
    }

    /// Compiles what happens with each value of a loop, up to the new state.
    fn loop_step(&mut self, parts: &Loop, state: Slot) -> Compiled {
        self.query(&parts.source)?;
        self.pattern(&parts.pattern)?;
        self.emit(Op::Load(state));
        let mark = self.open();
        self.query(&parts.update)?;
        self.close(&mark);
        Ok(())
    }

    pub(super) fn reduce(&mut self, parts: &Loop) -> Compiled {
        let mark = self.open();
        let state = self.loop_start(&parts.start)?;
        let fork = self.reserve();
        self.loop_step(parts, state)?;
        self.emit(Op::Store(state));
        self.emit(Op::Backtrack);
        self.code[fork] = Op::Fork(self.here());
        self.emit(Op::Pop);
        self.emit(Op::Load(state));
        self.close(&mark);
        Ok(())
    }

    pub(super) fn foreach(&mut self, parts: &Loop, extract: Option<&Query>) -> Compiled {
        let mark = self.open();
        let state = self.loop_start(&parts.start)?;
        self.loop_step(parts, state)?;
        self.emit(Op::Dup);
        self.emit(Op::Store(state));
        if let Some(extract) = extract {
            let mark = self.open();
            self.query(extract)?;
            self.close(&mark);
        }
        self.close(&mark);
        Ok(())
    }

    pub(super) fn label(&mut self, name: &str, body: &Query) -> Compiled {
        let slot = self.push_variable(&label_variable(name));
        self.emit(Op::ForkLabel(slot));
        self.query(body)
    }

    pub(super) fn break_out(&mut self, name: &str, at: usize) -> Compiled {
        let Some(slot) = self.lookup_variable(&label_variable(name)) else {
            return Err(self.name_error(format!("label not defined: {name}"), at));
        };
        self.emit(Op::Pop);
        self.emit(Op::Load(slot));
        self.emit(Op::Break(name.to_owned()));
        Ok(())
    }

    pub(super) fn object(&mut self, members: &[Member]) -> Compiled {
        if members.is_empty() {
            self.emit(Op::Const(Value::Object(Object::default())));
            return Ok(());
        }
        let mark = self.open();
        let input = self.new_variable();
        self.emit(Op::Store(input));
        let start = self.here();
        for member in members {
            self.member(input, member)?;
        }
        self.close(&mark);
        if let Some(constant) = self.constant_members(start, members.len()) {
            self.code.truncate(start - 1);
            self.emit(Op::Const(constant));
        } else {
            self.emit(Op::Object(members.len()));
        }
        Ok(())
    }

    fn constant_members(&self, start: usize, count: usize) -> Option<Value> {
        let code = &self.code[start..];
        if code.len() != count * 3 {
            return None;
        }
        let mut members = BTreeMap::new();
        for member in code.chunks(3) {
            let [Op::Push(Value::Text(name)), Op::Load(_), Op::Const(value)] = member else {
                return None;
            };
            members.insert(name.clone(), value.clone());
        }
        Some(Value::Object(Object::new(members)))
    }

    fn member(&mut self, input: Slot, member: &Member) -> Compiled {
        let alone = member.value.is_none();
        match &member.key {
            Key::Variable(name, at) => {
                if alone {
                    self.emit(Op::Push(Value::from(&name[1..])));
                }
                self.emit(Op::Load(input));
                self.call(name, &[], *at)?;
            }
            Key::Name(name) => self.plain_member(input, name, alone),
            Key::Text(Template::Plain(name)) => self.plain_member(input, name, alone),
            Key::Text(template) => {
                self.emit(Op::Load(input));
                self.template(template, None)?;
                if alone {
                    self.emit(Op::Dup);
                    self.emit(Op::Load(input));
                    self.emit(Op::Push(Value::Null));
                    self.emit_native("_index", 2);
                }
            }
            Key::Query(query) => {
                self.emit(Op::Load(input));
                let mark = self.open();
                self.query(query)?;
                self.close(&mark);
            }
        }
        if let Some(value) = &member.value {
            self.emit(Op::Load(input));
            self.query(value)?;
        }
        Ok(())
    }

    fn plain_member(&mut self, input: Slot, name: &str, alone: bool) {
        let name = Value::Text(Text::from(name));
        self.emit(Op::Push(name.clone()));
        if alone {
            self.emit(Op::Load(input));
            self.emit(Op::Index(name));
        }
    }

    pub(super) fn array(&mut self, query: Option<&Query>) -> Compiled {
        let Some(query) = query else {
            self.emit(Op::Const(list(Vec::new())));
            return Ok(());
        };
        self.emit(Op::Push(list(Vec::new())));
        let values = self.new_variable();
        self.emit(Op::Store(values));
        let start = self.here();
        let fork = self.reserve();
        let mark = self.open();
        self.query(query)?;
        self.close(&mark);
        if let Some(constants) = self.constant_elements(start + 1) {
            self.code.truncate(start - 2);
            self.emit(Op::Const(list(constants)));
            return Ok(());
        }
        self.emit(Op::Append(values));
        self.emit(Op::Backtrack);
        self.code[fork] = Op::Fork(self.here());
        self.emit(Op::Pop);
        self.emit(Op::Take(values));
        Ok(())
    }

    /// Gives the elements if the code from a place on only lists constants.
    fn constant_elements(&self, start: usize) -> Option<Vec<Value>> {
        let code = &self.code[start..];
        let forks = code
            .iter()
            .take_while(|op| matches!(op, Op::Fork(_)))
            .count();
        let rest = &code[forks..];
        if rest.len() != 2 * forks + 1 {
            return None;
        }
        let element = |(place, op): (usize, &Op)| match op {
            Op::Const(value) if place % 2 == 0 => Some(Some(value.clone())),
            Op::Jump(_) if place % 2 == 1 => Some(None),
            _ => None,
        };
        let elements: Option<Vec<_>> = rest.iter().enumerate().map(element).collect();
        elements.map(|elements| elements.into_iter().flatten().collect())
    }

    pub(super) fn format(&mut self, format: &FormatText) -> Compiled {
        match &format.text {
            Some(template) => self.template(template, Some(format)),
            None => self.format_call(format),
        }
    }

    fn format_call(&mut self, format: &FormatText) -> Compiled {
        match format_function(&format.name) {
            Some(name) => self.call(name, &[], format.at),
            None => {
                let name = Value::from(&format.name[1..]);
                self.call("format", &[Argument::Constant(name)], format.at)
            }
        }
    }

    /// Compiles a string; its interpolations go through a format, or are made text.
    pub(super) fn template(
        &mut self,
        template: &Template,
        format: Option<&FormatText>,
    ) -> Compiled {
        match template {
            Template::Plain(text) => {
                self.emit(Op::Const(Value::from(text.as_str())));
                Ok(())
            }
            Template::Pieces(pieces) => self.pieces(pieces, format),
        }
    }

    /// Adds pieces up from left to right.
    pub(super) fn pieces(&mut self, pieces: &[Query], format: Option<&FormatText>) -> Compiled {
        match pieces {
            [] => {
                self.emit(Op::Const(Value::from("")));
                Ok(())
            }
            [only] => self.piece(only, format),
            [before @ .., last] => {
                let arguments = [
                    Argument::Pieces(before, format),
                    Argument::Pieces(std::slice::from_ref(last), format),
                ];
                self.native_call("_add", &arguments)
            }
        }
    }

    fn piece(&mut self, piece: &Query, format: Option<&FormatText>) -> Compiled {
        self.query(piece)?;
        match (&piece.body, format) {
            (crate::jq::syntax::Body::Term(term), _) if matches!(term.kind, TermKind::Text(_)) => {
                Ok(())
            }
            (_, Some(format)) => self.format_call(format),
            (_, None) => self.call("tostring", &[], 0),
        }
    }
}

fn label_variable(name: &str) -> String {
    format!("$%{}", &name[1..])
}

/// Gives the function behind a format.
pub(in crate::jq) fn format_function(format: &str) -> Option<&'static str> {
    Some(match format {
        "@text" => "tostring",
        "@json" => "tojson",
        "@html" => "_tohtml",
        "@uri" => "_touri",
        "@urid" => "_tourid",
        "@csv" => "_tocsv",
        "@tsv" => "_totsv",
        "@sh" => "_tosh",
        "@base64" => "_tobase64",
        "@base64d" => "_tobase64d",
        _ => return None,
    })
}

/// Tells which operators change what is at a path.
pub(super) fn is_update(operator: Operator) -> bool {
    !matches!(operator, Operator::Assign | Operator::Modify)
}
