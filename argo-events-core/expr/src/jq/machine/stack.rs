//! A stack that alternatives share: what lies below the limit stays for those who come back.

/// A place on a stack, counted from 1, or 0 on an empty one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Top(usize);

/// What an alternative needs to come back.
#[derive(Clone, Copy, Debug)]
pub(super) struct Saved {
    top: Top,
    limit: Top,
}

#[derive(Debug)]
struct Entry<T> {
    value: T,
    below: Top,
}

/// Values on top of each other; those that alternatives saved are kept.
#[derive(Debug)]
pub(super) struct Stack<T> {
    entries: Vec<Entry<T>>,
    top: Top,
    limit: Top,
}

impl<T> Default for Stack<T> {
    fn default() -> Self {
        Self {
            entries: Vec::new(),
            top: Top::default(),
            limit: Top::default(),
        }
    }
}

impl<T: Clone> Stack<T> {
    pub(super) fn clear(&mut self) {
        self.entries.clear();
        (self.top, self.limit) = (Top::default(), Top::default());
    }

    /// Tells how many entries there are, saved ones included.
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(super) fn top(&self) -> Top {
        self.top
    }

    pub(super) fn set_top(&mut self, top: Top) {
        self.top = top;
    }

    /// Tells whether the top lies above what alternatives saved.
    pub(super) fn is_above_limit(&self) -> bool {
        self.top > self.limit
    }

    pub(super) fn is_empty(&self) -> bool {
        self.top == Top::default()
    }

    #[inline(always)]
    pub(super) fn push(&mut self, value: T) {
        self.drop_above();
        let below = self.top;
        self.entries.push(Entry { value, below });
        self.top = Top(self.entries.len());
    }

    #[inline]
    pub(super) fn pop(&mut self) -> Option<T> {
        // Only what no alternative saved, and what nothing lies above, may be moved out.
        if self.top > self.limit && self.top.0 == self.entries.len() {
            let entry = self.entries.pop()?;
            self.top = entry.below;
            return Some(entry.value);
        }
        let entry = self.entries.get(self.top.0.checked_sub(1)?)?;
        self.top = entry.below;
        Some(entry.value.clone())
    }

    /// Takes the top off without looking at it.
    #[inline]
    pub(super) fn drop_top(&mut self) {
        if self.top > self.limit && self.top.0 == self.entries.len() {
            self.top = self.entries.pop().map_or(self.top, |entry| entry.below);
        } else {
            self.top = self.below(self.top);
        }
    }

    /// Gives the place below another one.
    #[inline]
    pub(super) fn below(&self, place: Top) -> Top {
        let entry = place.0.checked_sub(1).and_then(|at| self.entries.get(at));
        entry.map_or(Top::default(), |entry| entry.below)
    }

    #[inline]
    pub(super) fn peek(&self) -> Option<&T> {
        self.get(self.top)
    }

    #[inline]
    pub(super) fn get(&self, place: Top) -> Option<&T> {
        let entry = self.entries.get(place.0.checked_sub(1)?)?;
        Some(&entry.value)
    }

    pub(super) fn save(&mut self) -> Saved {
        let saved = Saved {
            top: self.top,
            limit: self.limit,
        };
        self.limit = self.limit.max(self.top);
        saved
    }

    pub(super) fn restore(&mut self, saved: Saved) {
        (self.top, self.limit) = (saved.top, saved.limit);
        self.drop_above();
    }

    /// Drops what nobody can come back to.
    #[inline]
    fn drop_above(&mut self) {
        let Top(kept) = self.top.max(self.limit);
        // Mostly there is nothing, which is cheaper to see than to drop.
        if kept < self.entries.len() {
            self.entries.truncate(kept);
        }
    }

    pub(super) fn values(&self) -> impl Iterator<Item = &T> {
        self.entries.iter().map(|entry| &entry.value)
    }
}
