//! Members of a group that have their replica's name: who comes back under it need not wait for the session
//! of who it was before.

use super::{
    broker::{Broker, Topic},
    together::{PATIENCE, one, publish, subscription},
    trial,
};
use argo_events_core::{Deliveries, EventBus as _};
use argo_events_testkit::{
    bus::{Broken, Outcome, ensure},
    suite::at_work,
};
use libtest_mimic::Trial;
use std::{sync::Arc, time::Duration};
use tokio::time::{sleep, timeout};

/// Less than the session of a member, for which brokers wait otherwise.
const AT_ONCE: Duration = Duration::from_millis(5_000);

/// Makes the trials.
pub(super) fn trials(broker: &Arc<Broker>) -> Vec<Trial> {
    let on = |partitions| Topic::new(broker, partitions);
    let (back, left) = (on(1), on(1));
    vec![
        trial(
            "a replica that comes back reads on at once, and a namesake of it does without the name",
            || comes_back(back),
        ),
        trial(
            "a replica that leaves is followed by the others at once",
            || leaves(left),
        ),
    ]
}

async fn comes_back(topic: Topic) -> Outcome {
    let (before, after) = (topic.open_as("pod-0").await?, topic.open_as("pod-0").await?);
    let mut old = before.subscribe(subscription("back")).await?;
    publish(&before, 1).await?;
    ensure(one(&mut old).await? == "1", "the first event")?;
    // It is as good as dead: it keeps the partition, and settles nothing.
    let mut new = after.subscribe(subscription("back")).await?;
    publish(&after, 2).await?;
    expect_at_once(&mut new, "2").await?;
    // They take the place from each other, until one gives in; then nobody disturbs the other.
    for id in 3..40 {
        publish(&after, id).await?;
        sleep(Duration::from_millis(100)).await;
    }
    let reading = futures::future::select(
        Box::pin(read_until(&mut old, "39")),
        Box::pin(read_until(&mut new, "39")),
    );
    let read = timeout(PATIENCE, reading).await;
    let read = read.map_err(|_| Broken("two of one name read nothing".to_owned()))?;
    read.factor_first().0
}

async fn leaves(topic: Topic) -> Outcome {
    let (first, second) = (topic.open_as("pod-0").await?, topic.open_as("pod-1").await?);
    let mut leaving = first.subscribe(subscription("left")).await?;
    let mut staying = second.subscribe(subscription("left")).await?;
    publish(&first, 1).await?;
    ensure(one(&mut leaving).await? == "1", "the first event")?;
    drop(leaving);
    publish(&first, 2).await?;
    expect_at_once(&mut staying, "2").await
}

async fn expect_at_once(deliveries: &mut Box<dyn Deliveries>, expected: &str) -> Outcome {
    tokio::select! {
        came = read_until(deliveries, expected) => came,
        () = at_work(AT_ONCE) => Err(Broken(format!("{expected} does not come soon"))),
    }
}

/// Waits for an event; what was settled a moment ago, and not told yet, may come again before.
async fn read_until(deliveries: &mut Box<dyn Deliveries>, expected: &str) -> Outcome {
    while one(deliveries).await? != expected {}
    Ok(())
}
