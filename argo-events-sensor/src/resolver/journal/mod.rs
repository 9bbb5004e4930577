//! The firings of a trigger that are open: handed out, not yet committed.
//!
//! Found by number at once, in whatever order they are committed, and written to checkpoints only
//! if they are still open by then. Bounded by whoever executes: a lane stops reading at its bound.

mod record;

pub(crate) use record::Changes;

use super::bytes::{Reader, put_count, put_number};
use argo_events_core::{
    Firing, Result,
    resolver::{Held, Shape},
};
use bytes::Bytes;
use std::{collections::VecDeque, sync::Arc};

/// Below so many entries, holes that commits left are not worth a walk.
const FEW: usize = 64;

/// Open firings in the order of their numbers, oldest first.
#[derive(Debug)]
pub(crate) struct Journal {
    shape: Arc<Shape>,
    entries: VecDeque<Entry>,
    open: usize,
    next: u64,
    /// What has a lower number was written by a checkpoint, if it was open then.
    written: u64,
    /// Written before and committed since.
    closed: Vec<u64>,
}

/// A firing, or the hole that it left.
#[derive(Debug)]
struct Entry {
    number: u64,
    held: Option<Arc<[Held]>>,
    /// Names of the trigger's earlier form, for a firing that came from there.
    shape: Option<Arc<Shape>>,
}

impl Journal {
    pub(crate) fn new(shape: Arc<Shape>) -> Self {
        let (next, written) = (1, 1);
        let (entries, closed) = (VecDeque::new(), Vec::new());
        Self {
            shape,
            entries,
            open: 0,
            next,
            written,
            closed,
        }
    }

    pub(crate) fn shape(&self) -> &Arc<Shape> {
        &self.shape
    }

    /// Opens a firing with these events.
    #[inline]
    pub(crate) fn open(&mut self, held: Arc<[Held]>) -> Firing {
        let firing = Firing::new(Arc::clone(&self.shape), Arc::clone(&held)).numbered(self.next);
        self.push(held, None);
        firing
    }

    /// Takes over what records of an earlier form of the trigger left open.
    pub(crate) fn adopt(&mut self, shape: &Arc<Shape>, records: &[Bytes]) -> Result<()> {
        let mut earlier = Self::new(Arc::clone(shape));
        for record in records {
            let mut reader = Reader::new(record);
            if reader.head()? {
                earlier.clear();
            }
            earlier.restore(Changes::read(&mut reader, shape)?);
        }
        for entry in earlier.entries {
            if let Some(held) = entry.held {
                self.push(held, entry.shape.or_else(|| Some(Arc::clone(shape))));
            }
        }
        Ok(())
    }

    #[inline]
    fn push(&mut self, held: Arc<[Held]>, shape: Option<Arc<Shape>>) {
        self.entries.push_back(Entry {
            number: self.next,
            held: Some(held),
            shape,
        });
        self.open += 1;
        self.next += 1;
    }

    /// Closes a firing; one that is not open is not an error.
    #[inline]
    pub(crate) fn close(&mut self, firing: &Firing) {
        let oldest = self.entries.front().and_then(|entry| entry.held.as_ref());
        match oldest.is_some_and(|held| std::ptr::eq(&**held, firing.held())) {
            true => self.close_oldest(),
            false => self.close_any(firing),
        }
    }

    /// Closes what is committed next when firings end in the order in which they began.
    #[inline]
    fn close_oldest(&mut self) {
        let Some(entry) = self.entries.pop_front() else {
            return;
        };
        self.open -= 1;
        self.note_closed(entry.number);
        if self
            .entries
            .front()
            .is_some_and(|entry| entry.held.is_none())
        {
            self.drop_holes();
        }
    }

    fn close_any(&mut self, firing: &Firing) {
        let expected = self.find(firing.number()).filter(|at| self.is(*at, firing));
        let Some(at) = expected.or_else(|| self.search(firing)) else {
            return;
        };
        let number = self.entries[at].number;
        self.remove(at);
        self.note_closed(number);
    }

    #[inline]
    fn note_closed(&mut self, number: u64) {
        if number < self.written {
            self.closed.push(number);
        }
    }

    /// Finds an entry by number: where it lies if nothing was cut out, or else by halving.
    fn find(&self, number: u64) -> Option<usize> {
        let first = self.entries.front()?.number;
        let guess = usize::try_from(number.checked_sub(first)?).ok()?;
        match self.entries.get(guess) {
            Some(entry) if entry.number == number => Some(guess),
            _ => self
                .entries
                .binary_search_by_key(&number, |entry| entry.number)
                .ok(),
        }
    }

    fn is(&self, at: usize, firing: &Firing) -> bool {
        match &self.entries[at].held {
            Some(held) if std::ptr::eq(&**held, firing.held()) => true,
            Some(_) => self
                .firing(&self.entries[at])
                .is_some_and(|open| open.is(firing)),
            None => false,
        }
    }

    /// Looks through everything, for a firing that somebody built anew.
    fn search(&self, firing: &Firing) -> Option<usize> {
        (0..self.entries.len()).find(|at| self.is(*at, firing))
    }

    fn remove(&mut self, at: usize) {
        let entry = &mut self.entries[at];
        (entry.held, entry.shape) = (None, None);
        self.open -= 1;
        self.drop_holes();
    }

    fn drop_holes(&mut self) {
        while self
            .entries
            .front()
            .is_some_and(|entry| entry.held.is_none())
        {
            self.entries.pop_front();
        }
        if self.entries.len() > FEW.max(self.open * 2) {
            self.entries.retain(|entry| entry.held.is_some());
        }
    }

    /// Returns the open firings, oldest first.
    pub(crate) fn firings(&self) -> impl Iterator<Item = Firing> {
        self.entries.iter().filter_map(|entry| self.firing(entry))
    }

    fn firing(&self, entry: &Entry) -> Option<Firing> {
        let shape = entry.shape.as_ref().unwrap_or(&self.shape);
        let held = entry.held.as_ref()?;
        Some(Firing::new(Arc::clone(shape), Arc::clone(held)).numbered(entry.number))
    }

    /// Tells whether a checkpoint would have something to write.
    pub(crate) fn changed(&self) -> bool {
        !self.closed.is_empty() || self.unwritten().next().is_some()
    }

    fn unwritten(&self) -> impl Iterator<Item = &Entry> {
        let newest = self.entries.iter().rev();
        newest
            .take_while(|entry| entry.number >= self.written)
            .filter(|entry| entry.held.is_some())
    }

    /// Appends what was closed and opened since the last time.
    pub(crate) fn write_changes(&mut self, out: &mut Vec<u8>) {
        put_count(out, self.closed.len());
        for number in self.closed.drain(..) {
            put_number(out, number);
        }
        put_count(out, self.unwritten().count());
        let from = self
            .entries
            .partition_point(|entry| entry.number < self.written);
        for entry in self.entries.range(from..) {
            record::write(entry, out);
        }
        self.written = self.next;
    }

    /// Appends everything that is open.
    pub(crate) fn write_all(&mut self, out: &mut Vec<u8>) {
        self.closed.clear();
        put_count(out, 0);
        put_count(out, self.open);
        for entry in &self.entries {
            record::write(entry, out);
        }
        self.written = self.next;
    }

    /// Applies what a record said.
    pub(crate) fn restore(&mut self, changes: Changes) {
        for number in changes.closed {
            if let Some(at) = self
                .find(number)
                .filter(|at| self.entries[*at].held.is_some())
            {
                self.remove(at);
            }
        }
        for opened in changes.opened {
            self.next = self.next.max(opened.number.saturating_add(1));
            self.insert(opened);
        }
        self.written = self.next;
        self.closed.clear();
    }

    fn insert(&mut self, entry: Entry) {
        match self
            .entries
            .binary_search_by_key(&entry.number, |entry| entry.number)
        {
            Ok(at) => {
                self.open += usize::from(self.entries[at].held.is_none());
                self.entries[at] = entry;
            }
            Err(at) => {
                self.entries.insert(at, entry);
                self.open += 1;
            }
        }
    }

    /// Forgets everything, before a snapshot is applied.
    pub(crate) fn clear(&mut self) {
        *self = Self::new(Arc::clone(&self.shape));
    }
}
