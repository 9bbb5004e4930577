//! Walks down a document along the parts of a path, touching each byte once.
//!
//! Where a part matches several members of an object, the first that leads to the end counts.

use super::{
    Found, Kind, LimitError,
    elements::{Elements, List},
    evaluate::Machine,
    program::{Key, LookupId, Name, Program, Rest, Select, StepId, Tail},
    query::Query,
    scan::{self, Lead, Token},
    text,
};
use std::{borrow::Cow, ops::Range};

/// Where a walk through a container ended.
enum End {
    /// At what the path leads to.
    Found,
    /// Behind the container, where reading goes on.
    Behind(usize),
}

type Walked = Result<End, LimitError>;

/// A walk in progress.
pub(super) struct Walk<'m, 'p, 'j> {
    machine: &'m mut Machine<'p>,
    json: &'j [u8],
    found: Found<'j>,
    /// Whether what was found is a count, which has no place in the document.
    counted: bool,
    /// What is to be done with what was found.
    pipe: Option<LookupId>,
}

impl<'m, 'p, 'j> Walk<'m, 'p, 'j> {
    pub(super) fn new(machine: &'m mut Machine<'p>, json: &'j [u8]) -> Self {
        Self {
            machine,
            json,
            found: Found::default(),
            counted: false,
            pipe: None,
        }
    }

    /// Walks the first container of a document.
    pub(super) fn document(mut self, step: StepId) -> Result<Found<'j>, LimitError> {
        if let Some(start) = self
            .json
            .iter()
            .position(|byte| matches!(byte, b'{' | b'['))
        {
            self.container(start, step)?;
        }
        self.finish()
    }

    /// Walks a document's values as if they stood in an array.
    pub(super) fn lines(mut self, step: StepId) -> Result<Found<'j>, LimitError> {
        self.array(0, step)?;
        self.finish()
    }

    fn finish(mut self) -> Result<Found<'j>, LimitError> {
        let Some(pipe) = self.pipe else {
            if !self.counted {
                self.found.locate_in(self.json);
            }
            return Ok(self.found);
        };
        let offset = self.found.index;
        let mut found = self.machine.look_up_within(pipe, self.found.raw)?;
        for index in found.indexes.iter_mut().flatten() {
            *index += offset;
        }
        found.index = 0;
        Ok(found)
    }

    fn program(&self) -> &'p Program {
        self.machine.program
    }

    fn container(&mut self, start: usize, step: StepId) -> Walked {
        if self.json[start] == b'{' {
            self.object(start + 1, step)
        } else {
            self.array(start + 1, step)
        }
    }

    fn object(&mut self, mut at: usize, step: StepId) -> Walked {
        let Key { name, rest } = &self.program().steps[step.0].key;
        self.pipe_to(*rest);
        loop {
            let (matches, after_name) = match member_name(self.json, at) {
                Ok(found) => (
                    name.matches(&self.json[found.inner], found.escaped),
                    found.end,
                ),
                Err(next) => return Ok(End::Behind(next)),
            };
            let Some((start, lead)) = scan::value_start(self.json, after_name) else {
                break;
            };
            let next = match (matches, *rest) {
                (true, Rest::Step(step)) => self.descend(start, lead, step)?,
                (true, _) => self.take(start, lead),
                (false, _) => self.skip(start, lead),
            };
            match next {
                Some(End::Behind(next)) => at = next,
                Some(End::Found) => return Ok(End::Found),
                None => break,
            }
        }
        Ok(End::Behind(self.json.len()))
    }

    fn array(&mut self, at: usize, step: StepId) -> Walked {
        let element = &self.program().steps[step.0].element;
        self.pipe_to(element.rest);
        match &element.select {
            Select::Index(index) => self.element(at, *index, element.rest),
            Select::None => self.element(at, -1, element.rest),
            Select::Count => self.count(at),
            Select::Project(tail) => self.project(at, *tail),
            Select::Query(query) => self.query(at, query),
        }
    }

    fn pipe_to(&mut self, rest: Rest) {
        if let Rest::Pipe(pipe) = rest {
            self.pipe = Some(pipe);
        }
    }

    /// Goes on with the next part if a value is a container. Like the two below, gives nothing if
    /// the document is cut off within a string.
    fn descend(
        &mut self,
        start: usize,
        lead: Lead,
        step: StepId,
    ) -> Result<Option<End>, LimitError> {
        if lead == Lead::Bracket {
            self.container(start, step).map(Some)
        } else {
            Ok(self.skip(start, lead))
        }
    }

    fn skip(&self, start: usize, lead: Lead) -> Option<End> {
        scan::token(self.json, start, lead).map(|token| End::Behind(token.next))
    }

    fn take(&mut self, start: usize, lead: Lead) -> Option<End> {
        let token = scan::token(self.json, start, lead)?;
        // A null leaves the kind as it is, which shows only behind a query that found something.
        if token.kind != Kind::Null {
            self.found.kind = token.kind;
        }
        self.found.raw = Cow::Borrowed(&self.json[token.start..token.end]);
        Some(End::Found)
    }

    fn element(&mut self, mut at: usize, index: i64, rest: Rest) -> Walked {
        for place in 0.. {
            let (start, lead) = match scan::element_start(self.json, at) {
                Ok(found) => found,
                Err(end) => return Ok(End::Behind(end + 1)),
            };
            let next = match rest {
                _ if place != index => self.skip(start, lead),
                Rest::Step(step) => self.descend(start, lead, step)?,
                Rest::End | Rest::Pipe(_) => self.take(start, lead),
            };
            match next {
                Some(End::Behind(next)) => at = next,
                Some(End::Found) => return Ok(End::Found),
                None => break,
            }
        }
        Ok(End::Behind(self.json.len()))
    }

    fn count(&mut self, at: usize) -> Walked {
        let mut elements = Elements::new(self.json, at);
        let count = elements.by_ref().count();
        if elements.is_cut() {
            return Ok(End::Behind(self.json.len()));
        }
        self.found.kind = Kind::Number;
        self.found.raw = Cow::Owned(count.to_string().into_bytes());
        self.counted = true;
        Ok(End::Found)
    }

    fn project(&mut self, at: usize, tail: Tail) -> Walked {
        let mut elements = Elements::new(self.json, at);
        let mut list = List::default();
        for token in elements.by_ref() {
            self.project_one(token, tail.lookup, &mut list)?;
        }
        if elements.is_cut() {
            return Ok(End::Behind(self.json.len()));
        }
        if let Some(token) = elements.stray() {
            self.project_one(token, tail.lookup, &mut list)?;
        }
        self.pipe = tail.pipe.or(self.pipe);
        self.found.kind = Kind::Json;
        self.found.raw = Cow::Owned(list.close());
        self.found.indexes = Some(list.indexes);
        Ok(End::Found)
    }

    fn project_one(
        &mut self,
        token: Token,
        lookup: LookupId,
        list: &mut List,
    ) -> Result<(), LimitError> {
        let found = self
            .machine
            .look_up(lookup, &self.json[token.start..token.end])?;
        if !found.exists() {
            return Ok(());
        }
        // Only containers know their place, and lists only the places of their elements.
        let knows = token.kind == Kind::Json && found.indexes.is_none();
        let offset = if knows { token.start } else { 0 };
        self.machine.allowance.build(found.raw.len() + 1)?;
        list.push(&found.raw, found.index + offset);
        Ok(())
    }

    fn query(&mut self, at: usize, query: &'p Query) -> Walked {
        let mut elements = Elements::new(self.json, at);
        let mut list = List::default();
        for token in elements.by_ref() {
            let element = Found::token(self.json, token);
            if !self.answers(query, &element)? {
                continue;
            }
            let found = match query.tail {
                Some(tail) => {
                    self.pipe = tail.pipe.or(self.pipe);
                    self.machine.look_up_within(tail.lookup, element.raw)?
                }
                None => element,
            };
            if !query.all {
                self.found = found;
                return Ok(End::Found);
            }
            if !found.raw.is_empty() {
                self.machine.allowance.build(found.raw.len() + 1)?;
                list.push(&found.raw, found.index + token.start);
            }
        }
        if elements.is_cut() {
            return Ok(End::Behind(self.json.len()));
        }
        // A query for all matches goes on behind the array, but what it found first stays.
        if query.all && !self.found.exists() {
            self.found.kind = Kind::Json;
            self.found.raw = Cow::Owned(list.close());
            self.found.indexes = Some(list.indexes).filter(|indexes| !indexes.is_empty());
        }
        Ok(End::Behind(elements.at + 1))
    }

    fn answers(&mut self, query: &Query, element: &Found<'j>) -> Result<bool, LimitError> {
        if element.kind() == Kind::Json {
            let compared = self.machine.look_up(query.path, element.raw())?;
            return Ok(query.condition.holds(&compared));
        }
        Ok(query.on_scalars && query.condition.holds(element))
    }
}

impl Name {
    fn matches(&self, inner: &[u8], escaped: bool) -> bool {
        let name = if escaped {
            Cow::Owned(text::unescape(inner))
        } else {
            Cow::Borrowed(inner)
        };
        match self {
            Self::Exact(wanted) => **wanted == *name,
            Self::Pattern(pattern) => pattern.matches(&name),
        }
    }
}

/// A member's name: what its quotes enclose, and where it ends.
struct MemberName {
    inner: Range<usize>,
    end: usize,
    escaped: bool,
}

/// Finds the next name in an object, or says where reading goes on behind the object.
fn member_name(json: &[u8], mut at: usize) -> Result<MemberName, usize> {
    loop {
        match json.get(at) {
            Some(b'"') => break,
            Some(b'}') => return Err(at + 1),
            Some(_) => at += 1,
            None => return Err(json.len()),
        }
    }
    let (end, escaped) = scan::string(json, at).ok_or(json.len())?;
    Ok(MemberName {
        inner: at + 1..end - 1,
        end,
        escaped,
    })
}
