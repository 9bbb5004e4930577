//! Carries a compiled path out on a document.

use super::{
    Found, Kind, LimitError,
    limits::Allowance,
    modifier,
    program::{Lookup, LookupId, Member, Program},
    walk::Walk,
};
use std::borrow::Cow;

/// Looks a path up.
pub(super) fn run<'j>(program: &Program, json: &'j [u8]) -> Result<Found<'j>, LimitError> {
    Machine {
        program,
        allowance: Allowance::of(json),
    }
    .look_up(program.start, json)
}

/// A program and what it may still cost.
pub(super) struct Machine<'p> {
    pub(super) program: &'p Program,
    pub(super) allowance: Allowance,
}

impl<'p> Machine<'p> {
    /// Carries out one lookup. Recursion ends with the path, whose depth has a limit.
    pub(super) fn look_up<'j>(
        &mut self,
        id: LookupId,
        json: &'j [u8],
    ) -> Result<Found<'j>, LimitError> {
        self.allowance.read(json.len())?;
        let program: &'p Program = self.program;
        match &program.lookups[id.0] {
            Lookup::Modify { modifier, then } => {
                let made = modifier::apply(modifier, self, json)?;
                self.document(*then, made)
            }
            Lookup::Literal { json, then } => self.document(*then, Cow::Owned(json.to_vec())),
            Lookup::Collect {
                open,
                members,
                then,
            } => {
                let made = self.collect(*open, members, json)?;
                let mut found = Found {
                    kind: Kind::Json,
                    raw: Cow::Owned(made),
                    ..Found::default()
                };
                if let Some(then) = then {
                    found = self.look_up(*then, &found.raw)?.into_owned();
                }
                found.index = 0;
                Ok(found)
            }
            Lookup::Lines(step) => Walk::new(self, json).lines(*step),
            Lookup::Walk(step) => Walk::new(self, json).document(*step),
        }
    }

    /// Goes on in a document that stands in the place of the first.
    fn document<'j>(
        &mut self,
        then: Option<LookupId>,
        json: Cow<'j, [u8]>,
    ) -> Result<Found<'j>, LimitError> {
        let Some(then) = then else {
            return Ok(Found::of(json));
        };
        let mut found = self.look_up_within(then, json)?;
        (found.index, found.indexes) = (0, None);
        Ok(found)
    }

    /// Carries out a lookup in a text that may not outlive it.
    pub(super) fn look_up_within<'j>(
        &mut self,
        id: LookupId,
        json: Cow<'j, [u8]>,
    ) -> Result<Found<'j>, LimitError> {
        match json {
            Cow::Borrowed(json) => self.look_up(id, json),
            Cow::Owned(json) => Ok(self.look_up(id, &json)?.into_owned()),
        }
    }

    fn collect(
        &mut self,
        open: u8,
        members: &[Member],
        json: &[u8],
    ) -> Result<Vec<u8>, LimitError> {
        let mut made = vec![open];
        for member in members {
            let found = self.look_up(member.lookup, json)?;
            if !found.exists() {
                continue;
            }
            self.allowance
                .build(member.prefix.len() + found.raw.len() + 1)?;
            if made.len() > 1 {
                made.push(b',');
            }
            made.extend_from_slice(&member.prefix);
            made.extend_from_slice(&found.raw);
        }
        // The closing bracket of each kind is two places behind the opening one.
        made.push(open + 2);
        Ok(made)
    }
}
