//! What a path and a lookup may cost, whatever the path and the document are.

use std::{error, fmt};

/// The longest path that is read, in bytes.
pub const MAX_PATH_LENGTH: usize = 16 * 1024;

/// How many parts of a path may follow one another or be nested.
pub const MAX_PATH_DEPTH: usize = 256;

/// How deep a document may nest where something walks all of it: `@pretty`, `@dig`,
/// `@flatten:{"deep":true}` and decoding.
///
/// Plain lookups pass over any depth.
pub const MAX_NESTING: usize = 256;

/// How often a lookup may pass over the document, or over what modifiers made of it.
const PASSES: usize = 512;

/// Bytes that even a small document may cost in each pass.
const SMALL: usize = 32 * 1024;

/// How much dearer it is to build a byte than to pass over one.
const BUILDING: usize = 16;

/// Says why a path was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PathError {
    /// The path is longer than [`MAX_PATH_LENGTH`].
    TooLong {
        /// How long it is, in bytes.
        length: usize,
    },
    /// The path has more than [`MAX_PATH_DEPTH`] parts in a row or nested.
    TooDeep,
}

impl fmt::Display for PathError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong { length } => {
                write!(
                    formatter,
                    "path is {length} bytes long, at most {MAX_PATH_LENGTH} are read"
                )
            }
            Self::TooDeep => {
                write!(
                    formatter,
                    "path has more than {MAX_PATH_DEPTH} parts in a row"
                )
            }
        }
    }
}

impl error::Error for PathError {}

/// Says why a lookup was given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LimitError {
    /// The document nests deeper than [`MAX_NESTING`] where all of it is walked.
    Nesting,
    /// The path makes far more of the document than the document holds.
    Work,
}

impl fmt::Display for LimitError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nesting => write!(formatter, "document nests deeper than {MAX_NESTING} levels"),
            Self::Work => formatter.write_str("path reads or builds too much of the document"),
        }
    }
}

impl error::Error for LimitError {}

/// The work that is left to a lookup.
#[derive(Debug)]
pub(super) struct Allowance(usize);

impl Allowance {
    pub(super) fn of(json: &[u8]) -> Self {
        Self(json.len().saturating_add(SMALL).saturating_mul(PASSES))
    }

    /// Pays for passing over bytes.
    pub(super) fn read(&mut self, bytes: usize) -> Result<(), LimitError> {
        self.0 = self.0.checked_sub(bytes + 1).ok_or(LimitError::Work)?;
        Ok(())
    }

    /// Pays for building bytes.
    pub(super) fn build(&mut self, bytes: usize) -> Result<(), LimitError> {
        self.read(bytes.saturating_mul(BUILDING))
    }

    /// Tells how many bytes can still be built.
    pub(super) fn buildable(&self) -> usize {
        self.0 / BUILDING
    }
}
