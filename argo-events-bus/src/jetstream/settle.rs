//! Settling a delivery: a few bytes to the subject that came with it, without waiting for an answer.
//!
//! The client writes what came together in one go. What is lost on the way brings the delivery
//! again, which ADR 0001 allows for.

use super::{consumer::Consumer, feed::Feed, link::Link, lock, queue::Flag};
use argo_events_core::{Error, ErrorKind, Outcome, Result, Settle};
use async_nats::Subject;
use async_trait::async_trait;
use bytes::Bytes;
use std::{sync::Arc, time::Duration};
use tokio::time::timeout;

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
    /// Keeps signs of life from following a settlement.
    pub(super) flag: Option<Flag>,
    /// Which counts what is handed out.
    pub(super) feed: Option<Arc<Feed>>,
}

impl Handle {
    /// Says that the message can never be handled; does not wait, since what was taken with it would
    /// be lost with whoever is dropped in between.
    pub(super) fn refuse(mut self) {
        self.note_settled();
        never_soon(&self.link, self.reply.clone());
        self.consumer.settled(self.sequence);
    }

    fn note_settled(&mut self) {
        self.is_settled = true;
        if let Some(flag) = &self.flag {
            *lock(flag) = true;
        }
        if let Some(feed) = self.feed.take() {
            feed.take_back();
        }
    }

    async fn finish(&mut self, what: Bytes) -> Result<()> {
        self.note_settled();
        send(&self.link, self.reply.clone(), what).await?;
        self.consumer.settled(self.sequence);
        Ok(())
    }
}

#[async_trait]
impl Settle for Handle {
    async fn settle(mut self: Box<Self>, outcome: Outcome) -> Result<()> {
        match outcome {
            Outcome::Done => self.finish(DONE).await,
            Outcome::Retry { after } => {
                self.note_settled();
                send(&self.link, self.reply.clone(), again(after)).await
            }
            Outcome::Reject { reason } => {
                note_rejected(&self.consumer, self.sequence, &reason);
                self.finish(NEVER).await
            }
            other => Err(unknown(&other)),
        }
    }

    async fn keep_alive(&self) -> Result<()> {
        send(&self.link, self.reply.clone(), ALIVE).await
    }
}

/// Hands the message back at once.
impl Drop for Handle {
    fn drop(&mut self) {
        if !self.is_settled {
            self.note_settled();
            hand_back(&self.link, self.reply.clone());
        }
    }
}

/// Says that a message is done.
pub(super) async fn done(link: &Link, reply: Subject) -> Result<()> {
    send(link, reply, DONE).await
}

/// Says that a message is done, for those who cannot wait.
pub(super) fn done_soon(link: &Link, reply: Subject) {
    link.send_soon(reply, DONE);
}

/// Says that a message can never be handled, for those who cannot wait.
pub(super) fn never_soon(link: &Link, reply: Subject) {
    link.send_soon(reply, NEVER);
}

/// Sends a sign of life for a message that waits to be handed out.
pub(super) fn keep_alive_soon(link: &Link, reply: Subject) {
    link.send_soon(reply, ALIVE);
}

/// Hands a message back, so that it comes again at once.
pub(super) fn hand_back(link: &Link, reply: Subject) {
    link.send_soon(reply, AGAIN);
}

/// Logs a delivery that can never be handled.
pub(super) fn note_rejected(consumer: &Consumer, sequence: u64, reason: &str) {
    tracing::warn!(
        consumer = &*consumer.name(),
        sequence,
        reason,
        "delivery rejected"
    );
}

/// Makes the error of an outcome that is not known here.
pub(super) fn unknown(outcome: &Outcome) -> Error {
    let message = format!("cannot settle with {outcome:?}");
    Error::permanent(ErrorKind::Unsupported, message).during("settle")
}

async fn send(link: &Link, reply: Subject, what: Bytes) -> Result<()> {
    link.check_open("settle")?;
    let failed = |kind, message| Err(Error::transient(kind, message).during("settle"));
    match timeout(Link::PATIENCE, link.client.publish(reply, what)).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) => failed(ErrorKind::Unavailable, error.to_string()),
        Err(_) => failed(
            ErrorKind::Timeout,
            "the connection is lost and too much waits to be sent".to_owned(),
        ),
    }
}

fn again(after: Duration) -> Bytes {
    if after.is_zero() {
        return AGAIN;
    }
    format!("-NAK {{\"delay\": {}}}", after.as_nanos()).into()
}
