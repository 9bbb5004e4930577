//! An elector that breaks one promise, to show that its case notices.

use argo_events_core::{
    Elector, Error, ErrorKind, Leadership, LeaseSettings, Result, leader::Tenure,
};
use async_trait::async_trait;
use std::{fmt, future::pending, mem, sync::Arc, time::Duration};
use tokio::time::{Instant, sleep, timeout};
use tokio_util::task::TaskTracker;

/// A way to break a promise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Breach {
    /// Leads without asking anybody.
    LeadsAlways,
    /// Never says that a leadership is lost.
    NeverLoses,
    /// Lets a name lie that is free.
    TakesItsTime,
    /// Stops when the lease ends, without a margin.
    StopsLate,
    /// Gives up at the first renewal that could fail.
    GivesUp,
    /// Keeps what was resigned.
    KeepsWhatIsResigned,
    /// Gives every leadership the same epoch.
    RepeatsEpochs,
    /// Takes all names for one.
    MixesNames,
    /// Ends a campaign that takes long.
    EndsCampaigns,
    /// Goes on with a campaign that was dropped.
    GoesOn,
}

impl Breach {
    /// Every way, with the promise that it breaks.
    pub const ALL: &[(Self, &str)] = &[
        (Self::LeadsAlways, "LEAD-01"),
        (Self::NeverLoses, "LEAD-01"),
        (Self::TakesItsTime, "LEAD-02"),
        (Self::StopsLate, "LEAD-03"),
        (Self::GivesUp, "LEAD-04"),
        (Self::KeepsWhatIsResigned, "LEAD-05"),
        (Self::RepeatsEpochs, "LEAD-06"),
        (Self::MixesNames, "LEAD-07"),
        (Self::EndsCampaigns, "LEAD-08"),
        (Self::GoesOn, "LEAD-08"),
    ];
}

/// An elector that breaks one promise and otherwise does what another elector does.
///
/// Without a breach it must pass what the other elector passes.
pub struct BrokenElector {
    elector: Arc<dyn Elector>,
    breach: Option<Breach>,
    settings: LeaseSettings,
    tasks: TaskTracker,
}

impl BrokenElector {
    /// Breaks an elector with these times, or not.
    pub fn new(elector: Arc<dyn Elector>, settings: LeaseSettings, breach: Option<Breach>) -> Self {
        Self {
            elector,
            breach,
            settings,
            tasks: TaskTracker::new(),
        }
    }

    /// Hands a leadership on with another end.
    fn wrapped(&self, held: Leadership) -> Leadership {
        let epoch = match self.breach {
            Some(Breach::RepeatsEpochs) => 1,
            _ => held.epoch(),
        };
        let (tenure, leadership) = Tenure::begin(held.name(), epoch, far());
        let (breach, settings) = (self.breach, self.settings);
        self.tasks.spawn(async move {
            tokio::select! {
                () = ends(&held, breach, settings) => {}
                () = tenure.resigned() => match breach {
                    Some(Breach::KeepsWhatIsResigned) => mem::forget(held),
                    _ => held.resign().await,
                },
            }
            drop(tenure);
        });
        leadership
    }

    /// Campaigns in a task that nobody can stop.
    async fn detached(&self, name: &str) -> Result<Leadership> {
        let (elector, name) = (self.elector.clone(), name.to_owned());
        let campaign = self.tasks.spawn(async move {
            let held = elector.campaign(&name).await?;
            let (tenure, leadership) = Tenure::begin(name, held.epoch(), far());
            // Nobody learns that the leadership was dropped.
            mem::forget((held, tenure));
            Ok(leadership)
        });
        campaign.await.map_err(|_| ended())?
    }
}

/// Resolves when a leadership ends, as the breach sees it.
async fn ends(held: &Leadership, breach: Option<Breach>, settings: LeaseSettings) {
    match breach {
        Some(Breach::NeverLoses) => pending().await,
        Some(Breach::GivesUp) => sleep(settings.renew).await,
        Some(Breach::StopsLate) => {
            held.lost().await;
            sleep((settings.lease - settings.hold) * 9 / 10).await;
        }
        _ => held.lost().await,
    }
}

fn far() -> Instant {
    Instant::now() + Duration::from_secs(365 * 86_400)
}

fn ended() -> Error {
    Error::permanent(ErrorKind::Timeout, "nobody led for long, for a test")
}

#[async_trait]
impl Elector for BrokenElector {
    async fn campaign(&self, name: &str) -> Result<Leadership> {
        match self.breach {
            Some(Breach::LeadsAlways) => {
                let (tenure, leadership) = Tenure::begin(name, 1, far());
                mem::forget(tenure);
                return Ok(leadership);
            }
            Some(Breach::GoesOn) => return self.detached(name).await,
            _ => {}
        }
        let asked = if self.breach == Some(Breach::MixesNames) {
            "one"
        } else {
            name
        };
        let campaign = self.elector.campaign(asked);
        let held = match self.breach {
            Some(Breach::EndsCampaigns) => timeout(self.settings.lease, campaign)
                .await
                .map_err(|_| ended())?,
            _ => campaign.await,
        }?;
        if self.breach == Some(Breach::TakesItsTime) {
            sleep(self.settings.lease).await;
        }
        Ok(self.wrapped(held))
    }
}

impl fmt::Debug for BrokenElector {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("BrokenElector")
            .field("breach", &self.breach)
            .finish_non_exhaustive()
    }
}
