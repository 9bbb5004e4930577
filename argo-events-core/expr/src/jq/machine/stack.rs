//! A stack that alternatives share: what lies below the limit stays for those who come back.

/// A place on a stack, or nothing on an empty one.
pub(super) type Top = Option<usize>;

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
            top: None,
            limit: None,
        }
    }
}

impl<T: Clone> Stack<T> {
    pub(super) fn clear(&mut self) {
        self.entries.clear();
        (self.top, self.limit) = (None, None);
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
        self.top.is_none()
    }

    pub(super) fn push(&mut self, value: T) {
        let place = self.top.max(self.limit).map_or(0, |place| place + 1);
        self.entries.truncate(place);
        let below = self.top;
        self.entries.push(Entry { value, below });
        self.top = Some(place);
    }

    pub(super) fn pop(&mut self) -> Option<T> {
        let place = self.top?;
        // Only what no alternative saved, and what nothing lies above, may be moved out.
        if self.top > self.limit && place + 1 == self.entries.len() {
            let entry = self.entries.pop()?;
            self.top = entry.below;
            return Some(entry.value);
        }
        let entry = self.entries.get(place)?;
        self.top = entry.below;
        Some(entry.value.clone())
    }

    pub(super) fn peek(&self) -> Option<&T> {
        self.get(self.top?)
    }

    pub(super) fn get(&self, place: usize) -> Option<&T> {
        self.entries.get(place).map(|entry| &entry.value)
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
        let kept = self.top.max(self.limit).map_or(0, |place| place + 1);
        self.entries.truncate(kept);
    }

    pub(super) fn values(&self) -> impl Iterator<Item = &T> {
        self.entries.iter().map(|entry| &entry.value)
    }
}
