//! Bindings: values taken apart into variables.

use super::{CompileError, Compiled, Compiler, Op, Slot};
use crate::jq::{
    syntax::{Key, Pattern, PatternMember, Query, Template},
    value::Value,
};

impl Compiler<'_> {
    /// Compiles `source as pattern ?// pattern | body`.
    pub(super) fn bind(&mut self, source: &Query, patterns: &[Pattern], body: &Query) -> Compiled {
        let mark = self.open();
        self.emit(Op::Dup);
        self.emit(Op::ExpressionBegin);
        self.query(source)?;
        match patterns {
            [only] => self.only_pattern(only)?,
            _ => self.alternatives(patterns)?,
        }
        self.query(body)?;
        self.close(&mark);
        Ok(())
    }

    fn only_pattern(&mut self, pattern: &Pattern) -> Compiled {
        self.slots(Vec::new(), pattern)?;
        let begin = self.here() - 2;
        if let Op::ExpressionBegin = self.code[begin] {
            self.code[begin] = Op::Nop;
        } else {
            self.emit(Op::ExpressionEnd);
        }
        Ok(())
    }

    /// Tries one pattern after the other, until the body succeeds with one.
    fn alternatives(&mut self, patterns: &[Pattern]) -> Compiled {
        let mut ends = Vec::new();
        let mut slots: Vec<Slot> = Vec::new();
        for (place, pattern) in patterns.iter().enumerate() {
            let is_last = place + 1 == patterns.len();
            let fork = (!is_last).then(|| self.reserve());
            for slot in slots.drain(..) {
                self.emit(Op::Push(Value::Null));
                self.emit(Op::Store(slot));
            }
            slots = self.slots(slots, pattern)?;
            if let Some(fork) = fork {
                ends.push(self.reserve());
                self.code[fork] = Op::ForkAlternative(self.here());
            }
        }
        for end in ends {
            self.code[end] = Op::Jump(self.here());
        }
        self.emit(Op::ExpressionEnd);
        Ok(())
    }

    pub(super) fn pattern(&mut self, pattern: &Pattern) -> Compiled {
        self.slots(Vec::new(), pattern).map(drop)
    }

    /// Compiles a pattern and adds its variables to the given ones.
    fn slots(
        &mut self,
        mut slots: Vec<Slot>,
        pattern: &Pattern,
    ) -> Result<Vec<Slot>, CompileError> {
        match pattern {
            Pattern::Variable(name) => {
                let slot = self.push_variable(name);
                self.emit(Op::Store(slot));
                slots.push(slot);
            }
            Pattern::Array(patterns) => {
                let whole = self.new_variable();
                self.emit(Op::Store(whole));
                for (place, pattern) in (0..).zip(patterns) {
                    self.emit(Op::Load(whole));
                    self.emit(Op::IndexArray(place));
                    slots = self.slots(slots, pattern)?;
                }
            }
            Pattern::Object(members) => {
                let whole = self.new_variable();
                self.emit(Op::Store(whole));
                for member in members {
                    slots = self.member_slots(slots, whole, member)?;
                }
            }
        }
        Ok(slots)
    }

    fn member_slots(
        &mut self,
        mut slots: Vec<Slot>,
        whole: Slot,
        member: &PatternMember,
    ) -> Result<Vec<Slot>, CompileError> {
        self.emit(Op::Load(whole));
        let mut bound = None;
        match &member.key {
            Key::Name(name) => self.emit(Op::Index(Value::from(name.as_str()))),
            Key::Variable(name, _) => {
                self.emit(Op::Index(Value::from(&name[1..])));
                bound = Some(name);
            }
            // An empty name is looked up like a computed one.
            Key::Text(Template::Plain(name)) if !name.is_empty() => {
                self.emit(Op::Index(Value::from(name.as_str())));
            }
            Key::Text(template) => {
                self.template(template, None)?;
                self.computed_member(whole);
            }
            Key::Query(query) => {
                self.query(query)?;
                self.computed_member(whole);
            }
        }
        if let Some(name) = bound {
            if member.value.is_some() {
                self.emit(Op::Dup);
            }
            slots = self.slots(slots, &Pattern::Variable(name.clone()))?;
        }
        match &member.value {
            Some(pattern) => self.slots(slots, pattern),
            None => Ok(slots),
        }
    }

    fn computed_member(&mut self, whole: Slot) {
        self.emit(Op::Load(whole));
        self.emit(Op::Push(Value::Null));
        self.emit_native("_index", 2);
    }
}
