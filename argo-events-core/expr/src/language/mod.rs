//! One door to all languages of manifests: a text compiles to a program, a program and an input
//! give an output.
//!
//! Who holds a text of any [`Language`] needs to know no more than this: [`Language::compile`] says
//! of a mistake where it is and what would be right, [`Program::run`] is bounded by [`Limits`].
//! A language that this build leaves out is a mistake too, never an accident at run time.
//! Event sources use `expr` directly: their payload is shared bytes and their clock is theirs.
//! Each language lives in a folder of its own, with what is special about it.
//!
//! ```
//! use argo_events_expr::language::{Input, Language, Limits};
//! let program = Language::Path.compile("order.items.#", &Limits::default())?;
//! let output = program.run(Input::Json(br#"{"order": {"items": [7, 8]}}"#))?;
//! assert_eq!(output.text(), "2");
//!
//! # #[cfg(feature = "govaluate")] {
//! let mistake = Language::FilterExpression.compile("a > 1 and b", &Limits::default()).unwrap_err();
//! assert_eq!((mistake.line(), mistake.column(), mistake.help()), (1, 7, Some("expected `&&`")));
//! # }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Adding a language
//! One file here with a type that implements `Compiled`, one `mod` line below, a variant of
//! [`Language`] with its place in [`Language::ALL`], and the arms that the compiler then asks for;
//! the one in `Language::compile` it does not ask for, since a build may leave languages out.
//! Limits of its own, if any, become a member of [`Limits`].

#[cfg(feature = "govalue")]
mod around;
mod error;
#[cfg(feature = "govaluate")]
mod filter_expression;
#[cfg(feature = "jq")]
mod jq;
mod kind;
mod limits;
#[cfg(feature = "lua")]
mod lua;
mod mistake;
mod output;
mod path;
#[cfg(feature = "re2")]
mod pattern;
mod program;
#[cfg(feature = "expr")]
mod source_expression;
#[cfg(all(feature = "gotemplate", feature = "sprig"))]
mod template;
#[cfg(test)]
mod tests;
mod world;

pub use error::RunError;
pub use kind::Language;
pub use limits::Limits;
pub use mistake::Mistake;
pub use output::Output;
pub use program::{Input, Program};
pub use world::{Nowhere, World};
