//! Reads the text of a program into a tree.
//!
//! Knows no names: which functions exist is the compiler's business.

mod expression;
mod lexer;
mod module;
mod object;
mod parser;
mod pattern;
mod term;
mod token;
mod tree;

pub(super) use lexer::is_number;
pub(super) use parser::parse;
pub(super) use tree::{
    Body, Definition, FormatText, Index, Key, Loop, Member, Operator, Pattern, PatternMember,
    Query, Suffix, Template, Term, TermKind,
};
