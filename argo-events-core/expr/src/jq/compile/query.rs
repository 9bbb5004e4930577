//! Queries: pipes, commas, operators, and terms with their suffixes.

use super::{Compiled, Compiler, Home, Op, call::Argument};
use crate::jq::{
    syntax::{Body, Index, Operator, Query, Suffix, Template, Term, TermKind},
    value::{List, Object, Text, Value, parse_number},
};
use std::collections::BTreeMap;

impl Compiler<'_> {
    pub(super) fn query(&mut self, query: &Query) -> Compiled {
        for definition in &query.definitions {
            self.definition(definition, Home::Innermost)?;
        }
        match &query.body {
            Body::Missing => Err(self.name_error("missing query (try \".\")", self.text.len())),
            Body::Term(term) => self.term(term),
            Body::Pipe(stages) => stages.iter().try_for_each(|stage| self.query(stage)),
            Body::Comma(items) => self.commas(items),
            Body::Bind(source, patterns, body) => self.bind(source, patterns, body),
            Body::Binary(operator, left, right) => self.binary(*operator, left, right),
        }
    }

    /// Compiles alternatives as if they were grouped to the left.
    fn commas(&mut self, items: &[Query]) -> Compiled {
        let forks: Vec<usize> = items.iter().skip(1).map(|_| self.reserve()).collect();
        let mut ends = Vec::new();
        for (place, item) in items.iter().enumerate() {
            if place > 0 {
                ends.push(self.reserve());
                // The outermost fork, which comes first, belongs to the last item.
                self.code[forks[forks.len() - place]] = Op::Fork(self.here());
            }
            self.query(item)?;
            if place > 0
                && let Some(end) = ends.pop()
            {
                self.code[end] = Op::Jump(self.here());
            }
        }
        Ok(())
    }

    fn binary(&mut self, operator: Operator, left: &Query, right: &Query) -> Compiled {
        match operator {
            Operator::Alternative => self.alternative(left, right),
            Operator::Or => self.logic(left, right, true),
            Operator::And => self.logic(left, right, false),
            Operator::Assign
            | Operator::Modify
            | Operator::UpdateAdd
            | Operator::UpdateSubtract
            | Operator::UpdateMultiply
            | Operator::UpdateDivide
            | Operator::UpdateModulo
            | Operator::UpdateAlternative => self.update(operator, left, right),
            _ => {
                let arguments = [Argument::Query(left), Argument::Query(right)];
                self.native_call(native_name(operator), &arguments)
            }
        }
    }

    fn alternative(&mut self, left: &Query, right: &Query) -> Compiled {
        self.emit(Op::Push(Value::Bool(false)));
        let found = self.new_variable();
        self.emit(Op::Store(found));
        let fork = self.reserve();
        self.query(left)?;
        self.emit(Op::Dup);
        self.emit(Op::JumpUnless(self.here() + 4));
        self.emit(Op::Push(Value::Bool(true)));
        self.emit(Op::Store(found));
        let end = self.reserve();
        self.emit(Op::Pop);
        self.emit(Op::Backtrack);
        self.code[fork] = Op::Fork(self.here());
        self.emit(Op::Load(found));
        self.emit(Op::JumpUnless(self.here() + 3));
        self.emit(Op::Backtrack);
        self.emit(Op::Pop);
        self.query(right)?;
        self.code[end] = Op::Jump(self.here());
        Ok(())
    }

    pub(super) fn term(&mut self, term: &Term) -> Compiled {
        self.suffixed(&term.kind, &term.suffixes)
    }

    /// Compiles a term with the first of its suffixes.
    pub(super) fn suffixed(&mut self, kind: &TermKind, suffixes: &[Suffix]) -> Compiled {
        let Some((last, before)) = suffixes.split_last() else {
            return self.kind(kind);
        };
        match last {
            Suffix::Index(index) => self.index(kind, before, index),
            Suffix::Iterate => {
                self.suffixed(kind, before)?;
                self.emit(Op::Iterate);
                Ok(())
            }
            Suffix::Optional => self.optional(kind, before),
        }
    }

    /// Compiles what may fail: the last suffix alone, or all of a term without suffixes.
    fn optional(&mut self, kind: &TermKind, suffixes: &[Suffix]) -> Compiled {
        match suffixes.split_last() {
            Some((last @ (Suffix::Index(_) | Suffix::Iterate), before)) => {
                self.suffixed(kind, before)?;
                let last = std::slice::from_ref(last);
                self.attempt(
                    |compiler| compiler.suffixed(&TermKind::Identity, last),
                    None,
                )
            }
            _ => self.attempt(|compiler| compiler.suffixed(kind, suffixes), None),
        }
    }

    fn kind(&mut self, kind: &TermKind) -> Compiled {
        match kind {
            TermKind::Identity => {}
            TermKind::Recurse => return self.call("recurse", &[], 0),
            TermKind::Null => self.emit(Op::Const(Value::Null)),
            TermKind::True => self.emit(Op::Const(Value::Bool(true))),
            TermKind::False => self.emit(Op::Const(Value::Bool(false))),
            TermKind::Number(spelling) => {
                self.emit(Op::Const(parse_number(spelling.as_bytes())));
            }
            TermKind::Index(index) => return self.index(&TermKind::Identity, &[], index),
            TermKind::Call(call) => {
                let arguments: Vec<_> = call.arguments.iter().map(Argument::Query).collect();
                return self.call(&call.name, &arguments, call.at);
            }
            TermKind::Object(members) => return self.object(members),
            TermKind::Array(query) => return self.array(query.as_ref()),
            TermKind::Signed(negative, term) => return self.signed(*negative, term),
            TermKind::Format(format) => return self.format(format),
            TermKind::Text(template) => return self.template(template, None),
            TermKind::If(condition) => {
                let (branches, alternative) = (&condition.branches, &condition.alternative);
                return self.condition(branches, alternative.as_ref());
            }
            TermKind::Try(parts) => {
                let (body, catch) = &**parts;
                return self.attempt(|compiler| compiler.query(body), catch.as_ref());
            }
            TermKind::Reduce(parts) => return self.reduce(parts),
            TermKind::Foreach(parts, extract) => return self.foreach(parts, extract.as_deref()),
            TermKind::Label(name, body) => return self.label(name, body),
            TermKind::Break(name, at) => return self.break_out(name, *at),
            TermKind::Query(query) => {
                let mark = self.open();
                self.query(query)?;
                self.close(&mark);
            }
        }
        Ok(())
    }

    fn index(&mut self, kind: &TermKind, suffixes: &[Suffix], index: &Index) -> Compiled {
        if let Some(key) = constant_index(index) {
            self.suffixed(kind, suffixes)?;
            self.emit(Op::Index(key));
            return Ok(());
        }
        let base = Argument::Term(kind, suffixes);
        let null = || Argument::Constant(Value::Null);
        match index {
            Index::Name(_) => Ok(()),
            Index::Text(template) => {
                self.native_call("_index", &[base, Argument::Template(template)])
            }
            Index::Query(query) => self.native_call("_index", &[base, Argument::Query(query)]),
            Index::Slice(bounds) => {
                let (from, to) = &**bounds;
                let from = bound_or(from.as_ref(), null);
                let to = bound_or(to.as_ref(), null);
                self.native_call("_slice", &[base, to, from])
            }
        }
    }

    fn signed(&mut self, negative: bool, term: &Term) -> Compiled {
        if let Some(number) = signed_number(negative, term) {
            self.emit(Op::Const(number));
            return Ok(());
        }
        self.term(term)?;
        self.native_call(if negative { "_negate" } else { "_plus" }, &[])
    }
}

fn bound_or<'q>(query: Option<&'q Query>, null: impl Fn() -> Argument<'q>) -> Argument<'q> {
    query.map_or_else(null, Argument::Query)
}

pub(super) fn native_name(operator: Operator) -> &'static str {
    match operator {
        Operator::Add | Operator::UpdateAdd => "_add",
        Operator::Subtract | Operator::UpdateSubtract => "_subtract",
        Operator::Multiply | Operator::UpdateMultiply => "_multiply",
        Operator::Divide | Operator::UpdateDivide => "_divide",
        Operator::Modulo | Operator::UpdateModulo => "_modulo",
        Operator::Alternative | Operator::UpdateAlternative => "_alternative",
        Operator::Equal => "_equal",
        Operator::NotEqual => "_notequal",
        Operator::Greater => "_greater",
        Operator::Less => "_less",
        Operator::GreaterOrEqual => "_greatereq",
        Operator::LessOrEqual => "_lesseq",
        Operator::Assign => "_assign",
        Operator::Modify | Operator::Or | Operator::And => "_modify",
    }
}

fn signed_number(negative: bool, term: &Term) -> Option<Value> {
    let TermKind::Number(spelling) = &term.kind else {
        return None;
    };
    // A number with suffixes is its first part here, as in gojq: `-1[0]` is `-1`.
    let number = parse_number(spelling.as_bytes());
    if negative {
        crate::jq::native::negate(&number)
    } else {
        Some(number)
    }
}

/// Gives the constant that an index is, if it is one.
pub(super) fn constant_index(index: &Index) -> Option<Value> {
    match index {
        Index::Name(name) => Some(Value::from(name.as_str())),
        Index::Text(Template::Plain(text)) => Some(Value::from(text.as_str())),
        Index::Text(Template::Pieces(_)) => None,
        Index::Query(query) => constant(query),
        Index::Slice(bounds) => {
            let (from, to) = &**bounds;
            let from = from.as_ref().map_or(Some(Value::Null), constant)?;
            let to = to.as_ref().map_or(Some(Value::Null), constant)?;
            let members = [(Text::from("start"), from), (Text::from("end"), to)];
            Some(Value::Object(Object::new(BTreeMap::from(members))))
        }
    }
}

fn constant(query: &Query) -> Option<Value> {
    let Body::Term(term) = &query.body else {
        return None;
    };
    match &term.kind {
        TermKind::Number(spelling) => Some(parse_number(spelling.as_bytes())),
        TermKind::Signed(negative, term) => signed_number(*negative, term),
        TermKind::Text(Template::Plain(text)) => Some(Value::from(text.as_str())),
        _ => None,
    }
}

/// Gives the path that a query is, if it is a constant one.
pub(super) fn constant_path(query: &Query) -> Option<Vec<Value>> {
    let mut path = Vec::new();
    push_path(&mut path, query).then_some(path)
}

fn push_path(path: &mut Vec<Value>, query: &Query) -> bool {
    let Body::Term(term) = &query.body else {
        return false;
    };
    let based = match &term.kind {
        TermKind::Index(index) => push_index(path, index),
        TermKind::Query(query) => push_path(path, query),
        _ => false,
    };
    based
        && term.suffixes.iter().all(|suffix| match suffix {
            Suffix::Index(index) => push_index(path, index),
            Suffix::Iterate | Suffix::Optional => false,
        })
}

fn push_index(path: &mut Vec<Value>, index: &Index) -> bool {
    let key = constant_index(index);
    let found = key.is_some();
    path.extend(key);
    found
}

pub(super) fn list(values: Vec<Value>) -> Value {
    Value::Array(List::new(values))
}
