//! What a case does its work with: processes that campaign, and patience.

use super::{Broken, ElectorHarness, Need, Outcome, Pace, Reach, ensure};
use crate::suite::at_work;
use argo_events_core::{Elector, Leadership, LeaseSettings, Result};
use std::{collections::HashMap, fmt, sync::Arc, time::Duration};
use tokio::{sync::Mutex, time::timeout};
use tokio_util::task::{AbortOnDropHandle, TaskTracker};

/// The name that most cases are about.
pub(super) const NAME: &str = "sensor/orders";

/// A harness with what every case needs.
pub struct World {
    harness: Box<dyn ElectorHarness>,
    electors: Mutex<HashMap<u32, Arc<dyn Elector>>>,
}

/// A campaign under way.
pub(super) type Campaign = AbortOnDropHandle<Result<Leadership>>;

impl crate::suite::World for World {
    type Need = Need;

    fn lacks(&self, need: Need) -> Option<&'static str> {
        self.harness.lacks(need)
    }

    fn pace(&self) -> Pace {
        self.harness.pace()
    }
}

impl fmt::Debug for World {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("World")
    }
}

impl World {
    /// Makes the world of a case.
    pub fn new(harness: impl ElectorHarness) -> Self {
        Self {
            harness: Box::new(harness),
            electors: Mutex::default(),
        }
    }

    pub(super) fn settings(&self) -> LeaseSettings {
        self.harness.settings()
    }

    /// Returns how long a takeover may last after a death.
    pub(super) fn takeover(&self) -> Duration {
        self.settings().lease + self.settings().poll * 2 + self.allowance()
    }

    /// Returns how long a name that is free may stay so.
    pub(super) fn prompt(&self) -> Duration {
        self.settings().poll * 2 + self.allowance()
    }

    /// Returns what calls and the machine may cost.
    fn allowance(&self) -> Duration {
        if self.harness.pace().paused {
            Duration::from_millis(50)
        } else {
            self.settings().poll
        }
    }

    pub(super) fn is_paused(&self) -> bool {
        self.harness.pace().paused
    }

    pub(super) fn reach(&self, process: u32, reach: Reach) {
        self.harness.reach(process, reach);
    }

    async fn elector(&self, process: u32) -> Outcome<Arc<dyn Elector>> {
        let mut electors = self.electors.lock().await;
        if let Some(elector) = electors.get(&process) {
            return Ok(elector.clone());
        }
        let made = self.harness.elector(process).await?;
        electors.insert(process, made.clone());
        Ok(made)
    }

    /// Begins a campaign of a process.
    pub(super) async fn campaign(&self, process: u32, name: &'static str) -> Outcome<Campaign> {
        let elector = self.elector(process).await?;
        let campaign = async move { elector.campaign(name).await };
        Ok(AbortOnDropHandle::new(TaskTracker::new().spawn(campaign)))
    }

    /// Waits until a campaign is won.
    pub(super) async fn won(&self, campaign: Campaign, within: Duration) -> Outcome<Leadership> {
        let ended = tokio::select! {
            ended = campaign => ended,
            () = at_work(within) => return Err(Broken(format!("nobody led within {within:?}"))),
        };
        let leadership =
            ended.map_err(|error| Broken(format!("the campaign panicked: {error}")))?;
        let leadership = leadership?;
        ensure(
            leadership.is_held(),
            "a leadership was lost when it was won",
        )?;
        Ok(leadership)
    }

    /// Lets a process lead a name that is free.
    pub(super) async fn leads(&self, process: u32, name: &'static str) -> Outcome<Leadership> {
        let campaign = self.campaign(process, name).await?;
        self.won(campaign, self.prompt()).await
    }

    /// Breaks off if a campaign is won within some time.
    pub(super) async fn waits(&self, campaign: &mut Campaign, time: Duration) -> Outcome {
        match timeout(time, campaign).await {
            Err(_) => Ok(()),
            Ok(ended) => Err(Broken(format!(
                "a campaign ended beside a leader: {ended:?}"
            ))),
        }
    }
}
