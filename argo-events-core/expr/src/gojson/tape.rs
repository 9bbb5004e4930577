//! A decoded document as a flat list, so that neither reading, writing nor freeing it recurses.

use super::{
    Error,
    scan::{Scanner, Token},
    text::unquote,
};
use std::borrow::Cow;

/// An entry of the tape; a container's content follows it directly.
#[derive(Debug)]
pub(super) enum Node<'a> {
    Null,
    Boolean(bool),
    Number(f64),
    String(Cow<'a, str>),
    /// A member's name; its value follows.
    Key(Cow<'a, str>),
    /// A list, up to but not including the node at `end`.
    Array {
        end: usize,
    },
    /// Members, up to but not including the node at `end`.
    Object {
        end: usize,
    },
}

/// A decoded document; the first node is its value.
#[derive(Debug)]
pub(super) struct Tape<'a> {
    pub(super) nodes: Vec<Node<'a>>,
    /// How deep the document nests.
    pub(super) depth: usize,
    /// The first number that no double can hold.
    too_large: Option<Error>,
}

impl<'a> Tape<'a> {
    /// Decodes a document; whether its numbers fit is asked later, by [`Self::numbers_fit`].
    pub(super) fn read(document: &'a [u8]) -> Result<Self, Error> {
        let mut tape = Self {
            nodes: Vec::new(),
            depth: 0,
            too_large: None,
        };
        let mut open = Vec::new();
        let mut scanner = Scanner::new(document);
        while let Some(token) = scanner.next()? {
            if let Some(node) = node(token, &mut tape.too_large) {
                if let Node::Array { .. } | Node::Object { .. } = node {
                    open.push(tape.nodes.len());
                    tape.depth = tape.depth.max(open.len());
                }
                tape.nodes.push(node);
            } else if let Token::ArrayEnd | Token::ObjectEnd = token {
                tape.close(open.pop());
            }
        }
        Ok(tape)
    }

    /// Refuses a document with a number that no double can hold.
    pub(super) fn numbers_fit(self) -> Result<Self, Error> {
        match self.too_large {
            Some(error) => Err(error),
            None => Ok(self),
        }
    }

    fn close(&mut self, start: Option<usize>) {
        let length = self.nodes.len();
        let container = start.and_then(|start| self.nodes.get_mut(start));
        if let Some(Node::Array { end } | Node::Object { end }) = container {
            *end = length;
        }
    }

    /// Gives the place after a value.
    pub(super) fn after(&self, at: usize) -> usize {
        match self.nodes[at] {
            Node::Array { end } | Node::Object { end } => end,
            _ => at + 1,
        }
    }

    /// Gives the name of the member at a place.
    pub(super) fn key(&self, at: usize) -> &str {
        match &self.nodes[at] {
            Node::Key(name) => name,
            _ => "",
        }
    }

    /// Gives the places of an object's member names, sorted by name, the last of equal names only.
    pub(super) fn sorted_members(&self, at: usize) -> Vec<usize> {
        let end = self.after(at);
        let mut members = Vec::new();
        let mut next = at + 1;
        while next < end {
            members.push(next);
            next = self.after(next + 1);
        }
        members.sort_by(|a, b| self.key(*a).cmp(self.key(*b)).then(b.cmp(a)));
        members.dedup_by(|later, first| self.key(*later) == self.key(*first));
        members
    }
}

fn node<'a>(token: Token<'a>, too_large: &mut Option<Error>) -> Option<Node<'a>> {
    Some(match token {
        Token::ObjectStart => Node::Object { end: 0 },
        Token::ArrayStart => Node::Array { end: 0 },
        Token::Key(literal) => Node::Key(unquote(literal)),
        Token::String(literal) => Node::String(unquote(literal)),
        Token::True => Node::Boolean(true),
        Token::False => Node::Boolean(false),
        Token::Null => Node::Null,
        Token::Number(literal) => Node::Number(number(literal, too_large)),
        Token::ObjectEnd | Token::ArrayEnd | Token::Comma | Token::Colon => return None,
    })
}

fn number(literal: &[u8], too_large: &mut Option<Error>) -> f64 {
    let text = String::from_utf8_lossy(literal);
    let value: f64 = text.parse().unwrap_or(f64::INFINITY);
    if value.is_infinite() {
        too_large.get_or_insert_with(|| Error::NumberTooLarge(text.into_owned()));
    }
    value
}
