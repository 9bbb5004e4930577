//! The operations of the machine, and a program of them.

use super::super::{ast::Constant, error::Location};
use crate::re2::Regex;
use std::sync::Arc;

/// What the machine does next. Jumps name the place they lead to.
#[derive(Clone, Copy, Debug)]
pub(in super::super) enum Op {
    Push(u32),
    Int(i64),
    Pop,
    Store(u32),
    LoadVariable(u32),
    LoadName(u32),
    LoadEnvironment,
    Fetch,
    FetchName(u32),
    Method(u32),
    True,
    False,
    Nil,
    Negate,
    Not,
    Equal,
    EqualInt,
    EqualText,
    Jump(u32),
    JumpIfTrue(u32),
    JumpIfFalse(u32),
    JumpIfNil(u32),
    JumpIfNotNil(u32),
    JumpIfEnd(u32),
    In,
    InSet(u32),
    Less,
    More,
    LessOrEqual,
    MoreOrEqual,
    Add,
    Subtract,
    Multiply,
    Divide,
    Modulo,
    Exponent,
    Range,
    Matches,
    MatchesRegex(u32),
    Contains,
    StartsWith,
    EndsWith,
    Slice,
    Len,
    Call(u32),
    CallTyped(u32),
    CallFunction(u32, u32),
    CallOne(u32),
    Array(u32),
    ArrayOfCount,
    Map(u32),
    Begin,
    End,
    Pointer,
    IncrementIndex,
    DecrementIndex,
    IncrementCount,
    GetIndex,
    SetIndex,
    GetCount,
    GetLength,
    GroupBy,
    GetGroups,
    GetAccumulator,
    SetAccumulator,
    OutOfRange,
}

/// A program: operations and what they refer to.
#[derive(Debug, Default)]
pub(in super::super) struct Code {
    pub(in super::super) ops: Vec<Op>,
    /// The place that each operation belongs to.
    pub(in super::super) locations: Vec<Location>,
    pub(in super::super) constants: Vec<Constant>,
    pub(in super::super) regexes: Vec<Arc<Regex>>,
    pub(in super::super) variables: usize,
}

/// Returns the operation of an operator that needs both sides.
pub(super) fn operator(name: &str) -> Op {
    match name {
        "<" => Op::Less,
        ">" => Op::More,
        "<=" => Op::LessOrEqual,
        ">=" => Op::MoreOrEqual,
        "+" => Op::Add,
        "-" => Op::Subtract,
        "*" => Op::Multiply,
        "/" => Op::Divide,
        "%" => Op::Modulo,
        "**" | "^" => Op::Exponent,
        ".." => Op::Range,
        "in" => Op::In,
        "matches" => Op::Matches,
        "contains" => Op::Contains,
        "startsWith" => Op::StartsWith,
        "endsWith" => Op::EndsWith,
        _ => Op::Equal,
    }
}
