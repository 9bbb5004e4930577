//! Decides whether an element answers a query.

use super::{
    Found, Kind,
    pattern::Pattern,
    program::{LookupId, Tail},
    value::spelled_bool,
};
use crate::gostrconv::float_or_saturated;

/// A query over the elements of an array.
#[derive(Clone, Debug)]
pub(super) struct Query {
    /// Whether every match is wanted, not only the first.
    pub(super) all: bool,
    /// Finds what is compared within an element.
    pub(super) path: LookupId,
    /// Whether the element itself is compared; then scalars count too.
    pub(super) on_scalars: bool,
    pub(super) condition: Condition,
    /// What is taken of a match, if not all of it.
    pub(super) tail: Option<Tail>,
}

/// How a value is compared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Operator {
    #[default]
    Exists,
    Equal,
    Unequal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Like,
    Unlike,
    /// A lone exclamation mark, which holds for nothing.
    Never,
}

impl Operator {
    /// Takes the operator off the text that begins with it.
    pub(super) fn split(text: &[u8]) -> (Self, &[u8]) {
        match text {
            [b'!'] => (Self::Never, b""),
            [b'!', b'=', rest @ ..] => (Self::Unequal, rest),
            [b'!', b'%', rest @ ..] => (Self::Unlike, rest),
            [b'<', b'=', rest @ ..] => (Self::LessOrEqual, rest),
            [b'>', b'=', rest @ ..] => (Self::GreaterOrEqual, rest),
            [b'=', b'=', rest @ ..] | [b'=', rest @ ..] => (Self::Equal, rest),
            [b'<', rest @ ..] => (Self::Less, rest),
            [b'>', rest @ ..] => (Self::Greater, rest),
            [b'%', rest @ ..] => (Self::Like, rest),
            rest => (Self::Exists, rest),
        }
    }

    fn holds<T: PartialOrd + ?Sized>(self, value: &T, operand: &T) -> bool {
        match self {
            Self::Equal => value == operand,
            Self::Unequal => value != operand,
            Self::Less => value < operand,
            Self::LessOrEqual => value <= operand,
            Self::Greater => value > operand,
            Self::GreaterOrEqual => value >= operand,
            Self::Exists | Self::Like | Self::Unlike | Self::Never => false,
        }
    }
}

/// What a value is compared with: read as a text, as a number and as a pattern beforehand.
#[derive(Clone, Debug)]
pub(super) struct Operand {
    text: Box<[u8]>,
    number: f64,
    pattern: Pattern,
    loose: Option<Loose>,
}

/// A comparison with what a value amounts to, written `~true` and so on.
#[derive(Clone, Copy, Debug)]
enum Loose {
    Anything,
    Null,
    True,
    False,
    Unknown,
}

impl Operand {
    pub(super) fn of(text: &[u8]) -> Self {
        let loose = text.strip_prefix(b"~").map(|word| match word {
            b"*" => Loose::Anything,
            b"null" => Loose::Null,
            b"true" => Loose::True,
            b"false" => Loose::False,
            _ => Loose::Unknown,
        });
        Self {
            text: text.into(),
            number: float_or_saturated(text),
            pattern: Pattern::of(text),
            loose,
        }
    }
}

/// An operator and what stands to its right.
#[derive(Clone, Debug)]
pub(super) struct Condition {
    pub(super) operator: Operator,
    pub(super) operand: Operand,
}

impl Condition {
    /// Asks whether the condition holds for a value.
    pub(super) fn holds(&self, value: &Found<'_>) -> bool {
        let Operand {
            text,
            number,
            pattern,
            loose,
        } = &self.operand;
        if let Some(loose) = loose {
            return loose
                .of(value)
                .is_some_and(|truth| self.holds_for(truth, b"true"));
        }
        if !value.exists() || self.operator == Operator::Exists {
            return value.exists();
        }
        match (value.kind(), self.operator) {
            (Kind::String, Operator::Like) => pattern.matches(&value.text_bytes()),
            (Kind::String, Operator::Unlike) => !pattern.matches(&value.text_bytes()),
            (Kind::String, operator) => operator.holds(&*value.text_bytes(), text),
            (Kind::Number, operator) => operator.holds(&value.as_f64(), number),
            (Kind::True, _) => self.holds_for(true, text),
            (Kind::False, _) => self.holds_for(false, text),
            (Kind::Null | Kind::Json, _) => false,
        }
    }

    /// Compares a truth with a word; an order between the two is only half defined.
    fn holds_for(&self, truth: bool, word: &[u8]) -> bool {
        let equal = word == if truth { &b"true"[..] } else { b"false" };
        match self.operator {
            Operator::Exists => true,
            Operator::Equal => equal,
            Operator::Unequal => !equal,
            Operator::Greater => truth && word == b"false",
            Operator::GreaterOrEqual => truth,
            Operator::Less => !truth && word == b"true",
            Operator::LessOrEqual => !truth,
            Operator::Like | Operator::Unlike | Operator::Never => false,
        }
    }
}

impl Loose {
    /// Tells whether a value amounts to this, or nothing if the word is unknown.
    fn of(self, value: &Found<'_>) -> Option<bool> {
        let spelled = || match value.kind() {
            Kind::String => spelled_bool(&value.text_bytes()),
            Kind::Number => Some(value.as_f64() != 0.0),
            Kind::True => Some(true),
            Kind::False | Kind::Null => Some(false),
            Kind::Json => None,
        };
        match self {
            Self::Anything => Some(value.exists()),
            Self::Null => Some(value.kind() == Kind::Null),
            Self::True => Some(spelled() == Some(true)),
            Self::False => Some(spelled() == Some(false)),
            Self::Unknown => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holds(condition: &str, value: &str) -> bool {
        let (operator, operand) = Operator::split(condition.as_bytes());
        let condition = Condition {
            operator,
            operand: Operand::of(operand),
        };
        condition.holds(&Found::parse(value))
    }

    #[test]
    fn the_value_decides_how_it_is_compared() {
        for (condition, value) in [
            ("==1", "1.0"),
            ("=1", r#""1""#),
            ("!=1", "2"),
            ("<10", "9"),
            (">10", r#""9""#),
            ("%a*", r#""ab""#),
            ("!%a*", r#""ba""#),
            ("==true", "true"),
            (">=nonsense", "true"),
            ("<true", "false"),
        ] {
            assert!(holds(condition, value), "{value} {condition}");
        }
        for (condition, value) in [
            ("==null", "null"),
            ("%1*", "12"),
            ("==1", "true"),
            ("!1", "1"),
            ("!", "1"),
            ("=={}", "{}"),
        ] {
            assert_eq!(
                holds(condition, value),
                condition == "!1",
                "{value} {condition}"
            );
        }
    }

    #[test]
    fn loose_words_ask_what_a_value_amounts_to() {
        for (value, holding) in [
            ("0", "~false ~*"),
            (r#""T""#, "~true ~*"),
            (r#""no""#, "~*"),
            ("null", "~false ~null ~*"),
            ("", "~false ~null"),
            ("{}", "~*"),
        ] {
            for word in ["~true", "~false", "~null", "~*", "~other"] {
                let wanted = holding.split(' ').any(|held| held == word);
                assert_eq!(holds(&format!("=={word}"), value), wanted, "{value} {word}");
            }
        }
    }
}
