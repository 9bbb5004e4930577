//! What a control plane shall be like, and its start.

use super::{
    KubePart, KubeServer, Part, Ports,
    access::{self, Access, User},
    arguments::{self, Place},
    ask::Question,
};
use crate::servers::{
    Server, available, place,
    process::{Launch, Process, Ready},
};
use argo_events_core::Result;
use std::{
    net::{IpAddr, Ipv4Addr},
    path::PathBuf,
    sync::Arc,
    time::Duration,
};

/// How long a part may take to get ready or to stop, on a busy machine.
pub(super) const PATIENCE: Duration = Duration::from_secs(120);

/// What a control plane shall be like: etcd and an API server that lets in who has the token, unless
/// told otherwise.
#[derive(Clone, Debug)]
#[must_use]
pub struct KubeOptions {
    server: Server,
    pub(super) parts: Vec<Part>,
    pub(super) address: IpAddr,
    pub(super) arguments: Vec<String>,
}

impl KubeOptions {
    pub(super) fn new(server: Server) -> Self {
        Self {
            server,
            parts: Vec::new(),
            address: Ipv4Addr::LOCALHOST.into(),
            arguments: Vec::new(),
        }
    }

    /// Adds a part.
    pub fn with(mut self, part: Part) -> Self {
        if !self.parts.contains(&part) {
            self.parts.push(part);
        }
        self
    }

    /// Ends each watch for which no `timeoutSeconds` is asked after a time by chance between this one
    /// and twice as much; at least a second. For clients that ask, as `kube` does, a
    /// [`Proxy`](crate::servers::Proxy) cuts.
    pub fn watches_last(self, time: Duration) -> Self {
        let seconds = time.as_secs().max(1);
        self.argument(format!("--min-request-timeout={seconds}"))
    }

    /// Forgets old versions of objects that often, so that to read one of them is `410 Gone`. An old
    /// watch is still served from memory, until the API server is started again.
    pub fn compacts_every(self, time: Duration) -> Self {
        let milliseconds = time.as_millis();
        self.argument(format!("--etcd-compaction-interval={milliseconds}ms"))
    }

    /// Understands watches that begin with everything there is (`sendInitialEvents`), which this version
    /// refuses by itself.
    pub fn streaming_lists(self) -> Self {
        self.argument("--feature-gates=WatchList=true")
    }

    /// Behaves like an older version, such as `1.32`.
    pub fn emulating(self, version: &str) -> Self {
        self.argument(format!("--emulated-version={version}"))
    }

    /// Adds an argument of the API server; of those given twice the last one holds.
    pub fn argument(mut self, argument: impl Into<String>) -> Self {
        self.arguments.push(argument.into());
        self
    }

    /// Is reached at an address other than 127.0.0.1, too, as nodes and pods want it; for networks
    /// that are the test's own, since it then listens on all addresses.
    pub fn reached_at(mut self, address: IpAddr) -> Self {
        self.address = address;
        self
    }

    /// Starts all parts and waits until they are ready.
    ///
    /// # Errors
    /// When the programs are [missing](crate::servers::Missing), or one does not get ready; with what it printed.
    pub fn start(self) -> Result<KubeServer> {
        let plane = self.prepare()?;
        plane.etcd.process.start()?;
        plane.process.start()?;
        for (_, part) in &plane.parts {
            part.process.launch()?;
        }
        for (_, part) in &plane.parts {
            part.process.wait_until_ready()?;
        }
        Ok(plane)
    }

    /// Writes files and reserves ports; nothing runs yet.
    fn prepare(&self) -> Result<KubeServer> {
        let programs = available(self.server)?;
        let folder = Arc::new(place::folder("kube")?);
        let ports = Arc::new(Ports::reserve()?);
        let url = access::url(self.address, &ports);
        let access = Arc::new(Access::make(folder.path(), &url, self.address)?);
        let place = Place {
            options: self,
            folder: folder.path(),
            ports: &ports,
            access: &access,
        };
        let process = |program, arguments, ready| {
            Process::new(Launch {
                program: programs.join(program),
                arguments,
                log: folder.path().join(program).with_extension("log"),
                store: store(&place, program),
                prepare: None,
                ready,
                patience: PATIENCE,
            })
        };
        let etcd = process("etcd", arguments::etcd(&place), etcd_ready(&ports));
        let api = arguments::api_server(&place);
        let parts = self.parts.iter().filter_map(|part| {
            let (program, arguments) = arguments::part(&place, *part)?;
            let ready = part_ready(*part, &ports, &access);
            let process = process(program, arguments, ready);
            Some((*part, KubePart { process }))
        });
        Ok(KubeServer {
            parts: parts.collect(),
            process: process("kube-apiserver", api, api_ready(&ports, &access)),
            etcd: KubePart { process: etcd },
            address: self.address,
            folder: Arc::clone(&folder),
            ports: Arc::clone(&ports),
            access: Arc::clone(&access),
        })
    }
}

/// Only etcd has data.
fn store(place: &Place<'_>, program: &str) -> PathBuf {
    match program {
        "etcd" => place.store(),
        _ => place.folder.join(program).with_extension("data"),
    }
}

fn etcd_ready(ports: &Ports) -> Ready {
    let question = Question::plain(ports.etcd.address());
    Box::new(move || question.is_answered("/health"))
}

fn api_ready(ports: &Ports, access: &Access) -> Ready {
    let token = access.token(User::Admin);
    let question = Question::encrypted(ports.api.address(), access.trust(), token);
    Box::new(move || {
        // The namespace comes from a controller of its own, which may be later than `readyz`.
        question.is_answered("/readyz") && question.is_answered("/api/v1/namespaces/default")
    })
}

fn part_ready(part: Part, ports: &Ports, access: &Access) -> Ready {
    let token = access.token(User::Admin);
    let ask = |port: &super::Port| Question::encrypted(port.address(), access.trust(), token);
    let api = ask(&ports.api);
    match part {
        Part::ControllerManager => {
            let question = ask(&ports.controllers);
            Box::new(move || {
                question.is_answered("/healthz")
                    && api.is_answered(
                        // Without the account pods are refused.
                        "/api/v1/namespaces/default/serviceaccounts/default",
                    )
            })
        }
        _ => {
            let question = ask(&ports.scheduler);
            Box::new(move || question.is_answered("/readyz"))
        }
    }
}
