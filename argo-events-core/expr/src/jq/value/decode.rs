//! Reads JSON into values, without recursion.

use super::{List, MAX_NESTING, Object, Text, Value};
use crate::gojson::{Error, Scanner, Token, unquote};
use std::collections::BTreeMap;

/// What numbers become.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::jq) enum Numbers {
    /// Doubles, as everything in the input.
    Doubles,
    /// Their spelling, as with `fromjson`.
    Literals,
}

enum Open {
    Array(Vec<Value>),
    Object(BTreeMap<Text, Value>, Option<Text>),
}

/// Reads a document that is one value.
pub(in crate::jq) fn decode(document: &[u8], numbers: Numbers) -> Result<Value, Error> {
    let mut scanner = Scanner::new(document);
    let mut reader = Reader::new(numbers);
    while let Some(token) = scanner.next()? {
        reader.take(token)?;
    }
    match reader.too_large {
        Some(error) => Err(error),
        None => Ok(reader.done.unwrap_or_default()),
    }
}

/// The first value of a text, and what follows it.
pub(in crate::jq) struct Decoded<'a> {
    pub(in crate::jq) value: Value,
    pub(in crate::jq) rest: &'a [u8],
}

/// Reads the first value of a text.
pub(in crate::jq) fn decode_first(text: &[u8]) -> Result<Decoded<'_>, Error> {
    let mut scanner = Scanner::new(text);
    let mut reader = Reader::new(Numbers::Literals);
    while let Some(token) = scanner.next()? {
        reader.take(token)?;
        if let Some(value) = reader.done {
            let rest = scanner.rest();
            return Ok(Decoded { value, rest });
        }
    }
    let value = Value::Null;
    Ok(Decoded { value, rest: text })
}

struct Reader {
    numbers: Numbers,
    open: Vec<Open>,
    done: Option<Value>,
    /// The first number that no double can hold.
    too_large: Option<Error>,
}

impl Reader {
    fn new(numbers: Numbers) -> Self {
        Self {
            numbers,
            open: Vec::new(),
            done: None,
            too_large: None,
        }
    }

    fn take(&mut self, token: Token<'_>) -> Result<(), Error> {
        let value = match token {
            Token::ArrayStart => return self.start(Open::Array(Vec::new())),
            Token::ObjectStart => return self.start(Open::Object(BTreeMap::new(), None)),
            Token::Key(literal) => {
                if let Some(Open::Object(_, name)) = self.open.last_mut() {
                    *name = Some(Text::from(&*unquote(literal)));
                }
                return Ok(());
            }
            Token::Comma | Token::Colon => return Ok(()),
            Token::ArrayEnd | Token::ObjectEnd => match self.open.pop() {
                Some(Open::Array(values)) => Value::Array(List::new(values)),
                Some(Open::Object(members, _)) => Value::Object(Object::new(members)),
                None => return Ok(()),
            },
            Token::String(literal) => Value::Text(Text::from(&*unquote(literal))),
            Token::Number(literal) => self.number(literal),
            Token::True => Value::Bool(true),
            Token::False => Value::Bool(false),
            Token::Null => Value::Null,
        };
        self.put(value);
        Ok(())
    }

    fn start(&mut self, container: Open) -> Result<(), Error> {
        if self.open.len() >= MAX_NESTING as usize {
            return Err(Error::TooDeep);
        }
        self.open.push(container);
        Ok(())
    }

    fn put(&mut self, value: Value) {
        match self.open.last_mut() {
            Some(Open::Array(values)) => values.push(value),
            Some(Open::Object(members, name)) => {
                members.insert(name.take().unwrap_or_default(), value);
            }
            None => self.done = Some(value),
        }
    }

    fn number(&mut self, literal: &[u8]) -> Value {
        if self.numbers == Numbers::Literals {
            return Value::Literal(Text::from(literal));
        }
        let text = std::str::from_utf8(literal).unwrap_or_default();
        let number: f64 = text.parse().unwrap_or(f64::INFINITY);
        if number.is_infinite() {
            let error = Error::NumberTooLarge(text.to_owned());
            self.too_large.get_or_insert(error);
        }
        Value::Float(number)
    }
}
