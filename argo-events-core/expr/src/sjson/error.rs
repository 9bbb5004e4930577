//! What can be wrong with a path or a value.

use super::MAX_PADDING;
use crate::{gjson, gojson};
use std::{error, fmt};

/// Says why nothing was written.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Error {
    /// The path is empty; it must have at least one part.
    EmptyPath,
    /// The path is too long or too deep.
    Path(gjson::PathError),
    /// Looking the path up was given up.
    Limit(gjson::LimitError),
    /// An array was asked for a name.
    NotAnIndex {
        /// The part of the path that is no index.
        part: String,
    },
    /// The index is too far beyond the end of its array.
    Padding {
        /// How many nulls the path would need.
        nulls: usize,
    },
    /// The path has wildcards, queries or modifiers, and such a path removes nothing.
    Complex,
    /// The path leads to values that a modifier made, which have no place in the document.
    NoPlace,
    /// The value has no JSON form.
    Value(gojson::Error),
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::EmptyPath => {
                formatter.write_str("path is empty, it needs at least one key or index")
            }
            Self::Path(error) => error.fmt(formatter),
            Self::Limit(error) => error.fmt(formatter),
            Self::NotAnIndex { part } => {
                write!(
                    formatter,
                    "'{part}' is no index of an array: use a number, or -1 to append"
                )
            }
            Self::Padding { nulls } => write!(
                formatter,
                "index needs {nulls} nulls in front of it, at most {MAX_PADDING} are written"
            ),
            Self::Complex => formatter.write_str(
                "path to delete must be of keys and indexes only, without any of | # @ * ?",
            ),
            Self::NoPlace => formatter
                .write_str("path leads to values that have no place of their own in the document"),
            Self::Value(error) => error.fmt(formatter),
        }
    }
}

impl error::Error for Error {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        match self {
            Self::Path(error) => Some(error),
            Self::Limit(error) => Some(error),
            Self::Value(error) => Some(error),
            _ => None,
        }
    }
}
