//! Up to where a shard has observed the bus, per partition, and how that is written.
//!
//! What is read in order needs one number per partition. What a predecessor left comes in any order,
//! and is remembered one by one, as many as can be on their way.

use argo_events_core::{Error, ErrorKind, Position, Result, fingerprint::fnv1a};
use bytes::{Buf, BufMut, Bytes};
use std::collections::{BTreeMap, VecDeque};

/// Most events that are remembered one by one. Each batch is acknowledged right after its checkpoint, so
/// that few can come again.
const MOST_SINGLE: usize = 2048;

/// What a shard has observed of the bus.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Positions {
    /// The highest observed sequence per partition.
    highest: BTreeMap<u32, u64>,
    /// Sequences that were observed out of order, each with a mark of who observed it.
    single: VecDeque<(u32, u64)>,
}

impl Positions {
    /// Returns the highest observed position of each partition.
    pub(crate) fn highest(&self) -> Vec<Position> {
        let highest = self.highest.iter();
        let position = |(&partition, &sequence)| Position {
            partition,
            sequence,
        };
        highest.map(position).collect()
    }

    /// Notes a delivery that came out of order, for one trigger; returns whether it is new.
    pub(crate) fn observe_single(&mut self, position: Position, trigger: &str) -> bool {
        let entry = (fnv1a(trigger), position.sequence);
        if self.single.contains(&entry) {
            return false;
        }
        if self.single.len() == MOST_SINGLE {
            self.single.pop_front();
        }
        self.single.push_back(entry);
        true
    }

    /// Notes a delivery; returns whether it is new. A repeat was observed before a crash or a redelivery.
    pub(crate) fn observe(&mut self, position: Position) -> bool {
        // What is in order again has nothing behind it that could come once more.
        self.single.clear();
        let highest = self.highest.entry(position.partition).or_insert(0);
        // Sequences begin at 1: a bus without positions says 0, and then nothing is known to be a repeat.
        if position.sequence != 0 && position.sequence <= *highest {
            return false;
        }
        *highest = position.sequence;
        true
    }

    /// Appends the positions: their number, then partition and sequence of each, little-endian; then
    /// the same of those that came out of order.
    pub(crate) fn encode(&self, record: &mut Vec<u8>) {
        put(
            record,
            self.highest.iter().map(|(key, sequence)| (*key, *sequence)),
        );
        put(record, self.single.iter().copied());
    }

    /// Takes the positions off the front of a record.
    pub(crate) fn decode(record: &mut Bytes) -> Result<Self> {
        Ok(Self {
            highest: take(record)?.into_iter().collect(),
            single: take(record)?.into(),
        })
    }
}

fn put(record: &mut Vec<u8>, entries: impl ExactSizeIterator<Item = (u32, u64)>) {
    record.put_u32_le(u32::try_from(entries.len()).expect("fewer entries than 2^32"));
    for (key, sequence) in entries {
        record.put_u32_le(key);
        record.put_u64_le(sequence);
    }
}

fn take(record: &mut Bytes) -> Result<Vec<(u32, u64)>> {
    let mut entries = Vec::new();
    for _ in 0..record.try_get_u32_le().map_err(|_| cut_short())? {
        let key = record.try_get_u32_le().map_err(|_| cut_short())?;
        let sequence = record.try_get_u64_le().map_err(|_| cut_short())?;
        entries.push((key, sequence));
    }
    Ok(entries)
}

fn cut_short() -> Error {
    Error::permanent(
        ErrorKind::PayloadInvalid,
        "a checkpoint ends within its positions",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(sequence: u64) -> Position {
        Position {
            partition: 0,
            sequence,
        }
    }

    #[test]
    fn a_position_seen_before_is_a_repeat() {
        let mut positions = Positions::default();
        assert!(positions.observe(at(5)));
        assert!(!positions.observe(at(5)));
        assert!(!positions.observe(at(4)));
        assert!(positions.observe(at(6)));
    }

    #[test]
    fn out_of_order_only_what_a_trigger_saw_is_a_repeat() {
        let mut positions = Positions::default();
        assert!(positions.observe_single(at(9), "ship"));
        assert!(positions.observe_single(at(4), "ship"));
        assert!(!positions.observe_single(at(9), "ship"));
        assert!(positions.observe_single(at(9), "bill"));
    }

    #[test]
    fn what_is_remembered_one_by_one_is_bounded() {
        let mut positions = Positions::default();
        for sequence in 0..3 * MOST_SINGLE as u64 {
            positions.observe_single(at(sequence), "ship");
        }
        assert_eq!(positions.single.len(), MOST_SINGLE);
    }

    #[test]
    fn positions_survive_a_round_trip() {
        let mut positions = Positions::default();
        positions.observe(at(7));
        positions.observe(Position {
            partition: 3,
            sequence: 9,
        });
        positions.observe_single(at(2), "ship");
        let mut record = Vec::new();
        positions.encode(&mut record);
        record.push(42);
        let mut record = Bytes::from(record);
        assert_eq!(Positions::decode(&mut record).unwrap(), positions);
        assert_eq!(&record[..], [42]);
    }

    #[test]
    fn a_record_that_is_cut_short_is_an_error() {
        let mut record = Bytes::from_static(&[9, 0, 0, 0, 1]);
        assert!(Positions::decode(&mut record).is_err());
    }
}
