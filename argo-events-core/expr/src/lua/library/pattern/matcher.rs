//! Runs a program over a text.

use super::{
    Failure,
    compile::{Program, Step},
};
use crate::lua::heap::Fault;
use std::ops::Range;

/// A captured piece of the text, or the number of a place, counted from 1.
#[derive(Clone, Debug)]
pub(in crate::lua::library) enum Capture {
    Piece(Range<usize>),
    Place(usize),
}

/// What a match captured; number 0 is all of it.
#[derive(Clone, Debug)]
pub(in crate::lua::library) struct Match {
    saved: Vec<Saved>,
}

impl Match {
    pub(super) fn new(saved: Vec<Saved>) -> Self {
        Self { saved }
    }

    pub(in crate::lua::library) fn captures(&self) -> usize {
        self.saved.len() / 2
    }

    pub(in crate::lua::library) fn bounds(&self) -> (usize, usize) {
        (self.saved[0].place, self.saved[1].place)
    }

    pub(in crate::lua::library) fn capture(&self, number: usize) -> Option<Capture> {
        let (start, end) = (self.saved.get(number * 2)?, self.saved.get(number * 2 + 1)?);
        Some(if start.is_place {
            Capture::Place(start.place)
        } else {
            Capture::Piece(start.place..end.place)
        })
    }
}

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Saved {
    place: usize,
    /// Whether the place itself was captured.
    is_place: bool,
}

/// What to do when the way tried last does not lead on.
enum Back {
    Try { step: usize, at: usize },
    Restore { number: usize, saved: Saved },
}

/// How many ways back are kept, as in the reference.
const WAYS: usize = 1_000_000;

/// After how many steps they are paid for.
const SLICE: usize = 256;

pub(super) struct Matcher<'a, Pay> {
    program: &'a Program,
    text: &'a [u8],
    pub(super) captures: Vec<Saved>,
    back: Vec<Back>,
    steps: usize,
    pay: Pay,
}

impl<'a, Pay: FnMut(usize, usize) -> Result<(), Fault>> Matcher<'a, Pay> {
    pub(super) fn new(program: &'a Program, text: &'a [u8], pay: Pay) -> Self {
        Self {
            program,
            text,
            captures: Vec::new(),
            back: Vec::new(),
            steps: 1,
            pay,
        }
    }

    /// Gives where the match that starts at a place ends.
    pub(super) fn run(&mut self, start: usize) -> Result<Option<usize>, Failure> {
        let (mut step, mut at) = (0, start);
        loop {
            self.steps += 1;
            if self.steps >= SLICE {
                self.settle()?;
            }
            let next = match self.program.steps[step] {
                Step::Done => {
                    self.settle()?;
                    return Ok(Some(at));
                }
                other => self.take(other, step, at)?,
            };
            match next.or_else(|| self.go_back()) {
                Some((next, place)) => (step, at) = (next, place),
                None => {
                    self.settle()?;
                    return Ok(None);
                }
            }
        }
    }

    fn settle(&mut self) -> Result<(), Failure> {
        let steps = std::mem::take(&mut self.steps);
        (self.pay)(steps, self.back.len() * size_of::<Back>()).map_err(Failure::Fault)
    }

    fn go_back(&mut self) -> Option<(usize, usize)> {
        loop {
            match self.back.pop()? {
                Back::Try { step, at } => return Some((step, at)),
                Back::Restore { number, saved } => self.captures[number] = saved,
            }
        }
    }

    fn remember(&mut self, back: Back) -> Result<(), Failure> {
        if self.back.len() >= WAYS {
            return Err(Failure::Message("pattern/input too complex".into()));
        }
        self.back.push(back);
        Ok(())
    }

    /// Takes one step and gives the next and the place for it, or nothing if it leads nowhere.
    fn take(
        &mut self,
        step: Step,
        number: usize,
        at: usize,
    ) -> Result<Option<(usize, usize)>, Failure> {
        let next = number + 1;
        Ok(match step {
            Step::Byte(class) => {
                let matches = self.text.get(at).is_some_and(|byte| class.has(*byte));
                matches.then_some((next, at + 1))
            }
            Step::Jump(to) => Some((to, at)),
            Step::Split(first, second) => {
                self.remember(Back::Try { step: second, at })?;
                Some((first, at))
            }
            Step::Save(number) => {
                let saved = self.save(number, at, false);
                self.remember(Back::Restore { number, saved })?;
                Some((next, at))
            }
            Step::SavePlace(number) => {
                self.save(number, at + 1, true);
                self.save(number + 1, at + 1, true);
                Some((next, at))
            }
            Step::Balanced(first, last) => self.balance(at, first, last).map(|end| (next, end)),
            Step::Again(number) => self.again(number, at)?.map(|end| (next, end)),
            Step::AtEnd => (at >= self.text.len()).then_some((next, at)),
            Step::Done => None,
        })
    }

    fn save(&mut self, number: usize, place: usize, is_place: bool) -> Saved {
        if self.captures.len() <= number {
            self.captures.resize(number + 1, Saved::default());
        }
        std::mem::replace(&mut self.captures[number], Saved { place, is_place })
    }

    fn balance(&mut self, at: usize, first: Option<u8>, last: Option<u8>) -> Option<usize> {
        if self.text.get(at).copied() != first || first.is_none() {
            return None;
        }
        let mut depth = 1usize;
        for (offset, byte) in self.text[at + 1..].iter().enumerate() {
            self.steps += 1;
            if Some(*byte) == last {
                depth -= 1;
            }
            if depth == 0 {
                return Some(at + 2 + offset);
            }
            if Some(*byte) == first {
                depth += 1;
            }
        }
        None
    }

    fn again(&mut self, number: usize, at: usize) -> Result<Option<usize>, Failure> {
        let (start, end) = (number * 2, number * 2 + 1);
        if end >= self.captures.len() {
            return Err(Failure::Message("invalid capture index".into()));
        }
        let (start, end) = (self.captures[start].place, self.captures[end].place);
        let piece = self.text.get(start..end).unwrap_or_default();
        self.steps += piece.len() / 16;
        Ok(self
            .text
            .get(at..)
            .is_some_and(|rest| rest.starts_with(piece))
            .then_some(at + piece.len()))
    }
}
