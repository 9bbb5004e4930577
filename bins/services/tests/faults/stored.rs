//! What lies on the bus, read past it: the events in order, and whether everybody who reads them has settled
//! everything.

#[cfg(feature = "kafka")]
mod kafka;
mod nats;

use super::{bus::Bus, posts::Kind};
use argo_events::core::event::codec;
use bytes::Bytes;
use std::{collections::HashSet, error::Error};

type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

/// An event as it lies on the bus.
#[derive(Clone, Debug)]
pub(crate) struct Stored {
    pub(crate) kind: Kind,
    pub(crate) number: usize,
    pub(crate) key: String,
}

/// The events of a stream, or of a topic.
#[derive(Debug, Default)]
pub(crate) struct Events {
    /// In order; an event that lies there twice counts once.
    pub(crate) events: Vec<Stored>,
    /// How many lie there twice.
    pub(crate) twice: usize,
}

/// Reads everything.
pub(crate) async fn events(bus: &Bus) -> Result<Events> {
    match bus {
        Bus::JetStream(server) => nats::events(&server.url()).await,
        #[cfg(feature = "kafka")]
        Bus::Kafka(server) => kafka::events(server.bootstrap()).await,
    }
}

/// Returns who has not settled everything, with how much is left.
pub(crate) async fn unsettled(bus: &Bus) -> Result<Vec<String>> {
    match bus {
        Bus::JetStream(server) => nats::unsettled(&server.url()).await,
        #[cfg(feature = "kafka")]
        Bus::Kafka(server) => kafka::unsettled(server.bootstrap()).await,
    }
}

impl Events {
    fn add(&mut self, body: &Bytes, ids: &mut HashSet<String>) -> Result<()> {
        let event = codec::decode(body)?;
        if !ids.insert(event.id().to_owned()) {
            self.twice += 1;
            return Ok(());
        }
        let body = &event.json()?["body"];
        let number = body["number"].as_u64().ok_or("an event has no number")?;
        let kind = match event.subject() {
            "a" => Kind::A,
            _ => Kind::B,
        };
        let key = body["key"].as_str().unwrap_or_default().to_owned();
        let number = number as usize;
        self.events.push(Stored { kind, number, key });
        Ok(())
    }
}
