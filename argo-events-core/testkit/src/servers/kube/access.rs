//! Who may talk to the API server, and by which files: certificates, tokens and kubeconfigs.

use super::Ports;
use crate::servers::{Certificates, certificates::Leaf, place};
use argo_events_core::{Error, ErrorKind, Result, event::random_id};
use rcgen::ExtendedKeyUsagePurpose::{ClientAuth, ServerAuth};
use rustls::{
    ClientConfig, RootCertStore,
    crypto::ring,
    pki_types::{CertificateDer, pem::PemObject as _},
};
use serde_json::{Value, json};
use std::{
    fmt,
    net::IpAddr,
    path::{Path, PathBuf},
    sync::Arc,
};

/// The name of the only node there may be.
pub(super) const NODE: &str = "node0";
/// By which pods find the API server, with the first address of Services.
const INSIDE: [&str; 5] = [
    "kubernetes",
    "kubernetes.default",
    "kubernetes.default.svc",
    "kubernetes.default.svc.cluster.local",
    "10.96.0.1",
];

/// Somebody with a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum User {
    /// May do everything.
    Admin,
    /// The controller manager.
    Controllers,
    /// The scheduler.
    Scheduler,
    /// What forwards connections to Services, on a node.
    Proxy,
}

impl User {
    const ALL: [Self; 4] = [Self::Admin, Self::Controllers, Self::Scheduler, Self::Proxy];

    /// Returns the name and the group that come with certain rights.
    fn identity(self) -> (&'static str, &'static str) {
        match self {
            Self::Admin => ("admin", "system:masters"),
            Self::Controllers => ("system:kube-controller-manager", ""),
            Self::Scheduler => ("system:kube-scheduler", ""),
            Self::Proxy => ("system:kube-proxy", ""),
        }
    }

    fn file(self) -> &'static str {
        match self {
            Self::Admin => "admin.kubeconfig",
            Self::Controllers => "controllers.kubeconfig",
            Self::Scheduler => "scheduler.kubeconfig",
            Self::Proxy => "proxy.kubeconfig",
        }
    }
}

/// The files of one control plane.
pub(super) struct Access {
    folder: PathBuf,
    certificates: Certificates,
    tokens: [String; 4],
    trust: Arc<ClientConfig>,
}

impl Access {
    /// Makes all of them in a folder.
    pub(super) fn make(folder: &Path, url: &str, address: IpAddr) -> Result<Self> {
        let certificates = certificates(folder, address)?;
        let made = Self {
            folder: folder.to_owned(),
            trust: trust(&certificates)?,
            certificates,
            tokens: User::ALL.map(|_| random_id()),
        };
        made.write_accounts()?;
        let rows = User::ALL.map(|user| {
            let (name, group) = user.identity();
            format!("{},{name},{name},\"{group}\"\n", made.token(user))
        });
        place::write(&folder.join("tokens.csv"), &rows.concat())?;
        for user in User::ALL {
            let token = json!({"token": made.token(user)});
            place::write(&made.kubeconfig(user), &made.render(url, token))?;
        }
        let [certificate, key] = made.kubelet();
        let pair = json!({"client-certificate": certificate, "client-key": key});
        place::write(&made.kubelet_config(), &made.render(url, pair))?;
        Ok(made)
    }

    /// Returns the token of a user.
    pub(super) fn token(&self, user: User) -> &str {
        &self.tokens[user as usize]
    }

    /// Returns the file by which a user finds the API server.
    pub(super) fn kubeconfig(&self, user: User) -> PathBuf {
        self.folder.join(user.file())
    }

    /// Returns the certificate of the node, and its key.
    pub(super) fn kubelet(&self) -> [PathBuf; 2] {
        self.certificates.pair("kubelet")
    }

    /// Returns the file by which the node finds the API server.
    pub(super) fn kubelet_config(&self) -> PathBuf {
        self.folder.join("kubelet.kubeconfig")
    }

    /// Returns the certificates.
    pub(super) fn certificates(&self) -> &Certificates {
        &self.certificates
    }

    /// Returns what trusts the authority, and nobody else.
    pub(super) fn trust(&self) -> Arc<ClientConfig> {
        Arc::clone(&self.trust)
    }

    /// Writes the key that tokens of service accounts are signed with, and by which they are known.
    fn write_accounts(&self) -> Result<()> {
        let key = rcgen::KeyPair::generate().map_err(unmade)?;
        place::write(&self.folder.join("accounts.key"), &key.serialize_pem())?;
        place::write(&self.folder.join("accounts.pub"), &key.public_key_pem())
    }

    fn render(&self, url: &str, user: Value) -> String {
        let cluster = json!({
            "server": url, "certificate-authority": self.certificates.authority(),
        });
        let text = json!({
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "test", "cluster": cluster}],
            "users": [{"name": "test", "user": user}],
            "contexts": [{"name": "test", "context": {"cluster": "test", "user": "test"}}],
            "current-context": "test",
        });
        text.to_string()
    }
}

impl fmt::Debug for Access {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = formatter.debug_struct("Access");
        shown.field("folder", &self.folder).finish_non_exhaustive()
    }
}

/// Returns where clients find the API server.
pub(super) fn url(address: IpAddr, ports: &Ports) -> String {
    format!("https://{address}:{}", ports.api.address().port())
}

fn certificates(folder: &Path, address: IpAddr) -> Result<Certificates> {
    let address = address.to_string();
    let inside: Vec<_> = INSIDE.into_iter().chain([address.as_str()]).collect();
    let api = Leaf {
        file: "apiserver",
        name: "kube-apiserver",
        group: None,
        hosts: &inside,
        purposes: &[ServerAuth],
    };
    let kubelet = Leaf {
        file: "kubelet",
        name: &format!("system:node:{NODE}"),
        group: Some("system:nodes"),
        hosts: &[NODE, &address],
        purposes: &[ServerAuth, ClientAuth],
    };
    let to_kubelet = Leaf {
        file: "to-kubelet",
        name: "apiserver-kubelet-client",
        group: Some("system:masters"),
        hosts: &[],
        purposes: &[ClientAuth],
    };
    Certificates::make_with(folder, &[api, kubelet, to_kubelet])
}

fn trust(certificates: &Certificates) -> Result<Arc<ClientConfig>> {
    let mut roots = RootCertStore::empty();
    let authority = CertificateDer::from_pem_file(certificates.authority()).map_err(unmade)?;
    roots.add(authority).map_err(unmade)?;
    let config = ClientConfig::builder_with_provider(ring::default_provider().into());
    let config = config.with_safe_default_protocol_versions();
    let config = config.map_err(unmade)?.with_root_certificates(roots);
    Ok(config.with_no_client_auth().into())
}

fn unmade(error: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::permanent(ErrorKind::Unexpected, "a certificate cannot be made").caused_by(error)
}
