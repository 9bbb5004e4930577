//! The pieces that an action is made of.

use crate::gostrconv::{quote, runes};
use std::fmt;

/// What sort of piece it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A mistake; the piece's text says which.
    Mistake,
    Truth,
    Comma,
    /// Another character that means nothing here.
    Character,
    CharacterConstant,
    Complex,
    Assign,
    Declare,
    End,
    Field,
    Identifier,
    LeftDelimiter,
    LeftParenthesis,
    Number,
    Pipe,
    RawString,
    RightDelimiter,
    RightParenthesis,
    Space,
    String,
    Text,
    Variable,
    Keyword(Keyword),
}

/// A word with a meaning of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Keyword {
    Dot,
    Block,
    Break,
    Continue,
    Define,
    Else,
    End,
    If,
    Nil,
    Range,
    Template,
    With,
}

impl Keyword {
    pub(super) fn of(word: &[u8]) -> Option<Self> {
        Some(match word {
            b"." => Self::Dot,
            b"block" => Self::Block,
            b"break" => Self::Break,
            b"continue" => Self::Continue,
            b"define" => Self::Define,
            b"else" => Self::Else,
            b"end" => Self::End,
            b"if" => Self::If,
            b"nil" => Self::Nil,
            b"range" => Self::Range,
            b"template" => Self::Template,
            b"with" => Self::With,
            _ => return None,
        })
    }
}

/// A piece of the text.
#[derive(Clone, Debug)]
pub(super) struct Token<'t> {
    pub(super) kind: Kind,
    /// Where it begins, in bytes.
    pub(super) start: usize,
    pub(super) text: &'t [u8],
    /// What is wrong, if it is a mistake.
    pub(super) mistake: String,
}

impl Token<'_> {
    pub(super) fn is(&self, kind: Kind) -> bool {
        self.kind == kind
    }

    pub(super) fn is_keyword(&self, keyword: Keyword) -> bool {
        self.kind == Kind::Keyword(keyword)
    }
}

/// Shows a piece as messages do: keywords in angle brackets, the rest quoted and not too long.
impl fmt::Display for Token<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        const LONGEST: usize = 10;
        match self.kind {
            Kind::End => formatter.write_str("EOF"),
            Kind::Mistake => formatter.write_str(&self.mistake),
            Kind::Keyword(_) => write!(formatter, "<{}>", String::from_utf8_lossy(self.text)),
            _ if self.text.len() > LONGEST => {
                let shown = runes(self.text).take(LONGEST).map(|rune| rune.width).sum();
                write!(formatter, "{}...", quote(&self.text[..shown]))
            }
            _ => formatter.write_str(&quote(self.text)),
        }
    }
}
