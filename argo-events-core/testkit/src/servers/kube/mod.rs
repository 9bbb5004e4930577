//! A Kubernetes control plane: etcd and an API server, on request with the controllers and the scheduler.
//!
//! There is no node, so no pod runs: tests of what is asked of the API server need none, and
//! `StandIn`, with the feature `kube`, says of pods what a node would. Real nodes are the business of
//! `cargo xtask cluster`.

mod access;
mod arguments;
mod ask;
#[cfg(feature = "kube")]
mod client;
mod node;
mod options;
#[cfg(feature = "kube")]
mod stand_in;

pub use node::KubeNode;
pub use options::KubeOptions;
#[cfg(feature = "kube")]
pub use stand_in::StandIn;

use super::{
    Certificates, Server,
    port::Port,
    process::{Process, verbs},
};
use access::{Access, User};
use argo_events_core::Result;
use std::{net::IpAddr, path::PathBuf, sync::Arc};
use tempfile::TempDir;

/// A Kubernetes control plane; clones are handles of the same one, which ends with the last of them.
///
/// Ready means that the API server says so and has the namespace `default`: after three to ten
/// seconds. The calls that break something break the API server; [`part`](Self::part) has the
/// others. One control plane is enough for a test binary, with a namespace for each test.
///
/// ```no_run
/// use argo_events_testkit::servers::{KubeServer, Part, Server};
///
/// # fn main() -> argo_events_core::Result<()> {
/// let server = KubeServer::options(Server::Kube)
///     .with(Part::ControllerManager)
///     .start()?;
/// println!("KUBECONFIG={}", server.kubeconfig().display());
/// server.kill()?;
/// // Connections are refused.
/// server.start_again()?;
/// // The same port, the same objects.
/// server.part(Part::Etcd).pause()?;
/// // The API server waits for its store.
/// server.part(Part::Etcd).resume()?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct KubeServer {
    // In this order: who asks ends before who is asked, and all of them before their folder goes.
    parts: Vec<(Part, KubePart)>,
    process: Process,
    etcd: KubePart,
    folder: Arc<TempDir>,
    address: IpAddr,
    ports: Arc<Ports>,
    access: Arc<Access>,
}

/// What a control plane has besides the API server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Part {
    /// The store. Always there.
    Etcd,
    /// Makes the pods of Deployments, StatefulSets and Jobs, and collects what has lost its owner.
    ///
    /// What is owned by objects of a kind that was made after its start is collected half a minute
    /// late, or at once when it is started again after the kind was made.
    ControllerManager,
    /// Gives pods to nodes.
    Scheduler,
}

/// A part of a control plane, to be broken by itself.
#[derive(Clone, Debug)]
pub struct KubePart {
    process: Process,
}

impl KubePart {
    verbs!();
}

#[derive(Debug)]
struct Ports {
    api: Port,
    etcd: Port,
    peers: Port,
    controllers: Port,
    scheduler: Port,
}

impl Ports {
    fn reserve() -> Result<Self> {
        Ok(Self {
            api: Port::reserve()?,
            etcd: Port::reserve()?,
            peers: Port::reserve()?,
            controllers: Port::reserve()?,
            scheduler: Port::reserve()?,
        })
    }
}

impl KubeServer {
    /// Starts etcd and an API server.
    ///
    /// # Errors
    /// As [`KubeOptions::start`].
    pub fn start(server: Server) -> Result<Self> {
        Self::options(server).start()
    }

    /// Begins to say what a control plane shall be like.
    pub fn options(server: Server) -> KubeOptions {
        KubeOptions::new(server)
    }

    /// Returns where the API server listens, as `https://127.0.0.1:port`; it stays the same.
    pub fn url(&self) -> String {
        access::url(self.address, &self.ports)
    }

    /// Returns the token of somebody who may do everything.
    pub fn token(&self) -> &str {
        self.access.token(User::Admin)
    }

    /// Returns the file by which clients find the API server, as somebody who may do everything.
    pub fn kubeconfig(&self) -> PathBuf {
        self.access.kubeconfig(User::Admin)
    }

    /// Returns the authority that clients trust, and what it has signed: `server` is for an admission
    /// webhook of the test's own, whose `caBundle` is the authority.
    pub fn certificates(&self) -> &Certificates {
        self.access.certificates()
    }

    /// Returns a part, to be broken.
    ///
    /// # Panics
    /// When it was not asked for by [`KubeOptions::with`].
    pub fn part(&self, part: Part) -> &KubePart {
        if part == Part::Etcd {
            return &self.etcd;
        }
        let mut parts = self.parts.iter();
        let found = parts.find(|(other, _)| *other == part);
        &found.expect("a part that was asked for").1
    }

    /// Kills the API server and its store, deletes all objects, and starts both on the same ports.
    ///
    /// # Errors
    /// When the data cannot be deleted, or one of them does not get ready.
    pub fn wipe(&self) -> Result<()> {
        self.process.kill()?;
        self.etcd.wipe()?;
        self.process.start()
    }

    verbs!(keeping);
}
