//! Leader records as leases of a namespace, in client-go's form.

use super::faults::fault;
use argo_events::{
    Error, Result,
    core::{
        Clock, ErrorKind,
        leader::{LeaseClaim, LeaseRecord, LeaseRecords},
    },
};
use async_trait::async_trait;
use jiff::Timestamp;
use k8s_openapi::{
    api::coordination::v1::{Lease, LeaseSpec},
    apimachinery::pkg::apis::meta::v1::MicroTime,
};
use kube::{Api, Client, ResourceExt as _, api::PostParams};
use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, SystemTime},
};

/// Keeps leader records in the leases of a namespace.
///
/// The term is `leaseTransitions`. A new revision is a new `resourceVersion`; what tells others that
/// the holder is alive is `renewTime`, which is compared and never read as a time.
pub(crate) struct KubernetesLeases {
    leases: Api<Lease>,
    clock: Arc<dyn Clock>,
    /// As last seen: writing keeps labels and whatever else others have put there.
    seen: Mutex<HashMap<String, Lease>>,
}

impl KubernetesLeases {
    /// Keeps the records in a namespace that the client reaches.
    pub(crate) fn new(client: Client, namespace: &str, clock: Arc<dyn Clock>) -> Self {
        Self {
            leases: Api::namespaced(client, namespace),
            clock,
            seen: Mutex::default(),
        }
    }

    fn remember(&self, name: &str, lease: &Lease) {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.insert(name.to_owned(), lease.clone());
    }

    fn remembered(&self, name: &str, revision: &str) -> Option<Lease> {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let lease = seen.get(name)?;
        (lease.resource_version()? == revision).then(|| lease.clone())
    }

    async fn get(&self, name: &str) -> Result<Option<Lease>> {
        let found = self.leases.get_opt(name).await;
        let found = found.map_err(|error| fault(error, "read a lease", name))?;
        if let Some(lease) = &found {
            self.remember(name, lease);
        }
        Ok(found)
    }

    /// Returns the lease of a revision as it is, to be written anew.
    async fn base(&self, name: &str, revision: &str) -> Result<Lease> {
        if let Some(lease) = self.remembered(name, revision) {
            return Ok(lease);
        }
        let found = self.get(name).await?;
        found
            .filter(|lease| lease.resource_version().as_deref() == Some(revision))
            .ok_or_else(|| conflict(name))
    }

    fn now(&self) -> Timestamp {
        let now = Timestamp::try_from(SystemTime::from(self.clock.now())).unwrap_or(Timestamp::MAX);
        Timestamp::from_microsecond(now.as_microsecond()).unwrap_or(now)
    }
}

#[async_trait]
impl LeaseRecords for KubernetesLeases {
    async fn read(&self, name: &str) -> Result<Option<LeaseRecord>> {
        Ok(self.get(name).await?.as_ref().map(record))
    }

    async fn write(
        &self,
        name: &str,
        claim: &LeaseClaim,
        expected: Option<&str>,
    ) -> Result<String> {
        let parameters = PostParams::default();
        let written = match expected {
            Some(revision) => {
                let mut lease = self.base(name, revision).await?;
                renew(&mut lease, claim, self.now());
                self.leases.replace(name, &parameters, &lease).await
            }
            None => {
                let mut lease = Lease::default();
                lease.metadata.name = Some(name.to_owned());
                renew(&mut lease, claim, self.now());
                self.leases.create(&parameters, &lease).await
            }
        };
        let lease = written.map_err(|error| fault(error, "write a lease", name))?;
        self.remember(name, &lease);
        Ok(lease.resource_version().unwrap_or_default())
    }
}

fn record(lease: &Lease) -> LeaseRecord {
    let empty = LeaseSpec::default();
    let spec = lease.spec.as_ref().unwrap_or(&empty);
    let seconds = spec.lease_duration_seconds.unwrap_or_default();
    LeaseRecord {
        claim: LeaseClaim {
            holder: spec.holder_identity.clone().unwrap_or_default(),
            term: term(spec),
            lease: Duration::from_secs(seconds.try_into().unwrap_or_default()),
        },
        beat: format!(
            "{:?} {:?} {:?}",
            spec.renew_time, spec.acquire_time, spec.lease_transitions
        ),
        revision: lease.resource_version().unwrap_or_default(),
    }
}

fn term(spec: &LeaseSpec) -> u64 {
    let transitions = spec.lease_transitions.unwrap_or_default();
    transitions.try_into().unwrap_or_default()
}

/// Writes a claim as client-go does; a lease that is given up gets a new time of acquisition too.
fn renew(lease: &mut Lease, claim: &LeaseClaim, now: Timestamp) {
    let spec = lease.spec.get_or_insert_default();
    let is_renewal = spec.holder_identity.as_ref() == Some(&claim.holder)
        && term(spec) == claim.term
        && spec.acquire_time.is_some();
    if !is_renewal {
        spec.acquire_time = Some(MicroTime(now));
    }
    spec.renew_time = Some(MicroTime(after(now, spec.renew_time.as_ref())));
    spec.holder_identity = Some(claim.holder.clone());
    spec.lease_transitions = Some(i32::try_from(claim.term).unwrap_or(i32::MAX));
    // Cut down, as client-go does it, others would take over before we have stopped.
    let seconds = claim.lease.as_secs() + u64::from(claim.lease.subsec_nanos() > 0);
    spec.lease_duration_seconds = Some(i32::try_from(seconds).unwrap_or(i32::MAX));
}

/// Returns a time that differs from the one before, should the clock stand still.
fn after(now: Timestamp, before: Option<&MicroTime>) -> Timestamp {
    let stands_still = before.is_some_and(|before| before.0 == now);
    let next = Timestamp::from_microsecond(now.as_microsecond() + 1);
    if stands_still {
        next.unwrap_or(now)
    } else {
        now
    }
}

fn conflict(name: &str) -> Error {
    Error::permanent(ErrorKind::Conflict, "the lease was changed meanwhile").with("lease", name)
}

impl fmt::Debug for KubernetesLeases {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("KubernetesLeases")
            .finish_non_exhaustive()
    }
}
