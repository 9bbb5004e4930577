//! What can be wrong with a document or a value.

use std::fmt;

/// Says why something could not be read or written; the message has Go's words.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Error {
    /// The text is not JSON.
    Syntax {
        /// What is wrong, in Go's words.
        message: String,
        /// How many bytes were read when it showed.
        offset: usize,
    },
    /// An object was required and the named type found.
    NotAnObject(&'static str),
    /// The number is larger than any that a double can hold.
    NumberTooLarge(String),
    /// Infinities and NaN have no JSON form.
    UnsupportedNumber(f64),
    /// The value nests deeper than [`MAX_TREE_DEPTH`](super::MAX_TREE_DEPTH).
    TooDeep,
    /// A raw message is not JSON.
    RawMessage(Box<Error>),
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Syntax { message, .. } => formatter.write_str(message),
            Self::NotAnObject(found) => write!(
                formatter,
                "json: cannot unmarshal {found} into Go value of type map[string]interface {{}}"
            ),
            Self::NumberTooLarge(number) => {
                write!(
                    formatter,
                    "json: cannot unmarshal number {number} into Go value of type float64"
                )
            }
            Self::UnsupportedNumber(number) => {
                formatter.write_str("json: unsupported value: ")?;
                formatter.write_str(match number {
                    _ if number.is_nan() => "NaN",
                    _ if *number > 0.0 => "+Inf",
                    _ => "-Inf",
                })
            }
            Self::TooDeep => {
                write!(
                    formatter,
                    "json: value nests deeper than {} levels",
                    super::MAX_TREE_DEPTH
                )
            }
            Self::RawMessage(error) => {
                write!(
                    formatter,
                    "json: error calling MarshalJSON for type json.RawMessage: {error}"
                )
            }
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::RawMessage(error) => Some(error),
            _ => None,
        }
    }
}
