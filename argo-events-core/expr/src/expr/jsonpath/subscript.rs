//! Reads what stands in brackets: keys, indexes, unions, ranges, filters and scripts.

use super::{
    error::Trouble,
    expression::Expression,
    token::{Argument, Token},
};

/// A piece between the separators of a subscript.
#[derive(Clone, Debug, PartialEq)]
enum Piece {
    Nothing,
    Index(i64),
    Text(String),
}

impl Piece {
    fn is(&self, separator: &str) -> bool {
        matches!(self, Self::Text(text) if text == separator)
    }
}

fn is_script(text: &str) -> bool {
    text.len() > 2 && text.starts_with('(') && text.ends_with(')')
}

fn is_key(text: &str) -> bool {
    let is_in = |quote| text.starts_with(quote) && text.ends_with(quote);
    text.len() > 1 && (is_in('\'') || is_in('"'))
}

/// Cuts off the first and the last byte, which are brackets or quotes.
fn inner(text: &str) -> &str {
    &text[1..text.len() - 1]
}

/// Reads a token in brackets.
pub(super) fn read(token: &str, level: usize) -> Result<Token, Trouble> {
    if !token.ends_with(']') {
        return Err(Trouble::format(token));
    }
    let subscript = inner(token).trim();
    match subscript {
        "" => return Err(Trouble::format(token)),
        "*" => return Ok(Token::Wildcard),
        _ => {}
    }
    if let Some(filter) = subscript.strip_prefix('?') {
        let filter = filter
            .strip_prefix('(')
            .and_then(|rest| rest.strip_suffix(')'));
        let filter = filter.ok_or_else(|| Trouble::format(token))?;
        return Ok(Token::Filter(Expression::compile(
            filter.trim(),
            level + 1,
        )?));
    }
    let pieces = Cutter::new(token).cut(subscript)?;
    if let [piece] = &pieces[..] {
        return single(piece, token, level);
    }
    several(pieces, token, level)
}

fn single(piece: &Piece, token: &str, level: usize) -> Result<Token, Trouble> {
    match piece {
        Piece::Index(index) => Ok(Token::Index(*index)),
        Piece::Text(text) if is_key(text) => Ok(Token::Key(inner(text).to_owned())),
        Piece::Text(text) if is_script(text) => {
            Expression::compile(inner(text), level + 1).map(Token::Script)
        }
        _ => Err(Trouble::format(token)),
    }
}

/// Reads a union or a range.
fn several(pieces: Vec<Piece>, token: &str, level: usize) -> Result<Token, Trouble> {
    let (mut colons, mut commas, mut after_colon) = (0, 0, false);
    let mut arguments = Vec::new();
    for piece in pieces {
        if piece.is(":") {
            colons += 1;
            if after_colon {
                arguments.push(Piece::Nothing);
            }
            after_colon = true;
            continue;
        }
        match piece.is(",") {
            true => commas += 1,
            false => arguments.push(piece),
        }
        after_colon = false;
    }
    match (colons, commas) {
        (0, 1..) if commas < arguments.len() => union(&arguments, token, level),
        (1 | 2, 0) => range(arguments, level),
        _ => Err(Trouble::format(token)),
    }
}

fn union(arguments: &[Piece], token: &str, level: usize) -> Result<Token, Trouble> {
    let argument = |piece: &Piece| match piece {
        Piece::Index(index) => Ok(Argument::Index(*index)),
        Piece::Text(text) if is_script(text) => expression(text, level),
        Piece::Text(text) if is_key(text) => Ok(Argument::Key(inner(text).to_owned())),
        _ => Err(Trouble::format(token)),
    };
    let arguments = arguments.iter().map(argument);
    arguments.collect::<Result<_, _>>().map(Token::Union)
}

fn expression(text: &str, level: usize) -> Result<Argument, Trouble> {
    let compiled = Expression::compile(inner(text), level + 1);
    compiled
        .map(Argument::Expression)
        .map_err(Trouble::in_expression)
}

fn range(arguments: Vec<Piece>, level: usize) -> Result<Token, Trouble> {
    let mut bounds = [None, None, None];
    for (bound, piece) in bounds.iter_mut().zip(arguments) {
        *bound = match piece {
            Piece::Nothing => None,
            Piece::Index(index) => Some(Argument::Index(index)),
            Piece::Text(text) if is_script(&text) => Some(expression(&text, level)?),
            Piece::Text(text) => return Err(Trouble::expression_format(&text)),
        };
    }
    Ok(Token::Range(Box::new(bounds)))
}

/// Cuts a subscript at its separators.
struct Cutter<'t> {
    token: &'t str,
    pieces: Vec<Piece>,
    text: String,
    open: usize,
    closed: usize,
    quote: Option<char>,
}

impl<'t> Cutter<'t> {
    fn new(token: &'t str) -> Self {
        Self {
            token,
            pieces: Vec::new(),
            text: String::new(),
            open: 0,
            closed: 0,
            quote: None,
        }
    }

    fn cut(mut self, subscript: &str) -> Result<Vec<Piece>, Trouble> {
        for (place, character) in subscript.chars().enumerate() {
            self.text.push(character);
            match character {
                ' ' if self.quote.is_none() && self.open == self.closed => {
                    self.text = self.text.trim().to_owned();
                }
                '(' if self.quote.is_none() => self.open += 1,
                ')' => self.close()?,
                '\'' | '"' => self.quote(character)?,
                ':' | ',' if self.quote.is_none() && self.open == self.closed => {
                    self.separate(character, place)?;
                }
                _ => {}
            }
        }
        if !self.text.is_empty() {
            let last = number_or_text(&self.text);
            self.pieces.push(last);
        }
        Ok(self.pieces)
    }

    fn close(&mut self) -> Result<(), Trouble> {
        self.closed += 1;
        if self.open != self.closed {
            return Ok(());
        }
        if !is_script(&self.text) {
            return Err(Trouble::expression_format(&self.text));
        }
        self.pieces
            .push(Piece::Text(std::mem::take(&mut self.text)));
        Ok(())
    }

    fn quote(&mut self, quote: char) -> Result<(), Trouble> {
        if self.quote.is_some_and(|open| open != quote) || self.open != self.closed {
            return Ok(());
        }
        let before = self.text.len() - 1;
        if self.text[..before].ends_with('\\') {
            self.text.truncate(before - 1);
            self.text.push(quote);
            return Ok(());
        }
        if self.quote.take().is_none() {
            self.quote = Some(quote);
            return match before {
                0 => Ok(()),
                _ => Err(Trouble::format(self.token)),
            };
        }
        if !is_key(&self.text) {
            return Err(Trouble::format(self.token));
        }
        self.pieces
            .push(Piece::Text(std::mem::take(&mut self.text)));
        Ok(())
    }

    fn separate(&mut self, separator: char, place: usize) -> Result<(), Trouble> {
        let mut text = std::mem::take(&mut self.text);
        text.pop();
        match (separator, number_or_text(&text)) {
            (_, Piece::Text(text)) if text.is_empty() => {
                if separator == ':' && place == 0 {
                    self.pieces.push(Piece::Nothing);
                }
            }
            (':', Piece::Text(_)) => return Err(Trouble::format(self.token)),
            (_, piece) => self.pieces.push(piece),
        }
        self.pieces.push(Piece::Text(separator.to_string()));
        Ok(())
    }
}

fn number_or_text(text: &str) -> Piece {
    match crate::gostrconv::parse_int(text, 10) {
        Ok(index) => Piece::Index(index),
        Err(_) => Piece::Text(text.to_owned()),
    }
}
