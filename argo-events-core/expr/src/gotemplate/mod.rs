//! Templates as the package `text/template` of Go parses and executes them.
//!
//! A [`Template`] is compiled once and rendered many times. It knows the functions of the package
//! itself; others, such as those of `sprig`, are given as [`Functions`]. Messages are Go's own, and
//! tell the place. What values are and how they print is the business of `govalue` and `gofmt`.
//!
//! ```
//! use argo_events_expr::{gotemplate::{Functions, Template}, govalue::Value};
//! let template = Template::compile("greeting", "hi {{ .name | printf \"%q\" }}", &Functions::default())?;
//! let input = Value::from_json(r#"{"name": "Ann"}"#);
//! assert_eq!(template.render(input)?, b"hi \"Ann\"");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What differs from Go on purpose
//!
//! - A template has [`Limits`]: on its length and nesting, on what it writes and builds, on its
//!   steps and on how deep templates call each other (Go: 100 000 levels). Values that hold
//!   themselves print `...` from some depth on where Go's process dies.
//! - The message for an unknown function or variable goes on with what might be meant;
//!   [`CompileError::message`] is Go's alone.
//! - Letters and digits in names are those of Unicode's properties Alphabetic and Numeric, which
//!   hold a few marks more than Go's.
//! - A number out of range in a place where Go leaves the result to the processor has the result
//!   that it has on amd64.
//! - Methods that give or take bytes in Go's binary encodings fail when they are called.

mod builtin;
mod error;
mod exec;
mod item;
mod lex;
mod limits;
mod methods;
mod number;
mod parse;
mod pipeline;
mod quote;
mod show;
mod template;
#[cfg(test)]
mod tests;
mod token;
mod tree;

pub use crate::govalue::Functions;
pub use error::{CompileError, Place, RenderError};
pub use limits::Limits;
pub use template::Template;
