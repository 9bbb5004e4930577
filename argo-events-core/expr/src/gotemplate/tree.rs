//! What a template is parsed to.

use super::{builtin::Builtin, number::Number};
use crate::govalue::{Function, Text};
use std::sync::Arc;

/// A template's body.
#[derive(Clone, Debug, Default)]
pub(super) struct List {
    pub(super) start: usize,
    pub(super) nodes: Vec<Node>,
}

/// A piece of a body.
#[derive(Clone, Debug)]
pub(super) enum Node {
    Text(Text),
    Action(Action),
    If(Branch),
    With(Branch),
    Range(Branch),
    Template(Invocation),
    Break,
    Continue,
}

/// A pipeline whose value is written.
#[derive(Clone, Debug)]
pub(super) struct Action {
    pub(super) start: usize,
    pub(super) pipe: Pipe,
}

/// An `if`, `with` or `range`.
#[derive(Clone, Debug)]
pub(super) struct Branch {
    pub(super) pipe: Pipe,
    pub(super) list: List,
    pub(super) otherwise: Option<List>,
}

/// A call of another template.
#[derive(Clone, Debug)]
pub(super) struct Invocation {
    pub(super) start: usize,
    pub(super) name: Text,
    pub(super) pipe: Option<Pipe>,
}

/// Commands of which each gets the value of the one before.
#[derive(Clone, Debug)]
pub(super) struct Pipe {
    pub(super) start: usize,
    /// The variables are set, not declared.
    pub(super) assigns: bool,
    pub(super) variables: Vec<Arc<str>>,
    pub(super) commands: Vec<Command>,
}

/// An operand with its arguments.
#[derive(Clone, Debug)]
pub(super) struct Command {
    pub(super) operands: Vec<Operand>,
}

/// A word of a command, and where it begins.
#[derive(Clone, Debug)]
pub(super) struct Operand {
    pub(super) start: usize,
    pub(super) kind: OperandKind,
}

#[derive(Clone, Debug)]
pub(super) enum OperandKind {
    Truth(bool),
    Dot,
    Nil,
    Number(Number),
    String {
        quoted: Text,
        text: Text,
    },
    /// Fields of dot.
    Field(Vec<Arc<str>>),
    /// A variable and fields of it.
    Variable(Arc<str>, Vec<Arc<str>>),
    Function(Arc<str>, Callee),
    /// Fields of a value that is none of the above.
    Chain(Box<Operand>, Vec<Arc<str>>),
    Pipe(Box<Pipe>),
}

/// What a name of a function stands for.
#[derive(Clone, Copy, Debug)]
pub(super) enum Callee {
    Builtin(Builtin),
    Function(Function),
}

impl List {
    /// Tells whether nothing but blanks would be written.
    pub(super) fn is_empty(&self) -> bool {
        self.nodes.iter().all(|node| match node {
            Node::Text(text) => String::from_utf8_lossy(text).trim().is_empty(),
            _ => false,
        })
    }
}
