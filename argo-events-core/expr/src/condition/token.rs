//! Cuts a condition's text into tokens.

use super::{Error, ErrorKind};
use std::fmt;

/// A token of a condition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Token<'a> {
    /// Letters, digits, `-` and `_`; whether it is a dependency is seen later.
    Name(&'a str),
    /// The same in single or double quotes.
    Quoted(&'a str),
    And,
    Or,
    Open,
    Close,
    OpenBracket,
    CloseBracket,
    /// `??`, which the reference lets through.
    Coalesce,
    /// `=`, of which there is one in `let`.
    Equals,
    Semicolon,
    End,
}

/// A token and where it begins.
#[derive(Clone, Copy, Debug)]
pub(super) struct Located<'a> {
    pub(super) token: Token<'a>,
    pub(super) offset: usize,
}

/// What is left of a text.
#[derive(Clone, Debug)]
pub(super) struct Tokens<'a> {
    text: &'a str,
    offset: usize,
}

impl<'a> Tokens<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, offset: 0 }
    }

    /// Takes the next token; at the end it is [`Token::End`] for ever.
    pub(super) fn take(&mut self) -> Result<Located<'a>, Error> {
        self.skip_blanks()?;
        let offset = self.offset;
        let rest = &self.text[offset..];
        let Some(first) = rest.chars().next() else {
            return Ok(Located {
                token: Token::End,
                offset,
            });
        };
        let (token, length) = match first {
            '(' => (Token::Open, 1),
            ')' => (Token::Close, 1),
            '[' => (Token::OpenBracket, 1),
            ']' => (Token::CloseBracket, 1),
            ';' => (Token::Semicolon, 1),
            '&' if rest.starts_with("&&") => (Token::And, 2),
            '|' if rest.starts_with("||") => (Token::Or, 2),
            '?' if rest.starts_with("??") => (Token::Coalesce, 2),
            '=' if !rest.starts_with("==") => (Token::Equals, 1),
            '"' | '\'' => self.quoted(first)?,
            _ if is_name_character(first) => {
                let length = self.name_length(rest)?;
                (Token::Name(&rest[..length]), length)
            }
            _ => return Err(self.error(offset, ErrorKind::Character { character: first })),
        };
        self.offset += length;
        Ok(Located { token, offset })
    }

    pub(super) fn error(&self, offset: usize, kind: ErrorKind) -> Error {
        Error::new(self.text, offset, kind)
    }

    fn skip_blanks(&mut self) -> Result<(), Error> {
        loop {
            let rest = &self.text[self.offset..];
            let text = rest.trim_start();
            self.offset += rest.len() - text.len();
            let length = if text.starts_with("//") {
                text.find('\n').unwrap_or(text.len())
            } else if let Some(comment) = text.strip_prefix("/*") {
                let end = comment.find("*/");
                end.ok_or_else(|| self.error(self.offset, ErrorKind::Comment))? + "/**/".len()
            } else {
                return Ok(());
            };
            self.offset += length;
        }
    }

    fn name_length(&self, rest: &str) -> Result<usize, Error> {
        match rest.char_indices().find(|(_, c)| !is_name_character(*c)) {
            // Said here, since otherwise the name before it would seem to be wrong.
            Some((length, character)) if is_like_hyphen(character) => {
                Err(self.error(self.offset + length, ErrorKind::Character { character }))
            }
            Some((length, _)) => Ok(length),
            None => Ok(rest.len()),
        }
    }

    fn quoted(&self, quote: char) -> Result<(Token<'a>, usize), Error> {
        let content = &self.text[self.offset + 1..];
        let unclosed = || self.error(self.offset, ErrorKind::Quote { quote });
        let length = content.find(quote).ok_or_else(unclosed)?;
        let within = |(at, _)| self.offset + 1 + at;
        let wrong = content[..length]
            .char_indices()
            .find(|(_, c)| !is_name_character(*c));
        match wrong {
            Some(wrong) => {
                Err(self.error(within(wrong), ErrorKind::Character { character: wrong.1 }))
            }
            None => Ok((Token::Quoted(&content[..length]), length + 2)),
        }
    }
}

/// Says whether a name may have this character.
pub(super) fn is_name_character(character: char) -> bool {
    character.is_alphanumeric() || matches!(character, '-' | '_')
}

/// Says whether a character looks like `-` and is none.
pub(super) fn is_like_hyphen(character: char) -> bool {
    matches!(character, '\u{2010}'..='\u{2015}' | '\u{2212}')
}

impl fmt::Display for Token<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) | Self::Quoted(name) => write!(f, "\"{name}\""),
            Self::And => f.write_str("&&"),
            Self::Or => f.write_str("||"),
            Self::Open => f.write_str("("),
            Self::Close => f.write_str(")"),
            Self::OpenBracket => f.write_str("["),
            Self::CloseBracket => f.write_str("]"),
            Self::Coalesce => f.write_str("??"),
            Self::Equals => f.write_str("="),
            Self::Semicolon => f.write_str(";"),
            Self::End => f.write_str("the end"),
        }
    }
}
