//! Handles of single series: an atomic each, to be kept where events are counted.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering::Relaxed},
};

/// A number that only grows. Cloning gives another handle of the same series.
#[derive(Clone, Debug, Default)]
pub struct Counter(Arc<AtomicU64>);

impl Counter {
    /// Adds one.
    pub fn increment(&self) {
        self.add(1);
    }

    /// Adds a number.
    pub fn add(&self, by: u64) {
        self.0.fetch_add(by, Relaxed);
    }

    /// Returns the sum so far.
    pub fn value(&self) -> u64 {
        self.0.load(Relaxed)
    }
}

/// A number that goes up and down. Cloning gives another handle of the same series.
#[derive(Clone, Debug, Default)]
pub struct Gauge(Arc<Float>);

impl Gauge {
    /// Sets the number.
    pub fn set(&self, value: f64) {
        self.0.0.store(value.to_bits(), Relaxed);
    }

    /// Adds to the number; a negative amount takes away.
    pub fn add(&self, by: f64) {
        self.0.add(by);
    }

    /// Returns the number.
    pub fn value(&self) -> f64 {
        self.0.get()
    }
}

/// A count and a sum of observations. Cloning gives another handle of the same series.
#[derive(Clone, Debug, Default)]
pub struct Summary(Arc<Observations>);

#[derive(Debug, Default)]
struct Observations {
    count: AtomicU64,
    sum: Float,
}

impl Summary {
    /// Adds an observation.
    pub fn observe(&self, value: f64) {
        self.0.sum.add(value);
        self.0.count.fetch_add(1, Relaxed);
    }

    /// Returns how many observations there were.
    pub fn count(&self) -> u64 {
        self.0.count.load(Relaxed)
    }

    /// Returns their sum.
    pub fn sum(&self) -> f64 {
        self.0.sum.get()
    }
}

/// A floating-point number kept as its bits; zero is all bits clear.
#[derive(Debug, Default)]
struct Float(AtomicU64);

impl Float {
    fn get(&self) -> f64 {
        f64::from_bits(self.0.load(Relaxed))
    }

    fn add(&self, by: f64) {
        let sum = |bits| Some((f64::from_bits(bits) + by).to_bits());
        // Cannot fail: the closure always gives a value.
        let _ = self.0.fetch_update(Relaxed, Relaxed, sum);
    }
}
