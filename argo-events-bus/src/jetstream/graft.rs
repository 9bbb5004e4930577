//! Hears whether a pod of the reference leads a sensor or an event source.
//!
//! The reference elects by a protocol of its own over plain subjects, `graft`. It is not spoken here,
//! since two replicas cannot fail over with it; but its leader tells ten times a second that it is
//! there, and while it does, a pod of ours that begins stays passive. See ADR 0005.

use super::{JetStreamBus, link::Link};
use argo_events_core::{Error, ErrorKind, Result};
use async_nats::{Client, Subscriber};
use futures::StreamExt as _;
use std::time::Duration;
use tokio::time::{Instant, timeout};
use tracing::{debug, info};

/// How long the first heartbeat of a leader that is there may take: three times its interval.
const FIRST: Duration = Duration::from_millis(300);
/// How long no heartbeat comes once there is no leader: longer than any election takes.
const SILENCE: Duration = Duration::from_millis(1_500);

impl JetStreamBus {
    /// Tells whether a pod of the reference leads the cluster `<namespace>-sensor-<name>` or
    /// `<namespace>-eventsource-<name>` now.
    ///
    /// # Errors
    /// Transient ones while the server cannot be reached: nobody is heard then.
    pub async fn reference_is_active(&self, cluster: &str) -> Result<bool> {
        let mut ear = Ear::open(self.link().client.clone(), cluster).await?;
        Ok(ear.hear(FIRST).await?.is_some())
    }

    /// Waits until no pod of the reference leads the cluster: 0.3 s if there is none at all.
    ///
    /// # Errors
    /// As [`Self::reference_is_active`].
    ///
    /// # Cancel safety
    /// Dropping the future ends the waiting.
    pub async fn wait_until_silent(&self, cluster: &str) -> Result<()> {
        let mut ear = Ear::open(self.link().client.clone(), cluster).await?;
        let Some(beat) = ear.hear(FIRST).await? else {
            return Ok(());
        };
        info!(
            cluster,
            leader = beat.leader,
            term = beat.term,
            "a pod of the reference leads, waiting until it has ended"
        );
        while ear.hear(SILENCE).await?.is_some() {}
        info!(cluster, "no pod of the reference leads any more");
        Ok(())
    }
}

/// Listens for a leader's heartbeats.
struct Ear {
    client: Client,
    heartbeats: Subscriber,
    echo: Subscriber,
    inbox: String,
}

impl Ear {
    async fn open(client: Client, cluster: &str) -> Result<Self> {
        let subject = format!("graft.{cluster}.heartbeat");
        let inbox = client.new_inbox();
        let refused = |error| deaf().caused_by(error);
        let heartbeats = client.subscribe(subject).await.map_err(refused)?;
        let echo = client.subscribe(inbox.clone()).await.map_err(refused)?;
        let mut ear = Self {
            client,
            heartbeats,
            echo,
            inbox,
        };
        // The server has the subscriptions when it has answered.
        ear.ask().await?;
        Ok(ear)
    }

    /// Returns the next heartbeat, or `None` when none came within a time in which one would have.
    async fn hear(&mut self, within: Duration) -> Result<Option<Heartbeat>> {
        loop {
            let listen = async {
                loop {
                    let message = self.heartbeats.next().await?;
                    if let Some(beat) = Heartbeat::read(&message.payload) {
                        return Some(beat);
                    }
                    debug!(subject = %message.subject, "a heartbeat that cannot be read");
                }
            };
            match timeout(within, listen).await {
                Ok(Some(beat)) => return Ok(Some(beat)),
                Ok(None) => return Err(deaf()),
                // Silence of a server that is gone says nothing.
                Err(_) if self.ask().await? < within => return Ok(None),
                Err(_) => {}
            }
        }
    }

    /// Asks the server for a sign of life, and returns how long it took.
    async fn ask(&mut self) -> Result<Duration> {
        let began = Instant::now();
        let sent = self.client.publish(self.inbox.clone(), "".into()).await;
        sent.map_err(|error| deaf().caused_by(error))?;
        let answered = timeout(Link::PATIENCE, self.echo.next()).await;
        match answered {
            Ok(Some(_)) => Ok(began.elapsed()),
            _ => Err(deaf()),
        }
    }
}

fn deaf() -> Error {
    let message = "the server does not answer, so no pod of the reference can be heard";
    Error::transient(ErrorKind::Unavailable, message).during("listen for other leaders")
}

/// What a leader of the reference says of itself: `Term` (1) and `Leader` (2), in protobuf.
#[derive(Debug, PartialEq, Eq)]
struct Heartbeat {
    term: u64,
    leader: String,
}

impl Heartbeat {
    /// Reads a heartbeat; fields that are not known are left out.
    fn read(mut bytes: &[u8]) -> Option<Self> {
        let (mut term, mut leader) = (0, String::new());
        while !bytes.is_empty() {
            let tag = varint(&mut bytes)?;
            match (tag >> 3, tag & 7) {
                (1, 0) => term = varint(&mut bytes)?,
                (_, 0) => drop(varint(&mut bytes)?),
                (_, 1) => drop(bytes.split_off(..8)?),
                (field, 2) => {
                    let length = usize::try_from(varint(&mut bytes)?).ok()?;
                    let content = bytes.split_off(..length)?;
                    if field == 2 {
                        leader = String::from_utf8(content.to_vec()).ok()?;
                    }
                }
                (_, 5) => drop(bytes.split_off(..4)?),
                _ => return None,
            }
        }
        (!leader.is_empty()).then_some(Self { term, leader })
    }
}

fn varint(bytes: &mut &[u8]) -> Option<u64> {
    let mut value = 0_u64;
    for place in 0..10 {
        let byte = *bytes.split_off_first()?;
        value |= u64::from(byte & 0x7f).checked_shl(place * 7)?;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heartbeats_are_read_as_the_reference_writes_them() {
        let read = |bytes: &[u8]| Heartbeat::read(bytes).map(|beat| (beat.term, beat.leader));
        let plain = b"\x08\x07\x12\x04abcd";
        assert_eq!(read(plain), Some((7, "abcd".to_owned())));
        let high = b"\x08\xac\x02\x12\x01a\x18\x01\x2a\x01x";
        assert_eq!(read(high), Some((300, "a".to_owned())));
        for wrong in [
            &b""[..],
            b"\x08",
            b"\x12\x09ab",
            b"{\"term\":1}",
            b"\x08\x07",
        ] {
            assert_eq!(read(wrong), None, "{wrong:?}");
        }
    }
}
