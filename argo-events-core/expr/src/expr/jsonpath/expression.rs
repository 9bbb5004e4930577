//! Reads the expressions of filters and scripts.

use super::{
    MOST_LEVELS,
    error::Trouble,
    token::{self, Token},
};
use crate::{
    gojson,
    govalue::{Failure, Value},
};

/// An expression, and its outermost operator if it has one.
#[derive(Debug)]
pub(super) struct Expression {
    pub(super) text: String,
    pub(super) operator: Option<Operator>,
}

/// An operator with its operands.
#[derive(Debug)]
pub(super) enum Operator {
    Path(Vec<Token>),
    Not(Operand),
    Binary(&'static str, Operand, Operand),
}

/// What an operator works on.
#[derive(Debug)]
pub(super) enum Operand {
    None,
    Text(String),
    Value(Value),
    Operator(Box<Operator>),
}

/// The operators from the loosest on; the empty one stands for a new start in parentheses.
const OPERATORS: [&str; 20] = [
    "||", "&&", "==", "!=", "<=", ">=", "<", ">", "=~", "!", "+", "-", "**", "*", "/", "%",
    "not in", "in", "@", "$",
];

impl Expression {
    pub(super) fn compile(text: &str, level: usize) -> Result<Self, Trouble> {
        Ok(Self {
            text: text.to_owned(),
            operator: operator(text, 0, level)?,
        })
    }
}

/// Finds the outermost operator, looking for those from a place in the list on.
fn operator(text: &str, first: usize, level: usize) -> Result<Option<Operator>, Trouble> {
    if level > MOST_LEVELS {
        return Err(Failure::Limit("depth of a path's expression").into());
    }
    let mut text = text.trim();
    let mut next = first;
    while let Some(name) = OPERATORS.get(next) {
        if text.is_empty() {
            return Ok(None);
        }
        if text.len() > 1 && text.starts_with('(') && text.ends_with(')') {
            text = text[1..text.len() - 1].trim();
            next = 0;
            continue;
        }
        if let Some(found) = split(text, name, next, level)? {
            return Ok(Some(found));
        }
        next += 1;
    }
    Ok(None)
}

/// Reads an expression as the operands of an operator, if it is one.
fn split(
    text: &str,
    name: &'static str,
    place: usize,
    level: usize,
) -> Result<Option<Operator>, Trouble> {
    let Some(at) = find(text, name) else {
        return Ok(None);
    };
    let (left, right) = (text[..at].trim(), text[at + name.len()..].trim());
    let is_path = matches!(name, "@" | "$");
    if right.is_empty() && !is_path || left.is_empty() && !is_path && name != "!" {
        return Ok(None);
    }
    let right = operand(right, place, level + 1)?;
    let left = operand(left, place, level + 1)?;
    let has_left = !matches!(left, Operand::None);
    Ok(match name {
        "@" | "$" | "!" if has_left => None,
        "@" | "$" => Some(Operator::Path(token::parse(text, level + 1)?)),
        "!" => Some(Operator::Not(right)),
        _ => Some(Operator::Binary(name, left, right)),
    })
}

fn operand(text: &str, place: usize, level: usize) -> Result<Operand, Trouble> {
    if let Some(operator) = operator(text, place, level)? {
        return Ok(Operand::Operator(Box::new(operator)));
    }
    let is_in = |open, close| text.starts_with(open) && text.ends_with(close);
    if (is_in('[', ']') || is_in('{', '}'))
        && let Ok(value) = gojson::decode(text.as_bytes())
    {
        return Ok(Operand::Value(value.into()));
    }
    Ok(match text {
        "" => Operand::None,
        text => Operand::Text(text.to_owned()),
    })
}

/// Finds an operator outside of quotes and brackets.
fn find(text: &str, operator: &str) -> Option<usize> {
    let (mut quote, mut squares, mut rounds) = (None, 0_i64, 0_i64);
    for (place, character) in text.char_indices() {
        match character {
            '(' if quote.is_none() && squares <= 0 => rounds += 1,
            ')' if quote.is_none() && squares <= 0 => rounds -= 1,
            '[' if quote.is_none() && rounds <= 0 => squares += 1,
            ']' if quote.is_none() && rounds <= 0 => squares -= 1,
            '\'' | '"' if squares <= 0 && rounds <= 0 => {
                quote = match quote {
                    None => Some(character),
                    Some(open) if open == character => None,
                    open => open,
                };
            }
            _ => {}
        }
        // The library looks back from each character's first byte.
        let end = place + 1;
        if quote.is_none()
            && squares <= 0
            && rounds <= 0
            && end >= operator.len()
            && text.as_bytes()[end - operator.len()..end] == *operator.as_bytes()
        {
            return Some(end - operator.len());
        }
    }
    None
}
