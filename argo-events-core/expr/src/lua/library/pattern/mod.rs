//! Lua's patterns as gopher-lua matches them: greedy, with backtracking, byte by byte.
//!
//! Matching uses no recursion, and every step is paid for.

mod class;
mod compile;
mod matcher;

pub(super) use matcher::{Capture, Match};

use super::super::heap::Fault;
use compile::Program;
use matcher::Matcher;

/// Why there is no list of matches.
pub(super) enum Failure {
    /// The pattern is wrong, or too hard.
    Message(String),
    Fault(Fault),
}

/// Finds matches from a place on, until there are as many as the limit says or the text ends; each
/// starts where the one before ended, or behind that if it was empty.
///
/// `pay` is asked from time to time for so many steps, and so many bytes in all.
pub(super) fn find(
    pattern: &[u8],
    text: &[u8],
    from: usize,
    limit: i64,
    mut pay: impl FnMut(usize, usize) -> Result<(), Fault>,
) -> Result<Vec<Match>, Failure> {
    pay(pattern.len(), pattern.len() * 64).map_err(Failure::Fault)?;
    let program = Program::compile(pattern).map_err(Failure::Message)?;
    let mut found: Vec<Match> = Vec::new();
    let mut at = from;
    let mut size = 0;
    while at <= text.len() {
        let mut matcher = Matcher::new(&program, text, |steps, bytes| pay(steps, size + bytes));
        let end = matcher.run(at)?;
        let captures = matcher.captures;
        at += 1;
        if let Some(end) = end {
            at = at.max(end);
            size += 32 + captures.len() * 8;
            found.push(Match::new(captures));
        }
        if found.len() as i64 == limit || program.is_anchored {
            break;
        }
    }
    Ok(found)
}
