//! The groups that are open, each with the alternatives read so far.

use super::{Flags, piece::Piece};
use std::mem;

#[derive(Debug, Default)]
pub(super) struct Stack {
    open: Vec<Group>,
    /// The alternatives of the innermost group.
    alternatives: Vec<Piece>,
    /// What the current alternative has so far.
    sequence: Vec<Piece>,
}

/// A group that waits for the one inside it.
#[derive(Debug)]
struct Group {
    alternatives: Vec<Piece>,
    sequence: Vec<Piece>,
    /// What holds again after the inner group.
    flags: Flags,
    /// The inner group's number, if it captures.
    capture: Option<u32>,
}

impl Stack {
    pub(super) fn push(&mut self, piece: Piece) {
        self.sequence.push(piece);
    }

    /// Takes back the last piece of the current alternative.
    pub(super) fn pop(&mut self) -> Option<Piece> {
        self.sequence.pop()
    }

    pub(super) fn next_alternative(&mut self) {
        let sequence = mem::take(&mut self.sequence);
        self.alternatives.push(Piece::sequence(sequence));
    }

    /// Opens a group; the flags are those to restore after it.
    pub(super) fn open(&mut self, flags: Flags, capture: Option<u32>) {
        self.open.push(Group {
            alternatives: mem::take(&mut self.alternatives),
            sequence: mem::take(&mut self.sequence),
            flags,
            capture,
        });
    }

    /// Closes the innermost group and gives it with the flags to restore, if there is one.
    pub(super) fn close(&mut self) -> Option<(Piece, Flags)> {
        let outer = self.open.pop()?;
        let content = self.content();
        self.alternatives = outer.alternatives;
        self.sequence = outer.sequence;
        let piece = match outer.capture {
            Some(index) => content.captured(index),
            None => content,
        };
        Some((piece, outer.flags))
    }

    /// Gives the whole pattern, unless a group is still open.
    pub(super) fn finish(mut self) -> Option<Piece> {
        self.open.is_empty().then(|| self.content())
    }

    fn content(&mut self) -> Piece {
        self.next_alternative();
        Piece::alternatives(mem::take(&mut self.alternatives))
    }
}
