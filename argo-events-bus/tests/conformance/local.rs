//! What only a bus on files has to answer for: falling behind, limits, damage, a directory that
//! somebody tampered with.

use argo_events_bus::{LocalBus, LocalConfig};
use argo_events_core::{
    Deliveries, Event, EventBus as _, Subject, Subscription, SystemClock, bus::StartAt,
};
use argo_events_testkit::bus::{Broken, Outcome, ensure};
use futures::future::BoxFuture;
use libtest_mimic::Trial;
use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};
use tempfile::TempDir;
use tokio::{
    runtime::Builder,
    time::{Instant, timeout},
};

const PATIENCE: Duration = Duration::from_secs(60);

/// Makes the trials.
pub(crate) fn trials() -> Vec<Trial> {
    vec![
        trial(
            "a group that falls behind gets everything in order",
            |bus| Box::pin(falls_behind(bus)),
        ),
        trial("attempts and delays survive a restart", |bus| {
            Box::pin(delays_survive(bus))
        }),
        trial(
            "limits drop the oldest events and spare what a group has in hand",
            |bus| Box::pin(limits(bus)),
        ),
        trial("a damaged event is left out and costs no other", |bus| {
            Box::pin(damage(bus))
        }),
        trial("groups go on when somebody removed the events", |bus| {
            Box::pin(removed(bus))
        }),
    ]
}

fn trial(name: &str, run: fn(Directory) -> BoxFuture<'static, Outcome>) -> Trial {
    let run = move || {
        let runtime = Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()?;
        let directory = Directory(Arc::new(tempfile::tempdir()?));
        Ok(runtime.block_on(run(directory))?)
    };
    Trial::test(name, run).with_kind("local")
}

#[derive(Clone)]
struct Directory(Arc<TempDir>);

impl Directory {
    fn open(&self, config: &str) -> Outcome<LocalBus> {
        let config: LocalConfig = serde_json::from_str(config).expect("is a setting");
        Ok(LocalBus::open(
            self.0.path(),
            config,
            Arc::new(SystemClock),
        )?)
    }

    fn events(&self) -> PathBuf {
        self.0.path().join("events")
    }
}

fn subscription(group: &str) -> Subscription {
    Subscription::new(group, vec![Subject::new("shop", "paid")])
}

async fn publish(bus: &LocalBus, ids: std::ops::RangeInclusive<u64>) -> Outcome {
    for id in ids {
        let event = Event::builder(id.to_string(), "shop", "paid")
            .data(vec![b'x'; 1024])
            .build();
        bus.publish(Arc::new(event)).await?;
    }
    Ok(())
}

/// Reads and acknowledges so many events, and returns their ids as numbers.
async fn read(deliveries: &mut Box<dyn Deliveries>, count: usize) -> Outcome<Vec<u64>> {
    let mut ids = Vec::new();
    while ids.len() < count {
        let next = timeout(PATIENCE, deliveries.next(100.min(count - ids.len()))).await;
        let Ok(Some(batch)) = next else {
            return Err(Broken(format!("{} of {count} events came", ids.len())));
        };
        for delivery in batch? {
            ids.push(delivery.event().id().parse().unwrap_or(0));
            delivery.ack().await?;
        }
    }
    Ok(ids)
}

fn in_order(found: &[u64], first: u64, last: u64) -> Outcome {
    let expected: Vec<_> = (first..=last).collect();
    let differs = found
        .iter()
        .zip(&expected)
        .find(|(found, expected)| found != expected);
    ensure(
        differs.is_none(),
        format!("found and expected: {differs:?}"),
    )?;
    ensure(
        found.len() == expected.len(),
        format!("{} instead of {}", found.len(), expected.len()),
    )
}

async fn falls_behind(directory: Directory) -> Outcome {
    let bus = directory.open("{}")?;
    let mut deliveries = bus.subscribe(subscription("group")).await?;
    publish(&bus, 1..=1500).await?;
    let mut found = read(&mut deliveries, 700).await?;
    let (more, published) = futures::join!(read(&mut deliveries, 1300), publish(&bus, 1501..=2000));
    published?;
    found.extend(more?);
    in_order(&found, 1, 2000)
}

async fn delays_survive(directory: Directory) -> Outcome {
    let delay = Duration::from_millis(600);
    let bus = directory.open("{}")?;
    let mut deliveries = bus.subscribe(subscription("group")).await?;
    publish(&bus, 1..=2).await?;
    let mut both = deliveries.next(2).await.expect("the bus is open")?;
    if both.len() == 1 {
        both.extend(deliveries.next(1).await.expect("the bus is open")?);
    }
    let asked = Instant::now();
    both.remove(0).retry(delay).await?;
    bus.close().await?;
    drop((both, deliveries, bus));
    let bus = directory.open("{}")?;
    let mut deliveries = bus.subscribe(subscription("group")).await?;
    let mut left = vec!["1", "2"];
    while !left.is_empty() {
        let next = timeout(PATIENCE, deliveries.next(1)).await.ok().flatten();
        let mut batch = next.ok_or_else(|| Broken(format!("{left:?} did not come")))??;
        let (delivery, waited) = (batch.remove(0), asked.elapsed());
        let place = left.iter().position(|id| *id == delivery.event().id());
        let place = place.ok_or_else(|| Broken(format!("{delivery:?} came, not {left:?}")))?;
        let is_delayed = left.remove(place) == "1";
        let not_before = if is_delayed { delay } else { Duration::ZERO };
        ensure(
            delivery.meta().attempt == 2,
            format!("the attempt is forgotten: {delivery:?}"),
        )?;
        // The clock of the delay has milliseconds to lose while the bus is closed.
        let early = not_before.saturating_sub(waited);
        ensure(
            early < Duration::from_millis(20),
            format!("came {early:?} too early"),
        )?;
        delivery.ack().await?;
    }
    Ok(())
}

async fn limits(directory: Directory) -> Outcome {
    let bus = directory.open(r#"{ "maxBytes": "1Mi" }"#)?;
    let mut early = bus.subscribe(subscription("early")).await?;
    publish(&bus, 1..=3000).await?;
    let kept = bus.stats();
    ensure(
        kept.bytes <= 1 << 20,
        format!("more than the limit is kept: {kept:?}"),
    )?;
    let first_kept = 3001 - kept.events;
    let mut late = bus
        .subscribe(subscription("late").start(StartAt::Oldest))
        .await?;
    let found = read(&mut late, usize::try_from(kept.events).unwrap_or(0)).await?;
    in_order(&found, first_kept, 3000)?;
    // The early group had as many in hand as its queue holds; then comes what is kept.
    let mut found = read(&mut early, 1).await?;
    while found.last() != Some(&3000) {
        found.extend(read(&mut early, 1).await?);
    }
    let gap = found
        .windows(2)
        .position(|pair| pair[0] + 1 != pair[1])
        .map_or(0, |at| at + 1);
    in_order(&found[..gap], 1, gap as u64)?;
    in_order(&found[gap..], first_kept, 3000)?;
    ensure(gap >= 100, format!("only {gap} events were in hand"))
}

async fn damage(directory: Directory) -> Outcome {
    let bus = directory.open("{}")?;
    publish(&bus, 1..=30).await?;
    bus.close().await?;
    drop(bus);
    change_byte(&directory.events(), 10_000).map_err(|error| Broken(error.to_string()))?;
    let bus = directory.open("{}")?;
    publish(&bus, 31..=31).await?;
    let mut deliveries = bus
        .subscribe(subscription("group").start(StartAt::Oldest))
        .await?;
    let found = read(&mut deliveries, 30).await?;
    let missing: Vec<_> = (1..=31).filter(|id| !found.contains(id)).collect();
    ensure(
        missing.len() == 1 && found.is_sorted(),
        format!("missing: {missing:?} of {found:?}"),
    )
}

fn change_byte(events: &Path, at: usize) -> std::io::Result<()> {
    for entry in fs::read_dir(events)? {
        let path = entry?.path();
        let mut content = fs::read(&path)?;
        content[at] ^= 0xff;
        fs::write(&path, content)?;
    }
    Ok(())
}

async fn removed(directory: Directory) -> Outcome {
    let bus = directory.open("{}")?;
    let mut deliveries = bus.subscribe(subscription("group")).await?;
    publish(&bus, 1..=10).await?;
    read(&mut deliveries, 5).await?;
    bus.close().await?;
    drop((deliveries, bus));
    fs::remove_dir_all(directory.events()).map_err(|error| Broken(error.to_string()))?;
    let bus = directory.open("{}")?;
    let mut deliveries = bus.subscribe(subscription("group")).await?;
    publish(&bus, 11..=12).await?;
    in_order(&read(&mut deliveries, 2).await?, 11, 12)
}
