//! Says where a condition is wrong, and what would be right.

use super::{MAX_DEPENDENCIES, MAX_DEPTH, MAX_LENGTH, token::is_like_hyphen};
use std::{error, fmt};

/// Says why a text is no condition, and where in it the fault lies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    kind: ErrorKind,
    offset: usize,
    line: usize,
    column: usize,
}

impl Error {
    pub(super) fn new(text: &str, offset: usize, kind: ErrorKind) -> Self {
        let before = &text[..offset];
        let line = before.matches('\n').count() + 1;
        let column = before
            .rsplit('\n')
            .next()
            .map_or(0, |line| line.chars().count())
            + 1;
        Self {
            kind,
            offset,
            line,
            column,
        }
    }

    /// Returns what is wrong.
    #[must_use]
    pub fn kind(&self) -> &ErrorKind {
        &self.kind
    }

    /// Returns where the fault begins, in bytes.
    #[must_use]
    pub fn offset(&self) -> usize {
        self.offset
    }

    /// Returns the line of the fault, counted from 1.
    #[must_use]
    pub fn line(&self) -> usize {
        self.line
    }

    /// Returns the fault's place in its line, in characters counted from 1.
    #[must_use]
    pub fn column(&self) -> usize {
        self.column
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.kind.is_about_the_whole() {
            write!(f, "line {}, column {}: ", self.line, self.column)?;
        }
        self.kind.fmt(f)
    }
}

impl error::Error for Error {}

/// Says what is wrong with a condition.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The text has nothing but blanks and comments.
    Blank,
    /// The text is longer than [`MAX_LENGTH`].
    TooLong,
    /// Parentheses are nested deeper than [`MAX_DEPTH`].
    TooDeep,
    /// More than [`MAX_DEPENDENCIES`] dependencies are named.
    TooMany,
    /// The default condition was asked for, and there are no dependencies.
    NoDependencies,
    /// A character has no meaning in conditions.
    Character {
        /// The character.
        character: char,
    },
    /// A `/*` has no `*/`.
    Comment,
    /// A quote is not closed.
    Quote {
        /// The quote.
        quote: char,
    },
    /// A name in quotes has a `-`, which is read as `_` there.
    Quoted {
        /// The name.
        name: String,
    },
    /// A parenthesis is not closed.
    Unclosed,
    /// A parenthesis is closed that was not opened.
    Unopened,
    /// The text ends where something should follow.
    End {
        /// What should follow.
        expected: &'static str,
    },
    /// Something else should stand here.
    Unexpected {
        /// What stands here.
        found: String,
        /// What should.
        expected: &'static str,
    },
    /// No dependency has this name.
    Unknown {
        /// The name.
        name: String,
        /// The dependency that may have been meant.
        nearest: Option<String>,
    },
    /// The name may mean either of two dependencies, since `-` and `_` are the same in conditions.
    Ambiguous {
        /// The name.
        name: String,
        /// One of the dependencies.
        one: String,
        /// Another one.
        other: String,
    },
    /// The dependency's name cannot be used in conditions.
    Name {
        /// The name.
        name: String,
    },
}

impl ErrorKind {
    fn is_about_the_whole(&self) -> bool {
        matches!(
            self,
            Self::Blank | Self::TooLong | Self::TooMany | Self::NoDependencies | Self::Name { .. }
        )
    }
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Blank => f.write_str(
                "the condition is blank, leave it out to wait for all dependencies or write such \
                 as \"a && (b || c)\"",
            ),
            Self::TooLong => write!(f, "the condition is longer than {MAX_LENGTH} bytes"),
            Self::TooDeep => {
                write!(f, "parentheses are nested more than {MAX_DEPTH} deep")
            }
            Self::TooMany => {
                write!(
                    f,
                    "the condition names more than {MAX_DEPENDENCIES} dependencies"
                )
            }
            Self::NoDependencies => f.write_str("there are no dependencies to wait for"),
            Self::Character { character } => {
                write!(
                    f,
                    "unexpected character {character:?}, {}",
                    advice_on(*character)
                )
            }
            Self::Comment => f.write_str("the comment has no end, close it with */"),
            Self::Quote { quote } => write!(f, "the quote has no end, close it with {quote}"),
            Self::Quoted { name } => {
                write!(f, "in quotes, - is read as _, write {name} without quotes")
            }
            Self::Unclosed => f.write_str("the parenthesis is not closed, add a )"),
            Self::Unopened => f.write_str("no parenthesis is open here, take the ) out"),
            Self::End { expected } => {
                write!(f, "the condition ends too early, expected {expected}")
            }
            Self::Unexpected { found, expected } => {
                write!(f, "unexpected {found}, expected {expected}")
            }
            Self::Unknown { name, nearest } => write_unknown(f, name, nearest.as_deref()),
            Self::Ambiguous { name, one, other } => write!(
                f,
                "\"{name}\" may mean the dependency \"{one}\" or \"{other}\", since - and _ are \
                 the same in conditions, rename one of them"
            ),
            Self::Name { name } => write!(
                f,
                "the dependency name \"{name}\" cannot be used in conditions, it needs a letter \
                 first and then letters, digits, - and _ only"
            ),
        }
    }
}

fn write_unknown(f: &mut fmt::Formatter<'_>, name: &str, nearest: Option<&str>) -> fmt::Result {
    write!(f, "there is no dependency \"{name}\"")?;
    match (nearest, name) {
        (Some(nearest), _) => write!(f, ", did you mean \"{nearest}\"?"),
        (None, "not") => write!(f, ", {}", advice_on('!')),
        (None, "and") => f.write_str(", write && for \"and\""),
        (None, "or") => f.write_str(", write || for \"or\""),
        (None, _) => Ok(()),
    }
}

/// Says what to write instead of a character.
fn advice_on(character: char) -> &'static str {
    match character {
        '&' => "write && for \"and\"",
        '|' => "write || for \"or\"",
        '!' => "a condition cannot be negated",
        '=' | '<' | '>' | '~' => "a condition names dependencies, values are compared in filters",
        _ if is_like_hyphen(character) => "which looks like - and is another character",
        _ => "names have letters, digits, - and _, and are joined by && and ||",
    }
}
