//! What becomes of keys apart from their events: windows that end, limits, resets, records.

use super::{
    super::bytes::put_count,
    Join,
    group::{Taken, Waiting},
    record::{self, KeyRecord},
};
use argo_events_core::{Firing, Timestamp, api::JoinOnExpire};

impl Join {
    /// Tells whether a key's window ended at a time or before.
    pub(super) fn is_over(&self, slot: u32, at: Timestamp) -> bool {
        let started = self.keys.get(slot).turn.started;
        self.settings
            .within
            .is_some_and(|within| at >= started + within)
    }

    pub(super) fn expire(&mut self, slot: u32, firings: &mut Vec<Firing>) {
        self.losses.expired += 1;
        self.end(slot, firings);
    }

    /// Lets the oldest key give way, as if its window had ended.
    pub(super) fn evict(&mut self, firings: &mut Vec<Firing>) {
        if let Some(slot) = self.keys.oldest() {
            self.losses.evicted += 1;
            self.end(slot, firings);
        }
    }

    pub(super) fn end(&mut self, slot: u32, firings: &mut Vec<Firing>) {
        match self.settings.on_expire {
            JoinOnExpire::Fire => self.fire(slot, firings),
            JoinOnExpire::Drop => self.drop_key(slot),
        }
    }

    pub(super) fn drop_key(&mut self, slot: u32) {
        let group = &mut self.keys.get_mut(slot).group;
        self.events -= group.len();
        group.clear();
        self.keys.remove(slot);
    }

    /// Removes events wherever they wait, and the keys under which nothing is left.
    pub(super) fn remove_where(&mut self, unwanted: impl Fn(&Waiting) -> bool) {
        for slot in self.keys.all() {
            let key = self.keys.get_mut(slot);
            let before = key.group.len();
            if !key.group.remove_where(&unwanted, &self.quotas) {
                continue;
            }
            self.events -= before - key.group.len();
            match key.group.earliest() {
                Some(earliest) => {
                    self.keys.restart(slot, earliest);
                    self.keys.touch(slot);
                }
                None => self.keys.remove(slot),
            }
        }
    }

    pub(super) fn write(&mut self, removed: &[Box<[u8]>], slots: &[u32], out: &mut Vec<u8>) {
        record::put_orders(out, &self.orders);
        record::put_removed(out, removed);
        put_count(out, slots.len());
        for slot in slots {
            let key = self.keys.get_mut(*slot);
            record::put_key(out, key);
            key.stored = true;
            key.group.mark_stored(true);
        }
        self.reset_stored = self.orders.reset;
        self.orders.forgotten.clear();
    }

    pub(super) fn restore_key(&mut self, record: KeyRecord) {
        let KeyRecord {
            text,
            number,
            started,
            added,
        } = record;
        let hash = self.keys.hash(&text);
        let slot = match self.keys.find(hash, &text) {
            Some(slot) => slot,
            None => self.keys.insert(hash, &text, started, Some(number)),
        };
        for waiting in added {
            let quota = self.quotas[usize::from(waiting.dependency)];
            let taken = self.keys.get_mut(slot).group.add(waiting, quota);
            self.events += usize::from(taken == Taken::Added);
        }
        self.keys.restart(slot, started);
        self.keys.get_mut(slot).stored = true;
        if self.keys.get(slot).group.is_empty() {
            self.keys.remove(slot);
        }
    }
}
