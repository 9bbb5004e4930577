//! Writes and rewrites JSON byte for byte as Go's `encoding/json` does.
//!
//! Strings escape `<`, `>`, `&` and the two line separators, numbers take Go's shortest form, and
//! [`recode`] decodes and encodes again: keys sorted, the last duplicate kept, blanks gone.
//! Looking values up by a path is `gjson`'s business, changing them `sjson`'s.
//!
//! Nothing here recurses deeper than a limit that is checked: documents may nest [`MAX_DEPTH`]
//! levels as in Go, trees of [`Value`] only [`MAX_TREE_DEPTH`].

mod encode;
mod error;
mod grammar;
pub(crate) mod lanes;
mod layout;
mod recode;
mod scan;
mod skim;
mod tape;
mod text;
mod value;

pub use encode::{
    Escaping, encode_bytes_into, encode_f32_into, encode_f64_into, encode_string,
    encode_string_into, encode_string_with,
};
pub use error::Error;
#[cfg(feature = "gjson")]
pub(crate) use grammar::is_json;
pub use layout::{compact, compact_into, indent, raw_message_into};
pub use recode::{recode, recode_object};
pub use scan::valid;
#[cfg(feature = "jq")]
pub(crate) use scan::{Scanner, Token};
pub use text::unquote;
pub use value::{Value, decode, encode, encode_into};

/// How deep a document may nest, as in Go.
pub const MAX_DEPTH: usize = 10_000;

/// How deep a tree of [`Value`] may nest, so that walking one by recursion cannot end a thread.
pub const MAX_TREE_DEPTH: usize = 1_000;
