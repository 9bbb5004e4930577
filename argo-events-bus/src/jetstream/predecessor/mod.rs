//! What the reference left for a sensor: its bucket and its consumers.
//!
//! The bucket keeps the reference's own keys (`state`). Consumers are read up to where the group of
//! ours begins (`backlog`), and never made, changed or deleted, so that the reference can go on with
//! them. What the keys mean is known to the sensor.

mod backlog;
mod look;
mod state;

use super::{STREAM, api::code, bucket::Bucket, consumer, group::Group, link::Link, names};
use argo_events_core::{
    Deliveries, Error, ErrorKind, NamedConsumer, Position, Predecessor, Result, StateStore,
};
use async_trait::async_trait;
use backlog::Backlog;
use state::ReferenceState;
use std::sync::Arc;

/// What the reference left.
#[derive(Debug)]
pub(super) struct Reference {
    link: Arc<Link>,
    bucket: Arc<Bucket>,
}

impl Reference {
    /// Finds what the reference left for a sensor.
    pub(super) async fn find(link: Arc<Link>, sensor: &str) -> Result<Option<Self>> {
        // Other names cannot be those of a bucket.
        let is_plain = |sign: char| sign.is_ascii_alphanumeric() || matches!(sign, '-' | '_');
        if sensor.is_empty() || !sensor.chars().all(is_plain) {
            return Ok(None);
        }
        let bucket = Bucket::new(Arc::clone(&link), sensor);
        let is_there = bucket.exists().await?;
        let bucket = Arc::new(bucket);
        Ok(is_there.then_some(Self { link, bucket }))
    }

    /// Returns the first sequence that is a group's own.
    async fn first_of(&self, group: &str) -> Result<u64> {
        let name = names::consumer(group);
        match consumer::info(&self.link.client, &name).await {
            Ok(found) => Ok(consumer::first(&found.config)),
            Err(refusal) if refusal.is(&[code::CONSUMER_NOT_FOUND, code::STREAM_NOT_FOUND]) => {
                // A group that is read in strict order says so in its record.
                let (record, _) = Group::new(Arc::clone(&self.link), &name).read().await?;
                record.map(|record| record.first).ok_or_else(|| {
                    let message = format!(
                        "group {group} has no consumer {name} on stream {STREAM}: subscribe first"
                    );
                    Error::permanent(ErrorKind::NotFound, message).during("read the backlog")
                })
            }
            Err(refusal) => Err(refusal.during("read the backlog").with("group", group)),
        }
    }
}

#[async_trait]
impl Predecessor for Reference {
    fn state(&self) -> Arc<dyn StateStore> {
        Arc::new(ReferenceState::new(Arc::clone(&self.bucket)))
    }

    async fn backlog(
        &self,
        group: &str,
        consumers: &[NamedConsumer],
    ) -> Result<Box<dyn Deliveries>> {
        let first = self.first_of(group).await?;
        let backlog = Backlog::open(Arc::clone(&self.link), consumers, first).await?;
        Ok(Box::new(backlog))
    }

    async fn forward(&self, consumers: &[NamedConsumer], up_to: Position) -> Result<()> {
        let first = up_to.sequence.saturating_add(1);
        let mut backlog = Backlog::open(Arc::clone(&self.link), consumers, first).await?;
        while let Some(batch) = backlog.next(usize::MAX).await {
            for delivery in batch? {
                delivery.ack().await?;
            }
        }
        Ok(())
    }
}
