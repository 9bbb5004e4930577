//! Turns the text of a path into a [`Program`].
//!
//! A part reads differently on an object and on an array, and that is known only when a document
//! comes; so both readings are compiled, and readings that meet again share what follows.

mod condition;
mod members;
mod modifier;
mod part;

use super::{
    MAX_PATH_DEPTH, PathError,
    pattern::Pattern,
    program::{Element, Key, Lookup, LookupId, Name, Program, Rest, Select, Step, StepId, Tail},
    query::Query,
};
use condition::QueryText;
use members::Members;
use part::{ElementPart, Following, KeyPart, Range, split_pipe};
use std::collections::HashMap;

/// Compiles a path.
pub(super) fn program(path: &[u8]) -> Result<Program, PathError> {
    let mut compiler = Compiler::default();
    compiler.program.start = compiler.lookup(path, &mut Reach::default())?;
    Ok(compiler.program)
}

type Outcome<T> = Result<T, PathError>;

/// Identifies a piece of the path: all pieces are slices of one text.
type Piece = (usize, usize);

fn piece(path: &[u8]) -> Piece {
    (path.as_ptr().addr(), path.len())
}

#[derive(Default)]
struct Compiler {
    program: Program,
    lookups: HashMap<Piece, Compiled<LookupId>>,
    steps: HashMap<Piece, Compiled<StepId>>,
}

/// A compiled place and the longest way from it to an end.
#[derive(Clone, Copy)]
struct Compiled<Id> {
    id: Id,
    height: usize,
}

/// How far a place is from the beginning of the path, and from the end that is farthest.
#[derive(Default)]
struct Reach {
    depth: usize,
    height: usize,
}

impl Reach {
    /// Begins a place that follows this one.
    fn next(&self) -> Outcome<Self> {
        let depth = self.depth + 1;
        if depth > MAX_PATH_DEPTH {
            Err(PathError::TooDeep)
        } else {
            Ok(Self { depth, height: 0 })
        }
    }

    /// Refers to a place that follows this one.
    fn refer<Id>(&mut self, to: Compiled<Id>) -> Outcome<Id> {
        let height = to.height + 1;
        if self.depth + height > MAX_PATH_DEPTH {
            return Err(PathError::TooDeep);
        }
        self.height = self.height.max(height);
        Ok(to.id)
    }
}

impl Compiler {
    fn lookup(&mut self, path: &[u8], from: &mut Reach) -> Outcome<LookupId> {
        if let Some(known) = self.lookups.get(&piece(path)) {
            return from.refer(*known);
        }
        let mut here = from.next()?;
        let lookup = self.new_lookup(path, &mut here)?;
        let id = LookupId(self.program.lookups.len());
        self.program.lookups.push(lookup);
        let compiled = Compiled {
            id,
            height: here.height,
        };
        self.lookups.insert(piece(path), compiled);
        from.refer(compiled)
    }

    fn new_lookup(&mut self, path: &[u8], here: &mut Reach) -> Outcome<Lookup> {
        let mut path = path;
        match path {
            [b'@', _, ..] => {
                if let Some(call) = modifier::call(path) {
                    let modifier = self.modifier(&call, here)?;
                    return Ok(Lookup::Modify {
                        modifier,
                        then: self.then(call.rest, here)?,
                    });
                }
            }
            [b'!', _, ..] => {
                if let Some((json, rest)) = modifier::literal(path) {
                    return Ok(Lookup::Literal {
                        json: json.into(),
                        then: self.then(rest, here)?,
                    });
                }
            }
            [open @ (b'[' | b'{'), _, ..] => match members::split(path) {
                Some(Members {
                    list,
                    rest: rest @ ([] | [b'|' | b'.', ..]),
                }) => {
                    let members = self.members(*open, &list, here)?;
                    return Ok(Lookup::Collect {
                        open: *open,
                        members,
                        then: self.then(rest, here)?,
                    });
                }
                // What follows the bracket is a path of its own then, and nothing if it is open.
                broken => path = broken.map_or(&path[path.len()..], |members| members.rest),
            },
            _ => {}
        }
        Ok(match path.strip_prefix(b"..") {
            Some(path) => Lookup::Lines(self.step(path, here)?),
            None => Lookup::Walk(self.step(path, here)?),
        })
    }

    /// Compiles what follows a modifier, a literal or a multipath, if it is joined to it.
    fn then(&mut self, rest: &[u8], here: &mut Reach) -> Outcome<Option<LookupId>> {
        match rest {
            [b'|' | b'.', path @ ..] => self.lookup(path, here).map(Some),
            _ => Ok(None),
        }
    }

    fn step(&mut self, path: &[u8], from: &mut Reach) -> Outcome<StepId> {
        if let Some(known) = self.steps.get(&piece(path)) {
            return from.refer(*known);
        }
        let mut here = from.next()?;
        let step = Step {
            key: self.key(KeyPart::read(path), &mut here)?,
            element: self.element(&ElementPart::read(path), &mut here)?,
        };
        let id = StepId(self.program.steps.len());
        self.program.steps.push(step);
        let compiled = Compiled {
            id,
            height: here.height,
        };
        self.steps.insert(piece(path), compiled);
        from.refer(compiled)
    }

    fn key(&mut self, part: KeyPart<'_>, here: &mut Reach) -> Outcome<Key> {
        let name = if part.wild {
            Name::Pattern(Pattern::of(&part.name))
        } else {
            Name::Exact(part.name.into())
        };
        Ok(Key {
            name,
            rest: self.rest(part.following, here)?,
        })
    }

    fn element(&mut self, part: &ElementPart<'_>, here: &mut Reach) -> Outcome<Element> {
        let select = match &part.range {
            Range::Index(index) => Select::Index(*index),
            Range::None => Select::None,
            Range::Count => Select::Count,
            Range::Project(path) => Select::Project(self.tail(path, here)?),
            Range::Query(query) => {
                Select::Query(Box::new(self.query(query, part.following, here)?))
            }
        };
        let following = match (&select, part.following) {
            (Select::Index(_), following) | (_, following @ Following::Pipe(_)) => following,
            // The tail of a projection or a query is a lookup of its own.
            _ => Following::Nothing,
        };
        Ok(Element {
            select,
            rest: self.rest(following, here)?,
        })
    }

    fn query(
        &mut self,
        query: &QueryText<'_>,
        following: Following<'_>,
        here: &mut Reach,
    ) -> Outcome<Query> {
        Ok(Query {
            all: query.all,
            path: self.lookup(query.path, here)?,
            on_scalars: query.path.is_empty(),
            condition: query.condition(),
            tail: match following {
                Following::Part(path) => Some(self.tail(path, here)?),
                Following::Nothing | Following::Pipe(_) => None,
            },
        })
    }

    fn rest(&mut self, following: Following<'_>, here: &mut Reach) -> Outcome<Rest> {
        Ok(match following {
            Following::Nothing => Rest::End,
            Following::Part(path) => Rest::Step(self.step(path, here)?),
            Following::Pipe(path) => Rest::Pipe(self.lookup(path, here)?),
        })
    }

    fn tail(&mut self, path: &[u8], here: &mut Reach) -> Outcome<Tail> {
        let (path, pipe) = match split_pipe(path) {
            Some((path, pipe)) => (path, Some(self.lookup(pipe, here)?)),
            None => (path, None),
        };
        Ok(Tail {
            lookup: self.lookup(path, here)?,
            pipe,
        })
    }
}
