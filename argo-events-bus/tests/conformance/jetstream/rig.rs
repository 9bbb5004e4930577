//! Opens buses on servers that are started for them.

use argo_events_bus::{JetStreamBus, JetStreamConfig};
use argo_events_core::{
    BusCapabilities, EventBus, Result,
    api::{BusTls, JetStreamExoticBus},
    secret::{KeySelector, MemorySecrets},
};
use argo_events_testkit::{
    bus::{BusHarness, Pace},
    servers::{NatsOptions, NatsServer, Server},
};
use async_trait::async_trait;
use std::{
    fs,
    sync::{Arc, OnceLock},
};

/// What guards a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Guard {
    None,
    Tls,
    Password,
    /// A file with the word of an operator's account, and the user's key.
    Credentials,
}

/// A server of its own, started when it is needed.
#[derive(Debug)]
pub(crate) struct Rig {
    server: Server,
    guard: Guard,
    running: OnceLock<NatsServer>,
}

impl Rig {
    pub(crate) fn new(server: Server, guard: Guard) -> Self {
        Self {
            server,
            guard,
            running: OnceLock::new(),
        }
    }

    /// Returns the server; starts it first if need be.
    pub(crate) fn server(&self) -> Result<&NatsServer> {
        if let Some(running) = self.running.get() {
            return Ok(running);
        }
        let started = self.options().start()?;
        Ok(self.running.get_or_init(|| started))
    }

    fn options(&self) -> NatsOptions {
        let options = NatsServer::options(self.server);
        match self.guard {
            Guard::None => options,
            Guard::Tls => options.tls(),
            Guard::Password => options.user("shop", "p w:%"),
            Guard::Credentials => options.operator(),
        }
    }

    /// Returns what the secret of the bus holds, if there is one.
    fn access(&self, server: &NatsServer) -> Option<String> {
        match self.guard {
            Guard::None | Guard::Tls => None,
            Guard::Password => Some("username: shop\npassword: 'p w:%'\n".to_owned()),
            Guard::Credentials => {
                let file = server.credentials().expect("an operator was asked for");
                Some(fs::read_to_string(file).expect("is written"))
            }
        }
    }

    /// Connects as a manifest would say.
    pub(crate) async fn connect(&self) -> Result<JetStreamBus> {
        let server = self.server()?;
        let mut secrets = MemorySecrets::default();
        let mut config = JetStreamExoticBus {
            url: server.url(),
            ..Default::default()
        };
        if let Some(certificates) = server.certificates() {
            let authority = fs::read_to_string(certificates.authority()).expect("is written");
            secrets = secrets.with_secret("tls", "ca", authority);
            let selector = Some(KeySelector::new("tls", "ca"));
            config.tls = Some(BusTls {
                ca_cert_secret: selector,
                ..Default::default()
            });
        }
        if let Some(access) = self.access(server) {
            secrets = secrets.with_secret("access", "auth", access);
            config.access_secret = Some(KeySelector::new("access", "auth"));
        }
        JetStreamBus::open(&JetStreamConfig(config), "test", Arc::new(secrets)).await
    }
}

/// Returns what the bus can do, without one.
pub(crate) fn capabilities() -> BusCapabilities {
    let mut capabilities = BusCapabilities::default();
    capabilities.durable = true;
    capabilities.ordered = true;
    capabilities.deduplicates = true;
    capabilities.delayed_retry = true;
    capabilities.state_store = true;
    capabilities.competing_consumers = true;
    capabilities.named_consumers = true;
    capabilities.shared = true;
    capabilities
}

#[async_trait]
impl BusHarness for Rig {
    fn capabilities(&self) -> BusCapabilities {
        capabilities()
    }

    async fn open(&self) -> Result<Arc<dyn EventBus>> {
        Ok(Arc::new(self.connect().await?))
    }

    fn pace(&self) -> Pace {
        Pace::REAL
    }
}
