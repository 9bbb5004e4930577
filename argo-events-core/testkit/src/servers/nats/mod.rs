//! A NATS server, alone or three of them as a cluster.

mod cluster;
mod identity;
mod options;

pub use cluster::NatsCluster;
pub use options::NatsOptions;

use super::{
    Certificates, Server, place,
    port::Port,
    process::{Process, verbs},
};
use argo_events_core::Result;
use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
};
use tempfile::TempDir;

/// A NATS server; clones are handles of the same one, which ends with the last of them.
///
/// Ready means that it greets. With TLS it greets as well, before the handshake.
///
/// ```no_run
/// use argo_events_testkit::servers::{NatsServer, Server};
///
/// # fn main() -> argo_events_core::Result<()> {
/// let server = NatsServer::start(Server::Nats)?;
/// server.pause()?;
/// // Connections are made, but nobody answers.
/// server.resume()?;
/// server.kill()?;
/// // Connections are refused.
/// server.start_again()?;
/// // The same port, the same data.
/// server.wipe()?;
/// // The same port, no data.
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct NatsServer {
    // First: the process ends before its folder goes.
    process: Process,
    folder: Arc<TempDir>,
    port: Arc<Port>,
    certificates: Option<Certificates>,
    seed: Option<String>,
    credentials: Option<PathBuf>,
}

impl NatsServer {
    /// Starts a server with JetStream that is open to everybody.
    ///
    /// # Errors
    /// As [`NatsOptions::start`].
    pub fn start(server: Server) -> Result<Self> {
        Self::options(server).start()
    }

    /// Begins to say what a server shall be like.
    pub fn options(server: Server) -> NatsOptions {
        NatsOptions::new(server)
    }

    /// Returns where it listens, as `nats://127.0.0.1:port`; it stays the same.
    pub fn url(&self) -> String {
        format!("nats://{}", self.address())
    }

    /// Returns where it listens.
    pub fn address(&self) -> SocketAddr {
        self.port.address()
    }

    /// Returns the folder of its data.
    pub fn data(&self) -> PathBuf {
        place::store(&self.folder)
    }

    /// Returns its certificates and those of its clients, if it speaks TLS.
    pub fn certificates(&self) -> Option<&Certificates> {
        self.certificates.as_ref()
    }

    /// Returns the secret key of its only user, if it was asked for one.
    pub fn seed(&self) -> Option<&str> {
        self.seed.as_deref()
    }

    /// Returns the file of its only user, if an operator was asked for.
    pub fn credentials(&self) -> Option<&Path> {
        self.credentials.as_deref()
    }

    verbs!();
}
