//! The arguments of each program. Why some are needed: <https://kubernetes.io/docs/reference/command-line-tools-reference/>.

use super::{
    KubeOptions, Part, Ports,
    access::{Access, User},
};
use std::{
    ffi::OsString,
    net::Ipv4Addr,
    path::{Path, PathBuf},
};

/// Addresses of Services; never used without a node.
const SERVICES: &str = "10.96.0.0/16";
/// Tests do not wait for themselves.
const PACE: [&str; 2] = ["--kube-api-qps=500", "--kube-api-burst=1000"];

/// What is known when the programs are started.
pub(super) struct Place<'a> {
    pub(super) options: &'a KubeOptions,
    pub(super) folder: &'a Path,
    pub(super) ports: &'a Ports,
    pub(super) access: &'a Access,
}

impl Place<'_> {
    /// Returns where etcd keeps its data.
    pub(super) fn store(&self) -> PathBuf {
        self.folder.join("data")
    }

    fn file(&self, name: &str) -> String {
        self.folder.join(name).display().to_string()
    }

    /// Returns the arguments of what listens on this machine only, encrypted.
    fn guarded(&self, port: u16) -> [String; 4] {
        [
            "--bind-address=127.0.0.1".to_owned(),
            format!("--secure-port={port}"),
            format!("--tls-cert-file={}", self.file("server.pem")),
            format!("--tls-private-key-file={}", self.file("server.key")),
        ]
    }

    fn has(&self, part: Part) -> bool {
        self.options.parts.contains(&part)
    }
}

/// Nothing is lost with a test, so etcd does not wait for the disk.
pub(super) fn etcd(place: &Place<'_>) -> Vec<OsString> {
    let clients = format!("http://{}", place.ports.etcd.address());
    let peers = format!("http://{}", place.ports.peers.address());
    words([
        "--name=test".to_owned(),
        format!("--data-dir={}", place.store().display()),
        "--unsafe-no-fsync".to_owned(),
        "--log-level=warn".to_owned(),
        format!("--listen-client-urls={clients}"),
        format!("--advertise-client-urls={clients}"),
        format!("--listen-peer-urls={peers}"),
        format!("--initial-advertise-peer-urls={peers}"),
        format!("--initial-cluster=test={peers}"),
    ])
}

pub(super) fn api_server(place: &Place<'_>) -> Vec<OsString> {
    let address = place.options.address;
    let is_local = address == Ipv4Addr::LOCALHOST;
    let mut all = vec![
        format!("--etcd-servers=http://{}", place.ports.etcd.address()),
        format!("--secure-port={}", place.ports.api.address().port()),
        format!("--advertise-address={address}"),
        format!("--tls-cert-file={}", place.file("apiserver.pem")),
        format!("--tls-private-key-file={}", place.file("apiserver.key")),
        format!("--service-cluster-ip-range={SERVICES}"),
        "--profiling=false".to_owned(),
    ];
    all.extend(
        match is_local {
            // Loopback addresses are no valid endpoints, so none is published.
            true => [
                "--bind-address=127.0.0.1",
                "--endpoint-reconciler-type=none",
            ],
            false => ["--bind-address=0.0.0.0", "--endpoint-reconciler-type=lease"],
        }
        .map(str::to_owned),
    );
    all.extend(identities(place));
    if !place.has(Part::ControllerManager) {
        // Nobody else makes the accounts that pods would be refused without.
        all.push("--disable-admission-plugins=ServiceAccount".to_owned());
    }
    all.extend(place.options.arguments.iter().cloned());
    words(all)
}

/// Returns who is let in, and whom the API server is to others.
fn identities(place: &Place<'_>) -> [String; 12] {
    let authority = place.file("ca.pem");
    [
        format!("--client-ca-file={authority}"),
        format!("--token-auth-file={}", place.file("tokens.csv")),
        "--authorization-mode=Node,RBAC".to_owned(),
        "--enable-admission-plugins=NodeRestriction".to_owned(),
        "--service-account-issuer=https://kubernetes.default.svc.cluster.local".to_owned(),
        format!("--service-account-key-file={}", place.file("accounts.pub")),
        format!(
            "--service-account-signing-key-file={}",
            place.file("accounts.key")
        ),
        "--allow-privileged=true".to_owned(),
        format!(
            "--kubelet-client-certificate={}",
            place.file("to-kubelet.pem")
        ),
        format!("--kubelet-client-key={}", place.file("to-kubelet.key")),
        format!("--kubelet-certificate-authority={authority}"),
        "--kubelet-preferred-address-types=InternalIP,Hostname".to_owned(),
    ]
}

/// Returns the program of a part and its arguments; of none that is not started like others.
pub(super) fn part(place: &Place<'_>, part: Part) -> Option<(&'static str, Vec<OsString>)> {
    match part {
        Part::Etcd => None,
        Part::ControllerManager => Some(("kube-controller-manager", controllers(place))),
        Part::Scheduler => Some(("kube-scheduler", scheduler(place))),
    }
}

fn controllers(place: &Place<'_>) -> Vec<OsString> {
    let mut all = client(place, User::Controllers);
    all.extend(place.guarded(place.ports.controllers.address().port()));
    all.extend([
        "--use-service-account-credentials=true".to_owned(),
        format!(
            "--service-account-private-key-file={}",
            place.file("accounts.key")
        ),
        format!("--root-ca-file={}", place.file("ca.pem")),
        format!("--service-cluster-ip-range={SERVICES}"),
        "--node-monitor-period=1s".to_owned(),
        // Of no use here, and made below /usr unless told otherwise.
        format!("--flex-volume-plugin-dir={}", place.file("volumes")),
        "--controllers=*,-bootstrapsigner,-tokencleaner,-nodeipam,-route,-cloud-node-lifecycle"
            .to_owned(),
    ]);
    words(all)
}

fn scheduler(place: &Place<'_>) -> Vec<OsString> {
    let mut all = client(place, User::Scheduler);
    all.extend(place.guarded(place.ports.scheduler.address().port()));
    words(all)
}

/// Returns the arguments of what talks to the API server, alone.
fn client(place: &Place<'_>, user: User) -> Vec<String> {
    let mut all = vec![
        format!("--kubeconfig={}", place.access.kubeconfig(user).display()),
        "--leader-elect=false".to_owned(),
    ];
    all.extend(PACE.map(str::to_owned));
    all
}

/// Turns arguments into what a command takes.
pub(super) fn words(arguments: impl IntoIterator<Item = String>) -> Vec<OsString> {
    arguments.into_iter().map(Into::into).collect()
}
