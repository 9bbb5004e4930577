//! A client for the control plane.

use super::KubeServer;
use argo_events_core::{Error, ErrorKind, Result};
use kube::{
    Client, Config,
    config::{KubeConfigOptions, Kubeconfig},
};

impl KubeServer {
    /// Makes a client that may do everything; it belongs to the runtime that it is made in.
    ///
    /// # Errors
    /// When its files cannot be read.
    pub async fn client(&self) -> Result<Client> {
        Client::try_from(self.configuration().await?).map_err(failed)
    }

    /// Returns what a client is made of, to be changed first.
    ///
    /// # Errors
    /// When its files cannot be read.
    pub async fn configuration(&self) -> Result<Config> {
        let file = Kubeconfig::read_from(self.kubeconfig()).map_err(failed)?;
        let made = Config::from_custom_kubeconfig(file, &KubeConfigOptions::default()).await;
        made.map_err(failed)
    }
}

fn failed(error: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::permanent(ErrorKind::Unavailable, "no client can be made")
        .with("reason", &error)
        .caused_by(error)
}
