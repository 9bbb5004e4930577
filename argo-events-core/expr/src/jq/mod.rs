//! Runs jq programs as gojq does: compiled once, on a machine with limits of its own.
//!
//! What differs from stock jq is what differs in gojq: objects have no order of their own and are
//! walked by name; whole numbers in a program are exact, however large, while those of the input
//! are doubles; patterns are RE2 with the flags `g`, `i` and `m` only; dates follow Go, in UTC.
//! There are no `$__loc__`, `input_line_number`, `keys_unsorted`, `ascii`, `toarray`, `@base32`,
//! `getpath` into texts, `limit` of negative counts, nor `ltrimstr` of other than texts. `input`,
//! modules and `debug` are not available; `env` and `$ENV` are empty.
//! As in gojq, a `//` does not catch errors of its left side, and a constant piped after an `if`
//! with two constant ends disturbs an object around them.
//!
//! Beyond gojq: a run has [`Limits`], values nest at most [`MAX_NESTING`] levels, and `jn` and `yn`
//! have no orders beyond 100 000. Passing a limit ends the run; `try` does not catch it.
//!
//! ```
//! use argo_events_expr::jq::{Program, Settings};
//! let program = Program::compile("{total: [.items[].price] | add}")?;
//! let document = br#"{"items":[{"price":2},{"price":0.5}]}"#;
//! assert_eq!(program.reshape(document, &Settings::default())?, br#"{"total":2.5}"#);
//! let error = Program::compile(".items | lenght").unwrap_err();
//! assert_eq!(
//!     error.to_string(),
//!     "line 1, column 10: function not defined: lenght/0; did you mean length?"
//! );
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod compile;
mod date;
mod error;
mod limits;
mod machine;
mod native;
mod program;
mod syntax;
mod value;

#[cfg(test)]
mod tests;

pub use error::{CompileError, CompileErrorKind, RunError};
pub use limits::{Limit, Limits};
pub use program::{Outputs, Program, ReshapeError, Settings};
pub use value::{Big, List, MAX_NESTING, Object, Text, Value};

use error::Failure;
use limits::Meter;
