//! Trouble on the way: silence, a new connection, a closing bus, and two readers where one may be.

use super::{
    desk::{Desk, PATIENCE, QUIET, SHORT, ack, broken, event, ids, subscription, take},
    special::{Run, trial},
};
use argo_events_core::{ErrorKind, EventBus as _};
use argo_events_testkit::{
    bus::{Broken, Outcome, ensure},
    servers::Server,
};
use futures::future::try_join_all;
use libtest_mimic::Trial;
use serde_json::json;
use tokio::time::{sleep, timeout};

/// Makes the trials.
pub(crate) fn trials(kind: &str, server: Server) -> Vec<Trial> {
    let cases: [(&str, Run); 8] = [
        (
            "a reader that does not ask hinders nobody, one that waits gets what comes",
            |desk| Box::pin(stuck(desk)),
        ),
        (
            "a server that stands still for a moment loses nothing",
            |desk| Box::pin(paused(desk)),
        ),
        ("strict order outlasts the server", |desk| {
            Box::pin(in_order(desk))
        }),
        (
            "in strict order the server hears of what has nothing unsettled before it",
            |desk| Box::pin(together(desk)),
        ),
        (
            "a reader in strict order learns that it was replaced",
            |desk| Box::pin(replaced(desk)),
        ),
        (
            "closing waits for what is in flight and ends the rest",
            |desk| Box::pin(closing(desk)),
        ),
        (
            "nobody waits for ever for a bus whose closing was given up",
            |desk| Box::pin(given_up(desk)),
        ),
        (
            "consumers that vanish again and again are not made in a loop",
            |desk| Box::pin(vanishing(desk)),
        ),
    ];
    let trials = cases
        .into_iter()
        .map(|(name, run)| trial(kind, name, server, run));
    trials.collect()
}

async fn paused(desk: Desk) -> Outcome {
    let mut deliveries = desk.subscribe(subscription("group")).await?;
    desk.publish("0").await?;
    desk.server()?.pause()?;
    let published = try_join_all((1..=20).map(async |id| desk.publish(&id.to_string()).await));
    let resumed = async {
        sleep(QUIET * 3).await;
        desk.server()?.resume().map_err(broken)
    };
    let (published, resumed) = futures::join!(published, resumed);
    published?;
    resumed?;
    let found = ack(&mut deliveries, 21).await?;
    ensure(
        found.first().is_some_and(|id| id == "0"),
        format!("{found:?}"),
    )
}

async fn in_order(desk: Desk) -> Outcome {
    let mut deliveries = desk
        .subscribe(subscription("shard").in_order(Vec::new()))
        .await?;
    desk.publish_all(1..=6).await?;
    let mut held = take(&mut deliveries, 4).await?;
    held.remove(0).ack().await?;
    desk.server()?.kill()?;
    desk.server()?.start_again()?;
    desk.publish_all(7..=9).await?;
    for delivery in held.drain(..2) {
        delivery.ack().await?;
    }
    drop(held);
    let found = take(&mut deliveries, 6).await?;
    ensure(
        ids(&found) == ["4", "5", "6", "7", "8", "9"],
        format!("{:?}", ids(&found)),
    )?;
    ensure(
        found[0].meta().attempt > 1 && found[1].meta().attempt == 1,
        format!("{found:?}"),
    )?;
    for delivery in found {
        delivery.ack().await?;
    }
    desk.publish("10").await?;
    let found = ack(&mut deliveries, 1).await?;
    ensure(found == ["10"], format!("{found:?}"))
}

async fn together(desk: Desk) -> Outcome {
    let mut deliveries = desk
        .subscribe(subscription("shard").in_order(Vec::new()))
        .await?;
    desk.publish_all(1..=5).await?;
    let mut held = take(&mut deliveries, 5).await?;
    for at in [1, 1, 0] {
        held.remove(at).ack().await?;
    }
    drop(deliveries);
    until_settled(&desk, 3).await?;
    for delivery in held {
        delivery.ack().await?;
    }
    until_settled(&desk, 5).await
}

/// Waits until the only consumer has settled everything up to a sequence, and nothing beyond.
async fn until_settled(desk: &Desk, sequence: u64) -> Outcome {
    let settled = async {
        loop {
            let found = desk.ask("CONSUMER.LIST.default", &json!({})).await?;
            let found = &found["consumers"][0];
            let policy = &found["config"]["ack_policy"];
            ensure(policy == "all", format!("acknowledged by {policy}"))?;
            if found["ack_floor"]["stream_seq"] == sequence {
                let left = &found["num_ack_pending"];
                return ensure(*left == 5 - sequence, format!("{left} are left"));
            }
            sleep(QUIET / 3).await;
        }
    };
    let settled = timeout(PATIENCE, settled).await;
    settled.map_err(|_| Broken(format!("not all is settled up to {sequence}")))?
}

async fn replaced(desk: Desk) -> Outcome {
    let mut old = desk
        .subscribe(subscription("shard").in_order(Vec::new()))
        .await?;
    desk.publish_all(1..=3).await?;
    let held = take(&mut old, 3).await?;
    let behind = vec![held[1].meta().position];
    let mut new = desk
        .subscribe(subscription("shard").in_order(behind))
        .await?;
    desk.publish("4").await?;
    let found = ack(&mut new, 2).await?;
    ensure(found == ["3", "4"], format!("{found:?}"))?;
    match timeout(PATIENCE, old.next(1)).await {
        Ok(Some(Err(error))) if error.kind() == ErrorKind::Conflict && !error.is_transient() => {}
        other => return Err(Broken(format!("the former reader gets {other:?}"))),
    }
    ensure(
        desk.consumers().await?.len() == 1,
        "consumers were left behind",
    )
}

async fn closing(desk: Desk) -> Outcome {
    let publishers = (0..200).map(|id| desk.bus.publish(event(&id.to_string())));
    let all = futures::future::join_all(publishers);
    let close = async {
        tokio::task::yield_now().await;
        desk.bus.close().await
    };
    let ended = timeout(PATIENCE, async { futures::join!(all, close) }).await;
    let (published, closed) = ended.map_err(|_| Broken("somebody waits for ever".to_owned()))?;
    closed?;
    let accepted = published.iter().filter(|it| it.is_ok()).count();
    let kinds = published.iter().filter_map(|it| it.as_ref().err());
    for error in kinds {
        ensure(error.kind() == ErrorKind::Closed, format!("{error}"))?;
    }
    let info = desk.ask("STREAM.INFO.default", &json!({})).await?;
    let stored = info["state"]["messages"].as_u64().unwrap_or(0) as usize;
    ensure(
        stored >= accepted,
        format!("{accepted} accepted, {stored} stored"),
    )
}

async fn given_up(desk: Desk) -> Outcome {
    desk.publish("1").await?;
    desk.server()?.pause()?;
    let publish = desk.bus.publish(event("2"));
    let close = async {
        // The message is on its way by then.
        sleep(QUIET).await;
        timeout(QUIET, desk.bus.close()).await.is_err()
    };
    let ended = timeout(PATIENCE, async { futures::join!(publish, close) }).await;
    let (published, is_given_up) =
        ended.map_err(|_| Broken("the publisher waits for ever".to_owned()))?;
    desk.server()?.resume()?;
    ensure(is_given_up, "it was closed though the server stood still")?;
    match published {
        Err(error) if error.kind() == ErrorKind::Closed => Ok(()),
        other => Err(Broken(format!("{other:?}"))),
    }
}

async fn vanishing(desk: Desk) -> Outcome {
    let mut deliveries = desk.subscribe(subscription("group")).await?;
    let name = desk.consumers().await?.remove(0);
    let path = format!("CONSUMER.DELETE.default.{name}");
    let deleted = async {
        let mut count = 0;
        for _ in 0..200 {
            let answer = desk.ask(&path, &json!({})).await?;
            count += u32::from(answer["success"] == true);
            sleep(QUIET / 30).await;
        }
        Outcome::Ok(count)
    };
    let count = deleted.await?;
    ensure(
        count < 20,
        format!("it was made {count} times within a second"),
    )?;
    desk.publish("1").await?;
    let found: Vec<_> = ack(&mut deliveries, 1).await?;
    ensure(found == ["1"], format!("{found:?}"))
}

async fn stuck(desk: Desk) -> Outcome {
    let mut idle = desk
        .subscribe(subscription("group").ack_wait(SHORT))
        .await?;
    let mut waiting = desk
        .subscribe(subscription("group").ack_wait(SHORT))
        .await?;
    let later = async {
        sleep(SHORT * 5).await;
        desk.publish_all(1..=4).await
    };
    let (found, published) = futures::join!(ack(&mut waiting, 4), later);
    published?;
    let mut found = found?;
    found.sort();
    ensure(found == ["1", "2", "3", "4"], format!("{found:?}"))?;
    // Once it asks again it gets its share.
    drop(waiting);
    desk.publish("5").await?;
    let found = ack(&mut idle, 1).await?;
    ensure(found == ["5"], format!("{found:?}"))
}
