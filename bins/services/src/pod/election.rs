//! Whether a pod stands for election, and over what.

use crate::{candidate::Candidate, environment::Environment, work::Work};
#[cfg(feature = "kubernetes")]
use argo_events::core::api::Metadata;
use argo_events::{
    EventBus, Registry, Result,
    core::{
        leader::{LeaseSettings, StoreElector},
        registry::Placement,
    },
    sources::runtime::Leadership,
};
use std::{sync::Arc, time::Duration};
use tracing::warn;

/// How this pod is elected, should it have to be.
#[derive(Clone, Debug)]
pub(super) struct Election {
    pod: String,
    /// Whether the manifest asks for a Kubernetes lease.
    by_kubernetes: bool,
    lease: LeaseSettings,
    #[cfg(feature = "kubernetes")]
    kubernetes_lease: LeaseSettings,
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
        #[cfg(feature = "kubernetes")]
        if self.by_kubernetes {
            return Ok(Some(self.by_lease(&source.metadata)?));
        }
        #[cfg(not(feature = "kubernetes"))]
        if self.by_kubernetes {
            warn!("this build elects over the bus only; LEADER_ELECTION=k8s is not followed");
        }
        let store = bus.state("sources").await?;
        let elector = StoreElector::over_store(store, &self.pod, self.lease)?;
        let name = format!(
            "{}-eventsource-{}",
            source.metadata.namespace, source.metadata.name
        );
        let margin = self.lease.lease - self.lease.hold;
        let candidate = Candidate::new(Arc::new(elector), name, margin);
        Ok(Some(Arc::new(candidate)))
    }

    /// Elects by a lease, which pods of the reference respect, and whose holders among them are respected.
    #[cfg(feature = "kubernetes")]
    fn by_lease(&self, metadata: &Metadata) -> Result<Arc<dyn Leadership>> {
        let times = self.kubernetes_lease;
        let elector = crate::leader::elector(&metadata.namespace, &self.pod, times)?;
        let name = format!("eventsource-{}", metadata.name);
        let margin = times.lease - times.hold;
        Ok(Arc::new(Candidate::new(Arc::new(elector), name, margin)))
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
