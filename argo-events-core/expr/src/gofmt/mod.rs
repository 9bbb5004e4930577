//! Formats values as Go's `fmt.Sprintf` and its siblings do.
//!
//! Formats whatever tells its [`Shape`]; [`Value`] is the plainest that does, and `govalue`'s has
//! all the types that templates bring. Errors in a format show up in the text, as
//! `%!d(string=hi)` or `%!s(MISSING)`; only a result longer than [`MAX_OUTPUT_BYTES`] is refused.
//! Numbers alone are `gostrconv`'s business.
//!
//! ```
//! use argo_events_expr::gofmt::{Value, sprintf};
//! let values = [Value::from("name"), Value::from(1e6)];
//! assert_eq!(sprintf("%-6s|%v|%d", &values)?, b"name  |1e+06|%!d(MISSING)");
//! # Ok::<(), argo_events_expr::gofmt::TooLarge>(())
//! ```

mod directive;
mod flags;
mod float;
mod integer;
mod output;
mod print;
mod printer;
#[cfg(test)]
mod tests;
mod text;
mod value;

pub use output::{MAX_OUTPUT_BYTES, TooLarge};
pub use print::{sprint, sprintf, sprintln};
pub use value::{Format, Shape, Value};

/// How deep lists and maps inside each other are shown.
pub const MAX_DEPTH: usize = 1_000;
