//! Evaluates the expressions of filters and scripts.

use super::{
    MOST_LEVELS, Walk,
    apply::Outcome,
    error::Trouble,
    expression::{Expression, Operand, Operator},
};
use crate::{
    gofmt, gojson, gostrconv,
    govalue::{Failure, Value},
    power::power,
    re2::Regex,
};

type Result<T> = std::result::Result<T, Trouble>;

const NIL: &str = "invalid argument. is nil";

fn invalid(expected: &str) -> Trouble {
    Trouble::other(format!("invalid argument. expected {expected}"))
}

fn shown(value: &Value) -> Result<String> {
    let text = gofmt::sprintf("%v", std::slice::from_ref(value)).map_err(Failure::from)?;
    Ok(String::from_utf8_lossy(&text).into_owned())
}

fn quoted(text: &str) -> Value {
    let is_quoted = text.len() > 1 && text.starts_with('\'') && text.ends_with('\'');
    match is_quoted {
        true => Value::from(text),
        false => Value::from(format!("'{text}'")),
    }
}

/// An operand whose operator has been worked out.
enum Given {
    None,
    Text(String),
    Value(Value),
}

impl Walk<'_> {
    /// Evaluates an expression about a value.
    pub(super) fn evaluate(&mut self, expression: &Expression, current: &Value) -> Outcome {
        if expression.text.is_empty() {
            return Err(Trouble::empty_expression());
        }
        if let Some(operator) = &expression.operator {
            return self.operator(operator, current);
        }
        let text = &expression.text;
        if let Some(value) = self.parameter(text, current) {
            return Ok(value);
        }
        if let Ok(number) = gostrconv::parse_float(text) {
            return Ok(Value::Float(number));
        }
        Ok(match gostrconv::parse_bool(text) {
            Ok(truth) => Value::Bool(truth),
            Err(_) => Value::from(text.as_str()),
        })
    }

    fn parameter(&self, name: &str, current: &Value) -> Option<Value> {
        match name {
            "$" => Some(self.root.clone()),
            "@" => Some(current.clone()),
            "nil" | "null" => Some(Value::Nil),
            _ => None,
        }
    }

    fn operator(&mut self, operator: &Operator, current: &Value) -> Outcome {
        self.run.step(1)?;
        self.depth += 1;
        if self.depth > MOST_LEVELS {
            return Err(Failure::Limit("depth of a path").into());
        }
        let outcome = match operator {
            Operator::Path(tokens) => match self.follow(tokens, current)? {
                Value::String(text) => Ok(quoted(&text.to_str())),
                other => Ok(other),
            },
            Operator::Not(operand) => self
                .boolean(operand, current)
                .map(|truth| Value::Bool(!truth)),
            Operator::Binary(name, left, right) => self.binary(name, left, right, current),
        };
        self.depth -= 1;
        outcome
    }

    fn binary(&mut self, name: &str, left: &Operand, right: &Operand, current: &Value) -> Outcome {
        Ok(match name {
            "||" | "&&" => {
                let (left, right) = (self.boolean(left, current)?, self.boolean(right, current)?);
                Value::Bool(if name == "||" {
                    left || right
                } else {
                    left && right
                })
            }
            "==" => Value::Bool(self.equals(left, right, current)?),
            "!=" => Value::Bool(!self.equals(left, right, current)?),
            "=~" => Value::Bool(self.matches(left, right, current)?),
            "in" => Value::Bool(self.is_in(left, right, current)?),
            "not in" => Value::Bool(!self.is_in(left, right, current)?),
            "%" => {
                let (left, right) = (self.integer(left, current)?, self.integer(right, current)?);
                if right == 0 {
                    return Err(Failure::from("runtime error: integer divide by zero").into());
                }
                Value::Int64(left.wrapping_rem(right))
            }
            _ => calculated(
                name,
                self.number(left, current)?,
                self.number(right, current)?,
            ),
        })
    }

    fn given(&mut self, operand: &Operand, current: &Value) -> Result<Given> {
        let text = match operand {
            Operand::None => return Ok(Given::None),
            Operand::Value(value) => return Ok(Given::Value(value.clone())),
            Operand::Text(text) => text.clone(),
            Operand::Operator(operator) => match self.operator(operator, current)? {
                Value::String(text) => text.to_str().into_owned(),
                other => return Ok(Given::Value(other)),
            },
        };
        Ok(match self.parameter(&text, current) {
            Some(value) => Given::Value(value),
            None => Given::Text(text),
        })
    }

    fn printed(&mut self, operand: &Operand, current: &Value) -> Result<String> {
        match self.given(operand, current)? {
            Given::None => Err(Trouble::other(NIL)),
            Given::Text(text) => Ok(text),
            Given::Value(value) => shown(&value),
        }
    }

    fn number(&mut self, operand: &Operand, current: &Value) -> Result<f64> {
        let text = self.printed(operand, current)?;
        gostrconv::parse_float(&text).map_err(|_| invalid("number"))
    }

    fn integer(&mut self, operand: &Operand, current: &Value) -> Result<i64> {
        let text = self.printed(operand, current)?;
        gostrconv::parse_int(&text, 10).map_err(|_| invalid("integer"))
    }

    fn boolean(&mut self, operand: &Operand, current: &Value) -> Result<bool> {
        let text = match self.given(operand, current)? {
            Given::None | Given::Value(Value::Nil) => return Ok(false),
            Given::Text(text) => text,
            Given::Value(value) => shown(&value)?,
        };
        gostrconv::parse_bool(&text).map_err(|_| invalid("boolean"))
    }

    fn text(&mut self, operand: &Operand, current: &Value) -> Result<String> {
        let is_double = |text: &str| text.len() > 1 && text.starts_with('"') && text.ends_with('"');
        match self.given(operand, current)? {
            Given::None => Err(Trouble::other(NIL)),
            Given::Text(text) if is_double(&text) => Ok(format!("'{}'", &text[1..text.len() - 1])),
            Given::Text(text) => Ok(text),
            Given::Value(Value::String(text)) => {
                let text = text.to_str();
                let text = match is_double(&text) {
                    true => &text[1..text.len() - 1],
                    false => &text[..],
                };
                let Value::String(text) = quoted(text) else {
                    return Ok(String::new());
                };
                Ok(text.to_str().into_owned())
            }
            Given::Value(value) => shown(&value),
        }
    }

    fn equals(&mut self, left: &Operand, right: &Operand, current: &Value) -> Result<bool> {
        let numbers = match soft(self.number(left, current))? {
            Some(left) => soft(self.number(right, current))?.map(|right| left == right),
            None => None,
        };
        match numbers {
            Some(equal) => Ok(equal),
            None => Ok(self.text(left, current)? == self.text(right, current)?),
        }
    }

    fn matches(&mut self, left: &Operand, right: &Operand, current: &Value) -> Result<bool> {
        let text = self.text(left, current)?;
        let pattern = self.text(right, current)?;
        self.run.step(100 + text.len() / 8)?;
        let pattern = Regex::new(unquoted(&pattern)).map_err(|_| invalid("a valid regexp"))?;
        Ok(pattern.is_match(unquoted(&text).as_bytes()))
    }

    fn is_in(&mut self, left: &Operand, right: &Operand, current: &Value) -> Result<bool> {
        let item = if let Some(number) = soft(self.number(left, current))? {
            Some(Value::Float(number))
        } else if let Some(text) = soft(self.text(left, current))? {
            Some(Value::from(text))
        } else {
            soft(self.boolean(left, current))?.map(Value::Bool)
        };
        let elements = self.elements(right, current)?;
        self.run.step(elements.len())?;
        let is_item = |element: &Value| item.as_ref() == Some(element);
        Ok(elements.iter().any(is_item))
    }

    fn elements(&mut self, operand: &Operand, current: &Value) -> Result<Vec<Value>> {
        let value = match self.given(operand, current)? {
            Given::None => return Err(Trouble::other(NIL)),
            Given::Value(value) => value,
            Given::Text(text) => {
                let is_in = |open, close| text.starts_with(open) && text.ends_with(close);
                match is_in('[', ']') || is_in('{', '}') {
                    true => gojson::decode(text.as_bytes())
                        .map(Value::from)
                        .map_err(|_| Trouble::other("invalid argument"))?,
                    false => Value::from(text),
                }
            }
        };
        match value {
            Value::Nil => Err(Trouble::other(NIL)),
            Value::List(list) => Ok(list.values().to_vec()),
            Value::Map(map) => Ok(map.entries().into_iter().map(|(_, value)| value).collect()),
            _ => Err(invalid("array, map, or slice")),
        }
    }
}

fn unquoted(text: &str) -> &str {
    let inner = text
        .strip_prefix('\'')
        .and_then(|text| text.strip_suffix('\''));
    inner.unwrap_or(text)
}

/// Takes an error for nothing, but not the end of the evaluation.
fn soft<T>(outcome: Result<T>) -> Result<Option<T>> {
    match outcome {
        Ok(value) => Ok(Some(value)),
        Err(Trouble::End(failure)) => Err(failure.into()),
        Err(Trouble::Error { .. }) => Ok(None),
    }
}

fn calculated(name: &str, left: f64, right: f64) -> Value {
    match name {
        "<" => Value::Bool(left < right),
        "<=" => Value::Bool(left <= right),
        ">" => Value::Bool(left > right),
        ">=" => Value::Bool(left >= right),
        "+" => Value::Float(left + right),
        "-" => Value::Float(left - right),
        "*" => Value::Float(left * right),
        "/" => Value::Float(left / right),
        _ => Value::Float(power(left, right)),
    }
}
