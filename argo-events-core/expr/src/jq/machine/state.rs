//! What a run holds, kept between runs for its room.

use super::stack::{Saved, Stack, Top};
use crate::jq::value::{Census, List, Object, Text, Value};

/// What lies on the stack and in variables.
#[derive(Clone, Debug)]
pub(super) enum Cell {
    Value(Value),
    /// A function argument: where it starts and the frame it was written in.
    Closure {
        start: usize,
        scope: Top,
    },
    /// The rest of a list that is walked.
    Elements {
        list: List,
        next: usize,
    },
    /// The rest of an object that is walked.
    Members {
        object: Object,
        after: Text,
    },
    /// The rest of a range: where it is, its end and its step.
    Range(Box<[Value; 3]>),
    /// The same of whole numbers.
    IntRange {
        at: i64,
        end: i64,
        step: i64,
    },
}

impl Default for Cell {
    fn default() -> Self {
        Self::Value(Value::Null)
    }
}

/// A frame of a function.
#[derive(Clone, Copy, Debug)]
pub(super) struct Frame {
    pub(super) id: u32,
    /// Where its variables begin.
    pub(super) offset: usize,
    /// Where it goes on when it ends.
    pub(super) back: usize,
    /// The frame to go back to.
    pub(super) caller: Top,
    /// The frame that its text is written in.
    pub(super) outer: Top,
}

/// An entry of the path that is tracked.
#[derive(Clone, Debug)]
pub(super) enum Trace {
    /// The nesting of expressions to go back to; beneath the start of a path.
    Depth(usize),
    /// The value that a path starts at.
    Start(Value),
    /// A step: the key and the value found there.
    Step(Value, Value),
}

/// An alternative to come back to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fork {
    pub(super) at: usize,
    pub(super) stack: Saved,
    pub(super) frames: Saved,
    pub(super) paths: Saved,
    pub(super) offset: usize,
    pub(super) expressions: usize,
}

/// What a run holds.
#[derive(Debug, Default)]
pub(in crate::jq) struct State {
    pub(super) stack: Stack<Cell>,
    pub(super) frames: Stack<Frame>,
    pub(super) paths: Stack<Trace>,
    pub(super) variables: Vec<Cell>,
    pub(super) forks: Vec<Fork>,
    /// Where the next frame's variables begin.
    pub(super) offset: usize,
    /// How many expressions are open in which paths are not tracked.
    pub(super) expressions: usize,
    pub(super) labels: i64,
}

impl State {
    /// Forgets a run.
    pub(in crate::jq) fn clear(&mut self) {
        self.stack.clear();
        self.frames.clear();
        self.paths.clear();
        self.variables.clear();
        self.forks.clear();
        (self.offset, self.expressions, self.labels) = (0, 0, 0);
    }

    /// Tells whether the room is small enough to be kept.
    pub(in crate::jq) fn is_small(&self) -> bool {
        const SMALL: usize = 4_096;
        self.variables.capacity() < SMALL && self.forks.capacity() < SMALL
    }

    /// Tells how many frames, alternatives and operands there are.
    pub(super) fn depth(&self) -> usize {
        self.stack.len() + self.frames.len() + self.paths.len() + self.forks.len() + self.offset
    }

    /// Counts the bytes that all values hold.
    pub(super) fn census(&self, limit: usize) -> usize {
        let mut census = Census::new(limit);
        for cell in self.stack.values().chain(&self.variables) {
            match cell {
                Cell::Value(value) => census.count(value),
                Cell::Elements { list, .. } => census.count(&Value::Array(list.clone())),
                Cell::Members { object, .. } => census.count(&Value::Object(object.clone())),
                Cell::Range(bounds) => bounds.iter().for_each(|bound| census.count(bound)),
                Cell::Closure { .. } | Cell::IntRange { .. } => {}
            }
        }
        for trace in self.paths.values() {
            match trace {
                Trace::Start(value) => census.count(value),
                Trace::Step(key, value) => {
                    census.count(key);
                    census.count(value);
                }
                Trace::Depth(_) => {}
            }
        }
        census.bytes()
    }
}
