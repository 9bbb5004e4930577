//! A running sensor: its lanes, each opened again after a fault.
//!
//! On a bus that several processes use, shards are led: of the replicas that could run one, one does.

use super::{
    layout::LaneId,
    opener::{OpenLane, Opener},
    plan::{LaneKind, SensorPlan},
};
use argo_events_core::{
    Error, ErrorKind, EventBus, Result,
    leader::{Elector, LeaseSettings, StoreElector},
};
use std::{fmt, sync::Arc, time::Duration};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// Pause before a lane that failed is opened again; doubles up to the longest.
const PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(4);

/// A sensor that reads from a bus.
pub struct SensorRuntime {
    plan: Arc<SensorPlan>,
    /// With what is open already.
    lanes: Vec<(Opener, Option<OpenLane>)>,
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
        for id in LaneId::all(&plan, bus.capabilities()) {
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
            lanes,
            elector,
        })
    }

    /// Runs until the token is cancelled; a lane that fails is opened again after a pause.
    pub async fn run(self) {
        tracing::info!(sensor = %self.plan.name, "Sensor started.");
        let mut running = JoinSet::new();
        for (opener, lane) in self.lanes {
            match (lane, &self.elector) {
                (None, Some(elector)) => running.spawn(lead(opener, elector.clone())),
                (lane, _) => running.spawn(keep(opener, lane)),
            };
        }
        while running.join_next().await.is_some() {}
        if let Some(elector) = self.elector {
            elector.settled().await;
        }
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
    Ok(Arc::new(elector))
}

impl fmt::Debug for SensorRuntime {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("SensorRuntime")
            .field("sensor", &self.plan.name)
            .finish_non_exhaustive()
    }
}

/// Runs a lane while this replica leads it, and stands by while another does.
async fn lead(opener: Opener, elector: Arc<StoreElector>) {
    let (sensor, lane) = (opener.plan.name.clone(), opener.id.label().to_owned());
    while !opener.stop.is_cancelled() {
        let campaign = elector.campaign(&lane);
        let leadership = tokio::select! {
            () = opener.stop.cancelled() => return,
            leadership = campaign => leadership,
        };
        let leadership = match leadership {
            Ok(leadership) => leadership,
            Err(error) => {
                tracing::error!(%sensor, lane, %error, "nobody can be elected; it is tried again after a pause");
                pause(&opener.stop, LONGEST_PAUSE).await;
                continue;
            }
        };
        tracing::info!(%sensor, lane, "this replica leads the lane");
        // A lane that is dropped stops at once, which is what loss of leadership asks for.
        tokio::select! {
            () = keep(opener.clone(), None) => leadership.resign().await,
            () = leadership.lost() => tracing::warn!(%sensor, lane, "leadership of the lane was lost; it is stopped"),
        }
    }
}

/// Runs a lane, and opens it again as often as it fails.
async fn keep(opener: Opener, lane: Option<OpenLane>) {
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

async fn pause(stop: &CancellationToken, wait: Duration) {
    tokio::select! {
        () = stop.cancelled() => {}
        () = tokio::time::sleep(wait) => {}
    }
}
