//! Settling a delivery: a few bytes to the subject that came with it, without waiting for an answer.
//!
//! The client writes what came together in one go. What is lost on the way brings the delivery
//! again, which ADR 0001 allows for.

use super::{consumer::Consumer, link::Link};
use argo_events_core::{Error, ErrorKind, Outcome, Result, Settle};
use async_nats::Subject;
use async_trait::async_trait;
use bytes::Bytes;
use std::{sync::Arc, time::Duration};

const DONE: Bytes = Bytes::from_static(b"+ACK");
const AGAIN: Bytes = Bytes::from_static(b"-NAK");
const NEVER: Bytes = Bytes::from_static(b"+TERM");
const ALIVE: Bytes = Bytes::from_static(b"+WPI");

/// The bus's end of a message that was delivered.
pub(super) struct Handle {
    pub(super) link: Arc<Link>,
    pub(super) consumer: Arc<Consumer>,
    /// Where the server wants to hear of it.
    pub(super) reply: Subject,
    pub(super) sequence: u64,
    pub(super) is_settled: bool,
}

impl Handle {
    /// Says that the message can never be handled.
    pub(super) async fn refuse(mut self) -> Result<()> {
        self.is_settled = true;
        self.send(NEVER).await?;
        self.consumer.settled(self.sequence);
        Ok(())
    }

    async fn send(&self, what: Bytes) -> Result<()> {
        if self.link.is_closed() {
            return Err(Error::permanent(ErrorKind::Closed, "the bus is closed").during("settle"));
        }
        let sent = self.link.client.publish(self.reply.clone(), what);
        match tokio::time::timeout(Link::PATIENCE, sent).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(Error::transient(ErrorKind::Unavailable, error.to_string())),
            Err(_) => Err(Error::transient(
                ErrorKind::Timeout,
                "the connection is lost and too much waits to be sent",
            )),
        }
        .map_err(|error: Error| error.during("settle"))
    }
}

#[async_trait]
impl Settle for Handle {
    async fn settle(mut self: Box<Self>, outcome: Outcome) -> Result<()> {
        self.is_settled = true;
        match outcome {
            Outcome::Done => {
                self.send(DONE).await?;
                self.consumer.settled(self.sequence);
                Ok(())
            }
            Outcome::Retry { after } => self.send(again(after)).await,
            Outcome::Reject { reason } => {
                let (consumer, sequence) = (&self.consumer.name, self.sequence);
                tracing::warn!(consumer, sequence, reason, "delivery rejected");
                self.refuse().await
            }
            other => {
                self.is_settled = false;
                let message = format!("cannot settle with {other:?}");
                Err(Error::permanent(ErrorKind::Unsupported, message))
            }
        }
    }

    async fn keep_alive(&self) -> Result<()> {
        self.send(ALIVE).await
    }
}

/// Hands the message back at once.
impl Drop for Handle {
    fn drop(&mut self) {
        if !self.is_settled {
            self.link.send_soon(self.reply.clone(), AGAIN);
        }
    }
}

fn again(after: Duration) -> Bytes {
    if after.is_zero() {
        return AGAIN;
    }
    format!("-NAK {{\"delay\": {}}}", after.as_nanos()).into()
}

/// Sends a sign of life for a message that waits to be handed out.
pub(super) async fn keep_alive(link: &Link, reply: &Subject) {
    // Without it the message comes again, which is no more than a nuisance.
    let _ = link.client.publish(reply.clone(), ALIVE).await;
}

/// Hands a message back that was never handed out.
pub(super) fn hand_back(link: &Link, reply: Subject) {
    link.send_soon(reply, AGAIN);
}
