//! Says of pods what a node would, without running anything.
//!
//! Pods get ready, those of jobs succeed. They are given to no node, so there is no limit to them and
//! none is slow to end: the API server deletes such pods at once.

use super::KubeServer;
use argo_events_core::{Error, ErrorKind, Result};
use futures::{StreamExt as _, TryStreamExt as _};
use k8s_openapi::api::core::v1::Pod;
use kube::{
    Api, Client, ResourceExt as _,
    api::{ListParams, Patch, PatchParams, WatchEvent, WatchParams},
};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::task::JoinSet;

/// How long it waits when the API server is away.
const PAUSE: Duration = Duration::from_millis(200);
/// How many pods are written at a time.
const AT_ONCE: usize = 16;

/// Stands in for nodes until it is dropped.
#[derive(Debug)]
pub struct StandIn {
    _work: JoinSet<()>,
}

impl StandIn {
    /// Begins to take care of all pods of a control plane, which should have a controller manager and
    /// no scheduler. Also over restarts of the API server.
    ///
    /// # Errors
    /// When no client can be made.
    pub async fn start(server: &KubeServer) -> Result<Self> {
        let client = server.client().await?;
        let mut work = JoinSet::new();
        work.spawn(async move {
            loop {
                // What went wrong is over when it succeeds, as it does with a controller.
                let _ = tend(&client).await;
                tokio::time::sleep(PAUSE).await;
            }
        });
        Ok(Self { _work: work })
    }
}

/// Takes care of all pods until a watch ends.
async fn tend(client: &Client) -> Result<()> {
    let all = Api::<Pod>::all(client.clone());
    let list = all.list(&ListParams::default()).await.map_err(failed)?;
    let version = list.metadata.resource_version.clone().unwrap_or_default();
    let old = futures::stream::iter(list.items.into_iter().map(Ok));
    let events = all.watch(&WatchParams::default(), &version).await;
    let new = events.map_err(failed)?.map_err(failed);
    let new = new.try_filter_map(async |event| match event {
        WatchEvent::Added(pod) => Ok(Some(pod)),
        WatchEvent::Error(status) => Err(failed(kube::Error::Api(status))),
        _ => Ok(None),
    });
    let pods = old.chain(new);
    let settled = pods.try_for_each_concurrent(AT_ONCE, |pod| settle(client, pod));
    settled.await
}

async fn settle(client: &Client, pod: Pod) -> Result<()> {
    let phase = pod.status.as_ref().and_then(|it| it.phase.as_deref());
    if !matches!(phase, None | Some("Pending")) {
        return Ok(());
    }
    let pods = Api::<Pod>::namespaced(client.clone(), &pod.namespace().unwrap_or_default());
    let patch = Patch::Merge(json!({"status": status(&pod)}));
    let written = pods
        .patch_status(&pod.name_any(), &PatchParams::default(), &patch)
        .await;
    match written {
        // Deleted meanwhile.
        Err(kube::Error::Api(status)) if status.code == 404 => Ok(()),
        Err(error) => Err(failed(error)),
        Ok(_) => Ok(()),
    }
}

/// Returns what a node would say at last.
fn status(pod: &Pod) -> Value {
    let spec = pod.spec.as_ref();
    let restarts = spec.and_then(|spec| spec.restart_policy.as_deref());
    let is_done = matches!(restarts, Some("Never" | "OnFailure"));
    let ready = if is_done { "False" } else { "True" };
    let conditions = ["Initialized", "ContainersReady", "Ready"].map(|kind| {
        let holds = if kind == "Initialized" { "True" } else { ready };
        json!({"type": kind, "status": holds, "lastTransitionTime": "2026-01-01T00:00:00Z"})
    });
    json!({
        "phase": if is_done { "Succeeded" } else { "Running" },
        "conditions": conditions,
        "podIP": "192.0.2.1",
    })
}

fn failed(error: kube::Error) -> Error {
    Error::transient(ErrorKind::Unavailable, "the pods cannot be tended").caused_by(error)
}
