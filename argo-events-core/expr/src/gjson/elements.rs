//! Steps over the elements of an array, and builds the array of what was found in them.

use super::scan::{self, Token};

/// Iterates over the elements of an array up to its closing bracket or the document's end.
pub(super) struct Elements<'j> {
    json: &'j [u8],
    pub(super) at: usize,
    /// Where the search for the latest element began.
    last: usize,
}

impl<'j> Elements<'j> {
    pub(super) fn new(json: &'j [u8], at: usize) -> Self {
        Self { json, at, last: at }
    }

    /// Tells whether the document ends within a string of the array.
    pub(super) fn is_cut(&self) -> bool {
        self.at > self.json.len()
    }

    /// Finds the value behind the array that counts too if junk stands before the closing bracket.
    pub(super) fn stray(&self) -> Option<Token> {
        let blank = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\r' | b'\n');
        let blanks = self.json[self.last..]
            .iter()
            .take_while(|byte| blank(byte))
            .count();
        let at = self.last + blanks;
        if self.json.get(at)? == &b']' {
            None
        } else {
            scan::next_token(self.json, at)
        }
    }
}

impl Iterator for Elements<'_> {
    type Item = Token;

    fn next(&mut self) -> Option<Token> {
        if self.is_cut() {
            return None;
        }
        self.last = self.at;
        match scan::element_start(self.json, self.at) {
            Ok((start, lead)) => {
                let token = scan::token(self.json, start, lead);
                self.at = token.map_or(self.json.len() + 1, |token| token.next);
                token
            }
            Err(end) => {
                self.at = end;
                None
            }
        }
    }
}

/// A list under construction.
#[derive(Default)]
pub(super) struct List {
    json: Vec<u8>,
    pub(super) indexes: Vec<usize>,
}

impl List {
    pub(super) fn push(&mut self, raw: &[u8], index: usize) {
        self.json
            .push(if self.json.is_empty() { b'[' } else { b',' });
        self.json.extend_from_slice(raw);
        self.indexes.push(index);
    }

    pub(super) fn close(&mut self) -> Vec<u8> {
        let mut json = std::mem::take(&mut self.json);
        if json.is_empty() {
            json.push(b'[');
        }
        json.push(b']');
        json
    }
}
