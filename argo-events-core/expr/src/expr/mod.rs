//! Expressions of event sources, as the library expr evaluates them.
//!
//! A [`Program`] is compiled once and asked for each payload: whether its expression holds, or
//! what it gives. It follows antonmedv/expr 1.15.5 and the functions that the reference adds
//! (`asInt`, `asFloat`, `jsonpath`, `toJson`, `sprig`), in values as in errors; [`Limits`] bound
//! what the library does not. The maps of the payload are read only where an expression looks.
//! Functions that ask for the time need a [`Host`] that knows it.
//!
//! Expressions of dependencies are `govaluate`'s business.
//!
//! ```
//! use argo_events_expr::expr::Program;
//! let program = Program::new(r#"body.id == 4 && body.name != "Joe""#)?;
//! assert!(program.holds(r#"{"body": {"id": 4, "name": "Ann"}}"#)?);
//! let error = Program::new("body.id = 4").expect_err("it is ==");
//! assert_eq!((error.line(), error.column()), (1, 9));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod ast;
mod builtin;
mod check;
mod compile;
mod document;
mod environment;
mod error;
mod functions;
mod jsonpath;
mod lexer;
mod limits;
mod machine;
mod method;
mod optimize;
mod parse;
mod program;
mod scan;
#[cfg(test)]
mod tests;
mod token;
mod types;
mod unescape;

pub use error::Error;
pub use limits::Limits;
pub use program::{Program, Refusal};

use crate::govalue::Host;

/// What Go says about using nothing as something.
const NIL_POINTER: &str = "runtime error: invalid memory address or nil pointer dereference";
