//! What can be wrong with a pattern, in Go's words and with the place.

use std::fmt;

/// Says why a pattern was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A backslash before something that it does not go with.
    InvalidEscape,
    /// An unknown class, or a range that ends before it starts.
    InvalidClassRange,
    /// A group name that is empty, unclosed or has other characters than letters, digits and `_`.
    InvalidGroupName,
    /// Something after `(?` that is no flag, such as look-around.
    InvalidGroup,
    /// Two repetitions in a row.
    NestedRepetition,
    /// A repeat count above 1000, alone or multiplied with those inside, or one that runs backwards.
    InvalidRepeatCount,
    /// The pattern is not UTF-8.
    InvalidUtf8,
    /// A class without its closing bracket.
    MissingBracket,
    /// A group without its closing parenthesis.
    MissingParenthesis,
    /// A repetition of nothing.
    MissingRepeatArgument,
    /// A backslash at the end.
    TrailingBackslash,
    /// A closing parenthesis without a group.
    UnexpectedParenthesis,
    /// Groups, repetitions and alternatives inside each other, more than 1000 levels.
    NestedTooDeeply,
    /// The compiled pattern would take more memory than allowed.
    TooLarge,
}

impl ErrorKind {
    fn words(self) -> &'static str {
        match self {
            Self::InvalidEscape => "invalid escape sequence",
            Self::InvalidClassRange => "invalid character class range",
            Self::InvalidGroupName => "invalid named capture",
            Self::InvalidGroup => "invalid or unsupported Perl syntax",
            Self::NestedRepetition => "invalid nested repetition operator",
            Self::InvalidRepeatCount => "invalid repeat count",
            Self::InvalidUtf8 => "invalid UTF-8",
            Self::MissingBracket => "missing closing ]",
            Self::MissingParenthesis => "missing closing )",
            Self::MissingRepeatArgument => "missing argument to repetition operator",
            Self::TrailingBackslash => "trailing backslash at end of expression",
            Self::UnexpectedParenthesis => "unexpected )",
            Self::NestedTooDeeply => "expression nests too deeply",
            Self::TooLarge => "expression too large",
        }
    }
}

/// A refused pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    kind: ErrorKind,
    fragment: Vec<u8>,
    offset: usize,
}

impl Error {
    pub(super) fn new(kind: ErrorKind, fragment: &[u8], offset: usize) -> Self {
        Self {
            kind,
            fragment: fragment.to_vec(),
            offset,
        }
    }

    /// Tells what is wrong.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// Gives the part of the pattern that is wrong, or the whole pattern where no part is to blame.
    #[must_use]
    pub fn fragment(&self) -> &[u8] {
        &self.fragment
    }

    /// Tells where in the pattern the fragment starts, in bytes.
    #[must_use]
    pub fn offset(&self) -> usize {
        self.offset
    }
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fragment = String::from_utf8_lossy(&self.fragment);
        write!(
            formatter,
            "error parsing regexp: {}: `{fragment}`",
            self.kind.words()
        )
    }
}

impl std::error::Error for Error {}
