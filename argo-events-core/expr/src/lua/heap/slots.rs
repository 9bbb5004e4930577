//! Numbered places for objects of one kind.

#[derive(Debug)]
pub(in crate::lua) struct Slots<T> {
    pub(in crate::lua) items: Vec<T>,
    pub(super) free: Vec<u32>,
    pub(super) marks: Vec<bool>,
    sealed: usize,
}

impl<T> Default for Slots<T> {
    fn default() -> Self {
        Self {
            items: Vec::new(),
            free: Vec::new(),
            marks: Vec::new(),
            sealed: 0,
        }
    }
}

/// How many empty slots are kept for the next run.
const KEPT: usize = 4096;

impl<T: Default> Slots<T> {
    pub(super) fn add(&mut self, item: T) -> u32 {
        if let Some(free) = self.free.pop() {
            self.items[free as usize] = item;
            return free;
        }
        self.items.push(item);
        self.items.len() as u32 - 1
    }

    pub(super) fn seal(&mut self) {
        self.sealed = self.items.len();
    }

    pub(super) fn reset(&mut self) {
        self.items.truncate(self.sealed);
        self.items.shrink_to(self.sealed + KEPT);
        self.free.clear();
        self.free.shrink_to(KEPT);
        self.marks = Vec::new();
    }

    pub(super) fn unmark(&mut self) {
        self.marks.clear();
        self.marks.resize(self.items.len(), false);
    }

    /// Marks an object, and tells whether it was not yet.
    pub(super) fn mark(&mut self, id: u32) -> bool {
        !std::mem::replace(&mut self.marks[id as usize], true)
    }

    /// Empties what is neither marked nor sealed, and gives the sum of what that took.
    pub(super) fn sweep(&mut self, size: impl Fn(&T) -> usize) -> usize {
        let mut is_free = vec![false; self.items.len()];
        for id in &self.free {
            is_free[*id as usize] = true;
        }
        let mut freed = 0;
        for (id, was_free) in is_free.into_iter().enumerate().skip(self.sealed) {
            if !self.marks[id] && !was_free {
                freed += size(&self.items[id]);
                self.items[id] = T::default();
                self.free.push(id as u32);
            }
        }
        freed
    }
}
