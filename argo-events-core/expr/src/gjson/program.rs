//! The compiled form of a path: what to do at each of its places, without the path's text.
//!
//! Places refer to one another by number, since several can share what follows them.

use super::{modifier::Modifier, query::Query};

/// A whole path.
#[derive(Clone, Debug, Default)]
pub(super) struct Program {
    pub(super) lookups: Vec<Lookup>,
    pub(super) steps: Vec<Step>,
    pub(super) start: LookupId,
}

/// The number of a [`Lookup`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct LookupId(pub(super) usize);

/// The number of a [`Step`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct StepId(pub(super) usize);

/// What is done with a document as a whole.
#[derive(Clone, Debug)]
pub(super) enum Lookup {
    /// Make another document of it.
    Modify {
        modifier: Modifier,
        then: Option<LookupId>,
    },
    /// Forget it for a fixed one.
    Literal {
        json: Box<[u8]>,
        then: Option<LookupId>,
    },
    /// Collect several lookups in an array or an object.
    Collect {
        open: u8,
        members: Box<[Member]>,
        then: Option<LookupId>,
    },
    /// Take the values of its lines as elements of an array.
    Lines(StepId),
    /// Go into it.
    Walk(StepId),
}

/// One lookup of several.
#[derive(Clone, Debug)]
pub(super) struct Member {
    /// The encoded name and a colon; empty within an array.
    pub(super) prefix: Box<[u8]>,
    pub(super) lookup: LookupId,
}

/// What one part of a path means; that depends on what it meets.
#[derive(Clone, Debug)]
pub(super) struct Step {
    pub(super) key: Key,
    pub(super) element: Element,
}

/// A part that meets an object.
#[derive(Clone, Debug)]
pub(super) struct Key {
    pub(super) name: Name,
    pub(super) rest: Rest,
}

/// Which names match.
#[derive(Clone, Debug)]
pub(super) enum Name {
    Exact(Box<[u8]>),
    Pattern(super::pattern::Pattern),
}

/// A part that meets an array.
#[derive(Clone, Debug)]
pub(super) struct Element {
    pub(super) select: Select,
    pub(super) rest: Rest,
}

/// Which elements are meant.
#[derive(Clone, Debug)]
pub(super) enum Select {
    /// None, as in `#x`.
    None,
    /// The one with this index; -1 is none.
    Index(i64),
    /// All, to be counted.
    Count,
    /// All, each looked into.
    Project(Tail),
    /// Those for which a condition holds.
    Query(Box<Query>),
}

/// What follows on elements: a lookup in each, and one more in what that gives.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tail {
    pub(super) lookup: LookupId,
    pub(super) pipe: Option<LookupId>,
}

/// What follows a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rest {
    End,
    /// Another part, within the value.
    Step(StepId),
    /// A lookup in the value as a document of its own.
    Pipe(LookupId),
}
