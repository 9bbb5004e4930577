//! What one engine changes when it takes over from another.

use std::fmt;

/// What became of the objects of an engine when another one took over; see
/// [`Running::take_over`](super::Running::take_over).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Changes {
    /// Objects that are new.
    pub added: Vec<String>,
    /// Objects that are described differently now, and were started again.
    pub replaced: Vec<String>,
    /// Objects that are gone, and were stopped.
    pub removed: Vec<String>,
    /// How many objects run on, untouched.
    pub kept: usize,
}

impl Changes {
    /// Tells whether everything runs on, untouched.
    pub fn is_empty(&self) -> bool {
        self.added.is_empty() && self.replaced.is_empty() && self.removed.is_empty()
    }
}

impl fmt::Display for Changes {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lists = [
            ("added", &self.added),
            ("replaced", &self.replaced),
            ("removed", &self.removed),
        ];
        for (what, names) in lists.into_iter().filter(|(_, names)| !names.is_empty()) {
            write!(formatter, "{what} {}; ", names.join(", "))?;
        }
        match self.kept {
            0 => formatter.write_str("nothing else runs"),
            kept => write!(formatter, "{kept} unchanged"),
        }
    }
}

/// What can be compared with what takes its place.
pub(super) trait Described {
    /// Returns what it is called in reports.
    fn title(&self) -> String;

    /// Tells whether the other one takes this one's place.
    fn has_name_of(&self, other: &Self) -> bool;

    /// Tells whether the other one would do exactly the same.
    fn equals(&self, other: &Self) -> bool;
}

/// Objects that run, sorted by what becomes of them.
pub(super) struct Sorted<R, N> {
    /// Run on.
    pub(super) kept: Vec<R>,
    /// Are stopped.
    pub(super) gone: Vec<R>,
    /// Are started.
    pub(super) new: Vec<N>,
}

/// Compares what runs with what shall run, and takes note of it.
pub(super) fn sort<R, N: Described>(
    running: Vec<R>,
    mut wanted: Vec<N>,
    described: impl Fn(&R) -> &N,
    changes: &mut Changes,
) -> Sorted<R, N> {
    let (mut kept, mut gone) = (Vec::new(), Vec::new());
    for object in running {
        let same = |new: &N| new.equals(described(&object));
        match wanted.iter().position(same) {
            Some(same) => {
                wanted.remove(same);
                kept.push(object);
            }
            None => gone.push(object),
        }
    }
    let is_left = |old: &&R| !wanted.iter().any(|new| new.has_name_of(described(old)));
    let left = gone.iter().filter(is_left);
    changes
        .removed
        .extend(left.map(|old| described(old).title()));
    for new in &wanted {
        let replaces = gone.iter().any(|old| new.has_name_of(described(old)));
        let list = if replaces {
            &mut changes.replaced
        } else {
            &mut changes.added
        };
        list.push(new.title());
    }
    changes.kept += kept.len();
    Sorted {
        kept,
        gone,
        new: wanted,
    }
}
