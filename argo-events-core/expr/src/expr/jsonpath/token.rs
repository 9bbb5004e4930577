//! Cuts a path into tokens and reads each of them.

use super::{MOST_LEVELS, error::Trouble, expression::Expression, subscript};
use crate::govalue::Failure;

/// A step of a path.
#[derive(Debug)]
pub(super) enum Token {
    Root,
    Current,
    Wildcard,
    Recursive,
    Length,
    Key(String),
    Index(i64),
    Range(Box<[Option<Argument>; 3]>),
    Union(Vec<Argument>),
    Filter(Expression),
    Script(Expression),
}

/// A part of a union or range.
#[derive(Debug)]
pub(super) enum Argument {
    Index(i64),
    Key(String),
    Expression(Expression),
}

/// Reads a path.
pub(super) fn parse(path: &str, level: usize) -> Result<Vec<Token>, Trouble> {
    let texts = cut(path)?;
    if texts.len() > MOST_LEVELS || level > MOST_LEVELS {
        return Err(Failure::Limit("length of a path").into());
    }
    texts.iter().map(|text| read(text, level)).collect()
}

/// What is counted while a path is cut.
#[derive(Default)]
struct Counts {
    quotes: usize,
    open_rounds: usize,
    closed_rounds: usize,
    open_squares: usize,
    closed_squares: usize,
}

impl Counts {
    fn count(&mut self, character: char) {
        match character {
            '\'' => self.quotes += 1,
            '(' => self.open_rounds += 1,
            ')' => self.closed_rounds += 1,
            '[' => self.open_squares += 1,
            ']' => self.closed_squares += 1,
            _ => {}
        }
    }

    fn is_inside(&self) -> bool {
        self.quotes % 2 == 1 || self.open_rounds != self.closed_rounds
    }
}

/// Cuts a path into the texts of its tokens.
fn cut(path: &str) -> Result<Vec<String>, Trouble> {
    let Some(first) = path.chars().next() else {
        return Err(Trouble::unexpected_token("", 0));
    };
    if !matches!(first, '$' | '@') {
        return Err(Trouble::unexpected_token(&first.to_string(), 0));
    }
    if let Some(second) = path.as_bytes().get(1)
        && !matches!(second, b'.' | b'[')
    {
        return Err(Trouble::unexpected_token(
            &char::from(*second).to_string(),
            1,
        ));
    }
    let mut tokens = vec![first.to_string()];
    let mut text = String::new();
    let mut counts = Counts::default();
    for character in path.chars().skip(1) {
        if text.is_empty() {
            counts.quotes = 0;
            counts.open_rounds = 0;
            counts.closed_rounds = 0;
        }
        counts.count(character);
        text.push(character);
        step(character, &mut text, &counts, &mut tokens);
    }
    if !text.is_empty() {
        tokens.push(text.strip_prefix('.').unwrap_or(&text).to_owned());
    }
    Ok(tokens)
}

/// Decides whether a token ends with a character.
fn step(character: char, text: &mut String, counts: &Counts, tokens: &mut Vec<String>) {
    let mut end = |text: &mut String, cut_last: bool, rest: &str| {
        let token = text.strip_prefix('.').unwrap_or(text);
        let token = match cut_last {
            true => &token[..token.len() - 1],
            false => token,
        };
        tokens.push(token.to_owned());
        rest.clone_into(text);
    };
    match (character, text.as_str()) {
        (_, ".") => {}
        (_, "..") => {
            tokens.push("..".to_owned());
            text.clear();
        }
        ('[', "[" | ".[") => {}
        ('[', other) if other.matches('[').count() == 1 => end(text, true, "["),
        (']', other)
            if other.contains('[')
                && !counts.is_inside()
                && counts.open_squares == counts.closed_squares =>
        {
            end(text, false, "");
        }
        ('.', other) if !other.contains('[') && !counts.is_inside() => end(text, true, "."),
        _ => {}
    }
}

/// Reads the text of a token.
fn read(text: &str, level: usize) -> Result<Token, Trouble> {
    match text.trim() {
        "" => Err(Trouble::empty_token()),
        "$" => Ok(Token::Root),
        "@" => Ok(Token::Current),
        "*" => Ok(Token::Wildcard),
        ".." => Ok(Token::Recursive),
        "length" => Ok(Token::Length),
        text if text.starts_with('[') => subscript::read(text, level),
        text => Ok(Token::Key(text.to_owned())),
    }
}
