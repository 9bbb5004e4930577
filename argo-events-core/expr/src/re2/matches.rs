//! Walks through the matches in a text.

use super::{Regex, haystack::Haystack};
use crate::gostrconv::decode_rune;
use std::ops::Range;

/// What the groups of one match matched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Captures {
    groups: Vec<Option<Range<usize>>>,
}

impl Captures {
    /// Gives where the whole match is.
    #[must_use]
    pub fn range(&self) -> Range<usize> {
        self.get(0).unwrap_or_default()
    }

    /// Gives where a group matched, or nothing if it took no part or does not exist.
    #[must_use]
    pub fn get(&self, group: usize) -> Option<Range<usize>> {
        self.groups.get(group).cloned().flatten()
    }

    /// Gives all groups in order, the whole match first.
    #[must_use]
    pub fn groups(&self) -> &[Option<Range<usize>>] {
        &self.groups
    }
}

/// The matches in a text; made by [`Regex::find_all`].
#[derive(Debug)]
pub struct AllMatches<'r, 't> {
    regex: &'r Regex,
    walk: Walk<'t>,
}

impl<'r, 't> AllMatches<'r, 't> {
    pub(super) fn new(regex: &'r Regex, text: &'t [u8]) -> Self {
        Self {
            regex,
            walk: Walk::new(text),
        }
    }
}

impl Iterator for AllMatches<'_, '_> {
    type Item = Range<usize>;

    fn next(&mut self) -> Option<Self::Item> {
        let regex = self.regex;
        let found = self
            .walk
            .next(|text, from| regex.search(text, from), Range::clone)?;
        Some(self.walk.haystack.original(found))
    }
}

/// The matches in a text with their groups; made by [`Regex::all_captures`].
#[derive(Debug)]
pub struct AllCaptures<'r, 't> {
    regex: &'r Regex,
    walk: Walk<'t>,
}

impl<'r, 't> AllCaptures<'r, 't> {
    pub(super) fn new(regex: &'r Regex, text: &'t [u8]) -> Self {
        Self {
            regex,
            walk: Walk::new(text),
        }
    }
}

impl Iterator for AllCaptures<'_, '_> {
    type Item = Captures;

    fn next(&mut self) -> Option<Self::Item> {
        let regex = self.regex;
        let whole = |groups: &Vec<Option<Range<usize>>>| groups[0].clone().unwrap_or_default();
        let groups = self
            .walk
            .next(|text, from| regex.search_groups(text, from), whole)?;
        let original = |group| self.walk.haystack.original(group);
        Some(Captures {
            groups: groups
                .into_iter()
                .map(|group| group.map(original))
                .collect(),
        })
    }
}

/// The place reached in a text.
#[derive(Debug)]
struct Walk<'t> {
    haystack: Haystack<'t>,
    at: usize,
    last_end: Option<usize>,
}

impl<'t> Walk<'t> {
    fn new(text: &'t [u8]) -> Self {
        Self {
            haystack: Haystack::new(text),
            at: 0,
            last_end: None,
        }
    }

    /// Finds the next match that counts, given how to search and where what is found is.
    fn next<T>(
        &mut self,
        search: impl Fn(&[u8], usize) -> Option<T>,
        place: impl Fn(&T) -> Range<usize>,
    ) -> Option<T> {
        let text = self.haystack.valid();
        while self.at <= text.len() {
            let found = search(text, self.at);
            let Some(Range { start, end }) = found.as_ref().map(&place) else {
                self.at = text.len() + 1;
                return None;
            };
            let is_empty_here = end == self.at;
            let adjoins = is_empty_here && self.last_end == Some(start);
            self.at = match decode_rune(&text[end..]) {
                _ if !is_empty_here => end,
                Some(rune) => end + rune.width,
                None => end + 1,
            };
            self.last_end = Some(end);
            if !adjoins {
                return found;
            }
        }
        None
    }
}
