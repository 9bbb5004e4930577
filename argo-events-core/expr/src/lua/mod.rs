//! Lua 5.1 with `goto`, as gopher-lua runs it.

mod ast;
mod code;
mod compile;
mod convert;
mod error;
mod heap;
mod lex;
mod library;
mod limits;
mod machine;
mod number;
mod parse;
mod script;
#[cfg(test)]
mod tests;
mod value;

pub use error::{CompileError, Exceeded, RunError};
pub use limits::Limits;
pub use script::Script;
