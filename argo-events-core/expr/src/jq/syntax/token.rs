//! The words of the language.

use super::tree::Operator;

/// A word, without its place.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token {
    End,
    /// A single character that stands for itself.
    Sign(u8),
    /// A character that stands for nothing.
    Stray,
    Recurse,
    Alternative,
    Update(Operator),
    Compare(Operator),
    DestructuringAlternative,
    Keyword(Keyword),
    Identifier(String),
    ModuleIdentifier,
    Variable(String),
    ModuleVariable(String),
    /// `.name`.
    Field(String),
    Number(String),
    Format(String),
    /// A whole string, or a piece of one between interpolations.
    Text(String),
    TextStart,
    /// `\(`.
    TextQuery,
    TextEnd,
    Invalid,
    InvalidEscape,
    Unterminated,
}

/// A reserved word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Keyword {
    Or,
    And,
    Module,
    Import,
    Include,
    Def,
    As,
    Label,
    Break,
    Null,
    True,
    False,
    If,
    Then,
    Elif,
    Else,
    End,
    Try,
    Catch,
    Reduce,
    Foreach,
}

const KEYWORDS: [(&str, Keyword); 21] = [
    ("or", Keyword::Or),
    ("and", Keyword::And),
    ("module", Keyword::Module),
    ("import", Keyword::Import),
    ("include", Keyword::Include),
    ("def", Keyword::Def),
    ("as", Keyword::As),
    ("label", Keyword::Label),
    ("break", Keyword::Break),
    ("null", Keyword::Null),
    ("true", Keyword::True),
    ("false", Keyword::False),
    ("if", Keyword::If),
    ("then", Keyword::Then),
    ("elif", Keyword::Elif),
    ("else", Keyword::Else),
    ("end", Keyword::End),
    ("try", Keyword::Try),
    ("catch", Keyword::Catch),
    ("reduce", Keyword::Reduce),
    ("foreach", Keyword::Foreach),
];

impl Keyword {
    pub(super) fn named(word: &str) -> Option<Self> {
        let found = KEYWORDS.iter().find(|(name, _)| *name == word);
        found.map(|(_, keyword)| *keyword)
    }

    pub(super) fn word(self) -> &'static str {
        let found = KEYWORDS.iter().find(|(_, keyword)| *keyword == self);
        found.map_or("", |(name, _)| name)
    }
}
