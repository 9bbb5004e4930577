//! Keeps the webhook's certificates fresh and its registration right, for ever.
//!
//! Several webhooks share one Secret: whoever writes first wins, the others read. The order matters:
//! the API server is told to trust an authority before anybody shows a certificate of it, and goes on
//! trusting the one that is still shown.

use super::{WebhookSettings, certificates::Certificates, registration, server::Identity};
use crate::{
    cluster::{self, Cluster, Resource, Target},
    object,
};
use argo_events::{Error, Result, core::Clock};
use serde_json::{Value, json};
use std::{convert::Infallible, sync::Arc, time::Duration};
use tokio::{sync::watch, time::sleep};
use tracing::{info, warn};

/// How often everything is looked at.
const LOOK: Duration = Duration::from_secs(60);
/// Pause after a first failure; doubles up to [`LOOK`].
const PAUSE: Duration = Duration::from_millis(500);
/// How long API servers may take to hear whom to trust from now on.
const HEARSAY: Duration = Duration::from_secs(3);
/// How often a lost race is run again.
const RACES: usize = 5;

/// Keeps certificates and registration.
pub(super) struct Keeper {
    pub(super) cluster: Cluster,
    pub(super) settings: WebhookSettings,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) identity: Identity,
    /// Why the webhook cannot be asked; `None` if it can.
    pub(super) state: watch::Sender<Option<String>>,
}

impl Keeper {
    /// Looks after everything for ever.
    pub(super) async fn run(self) -> Infallible {
        let mut pause = PAUSE;
        let mut shown = None;
        loop {
            match self.look(&mut shown).await {
                Ok(()) => {
                    self.state.send_if_modified(|state| state.take().is_some());
                    pause = PAUSE;
                    sleep(LOOK).await;
                }
                Err(error) => {
                    warn!(%error, ?pause, "not registered as it should be, trying again");
                    // Once registered, an outage of the API server is no reason to be taken out.
                    self.state.send_if_modified(|state| {
                        let waits = state.is_some();
                        if waits {
                            *state = Some(error.to_string());
                        }
                        waits
                    });
                    sleep(pause).await;
                    pause = (pause * 2).min(LOOK);
                }
            }
        }
    }

    async fn look(&self, shown: &mut Option<Certificates>) -> Result<()> {
        let certificates = self.certificates(shown.as_ref()).await?;
        let was_changed = self.register(&certificates).await?;
        let is_other = |shown: &Certificates| shown.authorities != certificates.authorities;
        if was_changed || shown.as_ref().is_some_and(is_other) {
            sleep(HEARSAY).await;
        }
        if self.identity.show(&certificates)? {
            info!("a new certificate is shown");
        }
        *shown = Some(certificates);
        Ok(())
    }

    /// Returns the certificates of the Secret, renewed if it is time.
    async fn certificates(&self, shown: Option<&Certificates>) -> Result<Certificates> {
        let mut lost = None;
        for _ in 0..RACES {
            match self.renew(shown).await {
                Err(error) if is_lost_race(&error) => lost = Some(error),
                outcome => return outcome,
            }
        }
        Err(lost.expect("a race was lost, or this was left"))
    }

    async fn renew(&self, shown: Option<&Certificates>) -> Result<Certificates> {
        let target = Target {
            resource: Resource::Secrets,
            namespace: Some(&self.settings.namespace),
            name: &self.settings.secret,
        };
        let secret = self.cluster.get(target).await?;
        let (names, now) = (self.settings.names(), self.clock.now());
        let certificates = match secret.as_ref().and_then(Certificates::read) {
            Some(before) => match Certificates::renewed(Some(&before), &names, now)? {
                Some(renewed) => renewed,
                None => return Ok(before),
            },
            None => Certificates::instead_of(shown, &names, now)?,
        };
        match secret {
            None => {
                let secret = self.secret(&certificates).await?;
                self.cluster
                    .create(Resource::Secrets, target.namespace, &secret)
                    .await?;
            }
            Some(mut secret) => {
                secret["data"] = certificates.data();
                self.cluster.replace(target, &secret).await?;
            }
        }
        Ok(certificates)
    }

    async fn secret(&self, certificates: &Certificates) -> Result<Value> {
        let settings = &self.settings;
        let mut metadata = json!({ "name": settings.secret, "namespace": settings.namespace });
        let owner = Target {
            resource: Resource::Deployments,
            namespace: Some(&settings.namespace),
            name: &settings.deployment,
        };
        if let Some(reference) = self.reference(owner).await? {
            metadata["ownerReferences"] = json!([reference]);
        }
        Ok(json!({
            "apiVersion": "v1",
            "kind": "Secret",
            "type": "Opaque",
            "metadata": metadata,
            "data": certificates.data(),
        }))
    }

    /// Tells the API server whom to ask, and whom to trust; says whether it was told something else before.
    async fn register(&self, certificates: &Certificates) -> Result<bool> {
        let target = Target {
            resource: Resource::Webhooks,
            namespace: None,
            name: registration::NAME,
        };
        let wanted = registration::webhooks(&self.settings, &certificates.authorities);
        match self.cluster.get(target).await? {
            Some(found) if found["webhooks"] == wanted => Ok(false),
            Some(mut found) => {
                found["webhooks"] = wanted;
                self.cluster.replace(target, &found).await?;
                info!("the registration was brought up to date");
                Ok(true)
            }
            None => {
                let owner = Target {
                    resource: Resource::ClusterRoles,
                    namespace: None,
                    name: &self.settings.cluster_role,
                };
                let owner = self.reference(owner).await?;
                let made = registration::configuration(wanted, owner);
                let made = self.cluster.create(Resource::Webhooks, None, &made).await;
                match made {
                    Err(error) if cluster::is_there_already(&error) => Ok(false),
                    made => made.map(|_| {
                        info!("registered");
                        false
                    }),
                }
            }
        }
    }

    /// Refers to an owner, so that what is made goes when it goes; `None` if it is not there.
    async fn reference(&self, owner: Target<'_>) -> Result<Option<Value>> {
        if owner.name.is_empty() {
            return Ok(None);
        }
        let found = self.cluster.get(owner).await?;
        Ok(found.map(|owner| {
            json!({
                "apiVersion": owner["apiVersion"],
                "kind": owner["kind"],
                "name": object::name(&owner),
                "uid": object::uid(&owner),
                "controller": true,
                "blockOwnerDeletion": true,
            })
        }))
    }
}

/// Tells whether another webhook wrote the Secret first.
fn is_lost_race(error: &Error) -> bool {
    cluster::is_there_already(error) || cluster::is_conflict(error) || cluster::is_gone(error)
}
