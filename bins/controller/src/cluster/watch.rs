//! Follows the objects of a resource for ever, whatever becomes of the server.
//!
//! First everything is listed, then changes are followed from there. A version that the server no
//! longer knows (410) means to list again; any other failure means to go on from the last version
//! after a pause. Nothing ends a watch but its owner, who drops it.

use super::{Cluster, Entry, PATIENCE, Resource, fault, parameter};
use argo_events::{Error, Result, core::Retry};
use futures::StreamExt as _;
use http::Request;
use kube::core::WatchEvent;
use serde_json::value::RawValue;
use std::{convert::Infallible, pin::pin, time::Duration};
use tokio::time::{Instant, sleep, timeout};
use tracing::{debug, info, warn};

/// How long the server is to keep one watch open: after a longer silence the connection is dead.
const SPAN: Duration = Duration::from_secs(110);
/// How much longer than that is waited.
const MARGIN: Duration = Duration::from_secs(20);
/// Pause after a first failure; doubles up to the longest.
const PAUSE: Duration = Duration::from_millis(250);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// What a watch tells.
#[derive(Debug)]
pub(crate) enum Seen {
    /// Everything there is, as of a version; what is not among it is gone.
    All(Vec<Entry>, String),
    /// An object is new or changed.
    Changed(Entry),
    /// An object is gone.
    Gone(Entry),
    /// Nothing can be told for now; the server is asked again.
    Failed(String),
}

/// Which objects are followed.
#[derive(Clone, Debug)]
pub(crate) struct Watch {
    pub(crate) cluster: Cluster,
    pub(crate) resource: Resource,
    /// Of one namespace, or of all.
    pub(crate) namespace: Option<String>,
    /// Which labels they carry; empty for any.
    pub(crate) selector: String,
}

impl Watch {
    /// Follows the objects for ever, and tells what becomes of them.
    pub(crate) async fn run(self, mut tell: impl FnMut(Seen)) -> Infallible {
        let mut pauses = Pauses::default();
        loop {
            let namespace = self.namespace.as_deref();
            let list = self
                .cluster
                .entries(self.resource, namespace, &self.selector);
            match list.await {
                Ok((entries, version)) => {
                    tell(Seen::All(entries, version.clone()));
                    self.follow(version, &mut tell, &mut pauses).await;
                }
                Err(error) => {
                    pauses.tell(self.resource, &error);
                    tell(Seen::Failed(error.to_string()));
                    pauses.wait(&error).await;
                }
            }
        }
    }

    /// Follows changes from a version, until the server does not know it any more.
    async fn follow(&self, mut version: String, tell: &mut impl FnMut(Seen), pauses: &mut Pauses) {
        loop {
            let began = Instant::now();
            let before = version.clone();
            let outcome = self.span(&mut version, tell).await;
            if version != before {
                pauses.over(self.resource);
            }
            match outcome {
                Ok(()) if began.elapsed() > PAUSE || version != before => {}
                // A server that ends watches at once is not to be asked without end.
                Ok(()) => pauses.next().await,
                Err(error) if fault::is_expired(&error) => {
                    debug!(
                        resource = self.resource.plural(),
                        "the watch expired, listing anew"
                    );
                    return pauses.next().await;
                }
                Err(error) => {
                    pauses.tell(self.resource, &error);
                    pauses.wait(&error).await;
                }
            }
        }
    }

    /// Follows changes as long as the server keeps one watch open.
    async fn span(&self, version: &mut String, tell: &mut impl FnMut(Seen)) -> Result<()> {
        let request = Request::get(self.path(version)).body(Vec::new());
        let request = request.expect("a path made of names and encoded parameters is a URI");
        let client = self.cluster.client();
        let opened = timeout(PATIENCE, client.request_events::<Box<RawValue>>(request)).await;
        let events = opened.map_err(|_| fault::late(PATIENCE))?.map_err(failed)?;
        let mut events = pin!(events);
        loop {
            let next = timeout(SPAN + MARGIN, events.next()).await;
            let Some(event) = next.map_err(|_| fault::late(SPAN + MARGIN))? else {
                return Ok(());
            };
            let (object, is_gone) = match event.map_err(failed)? {
                WatchEvent::Added(object) | WatchEvent::Modified(object) => (object, false),
                WatchEvent::Deleted(object) => (object, true),
                WatchEvent::Bookmark(mark) => {
                    *version = mark.metadata.resource_version;
                    continue;
                }
                WatchEvent::Error(status) => return Err(fault::of_status(&status)),
            };
            let entry = match Entry::read(object.get().as_bytes(), self.resource) {
                Ok(read) => read,
                Err(error) => {
                    warn!(resource = self.resource.plural(), %error, "skipped");
                    continue;
                }
            };
            entry.version.clone_into(version);
            tell(if is_gone {
                Seen::Gone(entry)
            } else {
                Seen::Changed(entry)
            });
        }
    }

    fn path(&self, version: &str) -> String {
        format!(
            "{}?watch=true&allowWatchBookmarks=true&timeoutSeconds={}{}{}",
            self.resource.path(self.namespace.as_deref()),
            SPAN.as_secs(),
            parameter("resourceVersion", version),
            parameter("labelSelector", &self.selector),
        )
    }
}

fn failed(error: kube::Error) -> Error {
    match &error {
        kube::Error::Api(status) => fault::of_status(status),
        _ => fault::unreachable(error),
    }
}

/// Pauses that grow with every failure in a row.
#[derive(Debug, Default)]
struct Pauses {
    failures: u32,
    /// What was said of the outage: there are seven watches, and it may last.
    said: String,
}

impl Pauses {
    /// Says what is wrong, unless that was said before.
    fn tell(&mut self, resource: Resource, error: &Error) {
        let said = error.to_string();
        if said == self.said {
            debug!(resource = resource.plural(), %error, "still cannot be watched");
        } else {
            warn!(resource = resource.plural(), %error, "cannot be watched, trying again");
            self.said = said;
        }
    }

    fn over(&mut self, resource: Resource) {
        self.failures = 0;
        if !std::mem::take(&mut self.said).is_empty() {
            info!(resource = resource.plural(), "is watched again");
        }
    }

    async fn next(&mut self) {
        sleep(self.longer()).await;
    }

    /// Pauses as long as the server asks for, if that is longer.
    async fn wait(&mut self, error: &Error) {
        let pause = self.longer();
        let asked = match error.retry() {
            Retry::After(asked) => asked,
            _ => Duration::ZERO,
        };
        sleep(pause.max(asked)).await;
    }

    fn longer(&mut self) -> Duration {
        let pause = PAUSE * 2u32.pow(self.failures.min(7));
        self.failures = self.failures.saturating_add(1);
        pause.min(LONGEST_PAUSE)
    }
}
