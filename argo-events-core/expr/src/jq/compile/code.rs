//! The instructions.

use crate::jq::{native::Native, value::Value};

/// A variable: its scope and its place there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::jq) struct Slot {
    pub(in crate::jq) scope: u32,
    pub(in crate::jq) place: u32,
}

/// An instruction; those that name a place go on there.
#[derive(Clone, Debug)]
pub(in crate::jq) enum Op {
    Nop,
    Push(Value),
    Pop,
    Dup,
    /// Replaces the top.
    Const(Value),
    Load(Slot),
    /// Loads a variable that will be stored anew before it is read, so that its value may change in
    /// place.
    Take(Slot),
    Store(Slot),
    /// Makes an object of so many names and values.
    Object(usize),
    /// Adds the top to the list in a variable.
    Append(Slot),
    /// Notes an alternative: when everything after has been tried, go on there.
    Fork(usize),
    /// Goes on there, with the error, if what follows fails.
    TryBegin(usize),
    TryEnd,
    /// Goes on there if what follows fails.
    ForkAlternative(usize),
    ForkLabel(Slot),
    Backtrack,
    Jump(usize),
    JumpUnless(usize),
    Index(Value),
    /// An element of what must be a list or null.
    IndexArray(i64),
    Call(usize),
    /// Calls a function at its end, in place of itself.
    CallRecursive(usize),
    Native(&'static Native, u8),
    Range,
    Break(String),
    PushClosure(usize),
    CallClosure,
    Scope {
        id: u32,
        variables: u32,
        parameters: u32,
    },
    Return,
    Iterate,
    /// Paths are not tracked until the end.
    ExpressionBegin,
    ExpressionEnd,
    PathBegin,
    PathEnd,
}
