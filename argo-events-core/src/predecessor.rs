//! What another implementation of Argo Events left on a bus for a sensor, and how it is read.
//!
//! The reference keeps one consumer per trigger and subject, and half-met conditions in a key–value
//! bucket. A bus that can find them gives them out here; what they mean is known to the sensor, which
//! takes them over once and then reads the bus in its own lanes. Buses that the reference does not
//! know have no predecessor.

use crate::{Deliveries, Position, Result, StateStore, Subject};
use async_trait::async_trait;
use std::sync::Arc;

/// A consumer that has a name of its own on the bus, and reads one subject.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NamedConsumer {
    /// The name.
    pub name: String,
    /// What it reads.
    pub subject: Subject,
}

impl NamedConsumer {
    /// Makes the description of a consumer.
    ///
    /// ```
    /// use argo_events_core::{Subject, predecessor::NamedConsumer};
    ///
    /// let consumer = NamedConsumer::new("group-1965289495", Subject::new("shop", "paid"));
    /// assert_eq!(consumer.subject.to_string(), "shop/paid");
    /// ```
    pub fn new(name: impl Into<String>, subject: Subject) -> Self {
        Self {
            name: name.into(),
            subject,
        }
    }
}

/// What another implementation left for one sensor.
///
/// # Behavior
/// - Nothing is changed by looking: consumers and keys stay as they are until the sensor says otherwise.
/// - A consumer that does not exist, or that reads another subject, has left nothing.
#[async_trait]
pub trait Predecessor: Send + Sync {
    /// Returns its key–value bucket, under its own keys.
    fn state(&self) -> Arc<dyn StateStore>;

    /// Reads what consumers left unsettled of the events before the group's first one.
    ///
    /// Ends, with `None`, when nothing is left: every event before the group's first one was settled
    /// by all of these consumers. An event that was in their hands comes when their ack wait is over.
    /// Settling a delivery settles it for the consumer, so whoever goes on with it does not see it again.
    ///
    /// # Errors
    /// `NotFound`, permanent, when nobody subscribed as the group; transient ones of the bus.
    async fn backlog(
        &self,
        group: &str,
        consumers: &[NamedConsumer],
    ) -> Result<Box<dyn Deliveries>>;

    /// Settles everything up to a position for consumers, so that another implementation goes on behind it.
    ///
    /// # Errors
    /// Those of the bus; calling it again is safe.
    async fn forward(&self, consumers: &[NamedConsumer], up_to: Position) -> Result<()>;
}
