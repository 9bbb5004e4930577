//! Up to where a shard has observed the bus, per partition, and how that is written.

use argo_events_core::{Error, ErrorKind, Position, Result};
use bytes::{Buf, BufMut, Bytes};
use std::collections::BTreeMap;

/// The highest observed sequence per partition.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Positions(BTreeMap<u32, u64>);

impl Positions {
    /// Notes a delivery; returns whether it is new. A repeat was observed before a crash or a redelivery.
    pub(crate) fn observe(&mut self, position: Position) -> bool {
        let highest = self.0.entry(position.partition).or_insert(0);
        // Sequences begin at 1: a bus without positions says 0, and then nothing is known to be a repeat.
        if position.sequence != 0 && position.sequence <= *highest {
            return false;
        }
        *highest = position.sequence;
        true
    }

    /// Appends the positions: their number, then partition and sequence of each, little-endian.
    pub(crate) fn encode(&self, record: &mut Vec<u8>) {
        record.put_u32_le(u32::try_from(self.0.len()).expect("fewer partitions than 2^32"));
        for (partition, sequence) in &self.0 {
            record.put_u32_le(*partition);
            record.put_u64_le(*sequence);
        }
    }

    /// Takes the positions off the front of a record.
    pub(crate) fn decode(record: &mut Bytes) -> Result<Self> {
        let mut positions = BTreeMap::new();
        let count = record.try_get_u32_le().map_err(|_| cut_short())?;
        for _ in 0..count {
            let partition = record.try_get_u32_le().map_err(|_| cut_short())?;
            let sequence = record.try_get_u64_le().map_err(|_| cut_short())?;
            positions.insert(partition, sequence);
        }
        Ok(Self(positions))
    }
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
    fn positions_survive_a_round_trip() {
        let mut positions = Positions::default();
        positions.observe(at(7));
        positions.observe(Position {
            partition: 3,
            sequence: 9,
        });
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
