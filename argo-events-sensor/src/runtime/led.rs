//! Lanes that one replica runs at a time: each is led, and stops when leadership ends.
//!
//! Leadership is lost before another replica can have it; a lane that is dropped then stops at once.
//! What a former leader still writes is refused by the checkpoint log, see `docs/adr/0005`.

use super::{
    opener::Opener,
    sensor::{LONGEST_PAUSE, keep, pause},
};
use argo_events_core::leader::{Elector, Leadership, ShardEvent, ShardLeases, StoreElector};
use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// Runs a lane while this replica leads it, and stands by while another does.
pub(super) async fn lead(opener: Opener, elector: Arc<StoreElector>) {
    let (sensor, lane) = (opener.plan.name.clone(), opener.id.label().to_owned());
    while !opener.stop.is_cancelled() {
        let leadership = tokio::select! {
            () = opener.stop.cancelled() => return,
            leadership = elector.campaign(&lane) => leadership,
        };
        match leadership {
            Ok(leadership) => run(opener.clone(), leadership).await,
            Err(error) => {
                tracing::error!(%sensor, lane, %error, "nobody can be elected; it is tried again after a pause");
                pause(&opener.stop, LONGEST_PAUSE).await;
            }
        }
    }
}

/// Runs the shards that fall to this replica, as replicas come and go.
pub(super) async fn share(
    shards: BTreeMap<u32, Opener>,
    mut leases: ShardLeases,
    stop: CancellationToken,
) {
    let (mut running, mut held) = (JoinSet::new(), HashMap::new());
    loop {
        let event = tokio::select! {
            () = stop.cancelled() => break,
            event = leases.next() => event,
        };
        match event {
            Ok(ShardEvent::Gained(shard, leadership)) => {
                let released = stop.child_token();
                held.insert(shard, released.clone());
                running.spawn(run_shard(shards.get(&shard).cloned(), leadership, released));
            }
            Ok(ShardEvent::Release(shard)) => {
                held.remove(&shard).inspect(CancellationToken::cancel);
            }
            Err(error) => {
                tracing::error!(%error, "the shards cannot be shared; it is tried again after a pause");
                pause(&stop, LONGEST_PAUSE).await;
            }
        }
        while running.try_join_next().is_some() {}
    }
    while running.join_next().await.is_some() {}
    leases.close().await;
}

/// Runs a shard until it is released; one without triggers is only held.
async fn run_shard(opener: Option<Opener>, leadership: Leadership, released: CancellationToken) {
    match opener {
        Some(opener) => {
            let stop = released;
            run(Opener { stop, ..opener }, leadership).await;
        }
        None => tokio::select! {
            () = released.cancelled() => leadership.resign().await,
            () = leadership.lost() => {}
        },
    }
}

async fn run(opener: Opener, leadership: Leadership) {
    let (sensor, lane) = (opener.plan.name.clone(), opener.id.label().to_owned());
    tracing::info!(%sensor, lane, "this replica leads the lane");
    // A lane that is dropped stops at once, which is what loss of leadership asks for.
    let is_over = tokio::select! {
        () = keep(opener, None) => false,
        () = leadership.lost() => true,
    };
    if is_over {
        tracing::warn!(%sensor, lane, "leadership of the lane was lost; it is stopped");
    } else {
        leadership.resign().await;
    }
}
