//! Looks at a consumer of the reference: what it left unsettled before a sequence.

use super::super::{
    STREAM,
    api::{self, ConsumerInfo, Refusal, code},
    consumer, names,
};
use argo_events_core::{NamedConsumer, Result, event::random_id};
use async_nats::Client;
use serde::Deserialize;
use serde_json::json;
use std::time::Duration;

/// A consumer of the reference that exists and reads what it should.
#[derive(Debug)]
pub(super) struct Side {
    pub(super) name: String,
    subject: String,
}

/// What a consumer left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Left {
    /// Events before the sequence that it never delivered; at least one if there is any.
    pub(super) unread: u64,
    /// Events that it delivered and nobody settled, wherever they lie.
    pub(super) in_hands: u64,
    /// Whether everything before the sequence is settled for sure.
    pub(super) is_settled: bool,
    /// After how long what is in somebody's hands comes again.
    pub(super) ack_wait: Duration,
}

/// The server's own default.
const ACK_WAIT: Duration = Duration::from_secs(30);

#[derive(Deserialize)]
struct Next {
    message: NextMessage,
}

#[derive(Deserialize)]
struct NextMessage {
    seq: u64,
}

impl Side {
    /// Describes a consumer.
    pub(super) fn of(consumer: &NamedConsumer) -> Result<Self> {
        let subject = names::subject(&consumer.subject.source, &consumer.subject.event)?;
        Ok(Self {
            name: consumer.name.clone(),
            subject,
        })
    }

    /// Asks what is left before a sequence; `None` if there is no such consumer.
    pub(super) async fn left(&self, client: &Client, first: u64) -> Result<Option<Left>, Refusal> {
        let found = match consumer::info(client, &self.name).await {
            Ok(found) => found,
            Err(refusal) if refusal.is(&[code::CONSUMER_NOT_FOUND, code::STREAM_NOT_FOUND]) => {
                return Ok(None);
            }
            Err(refusal) => return Err(refusal),
        };
        if !consumer::filters(&found.config).contains(self.subject.as_str()) {
            return Ok(None);
        }
        let unread = self.unread(client, &found, first).await?;
        let is_settled =
            unread == 0 && (found.num_ack_pending == 0 || found.ack_floor.stream_seq + 1 >= first);
        let ack_wait = found
            .config
            .get("ack_wait")
            .and_then(serde_json::Value::as_u64);
        Ok(Some(Left {
            unread,
            in_hands: found.num_ack_pending,
            is_settled,
            ack_wait: ack_wait.map_or(ACK_WAIT, Duration::from_nanos),
        }))
    }

    /// Counts what was never delivered before a sequence, rather too little than too much.
    async fn unread(
        &self,
        client: &Client,
        found: &ConsumerInfo,
        first: u64,
    ) -> Result<u64, Refusal> {
        if found.num_pending == 0 || found.delivered.stream_seq + 1 >= first {
            return Ok(0);
        }
        let request =
            json!({ "seq": found.delivered.stream_seq + 1, "next_by_subj": self.subject });
        let next: Next =
            match api::call(client, &format!("STREAM.MSG.GET.{STREAM}"), &request).await {
                Ok(next) => next,
                Err(refusal) if refusal.is(&[code::NO_MESSAGE]) => return Ok(0),
                Err(refusal) => return Err(refusal),
            };
        if next.message.seq >= first {
            return Ok(0);
        }
        let behind = self.count_from(client, first).await?;
        Ok(found.num_pending.saturating_sub(behind).max(1))
    }

    /// Counts what lies at a sequence and behind it: a consumer that is never read knows.
    async fn count_from(&self, client: &Client, first: u64) -> Result<u64, Refusal> {
        let name = format!("argo-events-count-{}", random_id());
        let body = json!({
            "stream_name": STREAM,
            "config": {
                "name": name,
                "deliver_policy": "by_start_sequence",
                "opt_start_seq": first,
                "ack_policy": "none",
                "filter_subject": self.subject,
                "replay_policy": "instant",
                "inactive_threshold": 5_000_000_000_u64,
                "mem_storage": true,
                "num_replicas": 1,
            },
        });
        let path = format!("CONSUMER.CREATE.{STREAM}.{name}.{}", self.subject);
        let counted: ConsumerInfo = api::call(client, &path, &body).await?;
        // It would go by itself.
        let _ = consumer::delete(client, &name).await;
        Ok(counted.num_pending)
    }
}
