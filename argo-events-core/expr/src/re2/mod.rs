//! Matches patterns as Go's `regexp` does: the RE2 syntax, in linear time, on any bytes.
//!
//! A parser of its own reads Go's syntax; the automata of the `regex` crate run it. Bytes of a
//! text that are not UTF-8 match one at a time, as U+FFFD would. There is no look-around and no
//! back-reference. A pattern that would compile to more than [`MAX_PROGRAM_BYTES`] is refused.
//!
//! ```
//! use argo_events_expr::re2::Regex;
//! let version = Regex::new(r"v(?P<major>\d+)\.(\d+)")?;
//! assert!(version.is_match(b"release v1.25"));
//! assert_eq!(version.replace_all(b"v1.25", b"$2 of ${major}"), b"25 of 1");
//! # Ok::<(), argo_events_expr::re2::Error>(())
//! ```

mod error;
mod haystack;
mod matches;
mod parse;
mod regex;
mod replace;
mod sets;
mod split;
mod template;

pub use error::{Error, ErrorKind};
pub use matches::{AllCaptures, AllMatches, Captures};
pub use regex::{MAX_PATTERN_BYTES, MAX_PROGRAM_BYTES, Regex};
pub use replace::quote_meta;
