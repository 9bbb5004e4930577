//! The rules of a subscription, as plain data: what comes next, what comes again, how far the group is.
//!
//! No lock, no thread, no clock: callers say what time it is. Each record that is read gets a *ticket*,
//! in the order of reading; a ticket whose partition went to somebody else is void, and settling it
//! changes nothing.

mod leftovers;

use super::{
    lane::{Lane, Progress},
    settled::Ranges,
};
use crate::spread::Spread;
use argo_events_core::{Event, Timestamp};
use leftovers::Leftovers;
use std::{
    collections::{BTreeMap, BTreeSet, HashMap, VecDeque},
    hash::BuildHasherDefault,
    sync::Arc,
    time::Duration,
};
use tokio::time::Instant;

/// Names a record that was read.
pub(super) type Ticket = u64;

/// A record that the subscription wants.
#[derive(Clone, Debug)]
pub(super) struct Record {
    pub(super) partition: i32,
    pub(super) offset: i64,
    pub(super) arrived_at: Timestamp,
    pub(super) event: Arc<Event>,
    /// About how many bytes it takes.
    pub(super) weight: usize,
}

/// A record that is handed out.
#[derive(Clone, Debug)]
pub(super) struct Handed {
    pub(super) ticket: Ticket,
    pub(super) attempt: u32,
    pub(super) record: Record,
}

/// What [`Desk::take`] found.
#[derive(Debug)]
pub(super) enum Taken {
    /// These; never empty.
    Some(Vec<Handed>),
    /// Nothing now; something may come back at this time.
    Nothing(Option<Instant>),
    /// The subscription has ended.
    Ended,
}

#[derive(Debug)]
struct Entry {
    record: Record,
    attempt: u32,
    /// Until when its holder may be silent; `None` if nobody holds it.
    until: Option<Instant>,
}

/// How a subscription wants to be served.
#[derive(Clone, Copy, Debug)]
pub(super) struct Terms {
    pub(super) most: usize,
    pub(super) ack_wait: Duration,
    /// Nothing overtakes what comes again.
    pub(super) is_strict: bool,
}

/// What a subscription still has to do.
#[derive(Debug)]
pub(super) struct Desk {
    terms: Terms,
    lanes: BTreeMap<i32, Lane>,
    leftovers: Leftovers,
    /// Partitions of which nothing is handed out any more.
    withdrawn: BTreeSet<i32>,
    fresh: VecDeque<(Ticket, Record)>,
    weight: usize,
    entries: HashMap<Ticket, Entry, BuildHasherDefault<Spread>>,
    ready: BTreeSet<Ticket>,
    delayed: BTreeMap<Ticket, Instant>,
    held: usize,
    last_ticket: Ticket,
    /// No deadline lies before this.
    earliest: Option<Instant>,
    ended: bool,
    closed: bool,
}

impl Desk {
    /// How many records, and how many bytes of them, wait to be handed out.
    const BOUND: (usize, usize) = (4096, 16 * 1024 * 1024);

    /// Makes the desk of a subscription that has no partition yet.
    pub(super) fn new(terms: Terms) -> Self {
        Self {
            terms,
            lanes: BTreeMap::new(),
            leftovers: Leftovers::default(),
            withdrawn: BTreeSet::new(),
            fresh: VecDeque::new(),
            weight: 0,
            entries: HashMap::default(),
            ready: BTreeSet::new(),
            delayed: BTreeMap::new(),
            held: 0,
            last_ticket: 0,
            earliest: None,
            ended: false,
            closed: false,
        }
    }

    /// Takes a partition over, with what is settled in it beyond the position.
    pub(super) fn assign(&mut self, partition: i32, beyond: Ranges) {
        self.withdrawn.remove(&partition);
        self.lanes.insert(partition, Lane::new(beyond));
    }

    /// Passes over a record that the subscription does not want.
    pub(super) fn skip(&mut self, partition: i32, offset: i64) {
        if let Some(lane) = self.reading(partition) {
            lane.skip(offset);
        }
    }

    /// Returns the lane of a partition that stays.
    fn reading(&mut self, partition: i32) -> Option<&mut Lane> {
        let stays = !self.withdrawn.contains(&partition);
        self.lanes.get_mut(&partition).filter(|_| stays)
    }

    /// Tells whether a record was settled in an earlier life.
    pub(super) fn is_settled(&self, partition: i32, offset: i64) -> bool {
        let lane = self.lanes.get(&partition);
        lane.is_none_or(|lane| lane.is_settled(offset))
    }

    /// Takes a record in; tells whether a reader may wait for it.
    pub(super) fn push(&mut self, record: Record) -> bool {
        let Some(lane) = self.reading(record.partition) else {
            return false;
        };
        lane.open(record.offset);
        self.last_ticket += 1;
        self.weight += record.weight;
        self.fresh.push_back((self.last_ticket, record));
        self.fresh.len() == 1
    }

    /// Tells whether there is room for more records.
    pub(super) fn has_room(&self) -> bool {
        self.fresh.len() < Self::BOUND.0 && self.weight < Self::BOUND.1
    }

    /// Ends the deliveries.
    pub(super) fn end(&mut self) {
        self.ended = true;
    }

    /// Ends the deliveries, and waits for none that are in hand.
    pub(super) fn close(&mut self) {
        (self.ended, self.closed) = (true, true);
    }

    /// Tells whether nobody waits for deliveries in hand any more.
    pub(super) fn is_closed(&self) -> bool {
        self.closed
    }

    /// Tells whether deliveries have ended.
    pub(super) fn has_ended(&self) -> bool {
        self.ended
    }

    /// Hands out what comes again, then what is fresh, up to `most` and to the subscription's bound.
    pub(super) fn take(&mut self, most: usize, now: Instant) -> Taken {
        if self.ended {
            return Taken::Ended;
        }
        self.expire(now);
        let room = self.terms.most.saturating_sub(self.held).min(most.max(1));
        let until = now + self.terms.ack_wait;
        let handed: Vec<_> = (0..room).map_while(|_| self.hand_out(until)).collect();
        if handed.is_empty() {
            return Taken::Nothing(self.earliest);
        }
        self.expect_at(until);
        Taken::Some(handed)
    }

    fn hand_out(&mut self, until: Instant) -> Option<Handed> {
        if let Some(ticket) = self.first_ready() {
            return self.hand_out_again(ticket, until);
        }
        if self.terms.is_strict && !(self.ready.is_empty() && self.delayed.is_empty()) {
            return None;
        }
        let (ticket, record) = self.fresh.pop_front()?;
        self.weight -= record.weight;
        self.held += 1;
        let attempt = self.leftovers.attempt(&record);
        let entry = Entry {
            record: record.clone(),
            attempt,
            until: Some(until),
        };
        self.entries.insert(ticket, entry);
        Some(Handed {
            ticket,
            attempt,
            record,
        })
    }

    /// Returns the oldest that may come again; in strict order not before an older one that may not.
    fn first_ready(&self) -> Option<Ticket> {
        let ready = *self.ready.first()?;
        let waits = self
            .delayed
            .keys()
            .next()
            .is_some_and(|delayed| *delayed < ready);
        (!(self.terms.is_strict && waits)).then_some(ready)
    }

    fn hand_out_again(&mut self, ticket: Ticket, until: Instant) -> Option<Handed> {
        self.ready.remove(&ticket);
        let entry = self.entries.get_mut(&ticket)?;
        entry.attempt = entry.attempt.saturating_add(1);
        entry.until = Some(until);
        self.held += 1;
        Some(Handed {
            ticket,
            attempt: entry.attempt,
            record: entry.record.clone(),
        })
    }

    /// Settles a record for good, whichever attempt says so: the work is done.
    pub(super) fn finish(&mut self, ticket: Ticket) {
        let Some(entry) = self.entries.remove(&ticket) else {
            return;
        };
        self.let_go(ticket, entry.until.is_some());
        if let Some(lane) = self.lanes.get_mut(&entry.record.partition) {
            lane.settle(entry.record.offset);
        }
    }

    /// Forgets where a ticket stands.
    fn let_go(&mut self, ticket: Ticket, is_handed: bool) {
        let was_delayed = self.delayed.remove(&ticket).is_some();
        self.ready.remove(&ticket);
        if is_handed || was_delayed {
            self.held -= 1;
        }
    }

    /// Takes a record back that was not settled. Only the newest attempt has a say.
    pub(super) fn give_back(&mut self, ticket: Ticket, attempt: u32) {
        if let Some(entry) = self.handed(ticket, attempt) {
            entry.until = None;
            self.held -= 1;
            self.make_ready(ticket);
        }
    }

    /// Lets a record come again: here, or with whoever gets its partition.
    fn make_ready(&mut self, ticket: Ticket) {
        if self.is_withdrawn(ticket) {
            self.abandon(ticket);
        } else {
            self.ready.insert(ticket);
        }
    }

    /// Makes a ticket void that was handed out and not settled.
    fn abandon(&mut self, ticket: Ticket) {
        if let Some(entry) = self.entries.remove(&ticket) {
            self.let_go(ticket, entry.until.is_some());
            self.leftovers.note(&entry.record, entry.attempt);
        }
    }

    fn is_withdrawn(&self, ticket: Ticket) -> bool {
        let entry = self.entries.get(&ticket);
        entry.is_some_and(|entry| self.withdrawn.contains(&entry.record.partition))
    }

    /// Takes a record back until a time has come; until then it counts as unsettled.
    pub(super) fn delay(&mut self, ticket: Ticket, attempt: u32, until: Instant) {
        if self.is_withdrawn(ticket) {
            return self.give_back(ticket, attempt);
        }
        if let Some(entry) = self.handed(ticket, attempt) {
            entry.until = None;
            self.delayed.insert(ticket, until);
            self.expect_at(until);
        }
    }

    /// Notes a sign of life. Only the newest attempt has a say.
    pub(super) fn keep_alive(&mut self, ticket: Ticket, attempt: u32, now: Instant) {
        let until = now + self.terms.ack_wait;
        if let Some(entry) = self.handed(ticket, attempt) {
            entry.until = Some(until);
        }
    }

    fn handed(&mut self, ticket: Ticket, attempt: u32) -> Option<&mut Entry> {
        let entry = self.entries.get_mut(&ticket)?;
        (entry.attempt == attempt && entry.until.is_some()).then_some(entry)
    }

    /// Makes everything ready whose time has come. Looks at all entries, but only when a deadline
    /// passes, which with prompt readers is once in an ack wait.
    fn expire(&mut self, now: Instant) {
        if self.earliest.is_none_or(|earliest| now < earliest) {
            return;
        }
        let mut earliest = None;
        let due = |until: Instant, earliest: &mut Option<Instant>| {
            let is_due = until <= now;
            if !is_due {
                *earliest = Some(earliest.map_or(until, |earliest: Instant| earliest.min(until)));
            }
            is_due
        };
        let mut ended = Vec::new();
        for (ticket, entry) in &mut self.entries {
            if entry.until.is_some_and(|until| due(until, &mut earliest)) {
                entry.until = None;
                ended.push(*ticket);
            }
        }
        self.delayed.retain(|ticket, until| {
            let is_due = due(*until, &mut earliest);
            if is_due {
                ended.push(*ticket);
            }
            !is_due
        });
        self.earliest = earliest;
        self.held -= ended.len();
        ended.into_iter().for_each(|ticket| self.make_ready(ticket));
    }

    fn expect_at(&mut self, deadline: Instant) {
        let earliest = self.earliest.map_or(deadline, |it| it.min(deadline));
        self.earliest = Some(earliest);
    }

    /// Hands nothing more out of partitions that go to somebody else, also not what is given back from
    /// now on. What is in hand may be settled.
    pub(super) fn withdraw(&mut self, partitions: &[i32]) {
        self.withdrawn.extend(partitions);
        let goes = |record: &Record| partitions.contains(&record.partition);
        self.fresh.retain(|(_, record)| !goes(record));
        self.weight = self.fresh.iter().map(|(_, record)| record.weight).sum();
        self.abandon_all(|entry| entry.until.is_none() && goes(&entry.record));
    }

    fn abandon_all(&mut self, is_meant: impl Fn(&Entry) -> bool) {
        let meant = self.entries.iter().filter(|(_, entry)| is_meant(entry));
        let tickets: Vec<_> = meant.map(|(ticket, _)| *ticket).collect();
        tickets.into_iter().for_each(|ticket| self.abandon(ticket));
    }

    /// Tells whether anything of partitions is in hand.
    pub(super) fn is_in_hand(&self, partitions: &[i32]) -> bool {
        let mut entries = self.entries.values();
        entries.any(|entry| entry.until.is_some() && partitions.contains(&entry.record.partition))
    }

    /// Lets partitions go; their tickets are void from now on.
    pub(super) fn revoke(&mut self, partitions: &[i32]) {
        self.withdraw(partitions);
        self.abandon_all(|entry| partitions.contains(&entry.record.partition));
        self.lanes
            .retain(|partition, _| !partitions.contains(partition));
        self.withdrawn
            .retain(|partition| !partitions.contains(partition));
    }

    /// Returns partitions of which no more should be read until something is settled in them.
    pub(super) fn stretched(&self) -> BTreeSet<i32> {
        let stretched = self.lanes.iter().filter(|(_, lane)| lane.is_stretched());
        stretched.map(|(partition, _)| *partition).collect()
    }

    /// Returns the partitions that are read.
    pub(super) fn partitions(&self) -> Vec<i32> {
        self.lanes.keys().copied().collect()
    }

    /// Returns how many records are not settled up to the ends of partitions.
    pub(super) fn lag(&self, ends: &[(i32, i64)]) -> u64 {
        let behind = |(partition, end): &(i32, i64)| self.lanes.get(partition)?.lag(*end);
        ends.iter().filter_map(behind).sum()
    }

    /// Returns what moved since it was last asked.
    pub(super) fn take_progress(&mut self) -> Vec<Progress> {
        let lanes = self.lanes.iter_mut();
        lanes
            .filter_map(|(partition, lane)| lane.take_progress(*partition))
            .collect()
    }

    /// Notes that what was taken to be committed was not.
    pub(super) fn progress_was_lost(&mut self) {
        self.lanes.values_mut().for_each(Lane::touch);
    }
}

#[cfg(test)]
mod tests;
