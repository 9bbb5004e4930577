//! Says why a text is not a schedule: the reference's words first, then what is right.

use super::Field;
use std::{error, fmt, num::ParseIntError};

/// Says why a text is not a schedule.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// The text is empty.
    Empty,
    /// The text is a descriptor such as `@daily`.
    Descriptor {
        /// The descriptor.
        text: String,
    },
    /// There are more or fewer than five fields.
    FieldCount {
        /// How many there are.
        count: usize,
        /// The fields.
        text: String,
    },
    /// There is a zone and nothing else.
    OnlyZone {
        /// The whole text.
        text: String,
    },
    /// The zone does not exist here.
    Zone {
        /// What was given as the zone's name.
        name: String,
    },
    /// A field is wrong.
    Field {
        /// Which field.
        field: Field,
        /// The part of it between commas.
        part: String,
        /// What is wrong with it.
        problem: FieldProblem,
    },
}

/// Says what is wrong with a part of a field.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FieldProblem {
    /// It has more than one hyphen.
    Hyphens,
    /// It has more than one slash.
    Slashes,
    /// Something in it is neither a number nor a name.
    Number {
        /// What stands in the number's place.
        text: String,
        /// Why it is none.
        source: ParseIntError,
    },
    /// A number in it is negative.
    Negative {
        /// The number.
        number: i64,
    },
    /// It begins below what the field allows.
    Below {
        /// Where it begins.
        start: u64,
    },
    /// It ends above what the field allows.
    Above {
        /// Where it ends.
        end: u64,
    },
    /// It begins after its end.
    Reversed {
        /// Where it begins.
        start: u64,
        /// Where it ends.
        end: u64,
    },
    /// Its step is zero.
    ZeroStep,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => {
                f.write_str("empty spec string, write five fields such as \"0 6 * * MON-FRI\"")
            }
            Self::Descriptor { text } => write!(
                f,
                "parser does not accept descriptors: {text}, write five fields such as \"{}\"",
                instead_of(text)
            ),
            Self::FieldCount { count, text } => write!(
                f,
                "expected exactly 5 fields, found {count}: [{text}], the fields are minute, hour, \
                 day of month, month, day of week"
            ),
            Self::OnlyZone { text } => write!(
                f,
                "nothing follows the time zone: {text}, write a blank and five fields after it"
            ),
            Self::Zone { name } => write!(
                f,
                "unknown time zone {name}, write an IANA name in its exact spelling such as \
                 \"Europe/London\""
            ),
            Self::Field {
                field,
                part,
                problem,
            } => write_problem(f, *field, part, problem),
        }
    }
}

impl error::Error for Error {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        match self {
            Self::Field {
                problem: FieldProblem::Number { source, .. },
                ..
            } => Some(source),
            _ => None,
        }
    }
}

fn write_problem(
    f: &mut fmt::Formatter<'_>,
    field: Field,
    part: &str,
    problem: &FieldProblem,
) -> fmt::Result {
    let (minimum, maximum) = field.range();
    match problem {
        FieldProblem::Hyphens => write!(f, "too many hyphens: {part}"),
        FieldProblem::Slashes => write!(f, "too many slashes: {part}"),
        FieldProblem::Number { text, source } => {
            write!(f, "failed to parse int from {text}: {source}")
        }
        FieldProblem::Negative { number } => {
            write!(f, "negative number ({number}) not allowed: {number}")
        }
        FieldProblem::Below { start } => {
            write!(
                f,
                "beginning of range ({start}) below minimum ({minimum}): {part}"
            )
        }
        FieldProblem::Above { end } => {
            write!(f, "end of range ({end}) above maximum ({maximum}): {part}")
        }
        FieldProblem::Reversed { start, end } => {
            write!(
                f,
                "beginning of range ({start}) beyond end of range ({end}): {part}"
            )
        }
        FieldProblem::ZeroStep => {
            write!(f, "step of range should be a positive number: {part}")
        }
    }?;
    write!(
        f,
        ", in the field of the {field}, which takes {}",
        field.allowed()
    )
}

/// Returns the five fields that mean what a descriptor means elsewhere.
fn instead_of(descriptor: &str) -> &'static str {
    match descriptor.to_ascii_lowercase().as_str() {
        "@yearly" | "@annually" => "0 0 1 1 *",
        "@monthly" => "0 0 1 * *",
        "@weekly" => "0 0 * * 0",
        "@hourly" => "0 * * * *",
        _ => "0 0 * * *",
    }
}
