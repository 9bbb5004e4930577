//! Whether a pod stands for election, and over what.

use crate::{candidate::Candidate, environment::Environment, work::Work};
#[cfg(not(feature = "kubernetes"))]
use argo_events::{Error, ErrorKind};
use argo_events::{
    EventBus, Registry, Result,
    core::{
        api::Metadata,
        leader::{
            Elector, Leadership as Held, LeaseElector, LeaseRecords, LeaseSettings, StoreElector,
        },
        registry::Placement,
    },
    sources::runtime::Leadership,
};
use async_trait::async_trait;
use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tracing::warn;

/// How this pod is elected, should it have to be.
pub(super) struct Election {
    pod: String,
    /// Whether the manifest asks for a Kubernetes lease.
    by_kubernetes: bool,
    lease: LeaseSettings,
    #[cfg(feature = "kubernetes")]
    kubernetes_lease: LeaseSettings,
    /// Who elects, once somebody does.
    elector: Mutex<Option<Arc<dyn Settles>>>,
}

impl Election {
    /// Reads the environment. Times that make no sense are told, and the defaults used, as the
    /// reference does.
    pub(super) fn read(environment: &Environment, pod: &str) -> Self {
        let asked = environment.get("LEADER_ELECTION").unwrap_or_default();
        Self {
            pod: pod.to_owned(),
            by_kubernetes: asked.eq_ignore_ascii_case("k8s"),
            lease: lease(environment),
            #[cfg(feature = "kubernetes")]
            kubernetes_lease: crate::leader::times(|name, default| {
                time(environment, name, default)
            }),
            elector: Mutex::default(),
        }
    }

    /// Returns who decides which replica runs the sources that run once; `None` where there are none.
    pub(super) async fn leadership(
        &self,
        work: &Work,
        registry: &Registry,
        bus: &Arc<dyn EventBus>,
    ) -> Result<Option<Arc<dyn Leadership>>> {
        let Work::EventSource(source) = work else {
            return Ok(None);
        };
        let is_single = |kind: &str| {
            let descriptor = registry.source(kind);
            descriptor.is_ok_and(|it| it.placement == Placement::Single)
        };
        if !source.spec.events().any(|(kind, ..)| is_single(kind)) {
            return Ok(None);
        }
        let metadata = &source.metadata;
        if self.by_kubernetes || bus.kind() == "kafka" {
            match self.by_lease(metadata) {
                Ok(candidate) => return Ok(Some(Arc::new(candidate))),
                Err(error) => {
                    warn!(%error, "no Kubernetes lease can be had, the bus elects instead")
                }
            }
        }
        Ok(Some(Arc::new(self.by_bus(metadata, bus).await?)))
    }

    /// Elects by a record in the bus's state store.
    async fn by_bus(&self, metadata: &Metadata, bus: &Arc<dyn EventBus>) -> Result<Candidate> {
        let times = self.lease;
        let name = format!("{}-eventsource-{}", metadata.namespace, metadata.name);
        let store = bus.state("sources").await?;
        let elector = Arc::new(StoreElector::over_store(store, &self.pod, times)?);
        self.remember(elector.clone());
        let bus = bus.clone();
        let elector = Arc::new(Yielding { elector, bus });
        Ok(Candidate::new(elector, name, times.lease - times.hold))
    }

    /// Elects by a lease, which pods of the reference respect, and whose holders among them are respected.
    #[cfg(feature = "kubernetes")]
    fn by_lease(&self, metadata: &Metadata) -> Result<Candidate> {
        let times = self.kubernetes_lease;
        let elector = crate::leader::elector(&metadata.namespace, &self.pod, times)?;
        let elector = Arc::new(elector);
        self.remember(elector.clone());
        let name = format!("eventsource-{}", metadata.name);
        Ok(Candidate::new(elector, name, times.lease - times.hold))
    }

    #[cfg(not(feature = "kubernetes"))]
    #[expect(clippy::unused_self, reason = "the other form asks for the times")]
    fn by_lease(&self, _: &Metadata) -> Result<Candidate> {
        let message = "this build elects over the bus only; it was made without `kubernetes`";
        Err(Error::permanent(ErrorKind::Unsupported, message))
    }

    fn remember(&self, elector: Arc<dyn Settles>) {
        *self.elector.lock().unwrap_or_else(PoisonError::into_inner) = Some(elector);
    }

    /// Resolves when what was led is given back, so that another pod need not wait for a lease to end.
    pub(super) async fn settled(&self) {
        let elector = self
            .elector
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        if let Some(elector) = elector {
            elector.settled().await;
        }
    }
}

/// Stands by while a pod of the reference leads: those elect theirs by heartbeats on the bus, which end
/// when they are gone.
struct Yielding {
    elector: Arc<StoreElector>,
    bus: Arc<dyn EventBus>,
}

#[async_trait]
impl Elector for Yielding {
    async fn campaign(&self, name: &str) -> Result<Held> {
        self.bus.wait_until_free(name).await?;
        self.elector.campaign(name).await
    }
}

/// An elector that can be waited for.
#[async_trait]
trait Settles: Send + Sync {
    async fn settled(&self);
}

#[async_trait]
impl<R: LeaseRecords> Settles for LeaseElector<R> {
    async fn settled(&self) {
        LeaseElector::settled(self).await;
    }
}

/// Shows what was read.
impl fmt::Debug for Election {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Election")
            .field("pod", &self.pod)
            .field("by_kubernetes", &self.by_kubernetes)
            .field("lease", &self.lease)
            .finish_non_exhaustive()
    }
}

fn lease(environment: &Environment) -> LeaseSettings {
    let defaults = LeaseSettings::default();
    let time = |name: &str, default| time(environment, &format!("LEADER_ELECTION_{name}"), default);
    let lease = time("LEASE_DURATION", defaults.lease);
    let asked = LeaseSettings {
        lease,
        hold: time("RENEW_DEADLINE", lease * 4 / 5),
        renew: time("RETRY_PERIOD", defaults.renew),
        poll: time("RETRY_PERIOD", defaults.poll),
    };
    match asked.validate() {
        Ok(()) => asked,
        Err(error) => {
            warn!(%error, "the times of the leader election do not fit together; the defaults are used");
            defaults
        }
    }
}

/// Reads one time; one that makes no sense is told, and the default used.
fn time(environment: &Environment, variable: &str, default: Duration) -> Duration {
    environment
        .duration(variable, default)
        .unwrap_or_else(|fault| {
            warn!(?default, "{fault}; the default is used");
            default
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_that_make_no_sense_leave_the_defaults() {
        let defaults = LeaseSettings::default();
        let read = |pairs: [(&str, &str); 2]| lease(&Environment::from(pairs));
        let (duration, deadline) = (
            "LEADER_ELECTION_LEASE_DURATION",
            "LEADER_ELECTION_RENEW_DEADLINE",
        );
        assert_eq!(read([(duration, ""), (deadline, "")]), defaults);
        assert_eq!(read([(duration, "soon"), (deadline, "x")]), defaults);
        assert_eq!(read([(duration, "1s"), (deadline, "2s")]), defaults);
        let asked = read([(duration, "15s"), (deadline, "10s")]);
        assert_eq!((asked.lease.as_secs(), asked.hold.as_secs()), (15, 10));
    }
}
