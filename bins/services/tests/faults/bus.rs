//! The server that a run is about, with a proxy for each pod in front of it.

#[cfg(feature = "kafka")]
use argo_events_testkit::servers::{KafkaServer, Listener};
use argo_events_testkit::servers::{NatsServer, Proxy, Server};
use serde_json::{Value, json};
use std::error::Error;

type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

/// The topic of the events, of one partition.
#[cfg(feature = "kafka")]
pub(crate) const TOPIC: &str = "events";

/// Which kind of server.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Kind {
    JetStream,
    #[cfg(feature = "kafka")]
    Kafka,
}

impl Kind {
    /// Returns what must be installed.
    pub(crate) fn server(self) -> Server {
        match self {
            Self::JetStream => Server::Nats,
            #[cfg(feature = "kafka")]
            Self::Kafka => Server::Kafka,
        }
    }
}

/// A server.
#[derive(Debug)]
pub(crate) enum Bus {
    JetStream(NatsServer),
    #[cfg(feature = "kafka")]
    Kafka(KafkaServer),
}

/// Does the same with either server.
macro_rules! verb {
    ($($verb:ident)*) => {
        $(pub(crate) fn $verb(&self) -> Result<()> {
            match self {
                Self::JetStream(server) => server.$verb()?,
                #[cfg(feature = "kafka")]
                Self::Kafka(server) => server.$verb()?,
            }
            Ok(())
        })*
    };
}

impl Bus {
    verb!(kill stop pause resume start_again);

    /// Starts a server, and so many proxies in front of it.
    pub(crate) fn start(kind: Kind, proxies: usize) -> Result<(Self, Vec<Proxy>)> {
        match kind {
            Kind::JetStream => {
                let server = NatsServer::start(Server::Nats)?;
                let start = |_| Proxy::start(server.address());
                let proxies = (0..proxies)
                    .map(start)
                    .collect::<std::result::Result<_, _>>()?;
                Ok((Self::JetStream(server), proxies))
            }
            #[cfg(feature = "kafka")]
            Kind::Kafka => kafka(proxies),
        }
    }

    /// Returns what a pod is told to use that comes through a proxy.
    pub(crate) fn config(&self, proxy: &Proxy) -> Value {
        let address = proxy.address();
        match self {
            Self::JetStream(_) => json!({ "jetstream": { "url": format!("nats://{address}") } }),
            #[cfg(feature = "kafka")]
            Self::Kafka(_) => json!({ "kafka": { "url": address.to_string(), "topic": TOPIC } }),
        }
    }
}

/// A broker tells its clients where to come, so it must know the proxies before they know it.
#[cfg(feature = "kafka")]
fn kafka(count: usize) -> Result<(Bus, Vec<Proxy>)> {
    let nowhere = ([127, 0, 0, 1], 9).into();
    let (mut options, mut proxies) = (KafkaServer::options(Server::Kafka), Vec::new());
    for _ in 0..count {
        let proxy = Proxy::start(nowhere)?;
        options = options.proxied(proxy.address());
        proxies.push(proxy);
    }
    let server = options.start()?;
    for (number, proxy) in proxies.iter().enumerate() {
        proxy.forward_to(server.at(Listener::Proxied(number)).parse()?);
    }
    Ok((Bus::Kafka(server), proxies))
}
