//! Builds the source, and connects it with the cluster.

use super::{
    ResourceConfig,
    cluster::{Collection, Fault},
    known::Shelf,
    object::{Filter, invalid},
    session::{Progress, Session},
};
use argo_events_core::{
    Error, ErrorKind, EventSource, Result, SourceContext, registry::BuildSource,
};
use async_trait::async_trait;
use kube::Client;
use std::{fmt, sync::Arc, time::Duration};
use tokio::sync::{Mutex, OnceCell};

/// How long a connection to the API server may take.
const CONNECTING: Duration = Duration::from_secs(10);

impl BuildSource for ResourceConfig {
    fn build(self) -> Result<Arc<dyn EventSource>> {
        Ok(Arc::new(Resource::new(self, OnceCell::new())?))
    }
}

impl ResourceConfig {
    /// Makes a source that watches the cluster of a client, not the one that the environment names.
    ///
    /// # Errors
    /// `ConfigInvalid`, permanent, for what validation would have reported.
    pub fn build_on(self, client: Client) -> Result<Arc<dyn EventSource>> {
        Ok(Arc::new(Resource::new(
            self,
            OnceCell::new_with(Some(client)),
        )?))
    }
}

/// What is watched, and what of it is published.
pub(super) struct Wanted {
    pub(super) config: ResourceConfig,
    pub(super) filter: Filter,
}

struct Resource {
    wanted: Wanted,
    client: OnceCell<Client>,
    collection: OnceCell<Collection>,
    progress: Mutex<Progress>,
}

impl Resource {
    fn new(config: ResourceConfig, client: OnceCell<Client>) -> Result<Self> {
        let filter = Filter::new(&config)?;
        let labels = config
            .filter
            .iter()
            .flat_map(|filter| filter.labels.iter().flatten());
        let known = super::selection::LABEL_OPERATIONS;
        if let Some(wrong) = labels
            .map(|it| it.operation())
            .find(|it| !known.contains(it))
        {
            let message = format!(
                "labels cannot be compared by {wrong:?}; use one of: {}",
                known.join(", ")
            );
            return Err(invalid(message, "filter.labels.operation"));
        }
        Ok(Self {
            wanted: Wanted { config, filter },
            client,
            collection: OnceCell::new(),
            progress: Mutex::default(),
        })
    }

    /// Finds the collection in the cluster; asks once only, if it is there.
    async fn collection(&self) -> Result<&Collection> {
        let client = self.client.get_or_try_init(connect).await?;
        let find = || Collection::find(client.clone(), &self.wanted.config);
        let found = self.collection.get_or_try_init(find).await;
        found.map_err(|fault| match fault {
            Fault::Failed(error) => error,
            Fault::Busy(asked) => {
                let message = "the Kubernetes API asks for patience";
                Error::transient(ErrorKind::RateLimited, message).retry_after(asked)
            }
            Fault::Expired => Error::transient(ErrorKind::Unexpected, "the API root is gone"),
        })
    }
}

/// Connects with the cluster that `KUBECONFIG` names, or in which this runs.
async fn connect() -> Result<Client> {
    let none = |error: kube::Error| {
        let message = "no cluster to watch: this is no pod with a service account, and there is no KUBECONFIG";
        Error::permanent(ErrorKind::ConfigInvalid, message).caused_by(error)
    };
    let config = kube::Config::infer().await;
    let mut config = config.map_err(|error| none(kube::Error::InferConfig(error)))?;
    config.connect_timeout = Some(CONNECTING);
    // The runtime tries again.
    config.default_retry = false;
    Client::try_from(config).map_err(none)
}

#[async_trait]
impl EventSource for Resource {
    fn kind(&self) -> &'static str {
        "resource"
    }

    async fn check(&self) -> Result<()> {
        self.collection().await.map(|_| ())
    }

    async fn run(&self, context: SourceContext) -> Result<()> {
        let collection = tokio::select! {
            () = context.stopped() => return Ok(()),
            found = self.collection() => found?,
        };
        let mut progress = self.progress.lock().await;
        let session = Session {
            wanted: &self.wanted,
            collection,
            progress: &mut progress,
            shelf: Shelf::open(collection.identity(), &context),
            context: &context,
            garbled: None,
        };
        session.run().await
    }
}

impl fmt::Debug for Resource {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Resource")
            .field("config", &self.wanted.config)
            .finish_non_exhaustive()
    }
}
