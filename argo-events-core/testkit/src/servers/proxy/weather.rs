//! What a proxy does to its connections at the moment.

use std::{net::SocketAddr, time::Duration};

/// Which way bytes go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// From the client to the server.
    ToServer,
    /// From the server to the client.
    ToClient,
    /// Both ways.
    Both,
}

impl Direction {
    /// Tells whether bytes that go one way are meant.
    fn covers(self, way: Self) -> bool {
        self == Self::Both || self == way
    }
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Weather {
    /// Where new connections go.
    pub(super) target: SocketAddr,
    /// How much later everything arrives.
    pub(super) delay: Duration,
    /// How many bytes go through in a second; 0 is no limit.
    pub(super) rate: u32,
    /// What is kept back.
    pub(super) held: Option<Direction>,
    /// What is thrown away.
    pub(super) swallowed: Option<Direction>,
    /// How often all connections were reset: one ends when this grows.
    pub(super) resets: u64,
}

impl Weather {
    pub(super) fn new(target: SocketAddr) -> Self {
        Self {
            target,
            delay: Duration::ZERO,
            rate: 0,
            held: None,
            swallowed: None,
            resets: 0,
        }
    }

    /// Ends everything that is in the way.
    pub(super) fn clear(&mut self) {
        *self = Self {
            resets: self.resets,
            ..Self::new(self.target)
        };
    }

    /// Tells whether bytes that go one way are kept back.
    pub(super) fn holds(&self, way: Direction) -> bool {
        self.held.is_some_and(|held| held.covers(way))
    }

    /// Tells whether bytes that go one way are thrown away.
    pub(super) fn swallows(&self, way: Direction) -> bool {
        self.swallowed
            .is_some_and(|swallowed| swallowed.covers(way))
    }

    /// Returns how many bytes go through at a time, and how long that takes.
    pub(super) fn piece(&self, bytes: usize) -> (usize, Duration) {
        const PIECES: u32 = 50;
        if self.rate == 0 {
            return (bytes, Duration::ZERO);
        }
        let piece = bytes.min(self.rate.div_ceil(PIECES) as usize);
        let time = Duration::from_secs_f64(piece as f64 / f64::from(self.rate));
        (piece, time)
    }
}
