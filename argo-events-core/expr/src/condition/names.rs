//! The names of a sensor's dependencies, and how conditions refer to them.

use super::{ErrorKind, token::is_name_character};
use crate::suggest::nearest;
use std::{borrow::Cow, collections::HashMap};

/// The dependencies of a sensor by name.
#[derive(Debug)]
pub(super) struct Names<'a> {
    names: Vec<&'a str>,
    by_name: HashMap<&'a str, usize>,
    by_key: HashMap<Cow<'a, str>, Entry>,
}

/// The dependencies that a text refers to with one key.
#[derive(Clone, Copy, Debug)]
struct Entry {
    /// The last one.
    last: usize,
    /// One of another name, if there is any.
    other: Option<usize>,
}

impl<'a> Names<'a> {
    pub(super) fn new<N: AsRef<str>>(dependencies: &'a [N]) -> Self {
        let names: Vec<&str> = dependencies.iter().map(AsRef::as_ref).collect();
        let mut by_key = HashMap::<_, Entry>::with_capacity(names.len());
        for (last, name) in names.iter().enumerate() {
            let entry = by_key
                .entry(key(name))
                .or_insert(Entry { last, other: None });
            if names[entry.last] != *name {
                entry.other = Some(entry.last);
            }
            entry.last = last;
        }
        let by_name = names.iter().copied().zip(0..).collect();
        Self {
            names,
            by_name,
            by_key,
        }
    }

    pub(super) fn name(&self, index: usize) -> &'a str {
        self.names[index]
    }

    /// Returns every dependency in its order, the last of each name.
    pub(super) fn all(&self) -> Result<Vec<usize>, ErrorKind> {
        self.names.iter().map(|name| self.exactly(name)).collect()
    }

    /// Finds the dependency that a name in a condition means: `-` and `_` are the same there.
    pub(super) fn find(&self, name: &str) -> Result<usize, ErrorKind> {
        let Some(entry) = self.by_key.get(&key(name)) else {
            return Err(self.unknown(name));
        };
        if let Some(other) = entry.other {
            return Err(ErrorKind::Ambiguous {
                name: name.to_owned(),
                one: self.names[other].to_owned(),
                other: self.names[entry.last].to_owned(),
            });
        }
        self.usable(entry.last)
    }

    /// Finds the dependency that a name in quotes means: in quotes, `-` is read as `_`, and then
    /// it is the name exactly.
    pub(super) fn find_quoted(&self, name: &str) -> Result<usize, ErrorKind> {
        self.exactly(&key(name)).map_err(|_| match self.find(name) {
            Ok(_) => ErrorKind::Quoted {
                name: name.to_owned(),
            },
            Err(kind) => kind,
        })
    }

    fn exactly(&self, name: &str) -> Result<usize, ErrorKind> {
        match self.by_name.get(name) {
            Some(index) => self.usable(*index),
            None => Err(self.unknown(name)),
        }
    }

    fn usable(&self, index: usize) -> Result<usize, ErrorKind> {
        let name = self.names[index];
        let letter_first = name.chars().next().is_some_and(char::is_alphabetic);
        if letter_first && name.chars().all(is_name_character) {
            Ok(index)
        } else {
            Err(ErrorKind::Name {
                name: name.to_owned(),
            })
        }
    }

    fn unknown(&self, name: &str) -> ErrorKind {
        ErrorKind::Unknown {
            name: name.to_owned(),
            nearest: nearest(name, &self.names).map(ToOwned::to_owned),
        }
    }
}

/// Returns what two names have in common that mean the same in a condition.
fn key(name: &str) -> Cow<'_, str> {
    if name.contains('-') {
        Cow::Owned(name.replace('-', "_"))
    } else {
        Cow::Borrowed(name)
    }
}
