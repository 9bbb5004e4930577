//! What programs compute with: JSON values with sorted members and numbers of three kinds.
//!
//! Cloning is cheap, containers are shared until they change. How deep values nest is known and
//! bounded, so walking and freeing them by recursion cannot end a thread.

mod big;
mod compare;
mod containers;
mod convert;
mod decode;
mod encode;
mod number;
mod preview;
mod size;
mod text;

pub use big::Big;
pub(super) use compare::{compare, contains, less};
pub use containers::{List, Object};
pub(super) use decode::{Numbers, decode, decode_first};
pub(super) use encode::{GoError, encode, encode_limited, push_go};
pub(super) use number::{float_to_int, go_int, parse_number, to_float, to_int, to_int_ceil};
pub(super) use preview::{preview, typed_preview};
pub(super) use size::Census;
pub use text::Text;

use std::sync::Arc;

/// How deep values may nest, so that walking one by recursion cannot end a thread.
pub const MAX_NESTING: u32 = 1_000;

/// A value of a program.
// With a tag as wide as a word, values move in whole words; in parts, the processor would wait for the
// parts that were just written.
#[derive(Clone, Debug, Default)]
#[repr(u64)]
#[non_exhaustive]
pub enum Value {
    /// `null`.
    #[default]
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A whole number that a program wrote or computed.
    Int(i64),
    /// A double: every number of the input, and what was computed from one.
    Float(f64),
    /// A whole number beyond 64 bits.
    Big(Arc<Big>),
    /// A number read by `fromjson`, which keeps its spelling.
    Literal(Text),
    /// A text.
    Text(Text),
    /// A list.
    Array(List),
    /// Members, sorted by name.
    Object(Object),
}

impl Value {
    /// Gives the name that `type` gives.
    #[must_use]
    pub fn type_name(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "boolean",
            Self::Int(_) | Self::Float(_) | Self::Big(_) | Self::Literal(_) => "number",
            Self::Text(_) => "string",
            Self::Array(_) => "array",
            Self::Object(_) => "object",
        }
    }

    /// Tells whether a condition takes the value for true: all but `null` and `false`.
    #[must_use]
    pub fn is_truthy(&self) -> bool {
        !matches!(self, Self::Null | Self::Bool(false))
    }

    pub(super) fn is_number(&self) -> bool {
        matches!(
            self,
            Self::Int(_) | Self::Float(_) | Self::Big(_) | Self::Literal(_)
        )
    }

    /// Stands for an element that is about to be deleted; no program ever sees it.
    pub(super) fn hole() -> Self {
        Self::Literal(Text::default())
    }

    pub(super) fn is_hole(&self) -> bool {
        matches!(self, Self::Literal(spelling) if spelling.is_empty())
    }

    /// Tells how deep the value nests: 0 for anything but a container.
    pub(super) fn nesting(&self) -> u32 {
        match self {
            Self::Array(list) => list.nesting(),
            Self::Object(object) => object.nesting(),
            _ => 0,
        }
    }

    pub(super) fn text(text: impl AsRef<[u8]>) -> Self {
        Self::Text(Text::from(text.as_ref()))
    }
}

impl From<bool> for Value {
    fn from(truth: bool) -> Self {
        Self::Bool(truth)
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Int(number)
    }
}

impl From<f64> for Value {
    fn from(number: f64) -> Self {
        Self::Float(number)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::text(text)
    }
}

impl From<Text> for Value {
    fn from(text: Text) -> Self {
        Self::Text(text)
    }
}
