//! Reads and writes numbers, booleans and quoted text as Go's `strconv` does.
//!
//! Works on bytes, because texts of events need not be valid UTF-8; what is not a character is one
//! byte wide and stands for U+FFFD, as everywhere in Go (see [`decode_rune`]).
//! Formatting verbs with widths and flags are `gofmt`'s business, numbers in JSON are `gojson`'s.

mod boolean;
mod digits;
mod error;
mod float;
mod format;
mod hexadecimal;
mod integer;
mod printable;
mod quote;
mod rune;
mod underscore;

pub use boolean::parse_bool;
#[cfg(feature = "gojson")]
pub(crate) use digits::Digits;
pub use error::{Error, ErrorKind};
pub use float::{float_or_saturated, parse_float};
#[cfg(feature = "gojson")]
pub(crate) use format::push_fixed;
pub use format::{FloatFormat, format_float};
pub use integer::{integer_or_saturated, parse_int, parse_uint};
pub use quote::{can_backquote, is_printable, quote, quote_ascii, quote_rune, quote_rune_ascii};
pub use rune::{Rune, decode_rune, runes};
