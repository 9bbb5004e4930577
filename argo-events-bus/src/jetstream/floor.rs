//! Up to where a group has settled everything, so that a consumer that vanishes is made anew there.
//!
//! The server knows it best, but is not asked with every event. A reader that sees every delivery of
//! its consumer knows as well; one that shares a consumer relies on what the server said last.

use super::{api::ConsumerInfo, consumer::first};
use std::collections::BTreeSet;

/// What is known of a consumer's progress.
#[derive(Debug, Default)]
pub(super) struct Floor {
    /// Stream sequence up to which the server said that all is settled.
    stated: u64,
    /// Highest stream sequence that was delivered here.
    highest: u64,
    /// Last delivery of the consumer that was seen here.
    last_delivery: u64,
    /// Delivered here and not settled.
    unsettled: BTreeSet<u64>,
    /// Whether this reader sees every delivery.
    is_alone: bool,
    /// First sequence of the group, once the server has told.
    first: Option<u64>,
}

impl Floor {
    /// Takes over what the server says.
    pub(super) fn state(&mut self, info: &ConsumerInfo) {
        self.stated = info.ack_floor.stream_seq;
        self.highest = self.highest.max(info.delivered.stream_seq);
        self.last_delivery = info.delivered.consumer_seq;
        self.first = Some(first(&info.config));
        // What another reader of the group has settled by now.
        self.unsettled = self.unsettled.split_off(&(self.stated + 1));
        self.is_alone = u64::try_from(self.unsettled.len()) == Ok(info.num_ack_pending);
    }

    /// Begins anew on another stream, or behind a position.
    pub(super) fn reset(&mut self, settled: u64) {
        *self = Self {
            stated: settled,
            highest: settled,
            is_alone: true,
            ..Self::default()
        };
    }

    /// Returns the first sequence of the group, if it is known.
    pub(super) fn first(&self) -> Option<u64> {
        self.first
    }

    /// Notes a delivery.
    pub(super) fn deliver(&mut self, stream: u64, consumer: u64) {
        if consumer > self.last_delivery {
            self.is_alone &= consumer == self.last_delivery + 1;
            self.last_delivery = consumer;
        }
        self.highest = self.highest.max(stream);
        self.unsettled.insert(stream);
    }

    /// Notes a settlement after which the event does not come again.
    pub(super) fn settle(&mut self, stream: u64) {
        self.unsettled.remove(&stream);
    }

    /// Tells whether the server has to be asked to know.
    pub(super) fn is_vague(&self) -> bool {
        !self.is_alone
    }

    /// Returns the stream sequence up to which everything is settled, as far as is known.
    pub(super) fn settled(&self) -> u64 {
        if !self.is_alone {
            return self.stated;
        }
        let below = self
            .unsettled
            .first()
            .map_or(self.highest, |first| first - 1);
        below.max(self.stated)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reader_that_sees_everything_knows_the_floor() {
        let mut floor = Floor::default();
        floor.reset(4);
        assert_eq!(floor.settled(), 4);
        for (stream, consumer) in [(5, 1), (7, 2), (9, 3)] {
            floor.deliver(stream, consumer);
        }
        floor.settle(7);
        assert_eq!(floor.settled(), 4);
        floor.settle(5);
        assert_eq!(floor.settled(), 8);
        floor.settle(9);
        assert_eq!(floor.settled(), 9);
    }

    #[test]
    fn a_reader_that_shares_a_consumer_trusts_the_server_only() {
        let mut floor = Floor::default();
        floor.reset(0);
        floor.deliver(1, 1);
        floor.deliver(3, 3);
        floor.settle(1);
        floor.settle(3);
        assert_eq!((floor.settled(), floor.is_vague()), (0, true));
    }
}
