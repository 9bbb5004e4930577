//! A running sensor: its lanes, each opened again after a fault.
//!
//! On a bus that several processes use, shards are led: of the replicas that could run one, one does;
//! see `led.rs`.

use super::{
    layout::{LaneId, Part},
    led::{lead, share},
    opener::{OpenLane, Opener},
    plan::{LaneKind, SensorPlan},
};
use argo_events_core::{
    Error, ErrorKind, EventBus, Result,
    leader::{LeaseSettings, ShardLeases, StoreElector},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    num::NonZeroU32,
    sync::Arc,
    time::Duration,
};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// Pause before a lane that failed is opened again; doubles up to the longest.
const PAUSE: Duration = Duration::from_secs(1);
pub(super) const LONGEST_PAUSE: Duration = Duration::from_secs(4);

/// A sensor that reads from a bus.
pub struct SensorRuntime {
    plan: Arc<SensorPlan>,
    stop: CancellationToken,
    /// With what is open already.
    lanes: Vec<(Opener, Option<OpenLane>)>,
    shards: NonZeroU32,
    /// Who leads shards, where other processes may want to.
    elector: Option<Arc<StoreElector>>,
}

impl SensorRuntime {
    /// Subscribes every lane; everything published after this resolves will be read.
    ///
    /// # Errors
    /// The bus's.
    ///
    /// # Cancel safety
    /// Dropping the future may leave groups on the bus; opening again is safe.
    pub async fn open(
        plan: Arc<SensorPlan>,
        bus: Arc<dyn EventBus>,
        stop: CancellationToken,
    ) -> Result<Self> {
        let (mut lanes, mut elector) = (Vec::new(), None);
        let layout = plan.build.layout.settled(&plan, &*bus, &stop).await?;
        for id in LaneId::all(&plan, layout) {
            let is_led = id.kind == LaneKind::Shard && bus.capabilities().shared;
            let opener = Opener {
                plan: plan.clone(),
                bus: bus.clone(),
                stop: stop.clone(),
                id,
            };
            let lane = if is_led {
                opener.register().await?;
                if elector.is_none() {
                    elector = Some(elect(&opener).await?);
                }
                None
            } else {
                Some(opener.open().await?)
            };
            lanes.push((opener, lane));
        }
        Ok(Self {
            plan,
            stop,
            lanes,
            shards: layout.shards,
            elector,
        })
    }

    /// Runs until the token is cancelled; a lane that fails is opened again after a pause.
    pub async fn run(self) {
        tracing::info!(sensor = %self.plan.name, "Sensor started.");
        let (mut running, mut shards) = (JoinSet::new(), BTreeMap::new());
        if let Some((opener, _)) = self.lanes.first() {
            let kept = self.lanes.iter().map(|(opener, _)| opener.group());
            running.spawn(retire(opener.clone(), kept.collect()));
        }
        for (opener, lane) in self.lanes {
            match (lane, &self.elector, opener.id.part) {
                (None, Some(_), Part::Shard { index, count }) if count.get() > 1 => {
                    shards.insert(index, opener);
                }
                (None, Some(elector), _) => drop(running.spawn(lead(opener, elector.clone()))),
                (lane, _, _) => drop(running.spawn(keep(opener, lane))),
            };
        }
        if let (Some(elector), false) = (&self.elector, shards.is_empty()) {
            let leases = ShardLeases::start(elector.clone(), self.shards);
            running.spawn(share(shards, leases, self.stop.clone()));
        }
        while running.join_next().await.is_some() {}
        if let Some(elector) = self.elector {
            elector.settled().await;
        }
    }
}

/// Lets go of lanes that the sensor had before it was changed, so that the bus keeps nothing for them.
async fn retire(opener: Opener, kept: BTreeSet<String>) {
    let prefix = format!("{}/", opener.plan.scope());
    tokio::select! {
        retired = opener.bus.retire(&prefix, &kept) => if let Err(error) = retired {
            // They hinder nobody, and the next start tries again.
            tracing::warn!(sensor = %opener.plan.name, %error, "lanes of before were not let go of");
        },
        () = opener.stop.cancelled() => {}
    }
}

/// Makes the elector of a sensor's shards, which keeps its records beside the shards' state.
async fn elect(opener: &Opener) -> Result<Arc<StoreElector>> {
    let store = opener.state().await?.ok_or_else(|| {
        let message = "a bus that several processes use needs a state store";
        Error::permanent(ErrorKind::Unsupported, message).with("bus", opener.bus.kind())
    })?;
    let elector =
        StoreElector::over_store(store, &opener.plan.build.replica, LeaseSettings::default())?;
    Ok(Arc::new(elector.alone_under_its_name()))
}

impl fmt::Debug for SensorRuntime {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("SensorRuntime")
            .field("sensor", &self.plan.name)
            .finish_non_exhaustive()
    }
}

/// Runs a lane, and opens it again as often as it fails.
pub(super) async fn keep(opener: Opener, lane: Option<OpenLane>) {
    let mut next = lane;
    let mut wait = PAUSE;
    while !opener.stop.is_cancelled() {
        let outcome = match next.take() {
            Some(lane) => lane.run().await,
            None => match opener.open().await {
                Ok(lane) => {
                    wait = PAUSE;
                    lane.run().await
                }
                Err(error) => Err(error),
            },
        };
        let Err(error) = outcome else { return };
        tracing::error!(sensor = %opener.plan.name, lane = opener.id.label(), %error, pause = wait.as_secs(), "a lane ended; it is opened again after a pause");
        pause(&opener.stop, wait).await;
        wait = (wait * 2).min(LONGEST_PAUSE);
    }
}

pub(super) async fn pause(stop: &CancellationToken, wait: Duration) {
    tokio::select! {
        () = stop.cancelled() => {}
        () = tokio::time::sleep(wait) => {}
    }
}
