//! Elections by Kubernetes leases (`coordination.k8s.io/v1`), as the reference holds them.
//!
//! The records are written as client-go writes them, so pods of the reference and of ours respect
//! each other on the same lease. How a record is held and taken over is the business of
//! [`LeaseElector`]; here is where it is kept, and what the environment says about its times.

mod faults;
mod leases;
#[cfg(test)]
mod tests;
mod times;

pub(crate) use leases::KubernetesLeases;
pub(crate) use times::times;

use argo_events::{
    Error, Result,
    core::{
        ErrorKind, SystemClock,
        leader::{LeaseElector, LeaseSettings},
    },
};
use std::{sync::Arc, time::Duration};

/// How long a connection to the API server and an answer may take; shorter times of calls are theirs.
const PATIENCE: Duration = Duration::from_secs(5);

/// Elects by the leases of a namespace; a lease is named `sensor-<name>` or `eventsource-<name>`.
pub(crate) type KubernetesElector = LeaseElector<KubernetesLeases>;

/// Makes the elector of this pod, over the API server that the cluster tells its pods.
///
/// # Errors
/// `ConfigInvalid`, permanent, when this does not run in a cluster with a service account.
pub(crate) fn elector(
    namespace: &str,
    pod: &str,
    settings: LeaseSettings,
) -> Result<KubernetesElector> {
    let config = kube::Config::incluster().map_err(|error| no_cluster().caused_by(error))?;
    over(config, namespace, pod, settings)
}

/// Makes an elector over a cluster, under a name that no other process has.
///
/// # Errors
/// `ConfigInvalid`, permanent, when the cluster cannot be talked to as the configuration says.
pub(crate) fn over(
    mut config: kube::Config,
    namespace: &str,
    identity: &str,
    settings: LeaseSettings,
) -> Result<KubernetesElector> {
    config.connect_timeout = Some(PATIENCE);
    config.read_timeout = Some(PATIENCE);
    // The election itself tries again, within its deadline.
    config.default_retry = false;
    let client = kube::Client::try_from(config).map_err(|error| no_cluster().caused_by(error))?;
    let leases = KubernetesLeases::new(client, namespace, Arc::new(SystemClock));
    LeaseElector::new(leases, identity, settings)
}

fn no_cluster() -> Error {
    let message = "a Kubernetes lease needs a pod with a service account; \
                   unset LEADER_ELECTION to elect over the bus";
    Error::permanent(ErrorKind::ConfigInvalid, message)
}
